"""What differs between two texts, word by word, at a cost that is bounded however long they are."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from enum import Enum
from typing import Final

WORK_MOST: Final = 4_000_000
"""Pairs of lines, or of words, that are compared; what would be more is one change."""

_WORDS: Final = re.compile(r"\w+|\s+|[^\w\s]")


class Change(Enum):
    """What happened to a piece of text."""

    SAME = "same"
    GONE = "gone"
    NEW = "new"


@dataclass(frozen=True)
class Piece:
    """A run of text to which one thing happened."""

    change: Change
    text: str


def difference(old: str, new: str) -> list[Piece]:
    """The pieces from which both texts can be put together: without the new ones the old text is
    left, and without the gone ones the new text.

    Lines are compared first, and the words of those that differ.
    """
    budget = _Budget(WORK_MOST)
    pieces: list[Piece] = []
    for gone, come in _compare(
        old.splitlines(keepends=True), new.splitlines(keepends=True), budget
    ):
        if gone == come:
            pieces.append(Piece(Change.SAME, "".join(gone)))
            continue
        words = _WORDS.findall("".join(gone)), _WORDS.findall("".join(come))
        for before, after in _compare(*words, budget):
            if before == after:
                pieces.append(Piece(Change.SAME, "".join(before)))
            else:
                pieces.append(Piece(Change.GONE, "".join(before)))
                pieces.append(Piece(Change.NEW, "".join(after)))
    return _joined(pieces)


class _Budget:
    def __init__(self, left: int) -> None:
        self._left = left

    def allows(self, work: int) -> bool:
        """Whether so much may be done; then it is taken off."""
        if work > self._left:
            return False
        self._left -= work
        return True


def _compare(
    old: Sequence[str], new: Sequence[str], budget: _Budget
) -> Iterator[tuple[Sequence[str], Sequence[str]]]:
    """Runs of both, in order: equal ones, and ones in the place of each other."""
    start = _common(old, new)
    end = _common(old[start:][::-1], new[start:][::-1])
    yield old[:start], new[:start]
    middle = old[start : len(old) - end], new[start : len(new) - end]
    if budget.allows(len(middle[0]) * len(middle[1])):
        matcher = SequenceMatcher(None, *middle, autojunk=False)
        for _, start_old, end_old, start_new, end_new in matcher.get_opcodes():
            yield middle[0][start_old:end_old], middle[1][start_new:end_new]
    else:
        yield middle
    yield old[len(old) - end :], new[len(new) - end :]


def _common(old: Sequence[str], new: Sequence[str]) -> int:
    """How many are the same at the beginning."""
    for index, (one, other) in enumerate(zip(old, new, strict=False)):
        if one != other:
            return index
    return min(len(old), len(new))


def _joined(pieces: list[Piece]) -> list[Piece]:
    """Without empty pieces; a space between two changes belongs to both."""
    joined: list[Piece] = []
    for piece in pieces:
        if not piece.text:
            continue
        if joined and joined[-1].change is piece.change:
            joined[-1] = Piece(piece.change, joined[-1].text + piece.text)
        else:
            joined.append(piece)
    return joined
