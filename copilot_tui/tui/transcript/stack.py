"""The messages under each other: which are drawn, how high each is, and where a line falls."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Collection, Sequence
from typing import TYPE_CHECKING, Final, Literal

from copilot_tui.tui.transcript.heights import Heights, estimates

if TYPE_CHECKING:
    from copilot_tui.conversation import Message, Role
    from copilot_tui.tui.transcript.entries import Entry
    from copilot_tui.tui.transcript.look import Look

_DRAWN: Final = 300
"""Messages whose lines are kept."""

_DRAWN_SIZE: Final = 2_000_000
"""Characters of them: what is drawn takes several times as much as its text."""

_IN_SIGHT: Final = 8
"""So many are kept however long they are: the eye is there."""


class Stack:
    """Draws a message when its lines are asked for; until then its height is an estimate."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self.messages: list[Message] = []
        self.index: dict[str, int] = {}
        self.live: dict[int, float] = {}
        """Replies that stream, and when they were first seen to."""
        self.drawn: OrderedDict[int, Entry] = OrderedDict()
        self.heights = Heights()
        self.look: Look | None = None
        self.on_moved: Callable[[int, int, int], object] = lambda index, row, by: None
        """Told when lines of a message turn out to stand so much further down, from one on."""
        self.on_behind: Callable[[int], object] = lambda index: None
        """Told when more of a message has come than is drawn."""

    def __len__(self) -> int:
        return len(self.messages)

    def fill(self, messages: Sequence[Message], live: Collection[str]) -> None:
        """Take these messages instead of the present ones."""
        began = {self.messages[index].id: since for index, since in self.live.items()}
        self.messages = list(messages)
        self.index = {message.id: index for index, message in enumerate(messages)}
        now = self._clock()
        self.live = {self.index[name]: began.get(name, now) for name in live if name in self.index}
        self.drawn.clear()
        self.heights = Heights()

    def append(self, message: Message, *, live: bool) -> int:
        """Put one more at the end; gives its place."""
        index = self.index[message.id] = len(self.messages)
        self.messages.append(message)
        if live:
            self.live[index] = self._clock()
        if self.look is not None:
            self.heights.append(*estimates([message.content], self.look.width))
            self.look.last_id = message.id
            self._draw_foot(index - 1, self.look)
        return index

    def _draw_foot(self, index: int, look: Look) -> None:
        """Draw again what stands below a message, which is not the last any more."""
        entry = self.drawn.get(index)
        if entry is not None and entry.draw_foot(look):
            self.heights[index] = entry.height

    def use(self, look: Look) -> None:
        """Draw with this look. Heights that were known stay as estimates: they change alike."""
        self.look = look
        look.last_id = self.messages[-1].id if self.messages else ""
        self.drawn.clear()
        if len(self.heights) != len(self.messages):
            width = look.width
            self.heights = Heights(estimates([each.content for each in self.messages], width))

    def entry(self, index: int) -> Entry:
        """A message with its lines drawn and its height exact; of a live one what was read yet."""
        entry = self._entry(index, by_and_by=False)
        if entry.is_behind and index not in self.live and self.look is not None:
            entry.end(self.look, self._clock())
            self.heights[index] = entry.height
        return entry

    def seen_entry(self, index: int) -> Entry:
        """A message that is in sight: one that takes long may be drawn only to some line."""
        return self._entry(index, by_and_by=True)

    def _entry(self, index: int, *, by_and_by: bool) -> Entry:
        entry = self.drawn.get(index)
        if entry is not None:
            self.drawn.move_to_end(index)
            return entry
        from copilot_tui.tui.transcript.entries import Entry  # not for the first frame

        assert self.look is not None
        now = self._clock()
        entry = Entry(
            self.messages[index],
            live_since=self.live.get(index),
            on_moved=lambda row, by: self._moved(index, row, by),
        )
        entry.draw(self.look, now, by_and_by=by_and_by)
        self.heights[index] = entry.height
        self.drawn[index] = entry
        self._forget()
        if entry.is_behind:
            self.on_behind(index)
        return entry

    def _moved(self, index: int, row: int, by: int) -> None:
        if index in self.drawn:
            self.heights[index] = self.drawn[index].height
            self.on_moved(index, row, by)

    def _forget(self) -> None:
        """Let go of what was drawn, and not looked at, the longest; not of what is being drawn."""
        size = sum([entry.message.content_size for entry in self.drawn.values()])
        for index in list(self.drawn)[:-_IN_SIGHT]:
            if len(self.drawn) <= _DRAWN and size <= _DRAWN_SIZE:
                return
            if self.drawn[index].streamer is None and index not in self.live:
                size -= self.drawn.pop(index).message.content_size

    def settle(self, index: int, line: int) -> tuple[int, int]:
        """The place of a line that is counted from a message, wherever it falls."""
        return self._settle(index, line, self.entry)

    def settle_seen(self, index: int, line: int, rows: int) -> tuple[int, int]:
        """The same; where it is not drawn yet, the last so many lines that are."""
        index, line = self._settle(index, line, self.seen_entry)
        entry = self.seen_entry(index)
        if self._has_more(index) and line > entry.height - rows:
            line = max(0, entry.height - rows)
        return index, line

    def _settle(self, index: int, line: int, entry: Callable[[int], Entry]) -> tuple[int, int]:
        index = min(max(index, 0), len(self.messages) - 1)
        if line < 0:
            return self._above(index, 0, -line, entry)
        while line >= (height := entry(index).height) and index < len(self.messages) - 1:
            if self._has_more(index):
                break
            line -= height
            index += 1
        return index, line

    def _has_more(self, index: int) -> bool:
        """Whether a stored message is drawn only to some line."""
        entry = self.drawn.get(index)
        return entry is not None and entry.is_behind and index not in self.live

    def above(self, index: int, line: int, rows: int) -> tuple[int, int]:
        """The place so many lines above this one; what lies between is drawn."""
        return self._above(index, line, rows, self.entry)

    def above_seen(self, index: int, line: int, rows: int) -> tuple[tuple[int, int], bool]:
        """The same, and whether it stays there: no message that ends in between has more lines."""
        place = self._above(index, line, rows, self.seen_entry)
        return place, not any(self._has_more(each) for each in range(place[0], index))

    def _above(
        self, index: int, line: int, rows: int, entry: Callable[[int], Entry]
    ) -> tuple[int, int]:
        while True:
            line = entry(index).draw_above(line, rows)
            if rows <= line or not index:
                return index, max(0, line - rows)
            rows -= line
            index -= 1
            line = entry(index).height

    def start(self, index: int) -> tuple[int, int]:
        """Where a message starts to be read: below the empty line that parts it from others."""
        return index, 1 if index else 0

    def beyond(self, place: tuple[int, int], step: Literal[1, -1], role: Role | None) -> int | None:
        """The first message that starts beyond a place; None: there is no more, of this role."""
        index, line = max(place, self.start(place[0]))
        if step > 0 or (index, line) == self.start(index):
            index += step
        while 0 <= index < len(self.messages):
            if role is None or self.messages[index].role is role:
                return index
            index += step
        return None

    def draw_down(self, index: int, line: int, rows: int) -> bool:
        """Draw what is in sight below a place; whether there is more than that."""
        entry = self.seen_entry(index)
        entry.draw_below(line, rows + 1)
        below = entry.height - line
        while below <= rows and index < len(self.messages) - 1:
            index += 1
            entry = self.seen_entry(index)
            entry.draw_below(0, rows - below + 1)
            below += entry.height
        return below > rows or self._has_more(index)

    def draw_up(self, rows: int) -> None:
        """Draw what is in sight at the end."""
        if self.messages:
            last = len(self.messages) - 1
            self._above(last, self.seen_entry(last).height, rows, self.seen_entry)
