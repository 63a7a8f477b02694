"""Finding within the conversation, and the letters that copy blocks."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Final, Literal

from copilot_tui.terminal_text import harmless
from copilot_tui.tui.transcript.needle import Needle
from copilot_tui.tui.transcript.thoughts import parted

if TYPE_CHECKING:
    from copilot_tui.conversation import Message
    from copilot_tui.tui.transcript.stack import Stack

HINT_LETTERS: Final = "asdfghjklqwertyuiopzxcvbnmASDFGHJKLQWERTYUIOPZXCVBNM1234567890"
"""In the order of the blocks: those that are found most easily come first."""


class Finder:
    """Goes from match to match; only messages that hold one are drawn."""

    def __init__(self, stack: Stack) -> None:
        self._stack = stack
        self.needle: Needle | None = None
        self.found: tuple[int, int] | None = None
        """Message and line of the match that was gone to."""

    def look_for(self, words: str) -> int:
        """Look for these words from now on; gives the number of matches."""
        words = harmless(words)
        self.needle = Needle(words) if words.strip() else None
        self.found = None
        if self.needle is None:
            return 0
        return sum(self.needle.count(text) for m in self._stack.messages for text in self._of(m))

    def is_in_thoughts(self) -> bool:
        """Whether the words stand in thoughts, which may be folded."""
        needle = self.needle
        return needle is not None and any(
            needle.is_in(parted(message)[0]) for message in self._stack.messages
        )

    def _of(self, message: Message) -> tuple[str, ...]:
        """The texts of a message that are shown."""
        thoughts, answer = parted(message)
        look = self._stack.look
        return (thoughts, answer) if look is not None and look.reasoning_open else (answer,)

    def go_on(
        self, start: Callable[[], tuple[int, int]], direction: Literal[1, -1]
    ) -> tuple[int, int] | None:
        """The next match, or the one before, beyond the last one or a place."""
        messages, needle = self._stack.messages, self.needle
        if needle is None or not messages:
            return None
        first = (self.found or start())[0]
        for step in range(len(messages) + 1):
            index = (first + direction * step) % len(messages)
            if not any(map(needle.is_in, self._of(messages[index]))):
                continue
            rows = self._stack.entry(index).rows_with(needle)
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
