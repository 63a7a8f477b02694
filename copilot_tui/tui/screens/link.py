"""A link is opened after a look at its address."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.widgets import Label, Static

from copilot_tui.terminal_text import one_line
from copilot_tui.tui.screens.dialog import Dialog

if TYPE_CHECKING:
    from textual.app import ComposeResult


class LinkScreen(Dialog[str | None]):
    """Gives "open" or "copy", or None."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter,o", "answer('open')", show=False),
        Binding("c,ctrl+y", "answer('copy')", show=False),
        Binding("escape,q,ctrl+c", "answer('')", show=False),
    ]

    def __init__(self, url: str, *, opens: bool) -> None:
        super().__init__()
        self._url = url
        self._opens = opens

    def compose(self) -> ComposeResult:
        """The address, whole, and what can be done with it."""
        with Vertical(id="link"):
            yield Static(one_line(self._url), markup=False)
            opens = "Enter opens it · " if self._opens else "Only http, https and mailto open · "
            yield Label(f"{opens}C copies it · Escape closes this", classes="hint", markup=False)

    def action_answer(self, answer: str) -> None:
        """One of the keys."""
        if answer == "open" and not self._opens:
            return
        self.dismiss(answer or None)
