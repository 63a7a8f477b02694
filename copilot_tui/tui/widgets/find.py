"""Finding within the conversation: the bar that `/` opens over the prompt."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

from textual.binding import Binding, BindingType
from textual.message import Message
from textual.widgets import Input

from copilot_tui.tui.widgets.inputs import HarmlessInput


class FindBar(HarmlessInput):
    """What is typed here is found in the transcript as it is typed."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("down,ctrl+n", "step(1)", show=False),
        Binding("up,ctrl+p", "step(-1)", show=False),
    ]
    DEFAULT_CSS = """
    FindBar {
        display: none;
        height: 1;
        border: none;
        background: $surface;
        &.-open { display: block; }
        &:focus { border: none; }
        &.-textual-compact { padding: 0 1 0 2; }
    }
    """

    @dataclass
    class Wanted(Message):
        """These words are to be marked and the first of them shown."""

        words: str

    @dataclass
    class StepWanted(Message):
        """The next match (1) or the one before (-1) is to be shown."""

        step: Literal[1, -1]

    @dataclass
    class Left(Message):
        """The user is done typing and wants to read; `closed`: and to see no marks any more."""

        closed: bool

    def __init__(self, *, id: str) -> None:
        super().__init__(id=id, placeholder="Find in this conversation", compact=True)

    @property
    def is_open(self) -> bool:
        """Whether the bar is seen."""
        return self.has_class("-open")

    def open(self) -> None:
        """Show the bar; what was found last is selected, to be typed over."""
        self.add_class("-open")
        self.focus()
        self.action_select_all()

    def close(self) -> None:
        """Hide the bar."""
        self.remove_class("-open")

    def on_input_changed(self, event: Input.Changed) -> None:
        """Find as it is typed."""
        event.stop()
        if self.is_open:
            self.post_message(self.Wanted(event.value))

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Enter: to the transcript, where n and N go on."""
        event.stop()
        self.post_message(self.Left(closed=not event.value))

    def action_step(self, step: Literal[1, -1]) -> None:
        """Up and Down: from match to match while typing."""
        self.post_message(self.StepWanted(step))
