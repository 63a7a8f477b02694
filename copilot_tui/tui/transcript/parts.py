"""A long text in parts that are read by themselves.

There are texts, such as many brackets, that cost markdown-it a multiple of their length.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from functools import lru_cache
from itertools import accumulate, islice
from typing import Final

from copilot_tui.tui.transcript.closed import closed_spans, emphasised

LONGEST_PART: Final = 8_192
"""Characters. Inline Markdown acts within so much of a text, and no further."""

MOST_MARKS: Final = 1_200
"""So many marks in a text make a part, too: each of them is looked at."""

LEFT_OPEN: Final = 160
"""Characters at the end of what has come that are likely to be in the middle of something."""

_SENTENCE_END: Final = re.compile(r"(?:[^\s\\][.!?]([ \n])|[。！？]())(?=[^\W_])")
_WORD_END: Final = re.compile(r"[^\s\\]([ \n])(?=\S)|[、，；：。！？]()(?=[^\W_])")
_MARKS: Final = "\n\\$`~*_[]<&!"
_MARK: Final = re.compile(f"[{re.escape(_MARKS)}]")


def parts(content: str, earliest: int = 0) -> Iterator[tuple[str, str]]:
    """The parts of a text, each with the space or line end behind it, if any.

    Most texts are one part. Where a part ends is told by its own characters alone, so the parts of
    a text that grows stay: at the last end of a sentence, or else of a word, that is near its end
    and in the middle of nothing. `earliest`: the second part is not to begin before.
    """
    start = 0
    while size := _full_size(window := content[start : start + LONGEST_PART]):
        end, behind = _end(window[:size], earliest)
        yield window[:end], window[end:behind]
        start += behind
        earliest = 0
    yield content[start:], ""


def portion(text: str) -> int:
    """So much of a text is read at once: not more than a part's marks."""
    if marks_in(text) <= MOST_MARKS:
        return len(text)
    return next(islice(_MARK.finditer(text), MOST_MARKS, None)).end()


def is_full(content: str) -> bool:
    """Whether a text has a whole part."""
    return _full_size(content[:LONGEST_PART]) > 0


def latest_cut(content: str) -> int:
    """Behind this the first part of a text ends, if it can, however the text goes on."""
    window = content[:LONGEST_PART]
    size = _full_size(window)
    return _latest_cut(size or min(LONGEST_PART, len(window) + MOST_MARKS - marks_in(window)))


def _latest_cut(size: int) -> int:
    return size - size // 16


def _full_size(window: str) -> int:
    """Characters of a part that is cut out of this, the end of it included; 0: it is the last."""
    if marks_in(window) < MOST_MARKS:
        return len(window) if len(window) == LONGEST_PART else 0
    return next(islice(_MARK.finditer(window), MOST_MARKS - 1, None)).end()


def marks_in(text: str) -> int:
    """How many characters of a text may mean something."""
    return sum([text.count(mark) for mark in _MARKS])


_Place = tuple[int, int]
"""Where a part may end, and where the next one would begin."""


@lru_cache(maxsize=64)
def _end(text: str, earliest: int) -> _Place:
    size, latest = len(text), _latest_cut(len(text))
    words = _places(_WORD_END, text, latest, size)
    if not words:
        return size - 1, size - 1
    near = [_places(_SENTENCE_END, text, latest, size), words]
    if _MARK.search(text) is not None:
        is_free, *others = _tests(text)
        early = [
            place
            for place in _places(_WORD_END, text, size // 2, latest)
            if place[1] >= earliest and not _begins_long_word(text, place[1])
        ]
        tries = [(is_free, each) for each in (*near, early)]
        tries += [(test, each) for test in others for each in near]
        for test, places in tries:
            for place in reversed(places):
                if test(place[0]):
                    return place
    return (near[0] or words)[-1]


def _places(pattern: re.Pattern[str], text: str, start: int, end: int) -> list[_Place]:
    return [match.span(match.lastindex or 0) for match in pattern.finditer(text, start, end)]


def _begins_long_word(text: str, start: int) -> bool:
    """Whether a paragraph that grows may have let go of the text from here on: see `paragraph`."""
    word = text[start : _latest_cut(len(text))]
    return len(word) > LEFT_OPEN and word[: LEFT_OPEN + 1].isalnum()


def _tests(text: str) -> list[Callable[[int], bool]]:
    """Whether a part may end at a place, the strictest test first.

    In the middle of nothing; of nothing but emphasis that may never end; of no emphasis that ends.
    """
    marks = emphasised(text)
    closed = _depths(closed_spans(text))
    pairs = _depths((start, end) for start, end in marks if end >= 0)
    opened = min((start for start, end in marks if end < 0), default=len(text))
    return [
        lambda place: closed[place] > 0 and not pairs[place] and place < opened,
        lambda place: closed[place] > 0 and not pairs[place],
        lambda place: not pairs[place],
    ]


def _depths(spans: Iterable[tuple[int, int]]) -> list[int]:
    """How many of the spans lie over each character."""
    changes = [0] * (LONGEST_PART + 1)
    for start, end in spans:
        changes[start] += 1
        changes[end] -= 1
    return list(accumulate(changes))
