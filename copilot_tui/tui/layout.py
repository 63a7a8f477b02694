"""Where the rooms of the main screen stand. Imports nothing: the curtain asks it first of all."""

from __future__ import annotations

TYPE_CHECKING = False  # typing's own; importing that would take longer than all of this
if TYPE_CHECKING:
    from typing import Final

NARROW: Final = 72
"""Columns below which the sidebar is hidden until it is asked for, and then stands alone."""

AIRY: Final = 20
"""Rows from which an empty one stands between the text and the prompt, whose looks are alike."""

GUTTER: Final = 2
"""Columns left of the text: the bar of a prompt, the mark of a reply."""

READING_WIDTH: Final = 100
"""Columns of text at most, where nothing else is set."""

_SCROLL_BAR: Final = 1


def sidebar_columns(columns: int, wanted: int | None = None) -> int:
    """Columns of the sidebar where it stands beside the rest; app.tcss says the same."""
    return wanted or max(22, min(36, columns * 27 // 100))


def reading_column(columns: int, reading_width: int) -> tuple[int, int]:
    """The columns left of the gutter, and those of text: centred when there is room to spare."""
    text = max(1, min(reading_width, columns - GUTTER - 1))
    return max(0, (columns - GUTTER - text - 1) // 2), text


def prompt_margins(columns: int, reading_width: int) -> tuple[int, int]:
    """The columns left and right of the prompt, so that its text stands below the messages'."""
    left, text = reading_column(columns - _SCROLL_BAR, reading_width)
    return (left, columns - left - GUTTER - text - 1) if left else (0, 0)
