"""Marks on what is shown: the links, the letters that copy blocks, and what was found."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from copilot_tui.tui.transcript.finder import hints
from copilot_tui.tui.transcript.links import Link, links, step
from copilot_tui.tui.transcript.scrolling import Scrolling, moved

if TYPE_CHECKING:
    from textual import events


class Marking(Scrolling):
    """Marks come and go, the strips below them stay."""

    def _moved(self, index: int, row: int, by: int) -> None:
        """The marks go with their lines."""
        super()._moved(index, row, by)
        finder, painter = self._finder, self._painter
        if finder.found is not None:
            finder.found = moved(finder.found, index, row, by)
        if painter.hints:
            shown = [(moved(at, index, row, by), letter) for at, letter in painter.hints.items()]
            painter.hints.clear()
            painter.hints.update(shown)
        if painter.link is not None:
            painter.link = painter.link.moved(index, row, by)

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

    def _links(self) -> list[Link]:
        """The links in sight."""
        if self._painter.frame is None or not self._stack.messages:
            return []
        top = self._stack.heights.find(round(self.scroll_y))
        return links(self._stack, *top, self.size.height)

    def _on_blur(self, event: events.Blur) -> None:
        """Enter is another's now."""
        self.unmark_link()

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
        if self._painter.frame is None:
            return False
        found = self._finder.go_on(lambda: self._top, direction)
        if found is None:
            return False
        index, row = found
        self._show_match(index, row)
        at = self._stack.heights.before(index) + row - round(self.scroll_y)
        if not 0 <= at < self.size.height - 1:
            self._go_above(index, row, self.size.height // 3)
        self.refresh()
        return True

    def _show_match(self, index: int, row: int) -> None:
        """Scroll code sideways to the match on this line."""
        entry, needle = self._stack.entry(index), self._finder.needle
        line = entry.line(row)
        if line is not None and needle is not None and (spans := entry.found_on(row, needle)):
            self._painter.show_columns(line, spans[0])
