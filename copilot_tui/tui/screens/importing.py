"""Importing: the path, how far it is, and one report."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Final

from rich.text import Text
from textual.binding import Binding, BindingType
from textual.containers import Vertical, VerticalScroll
from textual.message import Message
from textual.widgets import Input, Label, Static

from copilot_tui.terminal_text import harmless, one_line
from copilot_tui.tui.screens.dialog import Dialog
from copilot_tui.tui.widgets.inputs import HarmlessInput

if TYPE_CHECKING:
    from pathlib import Path

    from textual.app import ComposeResult

BAR: Final = 30
"""Cells of the bar."""


class ImportScreen(Dialog[None]):
    """Asks for a path, and tells what becomes of it. Escape stops the import, then closes."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,ctrl+c", "leave", "Close", show=False),
    ]

    @dataclass
    class Progress(Message):
        """How far it is."""

        text: str
        part: float | None
        """None: not known."""

    def __init__(
        self,
        begin: Callable[[ImportScreen, Path], None],
        check: Callable[[str], tuple[Path | None, str]],
    ) -> None:
        super().__init__()
        self._begin = begin
        self._check = check
        self._is_running = False
        self.stopped = threading.Event()
        """The user wants no more of it."""

    def compose(self) -> ComposeResult:
        """The path; what else there is to say comes below."""
        with Vertical(id="import"):
            yield Label("Import conversations from a file or a folder")
            yield HarmlessInput(placeholder="~/Downloads/conversations.json", compact=True)
            with VerticalScroll(can_focus=False):
                yield Static(
                    "ChatGPT’s conversations.json or its zip, the stores of elia, oterm, llm and "
                    "aichat, and what this program has exported",
                    id="import-said",
                )
            yield Label("Enter imports · Escape closes", classes="hint", id="import-hint")

    @property
    def text(self) -> str:
        """What is said."""
        return str(self.query_one("#import-said", Static).content)

    def _say(self, text: str) -> None:
        self.query_one("#import-said", Static).update(Text(text))

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Enter: import it, or close what was read."""
        event.stop()
        if self._is_running:
            return
        path, fault = self._check(event.value)
        if path is None:
            self._say(fault)
            return
        self._is_running = True
        self.stopped.clear()
        self._hint("Escape stops; what is imported by then stays")
        self._begin(self, path)

    def on_import_screen_progress(self, message: Progress) -> None:
        """So far it is."""
        message.stop()
        if self._is_running:
            bar = ""
            if message.part is not None:
                done = round(BAR * min(1.0, message.part))
                bar = f"{'█' * done}{'░' * (BAR - done)}\n"
            self._say(bar + one_line(message.text))

    def show_report(self, lines: Sequence[str]) -> None:
        """It is over, and this is what became of it."""
        self._is_running = False
        if self.is_attached:
            self._say("\n".join(harmless(line) for line in lines))
            self._hint("Enter imports another · Escape closes")
            self.query_one(Input).value = ""

    def _hint(self, text: str) -> None:
        self.query_one("#import-hint", Label).update(text)

    def action_leave(self) -> None:
        """Escape."""
        if self._is_running:
            self.stopped.set()
            self._hint("Stopping …")
        else:
            self.dismiss(None)
