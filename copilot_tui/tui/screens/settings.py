"""Ctrl+T: what is set for one conversation."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, cast

from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.widgets import Label

from copilot_tui.tui.desk.settings import SETTINGS, Invalid, Settings
from copilot_tui.tui.screens.dialog import Dialog
from copilot_tui.tui.widgets.inputs import HarmlessInput
from copilot_tui.tui.widgets.text_area import HarmlessTextArea

if TYPE_CHECKING:
    from textual.app import ComposeResult

    from copilot_tui.tui.screens.host import Host


class SettingsScreen(Dialog[Settings | None]):
    """Gives the new settings, or None if they stay as they are."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,ctrl+t", "cancel", show=False, priority=True),
        Binding("ctrl+s", "save", show=False, priority=True),
    ]

    DEFAULT_CSS = """
    SettingsScreen {
        align: center middle; background: $background 60%;
        #settings {
            width: 76; max-width: 96%; height: 20; max-height: 96%;
            padding: 1 2; background: $surface; border: round $primary;
        }
        &.-short #settings {
            width: 100%; max-width: 100%; height: 100%; max-height: 100%; border: none;
            padding: 0 1;
        }
        #settings-title { width: 100%; height: 1; text-style: bold; }
        #settings-fields { height: 1fr; margin: 1 0; scrollbar-size-vertical: 1; }
        &.-short #settings-fields { margin: 0; }
        #system { height: auto; min-height: 2; max-height: 6; border: none; padding: 0; }
        &.-short #system { min-height: 1; }
        .row { height: 1; }
        .row Label { width: 13; }
        .row Input { width: 1fr; }
        #settings-status { height: auto; width: 100%; }
        #settings-status.-wrong { color: $error; text-style: bold; }
    }
    """

    def __init__(self, present: Settings) -> None:
        super().__init__()
        self._present = present
        self._asked_about: dict[str, str] | None = None
        """What was typed when it was asked whether to drop that."""

    def compose(self) -> ComposeResult:
        """A field for everything that can be set."""
        shown = self._present.shown()
        with Vertical(id="settings"):
            yield Label("This conversation's settings", id="settings-title")
            with VerticalScroll(id="settings-fields", can_focus=False):
                yield Label("System prompt")
                yield HarmlessTextArea(
                    shown["system"], id="system", compact=True, placeholder="none"
                )
                yield from _row("tags", "Tags", shown["tags"], "e.g. work, home")
                for setting in SETTINGS:
                    yield from _row(setting.key, setting.name, shown[setting.key], setting.allowed)
            yield Label(id="settings-status", classes="hint", markup=False)

    def on_mount(self) -> None:
        """The cursor stands where one goes on writing."""
        system = self.query_one("#system", HarmlessTextArea)
        system.move_cursor(system.document.end)
        self._say("Ctrl+S saves · Escape leaves", wrong=False)
        fields = self.query_one("#settings-fields", VerticalScroll)
        # What gets the focus is put into the middle, which hides the line above it.
        self.call_after_refresh(fields.scroll_home, animate=False)

    def _say(self, text: str, *, wrong: bool) -> None:
        status = self.query_one("#settings-status", Label)
        status.set_class(wrong, "-wrong")
        status.update(text)

    def on_input_submitted(self) -> None:
        """Enter in a line."""
        self.action_save()

    def action_save(self) -> None:
        """Ctrl+S."""
        try:
            wanted = self._present.changed(self._typed)
        except Invalid as error:
            self._say(str(error), wrong=True)
            self.query_one(f"#{error.key}").focus()
            return
        self.dismiss(wanted if wanted != self._present else None)

    @property
    def _typed(self) -> dict[str, str]:
        typed = {field.id or "": field.value for field in self.query(HarmlessInput)}
        return typed | {"system": self.query_one("#system", HarmlessTextArea).text}

    def action_cancel(self) -> None:
        """Escape; what was typed is dropped at the second."""
        if not self._asks_first("Escape"):
            self.dismiss(None)

    def asks_before_end(self) -> bool:
        """See Dialog."""
        return self._asks_first(cast("Host", self.app).main.key("quit"))

    def _asks_first(self, key: str) -> bool:
        typed = self._typed
        if typed in (self._present.shown(), self._asked_about):
            return False
        self._asked_about = typed
        self._say(f"{key} again drops what you typed · Ctrl+S saves", wrong=False)
        return True


def _row(key: str, name: str, value: str, allowed: str) -> ComposeResult:
    with Horizontal(classes="row"):
        yield Label(name)
        yield HarmlessInput(value, id=key, placeholder=f"not set · {allowed}", compact=True)
