"""Where nothing is open in a text: no code, bracket, tag or formula."""

from __future__ import annotations

import re
from typing import Final

from copilot_tui.tui.transcript.markdown import formula_end, tag_end

_MARKUP: Final = re.compile(r"\\.|\$+|`+|\[|\]\(?|<(?=[A-Za-z/!?])", re.DOTALL)
_IN_PARENTHESES: Final = re.compile(r"\\.|[()`\[\]<$]")
_FORMULAS: Final = ("\\(", "\\[")
_TICKS: Final = re.compile("`+")


def closed_spans(text: str) -> list[tuple[int, int]]:
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


def last_place(text: str, spans: list[tuple[int, int]], limit: int) -> int:
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
