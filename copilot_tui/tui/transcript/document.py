"""A whole text, drawn at once: what a reply that has ended looks like."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from copilot_tui.tui.transcript.blocks import follows_blank, items
from copilot_tui.tui.transcript.markdown import References, nodes, parse_blocks

if TYPE_CHECKING:
    from copilot_tui.tui.transcript.blocks import Blocks
    from copilot_tui.tui.transcript.lines import Line


@dataclass(slots=True)
class Unit:
    """What is drawn on its own: a block, or an item of a list."""

    start: int
    """Characters of the source before it."""
    end: int
    lines: int
    """Lines that it takes, the empty one before it included."""


@dataclass(slots=True)
class Document:
    """The lines of a text, and which part of its source they show."""

    source: str
    lines: list[Line] = field(default_factory=list)
    units: list[Unit] = field(default_factory=list)


def draw(source: str, blocks: Blocks) -> Document:
    """Draw a text from its beginning to its end."""
    document = Document(source)
    references: References = {}
    tokens = parse_blocks(source, references)
    rows = source.split("\n")
    starts = [0]
    for row in rows:
        starts.append(starts[-1] + len(row) + 1)

    def add(lines: list[Line], start: int, end: int, *, gap: bool) -> None:
        if gap and document.lines:
            lines.insert(0, blocks.blank())
        document.lines += lines
        document.units.append(Unit(starts[start], min(starts[end], len(source)), len(lines)))

    for node in nodes(tokens):
        if node.kind.endswith("_list"):
            for index, (item, number) in enumerate(items(node)):
                drawn = blocks.item(item, number, references, source=rows)
                gap = index == 0 or follows_blank(item, rows)
                add(drawn, item.start, item.end, gap=gap)
        else:
            add(blocks.draw(node, references, source=rows), node.start, node.end, gap=True)
    return document
