"""What a selection copies: the source, never the cells.

A block that is selected as a whole gives its Markdown; of others the text is taken as it was before
it was wrapped, padded and framed. Code gives its own lines, byte by byte.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from textual.geometry import Offset

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textual.selection import Selection

    from copilot_tui.tui.transcript.document import Document, Unit
    from copilot_tui.tui.transcript.lines import Line

_LINE_BITS: Final = 24
CODE_KINDS: Final = frozenset({"fence", "code_block"})
_FAR: Final = 1 << 30


class Spot(NamedTuple):
    """A character in the transcript."""

    entry: int
    line: int
    column: int
    """Characters of the line before it, decoration included."""


def row_number(entry: int, line: int) -> int:
    """A number that grows downwards and does not change when heights above do, as estimates do."""
    return entry << _LINE_BITS | line


def row_place(number: int) -> tuple[int, int]:
    """The message and the line of such a number."""
    return number >> _LINE_BITS, number & (1 << _LINE_BITS) - 1


def spot(offset: Offset, margin: int) -> Spot:
    """What an offset of Textual's selection points at; `margin` is left of the text."""
    return Spot(*row_place(offset.y), max(0, offset.x - margin))


def ends(selection: Selection, margin: int) -> tuple[Spot, Spot]:
    """The first character of a selection, and the one behind its last."""
    first = Spot(0, 0, 0) if selection.start is None else spot(selection.start, margin)
    last = Spot(_FAR, 0, 0) if selection.end is None else spot(selection.end, margin)
    return first, last


def line_source(line: Line, start: int = 0, end: int = _FAR) -> str:
    """The part of a line's own text between two of its characters, as the source has it."""
    first, last = max(start - line.indent, 0), min(end - line.indent, line.size)
    if last < first:
        return ""
    if line.raw is None:
        return line.content[first:last]
    if first == 0 and last == line.size:
        return line.raw.text
    return line.raw.between(first, last)


def lines_source(lines: Sequence[Line], start: int = 0, end: int = _FAR) -> str:
    """The text of lines that follow each other, without the breaks that wrapping made."""
    parts: list[str] = []
    for index, line in enumerate(lines):
        is_last = index == len(lines) - 1
        parts.append(line_source(line, start if not index else 0, end if is_last else _FAR))
        if not is_last:
            joint = line.raw.joint if line.raw is not None else None
            parts.append(line.joint if joint is None else joint)
    return "".join(parts)


def part_source(document: Document, first: tuple[int, int], last: tuple[int, int]) -> str:
    """The source between two places of a document, each a line and a character in it."""
    if document.plain is not None:
        chosen = document.plain[first[0] : last[0] + 1]
        return lines_source(chosen, first[1], last[1]) if chosen else ""
    if not document.units:
        return ""
    # By their blocks: a line may move when a block above it is drawn.
    (low, low_row), (high, high_row) = document.find(first[0]), document.find(last[0])
    found: list[_Chosen] = []
    for number in range(low, high + 1):
        if low < number < high:
            found.append(_Chosen(number, None, 0, _FAR, True))
            continue
        lines = _content(document.lines_of(number))
        above = document.units[number].height - len(lines)
        top = max(low_row - above, 0) if number == low else 0
        bottom = min(high_row - above, len(lines) - 1) if number == high else len(lines) - 1
        if top > bottom:
            continue
        start = first[1] if number == low and low_row >= above else 0
        end = last[1] if number == high and bottom == high_row - above else _FAR
        is_whole = (
            top == 0
            and bottom == len(lines) - 1
            and start <= lines[0].indent
            and end >= lines[-1].indent + lines[-1].size
        )
        found.append(_Chosen(number, lines[top : bottom + 1], start, end, is_whole))
    return _joined(document, found)


class _Chosen(NamedTuple):
    """What is selected of a block."""

    number: int
    lines: list[Line] | None
    """None: all, whether they are drawn or not."""
    start: int
    end: int
    is_whole: bool


def _content(lines: list[Line]) -> list[Line]:
    """The lines without the empty one and the caption above them, which belong to no source."""
    start = 0
    while start < len(lines) - 1 and not lines[start].size and not lines[start].source_lines:
        start += 1
    return lines[start:]


def _joined(document: Document, found: list[_Chosen]) -> str:
    source = document.source
    parts: list[str] = []
    before: Unit | None = None
    for number, some, start, end, is_whole in found:
        unit = document.units[number]
        is_alone = len(found) == 1
        if before is not None:
            parts.append("\n\n" if _are_apart(source, before, unit) else "\n")
        if (is_whole and not (is_alone and unit.kind in CODE_KINDS)) or (
            unit.kind == "math_block" or (unit.kind == "table" and (some is None or len(some) > 1))
        ):
            parts.append(unit_source(document, unit))
        else:
            lines = _content(document.lines_of(number)) if some is None else some
            parts.append(lines_source(lines, start, end))
        before = unit
    return "".join(parts)


def _are_apart(source: str, one: Unit, other: Unit) -> bool:
    """Whether an empty line stands between two units."""
    end = one.start + len(source[one.start : one.end].rstrip())
    return source.count("\n", end, other.start) > 1


def unit_source(document: Document, unit: Unit) -> str:
    """The Markdown of a unit."""
    return document.source_of(unit).rstrip("\n")


def copied_unit(document: Document, number: int) -> str:
    """What a unit gives when it is copied: code without its fence, of others the Markdown."""
    unit = document.units[number]
    if unit.kind in CODE_KINDS:
        return lines_source(_content(document.lines_of(number)))
    return unit_source(document, unit)


def copied_code(document: Document, number: int, first: int, last: int) -> str:
    """What a block of code within a unit gives, which these lines of it show."""
    return lines_source(_content(document.lines_of(number)[first:last]))
