"""One line of the transcript, and how it becomes what the terminal shows."""

from __future__ import annotations

from bisect import bisect_left
from typing import TYPE_CHECKING, Final, NamedTuple, Protocol

from rich.cells import cell_len, set_cell_size
from rich.segment import Segment
from textual.strip import Strip

from copilot_tui.tui.layout import GUTTER, reading_column
from copilot_tui.tui.transcript.strips import strip_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from rich.style import Style


TAB_STOP: Final = 4


class Raw(NamedTuple):
    """What the source has where a line shows spaces for its tabs."""

    text: str
    column: int = 0
    """Where the text stands in its line of the source, tabs expanded."""
    joint: str | None = None
    """The same for the line's joint; None: that is as it stands in the source."""

    def between(self, first: int, last: int) -> str:
        """The characters that are shown between two characters of the line."""
        starts = columns(self.text, self.column)
        return "".join(
            character
            for character, start in zip(self.text, starts, strict=True)
            if first <= start - self.column < last
        )


def columns(text: str, column: int = 0) -> list[int]:
    """The column in which each character of one line starts."""
    found: list[int] = []
    for character in text:
        found.append(column)
        column += TAB_STOP - column % TAB_STOP if character == "\t" else 1
    return found


def keep_tabs(lines: Iterable[Line], text: str) -> None:
    """Note what the source has where its tabs are shown as spaces.

    The lines show all of the text, one after the other, with nothing between them but their joints.
    """
    if "\t" not in text:
        return
    rest = iter(lines)
    for row in text.split("\n"):
        shown: list[Line] = []
        for line in rest:
            shown.append(line)
            if line.joint.endswith("\n"):
                break
        if "\t" in row:
            _keep_tabs_of(shown, row)


def _keep_tabs_of(lines: list[Line], row: str) -> None:
    starts = columns(row)
    shown = 0
    for line in lines:
        end = shown + line.size
        after = end + len(line.joint)
        first, last, behind = (bisect_left(starts, place) for place in (shown, end, after))
        if line is lines[-1]:
            line.raw = Raw(row[first:], shown, "\n")
        elif "\t" in row[first:behind]:
            line.raw = Raw(row[first:last], shown, row[last:behind])
        shown = after


class Uncoloured(Protocol):
    """What lines of code belong to that have no colours yet."""

    def colour(self) -> None:
        """Give its lines their colours."""


class Line:
    """A row of text before it is padded, with what a copy of it needs.

    It is light: a long reply has thousands of them, and few are ever painted. `strip` holds what
    was painted last.
    """

    __slots__ = (
        "cells",
        "code_width",
        "fill",
        "gutter",
        "indent",
        "joint",
        "lone",
        "raw",
        "segments",
        "size",
        "source_lines",
        "strip",
    )

    def __init__(
        self,
        segments: list[Segment],
        cells: int,
        *,
        fill: Style,
        indent: int = 0,
        size: int = 0,
        joint: str = "\n",
        raw: Raw | None = None,
    ) -> None:
        self.segments = segments
        self.cells = cells
        """Width of the segments."""
        self.fill = fill
        """What follows them up to the text's width."""
        self.indent = indent
        """Characters of decoration before the first that a copy takes."""
        self.size = size
        """Characters that a copy takes."""
        self.joint = joint
        """What a copy puts before the next line: the spaces where it was wrapped, or a newline."""
        self.raw = raw
        """The source of the line where it differs from what is shown."""
        self.source_lines = 0
        """Lines of the source that begin with it, in code and tables, which keep them apart."""
        self.gutter: Segment | None = None
        self.code_width: list[int] | None = None
        """Of code that may be scrolled sideways: the width of the block's longest line, shared."""
        self.lone: Uncoloured | None = None
        """The row of code that it is of, until that has some colours."""
        self.strip: Strip | None = None

    @property
    def text(self) -> str:
        """What is shown, decoration included."""
        return "".join([segment.text for segment in self.segments])

    @property
    def content(self) -> str:
        """What is shown, without decoration."""
        return self.text[self.indent : self.indent + self.size]

    def with_segments(self, segments: list[Segment]) -> Line:
        """The same line in other colours, to be painted once."""
        other = Line(segments, self.cells, fill=self.fill, indent=self.indent, size=self.size)
        other.gutter, other.code_width = self.gutter, self.code_width
        return other

    def nest(self, prefix: Segment, cells: int) -> Line:
        """Put decoration before the line."""
        self.segments.insert(0, prefix)
        self.cells += cells
        self.indent += len(prefix.text)
        return self


class Frame(NamedTuple):
    """Where the column of text stands in the pane."""

    width: int
    """Of the pane."""
    left: int
    """Columns left of the gutter."""
    text: int
    """Columns of text."""
    base: Style

    @property
    def blank(self) -> Strip:
        """An empty line."""
        return Strip.blank(self.width, self.base)

    @classmethod
    def fit(cls, width: int, reading_width: int, base: Style) -> Frame:
        """The column in a pane of this width: centred when there is room to spare."""
        return cls(width, *reading_column(width, reading_width), base)

    def paint(self, line: Line, shift: int = 0) -> Strip:
        """The final strip, exactly as wide as the pane; code is shifted to the left by `shift`."""
        segments, cells = line.segments, line.cells
        if cells > self.text or (shift and line.code_width is not None):
            segments, cells = _clip(line, self.text, shift)
        left = Segment(" " * self.left, self.base)
        gutter = line.gutter or Segment(" " * GUTTER, self.base)
        room = self.text - cells
        right = self.width - self.left - GUTTER - self.text
        parts = [left, gutter, *segments] if self.left else [gutter, *segments]
        if line.fill is self.base:
            parts.append(Segment(" " * (room + right), self.base))
        else:
            parts.append(Segment(" " * (room + min(1, right)), line.fill))
            if right > 1:
                parts.append(Segment(" " * (right - 1), self.base))
        return strip_of(parts, self.width)


def _clip(line: Line, width: int, shift: int) -> tuple[list[Segment], int]:
    """The part of a line that fits; a mark stands where something is hidden."""
    fixed = _fixed(line)
    shift = shift_of(line, width, shift)
    strip = strip_of(line.segments, line.cells)
    kept = list(strip.crop(0, fixed)) if fixed else []
    rest = strip.crop(fixed + shift, fixed + shift + width - fixed)
    cells = fixed + rest.cell_length
    if line.cells > fixed + shift + (width - fixed):
        rest = rest.crop(0, rest.cell_length - 1)
        return [*kept, *rest, Segment("›", line.fill)], cells
    return [*kept, *rest], cells


def _fixed(line: Line) -> int:
    """Cells of a line that are not scrolled with its code."""
    return cell_len(line.text[: line.indent]) if line.code_width is not None else 0


def shift_of(line: Line, width: int, shift: int) -> int:
    """By how many cells a line is scrolled sideways when code is scrolled by `shift`."""
    if line.code_width is None:
        return 0
    return min(shift, max(0, line.code_width[0] - (width - _fixed(line))))


def hidden_left(line: Line, width: int, shift: int) -> int:
    """The characters behind a line's decoration that are scrolled out of sight."""
    cells = shift_of(line, width, shift)
    return len(set_cell_size(line.text[line.indent :], cells)) if cells else 0


def shift_to_see(line: Line, width: int, shift: int, span: tuple[int, int]) -> int:
    """By how much code is to be scrolled so that these characters of a line are seen, and one
    beside them, so that it shows where they end.
    """
    if line.code_width is None:
        return shift
    fixed = _fixed(line)
    first, last = (cell_len(line.text[line.indent : place]) for place in span)
    now = shift_of(line, width, shift)
    if (now < first or not now) and last - now < width - fixed - 1:
        return shift
    return max(0, min(first - 1, last - (width - fixed) * 2 // 3))


def width_of(segments: Iterable[Segment]) -> int:
    """Cells that the segments take."""
    return sum([cell_len(segment.text) for segment in segments])
