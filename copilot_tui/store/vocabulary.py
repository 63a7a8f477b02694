"""All words of the index: where pieces of words are looked up before FTS5 is asked."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from copilot_tui.search_text import for_index, parts

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from sqlite3 import Connection

    from copilot_tui.search_text import Part

SCHEMA: Final = """
CREATE TABLE vocabulary (chunk INTEGER PRIMARY KEY AUTOINCREMENT, words TEXT);
INSERT INTO vocabulary (words) VALUES ('');
"""

MAX_WORDS: Final = 500
"""A piece that is in more words than this is in so many messages that reading them is faster."""

MAX_LOOKUPS: Final = 16
"""Pieces of a query that are looked up; the rest is only compared."""

REMEMBERED: Final = 32
"""Pieces that are not looked up again as long as there are no new words."""

MAX_CHUNKS: Final = 64
"""Lists of new words, before they become one."""

BIG_CHARS: Final = 1 << 20
"""From this much new text on the words are read from FTS5, which has them, at the end."""

_WORD: Final = re.compile(r"\w+")
_END: Final = "\n"


class Vocabulary:
    """The words in one string, two megabytes for 100,000 messages, so a look takes 2 ms."""

    def __init__(self) -> None:
        self._chunks: dict[int, str] = {}
        self._words = _END
        self._looked_up: dict[Part, list[str] | None] = {}
        """While somebody types, all words of the query but the last stay the same."""

    def read(self, database: Connection) -> None:
        """Take what is new since the last time."""
        chunks = {row[0] for row in database.execute("SELECT chunk FROM vocabulary")}
        if chunks == self._chunks.keys():
            return
        kept = {chunk: words for chunk, words in self._chunks.items() if chunk in chunks}
        select = "SELECT chunk, words FROM vocabulary WHERE chunk = ?"
        for chunk in chunks - kept.keys():
            kept.update(database.execute(select, (chunk,)))
        self._chunks = kept
        self._looked_up.clear()
        self._words = _END.join(["", *kept.values(), ""])

    def expression(self, needles: Sequence[str]) -> str | None:
        """What FTS5 is asked for. Empty: nothing that it could tell; None: there is no such word.

        Every word stands in quotes and has letters and digits alone, so nothing that the user
        typed is syntax.
        """
        found = list(dict.fromkeys(part for needle in needles for part in parts(needle)))
        found.sort(key=lambda part: len(part.text), reverse=True)
        groups = []
        for part in found[:MAX_LOOKUPS]:
            words = self._words_with(part)
            if words is None:
                continue
            if not words:
                return None
            groups.append("(" + " OR ".join(f'"{word}"' for word in words) + ")")
        return " AND ".join(groups)

    def _words_with(self, part: Part) -> list[str] | None:
        """The words that this is in; None: too many, or not known yet."""
        if not (part.open_start or part.open_end):
            return [part.text]
        if not self._chunks:
            return None
        if part not in self._looked_up:
            if len(self._looked_up) >= REMEMBERED:
                self._looked_up.clear()
            self._looked_up[part] = self._look_up(part)
        return self._looked_up[part]

    def _look_up(self, part: Part) -> list[str] | None:
        piece = f"{'' if part.open_start else _END}{part.text}{'' if part.open_end else _END}"
        found: dict[str, None] = {}
        place = self._words.find(piece)
        while place >= 0:
            start = self._words.rfind(_END, 0, place + 1) + 1
            end = self._words.find(_END, start)
            found[self._words[start:end]] = None
            if len(found) > MAX_WORDS:
                return None
            place = self._words.find(piece, end)
        return list(found)


def note(database: Connection, texts: Iterable[str], size: int) -> None:
    """Add the words of new texts, of `size` characters together.

    After a big change, such as the first one, there is no vocabulary until `complete`.
    """
    if size > BIG_CHARS:
        database.execute("DELETE FROM vocabulary")
    elif database.execute("SELECT 1 FROM vocabulary").fetchone():
        words = {word for text in texts for word in _WORD.findall(for_index(text).lower())}
        insert = "INSERT INTO vocabulary (words) VALUES (?)"
        database.execute(insert, (_END.join(words),))


def is_complete(database: Connection) -> bool:
    """Whether it is there, and not in too many pieces."""
    chunks: int = database.execute("SELECT count(*) FROM vocabulary").fetchone()[0]
    return 0 < chunks < MAX_CHUNKS


def complete(database: Connection) -> None:
    """Make it anew: in one step of SQLite, which lets go of the interpreter meanwhile."""
    database.execute("DELETE FROM vocabulary")
    database.execute(
        "INSERT INTO vocabulary (words)"
        " SELECT coalesce(group_concat(term, char(10)), '') FROM terms"
    )
