"""Markdown to tokens: markdown-it, its block and its inline half on their own.

The block half is cheap and needs whole lines; the inline half is run when a block is drawn. Link
reference definitions are handed in and out, because they act across blocks.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.token import Token

References = dict[str, Any]
"""Label, as CommonMark normalises it → what markdown-it makes of its definition."""


@cache
def _parser() -> MarkdownIt:
    from markdown_it import MarkdownIt  # 60 ms: not before it is needed

    return MarkdownIt("commonmark").enable(["table", "strikethrough"])


def warm_up() -> None:
    """Import what rendering needs; to be called in a thread after the first frame."""
    from pygments.lexers import get_lexer_by_name

    parse_inline(parse_blocks("warm *up*", {})[1].content, {})
    get_lexer_by_name("python")


def parse_blocks(source: str, references: References) -> list[Token]:
    """The block tokens of a text; the definitions in it are added to `references`."""
    tokens: list[Token] = []
    env: dict[str, Any] = {"references": references}
    parser = _parser()
    parser.block.parse(source, parser, env, tokens)
    return tokens


def parse_inline(content: str, references: Mapping[str, Any]) -> list[Token]:
    """The inline tokens of a block's content."""
    parser = _parser()
    return parser.inline.parse(content, parser, {"references": references}, [])


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
