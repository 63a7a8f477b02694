"""Words onto lines, by the width of their cells.

A line breaks at spaces, and between the characters of scripts that write without them. It depends
on the text up to its end alone, so the lines of a text that grows stay as they are, but the last.
"""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING, Final, NamedTuple

from rich.cells import cell_len, split_graphemes
from rich.segment import Segment

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from rich.style import Style

Run = tuple[str, "Style"]
"""Text of one style. A newline in it ends the line."""


class Row(NamedTuple):
    """One line of a wrapped text."""

    segments: list[Segment]
    cells: int
    size: int
    """Characters of the text."""
    joint: str
    """What stood between it and the next row: spaces, nothing (a word was cut), or a newline."""


_WIDE: Final = (
    "\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe4f\uff01-\uff60"
)
JOINER: Final = "\u200d"
"""Zero width joiner. At a segment's start Rich measures it in two ways, and fails to cut there."""

_MARKS: Final = "\u200d\u0300-\u036f\u3099\u309a\ufe00-\ufe0f\U000e0100-\U000e01ef"
_CLOSERS: Final = "、。，．：；？！）］｝〉》」』】〕〗’”…ー々,.:;?!)\\]}"
_UNIT: Final = (
    f" +|[{_WIDE}\U00020000-\U0003fffd][{_MARKS}]*[{_CLOSERS}]*|[^ {_WIDE}\U00020000-\U0003fffd]+"
)
"""Spaces, one wide character with the punctuation that may not begin a line, or a word."""

_LATIN_END: Final = "\u0250"
"""Before it every character takes one cell, but for the soft hyphen."""

Break = tuple[int, int, int]
"""Where a row starts, ends, and where the next one starts."""


@cache
def _unit() -> re.Pattern[str]:
    return re.compile(_UNIT)  # 3 ms: not for a start without wide characters


def _is_plain(text: str) -> bool:
    """Whether each character takes one cell, and lines break at spaces alone."""
    return text.isascii() or (max(text) < _LATIN_END and "\xad" not in text)


def breaks(text: str, width: int) -> Iterator[Break]:
    """Where the rows of a text without newlines begin and end."""
    if not _is_plain(text):
        yield from _breaks(text, width)
    elif len(text) <= width:
        yield 0, len(text), len(text)
    else:
        yield from _ascii_breaks(text, width)


def _ascii_breaks(text: str, width: int) -> Iterator[Break]:
    size = len(text)
    start = 0
    while size - start > width:
        space = text.rfind(" ", start, start + width + 1)
        end = start + len(text[start:space].rstrip(" ")) if space > start else start
        if end == start:  # one word fills the line, or only spaces stand before it
            end = after = start + width
        else:
            after = (
                size - len(text[space:].lstrip(" "))
                if text.startswith(" ", space + 1)
                else space + 1
            )
        yield start, end, after
        if after == size:
            return
        start = after
    yield start, size, size


def _breaks(text: str, width: int) -> Iterator[Break]:
    start = end = 0  # of the row so far
    cells = gap = 0
    for match in _unit().finditer(text):
        unit = match.group()
        if unit[0] == " ":
            gap = len(unit)
            continue
        needed = cell_len(unit)
        if cells + gap + needed <= width:
            cells += gap + needed
        else:
            if end > start:
                yield start, end, match.start()
                start, cells, gap = match.start(), 0, 0
            if gap + needed > width:
                for cut in _cuts(text, start, match.end(), width):
                    yield start, cut, cut
                    start = cut
                needed, gap = cell_len(text[start : match.end()]), 0
            cells = gap + needed
        end, gap = match.end(), 0
    if gap and end > start and cells + gap > width:
        yield start, end, len(text)
    else:
        yield start, len(text), len(text)


def _cuts(text: str, start: int, end: int, width: int) -> Iterator[int]:
    """Where a word that no line holds is cut: between what the eye sees as characters."""
    cells = 0
    for first, _, size in split_graphemes(text[start:end])[0]:
        if cells and cells + size > width:
            yield start + first
            cells = 0
        cells += size


def wrap(runs: Sequence[Run], width: int) -> list[Row]:
    """The runs as rows of at most `width` cells."""
    text = "".join([run[0] for run in runs])
    if "\n" in text:
        return _wrap_paragraphs(runs, width)
    return _rows(runs, text, breaks(text, width))


def _wrap_paragraphs(runs: Sequence[Run], width: int) -> list[Row]:
    rows: list[Row] = []
    part: list[Run] = []
    for text, style in runs:
        first, *others = text.split("\n")
        part.append((first, style))
        for other in others:
            rows += wrap(part, width)
            rows[-1] = rows[-1]._replace(joint=rows[-1].joint + "\n")
            part = [(other, style)]
    return rows + wrap(part, width)


def _rows(runs: Sequence[Run], text: str, cuts: Iterator[Break]) -> list[Row]:
    rows: list[Row] = []
    ascii_only = text.isascii()
    run_index, run_start = 0, 0
    for start, end, after in cuts:
        segments: list[Segment] = []
        while run_index < len(runs):
            run_text, style = runs[run_index]
            run_end = run_start + len(run_text)
            if run_start < end and (part := run_text[max(start - run_start, 0) : end - run_start]):
                segments.append(Segment(part.lstrip(JOINER), style))
            if run_end > after:
                break
            run_start = run_end
            run_index += 1
        cells = end - start if ascii_only else sum([cell_len(part.text) for part in segments])
        rows.append(Row(segments, cells, end - start, text[end:after]))
    return rows


class GrowingRows:
    """Rows of runs that come one after the other."""

    def __init__(self, width: int) -> None:
        self._width = width
        self._last: list[Run] = []

    def take(self, runs: Sequence[Run]) -> list[Row]:
        """Go on with these runs; gives the rows that are final: all but the last."""
        all_runs = [*self._last, *runs]
        rows = wrap(all_runs, self._width)
        del rows[-1]
        done = sum([row.size + len(row.joint) for row in rows])
        self._last = []
        for text, style in all_runs:
            if done < len(text):
                self._last.append((text[done:], style))
            done = max(0, done - len(text))
        return rows

    def rest(self, runs: Sequence[Run]) -> list[Row]:
        """The rows that are not final, if these runs are the last."""
        return wrap([*self._last, *runs], self._width)
