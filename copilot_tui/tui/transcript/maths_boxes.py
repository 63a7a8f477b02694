"""Boxes of text: what a formula is put together from, on one line or on several."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final, NamedTuple

from rich.cells import cell_len

from copilot_tui.tui.transcript.maths_symbols import BRACKETS


class Box(NamedTuple):
    """A part of a formula."""

    flat: str
    """All of it on one line."""
    lines: tuple[str, ...] = ()
    """It on several lines, all of the same width; empty: it needs but one."""
    base: int = 0
    """Which of the lines stands on the line of the formula."""


def _centred(line: str, room: int) -> str:
    return " " * (room // 2) + line + " " * (room - room // 2)


_ALIGN: Final[dict[str, Callable[[str, int], str]]] = {
    "l": lambda line, room: line + " " * room,
    "c": _centred,
    "r": lambda line, room: " " * room + line,
}


def beside(boxes: Sequence[Box]) -> Box:
    """Boxes one after the other."""
    flat = "".join([box.flat for box in boxes])
    if not any(box.lines for box in boxes):
        return Box(flat)
    above = max(box.base for box in boxes)
    below = max(len(box.lines) - box.base for box in boxes)
    rows = [""] * (above + max(below, 1))
    for box in boxes:
        lines = box.lines or (box.flat,)
        blank = " " * cell_len(lines[0])
        top = above - box.base
        for index in range(len(rows)):
            rows[index] += lines[index - top] if 0 <= index - top < len(lines) else blank
    return Box(flat, tuple(rows), above)


def grid(flat: str, rows: Sequence[Sequence[Box]], alignment: str, gaps: Sequence[str]) -> Box:
    """Cells in columns; the last of `alignment` holds for all that follow, `gaps` go round."""
    columns = max(map(len, rows), default=0)
    widths = [0] * columns
    for row in rows:
        for index, cell in enumerate(row):
            widths[index] = max(widths[index], cell_len((cell.lines or (cell.flat,))[0]))
    lines: list[str] = []
    for row in rows:
        cells: list[Box] = []
        for index in range(columns):
            cell = row[index] if index < len(row) else Box("")
            align = _ALIGN[alignment[min(index, len(alignment) - 1)]]
            shown = cell.lines or (cell.flat,)
            padded = tuple(align(line, widths[index] - cell_len(line)) for line in shown)
            if index:
                cells.append(Box(gaps[(index - 1) % len(gaps)]))
            cells.append(Box("", padded, cell.base))
        lines += beside(cells).lines
    return Box(flat, tuple(lines), (len(lines) - 1) // 2)


def bracketed(opening: str, box: Box, closing: str) -> Box:
    """A box between brackets that are as tall as it is; an empty bracket is none."""
    flat = opening + box.flat + closing
    height = len(box.lines)
    if height < 2:
        return Box(flat)
    left, right = _bracket(opening, height), _bracket(closing, height)
    lines = tuple(left[row] + line + right[row] for row, line in enumerate(box.lines))
    return Box(flat, lines, box.base)


def _bracket(mark: str, height: int) -> list[str]:
    if mark in ("{", "}") and height == 2:
        return list("⎰⎱" if mark == "{" else "⎱⎰")
    if mark not in BRACKETS:
        return [mark] * height
    top, between, middle, bottom = list(BRACKETS[mark])
    rows = [top, *[between] * (height - 2), bottom]
    if height > 2:
        rows[(height - 1) // 2] = middle
    return rows


def framed(box: Box) -> Box:
    """A box in a frame."""
    lines = box.lines or (box.flat,)
    bar = "─" * (cell_len(lines[0]) + 2)
    inner = tuple(f"│ {line} │" for line in lines)
    return Box(f"[{box.flat}]", (f"┌{bar}┐", *inner, f"└{bar}┘"), box.base + 1)
