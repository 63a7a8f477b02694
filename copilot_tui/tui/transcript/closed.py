"""What is open where in a text: code, brackets, tags, formulas, emphasis."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from copilot_tui.tui.transcript.markdown import formula_end, tag_end

_MARKUP: Final = re.compile(r"\\.|\$+|`+|\[|\]\(?|<(?=[A-Za-z/!?])", re.DOTALL)
_OPEN_MARKUP: Final = re.compile(rf"{_MARKUP.pattern}|\*+|_+|~~+", re.DOTALL)
_IN_PARENTHESES: Final = re.compile(r"\\.|[()`\[\]<$]")
_TILDE: Final = ord("~")
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


def emphasised(text: str) -> list[tuple[int, int]]:
    """What in a text is emphasised: where each stretch starts, and where it ends; -1: it does not.

    Not every such start is one: it may be an asterisk that nobody meant.
    """
    from markdown_it.rules_inline.state_inline import Delimiter

    from copilot_tui.tui.transcript.inline_parser import paired

    marks: list[Delimiter] = []
    for start, end in _emphasis_runs(text):
        opens, closes = _flanks(text, start, end)
        kind = ord(text[start])
        if kind == _TILDE:
            places, length = range(start, end - 1, 2), 0
        else:
            places, length = range(start, end), end - start
        marks += [Delimiter(kind, length, place, -1, opens, closes) for place in places]
    return [
        (mark.token, -1 if mark.end < 0 else marks[mark.end].token)
        for mark in paired(marks)
        if mark.open
    ]


def _emphasis_runs(text: str) -> Iterator[tuple[int, int]]:
    """Where marks of emphasis stand side by side, outside of code, tags, formulas and addresses."""
    position = 0
    while match := _OPEN_MARKUP.search(text, position):
        position = match.end()
        mark = match.group()
        if mark[0] in "*_~":
            yield match.span()
        elif mark not in ("[", "]") and len(text) > position:
            position = max(position, _end_of_mark(text, match.start(), mark))


def _flanks(text: str, start: int, end: int) -> tuple[bool, bool]:
    """Whether marks of emphasis may open some, and whether they may close some."""
    before, after = text[start - 1 : start] or " ", text[end : end + 1] or " "
    is_word_before, is_word_after = before.isalnum(), after.isalnum()
    opens = not after.isspace() and (is_word_after or not is_word_before)
    closes = not before.isspace() and (is_word_before or not is_word_after)
    if text[start] != "_":
        return opens, closes
    return opens and not is_word_before, closes and not is_word_after


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
