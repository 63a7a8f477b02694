"""Lines in sight to strips: painted once, kept, and overlaid with what comes and goes."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Final

from textual.strip import Strip

from copilot_tui.tui.layout import GUTTER
from copilot_tui.tui.transcript.lines import Frame, Line, hidden_left, shift_of, shift_to_see
from copilot_tui.tui.transcript.overlay import over_end, over_start, tinted
from copilot_tui.tui.transcript.selection import row_number
from copilot_tui.tui.transcript.strips import strip_of

if TYPE_CHECKING:
    from rich.style import Style
    from textual.selection import Selection

    from copilot_tui.tui.palette import Palette
    from copilot_tui.tui.transcript.finder import Finder
    from copilot_tui.tui.transcript.links import Link
    from copilot_tui.tui.transcript.stack import Stack

_PAINTED: Final = 600
"""Lines whose strips are kept."""


class Painter:
    """Gives final strips, as wide as the pane."""

    def __init__(self, stack: Stack, finder: Finder) -> None:
        self._stack = stack
        self._finder = finder
        self.frame: Frame | None = None
        self.palette: Palette | None = None
        self.shift = 0
        """Columns by which code is scrolled sideways."""
        self.hints: dict[tuple[int, int], str] = {}
        """Letters by message and line."""
        self.link: Link | None = None
        """The link that Enter follows."""
        self._painted: deque[Line] = deque()

    @property
    def margin(self) -> int:
        """Columns left of the text."""
        return self.frame.left + GUTTER if self.frame is not None else 0

    def forget(self) -> None:
        """Paint everything anew."""
        for line in self._painted:
            line.strip = None
        self._painted.clear()

    def shift_by(self, columns: int) -> bool:
        """Scroll code sideways, as far as there is some; whether anything moved."""
        widths = [line.code_width[0] for line in self._painted if line.code_width is not None]
        room = self.frame.text if self.frame is not None else 0
        shift = min(max(0, self.shift + columns), max(0, max(widths, default=0) + GUTTER - room))
        if shift == self.shift:
            return False
        self.shift = shift
        self.forget()
        return True

    def strips(self, first: int, count: int, selection: Selection | None) -> list[Strip]:
        """The strips of so many lines."""
        frame, stack = self.frame, self._stack
        assert frame is not None
        strips: list[Strip] = []
        is_plain = selection is None and not (self._finder.needle or self.hints or self.link)
        if first < stack.heights.total:
            index, row = stack.heights.find(first)
            while len(strips) < count and index < len(stack):
                entry = stack.seen_entry(index)
                while len(strips) < count and (line := entry.line(row)) is not None:
                    strip = line.strip or self._paint(line, frame)
                    if not is_plain:
                        strip = self._overlaid(strip, line, (index, row), selection)
                    strips.append(strip)
                    row += 1
                index, row = index + 1, 0
        strips += [frame.blank] * (count - len(strips))
        return strips

    def _paint(self, line: Line, frame: Frame) -> Strip:
        if line.lone is not None:
            line.lone.colour()
        strip = line.strip = frame.paint(line, self.shift)
        self._painted.append(line)
        if len(self._painted) > _PAINTED:
            self._painted.popleft().strip = None
        return strip

    def _overlaid(
        self, strip: Strip, line: Line, place: tuple[int, int], selection: Selection | None
    ) -> Strip:
        """The strip of a line with its part of the selection, its marks and its letter."""
        assert self.palette is not None
        if needle := self._finder.needle:
            spans = self._stack.seen_entry(place[0]).found_on(place[1], needle)
            is_here = self._finder.found == place
            style = self.palette.found if is_here else self.palette.marked
            strip = self._tinted(strip, line, spans, style)
        if self.link is not None and (spans := self.link.spans(place)):
            strip = self._tinted(strip, line, spans, self.palette.found)
        span = selection.get_span(row_number(*place)) if selection is not None else None
        if span is not None:
            start = self.margin + line.indent
            end = start + line.size
            last = end if span[1] < 0 else min(span[1], end)
            strip = tinted(strip, [(max(span[0], start), last)], self.palette.selected)
        if letter := self.hints.get(place):
            strip = over_start(strip, letter, self.palette.found, self.margin - GUTTER)
        return strip

    def _tinted(
        self, strip: Strip, line: Line, spans: list[tuple[int, int]], style: Style
    ) -> Strip:
        """The strip of a line with a style over some of its characters, as far as they are seen."""
        assert self.frame is not None
        if not spans:
            return strip
        if line.cells > self.frame.text or line.code_width is not None:  # it may be cut
            whole = tinted(strip_of(line.segments, line.cells), spans, style)
            return self.frame.paint(line.with_segments(list(whole)), self.shift)
        left = self.margin
        return tinted(strip, [(left + start, left + end) for start, end in spans], style)

    def shift_of(self, line: Line) -> int:
        """The cells by which this line is scrolled sideways."""
        return shift_of(line, self.frame.text, self.shift) if self.frame is not None else 0

    def hidden_left(self, line: Line) -> int:
        """The characters that are out of sight for it, behind the line's decoration."""
        return hidden_left(line, self.frame.text, self.shift) if self.frame is not None else 0

    def show_columns(self, line: Line, span: tuple[int, int]) -> bool:
        """Scroll code sideways until these characters of a line are seen; whether it moved."""
        assert self.frame is not None
        shift = shift_to_see(line, self.frame.text, self.shift, span)
        if shift == self.shift:
            return False
        self.shift = shift
        self.forget()
        return True

    def with_badge(self, strip: Strip, text: str) -> tuple[Strip, range]:
        """The strip with the badge at the right end of the text, and the columns of the badge."""
        assert self.frame is not None
        assert self.palette is not None
        margin = max(0, self.frame.width - self.margin - self.frame.text - 1)
        end = strip.cell_length - margin
        return over_end(strip, text, self.palette.badge, margin), range(end - len(text), end)

    def welcome(self, text: str, height: int) -> list[Strip]:
        """A text in the middle of an empty pane."""
        assert self.frame is not None
        assert self._stack.look is not None
        lines = self._stack.look.welcome(text) if text else []
        above = max(0, (height - len(lines)) // 2 - 1)
        strips = [self.frame.blank] * above + [self.frame.paint(line) for line in lines]
        return (strips + [self.frame.blank] * height)[:height]
