"""A paragraph without an end: drawn piece by piece.

Inline Markdown may act over any distance, but behind most spaces nothing is open: no code, bracket,
tag or emphasis. What stands before such a space can no longer change and is let go of.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from copilot_tui.tui.transcript.closed import closed_spans, last_place
from copilot_tui.tui.transcript.markdown import closed_inline, parse_inline
from copilot_tui.tui.transcript.parts import (
    LEFT_OPEN,
    LONGEST_PART,
    MOST_MARKS,
    is_full,
    latest_cut,
    marks_in,
    parts,
)
from copilot_tui.tui.transcript.wrap import GrowingRows, Row

if TYPE_CHECKING:
    from rich.style import Style

    from copilot_tui.tui.transcript.inline import Inline
    from copilot_tui.tui.transcript.markdown import References
    from copilot_tui.tui.transcript.wrap import Run

_SHORT: Final = 400
"""A text of fewer characters is not worth a cut."""


class GrowingParagraph:
    """Takes the content of a paragraph in pieces and gives its rows."""

    def __init__(self, inline: Inline, base: Style, width: int) -> None:
        self._inline = inline
        self._base = base
        self._rows = GrowingRows(width)
        self._part = ""
        """What has come of the present part; see `parts`."""
        self._marks = 0
        """Marks in it, or a few more."""
        self._done = 0
        """Characters of it that have been let go of."""
        self._try_at = _SHORT

    def take(self, text: str, references: References) -> list[Row]:
        """Go on with this text; gives the rows that are final."""
        self._part = (self._part + text) if self._part else text.lstrip()
        self._marks += marks_in(text)
        final: list[Row] = []
        while (has_end := self._has_end()) or len(self._part) - self._done > self._try_at:
            runs = self._cut(references)
            if runs is not None:
                self._try_at = _SHORT
            elif has_end:
                runs = self._end_part(references)
            else:
                self._try_at = (len(self._part) - self._done) * 5 // 4
                break
            final += self._rows.take(runs)
        return final

    def rest(self, references: References, more: str = "") -> list[Row]:
        """The rows that are not final, if the paragraph ends here, with `more` at its end."""
        runs: list[Run] = []
        done = self._done
        for part, joint in parts((self._part + more).rstrip(), done):
            runs += self._part_runs(part, joint, done, references)
            done = 0
        return self._rows.rest(runs)

    def _has_end(self) -> bool:
        """Whether the end of the part is known: spaces at the end of a text do not count."""
        is_likely = len(self._part) >= LONGEST_PART or self._marks >= MOST_MARKS
        return is_likely and is_full(self._part.rstrip())

    def _end_part(self, references: References) -> list[Run]:
        """The runs to the end of the part, which is where its length puts it."""
        part, joint = next(parts(self._part, self._done))
        runs = self._part_runs(part, joint, self._done, references)
        self._part = self._part[len(part) + len(joint) :]
        self._marks = marks_in(self._part)
        self._done = 0
        self._try_at = _SHORT
        return runs

    def _part_runs(self, part: str, joint: str, done: int, references: References) -> list[Run]:
        """The runs of a part behind its first `done` characters, and what joins it to the next."""
        runs = self._inline.runs_of(parse_inline(part[done:], references), self._base)
        return [*runs, (" ", self._base)] if joint and done <= len(part) else runs

    def _cut(self, references: References) -> list[Run] | None:
        """The runs before the last place where nothing is open; None: there is no such place."""
        text = self._part[self._done : latest_cut(self._part)]
        if text.isalnum() and len(text) > LEFT_OPEN:  # a word without an end
            word = text[:-LEFT_OPEN]
            self._done += len(word)
            return [(word, self._base)]
        closed = closed_spans(text)
        limit = min(len(text), len(self._part) - self._done - LEFT_OPEN)
        while (place := last_place(text, closed, limit)) > 0:
            tokens = closed_inline(text[:place], references)
            if tokens is not None:
                self._done += place + 1
                return [*self._inline.runs_of(tokens, self._base), (" ", self._base)]
            limit = place // 2
        return None
