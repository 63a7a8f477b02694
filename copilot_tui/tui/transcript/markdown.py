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
    from markdown_it.rules_inline.state_inline import Delimiter
    from markdown_it.token import Token

_LABEL: Final = re.compile(r"\[((?:\\.|[^\[\]\\])+)\]", re.DOTALL)
_QUOTE_MARKS: Final = re.compile(r"\n[ \t>]*")
_ADDRESS: Final = re.compile(r"<[^\s<>]*>")

_Rule = Callable[["StateInline", bool], bool]

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


@cache
def _inline_parser() -> MarkdownIt:
    return _new_inline_parser()


def _new_inline_parser() -> MarkdownIt:
    """The same for text: what brackets cost that have no end grows with this limit, so that eight
    within each other are read, and not the preset's twenty.
    """
    from markdown_it import MarkdownIt
    from markdown_it.rules_inline import image, link

    from copilot_tui.tui.transcript import maths_rules

    parser = MarkdownIt("commonmark", {"maxNesting": 8}).enable(["strikethrough"])
    maths_rules.install(parser)
    for name, rule in (("link", link), ("image", image)):
        parser.inline.ruler.at(name, _if_closed(rule))
    return parser


def _if_closed(rule: _Rule) -> _Rule:
    """A rule for brackets that does not look for an end where there is none."""

    def closed(state: StateInline, silent: bool) -> bool:
        is_possible = state.src[state.pos] in "[!" and state.src.find("]", state.pos) >= 0
        return is_possible and rule(state, silent)

    return closed


_Mark = tuple[int, "Delimiter", "list[Delimiter]"]
"""Where it stands in the text, itself, and those that it may be paired with."""


@cache
def _marking_parser() -> MarkdownIt:
    """The same; where marks of emphasis stand is noted in `env`, as `marks`."""
    from markdown_it.rules_inline import emphasis, strikethrough

    parser = _new_inline_parser()
    for name, rule in (("emphasis", emphasis.tokenize), ("strikethrough", strikethrough.tokenize)):
        parser.inline.ruler.at(name, _noting(rule))
    return parser


def _noting(rule: _Rule) -> _Rule:
    def noting(state: StateInline, silent: bool) -> bool:
        start, before = state.pos, len(state.delimiters)
        has_taken = rule(state, silent)
        marks: list[_Mark] = state.env["marks"]
        marks += [(start, mark, state.delimiters) for mark in state.delimiters[before:]]
        return has_taken

    return noting


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


def emphasised(content: str) -> list[tuple[int, int]]:
    """What in a text is emphasised: where each stretch starts, and where it ends; -1: it does not.

    Not every such start is one: it may be an asterisk that nobody meant.
    """
    from markdown_it.rules_inline import StateInline, link_pairs

    parser = _marking_parser()
    marks: list[_Mark] = []
    state = StateInline(content, parser, {"references": {}, "marks": marks}, [])
    parser.inline.tokenize(state)
    link_pairs(state)
    starts = {id(delimiter): start for start, delimiter, _ in marks}
    return [
        (start, -1 if mark.end < 0 else starts[id(others[mark.end])])
        for start, mark, others in marks
        if mark.open
    ]


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
