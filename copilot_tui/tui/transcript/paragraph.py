"""A paragraph without an end: drawn piece by piece.

Inline Markdown may act over any distance, but behind most spaces nothing is open: no code, bracket,
tag or emphasis. What stands before such a space can no longer change and is let go of.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from copilot_tui.tui.transcript.markdown import closed_inline, formula_end, tag_end
from copilot_tui.tui.transcript.wrap import GrowingRows, Row

if TYPE_CHECKING:
    from rich.style import Style

    from copilot_tui.tui.transcript.inline import Inline
    from copilot_tui.tui.transcript.markdown import References
    from copilot_tui.tui.transcript.wrap import Run

_MARKUP: Final = re.compile(r"\\.|\$+|`+|\[|\]\(?|<(?=[A-Za-z/!?])|[ \n]", re.DOTALL)
_IN_PARENTHESES: Final = re.compile(r"\\.|[()`\[\]<$]")
_FORMULAS: Final = ("\\(", "\\[")
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
        if self._open.isalnum():  # a word without an end
            word, self._open = self._open[:-_KEPT], self._open[-_KEPT:]
            return [(word, self._base)]
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
        mark = match.group()
        if mark in (" ", "\n"):
            if not brackets and _is_between_words(text, match.start()):
                places.append(match.start())
        elif mark == "[":
            brackets += 1
        elif mark[0] == "]":
            brackets = max(0, brackets - 1)
        position = _end_of_mark(text, match.start(), mark)
        if position < 0:
            break
    return places


def _end_of_mark(text: str, start: int, mark: str) -> int:
    """Behind what a mark opens, if it opens something; -1: that has no end yet."""
    behind = start + len(mark)
    if mark[0] == "`":
        return _closing_ticks(text, behind, len(mark))
    if mark == "](":
        return _closing_parenthesis(text, behind)
    if mark[0] == "$" or mark in _FORMULAS:
        return formula_end(text, start)
    if mark == "<":
        return tag_end(text, start)
    return behind


def _is_between_words(text: str, place: int) -> bool:
    before, after = text[place - 1 : place], text[place + 1 : place + 2]
    return bool(before and after) and not (before.isspace() or after.isspace() or before == "\\")


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
        if mark in ("`", "[", "]", "<", "$", *_FORMULAS):
            return -1
        depth += {"(": 1, ")": -1}.get(mark, 0)
        if not depth:
            return match.end()
    return -1
