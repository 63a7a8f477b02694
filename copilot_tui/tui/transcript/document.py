"""A text as lines, and which part of its source each of them shows."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from copilot_tui.tui.transcript.blocks import follows_blank, items
from copilot_tui.tui.transcript.markdown import Node, References, nodes, parse_blocks

if TYPE_CHECKING:
    from markdown_it.token import Token

    from copilot_tui.tui.transcript.blocks import Blocks
    from copilot_tui.tui.transcript.lines import Line


class Unit:
    """What is drawn on its own: a block, or an item of a list."""

    __slots__ = ("end", "gap", "height", "kind", "marker", "number", "start")

    def __init__(
        self,
        kind: str,
        start: int,
        end: int,
        *,
        gap: bool,
        number: int | None = None,
        marker: str = "",
    ) -> None:
        self.kind = kind
        """markdown-it's name of the block, or list_item."""
        self.start = start
        """Characters of the source before it."""
        self.end = end
        self.height = 0
        """Lines that it takes, the empty one before it included."""
        self.gap = gap
        """An empty line stands before it, unless nothing else does."""
        self.number = number
        """Of an item in an ordered list."""
        self.marker = marker
        """Of the items before it in the same list; empty: there are none."""


class Document:
    """The lines of a text that may grow."""

    __slots__ = ("_pieces", "lines", "units")

    def __init__(self, source: str = "") -> None:
        self._pieces = [source]
        self.lines: list[Line] = []
        self.units: list[Unit] = []

    @property
    def source(self) -> str:
        """The text that the lines show."""
        if len(self._pieces) > 1:
            self._pieces = ["".join(self._pieces)]
        return self._pieces[0]

    def extend(self, text: str) -> None:
        """The source goes on."""
        self._pieces.append(text)

    def add(self, lines: list[Line], unit: Unit, blocks: Blocks) -> None:
        """Put a unit at the end."""
        if unit.gap and self.lines:
            lines.insert(0, blocks.blank())
        unit.height = len(lines)
        self.lines += lines
        self.units.append(unit)


class Beginning(NamedTuple):
    """What a part of a text has to know of the text before it."""

    offset: int = 0
    """Characters before it."""
    gap: bool = True
    number: int | None = None
    """The part starts within an ordered list, with the item of this number."""
    marker: str = ""
    """The part starts within a list whose items before it have this marker."""


def parse_part(part: str, references: References, beginning: Beginning) -> list[Token]:
    """The block tokens of a part that starts at a block or at an item of a list.

    An item that begins a text may be read as something else (a table) than one that follows
    another, so it is read behind another.
    """
    if not beginning.marker:
        return parse_blocks(part, references)
    # three spaces: no item of the same list can be indented so far that it would go into this one
    tokens = parse_blocks(f"   {beginning.marker} x\n{part}", references)
    first = next(nodes(tokens[1:]))
    del tokens[1 : 1 + len(first.tokens)]
    for token in tokens:
        if token.map:
            token.map = [max(0, line - 1) for line in token.map]
    return tokens


def draw_part(
    part: str,
    tokens: list[Token],
    references: References,
    blocks: Blocks,
    beginning: Beginning,
) -> Iterator[tuple[list[Line], Unit]]:
    """The units of a part of a text that starts at a block or at an item of a list."""
    rows = part.split("\n")
    starts = [beginning.offset]
    for row in rows:
        starts.append(starts[-1] + len(row) + 1)
    gap, number, marker = beginning.gap, beginning.number, beginning.marker
    for node in nodes(tokens):
        if node.kind in ("bullet_list", "ordered_list"):
            for item, item_number in items(node, number):
                drawn = blocks.item(item, item_number, references, source=rows)
                yield (
                    drawn,
                    Unit(
                        item.kind,
                        starts[item.start],
                        min(starts[item.end], starts[-1] - 1),
                        gap=gap or follows_blank(item, rows),
                        number=item_number,
                        marker=marker,
                    ),
                )
                gap, marker = False, marker_of(node)
        else:
            drawn = blocks.draw(node, references, source=rows)
            yield (
                drawn,
                Unit(node.kind, starts[node.start], min(starts[node.end], starts[-1] - 1), gap=gap),
            )
        gap, number, marker = True, None, ""


def marker_of(node: Node) -> str:
    """What another item of this list may begin with."""
    mark = node.tokens[0].markup
    return f"1{mark}" if node.kind == "ordered_list" else mark


def draw(source: str, blocks: Blocks) -> Document:
    """Draw a text from its beginning to its end."""
    document = Document(source)
    references: References = {}
    tokens = parse_blocks(source, references)
    for lines, unit in draw_part(source, tokens, references, blocks, Beginning()):
        document.add(lines, unit, blocks)
    return document
