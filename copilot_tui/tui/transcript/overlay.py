"""What lies over finished strips: selection, marks of what was found, hints, the badge."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style

from copilot_tui.tui.transcript.strips import strip_of

if TYPE_CHECKING:
    from textual.strip import Strip


def tinted(strip: Strip, spans: Iterable[tuple[int, int]], style: Style) -> Strip:
    """The strip with a style over parts of it; the spans are characters, in order."""
    parts: list[Segment] = []
    position = 0
    wanted = [span for span in spans if span[0] < span[1]]
    if not wanted:
        return strip
    for segment in strip:
        text, base, _ = segment
        cut = 0
        for start, end in wanted:
            low = max(start - position, cut)
            high = min(end - position, len(text))
            if low < high:
                if low > cut:
                    parts.append(Segment(text[cut:low], base))
                parts.append(Segment(text[low:high], (base or Style()) + style))
                cut = high
        if cut < len(text):
            parts.append(Segment(text[cut:], base))
        position += len(text)
    return strip_of(parts, strip.cell_length)


def over_end(strip: Strip, text: str, style: Style, margin: int) -> Strip:
    """The strip with a text over its right end."""
    width = cell_len(text)
    start = strip.cell_length - width - margin
    if start < 0:
        return strip
    rest = strip.crop(start + width, strip.cell_length)
    return strip_of([*strip.crop(0, start), Segment(text, style), *rest], strip.cell_length)


def over_start(strip: Strip, text: str, style: Style, column: int) -> Strip:
    """The strip with a text over it from a column on."""
    width = cell_len(text)
    before, after = strip.crop(0, column), strip.crop(column + width, strip.cell_length)
    return strip_of([*before, Segment(text, style), *after], strip.cell_length)
