"""Text as a search sees it: without case, accents and typography; in words, or in pairs where a
script has no spaces between them.
"""

from __future__ import annotations

import codecs
import re
import unicodedata
from bisect import bisect_left
from functools import lru_cache
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

SNIPPET_CHARS: Final = 160
BEFORE_CHARS: Final = 48
"""How much of a snippet stands before the first word that was found."""

REMEMBERED: Final = 1 << 13
REMEMBERED_CHARS: Final = 16
"""How many of the last words are not folded again, and how long a word may be for that."""

SLICE_CHARS: Final = 1 << 16
"""A longer text is looked at in pieces: a regular expression lets nobody else have the interpreter
until it is through.
"""

_ASCII: Final = re.compile("[\x00-\x7f]")
_OTHER_SCRIPTS: Final = "\u0530"
_MARKS: Final = re.compile("[\u0300-\u036f\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f]+")
_ALIKE: Final = {
    **dict.fromkeys("‘’ʼ‚", "'"),
    **dict.fromkeys("“”„«»", '"'),
    **dict.fromkeys("‐‒–—―−", "-"),
    "ø": "o",
    "ł": "l",
    "đ": "d",
    "ħ": "h",
    "ŧ": "t",
    "ı": "i",
    "æ": "ae",
    "œ": "oe",
}
_ALIKE_ANY: Final = re.compile(f"[{''.join(_ALIKE)}]")
_ALIKE_TABLE: Final = str.maketrans(_ALIKE)

_UNSPACED: Final = (
    "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff"  # Thai, Lao, Myanmar, Khmer
    "\u3005-\u3007\u3041-\u3096\u309d-\u309f\u30a1-\u30fa\u30fc-\u30ff\u3105-\u312f"  # kana
    "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"  # Han
)
_UNSPACED_RUN: Final = re.compile(f"[{_UNSPACED}]+")
_NO_WORD: Final = re.compile(r"[^\w\x00-\x7f]+")
_TOKEN: Final = re.compile(f"([{_UNSPACED}]+)|[^\\W{_UNSPACED}]+")


def fold(text: str) -> str:
    """The text without what nobody types when searching: case, accents, wide forms, curly
    quotes.
    """
    if text.isascii():
        return text.lower()
    return "".join(
        [
            each.encode("ascii", _FOLDED).lower().decode("utf-8", "surrogatepass")
            for each in _slices(text)
        ]
    )


def _slices(text: str) -> Iterator[str]:
    """A text in pieces none of which holds the interpreter for long. Each but the first begins with
    an ASCII character, and so between two words of other letters.
    """
    start = 0
    while len(text) - start > SLICE_CHARS:
        match = _ASCII.search(text, start + SLICE_CHARS)
        if match is None:
            break
        yield text[start : match.start()]
        start = match.start()
    yield text[start:]


def _by_runs(change: Callable[[str], str]) -> Callable[[UnicodeError], tuple[bytes, int]]:
    """What a text's encoding as ASCII makes of its runs of other characters.

    To encode it is ten times as fast a way through a text as a regular expression. What is done to
    a run never goes by what stands around it.
    """

    def changed(run: str) -> bytes:
        return change(run).encode("utf-8", "surrogatepass")

    remembered = lru_cache(REMEMBERED)(changed)

    def replaced(error: UnicodeError) -> tuple[bytes, int]:
        assert isinstance(error, UnicodeEncodeError)
        run = error.object[error.start : error.end]
        return (remembered if len(run) <= REMEMBERED_CHARS else changed)(run), error.end

    return replaced


def _fold(run: str) -> str:
    """The same for letters of which none is ASCII."""
    run = _MARKS.sub("", unicodedata.normalize("NFKD", run).casefold())
    if run.isascii():
        return run
    run = unicodedata.normalize("NFC", run)
    return run.translate(_ALIKE_TABLE) if _ALIKE_ANY.search(run) else run


_FOLDED: Final = "copilot_tui.folded"
codecs.register_error(_FOLDED, _by_runs(_fold))


def is_simple(needle: str) -> bool:
    """Whether a folded needle that is in a text's small letters is in the folded text, too.

    Latin, Greek and Cyrillic: what joins such a letter in another script is a mark, and left out.
    """
    return max(needle, default="") < _OTHER_SCRIPTS


def on_one_line(text: str) -> str:
    """The text with each run of white space as one space."""
    return " ".join(text.split())


def for_index(text: str) -> str:
    """What is given to FTS5, whose tokenizer `ascii` then finds the words that `parts` finds."""
    if text.isascii():
        return text  # the tokenizer lowers it
    return "".join([each.encode("ascii", _INDEXED).decode() for each in _slices(text)])


def _index(run: str) -> str:
    run = _NO_WORD.sub(" ", _fold(run))
    return run if run.isascii() else _UNSPACED_RUN.sub(_pairs, run)


_INDEXED: Final = "copilot_tui.indexed"
codecs.register_error(_INDEXED, _by_runs(_index))


def _pairs(run: re.Match[str]) -> str:
    return f" {' '.join(pairs(run[0]))} "


def pairs(run: str) -> list[str]:
    """The overlapping pairs of a run without spaces; of a single character, itself."""
    return [run[place : place + 2] for place in range(len(run) - 1)] or [run]


class Part(NamedTuple):
    """A piece of a needle that is a word, or a piece of one, of the index."""

    text: str
    open_start: bool
    """Letters may stand before it: it begins the needle."""
    open_end: bool


def parts(needle: str) -> list[Part]:
    """The words of a folded needle; none, if it is all punctuation."""
    found = []
    for match in _TOKEN.finditer(needle):
        if match[1] is None:
            found.append(Part(match[0], match.start() == 0, match.end() == len(needle)))
            continue
        # What is no word character (a vowel sign of Thai) is not in the index either.
        for run in _NO_WORD.sub(" ", match[1]).split():
            is_one = len(run) == 1  # and in the index perhaps in a pair
            found += [Part(pair, is_one, is_one) for pair in pairs(run)]
    return found


def marks(text: str, needles: Sequence[str]) -> list[tuple[int, int]]:
    """Where the folded needles stand in the text: ranges in order, none touching another."""
    if text.isascii():
        folded, starts = text.lower(), None
    else:
        pieces = [fold(letter) for letter in text]
        folded = "".join(pieces)
        starts = [place for place, piece in enumerate(pieces) for _ in piece]
    found: list[tuple[int, int]] = []
    for needle in needles:
        place = folded.find(needle)
        while place >= 0 and needle:
            end = place + len(needle)
            if starts is None:
                found.append((place, end))
            else:
                found.append((starts[place], starts[end - 1] + 1))
            place = folded.find(needle, end)
    return _joined(sorted(found))


def _joined(ranges: list[tuple[int, int]]) -> list[tuple[int, int]]:
    found: list[tuple[int, int]] = []
    for start, end in ranges:
        if found and start <= found[-1][1]:
            found[-1] = (found[-1][0], max(end, found[-1][1]))
        else:
            found.append((start, end))
    return found


def snippet(text: str, needles: Sequence[str]) -> str:
    """A piece of the text, on one line, with as many of the folded needles in it as can be."""
    text = on_one_line(text)
    if len(text) <= SNIPPET_CHARS:
        return text
    folded = text.lower()
    if len(folded) != len(text) or not all(n in folded and is_simple(n) for n in needles):
        folded = fold(text)
    firsts = sorted(place for needle in needles if (place := folded.find(needle)) >= 0)
    room = SNIPPET_CHARS - BEFORE_CHARS
    best = max(
        firsts,
        key=lambda first: sum(first <= other < first + room for other in firsts),
        default=0,
    )
    return _cut(text, _place_in(text, folded, best))


def _place_in(text: str, folded: str, place: int) -> int:
    """The place in the text of a place in what it was folded to."""
    if len(text) == len(folded):
        return place
    return bisect_left(range(len(text)), place, key=lambda end: len(fold(text[:end])))


def _cut(text: str, place: int) -> str:
    start = max(0, min(place - BEFORE_CHARS, len(text) - SNIPPET_CHARS))
    end = min(len(text), start + SNIPPET_CHARS)
    if start:
        space = text.find(" ", start, place)
        start = space + 1 if space >= 0 else start
    if end < len(text):
        space = text.rfind(" ", place + 1, end)
        end = space if space > start else end
    return f"{'…' if start else ''}{text[start:end].strip()}{'…' if end < len(text) else ''}"
