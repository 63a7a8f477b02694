"""F1: all keys, from ACTIONS, narrowed by what is typed."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING, ClassVar, Final

from rich.console import Group
from rich.padding import Padding
from rich.table import Table
from rich.text import Text
from textual.binding import Binding, BindingType
from textual.containers import Vertical, VerticalScroll
from textual.widgets import Label, Static

from copilot_tui.tui.actions import ACTIONS, Action, pretty_key, shown_key
from copilot_tui.tui.screens.dialog import Dialog
from copilot_tui.tui.widgets.inputs import HarmlessInput

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from textual import events
    from textual.app import ComposeResult


NARROW: Final = 60
"""Columns below which keys and what they do stand below each other."""

_KEYS: Final = 22
"""Columns of the keys, whatever is shown of them."""
_NONE: Final = "No key does that"


class HelpScreen(Dialog[None]):
    """The keys by group, as they are set."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,f1,enter,ctrl+c", "close", "Close", show=False, priority=True),
        Binding("up", "scroll('scroll_up')", show=False, priority=True),
        Binding("down", "scroll('scroll_down')", show=False, priority=True),
        Binding("pageup", "scroll('page_up')", show=False, priority=True),
        Binding("pagedown", "scroll('page_down')", show=False, priority=True),
        Binding("ctrl+home", "scroll('scroll_home')", show=False, priority=True),
        Binding("ctrl+end", "scroll('scroll_end')", show=False, priority=True),
    ]

    def __init__(self, keymap: Mapping[str, str]) -> None:
        super().__init__()
        self._keymap = dict(keymap)

    def compose(self) -> ComposeResult:
        """What is typed, and the keys that fit it, in a box that scrolls."""
        with Vertical(id="help"):
            yield HarmlessInput(placeholder="Type a key, or what it does", compact=True)
            with VerticalScroll(id="help-keys", can_focus=False):
                yield Static(self._drawn(ACTIONS))
            yield Label("↑ ↓ scroll · Escape closes", classes="hint", markup=False)

    def on_input_changed(self, event: HarmlessInput.Changed) -> None:
        """Show what fits, from the beginning."""
        self.query_one("#help-keys Static", Static).update(self._drawn(self._fitting(event.value)))
        self.query_one("#help-keys").scroll_home(animate=False)

    def on_resize(self) -> None:
        """Narrow or wide, they stand as they fit best."""
        typed = self.query_one(HarmlessInput).value
        self.query_one("#help-keys Static", Static).update(self._drawn(self._fitting(typed)))

    def _fitting(self, typed: str) -> list[Action]:
        """The actions with all these words in their key, their name or what they do."""
        words = typed.casefold().split()
        return [each for each in ACTIONS if all(word in self._said_of(each) for word in words)]

    def _said_of(self, action: Action) -> str:
        return f"{self._keys(action)} {action.name} {action.help}".casefold()

    def _drawn(self, actions: Sequence[Action]) -> Group | Table | Text:
        if not actions:
            return Text(_NONE)
        is_narrow = self.app.size.width < NARROW
        return self._list(actions) if is_narrow else self._table(actions)

    def _list(self, actions: Sequence[Action]) -> Group:
        """One column: the key, and below it what it does."""
        lines: list[Text | Padding] = []
        for keys, told in self._rows(actions):
            lines += [Text(keys, "bold"), Padding(Text(told), (0, 0, 0, 2))]
        return Group(*lines)

    def _rows(self, actions: Sequence[Action]) -> list[tuple[str, str]]:
        """Every action's key, and what it does."""
        return [
            (keys or self._palette(), _told(action, bool(keys)))
            for action in actions
            for keys in [self._keys(action)]
        ]

    def _keys(self, action: Action) -> str:
        keys = self._keymap.get(action.id, action.keys)
        return ", ".join(map(pretty_key, keys.split(","))) if keys else ""

    def _palette(self) -> str:
        """The key that finds a command by its name."""
        return shown_key("palette", self._keymap)

    def _table(self, actions: Sequence[Action]) -> Table:
        table = Table.grid(padding=(0, 2, 0, 0))
        table.add_column(no_wrap=False, min_width=_KEYS, max_width=_KEYS)
        table.add_column()
        for number, (group, members) in enumerate(groupby(actions, key=lambda each: each.group)):
            if number:
                table.add_row("", "")
            table.add_row(Text(group, style="bold"), "")
            for keys, told in self._rows(list(members)):
                table.add_row(Padding(Text(keys), (0, 0, 0, 2)), Text(told))
        return table

    def words(self) -> str:
        """All keys and what they do, as text."""
        return "\n".join(f"{keys}\n  {told}" for keys, told in self._rows(ACTIONS))

    def action_scroll(self, how: str) -> None:
        """Walk the keys while the typing goes on."""
        keys = self.query_one("#help-keys", VerticalScroll)
        getattr(keys, f"action_{how}")()

    def action_close(self) -> None:
        """Back to the conversation."""
        self.dismiss(None)

    def on_click(self, event: events.Click) -> None:
        """A click beside the box closes it."""
        if event.widget is self:
            self.dismiss(None)


def _told(action: Action, has_key: bool) -> str:
    """What it does; where the palette alone has it, behind the name to look for."""
    told = action.help.replace("`", "")
    return told if has_key else f"“{action.name}”: {told}"
