"""Markdown to tokens: markdown-it, its block and its inline half on their own.

The block half is cheap and needs whole lines; the inline half is run when a block is drawn. Link
reference definitions are handed in and out, because they act across blocks.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import cache
from typing import TYPE_CHECKING, Any, Final, NamedTuple

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.token import Token

_LABEL: Final = re.compile(r"\[((?:\\.|[^\[\]\\])+)\]", re.DOTALL)
_QUOTE_MARKS: Final = re.compile(r"\n[ \t>]*")
_LONG_TAGS: Final = (("<!--", "-->"), ("<?", "?>"), ("<![CDATA[", "]]>"))
_ADDRESS: Final = re.compile(r"<[^\s<>]*>")

References = dict[str, Any]
"""Label, as CommonMark normalises it → what markdown-it makes of its definition."""


@cache
def _parser() -> MarkdownIt:
    from markdown_it import MarkdownIt  # 60 ms: not before it is needed

    from copilot_tui.tui.transcript import maths_rules, rules

    # 20, the preset's own limit, is ten lists; beyond ours nothing is shown: see rules.DEEPEST.
    parser = MarkdownIt("commonmark", {"maxNesting": 60}).enable(["table", "strikethrough"])
    maths_rules.install(parser)
    rules.install(parser)
    return parser


def warm_up() -> None:
    """Import what rendering needs; to be called in a thread after the first frame."""
    from pygments.lexers import get_lexer_by_name

    from copilot_tui.tui.transcript import maths

    maths.inline("x")
    parse_inline(parse_blocks("warm *up*", {})[1].content, {})
    get_lexer_by_name("python")


def parse_blocks(source: str, references: References) -> list[Token]:
    """The block tokens of a text; the definitions in it are added to `references`."""
    tokens: list[Token] = []
    env: dict[str, Any] = {"references": references}
    parser = _parser()
    # Without a newline at its end markdown-it 4.3 reads beyond it: "> - <!--\n> " is an IndexError.
    text = source if source.endswith("\n") else source + "\n"
    try:
        parser.block.parse(text, parser, env, tokens)
    except (
        IndexError
    ):  # should there be more of the kind: the text as it is, rather than no program
        from markdown_it.token import Token

        return [Token("html_block", "", 0, map=[0, text.count("\n")], content=source)]
    return tokens


def parse_inline(content: str, references: Mapping[str, Any]) -> list[Token]:
    """The inline tokens of a block's content."""
    from copilot_tui.tui.transcript.inline_parser import parsed

    return parsed(content, references).tokens


def closed_inline(content: str, references: Mapping[str, Any]) -> list[Token] | None:
    """The inline tokens of a text; None: emphasis that was begun in it may end behind it."""
    from copilot_tui.tui.transcript.inline_parser import parsed

    state = parsed(content, references)
    return None if any(mark.open and mark.end < 0 for mark in state.delimiters) else state.tokens


def labels(source: str) -> set[str]:
    """What may be the label of a link in this text, as markdown-it normalises labels."""
    if "[" not in source:
        return set()
    from markdown_it.common.utils import normalizeReference

    text = _QUOTE_MARKS.sub("\n", source)
    return {normalizeReference(label) for label in _LABEL.findall(text)}


def tag_end(text: str, position: int) -> int:
    """Behind the HTML tag or address in angle brackets that starts here; -1: there is none."""
    from markdown_it.common.html_re import HTML_TAG_RE

    for opening, closing in _LONG_TAGS:
        if text.startswith(opening, position) and text.find(closing, position) < 0:
            return -1  # the pattern would look for it once more
    match = HTML_TAG_RE.match(text[position:]) or _ADDRESS.match(text[position:])
    return position + match.end() if match else -1


def formula_end(text: str, start: int) -> int:
    """Behind the formula that starts at this mark, or behind the mark; -1: it may still be one."""
    from copilot_tui.tui.transcript.maths_rules import formula_at, run_of

    formula = formula_at(text, start)
    if not formula.is_final:
        return -1
    return formula.end or start + (run_of(text, start) or 2)


def may_begin_formula(line: str) -> bool:
    """Whether a line that may go on is, or may become, the first of a formula in a block."""
    if line in ("$", "\\"):
        return True
    if not line.startswith(("$$", "\\[")):
        return False
    from copilot_tui.tui.transcript.maths_rules import is_text

    return not is_text(line)


class Node(NamedTuple):
    """A block: its tokens, first and last included, and the source lines that it takes."""

    tokens: list[Token]
    start: int
    end: int

    @property
    def kind(self) -> str:
        """markdown-it's name, without `_open`."""
        return self.tokens[0].type.removesuffix("_open")


def nodes(tokens: list[Token]) -> Iterator[Node]:
    """The blocks that stand side by side in these tokens."""
    index = 0
    while index < len(tokens):
        token = tokens[index]
        last = index
        if token.nesting == 1:
            last += 1
            while tokens[last].level != token.level:
                last += 1
        start, end = token.map or (0, 0)
        yield Node(tokens[index : last + 1], start, end)
        index = last + 1
