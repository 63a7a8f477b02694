"""Exporting: the path, whose end says the format."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Protocol

from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.widgets import Input, Label

from copilot_tui.terminal_text import one_line
from copilot_tui.tui.screens.dialog import Dialog
from copilot_tui.tui.widgets.inputs import HarmlessInput

if TYPE_CHECKING:
    from textual.app import ComposeResult


class Write(Protocol):
    """Writes to what was typed; says what became of it, and whether it is done."""

    async def __call__(self, typed: str, *, is_forced: bool) -> tuple[str, bool]:
        """Do it."""
        ...


class ExportScreen(Dialog[str | None]):
    """Gives what is to be said when the file is written; None: nothing was."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,ctrl+c", "cancel", "Cancel", show=False),
    ]

    def __init__(self, path: str, write: Write) -> None:
        super().__init__()
        self._path = path
        self._write = write
        self._asked_about: str | None = None
        """What was typed when it was said that such a file is there."""

    def compose(self) -> ComposeResult:
        """The path."""
        with Vertical(id="export"):
            yield Label("Export to a file: .md, .html or .json")
            yield HarmlessInput(self._path, compact=True)
            yield Label("", id="export-said", markup=False)
            yield Label("Enter writes · Escape leaves it", classes="hint")

    async def on_input_submitted(self, event: Input.Submitted) -> None:
        """Enter."""
        event.stop()
        typed = event.value
        said, is_done = await self._write(typed, is_forced=typed == self._asked_about)
        if is_done:
            self.dismiss(said)
            return
        self._asked_about = typed if "Enter overwrites" in said else None
        label = self.query_one("#export-said", Label)
        label.set_class(self._asked_about is None, "-wrong")
        label.update(one_line(said))

    def action_cancel(self) -> None:
        """Escape."""
        self.dismiss(None)
