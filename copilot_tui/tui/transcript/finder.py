"""Finding within the conversation, and the letters that copy blocks."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Final, Literal

from copilot_tui.terminal_text import harmless

if TYPE_CHECKING:
    from copilot_tui.tui.transcript.stack import Stack

HINT_LETTERS: Final = "asdfghjklqwertyuiopzxcvbnm"


class Finder:
    """Goes from match to match; only messages that hold one are drawn."""

    def __init__(self, stack: Stack) -> None:
        self._stack = stack
        self.needle = ""
        """What is looked for, in folded case."""
        self.found: tuple[int, int] | None = None
        """Message and line of the match that was gone to."""

    def look_for(self, words: str) -> int:
        """Look for these words from now on; gives the number of matches."""
        self.needle = harmless(words).casefold()
        self.found = None
        if not self.needle:
            return 0
        return sum(m.content.casefold().count(self.needle) for m in self._stack.messages)

    def go_on(
        self, start: Callable[[], tuple[int, int]], direction: Literal[1, -1]
    ) -> tuple[int, int] | None:
        """The next match, or the one before, beyond the last one or a place."""
        messages = self._stack.messages
        if not self.needle or not messages:
            return None
        first = (self.found or start())[0]
        for step in range(len(messages) + 1):
            index = (first + direction * step) % len(messages)
            if self.needle not in messages[index].content.casefold():
                continue
            # It is broken by a line's end, or stands in an address: the message is the match.
            rows = self._stack.entry(index).rows_with(self.needle) or [0]
            if not step:
                # Asked now: what was drawn for it may have moved the place.
                row = self.found[1] if self.found else start()[1] - direction
                rows = [found for found in rows if (found - row) * direction > 0]
            if rows:
                self.found = (index, rows[0 if direction > 0 else -1])
                return self.found
        return None


def hints(stack: Stack, index: int, row: int, rows: int) -> Iterator[tuple[int, int, str, str]]:
    """For each block in sight: message, line, letter and what the letter copies."""
    letters = iter(HINT_LETTERS)
    position = -row
    while position < rows and index < len(stack):
        entry = stack.entry(index)
        for start, end, source in entry.blocks(max(0, -position), rows - max(0, position)):
            visible = max(start, -position)
            if visible < end and position + visible < rows and (letter := next(letters, "")):
                yield index, visible, letter, source
        position += entry.height
        index += 1
