"""The trash: deleted conversations, of which one may be brought back."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING, ClassVar, Final

from rich.text import Text
from textual import work
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.widgets import Label, OptionList
from textual.widgets.option_list import Option

from copilot_tui.conversation import local_time
from copilot_tui.errors import StoreError
from copilot_tui.terminal_text import one_line
from copilot_tui.tui.screens.dialog import Dialog
from copilot_tui.tui.widgets.inputs import HarmlessInput

if TYPE_CHECKING:
    from textual.app import ComposeResult

    from copilot_tui.store import Summary

SHOWN_MOST: Final = 200
"""Entries at a time; typing narrows the rest."""


class TrashScreen(Dialog[str | None]):
    """Gives the id of the conversation to bring back, or None."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,ctrl+c", "cancel", show=False),
        Binding("up", "move(-1)", show=False, priority=True),
        Binding("down", "move(1)", show=False, priority=True),
    ]

    DEFAULT_CSS = """
    TrashScreen {
        align: center middle; background: $background 60%;
        #trash {
            width: 72; max-width: 96%; height: auto; max-height: 96%;
            padding: 1 2; background: $surface; border: round $primary;
        }
        OptionList {
            height: auto; max-height: 12; background: $surface; scrollbar-size-vertical: 1;
            text-wrap: nowrap; text-overflow: ellipsis; margin: 1 0;
        }
        &.-short #trash {
            width: 100%; max-width: 100%; height: 100%; max-height: 100%;
            padding: 0 1; border: none;
        }
        &.-short OptionList { height: 1fr; max-height: 100%; margin: 0; }
    }
    """

    def __init__(self, read: Callable[[], list[Summary]]) -> None:
        super().__init__()
        self._read = read
        self._rows: list[Summary] = []
        self._fitting: list[Summary] = []

    def compose(self) -> ComposeResult:
        """What is typed, and what fits it."""
        with Vertical(id="trash"):
            yield Label("Deleted, and kept for thirty days")
            yield HarmlessInput(placeholder="Type to narrow", compact=True)
            yield OptionList(compact=True)
            yield Label("Reading the trash …", classes="hint", id="trash-status", markup=False)

    def on_mount(self) -> None:
        """Look what is there."""
        self._look()

    @work(exclusive=True, group="trash-list", exit_on_error=False)
    async def _look(self) -> None:
        try:
            self._rows = await asyncio.to_thread(self._read)
        except StoreError as error:
            self.query_one("#trash-status", Label).update(one_line(str(error)))
            return
        self._fill()

    def _fill(self) -> None:
        words = self.query_one(HarmlessInput).value.casefold().split()
        fitting = [row for row in self._rows if all(word in row.title.casefold() for word in words)]
        self._fitting = fitting[:SHOWN_MOST]
        options = self.query_one(OptionList)
        options.clear_options()
        options.add_options([Option(_drawn(row)) for row in self._fitting])
        options.highlighted = 0 if self._fitting else None
        said = "Enter brings it back · Escape leaves" if self._rows else "The trash is empty"
        self.query_one("#trash-status", Label).update(said)

    def on_input_changed(self) -> None:
        """Narrow the list."""
        self._fill()

    def on_input_submitted(self) -> None:
        """Enter."""
        self._pick(self.query_one(OptionList).highlighted)

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        """A click."""
        self._pick(event.option_index)

    def _pick(self, index: int | None) -> None:
        if index is not None:
            self.dismiss(self._fitting[index].id)

    def action_move(self, step: int) -> None:
        """Up and Down walk the list while the typing goes on."""
        options = self.query_one(OptionList)
        if step > 0:
            options.action_cursor_down()
        else:
            options.action_cursor_up()

    def action_cancel(self) -> None:
        """Escape."""
        self.dismiss(None)


def _drawn(row: Summary) -> Text:
    text = Text(one_line(row.title), no_wrap=True, overflow="ellipsis")
    return text.append(f"  {one_line(local_time(row.updated_at))}", "dim")
