"""What the transcript is painted from: the lines in sight, what lies over them, and the badge."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from itertools import takewhile
from time import monotonic, perf_counter
from typing import TYPE_CHECKING, Final

from rich.cells import cell_len
from textual.filter import ANSIToTruecolor
from textual.geometry import Offset, Region
from textual.scroll_view import ScrollView
from textual.strip import Strip

from copilot_tui.tui.transcript.finder import Finder
from copilot_tui.tui.transcript.painter import Painter
from copilot_tui.tui.transcript.scroll_bar import TranscriptScrollBar
from copilot_tui.tui.transcript.selection import row_number
from copilot_tui.tui.transcript.stack import Stack

if TYPE_CHECKING:
    from textual.filter import LineFilter
    from textual.scrollbar import ScrollBar

    from copilot_tui.tui.transcript.lines import Line

FRAME_S: Final = 1 / 30
"""Replies are drawn at most this often."""

COLOUR_SLICE_S: Final = 0.006


class Canvas(ScrollView):
    """Paints. Where the viewport stands, and what is in the stack, is decided above it."""

    welcome: str = ""
    """Stands in the middle while there is no message."""

    def __init__(
        self,
        *,
        clock: Callable[[], float] = monotonic,
        id: str | None = None,
        classes: str | None = None,
    ) -> None:
        super().__init__(id=id, classes=classes)
        self._stack = Stack(clock)
        self._stack.on_moved = self._moved
        self._finder = Finder(self._stack)
        self._painter = Painter(self._stack, self._finder)
        self._unseen: set[int] = set()
        """Messages that have grown below the viewport since the end was left."""
        self._badge_columns: range = range(0)
        self._colour_handle: asyncio.TimerHandle | None = None

    @property
    def vertical_scrollbar(self) -> ScrollBar:
        """The scroll bar, made when it is first asked for, as Textual makes its own."""
        if self._vertical_scrollbar is None:
            self._vertical_scrollbar = bar = TranscriptScrollBar(
                name="vertical", thickness=self.scrollbar_size_vertical
            )
            bar.display = False
            self.app._start_widget(self, bar)
        return self._vertical_scrollbar

    def render_lines(self, crop: Region) -> list[Strip]:
        """The strips of a part of the viewport. They are final: no style touches them again."""
        strips = self._strips(crop.y, crop.height)
        if crop.bottom >= self.size.height and self._unseen and strips:
            text = f" ↓ {len(self._unseen)} new "
            strips[-1], self._badge_columns = self._painter.with_badge(strips[-1], text)
        if crop.x or (strips and crop.right < strips[0].cell_length):
            strips = [strip.crop(crop.x, crop.right) for strip in strips]
        for line_filter in self.get_line_filters():
            background = self.background_colors[1]
            strips = [strip.apply_filter(line_filter, background) for strip in strips]
        return strips

    def get_line_filters(self) -> list[LineFilter]:
        """What is done to every line: nothing about ANSI colours, for there are none."""
        filters = super().get_line_filters()
        return [each for each in filters if not isinstance(each, ANSIToTruecolor)]

    def render_line(self, y: int) -> Strip:
        """One line, with what Textual's text selection asks for: what each character is."""
        strip = self._strips(y, 1)[0]
        return strip.apply_offsets(*self._character_at(Offset(0, y)))

    def _strips(self, y: int, count: int) -> list[Strip]:
        if self._painter.frame is None:
            return [Strip.blank(self.size.width, self.rich_style)] * count
        if not self._stack.messages:
            return self._painter.welcome(self.welcome, self.size.height)[y : y + count]
        return self._painter.strips(y + round(self.scroll_y), count, self.text_selection)

    def _character_at(self, offset: Offset) -> Offset:
        """A place in the pane as Textual's selections have it."""
        entry, line = self._stack.heights.find(max(0, offset.y + round(self.scroll_y)))
        return Offset(offset.x, row_number(entry, max(0, line)))

    def _moved(self, index: int, row: int, by: int) -> None:
        """Lines of a message, from this one on, turn out to stand so much further down."""

    def _refresh_from(self, line: int, count: int) -> None:
        """Paint these lines again, as far as they are in sight."""
        height = self.size.height
        top = line - round(self.scroll_y)
        bottom = min(top + count, height)
        top = max(top, 0)
        if top < bottom:
            self.refresh(Region(0, top, self.size.width, bottom - top))

    def _refresh_change(self, row: int, before: Line, after: Line) -> None:
        """Paint again what differs between a line and what it was."""
        pairs = zip(before.text, after.text, strict=False)
        same = cell_len(
            "".join([old for old, _ in takewhile(lambda pair: pair[0] == pair[1], pairs)])
        )
        y = row - round(self.scroll_y)
        if before.text != after.text and 0 <= y < self.size.height:
            cells = max(before.cells, after.cells) - same
            self.refresh(Region(self._painter.margin + same, y, cells, 1))

    def _colour_soon(self) -> None:
        """Colour long code in slices, between other things."""
        look = self._stack.look
        if self._colour_handle is not None or look is None or not self._stack.drawn:
            return
        if look.blocks.colourings:
            self._colour_handle = asyncio.get_running_loop().call_later(FRAME_S, self._colour)

    def _colour(self) -> None:
        self._colour_handle = None
        if self._stack.look is None or not self.is_attached:
            return
        until = perf_counter() + COLOUR_SLICE_S
        waiting = self._stack.look.blocks.colourings
        while waiting and perf_counter() < until:
            if waiting[0].go_on(lambda: perf_counter() >= until):
                waiting.popleft()
        self.refresh()
        self._colour_soon()
