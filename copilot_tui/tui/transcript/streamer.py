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
    LISTS,
    Beginning,
    Document,
    Unit,
    lines_of,
    marker_of,
    outline,
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
    """Takes text and keeps its blocks; they are drawn when they are seen."""

    def __init__(self, blocks: Blocks, *, long_paragraph: int = LONG) -> None:
        self.document = Document("", blocks)
        self._blocks = blocks
        self._long_paragraph = long_paragraph
        self._pending: list[str] = []
        self._tail = ""
        """The source that has not settled."""
        self._beginning = Beginning()
        self._settled_units = 0
        """Units that have settled; those of the tail follow them."""
        self._before: dict[int, Unit] = {}
        """The units of the tail before this flush, by where they start."""
        self._references: References = {}
        """What was defined in the settled source."""
        self._open: OpenBlock | None = None
        """What the last settled unit goes on as."""
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
        """Read what has come. Gives the first line that changed; None: nothing did."""
        if not self._pending:
            return None
        text = "".join(self._pending)
        self._pending.clear()
        document = self.document
        document.extend(text)
        self._tail += text
        self._was_refused = False
        self._before = {unit.start: unit for unit in document.truncate(self._settled_units)}
        self._first_changed = document.height
        if self._open is not None:
            self._first_changed = document.top(self._settled_units - 1) + self._open_height
        while self._advance():
            pass
        return self._first_changed

    def close(self) -> int | None:
        """The text has ended. Gives the first line that changed; None: nothing did."""
        first = self.flush()
        opened, self._open = self._open, None
        if opened is None:
            return first
        if opened.close():
            self.document.close(self._settled_units - 1)
            return first
        self._look_again(self.document.units[self._settled_units - 1])
        while self._advance():
            pass
        return self._first_changed

    def _advance(self) -> bool:
        """Settle what can be settled, or take the rest. True: look again."""
        if self._open is not None:
            return self._advance_open(self._open)
        references = dict(self._references)
        tokens = parse_part(self._tail, references, self._beginning)
        rows = self._tail.split("\n")
        if self._settle(tokens, rows, references):
            return True
        if references != self.document.references:
            self._change_references(references)
        self._add_units(rows, tokens, self._beginning)
        return False

    # Blocks that are whole

    def _settle(self, tokens: list[Token], rows: list[str], references: References) -> bool:
        """Settle the blocks before the last, or the items of a list before the last."""
        complete = len(rows) - 1
        tops = list(nodes(tokens))
        for index in range(len(tops) - 1, 0, -1):
            start = _start(tops, index, rows)
            if _is_decided(tops[index], start, rows):
                before = [token for node in tops[:index] for token in node.tokens]
                self._settle_rows(rows[:start], before, references, Beginning())
                return True
        if not tops or len(tops) > 1:
            return False
        if tops[0].kind in LISTS:
            return self._settle_items(tops[0], rows, references)
        if _start(tops, 0, rows) == tops[0].start:
            return self._open_block(tops[0], rows, complete)
        return False

    def _settle_items(self, node: Node, rows: list[str], references: References) -> bool:
        complete = len(rows) - 1
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
        before = [token for item in entries[:index] for token in item.tokens]
        tokens = [node.tokens[0], *before, node.tokens[-1]]
        self._settle_rows(
            rows[:start], tokens, references, Beginning(0, gap, number, marker_of(node))
        )
        return True

    def _settle_rows(
        self,
        rows: list[str],
        tokens: list[Token],
        references: References,
        following: Beginning,
    ) -> None:
        part = "\n".join(rows) + "\n"
        if references != self._references:  # some are defined here, and some may be behind it
            tokens = parse_part(part, self._references, self._beginning)
        self._add_units([*rows, ""], tokens, self._beginning)
        self._settled_units = len(self.document.units)
        self._consume(len(part), following)

    def _consume(self, count: int, following: Beginning) -> None:
        self._tail = self._tail[count:]
        self._beginning = following._replace(offset=self._beginning.offset + count)

    def _add_units(self, rows: list[str], tokens: list[Token], beginning: Beginning) -> None:
        """Put the blocks of these rows at the end. What was drawn stays drawn."""
        document = self.document
        for unit, node in outline(rows, tokens, beginning):
            before = self._before.get(unit.start)
            if before is not None and before.is_like(unit):
                document.add_as(before)
            elif before is not None and before.lines is not None:
                references = document.references | self._references
                document.add(unit, lines_of(unit, node, rows, self._blocks, references))
            else:
                document.add(unit)

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
        self.document.open(unit)
        self._open_height = unit.height
        self._settled_units = len(self.document.units)
        return True

    def _advance_open(self, opened: OpenBlock) -> bool:
        document = self.document
        unit = document.units[-1]
        step = opened.take(self._tail, document.references)
        if step is None:
            self._look_again(unit)
            return True
        document.grow(self._open_height, [*step.lines, *step.tail])
        self._open_height += len(step.lines)
        self._consume(step.consumed, Beginning())
        unit.end = self._beginning.offset
        if not step.has_ended:
            unit.end += len(self._tail) - len(step.foreign)
        else:
            self._open = None
            document.close(self._settled_units - 1)
            return True
        if step.foreign:
            tokens = parse_blocks(step.foreign, dict(self._references))
            offset = self._beginning.offset + len(self._tail) - len(step.foreign)
            self._add_units(step.foreign.split("\n"), tokens, Beginning(offset))
        return False

    def _look_again(self, unit: Unit) -> None:
        """The open block is something else now, as a whole."""
        self._open = None
        self._was_refused = True
        self._settled_units -= 1
        self._first_changed = min(self._first_changed, self.document.top(self._settled_units))
        self._before = {each.start: each for each in self.document.truncate(self._settled_units)}
        unit.end = -1  # it looks like nothing that it may be now
        self._tail = self.document.source[unit.start :]
        self._beginning = Beginning(unit.start, gap=unit.gap)

    # What acts backwards

    def _change_references(self, references: References) -> None:
        """Forget units that use a label whose definition has come, gone or changed."""
        document = self.document
        changed = {
            label
            for label in references.keys() | document.references.keys()
            if references.get(label) != document.references.get(label)
        }
        document.references = references
        for number, unit in enumerate(document.units):
            if not changed.isdisjoint(labels(document.source_of(unit))):
                document.forget(number)
                self._first_changed = min(self._first_changed, document.top(number))
        for unit in self._before.values():
            if not changed.isdisjoint(labels(document.source_of(unit))):
                unit.lines = None


def _start(tops: list[Node], index: int, rows: list[str]) -> int:
    """Where a block starts, the definitions before it included, which have no tokens."""
    start = tops[index - 1].end if index else 0
    while start < tops[index].start and not rows[start].strip():
        start += 1
    return start


def _is_decided(node: Node, start: int, rows: list[str]) -> bool:
    """Whether a block starts here whatever comes.

    A table needs its second line for that, and so does what may be the head of one. What may be the
    title of a definition may belong to one that ends the list or quote before it.
    """
    complete = len(rows) - 1
    may_be_table = node.kind == "table" or "|" in rows[node.start]
    if start >= complete or (may_be_table and node.start + 1 >= complete):
        return False
    may_be_title = rows[start].lstrip()[:1] in ("'", '"', "(") and rows[start - 1].strip()
    return not may_be_title
