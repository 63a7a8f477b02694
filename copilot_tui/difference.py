"""What differs between two texts, word by word, at a cost that is bounded however long they are."""

from __future__ import annotations

import re
from collections import Counter, deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from enum import Enum
from itertools import accumulate
from typing import Final

WORK_MOST: Final = 4_000_000
"""Pairs of equal lines, or of equal words, that are looked at, one as often as that is done; what
is left when there were so many is one change.
"""

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
    yield from _runs(*middle, budget)
    yield old[len(old) - end :], new[len(new) - end :]


def _runs(
    old: Sequence[str], new: Sequence[str], budget: _Budget
) -> Iterator[tuple[Sequence[str], Sequence[str]]]:
    at_old = at_new = 0
    for start_old, start_new, size in [*_matches(old, new, budget), (len(old), len(new), 0)]:
        yield old[at_old:start_old], new[at_new:start_new]
        at_old, at_new = start_old + size, start_new + size
        yield old[start_old:at_old], new[start_new:at_new]


def _matches(old: Sequence[str], new: Sequence[str], budget: _Budget) -> list[tuple[int, int, int]]:
    """Where equal runs begin in both, and how long they are: the longest first, then what is before
    and behind it, as difflib does it, which knows no bound: for a thousand words that have but
    their spaces in common it takes minutes.
    """
    matcher = SequenceMatcher(None, old, new, autojunk=False)
    often = Counter(new)
    pairs = [0, *accumulate(1 + often[each] for each in old)]
    found: list[tuple[int, int, int]] = []
    waiting = deque([(0, len(old), 0, len(new))])
    while waiting:
        low_old, high_old, low_new, high_new = waiting.popleft()
        if low_old == high_old or low_new == high_new:
            continue
        if not budget.allows(pairs[high_old] - pairs[low_old]):
            continue
        match = matcher.find_longest_match(low_old, high_old, low_new, high_new)
        if match.size:
            found.append((match.a, match.b, match.size))
            waiting.append((low_old, match.a, low_new, match.b))
            waiting.append((match.a + match.size, high_old, match.b + match.size, high_new))
    return sorted(found)


def _common(old: Sequence[str], new: Sequence[str]) -> int:
    """How many are the same at the beginning."""
    for index, (one, other) in enumerate(zip(old, new, strict=False)):
        if one != other:
            return index
    return min(len(old), len(new))


def _joined(pieces: list[Piece]) -> list[Piece]:
    """Without empty pieces, and neighbours of one kind as one."""
    joined: list[Piece] = []
    for piece in pieces:
        if not piece.text:
            continue
        if joined and joined[-1].change is piece.change:
            joined[-1] = Piece(piece.change, joined[-1].text + piece.text)
        else:
            joined.append(piece)
    return joined
