"""The transcript: one scrolling widget that draws its messages line by line.

Only what is near the viewport is drawn; the rest has an estimated height. The position is kept as a
message and a line in it, so an estimate that turns out wrong never moves what is read.
"""

from __future__ import annotations

import asyncio
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
from textual.scrollbar import ScrollDown, ScrollTo, ScrollUp
from textual.selection import SELECT_ALL, Selection
from textual.strip import Strip
from textual.timer import Timer
from textual.widget import Widget

from copilot_tui.tui.palette import Palette
from copilot_tui.tui.transcript.blocks import Blocks
from copilot_tui.tui.transcript.entries import Entry, Look
from copilot_tui.tui.transcript.finder import Finder, hints
from copilot_tui.tui.transcript.line_cursor import FAR, LineCursor, copied_line, moved
from copilot_tui.tui.transcript.lines import Frame
from copilot_tui.tui.transcript.links import Link, links, step
from copilot_tui.tui.transcript.painter import Painter
from copilot_tui.tui.transcript.selection import Spot, ends, row_number
from copilot_tui.tui.transcript.stack import Stack

if TYPE_CHECKING:
    from copilot_tui.conversation import Message, Role

FRAME_S: Final = 1 / 30
"""Replies are drawn at most this often."""

COST_SHARE: Final = 3
"""And never more often than this many times what drawing them costs."""

WHEEL_LINES: Final = 3

PULSE_S: Final = 0.125
COLOUR_SLICE_S: Final = 0.006
CODE_COLUMNS: Final = 8


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
        Binding("shift+up", "extend(-1)", "Select upwards", show=False),
        Binding("shift+down", "extend(1)", "Select downwards", show=False),
        Binding("pageup", "page_up", "Page up", show=False),
        Binding("pagedown,space", "page_down", "Page down", show=False),
        Binding("home,ctrl+home", "scroll_home", "Beginning", show=False),
        Binding("end,ctrl+end", "scroll_end", "End", show=False),
        Binding("left,h", "code_left", "Code to the left", show=False),
        Binding("right,l", "code_right", "Code to the right", show=False),
        Binding("w", "code_wrap", "Wrap code", show=False),
        Binding("enter", "follow_link", "Follow the link", show=False),
    ]

    @dataclass
    class LinkActivated(Event):
        """A link was clicked, or Enter pressed on it."""

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
        self._stack = Stack(clock)
        self._finder = Finder(self._stack)
        self._painter = Painter(self._stack, self._finder)
        self._versions: dict[str, tuple[int, int]] = {}
        self._top = (0, 0)
        """Message and line at the top of the viewport."""
        self._following = True
        self._is_placing = False
        self._growing: set[int] = set()
        self._flush_handle: asyncio.TimerHandle | None = None
        self._flushed_at = 0.0
        self._flush_cost = 0.0
        self._colour_handle: asyncio.TimerHandle | None = None
        self._reasoning_open = False
        self._thought_s: dict[str, float] = {}
        self._pulse_timer: Timer | None = None
        self._wrap_code = False
        self._unseen: set[int] = set()
        """Messages that have grown below the viewport since the end was left."""
        self._badge_columns: range = range(0)
        self._cursor: LineCursor | None = None

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
        self._stack.fill(messages, live)
        self._versions = dict(versions)
        self._forget_marks()
        self._following = place is None
        index = self._stack.index.get(place.message_id, 0) if place else 0
        self._top = (index, place.line if place else 0)
        self._pulse_while_live()
        self._lay_out()

    def add(self, message: Message, *, live: bool = False) -> None:
        """Put one more message at the end."""
        index = self._stack.append(message, live=live)
        self._pulse_while_live()
        if self._painter.frame is None:
            return
        if not self._following:
            self._unseen.add(index)
        self._restore()

    def drop(self, message_ids: Iterable[str]) -> None:
        """Take messages out; what is read stays where it is if it is not among them."""
        gone = set(message_ids)
        place, stack = self.place, self._stack
        kept = [message for message in stack.messages if message.id not in gone]
        if len(kept) == len(stack):
            return
        stack.fill(kept, [stack.messages[index].id for index in stack.live])
        self._forget_marks()
        if place is not None:
            self._top = (stack.index.get(place.message_id, len(kept) - 1), place.line)
        self._lay_out()

    def grow(self, message_id: str) -> None:
        """The reply has more text than before; it is drawn with the next frame."""
        index = self._stack.index.get(message_id)
        if index not in self._stack.live:
            return
        self._growing.add(index)
        if self._flush_handle is None and self._painter.frame is not None:
            wait = max(FRAME_S, COST_SHARE * self._flush_cost) - (monotonic() - self._flushed_at)
            loop = asyncio.get_running_loop()
            self._flush_handle = loop.call_later(max(0.0, wait), self._flush)

    def finish(self, message_id: str) -> None:
        """The reply has ended: how, its message says."""
        index = self._stack.index.get(message_id)
        if index is None:
            return
        self._stack.live.pop(index, None)
        self._pulse_while_live()
        self._growing.discard(index)
        entry = self._stack.drawn.get(index)
        if entry is not None and self._stack.look is not None:
            entry.end(self._stack.look, self._clock())
            self._height_changed(index, 0)
            self._colour_soon()

    @property
    def is_drawing_due(self) -> bool:
        """Something has come that the next frame will show."""
        return self._flush_handle is not None

    @property
    def place(self) -> Place | None:
        """What stands at the top; None while the end is followed."""
        if self._following or not self._stack.messages:
            return None
        index, line = self._top
        return Place(self._stack.messages[index].id, line)

    def use_palette(self, palette: Palette) -> None:
        """Draw with other colours."""
        self._palette = palette
        self._lay_out()

    def toggle_reasoning(self) -> None:
        """Show or fold what the models thought."""
        self._deselect()
        self._reasoning_open = not self._reasoning_open
        self._lay_out()

    def toggle_code_wrap(self) -> None:
        """Break long lines of code, or let them be scrolled sideways."""
        self._deselect()
        self._wrap_code = not self._wrap_code
        self._painter.shift = 0
        self._lay_out()

    def _forget_marks(self) -> None:
        self._growing.clear()
        self._unseen.clear()
        self._painter.hints.clear()
        self._painter.link = None
        self._painter.shift = 0
        self._finder.found = None
        self._deselect()

    def _deselect(self) -> None:
        if self.is_attached and self.text_selection is not None:
            self.screen.clear_selection()

    # Geometry

    def _lay_out(self) -> None:
        """Forget all lines and go back to the same place."""
        width = self.scrollable_content_region.width
        self._painter.forget()
        self._painter.link = None
        if width <= 0 or not self.is_mounted:
            self._painter.frame = None
            return
        anchor = None
        index, line = self._top
        if not self._following and (entry := self._stack.drawn.get(index)) is not None:
            anchor = entry.anchor(line)
        palette = self._palette = self._palette or Palette.from_theme(self.app.current_theme)
        frame = Frame.fit(width, self.reading_width, palette.base)
        self._painter.frame, self._painter.palette = frame, palette
        look = Look(Blocks(palette, frame.text, wrap_code=self._wrap_code))
        look.failed_help = self.failed_help
        look.reasoning_open = self._reasoning_open
        look.versions = self._versions
        look.thought_s = self._thought_s
        self._stack.use(look)
        if anchor is not None:
            self._top = (index, self._stack.entry(index).row_of(anchor))
        self._restore()
        self.refresh()

    def _restore(self) -> None:
        """Put the viewport where it belongs."""
        if self._following:
            self._to_end()
        else:
            self._go_to(*self._top)

    def _to_end(self) -> None:
        rows = self.scrollable_content_region.height
        self._stack.draw_up(rows)
        self._following = True
        self._unseen.clear()
        self._place_at(max(0, self._stack.heights.total - rows))

    def _go_to(self, index: int, line: int) -> None:
        """Put this line at the top, as far as there is enough below it."""
        stack = self._stack
        if not stack.messages or self._painter.frame is None:
            self._place_at(0)
            return
        index, line = stack.settle(index, line)
        rows = self.scrollable_content_region.height
        if not stack.draw_down(index, line, rows):
            self._to_end()
            return
        self._following = False
        self._top = (index, line)
        self._place_at(stack.heights.before(index) + line)

    def _place_at(self, y: int) -> None:
        """Scroll to a line of the whole, with the scrollbar telling the truth."""
        size = Size(self.size.width, max(self._stack.heights.total, 1))
        if size != self.virtual_size:
            # Not by assignment, which would lay out the whole screen: only the bar depends on it.
            self.set_reactive(Widget.virtual_size, size)
            self.vertical_scrollbar.window_virtual_size = size.height
        if self._following:
            self._top = self._stack.heights.find(y)
        self._is_placing = True
        if round(self.scroll_y) == y:
            self.refresh()
        self.set_reactive(Widget.scroll_target_y, float(y))
        self.scroll_y = float(y)
        self._is_placing = False
        self._colour_soon()

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        """The scrollbar was dragged, or we have placed the viewport."""
        super().watch_scroll_y(old_value, new_value)
        if not self._is_placing and round(old_value) != round(new_value) and len(self._stack):
            self._go_to(*self._stack.heights.find(round(new_value)))

    def _scroll_by(self, lines: int) -> None:
        if len(self._stack):
            index, line = self._top
            self._go_to(index, line + lines)

    def on_resize(self) -> None:
        """Another width: all lines break anew. Another height: the same place."""
        self._painter.hints.clear()
        frame = self._painter.frame
        if frame is None or frame.width != self.scrollable_content_region.width:
            self._deselect()  # its lines are no longer those lines
            self._lay_out()
        else:
            self._restore()

    def action_scroll_up(self) -> None:
        """One line up."""
        self._move_by(-1)

    def action_scroll_down(self) -> None:
        """One line down."""
        self._move_by(1)

    def action_page_up(self) -> None:
        """One page up."""
        self._move_by(-max(1, self.scrollable_content_region.height - 1))

    def action_page_down(self) -> None:
        """One page down."""
        self._move_by(max(1, self.scrollable_content_region.height - 1))

    def action_scroll_home(self) -> None:
        """To the beginning."""
        self._go_to(0, 0)
        if self.cursor is not None:
            self._move_cursor_to(copied_line(self._stack, 0, 0, 1))

    def action_scroll_end(self) -> None:
        """To the end, and follow it from now on."""
        self._to_end()
        if self.cursor is not None:
            self._move_cursor_to(copied_line(self._stack, len(self._stack) - 1, FAR, -1))

    def _move_by(self, lines: int) -> None:
        """Move the line that is selected, if there is one, else the viewport."""
        if (cursor := self.cursor) is not None:
            self._move_cursor_to(moved(self._stack, cursor.line, lines))
        else:
            self._scroll_by(lines)

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
        if self._painter.shift_by(columns):
            self.refresh()

    def jump_to(self, message_id: str) -> None:
        """Put this message at the top."""
        if (index := self._stack.index.get(message_id)) is not None:
            self._go_to(*self._stack.start(index))

    def jump(self, direction: Literal[1, -1], role: Role | None = None) -> None:
        """To the start of the next message, or the one before; of this role, or of any.

        Beyond the last: to the end.
        """
        if self._painter.frame is None or not self._stack.messages:
            return
        cursor = self.cursor
        index = self._stack.beyond(cursor.line if cursor else self._top, direction, role)
        if index is not None and cursor is not None:
            self._move_cursor_to(copied_line(self._stack, index, 0, 1))
        elif index is not None:
            self._go_to(*self._stack.start(index))
        elif direction > 0:
            self.action_scroll_end()

    def _on_scroll_to(self, message: ScrollTo) -> None:
        """The scrollbar was dragged."""
        message.stop()
        message.prevent_default()
        if message.y is not None and len(self._stack):
            self._go_to(*self._stack.heights.find(round(message.y)))

    def _on_scroll_up(self, event: ScrollUp) -> None:
        """The scrollbar was clicked above its thumb."""
        event.stop()
        event.prevent_default()
        self.action_page_up()

    def _on_scroll_down(self, event: ScrollDown) -> None:
        """The scrollbar was clicked below its thumb."""
        event.stop()
        event.prevent_default()
        self.action_page_down()

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
        """Be ready to pulse while something is live."""
        self._pulse_timer = self.set_interval(PULSE_S, self._pulse, pause=True)
        self._pulse_while_live()

    def _pulse_while_live(self) -> None:
        if self._pulse_timer is None:
            return
        if self._stack.live:
            self._pulse_timer.resume()
        else:
            self._pulse_timer.pause()

    def on_unmount(self) -> None:
        """Draw no more."""
        for handle in (self._flush_handle, self._colour_handle):
            if handle is not None:
                handle.cancel()

    def _pulse(self) -> None:
        """Turn the marks of the replies that are live and in sight."""
        look = self._stack.look
        if look is None:
            return
        for index in self._stack.live:
            entry = self._stack.drawn.get(index)
            if entry is None:
                continue
            before = len(entry.head)
            entry.draw_head(look, self._clock())
            if len(entry.head) != before:
                self._height_changed(index, 0)
            else:
                self._refresh_from(self._stack.heights.before(index) + 1, 1)

    def _flush(self) -> None:
        self._flush_handle = None
        look = self._stack.look
        if not self.is_attached or look is None:
            return
        began = perf_counter()
        for index in sorted(self._growing):
            entry = self._stack.drawn.get(index)
            if entry is None:  # out of sight; it is drawn when it is seen
                self._note_unseen(index, self._stack.heights[index])
                continue
            if not entry.taken or len(entry.message.reasoning) != entry.thinking:
                self._take_first(entry, look)
                self._height_changed(index, 0)
            elif (first := entry.take()) is not None:
                self._height_changed(index, len(entry.head) + first)
        self._growing.clear()
        self._colour_soon()
        self._flushed_at = monotonic()
        self._flush_cost = perf_counter() - began

    def _take_first(self, entry: Entry, look: Look) -> None:
        """The first words of a reply, or thoughts before them."""
        had_words = entry.taken > 0
        entry.take()
        now = self._clock()
        if entry.taken and not had_words and entry.thinking and entry.live_since is not None:
            self._thought_s[entry.message.id] = now - entry.live_since
        entry.draw_head(look, now)

    def _height_changed(self, index: int, first: int) -> None:
        """An entry was drawn anew from this line on."""
        if self._painter.link is not None and self._painter.link not in self._links():
            self._painter.link = None
        entry = self._stack.drawn[index]
        before = self._stack.heights[index]
        if not self._following and before != entry.height:
            self._note_unseen(index, entry.height)
        self._stack.heights[index] = entry.height
        if before != entry.height:
            if self._following:
                self._to_end()
                return
            size = Size(self.size.width, self._stack.heights.total)
            self.set_reactive(Widget.virtual_size, size)
            self.vertical_scrollbar.window_virtual_size = size.height
            if index < self._top[0]:
                self._go_to(*self._top)
                return
        start = self._stack.heights.before(index) + first
        self._refresh_from(
            start, max(before, entry.height) - first if before == entry.height else 1 << 20
        )

    def _note_unseen(self, index: int, height: int) -> None:
        bottom = round(self.scroll_y) + self.size.height
        if index not in self._unseen and self._stack.heights.before(index) + height > bottom:
            self._unseen.add(index)
            self._refresh_from(bottom - 1, 1)

    def _colour_soon(self) -> None:
        """Colour long code in slices, between other things."""
        look = self._stack.look
        if self._colour_handle is None and look is not None and look.blocks.colourings:
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
            text = f" ↓ {len(self._unseen)} new "
            strips[-1], self._badge_columns = self._painter.with_badge(strips[-1], text)
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
        return strip.apply_offsets(*self._character_at(Offset(0, y)))

    def _strips(self, y: int, count: int) -> list[Strip]:
        if self._painter.frame is None:
            return [Strip.blank(self.size.width, self.rich_style)] * count
        if not self._stack.messages:
            return self._painter.welcome(self.welcome, self.size.height)[y : y + count]
        return self._painter.strips(y + round(self.scroll_y), count, self.text_selection)

    # Selecting, links

    def selection_updated(self, selection: Selection | None) -> None:
        """Textual selects all that is beyond, also out of sight, once a drag leaves the text."""
        now = self.text_selection  # a watcher may be told of what is no longer so
        if now is not None and None in now:
            self.screen.selections = {**self.screen.selections, self: self._in_sight(now)}
        super().selection_updated(selection)

    def _in_sight(self, selection: Selection) -> Selection:
        """The selection with its open end where the mouse is beside the text, or at the edge."""
        right, bottom = self.scrollable_content_region.width, self.size.height - 1
        mouse = self.app.mouse_position - self.region.offset
        beside = Offset(min(max(mouse.x, 0), right), min(max(mouse.y, 0), bottom))
        first, last = Offset(0, 0), Offset(right, bottom)
        if selection != SELECT_ALL and (mouse != beside or mouse.x == right):
            first = last = beside
        return Selection(
            selection.start or self._character_at(first), selection.end or self._character_at(last)
        )

    def _character_at(self, offset: Offset) -> Offset:
        """A place in the pane as Textual's selections have it."""
        entry, line = self._stack.heights.find(max(0, offset.y + round(self.scroll_y)))
        return Offset(offset.x, row_number(entry, max(0, line)))

    def get_selection(self, selection: Selection) -> tuple[str, str] | None:
        """The source of what is selected."""
        if self._painter.frame is None or not self._stack.messages:
            return None
        first, last = ends(selection, self._painter.margin)
        parts: list[str] = []
        for index in range(first.entry, min(last.entry, len(self._stack) - 1) + 1):
            if first.entry < index < last.entry:
                text = self._stack.messages[index].content
            else:
                low = self._unclipped(first) if index == first.entry else (0, 0)
                high = self._unclipped(last) if index == last.entry else (1 << 30, 0)
                text = self._stack.entry(index).source_between(low, high)
            if text:
                parts.append(text)
        return "\n\n".join(parts), "\n"

    def _unclipped(self, spot: Spot) -> tuple[int, int]:
        """Line and character of a spot; code may be scrolled, and its right end out of sight."""
        frame, shift = self._painter.frame, self._painter.shift
        line = self._stack.entry(spot.entry).line(spot.line)
        column = spot.column
        if frame is None or line is None or line.code_width is None:
            return spot.line, column
        if line.cells - shift > frame.text:
            shown = line.text[line.indent + shift :]
            visible = line.indent + len(set_cell_size(shown, frame.text - line.indent - 1))
            if column >= visible:
                return spot.line, 1 << 30
        return spot.line, column + (shift if column > line.indent else 0)

    @property
    def cursor(self) -> LineCursor | None:
        """The line that the keyboard selects; None: it selects none."""
        if self._cursor is not None and self.text_selection == self._cursor.selection:
            return self._cursor
        return None  # the mouse has selected something else since, or nothing

    def select(self) -> LineCursor | None:
        """Select a line; once more: extend the selection from it; once more: end it."""
        cursor = self.cursor
        if cursor is None:
            self._begin_selecting()
        elif cursor.held is None:
            self._cursor = cursor.hold()
        else:
            self._deselect()
        return self.cursor

    def action_extend(self, lines: int) -> None:
        """Select also the line above or below."""
        if self.cursor is None:
            self._begin_selecting()
        if (cursor := self.cursor) is not None:
            self._cursor = cursor.hold()
            self._move_by(lines)

    def _begin_selecting(self) -> None:
        """At the match that was found, else at the first line in sight, or the last at the end."""
        if self._painter.frame is None or not self._stack.messages:
            return
        stack, top = self._stack, round(self.scroll_y)
        bottom = min(top + self.size.height, stack.heights.total) - 1
        line = self._finder.found
        if line is None or not top <= stack.heights.before(line[0]) + line[1] <= bottom:
            line = stack.heights.find(bottom if self._following else top)
        towards: Literal[1, -1] = -1 if self._following else 1
        found = copied_line(stack, *line, towards) or copied_line(stack, *line, -towards)
        if found is not None:
            self._use_cursor(LineCursor(found))

    def _move_cursor_to(self, line: tuple[int, int] | None) -> None:
        if (cursor := self.cursor) is not None and line is not None:
            self._use_cursor(cursor._replace(line=line))

    def _use_cursor(self, cursor: LineCursor) -> None:
        """Select this, with the line in sight."""
        self._cursor = cursor
        self.screen.selections = {self: cursor.selection}
        index, row = cursor.line
        self._stack.entry(index)
        at = self._stack.heights.before(index) + row - round(self.scroll_y)
        if at < 0:
            self._go_to(index, row)
        elif at >= self.size.height:
            self._go_to(index, row - self.size.height + 1)

    def mark_link(self, direction: Literal[1, -1]) -> bool:
        """Mark the next link in sight, or the one before; whether there is any."""
        self._painter.link = step(self._links(), self._painter.link, direction)
        self.refresh()
        return self._painter.link is not None

    def unmark_link(self) -> bool:
        """Take the mark away; whether there was one."""
        was_marked = self._painter.link is not None
        if was_marked:
            self._painter.link = None
            self.refresh()
        return was_marked

    def action_follow_link(self) -> None:
        """Enter: the link that is marked, if it still stands there."""
        link = self._painter.link
        if link is not None and link in self._links():
            self.post_message(self.LinkActivated(link.url))

    def _links(self) -> list[Link]:
        """The links in sight."""
        if self._painter.frame is None or not self._stack.messages:
            return []
        top = self._stack.heights.find(round(self.scroll_y))
        return links(self._stack, *top, self.size.height)

    def _on_blur(self, event: events.Blur) -> None:
        """Enter is another's now."""
        self.unmark_link()

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
            if self.text_selection is not None:
                return  # it was the end of a drag
            if style.link:
                self.post_message(self.LinkActivated(style.link))
            elif self._unseen and self._is_on_badge(event):
                self._to_end()
            return
        if self._painter.frame is None or not self._stack.messages:
            return
        index, row = self._stack.heights.find(round(self.scroll_y) + event.y)
        margin = self._painter.margin
        chosen = self._stack.entry(index).around(row, event.x - margin, whole=event.chain > 2)
        if chosen is not None:
            (top, start), (bottom, end) = chosen
            self.screen.selections = {
                self: Selection(
                    Offset(margin + start, row_number(index, top)),
                    Offset(margin + end, row_number(index, bottom)),
                )
            }

    def _is_on_badge(self, event: events.Click) -> bool:
        return event.y == self.size.height - 1 and event.x in self._badge_columns

    # Hints and finding

    def show_hints(self) -> dict[str, str]:
        """Put a letter on every block in sight; gives what each of them copies."""
        shown = self._painter.hints
        shown.clear()
        sources: dict[str, str] = {}
        if self._painter.frame is not None and self._stack.messages:
            top = self._stack.heights.find(round(self.scroll_y))
            for index, row, letter, source in hints(self._stack, *top, self.size.height):
                shown[index, row] = letter
                sources[letter] = source
        self.refresh()
        return sources

    def hide_hints(self) -> None:
        """Take the letters away."""
        self._painter.hints.clear()
        self.refresh()

    def find(self, words: str) -> int:
        """Mark these words and go to the first match from here on; gives the number of matches.

        Without words the marks go.
        """
        count = self._finder.look_for(words)
        self.refresh()
        if count:
            self.find_next()
        return count

    def find_next(self, direction: Literal[1, -1] = 1) -> bool:
        """Go to the next match, or the one before; whether there is one."""
        found = self._finder.go_on(self._top, direction)
        if found is None:
            return False
        index, row = found
        at = self._stack.heights.before(index) + row - round(self.scroll_y)
        if not 0 <= at < self.size.height - 1:
            self._go_to(index, row - self.size.height // 3)
        self.refresh()
        return True
