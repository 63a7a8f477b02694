"""Tables: fitted to the width, with cells that wrap; key and value where they cannot be read.

The widths are those that the first rows ask for, so a table that grows keeps the lines it has.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style

from copilot_tui.tui.transcript.lines import Line
from copilot_tui.tui.transcript.wrap import Row, Run, wrap

if TYPE_CHECKING:
    from copilot_tui.tui.palette import Palette

Cell = list["Run"]

MEASURED_ROWS: Final = 60
"""Rows that have a say in the columns' widths."""

_LEAST: Final = 6
"""A column that is narrower than this and than its content cannot be read."""

_LATER: Final = 2
"""More cells for the narrow columns of a table with rows that have no say."""

_LONGEST_WORD: Final = 20
"""Longer words are cut rather than that they take the width of others."""

_BETWEEN: Final = " │ "
_CROSSING: Final = "─┼─"


class TableLayout:
    """Takes rows and gives lines. The first row is the header."""

    def __init__(self, palette: Palette, width: int, alignments: Sequence[str]) -> None:
        self._palette = palette
        self._width = width
        self._alignments = alignments
        self._natural = [1] * len(alignments)
        self._least = [1] * len(alignments)
        """Cells in which no word has to be cut."""
        self._widths: list[int] | None = None
        self._header: list[Cell] = []
        self._measured = 0
        self._lacks: dict[int, tuple[list[Segment], int]] = {}

    def measure(self, rows: Sequence[Sequence[Cell]]) -> bool:
        """Let rows have their say. True: the widths changed; lines drawn before are wrong."""
        before = self._widths
        room = MEASURED_ROWS - self._measured
        for row in rows[: max(0, room)]:
            if not self._header:
                self._header = list(row)
            for column, cell in enumerate(row):
                cells = sum([cell_len(text) for text, _ in cell])
                self._natural[column] = max(self._natural[column], cells)
                self._least[column] = max(self._least[column], _least(cell, cells))
        self._measured += len(rows)
        if room > 0 and self._measured > MEASURED_ROWS:  # the numbers of later rows are longer
            self._natural = [
                min(_LEAST, cells + _LATER) if cells < _LEAST else cells for cells in self._natural
            ]
        if room > 0:
            self._widths = self._fit()
            self._lacks.clear()
        return self._widths != before or (before is None and self._measured == len(rows))

    def _fit(self) -> list[int] | None:
        """Widths of the columns; None: as key and value.

        Narrow columns get what they ask for, and others what their longest word takes, if there is
        room for that; they share the rest.
        """
        room = self._width - len(_BETWEEN) * (len(self._natural) - 1)
        if sum(self._natural) <= room:
            return list(self._natural)
        widths = [0] * len(self._natural)
        least = self._least if sum(self._least) <= room else widths
        waiting = sorted(range(len(widths)), key=self._natural.__getitem__)
        while waiting:
            share = room // len(waiting)
            column = next((each for each in waiting if least[each] > share), waiting[0])
            waiting.remove(column)
            width = max(least[column], min(self._natural[column], share))
            widths[column] = width
            room -= width
        readable = all(
            width >= min(natural, _LEAST)
            for width, natural in zip(widths, self._natural, strict=True)
        )
        return widths if readable else None

    def lines(
        self, row: Sequence[Cell], *, first: bool = False, above: Sequence[Cell] | None = None
    ) -> list[Line]:
        """The lines of one row; `first` is the header, which brings the rule below it.

        `above`: the row above, but for the header. A rule parts the two if one has several lines.
        """
        if self._widths is None:
            return [] if first else self._key_value_lines(row, is_parted=above is not None)
        lines = self._grid_lines(row, self._widths)
        lines[0].source_lines = 1
        if first:
            lines.append(self._rule_line(self._widths))
            lines[-1].source_lines = 1
        elif above is not None and (self._is_wrapped(above) or self._is_wrapped(row)):
            parting = self._rule_line(self._widths)
            parting.size, parting.joint = 0, ""  # a copy does not have it
            lines.insert(0, parting)
        return lines

    def _is_wrapped(self, row: Sequence[Cell]) -> bool:
        return self._widths is not None and any(
            sum([cell_len(text) for text, _ in cell]) > width
            for cell, width in zip(row, self._widths, strict=False)
        )

    def _rule_line(self, widths: list[int]) -> Line:
        rule = _CROSSING.join("─" * width for width in widths)
        return self._line([Segment(rule, self._palette.rule)], len(rule))

    def _line(self, segments: list[Segment], cells: int) -> Line:
        return Line(
            segments, cells, fill=self._palette.base, size=sum(len(s.text) for s in segments)
        )

    def _grid_lines(self, row: Sequence[Cell], widths: list[int]) -> list[Line]:
        base, rule = self._palette.base, self._palette.rule
        columns = [wrap(cell, width) for cell, width in zip(row, widths, strict=False)]
        lacking, lacking_cells = self._lacking(widths, len(columns))
        lines: list[Line] = []
        for index in range(max(map(len, columns), default=1)):
            segments: list[Segment] = []
            cells = len(_BETWEEN) * max(0, len(columns) - 1) + lacking_cells
            for column, rows in enumerate(columns):
                if column:
                    segments.append(Segment(_BETWEEN, rule))
                width = widths[column]
                drawn = rows[index] if index < len(rows) else Row([], 0, 0, "")
                cells += max(width, drawn.cells)
                segments += _aligned(drawn, width, self._alignments[column], base)
            lines.append(self._line(segments + lacking, cells))
        return lines

    def _lacking(self, widths: list[int], count: int) -> tuple[list[Segment], int]:
        """What stands in a row of so many cells where it lacks some, and how wide that is."""
        if (known := self._lacks.get(count)) is not None:
            return known
        segments: list[Segment] = []
        for column in range(count, len(widths)):
            if column:
                segments.append(Segment(_BETWEEN, self._palette.rule))
            segments.append(Segment(" " * widths[column], self._palette.base))
        self._lacks[count] = segments, sum([len(segment.text) for segment in segments])
        return self._lacks[count]

    def _key_value_lines(self, row: Sequence[Cell], *, is_parted: bool) -> list[Line]:
        """Each cell under its heading, and a rule that parts the row from the one above."""
        rule = "─" * min(self._width, 12)
        parting = self._line([Segment(rule, self._palette.rule)], len(rule))
        lines = [parting] if is_parted else []
        bold = Style(bold=True)
        text = len(lines)
        for key, cell in zip(self._header, row, strict=False):
            runs = [(text, style + bold) for text, style in key]
            runs.append((": " if key else "", self._palette.quiet))
            for drawn in wrap([run for run in (*runs, *cell) if run[0]], self._width):
                lines.append(self._line(drawn.segments, drawn.cells))
        lines[text].source_lines = 1 if is_parted else 3  # with the head, which has no line here
        return lines


def _least(cell: Cell, cells: int) -> int:
    """The cells that a cell needs so that no word of it is cut."""
    if cells <= _LEAST:
        return cells
    text = "".join([text for text, _ in cell])
    longest = max(map(len, text.split()), default=0) if len(text) == cells else 0
    return min(cells, max(_LEAST, min(longest, _LONGEST_WORD)))


def _aligned(row: Row, width: int, alignment: str, base: Style) -> list[Segment]:
    room = width - row.cells
    if room <= 0:
        return row.segments
    left = {"right": room, "center": room // 2}.get(alignment, 0)
    segments = [Segment(" " * left, base)] if left else []
    segments += row.segments
    if room > left:
        segments.append(Segment(" " * (room - left), base))
    return segments
