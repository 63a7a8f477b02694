"""A paragraph without an end: drawn piece by piece.

Inline Markdown may act over any distance, but behind most spaces nothing is open: no code, bracket,
tag or emphasis. What stands before such a space can no longer change and is let go of.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from copilot_tui.tui.transcript.markdown import closed_inline, tag_end
from copilot_tui.tui.transcript.wrap import GrowingRows, Row

if TYPE_CHECKING:
    from rich.style import Style

    from copilot_tui.tui.transcript.inline import Inline
    from copilot_tui.tui.transcript.markdown import References
    from copilot_tui.tui.transcript.wrap import Run

_MARKUP: Final = re.compile(r"\\.|`+|\[|\]\(?|<(?=[A-Za-z/!?])|[ \n]", re.DOTALL)
_IN_PARENTHESES: Final = re.compile(r"\\.|[()`\[\]<]")
_TICKS: Final = re.compile("`+")
_SHORT: Final = 400
"""A text of fewer characters is not worth a cut."""

_KEPT: Final = 160
"""Characters at the end that are likely to be in the middle of something."""


class GrowingParagraph:
    """Takes the content of a paragraph in pieces and gives its rows."""

    def __init__(self, inline: Inline, base: Style, width: int) -> None:
        self._inline = inline
        self._base = base
        self._rows = GrowingRows(width)
        self._open = ""
        self._try_at = _SHORT

    def take(self, text: str, references: References) -> list[Row]:
        """Go on with this text; gives the rows that are final."""
        self._open += text
        final: list[Row] = []
        while len(self._open) > self._try_at:
            runs = self._cut(references)
            if runs is None:
                self._try_at = len(self._open) * 5 // 4
                break
            self._try_at = _SHORT
            final += self._rows.take(runs)
        return final

    def rest(self, references: References, more: str = "") -> list[Row]:
        """The rows that are not final, if the paragraph ends here, with `more` at its end."""
        runs = self._inline.runs((self._open + more).strip(), self._base, references)
        return self._rows.rest(runs)

    def _cut(self, references: References) -> list[Run] | None:
        """The runs before the last place where nothing is open; None: there is no such place."""
        places = list(_closed_places(self._open))
        while places:
            place = places.pop()
            if place > len(self._open) - _KEPT and places:
                continue
            tokens = closed_inline(self._open[:place].lstrip(), references)
            if tokens is not None:
                self._open = self._open[place + 1 :]
                return [*self._inline.runs_of(tokens, self._base), (" ", self._base)]
            del places[len(places) // 2 :]
        return None


def _closed_places(text: str) -> list[int]:
    """Spaces and line ends between words behind which no code, bracket or tag is open."""
    places: list[int] = []
    brackets = 0
    position = 0
    while match := _MARKUP.search(text, position):
        position = match.end()
        mark = match.group()
        if mark in (" ", "\n"):
            at = match.start()
            before, after = text[at - 1 : at], text[at + 1 : at + 2]
            if not brackets and _between_words(before, after):
                places.append(at)
        elif mark[0] == "`":
            closing = _closing_ticks(text, position, len(mark))
            if closing < 0:
                break
            position = closing
        elif mark == "[":
            brackets += 1
        elif mark[0] == "]":
            brackets = max(0, brackets - 1)
            if len(mark) == 2:
                position = _closing_parenthesis(text, position)
                if position < 0:
                    break
        elif mark == "<":
            closing = tag_end(text, match.start())
            if closing < 0:
                break
            position = closing
    return places


def _between_words(before: str, after: str) -> bool:
    return (
        bool(before and after) and not before.isspace() and before != "\\" and not after.isspace()
    )


def _closing_ticks(text: str, position: int, count: int) -> int:
    """Behind the next run of exactly so many backticks; -1: there is none."""
    for match in _TICKS.finditer(text, position):
        if match.end() - match.start() == count:
            # A run at the very end may go on.
            return match.end() if match.end() < len(text) else -1
    return -1


def _closing_parenthesis(text: str, position: int) -> int:
    """Behind the parenthesis that closes the one before `position`; -1: none, or after markup."""
    depth = 1
    for match in _IN_PARENTHESES.finditer(text, position):
        mark = match.group()
        if mark in "`[]<":
            return -1
        depth += {"(": 1, ")": -1}.get(mark, 0)
        if not depth:
            return match.end()
    return -1
