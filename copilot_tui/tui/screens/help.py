"""F1: all keys, from ACTIONS."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING, ClassVar, Final

from rich.console import Group
from rich.padding import Padding
from rich.table import Table
from rich.text import Text
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.widgets import Static

from copilot_tui.tui.actions import ACTIONS, Action, pretty_key, shown_key
from copilot_tui.tui.screens.dialog import Dialog

if TYPE_CHECKING:
    from collections.abc import Mapping

    from textual.app import ComposeResult


NARROW: Final = 60
"""Columns below which keys and what they do stand below each other."""

_CLOSES: Final = "Escape closes this"


class HelpScreen(Dialog[None]):
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
            is_narrow = self.app.size.width < NARROW
            yield Static(self._list() if is_narrow else self._table())

    def _list(self) -> Group:
        """One column: the key, and below it what it does."""
        lines: list[Text | Padding] = []
        for keys, told in self._rows():
            lines += [Text(keys, "bold"), Padding(Text(told), (0, 0, 0, 2))]
        return Group(*lines, Text(_CLOSES, "dim"))

    def _rows(self) -> list[tuple[str, str]]:
        """Every action's key, and what it does."""
        return [
            (keys or self._palette(), _told(action, bool(keys)))
            for action in ACTIONS
            for keys in [self._keys(action)]
        ]

    def _keys(self, action: Action) -> str:
        keys = self._keymap.get(action.id, action.keys)
        return ", ".join(map(pretty_key, keys.split(","))) if keys else ""

    def _palette(self) -> str:
        """The key that finds a command by its name."""
        return shown_key("palette", dict(self._keymap))

    def _table(self) -> Table:
        table = Table.grid(padding=(0, 2, 0, 0))
        table.add_column(no_wrap=False, max_width=22)
        table.add_column()
        for group, actions in groupby(ACTIONS, key=lambda action: action.group):
            table.add_row(Text(group, style="bold"), "")
            for action in actions:
                keys = self._keys(action)
                told = Text(_told(action, bool(keys)))
                table.add_row(Padding(Text(keys or self._palette()), (0, 0, 0, 2)), told)
            table.add_row("", "")
        table.add_row(Text(_CLOSES, style="dim"), "")
        return table

    def words(self) -> str:
        """All keys and what they do, as text."""
        return "\n".join([*(f"{keys}\n  {told}" for keys, told in self._rows()), _CLOSES])

    def action_close(self) -> None:
        """Back to the conversation."""
        self.dismiss(None)


def _told(action: Action, has_key: bool) -> str:
    """What it does; where the palette alone has it, behind the name to look for."""
    told = action.help.replace("`", "")
    return told if has_key else f"“{action.name}”: {told}"
