"""Strips that are cut where the eye sees characters end."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from rich.cells import cell_len, split_graphemes
from rich.segment import Segment
from textual.strip import Strip

_JOINER: Final = "\u200d"
_EMOJI_LOOK: Final = "\ufe0f"
"""Variation selector 16: what stands before it may become wider."""


def strip_of(segments: Iterable[Segment], cells: int) -> Strip:
    """The segments as a strip of so many cells that can be cut anywhere."""
    parts = list(segments)
    for text, _, _ in parts:
        if _JOINER in text or _EMOJI_LOOK in text:
            return _JoinedStrip(parts, cells)
    return _LoneStrip(parts, cells)


class _LoneStrip(Strip):
    """Is gone when nobody has it any more.

    Textual's own keeps itself, as what it was divided into where it was not, until the collector
    comes; of a long reply there are thousands.
    """

    def divide(self, cuts: Iterable[int]) -> Sequence[Strip]:
        """The parts that end at these columns."""
        ends = [cut for cut in cuts if cut <= self.cell_length]
        return [self] if ends == [self.cell_length] else super().divide(ends)


class _JoinedStrip(Strip):
    """Has characters that are joined: Rich cuts within them, and counts what is left wrong."""

    def crop(self, start: int, end: int | None = None) -> Strip:
        """The part between two columns; half a wide character becomes a space."""
        end = self.cell_length if end is None else min(end, self.cell_length)
        start = max(0, start)
        if start == 0 and end == self.cell_length:
            return self
        if end <= start:
            return Strip([], 0)
        return strip_of(_between(self._segments, start, end), end - start)

    def divide(self, cuts: Iterable[int]) -> Sequence[Strip]:
        """The parts that end at these columns."""
        ends = [min(cut, self.cell_length) for cut in cuts]
        return [self.crop(*pair) for pair in zip([0, *ends], ends, strict=False)]


def _between(segments: Iterable[Segment], start: int, end: int) -> Iterator[Segment]:
    column = 0
    for segment in segments:
        first, column = column, column + cell_len(segment.text)
        if start <= first and column <= end:
            yield segment
        elif first < end and column > start:
            yield from _part(segment, start - first, end - first)


def _part(segment: Segment, start: int, end: int) -> Iterator[Segment]:
    """The part of a segment between two of its columns."""
    text, style, _ = segment
    kept = ""
    column = 0
    for first, last, cells in split_graphemes(text)[0]:
        before, column = column, column + cells
        if start <= before and column <= end:
            kept += text[first:last]
        elif before < end and column > start:  # half of it
            if kept:
                yield Segment(kept, style)
                kept = ""
            yield Segment(" " * (min(column, end) - max(before, start)), style)
    if kept:
        yield Segment(kept, style)
