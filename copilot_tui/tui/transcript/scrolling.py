"""Where the viewport stands: a message and a line in it, so that nothing else can move it."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Final, Literal, NamedTuple

from textual import events
from textual.binding import Binding, BindingType
from textual.geometry import Size
from textual.scrollbar import ScrollDown, ScrollTo, ScrollUp
from textual.widget import Widget

from copilot_tui.tui.transcript.canvas import Canvas

if TYPE_CHECKING:
    from collections.abc import Callable

    from copilot_tui.conversation import Role
    from copilot_tui.tui.transcript.entries import Anchor

WHEEL_LINES: Final = 3
CODE_COLUMNS: Final = 8


class Place(NamedTuple):
    """What stands at the top of the viewport."""

    message_id: str
    line: int
    """Counted within the drawn message, or within its block."""
    block: int | None = None
    """Of a message so long that its lines are not all known: the block of that line."""


class Goal(NamedTuple):
    """Where the viewport goes as soon as enough is drawn of what takes long."""

    find: Callable[[], tuple[tuple[int, int], bool]]
    """Where it stands until then, and whether it is there."""
    place: Place | None = None
    """What is to stand at the top, if that is known."""
    anchor: Anchor | None = None
    """The same, if it is to hold at any width."""


def moved(place: tuple[int, int], index: int, row: int, by: int) -> tuple[int, int]:
    """Where a line is, when those of message `index` from `row` on have moved `by` so many."""
    return (index, place[1] + by) if place[0] == index and place[1] >= row else place


class Scrolling(Canvas):
    """Moves by keys, wheel and scrollbar, and follows the end while it is there."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up,k", "scroll_up", "Up", show=False),
        Binding("down,j", "scroll_down", "Down", show=False),
        Binding("pageup", "page_up", "Page up", show=False),
        Binding("pagedown,space", "page_down", "Page down", show=False),
        Binding("home,ctrl+home", "scroll_home", "Beginning", show=False),
        Binding("end,ctrl+end", "scroll_end", "End", show=False),
        Binding("left,h", "code_left", "Code to the left", show=False),
        Binding("right,l", "code_right", "Code to the right", show=False),
    ]

    _top: tuple[int, int] = (0, 0)
    """Message and line at the top of the viewport."""
    _following = True
    _is_placing = False
    _goal: Goal | None = None
    _asked_lines = 0
    """So far keys have asked to scroll from there."""

    @property
    def place(self) -> Place | None:
        """What stands at the top; None while the end is followed."""
        return None if self._following and self._goal is None else self.top

    @property
    def top(self) -> Place | None:
        """What stands at the top, also while the end is followed; None: there is nothing."""
        if not self._stack.messages:
            return None
        if self._goal is not None and self._goal.place is not None:
            return self._goal.place
        index, line = self._top
        name = self._stack.messages[index].id
        entry = self._stack.drawn.get(index)
        if entry is not None and (within := entry.block_at(line)) is not None:
            return Place(name, within[1], within[0])
        return Place(name, line)

    def jump(self, direction: Literal[1, -1], role: Role | None = None) -> None:
        """To the start of the next message, or the one before; of this role, or of any.

        Beyond the last: to the end.
        """
        index = self._stack.beyond(self._top, direction, role)
        if index is not None:
            self._go_to(*self._stack.start(index))
        elif direction > 0:
            self._to_end()

    def _moved(self, index: int, row: int, by: int) -> None:
        """The line at the top stays the same line, wherever that is now."""
        super()._moved(index, row, by)
        self._top = moved(self._top, index, row, by)

    def _restore(self) -> None:
        """Put the viewport where it belongs."""
        goal, asked = self._goal, self._asked_lines
        if self._following:
            self._to_end()
        else:
            self._go_to(*self._top)
        self._goal, self._asked_lines = goal, asked

    def _to_end(self) -> None:
        self._goal, self._asked_lines = None, 0
        self._following = True
        self._unseen.clear()
        if self._painter.frame is None:
            return
        rows = self.scrollable_content_region.height
        self._stack.draw_up(rows)
        self._place_at(max(0, self._stack.heights.total - rows))

    def _go_to(self, index: int, line: int) -> None:
        """Put this line at the top, as far as there is enough below it."""
        stack = self._stack
        self._goal, self._asked_lines = None, 0
        if not stack.messages or self._painter.frame is None:
            self._place_at(0)
            return
        rows = self.scrollable_content_region.height
        index, line = stack.settle_seen(index, line, rows)
        if not stack.draw_down(index, line, rows):
            self._to_end()
            return
        self._following = False
        self._top = (index, line)
        self._place_at(stack.heights.before(index) + line)

    def _go_above(self, index: int, line: int, rows: int) -> None:
        """Put the line so many above this one at the top."""
        if not self._stack.messages or self._painter.frame is None:
            return

        def find() -> tuple[tuple[int, int], bool]:
            return self._stack.above_seen(index, line, rows)

        place, is_there = find()
        self._go_to(*place)
        if not is_there:
            self._goal = Goal(find)

    def _place_at(self, y: int) -> None:
        """Scroll to a line of the whole, with the scrollbar telling the truth."""
        self._tell_height()
        if self._following:
            self._top = self._stack.heights.find(y)
        elif self._unseen:
            self._note_seen(y + self.size.height)
        self._is_placing = True
        if round(self.scroll_y) == y:
            self.refresh()
        self.set_reactive(Widget.scroll_target_y, float(y))
        self.scroll_y = float(y)
        self._is_placing = False
        self._colour_soon()

    def _note_seen(self, bottom: int) -> None:
        """What ends above this line is new no more."""
        heights = self._stack.heights
        self._unseen -= {
            index for index in self._unseen if heights.before(index) + heights[index] <= bottom
        }

    def _tell_height(self) -> None:
        """Let the scrollbar know how high everything is."""
        size = Size(self.size.width, max(self._stack.heights.total, 1))
        if size != self.virtual_size:
            # Not by assignment, which would lay out the whole screen: only the bar depends on it.
            self.set_reactive(Widget.virtual_size, size)
            self.vertical_scrollbar.window_virtual_size = size.height

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        """The scrollbar was dragged, or we have placed the viewport."""
        super().watch_scroll_y(old_value, new_value)
        if not self._is_placing and round(old_value) != round(new_value) and len(self._stack):
            self._go_to(*self._stack.heights.find(round(new_value)))

    def _scroll_by(self, lines: int) -> None:
        if len(self._stack):
            index, line = self._top
            if lines < 0:
                self._go_above(index, line, -lines)
            else:
                self._go_to(index, line + lines)

    def _move_by(self, lines: int) -> None:
        """What the keys do with a number of lines."""
        self._scroll_by(lines)

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

    def action_scroll_end(self) -> None:
        """To the end, and follow it from now on."""
        self._to_end()

    def action_code_left(self) -> None:
        """Scroll code to the left."""
        self._shift_code(-CODE_COLUMNS)

    def action_code_right(self) -> None:
        """Scroll code to the right."""
        self._shift_code(CODE_COLUMNS)

    def _shift_code(self, columns: int) -> None:
        if self._painter.shift_by(columns):
            self.refresh()

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
