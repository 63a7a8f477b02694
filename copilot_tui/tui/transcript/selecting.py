"""Selecting by mouse and keyboard. What is copied is the source."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal

from rich.cells import set_cell_size
from textual.binding import Binding, BindingType
from textual.geometry import Offset
from textual.selection import SELECT_ALL, Selection

from copilot_tui.terminal_text import harmless
from copilot_tui.tui.transcript.line_cursor import FAR, LineCursor, copied_line, line_beyond
from copilot_tui.tui.transcript.marking import Marking
from copilot_tui.tui.transcript.scrolling import moved
from copilot_tui.tui.transcript.selection import Spot, ends, row_number, row_place
from copilot_tui.tui.transcript.thoughts import parted

if TYPE_CHECKING:
    from copilot_tui.conversation import Message, Role


class Selecting(Marking):
    """The selection itself is Textual's, so that mouse and keyboard have the same."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("shift+up", "extend(-1)", "Select upwards", show=False),
        Binding("shift+down", "extend(1)", "Select downwards", show=False),
    ]

    _cursor: LineCursor | None = None

    def _moved(self, index: int, row: int, by: int) -> None:
        """What is selected stays selected."""
        super()._moved(index, row, by)
        selection = self.text_selection if self.is_attached else None
        if selection is None:
            return
        cursor = self.cursor
        first, last = (
            at and Offset(at.x, row_number(*moved(row_place(at.y), index, row, by)))
            for at in selection
        )
        if (first, last) == (selection.start, selection.end):
            return
        if cursor is not None:
            held = cursor.held and moved(cursor.held, index, row, by)
            self._cursor = LineCursor(moved(cursor.line, index, row, by), held)
        self.screen.selections = {**self.screen.selections, self: Selection(first, last)}

    def selected_source(self) -> str:
        """The source of what is selected; empty: nothing is."""
        selection = self.text_selection if self.is_attached else None
        found = self.get_selection(selection) if selection is not None else None
        return found[0] if found else ""

    def get_selection(self, selection: Selection) -> tuple[str, str] | None:
        """The source of what is selected."""
        if self._painter.frame is None or not self._stack.messages:
            return None
        first, last = ends(selection, self._painter.margin)
        parts: list[str] = []
        for index in range(first.entry, min(last.entry, len(self._stack) - 1) + 1):
            if first.entry < index < last.entry:
                text = harmless(parted(self._stack.messages[index])[1])
            else:
                low = self._unclipped(first) if index == first.entry else (0, 0)
                high = self._unclipped(last) if index == last.entry else (1 << 30, 0)
                text = self._stack.entry(index).source_between(low, high)
            if text:
                parts.append(text)
        return "\n\n".join(parts), "\n"

    def _unclipped(self, spot: Spot) -> tuple[int, int]:
        """Line and character of a spot; code may be scrolled, and its right end out of sight."""
        frame, painter = self._painter.frame, self._painter
        line = self._stack.entry(spot.entry).line(spot.line)
        column = spot.column
        if frame is None or line is None or line.code_width is None:
            return spot.line, column
        hidden = painter.hidden_left(line)
        if line.cells - painter.shift_of(line) > frame.text:
            shown = line.text[line.indent + hidden :]
            visible = line.indent + len(set_cell_size(shown, frame.text - line.indent - 1))
            if column >= visible:
                return spot.line, 1 << 30
        return spot.line, column + (hidden if column > line.indent else 0)

    def select_at(self, place: Offset, *, whole: bool) -> None:
        """Select the word at a place in the pane, or the block."""
        index, row = self._stack.heights.find(round(self.scroll_y) + place.y)
        entry, painter = self._stack.entry(index), self._painter
        line, margin = entry.line(row), painter.margin
        if line is None:
            return
        column = place.x - margin
        if column >= line.indent:
            column += painter.shift_of(line)
        chosen = entry.around(row, column, whole=whole)
        if chosen is not None:
            (top, start), (bottom, end) = chosen
            if not whole:
                if painter.show_columns(line, (start, end)):  # all of a word that the edge cuts
                    self.refresh()
                hidden = painter.hidden_left(line)
                start, end = max(line.indent, start - hidden), end - hidden
            self.screen.selections = {
                self: Selection(
                    Offset(margin + start, row_number(index, top)),
                    Offset(margin + end, row_number(index, bottom)),
                )
            }

    def _deselect(self) -> None:
        if self.is_attached and self.text_selection is not None:
            self.screen.clear_selection()

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

    @property
    def cursor(self) -> LineCursor | None:
        """The line that the keyboard selects; None: it selects none."""
        if self._cursor is not None and self.text_selection == self._cursor.selection:
            return self._cursor
        return None  # the mouse has selected something else since, or nothing

    @property
    def current(self) -> Message | None:
        """The message that is read: of the selected line, else at the top, at the end the last."""
        messages = self._stack.messages
        if not messages:
            return None
        if self.cursor is not None:
            return messages[self.cursor.line[0]]
        return messages[-1 if self._following else self._top[0]]

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

    def point_at(self, message_id: str) -> None:
        """Select the first line of this message."""
        index = self._stack.index.get(message_id)
        if index is not None and self._painter.frame is not None:
            line = copied_line(self._stack, index, 0, 1)
            if line is not None and line[0] == index:
                self._use_cursor(LineCursor(line))

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

    def _move_by(self, lines: int) -> None:
        if (cursor := self.cursor) is not None:
            self._move_cursor_to(line_beyond(self._stack, cursor.line, lines))
        else:
            super()._move_by(lines)

    def action_scroll_home(self) -> None:
        """To the beginning, with the line that is selected."""
        super().action_scroll_home()
        if self.cursor is not None:
            self._move_cursor_to(copied_line(self._stack, 0, 0, 1))

    def action_scroll_end(self) -> None:
        """To the end, with the line that is selected."""
        super().action_scroll_end()
        if self.cursor is not None:
            self._move_cursor_to(copied_line(self._stack, len(self._stack) - 1, FAR, -1))

    def jump(self, direction: Literal[1, -1], role: Role | None = None) -> None:
        """To another message, with the line that is selected."""
        if (cursor := self.cursor) is None:
            super().jump(direction, role)
            return
        index = self._stack.beyond(cursor.line, direction, role)
        if index is not None:
            self._move_cursor_to(copied_line(self._stack, index, 0, 1))
        elif direction > 0:
            self.action_scroll_end()

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
            self._go_above(index, row, self.size.height - 1)
