"""Ctrl+P: every command, found by its name, and the key that does it."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Final, cast

from rich.table import Table
from rich.text import Text
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.widgets import Label, OptionList
from textual.widgets.option_list import Option

from copilot_tui.tui.actions import ACTIONS, Action, shown_key
from copilot_tui.tui.screens.dialog import Dialog
from copilot_tui.tui.widgets.inputs import HarmlessInput
from copilot_tui.tui.widgets.keys import taken_by

if TYPE_CHECKING:
    from collections.abc import Mapping

    from textual import events
    from textual.app import ComposeResult

    from copilot_tui.tui.screens.host import Host

COMMANDS: Final = tuple(
    sorted((each for each in ACTIONS if each.palette), key=lambda each: each.name)
)
WIDE: Final = 76
"""Columns of the list from which what a command does stands beside its name."""
_NAMES: Final = max(len(each.name) for each in COMMANDS) + 2


class CommandsScreen(Dialog[Action | None]):
    """Gives the command to do, or None.

    The list follows each letter at once: a name that is typed fast, and Enter, do that command and
    never the one that stood on top before.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,ctrl+c", "cancel", show=False),
        Binding("enter", "choose", show=False, priority=True),
        Binding("up,ctrl+p,shift+tab", "move('cursor_up')", show=False, priority=True),
        Binding("down,ctrl+n,tab", "move('cursor_down')", show=False, priority=True),
        Binding("pageup", "move('page_up')", show=False, priority=True),
        Binding("pagedown", "move('page_down')", show=False, priority=True),
    ]

    def __init__(self, keymap: Mapping[str, str]) -> None:
        super().__init__()
        self._keymap = dict(keymap)
        self._fitting: list[Action] = []

    def compose(self) -> ComposeResult:
        """What is typed, what fits it, and what the chosen one does."""
        with Vertical(id="commands"):
            yield HarmlessInput(placeholder="Type a command's name", compact=True)
            yield OptionList(id="command-list", compact=True)
            yield Label("", id="command-help", markup=False)
            yield Label("Enter does it · Escape leaves", classes="hint", markup=False)

    def on_mount(self) -> None:
        """Show all of them."""
        self._fill()

    def on_resize(self) -> None:
        """Lines are drawn for the width that there is."""
        self.call_after_refresh(self._fill)

    def _fill(self) -> None:
        typed = self.query_one(HarmlessInput).value
        options = self.query_one(OptionList)
        before = options.highlighted if self._fitting == (now := fitting(typed)) else 0
        self._fitting = now
        is_wide = options.size.width >= WIDE
        options.clear_options()
        options.add_options([Option(self._drawn(each, is_wide=is_wide)) for each in now])
        options.highlighted = before if now else None
        self._tell()

    def _drawn(self, action: Action, *, is_wide: bool) -> Table:
        row = Table.grid(expand=True)
        row.add_column(no_wrap=True, min_width=_NAMES if is_wide else None)
        row.add_column(no_wrap=True, overflow="ellipsis", ratio=1)
        row.add_column(no_wrap=True, justify="right")
        told = told_of(action) if is_wide else ""
        key = shown_key(action.id, self._keymap)
        row.add_row(action.name, Text(told, "dim"), Text(f"  {key}" if key else "", "bold"))
        return row

    def _tell(self) -> None:
        """Say in full what the highlighted one does."""
        index = self.query_one(OptionList).highlighted
        none = "No command is called so, or says so"
        told = none if index is None else told_of(self._fitting[index])
        self.query_one("#command-help", Label).update(told[:1].upper() + told[1:])

    def on_input_changed(self) -> None:
        """Narrow the list."""
        self._fill()

    def on_option_list_option_highlighted(self) -> None:
        """Another one is looked at."""
        self._tell()

    async def action_choose(self) -> None:
        """Enter: behind what was typed before it, and what is typed from now on waits."""
        await taken_by(self.query_one(HarmlessInput))
        self._fill()
        self._do(self.query_one(OptionList).highlighted)

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        """A click."""
        self._do(event.option_index)

    def _do(self, index: int | None) -> None:
        if index is not None:
            cast("Host", self.app).hold_keys()
            self.dismiss(self._fitting[index])

    def action_move(self, how: str) -> None:
        """Walk the list while the typing goes on."""
        getattr(self.query_one(OptionList), f"action_{how}")()

    def action_cancel(self) -> None:
        """Escape."""
        self.dismiss(None)

    def on_click(self, event: events.Click) -> None:
        """A click beside the box closes it."""
        if event.widget is self:
            self.dismiss(None)


def told_of(action: Action) -> str:
    """What it does, as it is said on the screen."""
    return action.help.replace("`", "")


def fitting(typed: str) -> list[Action]:
    """The commands with all these words in their name or help; those called so come first."""
    words = typed.casefold().split()
    ranked = [(_rank(action, words), action) for action in COMMANDS]
    return [action for rank, action in sorted(ranked, key=lambda each: each[0]) if rank < _UNFIT]


_UNFIT: Final = 4


def _rank(action: Action, words: list[str]) -> int:
    name = action.name.casefold()
    if not all(word in f"{name} {action.help.casefold()}" for word in words):
        return _UNFIT
    if name.startswith(" ".join(words)):
        return 0
    if all(any(part.startswith(word) for part in name.split()) for word in words):
        return 1
    return 2 if all(word in name for word in words) else 3
