"""Words that are looked for in the conversation, and where they stand in it."""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from copilot_tui.tui.transcript.lines import Line

_MARKUP_BETWEEN: Final = r"[*_~`]{0,3}(?:[ \t]*\n[ \t>]*|[ \t]+)[*_~`]{0,3}"
"""What may stand between two words in the source, where a space is seen. With no end to the marks,
a text of marks alone would take quadratic time.
"""

_END: Final = "\0"
"""Of a line that does not go on with the next one: no words go over it."""


class Needle:
    """Words that are looked for as they are seen: in any case, and wherever lines break."""

    def __init__(self, words: str) -> None:
        forms = {unicodedata.normalize(form, words.casefold()) for form in ("NFC", "NFD")}
        self.reach = 2 * max(map(len, forms)) + 8
        """More characters than a match has."""
        self._word = min(forms) if len(forms) == 1 and words.split() == [words] else None
        """They are one word that is written as it is seen: many times as fast."""
        self._seen = re.compile("|".join(_joined(form, r"\s+") for form in forms))
        self._written = re.compile("|".join(_joined(form, _MARKUP_BETWEEN) for form in forms))

    def count(self, source: str) -> int:
        """How often they stand in a source."""
        if self._word is not None:
            return source.casefold().count(self._word)
        return sum(1 for _ in self._written.finditer(source.casefold()))

    def is_in(self, source: str) -> bool:
        """Whether they stand in a source."""
        if self._word is not None:
            return self._word in source.casefold()
        return self._written.search(source.casefold()) is not None

    def spans(self, text: str) -> Iterator[tuple[int, int]]:
        """Where they stand in a text that is seen."""
        folded = text.casefold()
        if len(folded) == len(text):
            yield from (match.span() for match in self._seen.finditer(folded))
            return
        letters = [place for place, letter in enumerate(text) for _ in letter.casefold()]
        for match in self._seen.finditer(folded):
            yield letters[match.start()], letters[match.end() - 1] + 1

    def on_line(self, lines: Sequence[Line], index: int) -> list[tuple[int, int]]:
        """Where they stand on one of these lines: characters of it. The rest of a match may be on
        the lines above and below.
        """
        line = lines[index]
        before = after = ""
        above = index - 1
        while above >= 0 and len(before) < self.reach and "\n" not in lines[above].joint:
            before = lines[above].content + lines[above].joint + before
            above -= 1
        below = index
        while below + 1 < len(lines) and len(after) < self.reach and "\n" not in lines[below].joint:
            after += lines[below].joint + lines[below + 1].content
            below += 1
        shift = line.indent - len(before)
        found = self.spans(before + line.content + after)
        spans = [(start + shift, end + shift) for start, end in found]
        return [
            span for span in spans if span[0] < line.indent + line.size and span[1] > line.indent
        ]

    def rows(self, lines: Sequence[Line]) -> list[int]:
        """The lines on which a match begins."""
        starts: list[int] = []
        parts: list[str] = []
        place = 0
        for line in lines:
            starts.append(place)
            part = line.content + line.joint.replace("\n", _END)
            parts.append(part)
            place += len(part)
        found = {bisect_right(starts, start) - 1 for start, _ in self.spans("".join(parts))}
        return sorted(found)


def _joined(words: str, between: str) -> str:
    """A pattern for words with this between them, and with the space around them that they have."""
    parts = between.join(map(re.escape, words.split()))
    before, after = (r"\s" if words[place].isspace() else "" for place in (0, -1))
    return f"{before}{parts}{after}"
