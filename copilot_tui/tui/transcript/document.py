"""A text as lines, and which part of its source each of them shows."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Final, NamedTuple

from copilot_tui.pieces import Pieces
from copilot_tui.tui.transcript.blocks import follows_blank, items
from copilot_tui.tui.transcript.heights import Heights
from copilot_tui.tui.transcript.markdown import Node, References, nodes, parse_blocks

if TYPE_CHECKING:
    from markdown_it.token import Token

    from copilot_tui.tui.transcript.blocks import Blocks
    from copilot_tui.tui.transcript.lines import Line

LISTS: Final = ("bullet_list", "ordered_list")

_NESTED: Final = ("list_item", "blockquote")
_LONG_NESTED: Final = 2_000
"""Characters of an item or a quote from which on it is likely to grow, and to be drawn again."""

KEPT: Final = 2_000
"""Lines of a text that are kept once they are drawn; those out of sight are drawn again."""

KEPT_UNITS: Final = 100
"""So many of the blocks that were drawn last are kept, however long they are: the eye is there."""

LONG: Final = 8_000
"""Characters of a text from which on its blocks are drawn when they are seen."""


class Unit:
    """What is drawn on its own: a block, or an item of a list."""

    __slots__ = ("end", "gap", "height", "kind", "lines", "marker", "number", "start")

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
        """Lines that it takes, the empty one before it included; an estimate until it is drawn."""
        self.gap = gap
        """An empty line stands before it, unless nothing else does."""
        self.number = number
        """Of an item in an ordered list."""
        self.marker = marker
        """Of the items before it in the same list; empty: there are none."""
        self.lines: list[Line] | None = None
        """None: it is drawn when it is seen."""

    def is_like(self, other: Unit) -> bool:
        """Whether the same part of one text looks the same as both."""
        return (
            self.end == other.end
            and self.start == other.start
            and self.kind == other.kind
            and self.gap == other.gap
            and self.number == other.number
            and self.marker == other.marker
        )


class Document:
    """The lines of a text that may grow. Its blocks are drawn when they are seen."""

    __slots__ = (
        "_blocks",
        "_drawn",
        "_drawn_lines",
        "_heights",
        "_pieces",
        "on_moved",
        "plain",
        "references",
        "units",
    )

    def __init__(
        self,
        source: str = "",
        blocks: Blocks | None = None,
        references: References | None = None,
        *,
        plain: list[Line] | None = None,
    ) -> None:
        """`plain`: lines that are no Markdown, and all that there is."""
        self.units: list[Unit] = []
        self.references: References = {} if references is None else references
        """What is defined in the text."""
        self.plain = plain
        self.on_moved: Callable[[int, int], object] = lambda row, by: None
        """Told when a block was drawn that is not as high as was thought: what stood on this line,
        and below it, stands so many lines further down.
        """
        self._pieces = Pieces(source)
        self._blocks = blocks
        self._heights = Heights()
        self._drawn: dict[Unit, None] = {}
        """Units with lines, the one drawn last at the end."""
        self._drawn_lines = 0

    @property
    def source(self) -> str:
        """The text that the lines show."""
        return self._pieces.text

    def source_of(self, unit: Unit) -> str:
        """The part of it that a unit shows."""
        return self._pieces.part(unit.start, unit.end)

    @property
    def is_long(self) -> bool:
        """Whether heights in it may be estimates."""
        return len(self.units) > 0 and self.units[-1].end > LONG

    def extend(self, text: str) -> None:
        """The source goes on."""
        self._pieces.append(text)

    # Units

    def add(self, unit: Unit, lines: list[Line] | None = None) -> None:
        """Put a unit at the end; without lines it is drawn when it is seen."""
        if lines is None:
            unit.height = self._estimate(unit)
        else:
            self._set_lines(unit, lines, is_first=not self.units)
        self.units.append(unit)
        self._heights.append(unit.height)

    def add_as(self, unit: Unit) -> None:
        """Put a unit at the end that was drawn before."""
        self.units.append(unit)
        self._heights.append(unit.height)
        if unit.lines is not None:
            self._keep(unit)

    def truncate(self, count: int) -> list[Unit]:
        """Take out all units but so many; gives those."""
        gone = self.units[count:]
        if gone:
            del self.units[count:]
            self._heights.truncate(count)
            for unit in gone:
                self._let_go(unit)
        return gone

    def open(self, unit: Unit) -> None:
        """Put a unit at the end whose lines will come one after the other; they are all kept."""
        self.add(unit, [])
        self._let_go(unit)

    def grow(self, keep: int, lines: list[Line]) -> None:
        """Let the open unit go on with these lines behind the first `keep` of those it has."""
        unit = self.units[-1]
        assert unit.lines is not None
        del unit.lines[keep:]
        unit.lines += lines
        unit.height = self._heights[len(self.units) - 1] = len(unit.lines)

    def close(self, number: int) -> None:
        """An open unit is whole."""
        self._keep(self.units[number])

    def forget(self, number: int) -> None:
        """Draw a unit anew when it is seen next; until then it is thought to be as high."""
        unit = self.units[number]
        self._let_go(unit)
        unit.lines = None

    def lines_of(self, number: int) -> list[Line]:
        """The lines of a unit, drawn if they are not."""
        unit = self.units[number]
        if unit.lines is not None:
            return unit.lines
        assert self._blocks is not None
        before = unit.height
        beginning = Beginning(unit.start, unit.gap, unit.number, unit.marker)
        part = self.source_of(unit)
        rows = part.split("\n")
        lines = [
            line
            for each, node in outline(rows, parse_part(part, {}, beginning), beginning)
            for line in lines_of(each, node, rows, self._blocks, self.references)
        ]
        self._set_lines(unit, lines, is_first=not number)
        if unit.height != before:
            below = self._heights.before(number) + before
            self._heights[number] = unit.height
            self.on_moved(below, unit.height - before)
        return lines

    def code_in(self, number: int) -> Iterator[tuple[int, int]]:
        """The blocks of code within another block: first line, and the line behind the last."""
        unit = self.units[number]
        if unit.kind not in ("list_item", "blockquote"):
            return
        assert self._blocks is not None
        fill = self._blocks.code_styles.base
        lines = self.lines_of(number)
        first = None
        for row, line in enumerate(lines):
            is_code = line.fill is fill
            if first is not None and not (is_code and (line.size or line.source_lines)):
                yield first, row
                first = None
            if is_code and first is None:
                first = row
        if first is not None:
            yield first, len(lines)

    def _set_lines(self, unit: Unit, lines: list[Line], *, is_first: bool) -> None:
        if unit.gap and not is_first:
            assert self._blocks is not None
            lines.insert(0, self._blocks.blank())
        unit.lines = lines
        unit.height = len(lines)
        self._keep(unit)

    def _estimate(self, unit: Unit) -> int:
        assert self._blocks is not None
        size = unit.end - unit.start
        rows = 1 + size // self._blocks.width
        if unit.kind != "paragraph":
            rows = max(rows, self.source_of(unit).count("\n"))
        return rows + (unit.gap and bool(self.units))

    def _keep(self, unit: Unit) -> None:
        assert unit.lines is not None
        self._drawn[unit] = None
        self._drawn_lines += len(unit.lines)
        while self._drawn_lines > KEPT and len(self._drawn) > KEPT_UNITS:
            oldest = next(iter(self._drawn))
            self._let_go(oldest)
            oldest.lines = None

    def _let_go(self, unit: Unit) -> None:
        if unit in self._drawn:
            del self._drawn[unit]
            self._drawn_lines -= len(unit.lines or ())

    # Lines

    @property
    def height(self) -> int:
        """Lines that the text takes, as far as is known."""
        return self._heights.total if self.plain is None else len(self.plain)

    def top(self, number: int) -> int:
        """The line on which a unit starts."""
        return self._heights.before(number)

    def find(self, row: int) -> tuple[int, int]:
        """The unit that a line falls into, and the line within it."""
        return self._heights.find(row)

    def line(self, row: int) -> Line:
        """One of the lines."""
        if self.plain is not None:
            return self.plain[row]
        number, row = self._heights.find(row)
        lines = self.lines_of(number)
        return lines[min(row, len(lines) - 1)]

    @property
    def lines(self) -> list[Line]:
        """All lines."""
        if self.plain is not None:
            return self.plain
        return [line for number in range(len(self.units)) for line in self.lines_of(number)]

    def draw_below(self, row: int, count: int) -> None:
        """Draw so many lines from this one on; what stands above it stays where it is."""
        if self.plain is not None or not self.units:
            return
        number, within = self.find(max(0, row))
        count += within
        while count > 0 and number < len(self.units):
            count -= len(self.lines_of(number))
            number += 1

    def draw_above(self, row: int, count: int) -> int:
        """Draw so many lines above this one; gives where it stands now."""
        if self.plain is not None or not self.units or row <= 0:
            return row
        below = self.height - row
        number = self.find(row - 1)[0]
        while number >= 0:
            self.lines_of(number)
            if self.top(number) <= self.height - below - count:
                break
            number -= 1
        return max(0, self.height - below)


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


def outline(
    rows: list[str], tokens: list[Token], beginning: Beginning
) -> Iterator[tuple[Unit, Node]]:
    """The units of a part of a text that starts at a block or at an item of a list."""
    starts = [beginning.offset]
    for row in rows:
        starts.append(starts[-1] + len(row) + 1)
    gap, number, marker = beginning.gap, beginning.number, beginning.marker
    for node in nodes(tokens):
        if node.kind in LISTS:
            for item, item_number in items(node, number):
                end = min(starts[item.end], starts[-1] - 1)
                yield (
                    Unit(
                        item.kind,
                        starts[item.start],
                        end,
                        gap=gap or follows_blank(item, rows),
                        number=item_number,
                        marker=marker,
                    ),
                    item,
                )
                gap, marker = False, marker_of(node)
        else:
            end = min(starts[node.end], starts[-1] - 1)
            yield Unit(node.kind, starts[node.start], end, gap=gap), node
        gap, number, marker = True, None, ""


def lines_of(
    unit: Unit, node: Node, rows: list[str], blocks: Blocks, references: References
) -> list[Line]:
    """The lines of a unit of these rows, without the empty one before it."""
    blocks.inline.keeps = unit.kind in _NESTED and unit.end - unit.start > _LONG_NESTED
    if unit.kind == "list_item":
        return blocks.item(node, unit.number, references, source=rows)
    return blocks.draw(node, references, source=rows)


def marker_of(node: Node) -> str:
    """What another item of this list may begin with."""
    mark = node.tokens[0].markup
    return f"1{mark}" if node.kind == "ordered_list" else mark


def draw(source: str, blocks: Blocks) -> Document:
    """A text from its beginning to its end; the blocks of a long one are drawn when seen."""
    references: References = {}
    tokens = parse_blocks(source, references)
    document = Document(source, blocks, references)
    is_short = len(source) <= LONG
    rows = source.split("\n")
    for unit, node in outline(rows, tokens, Beginning()):
        document.add(unit, lines_of(unit, node, rows, blocks, references) if is_short else None)
    return document
