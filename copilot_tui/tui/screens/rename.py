"""F2: another title for a conversation."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, cast

from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.widgets import Input, Label

from copilot_tui.terminal_text import one_line
from copilot_tui.tui.screens.dialog import Dialog
from copilot_tui.tui.widgets.inputs import HarmlessInput

if TYPE_CHECKING:
    from textual.app import ComposeResult

    from copilot_tui.tui.screens.host import Host


class RenameScreen(Dialog[str | None]):
    """Gives the new title, or None if it stays as it is."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "cancel", "Cancel", show=False),  # Ctrl+C copies, as everywhere
    ]

    def __init__(self, title: str) -> None:
        super().__init__()
        self._old = one_line(title)
        self._asked_about = ""
        """What was typed when it was asked whether to drop that."""

    def compose(self) -> ComposeResult:
        """The title to be changed."""
        with Vertical(id="rename"):
            yield Label("Title of the conversation, and tags: #work")
            yield HarmlessInput(self._old, select_on_focus=True, compact=True)
            yield Label(
                "Enter saves · Escape leaves it as it was", classes="hint", id="rename-hint"
            )

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Enter."""
        title = " ".join(event.value.split())
        self.dismiss(title if title and title != self._old else None)

    def asks_before_end(self) -> bool:
        """See Dialog."""
        typed = self.query_one(Input).value
        if not typed.strip() or typed in (self._old, self._asked_about):
            return False
        self._asked_about = typed
        key = cast("Host", self.app).main.key("quit")
        hint = f"{key} again drops what you typed · Enter saves"
        self.query_one("#rename-hint", Label).update(hint)
        return True

    def action_cancel(self) -> None:
        """Escape."""
        self.dismiss(None)
