"""Where formulas stand in Markdown: rules for markdown-it.

Inline: `$…$` and `\\(…\\)`, also `$$…$$` and `\\[…\\]` within a text. A `$` begins a formula if no
space follows it, and ends one if no space stands before it and no letter or digit behind it: so
prices stay prices.

A block begins with a line that begins with `$$` or `\\[`. Whether a line begins one is told by that
line alone, and where it ends by what stands before its end; a text that streams needs it so. It
goes on to the line with the closing mark, and ends without one at an empty line (unless the opening
mark stands alone on its line), where its list or quote ends, or when it gets too long.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.rules_block import StateBlock
    from markdown_it.rules_inline import StateInline

_LONGEST_INLINE: Final = 1_000
"""Characters; a mark that is not closed is looked at no further."""

_LONGEST_BLOCK: Final = 6_000
_MOST_LINES: Final = 80
BLOCK_MARKS: Final = ("$$", "\\[")
_CLOSINGS: Final = {"$$": "$$", "\\[": "\\]", "\\(": "\\)"}
_DOLLARS: Final = re.compile(r"\\.|\$+", re.DOTALL)
_BACKSLASHED: Final = re.compile(r"\\.", re.DOTALL)
_IS_FORMULA: Final = re.compile(r"[\\^_={}]")
_IS_PRICE: Final = re.compile(r"[\d.,]+\s+[A-Za-z]{2}")
STOPS: Final = ".,;:"


class Formula(NamedTuple):
    """What a mark in a text opens."""

    end: int
    """Behind the closing mark; 0: it opens nothing."""
    is_final: bool
    """It stays so whatever follows the text."""
    mark: str = ""

    def content(self, text: str, start: int) -> str:
        """What stands between the marks."""
        return text[start + len(self.mark) : self.end - len(self.mark)]


_NOTHING: Final = Formula(0, is_final=True)
_NOT_YET: Final = Formula(0, is_final=False)


def formula_at(text: str, start: int) -> Formula:
    """What opens at a `$`, `\\(` or `\\[`."""
    if text[start] != "$":
        return _in_brackets(text, start)
    count = run_of(text, start)
    if start + count == len(text):
        return _NOT_YET
    if count > 2 or (
        count == 1 and (text[start + 1].isspace() or text[start - 1 : start].isalnum())
    ):
        return _NOTHING
    closing, is_final = _closing_dollars(text, start + count)
    if closing < 0:
        return _NOTHING if is_final else _NOT_YET
    end = closing + count
    if run_of(text, closing) != count:
        return _NOTHING if closing + run_of(text, closing) < len(text) else _NOT_YET
    content = text[start + count : closing]
    after = text[end : end + 1]
    if not _may_close(content, after, count):
        return Formula(0, is_final=bool(after))
    return Formula(end, is_final=bool(after), mark="$" * count)


def run_of(text: str, start: int) -> int:
    """How many dollars stand here."""
    end = start
    while end < len(text) and text[end] == "$":
        end += 1
    return end - start


def _closing_dollars(text: str, position: int) -> tuple[int, bool]:
    """Where the next dollars stand; -1: there are none, and whether they may still come."""
    for match in _DOLLARS.finditer(text, position, position + _LONGEST_INLINE):
        if match.group()[0] == "$":
            return match.start(), True
    return -1, len(text) >= position + _LONGEST_INLINE


def _may_close(content: str, after: str, count: int) -> bool:
    if count == 1:
        is_tight = not content[-1:].isspace() and not after.isalnum()
        return is_tight and not _IS_PRICE.match(content)
    return bool(content.strip()) and (
        content == content.strip() or bool(_IS_FORMULA.search(content))
    )


def _in_brackets(text: str, start: int) -> Formula:
    opening = text[start : start + 2]
    closing = _CLOSINGS[opening]
    limit = start + 2 + _LONGEST_INLINE
    for match in _BACKSLASHED.finditer(text, start + 2, limit):
        if match.group() == opening:
            return _NOTHING
        if match.group() == closing:
            is_empty = not text[start + 2 : match.start()].strip()
            return _NOTHING if is_empty else Formula(match.end(), is_final=True, mark=opening)
    return Formula(0, is_final=len(text) >= limit)


def inline_rule(state: StateInline, silent: bool) -> bool:
    """markdown-it's rule for formulas in a text."""
    opening = state.src[state.pos : state.pos + 2]
    if opening[:1] != "$" and opening not in ("\\(", "\\["):
        return False
    formula = formula_at(state.src, state.pos)
    if not formula.end:
        run = run_of(state.src, state.pos)
        if not silent:
            state.pending += "$" * run  # all of the run is text: its second opens nothing
        state.pos += run
        return run > 0
    if not silent:
        token = state.push("math_inline", "", 0)
        token.content = formula.content(state.src, state.pos)
        token.markup = formula.mark
    state.pos = formula.end
    return True


class _Opening(NamedTuple):
    mark: str
    is_alone: bool
    closes: bool
    """Its block ends in the same line."""


def _opening(line: str) -> _Opening | None:
    """What a line without its indentation opens."""
    mark = line[:2]
    if mark not in BLOCK_MARKS or run_of(line, 0) > 2 or len(line) > _LONGEST_BLOCK:
        return None
    closing = _closing(line, 2, mark)
    if closing < 0:
        return _Opening(mark, not line[2:].strip(), closes=False)
    if line[closing + 2 :].strip(STOPS + " \t") or not line[2:closing].strip():
        return None
    return _Opening(mark, is_alone=False, closes=True)


def _closing(line: str, position: int, mark: str) -> int:
    """Where the mark stands that closes a block; -1: not in this line."""
    closing = _CLOSINGS[mark]
    for match in re.finditer(r"\\.|\$\$", line[position:]):
        if match.group() == closing:
            return position + match.start()
    return -1


def is_text(line: str) -> bool:
    """Whether a line that begins with an opening mark, and may go on, opens no block for sure."""
    if run_of(line, 0) > 2 or len(line) > _LONGEST_BLOCK:
        return True
    return _closing(line, 2, line[:2]) >= 0 and _opening(line) is None


def block_rule(state: StateBlock, start: int, end: int, silent: bool) -> bool:
    """markdown-it's rule for formulas in blocks of their own."""
    first = state.bMarks[start] + state.tShift[start]
    if state.is_code_block(start) or state.src[first : first + 2] not in BLOCK_MARKS:
        return False
    opening = _opening(state.src[first : state.eMarks[start]].rstrip())
    if opening is None:
        return False
    if silent:
        return True
    last, is_closed = _last_line(state, start, end, opening)
    state.line = last + 1
    token = state.push("math_block", "", 0)
    token.map = [start, state.line]
    token.markup = opening.mark
    token.block = True
    lines = state.getLines(start, state.line, state.sCount[start], keepLastLF=False)
    token.content = lines.strip()
    token.meta = {"is_closed": is_closed, "is_alone": opening.is_alone}
    return True


def _last_line(state: StateBlock, start: int, end: int, opening: _Opening) -> tuple[int, bool]:
    """The last line of a block, and whether it has its closing mark."""
    if opening.closes:
        return start, True
    begins = state.bMarks[start]
    last = start
    for line in range(start + 1, min(end, start + _MOST_LINES)):
        if state.eMarks[line] - begins > _LONGEST_BLOCK:
            break
        if state.isEmpty(line):
            if not opening.is_alone:
                break
            continue
        if state.sCount[line] < state.blkIndent:
            break
        last = line
        text = state.src[state.bMarks[line] + state.tShift[line] : state.eMarks[line]]
        if _closing(text, 0, opening.mark) >= 0:
            return line, True
    return last, False


def parts(content: str, mark: str) -> tuple[str, str]:
    """The formula of a closed block, and what follows its closing mark."""
    closing = _closing_of_all(content, mark)
    return content[2:closing].strip(), content[closing + 2 :].strip()


def _closing_of_all(content: str, mark: str) -> int:
    position = 2
    for line in content[2:].split("\n"):
        closing = _closing(line, 0, mark)
        if closing >= 0:
            return position + closing
        position += len(line) + 1
    return len(content)


def install(parser: MarkdownIt) -> None:
    """Add the rules."""
    parser.inline.ruler.before("escape", "math_inline", inline_rule)
    parser.block.ruler.before(
        "table",
        "math_block",
        block_rule,
        {"alt": ["paragraph", "reference", "blockquote", "list"]},
    )
