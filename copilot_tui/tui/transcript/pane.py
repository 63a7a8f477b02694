"""The transcript: one scrolling widget that draws its messages line by line.

Only what is near the viewport is drawn; the rest has an estimated height. The position is kept as a
message and a line in it, so an estimate that turns out wrong never moves what is read.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from time import monotonic, perf_counter
from typing import TYPE_CHECKING, ClassVar, Final, NamedTuple

from rich.segment import Segment
from textual import events
from textual.binding import Binding, BindingType
from textual.geometry import Region, Size
from textual.message import Message as Event
from textual.scroll_view import ScrollView
from textual.strip import Strip
from textual.widget import Widget

from copilot_tui.tui.palette import Palette
from copilot_tui.tui.transcript.blocks import Blocks
from copilot_tui.tui.transcript.entries import Entry, Look
from copilot_tui.tui.transcript.heights import Heights
from copilot_tui.tui.transcript.lines import Frame

if TYPE_CHECKING:
    from copilot_tui.conversation import Message

FRAME_S: Final = 1 / 30
"""Replies are drawn at most this often."""

COST_SHARE: Final = 3
"""And never more often than this many times what drawing them costs."""

WHEEL_LINES: Final = 3
DRAWN_ENTRIES: Final = 300
"""Entries whose lines are kept."""

PULSE_S: Final = 0.125


class Place(NamedTuple):
    """What stands at the top of the viewport."""

    message_id: str
    line: int
    """Counted within the drawn message."""


class Transcript(ScrollView, can_focus=True):
    """The messages of one branch."""

    DEFAULT_CSS = """
    Transcript {
        height: 1fr;
        overflow-x: hidden;
        overflow-y: scroll;
        scrollbar-size-vertical: 1;
    }
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up,k", "scroll_up", "Up", show=False),
        Binding("down,j", "scroll_down", "Down", show=False),
        Binding("pageup", "page_up", "Page up", show=False),
        Binding("pagedown,space", "page_down", "Page down", show=False),
        Binding("home,ctrl+home", "scroll_home", "Beginning", show=False),
        Binding("end,ctrl+end", "scroll_end", "End", show=False),
    ]

    @dataclass
    class LinkActivated(Event):
        """A link was clicked."""

        url: str

    def __init__(
        self,
        palette: Palette | None = None,
        *,
        welcome: str = "",
        failed_help: str = "",
        reading_width: int = 100,
        clock: Callable[[], float] = monotonic,
        id: str | None = None,
        classes: str | None = None,
    ) -> None:
        super().__init__(id=id, classes=classes)
        self.reading_width = reading_width
        self.welcome = welcome
        self.failed_help = failed_help
        self._palette = palette
        self._clock = clock
        self._entries: list[Entry] = []
        self._index: dict[str, int] = {}
        self._heights = Heights()
        self._drawn: OrderedDict[int, Entry] = OrderedDict()
        self._versions: dict[str, tuple[int, int]] = {}
        self._top = (0, 0)
        """Entry and line at the top of the viewport."""
        self._following = True
        self._is_placing = False
        self._look: Look | None = None
        self._frame: Frame | None = None
        self._growing: set[int] = set()
        self._flush_handle: asyncio.TimerHandle | None = None
        self._flushed_at = 0.0
        self._flush_cost = 0.0
        self._reasoning_open = False

    # What is shown

    def show(
        self,
        messages: Sequence[Message],
        *,
        live: Collection[str] = (),
        place: Place | None = None,
        versions: Mapping[str, tuple[int, int]] = {},
    ) -> None:
        """Show this branch instead of what was shown; `live` are replies that stream now.

        Without a place: its end.
        """
        now = self._clock()
        self._entries = [Entry(message, live=message.id in live) for message in messages]
        for entry in self._entries:
            entry.started = now
        self._index = {message.id: index for index, message in enumerate(messages)}
        self._versions = dict(versions)
        self._growing.clear()
        self._following = place is None
        self._top = (self._index.get(place.message_id, 0), place.line) if place else (0, 0)
        self._lay_out()

    def add(self, message: Message, *, live: bool = False) -> None:
        """Put one more message at the end."""
        entry = Entry(message, live=live)
        entry.started = self._clock()
        self._index[message.id] = len(self._entries)
        self._entries.append(entry)
        if self._frame is None:
            return
        self._heights.append(entry.estimate(self._frame.text))
        self._restore()

    def drop(self, message_ids: Iterable[str]) -> None:
        """Take messages out; what is read stays where it is if it is not among them."""
        gone = set(message_ids)
        place = self.place
        kept = [entry for entry in self._entries if entry.message.id not in gone]
        if len(kept) == len(self._entries):
            return
        self._entries = kept
        self._index = {entry.message.id: index for index, entry in enumerate(kept)}
        self._growing.clear()
        if place is not None:
            self._top = (self._index.get(place.message_id, len(kept) - 1), place.line)
        self._lay_out()

    def grow(self, message_id: str) -> None:
        """The reply has more text than before; it is drawn with the next frame."""
        index = self._index.get(message_id)
        if index is None or not self._entries[index].is_live:
            return
        self._growing.add(index)
        if self._flush_handle is None and self._frame is not None:
            wait = max(FRAME_S, COST_SHARE * self._flush_cost) - (monotonic() - self._flushed_at)
            loop = asyncio.get_running_loop()
            self._flush_handle = loop.call_later(max(0.0, wait), self._flush)

    def finish(self, message_id: str) -> None:
        """The reply has ended: how, its message says."""
        index = self._index.get(message_id)
        if index is None:
            return
        entry = self._entries[index]
        self._growing.discard(index)
        if self._look is None or not entry.is_drawn:
            entry.is_live = False
            return
        entry.end(self._look, self._clock())
        self._height_changed(index, 0)

    @property
    def place(self) -> Place | None:
        """What stands at the top; None while the end is followed."""
        if self._following or not self._entries:
            return None
        index, line = self._top
        return Place(self._entries[index].message.id, line)

    def use_palette(self, palette: Palette) -> None:
        """Draw with other colours."""
        self._palette = palette
        self._lay_out()

    def toggle_reasoning(self) -> None:
        """Show or fold what the models thought."""
        self._reasoning_open = not self._reasoning_open
        self._lay_out()

    # Geometry

    def _lay_out(self) -> None:
        """Forget all lines, estimate all heights, and go back to the same place."""
        width = self.scrollable_content_region.width
        for entry in self._drawn.values():
            entry.forget()
        self._drawn.clear()
        if width <= 0 or not self.is_mounted:
            self._frame = None
            return
        if self._palette is None:
            self._palette = Palette.from_theme(self.app.current_theme)
        self._frame = Frame.fit(width, self.reading_width, self._palette.base)
        self._look = Look(Blocks(self._palette, self._frame.text))
        self._look.failed_help = self.failed_help
        self._look.reasoning_open = self._reasoning_open
        self._look.versions = self._versions
        text = self._frame.text
        self._heights = Heights([entry.estimate(text) for entry in self._entries])
        self._restore()
        self.refresh()

    def _entry(self, index: int) -> Entry:
        """An entry with its lines drawn and its height exact."""
        entry = self._entries[index]
        if entry.is_drawn:
            if index in self._drawn:
                self._drawn.move_to_end(index)
            return entry
        assert self._look is not None
        entry.draw(self._look, self._clock())
        self._heights[index] = entry.height
        self._drawn[index] = entry
        if len(self._drawn) > DRAWN_ENTRIES:
            self._forget_one()
        return entry

    def _forget_one(self) -> None:
        for index, entry in self._drawn.items():
            if not entry.is_live:
                del self._drawn[index]
                entry.forget()
                return

    def _restore(self) -> None:
        """Put the viewport where it belongs."""
        if self._following:
            self._to_end()
        else:
            self._go_to(*self._top)

    def _to_end(self) -> None:
        rows = self.scrollable_content_region.height
        index = len(self._entries) - 1
        while index >= 0 and rows > 0:
            rows -= self._entry(index).height
            index -= 1
        self._following = True
        self._place_at(max(0, self._heights.total - self.scrollable_content_region.height))

    def _go_to(self, index: int, line: int) -> None:
        """Put this line at the top, as far as there is enough below it."""
        if not self._entries:
            self._place_at(0)
            return
        index = min(max(index, 0), len(self._entries) - 1)
        height = self._entry(index).height
        while line < 0 and index > 0:
            index -= 1
            line += self._entry(index).height
        line = max(0, line)
        height = self._entry(index).height
        while line >= height and index < len(self._entries) - 1:
            line -= height
            index += 1
            height = self._entry(index).height
        rows = self.scrollable_content_region.height
        below, seen = height - line, index
        while below < rows and seen < len(self._entries) - 1:
            seen += 1
            below += self._entry(seen).height
        if below <= rows:
            self._to_end()
            return
        self._following = False
        self._top = (index, line)
        self._place_at(self._heights.before(index) + line)

    def _place_at(self, y: int) -> None:
        """Scroll to a line of the whole, with the scrollbar telling the truth."""
        size = Size(self.size.width, max(self._heights.total, 1))
        if size != self.virtual_size:
            # Not by assignment, which would lay out the whole screen: only the bar depends on it.
            self.set_reactive(Widget.virtual_size, size)
            self.vertical_scrollbar.window_virtual_size = size.height
        if self._following:
            self._top = self._heights.find(y)
        self._is_placing = True
        if round(self.scroll_y) == y:
            self.refresh()
        self.set_reactive(Widget.scroll_target_y, float(y))
        self.scroll_y = float(y)
        self._is_placing = False

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        """The scrollbar was dragged, or we have placed the viewport."""
        super().watch_scroll_y(old_value, new_value)
        if not self._is_placing and round(old_value) != round(new_value) and self._entries:
            self._go_to(*self._heights.find(round(new_value)))

    def _scroll_by(self, lines: int) -> None:
        if self._entries:
            index, line = self._top
            self._go_to(index, line + lines)

    def on_resize(self) -> None:
        """Another width: all lines break anew. Another height: the same place."""
        if self._frame is None or self._frame.width != self.scrollable_content_region.width:
            self._lay_out()
        else:
            self._restore()

    def action_scroll_up(self) -> None:
        """One line up."""
        self._scroll_by(-1)

    def action_scroll_down(self) -> None:
        """One line down."""
        self._scroll_by(1)

    def action_page_up(self) -> None:
        """One page up."""
        self._scroll_by(-max(1, self.scrollable_content_region.height - 1))

    def action_page_down(self) -> None:
        """One page down."""
        self._scroll_by(max(1, self.scrollable_content_region.height - 1))

    def action_scroll_home(self) -> None:
        """To the beginning."""
        self._go_to(0, 0)

    def action_scroll_end(self) -> None:
        """To the end, and follow it from now on."""
        self._to_end()

    def jump_to(self, message_id: str) -> None:
        """Put this message at the top."""
        if (index := self._index.get(message_id)) is not None:
            self._go_to(index, 1 if index else 0)

    def _on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        event.stop()
        event.prevent_default()
        self._scroll_by(-WHEEL_LINES)

    def _on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        event.stop()
        event.prevent_default()
        self._scroll_by(WHEEL_LINES)

    # Growing replies

    def on_mount(self) -> None:
        """Begin to pulse; it costs nothing while nothing is live."""
        self.set_interval(PULSE_S, self._pulse)

    def on_unmount(self) -> None:
        """Draw no more."""
        if self._flush_handle is not None:
            self._flush_handle.cancel()

    def _pulse(self) -> None:
        """Turn the marks of the replies that are live and in sight."""
        if self._look is None:
            return
        for index in self._live():
            entry = self._entries[index]
            if entry.is_drawn:
                before = len(entry.head)
                entry.draw_head(self._look, self._clock())
                if len(entry.head) != before:
                    self._height_changed(index, 0)
                else:
                    self._refresh_from(self._heights.before(index) + 1, 1)

    def _live(self) -> list[int]:
        return [index for index in self._drawn if self._entries[index].is_live]

    def _flush(self) -> None:
        self._flush_handle = None
        if not self.is_attached or self._look is None:
            return
        began = perf_counter()
        for index in sorted(self._growing):
            entry = self._entries[index]
            if not entry.is_drawn:
                continue
            if not entry.taken or len(entry.message.reasoning) != entry.thinking:
                entry.take()
                entry.draw_head(self._look, self._clock())
                self._height_changed(index, 0)
            elif (first := entry.take()) is not None:
                self._height_changed(index, len(entry.head) + first)
        self._growing.clear()
        self._flushed_at = monotonic()
        self._flush_cost = perf_counter() - began

    def _height_changed(self, index: int, first: int) -> None:
        """An entry was drawn anew from this line on."""
        entry = self._entries[index]
        before = self._heights[index]
        self._heights[index] = entry.height
        if before != entry.height:
            if self._following:
                self._to_end()
                return
            size = Size(self.size.width, self._heights.total)
            self.set_reactive(Widget.virtual_size, size)
            self.vertical_scrollbar.window_virtual_size = size.height
            if index < self._top[0]:
                self._go_to(*self._top)
                return
        start = self._heights.before(index) + first
        self._refresh_from(
            start, max(before, entry.height) - first if before == entry.height else 1 << 20
        )

    def _refresh_from(self, line: int, count: int) -> None:
        """Paint these lines again, as far as they are in sight."""
        height = self.size.height
        top = line - round(self.scroll_y)
        bottom = min(top + count, height)
        top = max(top, 0)
        if top < bottom:
            self.refresh(Region(0, top, self.size.width, bottom - top))

    # Painting

    def render_lines(self, crop: Region) -> list[Strip]:
        """The strips of a part of the viewport. They are final: no style touches them again."""
        strips = self._strips(crop.y, crop.height)
        if crop.x or crop.width != self.size.width:
            strips = [strip.crop(crop.x, crop.right) for strip in strips]
        filters = self.get_line_filters()
        if filters:
            background = self.background_colors[1]
            for line_filter in filters:
                strips = [strip.apply_filter(line_filter, background) for strip in strips]
        return strips

    def render_line(self, y: int) -> Strip:
        """One line, with what Textual's text selection needs to know."""
        return self._strips(y, 1)[0]

    def _strips(self, y: int, count: int) -> list[Strip]:
        frame = self._frame
        width = self.size.width
        if frame is None:
            return [Strip.blank(width)] * count
        blank = Strip([Segment(" " * frame.width, frame.base)], frame.width)
        first = y + round(self.scroll_y)
        strips: list[Strip] = []
        if self._entries and first < self._heights.total:
            index, line = self._heights.find(first)
            while len(strips) < count and index < len(self._entries):
                entry = self._entry(index)
                while len(strips) < count and (drawn := entry.line(line)) is not None:
                    if drawn.strip is None:
                        drawn.strip = frame.paint(drawn)
                    strips.append(drawn.strip)
                    line += 1
                index, line = index + 1, 0
        strips += [blank] * (count - len(strips))
        return strips
