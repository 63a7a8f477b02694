"""A text that grows at its end, drawn so that only its open block is looked at again.

Markdown is read from above: where a block starts on a complete line, what stands before it is
settled. So are the items of a list before the last, the lines of a fence, the rows of a long table,
and all but the end of a long paragraph. Only link reference definitions act backwards; the units
that use them are drawn again when they come. After each flush the lines are those of the whole text
drawn at once.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from copilot_tui.tui.transcript.document import (
    Beginning,
    Document,
    Unit,
    draw_part,
    marker_of,
    parse_part,
)
from copilot_tui.tui.transcript.markdown import (
    Node,
    References,
    labels,
    nodes,
    parse_blocks,
)
from copilot_tui.tui.transcript.open_blocks import OpenBlock, open_block

if TYPE_CHECKING:
    from markdown_it.token import Token

    from copilot_tui.tui.transcript.blocks import Blocks

LONG: Final = 1_500
"""A paragraph of more characters is drawn piece by piece."""


class Streamer:
    """Takes text and keeps the lines of all that came."""

    def __init__(self, blocks: Blocks, *, long_paragraph: int = LONG) -> None:
        self.document = Document()
        self._blocks = blocks
        self._long_paragraph = long_paragraph
        self._pending: list[str] = []
        self._tail = ""
        """The source that has not settled."""
        self._beginning = Beginning()
        self._settled = 0
        """Lines that have settled; those of the tail follow them."""
        self._settled_units = 0
        self._references: References = {}
        """What was defined in the settled source."""
        self._drawn_with: References = {}
        self._open: OpenBlock | None = None
        self._open_height = 0
        """Lines of the open block that have settled."""
        self._was_refused = False
        """In this flush an open block turned out to be something else."""
        self._first_changed = 0

    def feed(self, text: str) -> None:
        """Take text; it is drawn by the next flush."""
        if text:
            self._pending.append(text)

    def flush(self) -> int | None:
        """Draw what has come. Gives the first line that changed; None: nothing did."""
        if not self._pending:
            return None
        text = "".join(self._pending)
        self._pending.clear()
        self.document.extend(text)
        self._tail += text
        self._first_changed = self._settled
        self._was_refused = False
        del self.document.lines[self._settled :]
        del self.document.units[self._settled_units :]
        while self._advance():
            pass
        return self._first_changed

    def close(self) -> int | None:
        """The text has ended. Gives the first line that changed; None: nothing did."""
        first = self.flush()
        opened, self._open = self._open, None
        if opened is None or opened.close():
            return first
        self._look_again(self.document.units[self._settled_units - 1])
        while self._advance():
            pass
        return self._first_changed

    def _advance(self) -> bool:
        """Settle what can be settled, or draw the rest. True: look again."""
        if self._open is not None:
            return self._advance_open(self._open)
        references = dict(self._references)
        tokens = parse_part(self._tail, references, self._beginning)
        if self._settle(tokens):
            return True
        if references != self._drawn_with:
            self._redraw(references)
        self._draw_tail(self._tail, tokens, references, self._beginning)
        return False

    # Blocks that are whole

    def _settle(self, tokens: list[Token]) -> bool:
        """Settle the blocks before the last, or the items of a list before the last."""
        rows = self._tail.split("\n")
        complete = len(rows) - 1
        tops = list(nodes(tokens))
        for index in range(len(tops) - 1, 0, -1):
            start = _start(tops, index, rows)
            if _is_decided(tops[index], start, rows):
                self._settle_rows(rows, start, Beginning())
                return True
        if not tops or len(tops) > 1:
            return False
        if tops[0].kind in ("bullet_list", "ordered_list"):
            return self._settle_items(tops[0], rows, complete)
        if _start(tops, 0, rows) == tops[0].start:
            return self._open_block(tops[0], rows, complete)
        return False

    def _settle_items(self, node: Node, rows: list[str], complete: int) -> bool:
        entries = list(nodes(node.tokens[1:-1]))
        index = max((i for i, item in enumerate(entries) if item.start < complete), default=0)
        if not index:
            return False
        number = self._beginning.number
        if node.kind == "ordered_list":
            if number is None:
                number = int(node.tokens[0].attrs.get("start", 1))
            number += index
        start = entries[index].start
        gap = not rows[start - 1].strip(" \t>")
        self._settle_rows(rows, start, Beginning(0, gap, number, marker_of(node)))
        return True

    def _settle_rows(self, rows: list[str], count: int, following: Beginning) -> None:
        part = "\n".join(rows[:count]) + "\n"
        tokens = parse_part(part, self._references, self._beginning)
        self._draw_tail(part, tokens, {**self._drawn_with, **self._references}, self._beginning)
        self._settled = len(self.document.lines)
        self._settled_units = len(self.document.units)
        self._consume(len(part), following)

    def _consume(self, count: int, following: Beginning) -> None:
        self._tail = self._tail[count:]
        self._beginning = following._replace(offset=self._beginning.offset + count)

    def _draw_tail(
        self, part: str, tokens: list[Token], references: References, beginning: Beginning
    ) -> None:
        for lines, unit in draw_part(part, tokens, references, self._blocks, beginning):
            self.document.add(lines, unit, self._blocks)

    # Blocks that are long

    def _open_block(self, node: Node, rows: list[str], complete: int) -> bool:
        opened = None
        if not self._was_refused:
            opened = open_block(node, rows, complete, self._blocks, self._long_paragraph)
        if opened is None:
            return False
        self._open = opened
        self._consume(sum([len(row) + 1 for row in rows[: node.start]]), self._beginning)
        offset = self._beginning.offset
        unit = Unit(node.kind, offset, offset, gap=self._beginning.gap)
        self.document.add([], unit, self._blocks)
        self._open_height = unit.height
        self._settled = len(self.document.lines)
        self._settled_units = len(self.document.units)
        return True

    def _advance_open(self, opened: OpenBlock) -> bool:
        unit = self.document.units[-1]
        step = opened.take(self._tail, self._drawn_with)
        if step is None:
            self._look_again(unit)
            return True
        self._open_height += len(step.lines)
        self.document.lines += step.lines
        self._settled += len(step.lines)
        self._consume(step.consumed, Beginning())
        unit.end = self._beginning.offset
        unit.height = self._open_height + len(step.tail)
        if step.has_ended:
            self._open = None
            return True
        self.document.lines += step.tail
        if step.foreign:
            tokens = parse_blocks(step.foreign, dict(self._references))
            offset = self._beginning.offset + len(self._tail) - len(step.foreign)
            self._draw_tail(step.foreign, tokens, self._drawn_with, Beginning(offset))
        return False

    def _look_again(self, unit: Unit) -> None:
        """The open block is something else now, as a whole."""
        self._open = None
        self._was_refused = True
        self._settled -= self._open_height
        self._settled_units -= 1
        self._first_changed = min(self._first_changed, self._settled)
        del self.document.lines[self._settled :]
        del self.document.units[self._settled_units :]
        self._tail = self.document.source[unit.start :]
        self._beginning = Beginning(unit.start, gap=unit.gap)

    # What acts backwards

    def _redraw(self, references: References) -> None:
        """Draw settled units anew that use a label whose definition has come, gone or changed."""
        changed = {
            label
            for label in references.keys() | self._drawn_with.keys()
            if references.get(label) != self._drawn_with.get(label)
        }
        self._drawn_with = references
        row = 0
        source = self.document.source
        for unit in self.document.units:
            part = source[unit.start : unit.end]
            if not changed.isdisjoint(labels(part)):
                self._redraw_unit(unit, row, part)
                self._first_changed = min(self._first_changed, row)
            row += unit.height
        self._settled = row

    def _redraw_unit(self, unit: Unit, row: int, part: str) -> None:
        beginning = Beginning(unit.start, unit.gap, unit.number, unit.marker)
        tokens = parse_part(part, {}, beginning)
        drawn = draw_part(part, tokens, self._drawn_with, self._blocks, beginning)
        lines = [line for some, _ in drawn for line in some]
        if unit.gap and row:
            lines.insert(0, self._blocks.blank())
        self.document.lines[row : row + unit.height] = lines
        unit.height = len(lines)


def _start(tops: list[Node], index: int, rows: list[str]) -> int:
    """Where a block starts, the definitions before it included, which have no tokens."""
    start = tops[index - 1].end if index else 0
    while start < tops[index].start and not rows[start].strip():
        start += 1
    return start


def _is_decided(node: Node, start: int, rows: list[str]) -> bool:
    """Whether a block starts here whatever comes.

    A table needs its second line for that. What may be the title of a definition may belong to one
    that ends the list or quote before it.
    """
    complete = len(rows) - 1
    if start >= complete or (node.kind == "table" and node.start + 1 >= complete):
        return False
    may_be_title = rows[start].lstrip()[:1] in ("'", '"', "(") and rows[start - 1].strip()
    return not may_be_title
