"""Blocks that may grow without end: a fence, a table, a paragraph.

Each takes the source that has come since it settled something last, and settles what it can.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, NamedTuple, Protocol

from copilot_tui.pieces import Pieces
from copilot_tui.tui.transcript import code
from copilot_tui.tui.transcript.blocks import alignments
from copilot_tui.tui.transcript.lines import Line
from copilot_tui.tui.transcript.markdown import (
    Node,
    References,
    may_begin_formula,
    nodes,
    parse_blocks,
)
from copilot_tui.tui.transcript.paragraph import GrowingParagraph
from copilot_tui.tui.transcript.tables import MEASURED_ROWS, Cell, TableLayout

if TYPE_CHECKING:
    from collections.abc import Sequence

    from copilot_tui.tui.transcript.blocks import Blocks
    from copilot_tui.tui.transcript.wrap import Row


class Step(NamedTuple):
    """What a block made of the source that it was given."""

    lines: list[Line]
    """They have settled."""
    consumed: int
    """Characters of the source that have settled."""
    tail: list[Line]
    """The lines of the rest."""
    foreign: str = ""
    """The end of the source, if it looks as if another block began there."""
    has_ended: bool = False
    """The rest belongs to other blocks."""


class OpenBlock(Protocol):
    """A block to which lines are added."""

    def take(self, source: str, references: References) -> Step | None:
        """Go on with this source. None: the whole block has turned out to be something else."""
        ...

    def close(self) -> bool:
        """The text has ended. False: the whole block has turned out to be something else."""
        ...


def open_block(
    node: Node, rows: Sequence[str], complete: int, blocks: Blocks, long_paragraph: int
) -> OpenBlock | None:
    """The open block that a node goes on as; None: it is too short, or of another kind."""
    first = rows[node.start]
    if (
        node.kind == "fence"
        and node.start + ("|" in first) < complete  # it may be the head of a table
        and first[:1] in ("`", "~")
    ):
        return OpenFence(node, first + "\n", blocks)
    if node.kind == "table" and complete - node.start - 2 > MEASURED_ROWS:
        return OpenTable(node, rows[node.start : node.start + 2], blocks)
    if (
        node.kind == "paragraph"
        and sum(map(len, rows[node.start :])) > long_paragraph
        and _is_plain(first)
        and (node.start < complete or _goes_on(first))
    ):
        return OpenParagraph(blocks)
    return None


def _is_plain(first: str) -> bool:
    """Whether a paragraph's first line would also go on with another paragraph."""
    text = first.strip()
    if text[:1] == "[" and _NO_DEFINITION.match(text) is None:
        return False
    return bool(text.strip("=-"))


_NO_DEFINITION: Final = re.compile(r"\[(?:\\.|[^\[\]\\])*(?:\[|\][^:])")
"""What looks like a definition, and is none whatever follows."""


class OpenFence:
    """A fence whose end has not come: each line settles by itself."""

    def __init__(self, node: Node, opening: str, blocks: Blocks) -> None:
        token = node.tokens[0]
        mark = token.markup
        self._closing = re.compile(rf" {{0,3}}{re.escape(mark[0])}{{{len(mark)},}}[ \t]*")
        self._opening: str | None = opening
        self._language = code.language_of(token)
        self._blocks = blocks
        self._rows: list[list[Line]] = []
        self._source: list[str] = []
        self._code_width = [0]
        self._partial: tuple[str, list[Line]] | None = None
        """The last line, while it has no end."""

    def take(self, source: str, references: References) -> Step | None:
        """Settle whole lines."""
        *complete, partial = source.split("\n")
        lines: list[Line] = []
        consumed = 0
        if self._opening is not None:
            del complete[0]
            consumed += len(self._opening)
            lines += self._blocks.code_head(self._language, self._blocks.width)
            self._opening = None
        for row in complete:
            consumed += len(row) + 1
            if self._closing.fullmatch(row):
                self._colour()
                return Step([*lines, *self._ending()], consumed, [], has_ended=True)
            drawn = self._draw(row)
            self._source.append(row)
            self._rows.append(drawn)
            lines += drawn
        if not partial or self._closing.fullmatch(partial):
            self._partial = None
            return Step(lines, consumed, self._ending())
        drawn = self._draw(partial)
        self._partial = (partial, drawn)
        return Step(lines, consumed, drawn)

    def close(self) -> bool:
        """The fence ends with the text."""
        if self._partial is not None:
            self._source.append(self._partial[0])
            self._rows.append(self._partial[1])
        self._colour()
        return True

    def _ending(self) -> list[Line]:
        """The empty line that a fence without lines has."""
        return [] if self._source else self._draw("")

    def _draw(self, row: str) -> list[Line]:
        return self._blocks.lone_row(row, self._language, self._blocks.width, self._code_width)

    def _colour(self) -> None:
        self._blocks.colour(self._rows, "\n".join(self._source), self._language)


class OpenTable:
    """A table whose widths are settled: each row settles by itself."""

    def __init__(self, node: Node, head: Sequence[str], blocks: Blocks) -> None:
        self._head = "\n".join(head) + "\n"
        self._blocks = blocks
        self._layout = TableLayout(blocks.palette, blocks.width, alignments(node.tokens))
        self._is_new = True
        self._last_settled: list[Cell] | None = None
        """The row above those that are still to settle."""

    def take(self, source: str, references: References) -> Step | None:
        """Settle whole rows."""
        head = "" if self._is_new else self._head
        rows = (head + source).split("\n")
        complete = len(rows) - 1
        tops = list(nodes(parse_blocks(head + source, dict(references))))
        table = tops[0]
        drawn = self._blocks.rows(table.tokens, references)
        if self._is_new:
            self._layout.measure(drawn)
        whole = min(table.end, complete) - table.start - 1
        lines = self._draw(drawn, 0 if self._is_new else 1, whole)
        self._is_new = False
        tail = self._draw(drawn, whole, len(drawn))
        if whole > 1:
            self._last_settled = drawn[whole - 1]
        consumed = sum([len(row) + 1 for row in rows[: min(table.end, complete)]]) - len(head)
        if table.end < complete:
            return Step(lines, consumed, [], has_ended=True)
        foreign = rows[-1] if table.end <= complete else ""
        return Step(lines, consumed, tail, foreign=foreign)

    def close(self) -> bool:
        """All rows are drawn."""
        return True

    def _draw(self, rows: list[list[Cell]], start: int, end: int) -> list[Line]:
        lines: list[Line] = []
        for index in range(start, end):
            above = rows[index - 1] if index > 1 else self._last_settled
            lines += self._layout.lines(rows[index], first=index == 0, above=above)
        return lines


class OpenParagraph:
    """A paragraph that is too long to be looked at as a whole.

    Whether a line goes on with it is asked of a short paragraph in its stead. A last line that
    would make something else of what stands before it (a heading, a table) is not shown until it is
    whole.
    """

    def __init__(self, blocks: Blocks) -> None:
        self._blocks = blocks
        self._text = GrowingParagraph(blocks.inline, blocks.palette.base, blocks.width)
        self._last_row = ""
        """The last whole line, if it may become the head of a table."""
        self._row = Pieces()
        """What has been taken of the line that is not whole, which is text for sure then."""
        self._is_hiding = False
        """The last line would make something else of the whole."""

    def take(self, source: str, references: References) -> Step | None:
        """Settle all but the end."""
        if self._row.size and "\n" not in source:
            return self._go_on(source, references)
        taken = self._row.text if self._row.size else ""
        *complete, partial = (taken + source).split("\n")
        consumed = 0
        rows: list[Row] = []
        if complete:
            accepted = self._accept(complete)
            if accepted is None:
                return None
            text = "".join([row + "\n" for row in complete[:accepted]])[len(taken) :]
            rows += self._text.take(text, references)
            consumed = len(text)
            if accepted < len(complete):
                rows += self._text.rest(references)
                return Step(self._lines(rows, is_last=True), consumed, [], has_ended=True)
            taken = ""
            self._last_row = complete[-1] if "|" in complete[-1] else ""
        self._row = Pieces()
        hidden = foreign = ""
        self._is_hiding = False
        if _goes_on(partial):
            text = partial[len(taken) :]
            rows += self._text.take(text, references)
            consumed += len(text)
            self._row.append(partial)
        else:
            kinds = [node.kind for node in self._ask([partial])[0]]
            if kinds == ["paragraph"]:
                hidden = partial
            elif kinds[0] == "paragraph" and "table" not in kinds:
                foreign = partial
                self._is_hiding = "]:" in partial  # a definition would change links before it
            else:
                self._is_hiding = True
        rest = self._text.rest(references, hidden)
        return Step(self._lines(rows), consumed, self._lines(rest, is_last=True), foreign=foreign)

    def _go_on(self, text: str, references: References) -> Step:
        """Go on with a line that is text, however long it has become."""
        self._row.append(text)
        lines = self._lines(self._text.take(text, references))
        return Step(lines, len(text), self._lines(self._text.rest(references), is_last=True))

    def close(self) -> bool:
        """A last line that was hidden says now what the paragraph is."""
        return not self._is_hiding

    def _ask(self, rows: Sequence[str], end: str = "") -> tuple[list[Node], int]:
        """The blocks that a paragraph and these lines make, and the number of lines before them."""
        before = ["x", self._last_row] if self._last_row else ["x"]
        return list(nodes(parse_blocks("\n".join([*before, *rows]) + end, {}))), len(before)

    def _accept(self, rows: Sequence[str]) -> int | None:
        """How many of these whole lines go on with the paragraph; None: all is something else."""
        tops, before = self._ask(rows, "\n")
        if tops[0].kind != "paragraph" or tops[0].end < before:
            return None
        return tops[0].end - before

    def _lines(self, rows: list[Row], *, is_last: bool = False) -> list[Line]:
        return self._blocks.lines(rows, is_last=is_last)


_MAY_TURN: Final = frozenset("`~#>-*+_=|:<0123456789")
"""What a line may begin with that is more than text, or becomes more with its next character."""

_LONG_ENOUGH: Final = 64
_ONLY_MARKS: Final = re.compile(r"[-:| \t]*|=*[ \t]*|[* \t]*|[_ \t]*")
_BLOCK_MARK: Final = re.compile(r"```|~~~|#{1,6}\s|[><]|[-+*]\s|\d{1,9}[.)]\s")


def _goes_on(partial: str) -> bool:
    """Whether a line without its end is text for sure, whatever follows in it."""
    text = partial.lstrip(" \t")
    if not text:
        return False
    if may_begin_formula(text):
        return False
    if text[0] not in _MAY_TURN:
        return True
    return (
        len(text) > _LONG_ENOUGH
        and _BLOCK_MARK.match(text) is None
        and _ONLY_MARKS.fullmatch(text) is None
    )
