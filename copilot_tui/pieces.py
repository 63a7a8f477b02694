"""A text that grows at its end: what was there is not copied for what comes."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from itertools import accumulate


class Pieces:
    """The pieces of one text. One thread adds and looks at parts; any thread may read the whole."""

    __slots__ = ("_joined", "_pieces", "_starts", "append")

    def __init__(self, text: str = "") -> None:
        self._pieces: list[str] = [text] if text else []
        self.append = self._pieces.append
        """The text goes on. It is the list's own: a reply is added to a thousand times a second."""
        self._joined: tuple[int, str] = (len(self._pieces), text)
        """How many pieces were joined last, and to what."""
        self._starts = [0]
        """Where in the text each piece starts, and where the next will, of those looked at."""

    @property
    def text(self) -> str:
        """The whole."""
        # Pieces are only ever added and `_joined` is replaced in one step, so any thread may read
        # while one appends.
        done, text = self._joined
        count = len(self._pieces)
        if count > done:
            text += "".join(self._pieces[done:count])
            self._joined = (count, text)
        return text

    @property
    def size(self) -> int:
        """Characters of the whole."""
        return self._known_starts()[-1]

    def part(self, start: int, end: int) -> str:
        """What `text[start:end]` is, at a cost that goes by the part alone; neither is negative."""
        starts = self._known_starts()
        first = bisect_right(starts, start) - 1
        before = starts[first]
        pieces = self._pieces[first : bisect_left(starts, end)]
        return "".join(pieces)[start - before : max(0, end - before)]

    def _known_starts(self) -> list[int]:
        starts = self._starts
        if len(starts) <= len(self._pieces):
            sizes = map(len, self._pieces[len(starts) - 1 :])
            starts.extend(accumulate(sizes, initial=starts.pop()))
        return starts
