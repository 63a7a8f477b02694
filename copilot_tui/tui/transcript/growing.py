"""Replies that grow, drawn at the terminal's pace and never at the server's."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from time import monotonic, perf_counter
from typing import TYPE_CHECKING, Final

from copilot_tui.tui.transcript.canvas import FRAME_S
from copilot_tui.tui.transcript.scrolling import Goal, Place
from copilot_tui.tui.transcript.selecting import Selecting

if TYPE_CHECKING:
    from textual.timer import Timer

    from copilot_tui.tui.transcript.entries import Anchor, Entry
    from copilot_tui.tui.transcript.look import Look

COST_SHARE: Final = 3
"""Replies are never drawn more often than this many times what drawing them costs."""

TAKE_S: Final = 0.008
"""A frame reads more than that only as long as it has not taken so much time."""

SEEK_S: Final = 0.02
"""A place that is found in this time is shown at once."""

PULSE_S: Final = 0.125
"""How often the marks of what streams turn, here and in the list; one frame shows both."""


class Growing(Selecting):
    """Gathers what comes, and draws it with the next frame."""

    def __init__(
        self,
        *,
        clock: Callable[[], float] = monotonic,
        id: str | None = None,
        classes: str | None = None,
    ) -> None:
        super().__init__(clock=clock, id=id, classes=classes)
        self._clock = clock
        self._growing: set[int] = set()
        self._ending: set[int] = set()
        """Replies that have ended and are not drawn to their end."""
        self._stored: set[int] = set()
        """Of those that are not, the ones that came before they were shown."""
        self._flush_handle: asyncio.TimerHandle | None = None
        self._flushed_at = 0.0
        self._flush_cost = 0.0
        self._pulse_timer: Timer | None = None
        self._stack.on_behind = self._read_on

    def _read_on(self, index: int) -> None:
        """Of a long reply that is shown only now, the beginning was read."""
        if index not in self._stack.live:
            self._stored.add(index)
        self._growing.add(index)
        self._flush_in(0.0)

    def _scroll_by(self, lines: int) -> None:
        """Who leaves a place that is still being drawn leaves its true place, once it is drawn."""
        if self._goal is not None or (self._following and self._stored):
            self._asked_lines += lines
        else:
            super()._scroll_by(lines)

    def _seek(
        self,
        index: int,
        reaches: Callable[[Entry], bool],
        row: Callable[[Entry], int],
        place: Place | None,
        anchor: Anchor | None = None,
    ) -> None:
        """Have a line of a message at the top, as soon as the message is drawn so far."""

        rows = self.scrollable_content_region.height

        def find() -> tuple[tuple[int, int], bool]:
            entry = self._stack.seen_entry(index)
            line = row(entry) if reaches(entry) else None
            if line is None or (entry.is_behind and line + rows > entry.height):
                return (index, 0), False
            return (index, line), True

        until = perf_counter() + SEEK_S
        entry = self._stack.seen_entry(index)
        self._top, is_there = find()
        while not is_there and perf_counter() < until:
            entry.take(entry.TAKE_MOST)
            self._top, is_there = find()
        self._stack.heights[index] = entry.height
        self._goal = None if is_there else Goal(find, place, anchor)

    def _approach(self) -> None:
        """More is drawn: go where the viewport is to stand, and from there where keys asked for."""
        asked = self._asked_lines
        if self._goal is not None:
            self._top, is_there = self._goal.find()
            if not is_there:
                self._restore()
                return
            self._go_to(*self._top)
        elif self._stored:
            return
        self._asked_lines = 0
        if asked:
            self._scroll_by(asked)

    def grow(self, message_id: str, *, at_once: bool = False) -> None:
        """The reply has more text than before; it is drawn with the next frame.

        `at_once`: it is the last; nothing is won by waiting for more.
        """
        index = self._stack.index.get(message_id)
        if index not in self._stack.live:
            return
        self._growing.add(index)
        wait = max(FRAME_S, COST_SHARE * self._flush_cost) - (monotonic() - self._flushed_at)
        self._flush_in(0.0 if at_once else wait)

    def finish(self, message_id: str) -> None:
        """The reply has ended: how, its message says."""
        index = self._stack.index.get(message_id)
        if index is None:
            return
        self._stack.live.pop(index, None)
        self._pulse_while_live()
        self._growing.discard(index)
        entry = self._stack.drawn.get(index)
        if entry is None or self._stack.look is None:
            return
        if entry.is_behind:
            self._ending.add(index)
            self._growing.add(index)
            self._flush_in(0.0)
        else:
            self._end(index)

    def _end(self, index: int) -> None:
        self._ending.discard(index)
        self._stored.discard(index)
        look = self._stack.look
        if look is not None:
            entry = self._stack.drawn[index]
            before = len(entry.head)
            entry.end(look, self._clock())
            self._head_changed(index, entry, before)
            self._height_changed(index, 0)
            self._colour_soon()

    def _flush_in(self, seconds: float) -> None:
        if self._painter.frame is None:
            return
        loop = asyncio.get_running_loop()
        due = loop.time() + max(0.0, seconds)
        if self._flush_handle is not None:
            if self._flush_handle.when() <= due:
                return
            self._flush_handle.cancel()
        self._flush_handle = loop.call_at(due, self._flush)

    @property
    def is_drawing_due(self) -> bool:
        """Something has come that the next frame will show."""
        return self._flush_handle is not None

    def on_mount(self) -> None:
        """Be ready to pulse while something is live."""
        self._pulse_timer = self.set_interval(PULSE_S, self._pulse, pause=True)
        self._pulse_while_live()

    def on_unmount(self) -> None:
        """Draw no more."""
        for handle in (self._flush_handle, self._colour_handle):
            if handle is not None:
                handle.cancel()

    def _pulse_while_live(self) -> None:
        if self._pulse_timer is None:
            return
        if self._stack.live:
            self._pulse_timer.resume()
        else:
            self._pulse_timer.pause()

    def _pulse(self) -> None:
        """Turn the marks of the replies that are live and in sight."""
        look = self._stack.look
        if look is None:
            return
        for index in self._stack.live:
            entry = self._stack.drawn.get(index)
            if entry is None:
                continue
            before, thinking = entry.head, entry.thinking
            if look.reasoning_open and thinking == len(entry.message.reasoning):
                entry.turn(look, self._clock())  # a book of thoughts is not wrapped for a mark
            else:
                self._draw_head(index, entry, look)
            if len(entry.head) != len(before) or entry.thinking != thinking:
                self._height_changed(index, 0)
            else:
                row = self._stack.heights.before(index) + 1
                self._refresh_change(row, before[1], entry.head[1])

    def _draw_head(self, index: int, entry: Entry, look: Look) -> None:
        before = len(entry.head)
        entry.draw_head(look, self._clock())
        self._head_changed(index, entry, before)

    def _head_changed(self, index: int, entry: Entry, before: int) -> None:
        """Thoughts have come above the answer, or were folded: what is read below them stays."""
        if by := len(entry.head) - before:
            self._moved(index, before, by)

    def _take(self, index: int, entry: Entry, until: float) -> int | None:
        """Read what has come while there is time; gives the first line of the body that changed."""
        is_read = not self._following and index == self._top[0]
        anchor = entry.table_anchor(self._top[1]) if is_read else None
        first = entry.take(entry.TAKE_MOST)
        while entry.is_behind and perf_counter() < until:
            changed = entry.take(entry.TAKE_MOST)
            first = changed if first is None else min(first, changed or 0)
        if anchor is not None:
            self._top = (index, entry.row_of(anchor))
        return first

    def _flush(self) -> None:
        self._flush_handle = None
        look = self._stack.look
        if not self.is_attached or look is None:
            return
        began = perf_counter()
        behind: set[int] = set()
        for index in sorted(self._growing):
            entry = self._stack.drawn.get(index)
            if entry is None:  # out of sight; it is drawn when it is seen
                self._note_unseen(index, self._stack.heights[index])
                self._ending.discard(index)
                self._stored.discard(index)
                continue
            has_head = entry.taken and len(entry.message.reasoning) == entry.thinking
            first = self._take(index, entry, began + TAKE_S)
            if not has_head:
                self._draw_head(index, entry, look)
                self._height_changed(index, 0)
            elif first is not None:
                self._height_changed(index, len(entry.head) + first)
            if entry.is_behind:
                behind.add(index)
            elif index in self._ending | self._stored:
                self._end(index)
        self._growing = behind
        if self._goal is not None or self._asked_lines:
            self._approach()
        self._colour_soon()
        self._flushed_at = monotonic()
        self._flush_cost = perf_counter() - began
        if behind:  # half of the time is everybody else's
            self._flush_in(self._flush_cost)

    def _height_changed(self, index: int, first: int) -> None:
        """An entry has changed from this line on; what is in sight of it is drawn."""
        if self._painter.link is not None and self._painter.link not in self._links():
            self._painter.link = None
        entry, stack = self._stack.drawn[index], self._stack
        before, bottom = stack.heights[index], stack.heights.total
        if not self._following and before != entry.height:
            self._note_unseen(index, entry.height)
        stack.heights[index] = entry.height
        rows = self.scrollable_content_region.height
        if self._following:
            stack.draw_up(rows)
            bottom = max(bottom, stack.heights.total)
            if stack.heights.total != self.virtual_size.height and bottom > rows:
                self._restore()
                return
        else:
            stack.draw_down(*self._top, rows)
            bottom = max(bottom, stack.heights.total)
            if stack.heights.before(self._top[0]) + self._top[1] != round(self.scroll_y):
                self._restore()
                return
        self._tell_height()
        top = stack.heights.before(index)
        end = bottom if before != entry.height else top + before
        self._refresh_from(top + first, end - top - first)

    def _note_unseen(self, index: int, height: int) -> None:
        bottom = round(self.scroll_y) + self.size.height
        is_new = index not in self._unseen and index not in self._stored
        if is_new and self._goal is None and self._stack.heights.before(index) + height > bottom:
            self._unseen.add(index)
            self._refresh_from(bottom - 1, 1)
