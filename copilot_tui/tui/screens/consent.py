"""A key is sent unencrypted only after this was answered."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.widgets import Label, Static

from copilot_tui.terminal_text import one_line
from copilot_tui.tui.screens.dialog import Dialog

if TYPE_CHECKING:
    from textual.app import ComposeResult


class ConsentScreen(Dialog[bool]):
    """Gives whether the key may be sent.

    It opens while somebody may be typing, so no letter and no Enter is a yes.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+s", "answer(True)", show=False),
        Binding("escape,ctrl+c", "answer(False)", show=False),
    ]

    def __init__(self, name: str, address: str) -> None:
        super().__init__()
        self._name = name
        self._address = address

    def compose(self) -> ComposeResult:
        """What would happen, and how to allow it."""
        with Vertical(id="consent"):
            yield Static(
                one_line(
                    f"Send the key for {self._name} unencrypted to {self._address}? "
                    "Everyone on the way could read it."
                ),
                markup=False,
            )
            yield Label(
                "Ctrl+S sends it until you quit · Escape does not",
                classes="hint",
                markup=False,
            )
            yield Label(
                one_line(f"allow_http = true under [backends.{self._name}] allows it for good"),
                classes="hint",
                markup=False,
            )

    def action_answer(self, is_allowed: bool) -> None:
        """One of the keys."""
        self.dismiss(is_allowed)
