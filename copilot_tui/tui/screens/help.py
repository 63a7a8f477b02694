"""F1: all keys, from ACTIONS."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING, ClassVar

from rich.table import Table
from rich.text import Text
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.screen import ModalScreen
from textual.widgets import Static

from copilot_tui.tui.actions import ACTIONS, pretty_key

if TYPE_CHECKING:
    from collections.abc import Mapping

    from textual.app import ComposeResult


class HelpScreen(ModalScreen[None]):
    """The keys by group, as they are set."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,f1,q,enter,ctrl+c", "close", "Close", show=False),
    ]

    def __init__(self, keymap: Mapping[str, str]) -> None:
        super().__init__()
        self._keymap = keymap

    def compose(self) -> ComposeResult:
        """One table in a box that scrolls."""
        with VerticalScroll(id="help"):
            yield Static(self._table())

    def _table(self) -> Table:
        table = Table.grid(padding=(0, 2, 0, 0))
        table.add_column(no_wrap=False, max_width=22)
        table.add_column()
        for group, actions in groupby(ACTIONS, key=lambda action: action.group):
            table.add_row(Text(group, style="bold"), "")
            for action in actions:
                keys = self._keymap.get(action.id, action.keys)
                shown = ", ".join(map(pretty_key, keys.split(",")))
                table.add_row(Text(f"  {shown}"), Text(action.help))
            table.add_row("", "")
        table.add_row(Text("Escape closes this", style="dim"), "")
        return table

    def action_close(self) -> None:
        """Back to the conversation."""
        self.dismiss(None)
