"""A paragraph without an end: drawn piece by piece.

Inline Markdown may act over any distance, but behind most spaces nothing is open: no code, bracket,
tag or emphasis. What stands before such a space can no longer change and is let go of.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from copilot_tui.tui.transcript.markdown import (
    LATEST_CUT,
    LONGEST_PART,
    closed_inline,
    formula_end,
    parse_inline,
    parts,
    tag_end,
)
from copilot_tui.tui.transcript.wrap import GrowingRows, Row

if TYPE_CHECKING:
    from rich.style import Style

    from copilot_tui.tui.transcript.inline import Inline
    from copilot_tui.tui.transcript.markdown import References
    from copilot_tui.tui.transcript.wrap import Run

_MARKUP: Final = re.compile(r"\\.|\$+|`+|\[|\]\(?|<(?=[A-Za-z/!?])", re.DOTALL)
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
        self._part = ""
        """What has come of the present part; see `markdown.parts`."""
        self._done = 0
        """Characters of it that have been let go of."""
        self._try_at = _SHORT

    def take(self, text: str, references: References) -> list[Row]:
        """Go on with this text; gives the rows that are final."""
        self._part = (self._part + text) if self._part else text.lstrip()
        final: list[Row] = []
        while (is_full := self._is_full()) or len(self._part) - self._done > self._try_at:
            runs = self._cut(references)
            if runs is not None:
                self._try_at = _SHORT
            elif is_full:
                runs = self._end_part(references)
            else:
                self._try_at = (len(self._part) - self._done) * 5 // 4
                break
            final += self._rows.take(runs)
        return final

    def rest(self, references: References, more: str = "") -> list[Row]:
        """The rows that are not final, if the paragraph ends here, with `more` at its end."""
        before = self._part[: self._done]
        runs: list[Run] = []
        for part, joint in parts((self._part + more).rstrip()):
            opened = part.removeprefix(before)
            before = ""
            runs += self._inline.runs_of(parse_inline(opened, references), self._base)
            runs += [(joint, self._base)] if joint else []
        return self._rows.rest(runs)

    def _is_full(self) -> bool:
        """Whether the end of the part is known: spaces at the end of a text do not count."""
        return len(self._part) >= LONGEST_PART and len(self._part.rstrip()) >= LONGEST_PART

    def _end_part(self, references: References) -> list[Run]:
        """The runs to the end of the part, which is where its length puts it."""
        part, joint = next(parts(self._part))
        tokens = parse_inline(part[self._done :], references)
        self._part = self._part[len(part) + len(joint) :]
        self._done = 0
        self._try_at = _SHORT
        return [*self._inline.runs_of(tokens, self._base), (joint, self._base)]

    def _cut(self, references: References) -> list[Run] | None:
        """The runs before the last place where nothing is open; None: there is no such place."""
        text = self._part[self._done : LATEST_CUT]
        if text.isalnum() and len(text) > _KEPT:  # a word without an end
            word = text[:-_KEPT]
            self._done += len(word)
            return [(word, self._base)]
        closed = _closed_spans(text)
        limit = min(len(text), len(self._part) - self._done - _KEPT)
        while (place := _last_place(text, closed, limit)) > 0:
            tokens = closed_inline(text[:place], references)
            if tokens is not None:
                self._done += place + 1
                return [*self._inline.runs_of(tokens, self._base), (" ", self._base)]
            limit = place // 2
        return None


def _closed_spans(text: str) -> list[tuple[int, int]]:
    """The stretches of a text in which no code, bracket or tag is open."""
    spans: list[tuple[int, int]] = []
    brackets = position = start = 0
    while match := _MARKUP.search(text, position):
        mark = match.group()
        if not brackets:
            spans.append((start, match.start()))
        if mark == "[":
            brackets += 1
        elif mark[0] == "]":
            brackets = max(0, brackets - 1)
        start = position = _end_of_mark(text, match.start(), mark)
        if position < 0:
            return spans
    if not brackets:
        spans.append((start, len(text)))
    return spans


def _last_place(text: str, spans: list[tuple[int, int]], limit: int) -> int:
    """The last space or line end between words in these stretches and before the limit; or -1."""
    for start, end in reversed(spans):
        place = min(end, limit)
        while place > start:
            place = max(text.rfind(" ", start, place), text.rfind("\n", start, place))
            if place >= 0 and _is_between_words(text, place):
                return place
    return -1


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
