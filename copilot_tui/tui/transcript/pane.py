"""The transcript: one scrolling widget that draws its messages line by line.

Only what is near the viewport is drawn; the rest has an estimated height. The position is kept as a
message and a line in it, so an estimate that turns out wrong never moves what is read.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict, deque
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from time import monotonic, perf_counter
from typing import TYPE_CHECKING, ClassVar, Final, Literal, NamedTuple

from rich.cells import set_cell_size
from textual import events
from textual.binding import Binding, BindingType
from textual.filter import ANSIToTruecolor
from textual.geometry import Offset, Region, Size
from textual.message import Message as Event
from textual.scroll_view import ScrollView
from textual.selection import Selection
from textual.strip import Strip
from textual.widget import Widget

from copilot_tui.terminal_text import harmless
from copilot_tui.tui.palette import Palette
from copilot_tui.tui.transcript.blocks import Blocks
from copilot_tui.tui.transcript.entries import Entry, Look
from copilot_tui.tui.transcript.heights import Heights
from copilot_tui.tui.transcript.lines import GUTTER, Frame, Line
from copilot_tui.tui.transcript.overlay import found_in, over_end, over_start, tinted
from copilot_tui.tui.transcript.selection import Spot, ends, row_number

if TYPE_CHECKING:
    from copilot_tui.conversation import Message

FRAME_S: Final = 1 / 30
"""Replies are drawn at most this often."""

COST_SHARE: Final = 3
"""And never more often than this many times what drawing them costs."""

WHEEL_LINES: Final = 3
DRAWN_ENTRIES: Final = 300
"""Entries whose lines are kept."""

PAINTED_LINES: Final = 600
"""Lines whose strips are kept."""

PULSE_S: Final = 0.125
COLOUR_SLICE_S: Final = 0.006
CODE_COLUMNS: Final = 8
HINT_LETTERS: Final = "asdfghjklqwertyuiopzxcvbnm"


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
        Binding("left,h", "code_left", "Code to the left", show=False),
        Binding("right,l", "code_right", "Code to the right", show=False),
        Binding("w", "code_wrap", "Wrap code", show=False),
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
        self._unseen: set[int] = set()
        """Entries that have grown below the viewport since the end was left."""
        self._badge_columns: range = range(0)
        self._code_shift = 0
        self._wrap_code = False
        self._needle = ""
        self._found: tuple[int, int] | None = None
        """Entry and line of the match that was jumped to."""
        self._hints: dict[tuple[int, int], str] = {}
        """Letters by entry and line."""
        self._painted: deque[Line] = deque()
        """Lines that hold a strip."""
        self._colour_handle: asyncio.TimerHandle | None = None

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
        self._forget_marks()
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
        if not self._following:
            self._unseen.add(len(self._entries) - 1)
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
        self._forget_marks()
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
        self._colour_soon()

    @property
    def is_drawing_due(self) -> bool:
        """Something has come that the next frame will show."""
        return self._flush_handle is not None

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

    def toggle_code_wrap(self) -> None:
        """Break long lines of code, or let them be scrolled sideways."""
        self._wrap_code = not self._wrap_code
        self._code_shift = 0
        self._lay_out()

    def _forget_marks(self) -> None:
        self._unseen.clear()
        self._hints.clear()
        self._found = None
        self._code_shift = 0
        if self.is_attached and self.text_selection is not None:
            self.screen.clear_selection()

    # Geometry

    def _lay_out(self) -> None:
        """Forget all lines, estimate all heights, and go back to the same place."""
        width = self.scrollable_content_region.width
        for entry in self._drawn.values():
            entry.forget()
        self._drawn.clear()
        self._painted.clear()
        if width <= 0 or not self.is_mounted:
            self._frame = None
            return
        if self._palette is None:
            self._palette = Palette.from_theme(self.app.current_theme)
        self._frame = Frame.fit(width, self.reading_width, self._palette.base)
        self._look = Look(Blocks(self._palette, self._frame.text, wrap_code=self._wrap_code))
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
        self._colour_soon()
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
        self._unseen.clear()
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
        self._hints.clear()
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

    def action_code_left(self) -> None:
        """Scroll code to the left."""
        self._shift_code(-CODE_COLUMNS)

    def action_code_right(self) -> None:
        """Scroll code to the right."""
        self._shift_code(CODE_COLUMNS)

    def action_code_wrap(self) -> None:
        """Break long lines of code, or not."""
        self.toggle_code_wrap()

    def _shift_code(self, columns: int) -> None:
        frame = self._frame
        if frame is None:
            return
        widths = [line.code_width[0] for line in self._painted if line.code_width is not None]
        most = max(0, max(widths, default=0) + GUTTER - frame.text)
        shift = min(max(0, self._code_shift + columns), most)
        if shift != self._code_shift:
            self._code_shift = shift
            self._forget_strips()
            self.refresh()

    def _forget_strips(self) -> None:
        for line in self._painted:
            line.strip = None
        self._painted.clear()

    def jump_to(self, message_id: str) -> None:
        """Put this message at the top."""
        if (index := self._index.get(message_id)) is not None:
            self._go_to(index, 1 if index else 0)

    def _on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        event.stop()
        event.prevent_default()
        if event.shift:
            self.action_code_left()
        else:
            self._scroll_by(-WHEEL_LINES)

    def _on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        event.stop()
        event.prevent_default()
        if event.shift:
            self.action_code_right()
        else:
            self._scroll_by(WHEEL_LINES)

    def _on_mouse_scroll_left(self, event: events.MouseScrollLeft) -> None:
        event.stop()
        event.prevent_default()
        self.action_code_left()

    def _on_mouse_scroll_right(self, event: events.MouseScrollRight) -> None:
        event.stop()
        event.prevent_default()
        self.action_code_right()

    # Growing replies

    def on_mount(self) -> None:
        """Begin to pulse; it costs nothing while nothing is live."""
        self.set_interval(PULSE_S, self._pulse)

    def on_unmount(self) -> None:
        """Draw no more."""
        for handle in (self._flush_handle, self._colour_handle):
            if handle is not None:
                handle.cancel()

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
        if not self._following and before != entry.height:
            self._note_unseen(index, entry.height)
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

    def _note_unseen(self, index: int, height: int) -> None:
        bottom = round(self.scroll_y) + self.size.height
        if index not in self._unseen and self._heights.before(index) + height > bottom:
            self._unseen.add(index)
            self._refresh_from(bottom - 1, 1)

    def _colour_soon(self) -> None:
        """Colour long code in slices, between other things."""
        if self._colour_handle is None and self._look is not None and self._look.blocks.colourings:
            self._colour_handle = asyncio.get_running_loop().call_later(FRAME_S, self._colour)

    def _colour(self) -> None:
        self._colour_handle = None
        if self._look is None or not self.is_attached:
            return
        until = perf_counter() + COLOUR_SLICE_S
        waiting = self._look.blocks.colourings
        while waiting and perf_counter() < until:
            if waiting[0].go_on(lambda: perf_counter() >= until):
                waiting.popleft()
        self.refresh()
        self._colour_soon()

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
        if crop.bottom >= self.size.height and self._unseen and strips:
            strips[-1] = self._with_badge(strips[-1])
        if crop.x or (strips and crop.right < strips[0].cell_length):
            strips = [strip.crop(crop.x, crop.right) for strip in strips]
        for line_filter in self.get_line_filters():
            if not isinstance(line_filter, ANSIToTruecolor):  # no ANSI colour is in them
                background = self.background_colors[1]
                strips = [strip.apply_filter(line_filter, background) for strip in strips]
        return strips

    def render_line(self, y: int) -> Strip:
        """One line, with what Textual's text selection asks for: what each character is."""
        strip = self._strips(y, 1)[0]
        entry, line = self._heights.find(max(0, y + round(self.scroll_y)))
        return strip.apply_offsets(0, row_number(entry, max(0, line)))

    def _strips(self, y: int, count: int) -> list[Strip]:
        frame = self._frame
        width = self.size.width
        if frame is None:
            return [Strip.blank(width)] * count
        if not self._entries:
            return self._welcome_strips(frame)[y : y + count]
        first = y + round(self.scroll_y)
        strips: list[Strip] = []
        is_plain = self.text_selection is None and not self._needle and not self._hints
        if first < self._heights.total:
            index, row = self._heights.find(first)
            while len(strips) < count and index < len(self._entries):
                entry = self._entry(index)
                while len(strips) < count and (line := entry.line(row)) is not None:
                    strip = line.strip or self._paint(line, frame)
                    strips.append(strip if is_plain else self._overlaid(strip, line, index, row))
                    row += 1
                index, row = index + 1, 0
        strips += [frame.blank] * (count - len(strips))
        return strips

    def _paint(self, line: Line, frame: Frame) -> Strip:
        strip = line.strip = frame.paint(line, self._code_shift)
        self._painted.append(line)
        if len(self._painted) > PAINTED_LINES:
            self._painted.popleft().strip = None
        return strip

    def _overlaid(self, strip: Strip, line: Line, entry: int, row: int) -> Strip:
        """The strip of a line with its part of the selection, its marks and its letter."""
        assert self._frame is not None
        assert self._palette is not None
        margin = self._frame.left + GUTTER
        content = margin + line.indent
        shift = self._code_shift if line.code_width is not None else 0
        if self._needle:
            spans = [
                (margin + start - shift, margin + end - shift)
                for start, end in found_in(line, self._needle)
            ]
            is_here = self._found == (entry, row)
            style = self._palette.found if is_here else self._palette.marked
            strip = tinted(strip, spans, style)
        if (selection := self.text_selection) is not None:
            span = selection.get_span(row_number(entry, row))
            if span is not None:
                end = content + line.size
                last = end if span[1] < 0 else min(span[1], end)
                strip = tinted(strip, [(max(span[0], content), last)], self._palette.selected)
        if letter := self._hints.get((entry, row)):
            strip = over_start(strip, letter, self._palette.found, self._frame.left)
        return strip

    def _with_badge(self, strip: Strip) -> Strip:
        assert self._frame is not None
        assert self._palette is not None
        text = f" ↓ {len(self._unseen)} new "
        margin = max(0, self._frame.width - self._frame.left - GUTTER - self._frame.text - 1)
        end = strip.cell_length - margin
        self._badge_columns = range(end - len(text), end)
        return over_end(strip, text, self._palette.badge, margin)

    def _welcome_strips(self, frame: Frame) -> list[Strip]:
        """The welcome in the middle of an empty pane."""
        assert self._look is not None
        height = self.size.height
        lines = self._look.welcome(self.welcome) if self.welcome else []
        above = max(0, (height - len(lines)) // 2 - 1)
        strips = [frame.blank] * above + [frame.paint(line) for line in lines]
        return (strips + [frame.blank] * height)[:height]

    # Selecting, links

    def get_selection(self, selection: Selection) -> tuple[str, str] | None:
        """The source of what is selected."""
        if self._frame is None or not self._entries:
            return None
        first, last = ends(selection, self._frame.left + GUTTER)
        parts: list[str] = []
        for index in range(first.entry, min(last.entry, len(self._entries) - 1) + 1):
            entry = self._entries[index]
            if first.entry < index < last.entry:
                text = entry.message.content
            else:
                low = self._unclipped(first) if index == first.entry else (0, 0)
                high = self._unclipped(last) if index == last.entry else (1 << 30, 0)
                text = self._entry(index).source_between(low, high)
            if text:
                parts.append(text)
        return "\n\n".join(parts), "\n"

    def _unclipped(self, spot: Spot) -> tuple[int, int]:
        """Line and character of a spot; code may be scrolled, and its right end be out of sight."""
        assert self._frame is not None
        line = self._entry(spot.entry).line(spot.line)
        column = spot.column
        if line is None or line.code_width is None:
            return spot.line, column
        if line.cells - self._code_shift > self._frame.text:
            shown = line.text[line.indent + self._code_shift :]
            visible = line.indent + len(set_cell_size(shown, self._frame.text - line.indent - 1))
            if column >= visible:
                return spot.line, 1 << 30
        return spot.line, column + (self._code_shift if column > line.indent else 0)

    def selected_source(self) -> str:
        """The source of what is selected; empty: nothing is."""
        selection = self.text_selection if self.is_attached else None
        found = self.get_selection(selection) if selection is not None else None
        return found[0] if found else ""

    async def _on_click(self, event: events.Click) -> None:
        """Follow a link, go to the end by the badge, select a word (twice) or a block (thrice)."""
        event.prevent_default()
        style = event.style
        if event.chain == 1:
            if style.link:
                self.post_message(self.LinkActivated(style.link))
            elif self._unseen and self._is_on_badge(event):
                self._to_end()
            return
        if self._frame is None or not self._entries:
            return
        index, row = self._heights.find(round(self.scroll_y) + event.y)
        column = event.x - self._frame.left - GUTTER
        chosen = self._entry(index).around(row, column, whole=event.chain > 2)
        if chosen is not None:
            margin = self._frame.left + GUTTER
            (top, start), (bottom, end) = chosen
            self.screen.selections = {
                self: Selection(
                    Offset(margin + start, row_number(index, top)),
                    Offset(margin + end, row_number(index, bottom)),
                )
            }

    def _is_on_badge(self, event: events.Click) -> bool:
        return event.y == self.size.height - 1 and event.x in self._badge_columns

    # Hints

    def show_hints(self) -> dict[str, str]:
        """Put a letter on every block in sight; gives what each of them copies."""
        self._hints.clear()
        sources: dict[str, str] = {}
        if self._frame is None or not self._entries:
            return sources
        top = round(self.scroll_y)
        letters = iter(HINT_LETTERS)
        index, row = self._heights.find(top)
        row_in_view = -row
        while row_in_view < self.size.height and index < len(self._entries):
            entry = self._entry(index)
            for start, end, source in entry.blocks():
                visible = max(start, -row_in_view)
                if visible < end and row_in_view + visible < self.size.height:
                    letter = next(letters, "")
                    if letter:
                        self._hints[index, visible] = letter
                        sources[letter] = source
            row_in_view += entry.height
            index += 1
        self.refresh()
        return sources

    def hide_hints(self) -> None:
        """Take the letters away."""
        if self._hints:
            self._hints.clear()
            self.refresh()

    # Finding

    def find(self, words: str) -> int:
        """Mark these words and go to the first match from here on; gives the number of matches."""
        self._needle = harmless(words).casefold()
        self._found = None
        self.refresh()
        if not self._needle:
            return 0
        count = sum(entry.message.content.casefold().count(self._needle) for entry in self._entries)
        if count:
            self.find_next()
        return count

    def find_next(self, direction: Literal[1, -1] = 1) -> bool:
        """Go to the next match, or the one before; whether there is one."""
        if not self._needle or not self._entries:
            return False
        index, row = self._found or (self._top[0], self._top[1] - direction)
        for step in range(len(self._entries) + 1):
            entry_index = (index + direction * step) % len(self._entries)
            if self._needle not in self._entries[entry_index].message.content.casefold():
                continue
            rows = self._rows_with_needle(entry_index)
            if not step:
                rows = [found for found in rows if (found - row) * direction > 0]
            if rows:
                self._go_to_match(entry_index, rows[0 if direction > 0 else -1])
                return True
        return False

    def _rows_with_needle(self, index: int) -> list[int]:
        entry = self._entry(index)
        lines = ((row, entry.line(row)) for row in range(entry.height))
        rows = [row for row, line in lines if line is not None and found_in(line, self._needle)]
        return rows or [0]  # it is broken by a line's end or stands in an address

    def _go_to_match(self, index: int, row: int) -> None:
        self._found = (index, row)
        at = self._heights.before(index) + row - round(self.scroll_y)
        if not 0 <= at < self.size.height - 1:
            self._go_to(index, row - self.size.height // 3)
        self.refresh()
