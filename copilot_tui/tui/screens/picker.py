"""Ctrl+O: who answers from now on, backend and model."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, NamedTuple

from rich.text import Text
from textual import events, work
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.widgets import Input, Label, OptionList
from textual.widgets.option_list import Option

from copilot_tui.errors import CopilotTuiError
from copilot_tui.terminal_text import one_line
from copilot_tui.tui.catalog import Catalog, Choice, failure_of
from copilot_tui.tui.inputs import HarmlessInput
from copilot_tui.tui.screens.dialog import Dialog

if TYPE_CHECKING:
    from collections.abc import Mapping

    from textual.app import ComposeResult

    from copilot_tui.backends import Model
    from copilot_tui.config import BackendConfig

SHOWN_MOST = 200
"""Entries at a time; typing narrows the rest."""


class _Entry(NamedTuple):
    name: str
    note: str
    choice: Choice
    opens: bool = False
    """It leads to the models of another backend."""


class PickerScreen(Dialog[Choice | None]):
    """Lists what was chosen lately, the backend's models, and the other backends.

    Typing narrows the list; a name that is not in it can be chosen all the same.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,ctrl+c,ctrl+o", "cancel", show=False),
        Binding("up", "move('up')", show=False, priority=True),
        Binding("down", "move('down')", show=False, priority=True),
        Binding("pageup", "move('page_up')", show=False, priority=True),
        Binding("pagedown", "move('page_down')", show=False, priority=True),
    ]

    def __init__(
        self, catalog: Catalog, backends: Mapping[str, BackendConfig], present: Choice
    ) -> None:
        super().__init__()
        self._catalog = catalog
        self._backends = backends
        self._present = present
        self._backend = present.backend
        self._status = ""
        self._entries: list[_Entry] = []

    def compose(self) -> ComposeResult:
        """What is typed, and what fits it."""
        with Vertical(id="picker"):
            yield Label(self._title(), id="picker-title", markup=False)
            yield HarmlessInput(placeholder="Type to narrow, or another model's name", compact=True)
            yield OptionList(id="picker-list", compact=True)
            yield Label("", classes="hint", id="picker-status", markup=False)

    def on_mount(self) -> None:
        """Show what is known, and ask for what is new."""
        self._look_at(self._backend)

    def _title(self) -> str:
        return f"Who answers from now on · {self._backend}"

    @work(exclusive=True, group="models", exit_on_error=False)
    async def _look_at(self, backend: str) -> None:
        self._backend = backend
        self.query_one("#picker-title", Label).update(self._title())
        self.query_one(Input).value = ""
        await self._catalog.open()
        self._say(f"Asking {backend} what it offers …")
        try:
            await self._catalog.ask(backend)
        except CopilotTuiError as error:
            self._say(failure_of(error))
        else:
            self._say("Enter chooses · Escape leaves it as it is")

    def _say(self, text: str) -> None:
        self.query_one("#picker-status", Label).update(one_line(text))
        self._fill()

    def _fill(self) -> None:
        typed = self.query_one(Input).value.strip()
        self._entries = self._fitting(typed)
        options = self.query_one(OptionList)
        options.clear_options()
        options.add_options([Option(_drawn(entry)) for entry in self._entries])
        options.highlighted = 0 if self._entries else None

    def _fitting(self, typed: str) -> list[_Entry]:
        words = typed.casefold().split()
        entries = [
            entry
            for entry in self._all()
            if all(word in f"{entry.name} {entry.note}".casefold() for word in words)
        ][:SHOWN_MOST]
        is_there = any(entry.choice.model == typed for entry in entries)
        if typed and not is_there:
            choice = Choice(self._backend, typed)
            entries.append(_Entry(typed, f"as a model of {self._backend}", choice))
        return entries

    def _all(self) -> list[_Entry]:
        here = self._backend
        entries = [
            _Entry(_name_of(choice), "chosen lately", choice)
            for choice in self._catalog.recent()
            if choice.backend in self._backends
        ]
        own = self._backends[here].model
        entries.append(_Entry(own or "default model", f"of {here}", Choice(here)))
        entries += [self._entry_of(model) for model in self._catalog.known(here)]
        entries += [
            _Entry(name, _about(config), Choice(name), opens=True)
            for name, config in self._backends.items()
            if name != here
        ]
        return entries

    def _entry_of(self, model: Model) -> _Entry:
        if model.is_provider:
            return _Entry(model.id, "a provider of g4f", Choice(self._backend, provider=model.id))
        return _Entry(model.id, model.vendor, Choice(self._backend, model.id))

    # Keys

    def on_input_changed(self) -> None:
        """Narrow the list."""
        self._fill()

    def on_input_submitted(self) -> None:
        """Enter chooses what is highlighted."""
        self._choose(self.query_one(OptionList).highlighted)

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        """A click does too."""
        self._choose(event.option_index)

    def _choose(self, index: int | None) -> None:
        if index is None:
            return
        entry = self._entries[index]
        if entry.opens:
            self._look_at(entry.choice.backend)
        else:
            self.dismiss(entry.choice)

    def action_move(self, where: str) -> None:
        """Up and Down walk the list while the typing goes on."""
        options = self.query_one(OptionList)
        match where:
            case "up":
                options.action_cursor_up()
            case "down":
                options.action_cursor_down()
            case "page_up":
                options.action_page_up()  # type: ignore[no-untyped-call]
            case _:
                options.action_page_down()  # type: ignore[no-untyped-call]

    def action_cancel(self) -> None:
        """Escape."""
        self.dismiss(None)

    def on_click(self, event: events.Click) -> None:
        """A click beside the box closes it."""
        if event.widget is self:
            self.dismiss(None)


def _drawn(entry: _Entry) -> Text:
    text = Text(one_line(entry.name), no_wrap=True, overflow="ellipsis")
    note = f"{entry.note} …" if entry.opens else entry.note
    return text.append(f"  {one_line(note)}", "dim") if note else text


def _name_of(choice: Choice) -> str:
    return " · ".join(filter(None, (choice.backend, choice.provider, choice.model or "default")))


def _about(config: BackendConfig) -> str:
    return " · ".join(filter(None, ("another backend", config.base_url, config.model)))
