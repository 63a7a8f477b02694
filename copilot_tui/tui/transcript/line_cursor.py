"""Selecting lines by the keyboard."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal, NamedTuple

from textual.geometry import Offset
from textual.selection import Selection

from copilot_tui.tui.transcript.selection import row_number

if TYPE_CHECKING:
    from copilot_tui.tui.transcript.stack import Stack

FAR: Final = 1 << 24
"""Further to the right than any line goes, and more lines than any message has."""


class LineCursor(NamedTuple):
    """A line, and the one from which the selection extends to it: message and line of each."""

    line: tuple[int, int]
    held: tuple[int, int] | None = None
    """None: the selection is the line alone, and moves with it."""

    @property
    def selection(self) -> Selection:
        """What is selected."""
        first, last = sorted((self.line, self.held or self.line))
        return Selection(Offset(0, row_number(*first)), Offset(FAR, row_number(*last)))

    def hold(self) -> LineCursor:
        """Extend the selection from here on."""
        return self if self.held is not None else self._replace(held=self.line)


def copied_line(
    stack: Stack, index: int, row: int, direction: Literal[1, -1]
) -> tuple[int, int] | None:
    """The first line from a place on, itself included, of which a copy takes something."""
    while 0 <= index < len(stack):
        entry = stack.entry(index)
        first = len(entry.head)
        last = first + entry.document.height - 1
        row = max(row, first) if direction > 0 else min(row, last)
        while first <= row < first + entry.document.height:
            if direction < 0:
                row = entry.draw_above(row + 1, 1) - 1
            if entry.document.line(row - first).size:
                return index, row
            row += direction
        index += direction
        row = 0 if direction > 0 else FAR
    return None


def line_beyond(stack: Stack, line: tuple[int, int], rows: int) -> tuple[int, int]:
    """The line so many below this one, or above it, of which a copy takes something."""
    index, row = stack.above(*line, -rows) if rows < 0 else stack.settle(line[0], line[1] + rows)
    direction: Literal[1, -1] = 1 if rows > 0 else -1
    return (
        copied_line(stack, index, row, direction)
        or copied_line(stack, index, row, -direction)
        or line
    )
