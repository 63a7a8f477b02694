"""Markdown to tokens: markdown-it, its block and its inline half on their own.

The block half is cheap and needs whole lines; the inline half is run when a block is drawn. Link
reference definitions are handed in and out, because they act across blocks.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from typing import TYPE_CHECKING, Any, Final, NamedTuple

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.rules_inline import StateInline
    from markdown_it.token import Token

_LABEL: Final = re.compile(r"\[((?:\\.|[^\[\]\\])+)\]", re.DOTALL)
_QUOTE_MARKS: Final = re.compile(r"\n[ \t>]*")
_ADDRESS: Final = re.compile(r"<[^\s<>]*>")

LONGEST_PART: Final = 8_192
"""Characters. Inline Markdown acts within so much of a text, and no further: there are texts, such
as many brackets, that cost markdown-it a multiple of their length.
"""

LATEST_CUT: Final = LONGEST_PART - 512
"""A part that is not the last ends behind this."""

_SENTENCE_END: Final = re.compile(r"[^\s\\][.!?]( )(?=[^\W_])")
_WORD_END: Final = re.compile(r"[^\s\\]( )(?=\S)")

References = dict[str, Any]
"""Label, as CommonMark normalises it → what markdown-it makes of its definition."""


@cache
def _parser() -> MarkdownIt:
    from markdown_it import MarkdownIt  # 60 ms: not before it is needed

    from copilot_tui.tui.transcript import maths_rules

    # What is nested deeper is not shown; 20, the preset's own limit, is ten lists.
    parser = MarkdownIt("commonmark", {"maxNesting": 60}).enable(["table", "strikethrough"])
    maths_rules.install(parser)
    return parser


@cache
def _inline_parser() -> MarkdownIt:
    """The same with the preset's limit: what brackets within brackets cost grows with it."""
    from markdown_it import MarkdownIt
    from markdown_it.rules_inline import image, link

    from copilot_tui.tui.transcript import maths_rules

    parser = MarkdownIt("commonmark", {"maxNesting": 20}).enable(["strikethrough"])
    maths_rules.install(parser)
    for name, rule in (("link", link), ("image", image)):
        parser.inline.ruler.at(name, _if_closed(rule))
    return parser


def _if_closed(rule: Callable[[StateInline, bool], bool]) -> Callable[[StateInline, bool], bool]:
    """A rule for brackets that does not look for an end where there is none."""

    def closed(state: StateInline, silent: bool) -> bool:
        is_possible = state.src[state.pos] in "[!" and state.src.find("]", state.pos) >= 0
        return is_possible and rule(state, silent)

    return closed


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


def parts(content: str) -> Iterator[tuple[str, str]]:
    """The parts of a text that are read by themselves, each with the space behind it, if any.

    Most texts are one part. Where a part ends is told by its own characters alone, so the parts of
    a text that grows stay: at the last end of a sentence, or else of a word, that is near its end.
    """
    while len(content) >= LONGEST_PART:
        near = content[LATEST_CUT:LONGEST_PART]
        spaces = list(_SENTENCE_END.finditer(near)) or list(_WORD_END.finditer(near))
        end, behind = spaces[-1].span(1) if spaces else (len(near) - 1, len(near) - 1)
        yield content[: LATEST_CUT + end], near[end:behind]
        content = content[LATEST_CUT + behind :]
    yield content, ""


def parse_inline(content: str, references: Mapping[str, Any]) -> list[Token]:
    """The inline tokens of a block's content."""
    parser = _inline_parser()
    return parser.inline.parse(content, parser, {"references": references}, [])


def closed_inline(content: str, references: Mapping[str, Any]) -> list[Token] | None:
    """The inline tokens of a text; None: emphasis that was begun in it may end behind it."""
    from markdown_it.rules_inline import StateInline

    parser = _inline_parser()
    state = StateInline(content, parser, {"references": references}, [])
    parser.inline.tokenize(state)
    for rule in parser.inline.ruler2.getRules(""):
        rule(state)
    if any(mark.open and mark.end < 0 for mark in state.delimiters):
        return None
    return state.tokens


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
