"""Rules of markdown-it in place of its own, where those cost too much."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable

    from markdown_it import MarkdownIt
    from markdown_it.rules_block import StateBlock

    Rule = Callable[[StateBlock, int, int, bool], bool]

_MARKS: Final = "*-_"
_PIPE: Final = re.compile(r"(?<!\\)\|")

ROW: Final = "table_row"
"""The type of the token of a row below a table's head: `meta` has the text of its cells, which may
be fewer than there are columns.
"""


DEEPEST: Final = 40
"""Levels of blocks within each other (a list takes two). What is deeper is text with its marks:
markdown-it leaves it out, and there is no room for it.
"""


def install(parser: MarkdownIt) -> None:
    """Put the rules in place of markdown-it's, with what each of them may interrupt there."""
    from markdown_it.rules_block import blockquote, list_block, reference

    interrupts = ["paragraph", "reference", "blockquote", "list"]
    ruler = parser.block.ruler
    ruler.at("hr", _line_across, {"alt": interrupts})
    ruler.at("table", _table, {"alt": ["paragraph", "reference"]})
    ruler.at("blockquote", _unless_deep(blockquote), {"alt": interrupts})
    ruler.at("list", _unless_deep(list_block), {"alt": interrupts[:-1]})
    ruler.at("reference", _unless_footnote(reference))


def _unless_deep(rule: Rule) -> Rule:
    def unless_deep(state: StateBlock, start: int, end: int, silent: bool) -> bool:
        return state.level < DEEPEST and rule(state, start, end, silent)

    return unless_deep


def _unless_footnote(rule: Rule) -> Rule:
    """`[^1]: https://…` is a note to be read, and no definition, which nobody sees."""

    def unless_footnote(state: StateBlock, start: int, end: int, silent: bool) -> bool:
        place = state.bMarks[start] + state.tShift[start]
        return not state.src.startswith("[^", place) and rule(state, start, end, silent)

    return unless_footnote


def _line_across(state: StateBlock, start: int, end: int, silent: bool) -> bool:
    """The rule for `---`, with the line looked at as a whole.

    markdown-it looks at each of its characters, and in a line that goes on as a list does so again
    at every level: 100 kB of `- - -` and a word take it a quarter of a second.
    """
    first, last = state.bMarks[start] + state.tShift[start], state.eMarks[start]
    if state.is_code_block(start) or first >= last or (mark := state.src[first]) not in _MARKS:
        return False
    line = state.src[first:last]
    if line.strip(f"{mark} \t") or (count := line.count(mark)) < 3:
        return False
    if silent:
        return True
    state.line = start + 1
    token = state.push("hr", "hr", 0)
    token.map = [start, state.line]
    token.markup = mark * (count + 1)  # as markdown-it counts them
    return True


def _table(state: StateBlock, start: int, end: int, silent: bool) -> bool:
    """The rule for tables, with one token for each row below the head.

    markdown-it makes three for each cell, and looks at each character for a bar: a table of 200 kB
    takes it an eighth of a second.
    """
    from markdown_it.rules_block import table

    before = len(state.tokens)
    if not table(state, start, min(end, start + 2), silent):  # its head
        return False
    if silent:
        return True
    closing = state.tokens.pop()
    columns = sum([token.type == "th_open" for token in state.tokens[before:]])
    state.level = closing.level + 1
    parent, state.parentType = state.parentType, "table"
    line = _push_rows(state, start + 2, end, columns)
    state.parentType = parent
    state.level = closing.level
    state.tokens.append(closing)
    state.tokens[before].map = [start, line]
    state.line = line
    return True


def _push_rows(state: StateBlock, line: int, end: int, columns: int) -> int:
    """The tokens of the rows from this line on; gives the line behind the last."""
    from markdown_it.common.utils import mdTrim

    rules = state.md.block.ruler.getRules("blockquote")
    while line < end and state.sCount[line] >= state.blkIndent:
        if any(rule(state, line, end, True) for rule in rules):
            break
        text = mdTrim(state.src[state.bMarks[line] + state.tShift[line] : state.eMarks[line]])
        if not text or state.is_code_block(line):
            break
        token = state.push(ROW, "tr", 0)
        token.map = [line, line + 1]
        token.meta = {"cells": [mdTrim(each) for each in _cells(text)[:columns] or [""]]}
        line += 1
    return line


def _cells(text: str) -> list[str]:
    """The text of each cell in a row of a table."""
    if "\\" in text:
        parts = [each.replace("\\|", "|") for each in _PIPE.split(text)]
    else:
        parts = text.split("|")
    if parts[0] == "":
        del parts[0]
    if parts and parts[-1] == "":
        del parts[-1]
    return parts
