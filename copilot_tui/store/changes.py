"""What one transaction does to the index of messages."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from copilot_tui.search_text import for_index
from copilot_tui.store import vocabulary
from copilot_tui.store.cache import signed, unsigned, without_halves
from copilot_tui.store.texts import milliseconds

if TYPE_CHECKING:
    from sqlite3 import Connection

    from copilot_tui.store.pace import Pace
    from copilot_tui.store.texts import Page

SLOT_BITS: Final = 20
"""Messages of one millisecond: their rowids differ in this many bits."""

NO_PLACE: Final = 1 << 63
"""Beyond every rowid."""


class Changes:
    """Collected first, then written in the order of the rowids: FTS5 wants them to rise."""

    def __init__(self, database: Connection, pace: Pace, *, has_fts: bool) -> None:
        self._database = database
        self._has_fts = has_fts
        self._paced = pace.paced
        self._gone: list[tuple[int, str]] = []
        self._new: list[tuple[int, tuple[Any, ...]]] = []
        """Millisecond, and the row without its place: its last field is the text."""

    def drop(self, id_: str) -> None:
        """Forget a conversation."""
        if (doc := self._doc(id_)) is not None:
            select = "SELECT place, text FROM messages WHERE doc = ?"
            self._gone += self._database.execute(select, (doc,))
            self._database.execute("DELETE FROM documents WHERE doc = ?", (doc,))

    def take(self, page: Page) -> None:
        """Note what is new in a conversation, and what is no more."""
        doc = self._doc(page.id)
        if doc is not None and self._stamp(doc) == page.stamp:
            return  # another process was faster
        doc = self._note(doc, page)
        select = "SELECT doc, id, role, created_at, model, text, place FROM messages WHERE doc = ?"
        known = {row[:6]: row[6] for row in self._database.execute(select, (doc,))}
        for each in self._paced(page.texts):
            row = (doc, *map(without_halves, each[3:]))
            if known.pop(row, None) is None:
                self._new.append((milliseconds(each.created_at), row))
        self._gone += ((place, row[5]) for row, place in known.items())

    def write(self) -> None:
        """Write it all."""
        self._gone.sort()
        self._new.sort(key=lambda each: each[0])
        database = self._database
        if self._has_fts:
            delete = "INSERT INTO words (words, rowid, text) VALUES ('delete', ?, ?)"
            database.executemany(
                delete, ((place, for_index(text)) for place, text in self._paced(self._gone))
            )
        delete = "DELETE FROM messages WHERE place = ?"
        database.executemany(delete, ((place,) for place, _ in self._gone))
        places = self._free_places()
        insert = "INSERT INTO messages VALUES (?, ?, ?, ?, ?, ?, ?)"
        rows = list(zip(places, (row for _, row in self._new), strict=True))
        database.executemany(insert, ((place, *row) for place, row in self._paced(rows)))
        if self._has_fts:
            insert = "INSERT INTO words (rowid, text) VALUES (?, ?)"
            database.executemany(
                insert, ((place, for_index(row[-1])) for place, row in self._paced(rows))
            )
            size = sum(len(row[-1]) for _, row in rows)
            vocabulary.note(database, (row[-1] for _, row in rows), size)

    def _free_places(self) -> list[int]:
        """The rowids of the new messages, in their order."""
        next_one = "SELECT min(place) FROM messages WHERE place >= ?"
        last = "SELECT max(place) FROM messages WHERE place BETWEEN ? AND ?"
        found: list[int] = []
        taken = -1  # the first rowid in use that is not before the last message
        for moment, _ in self._paced(self._new):
            first = moment << SLOT_BITS
            if found and found[-1] >= first:
                found.append(found[-1] + 1)
                continue
            end = first + (1 << SLOT_BITS) - 1
            if taken < first:
                [row] = self._database.execute(next_one, (first,))
                taken = NO_PLACE if row[0] is None else row[0]
            if taken > end:
                found.append(first)
            else:
                found.append(self._database.execute(last, (first, end)).fetchone()[0] + 1)
        return found

    def _doc(self, id_: str) -> int | None:
        select = "SELECT doc FROM documents WHERE id = ?"
        row = self._database.execute(select, (id_,)).fetchone()
        return None if row is None else row[0]

    def _stamp(self, doc: int) -> object:
        select = "SELECT inode, size, mtime_ns FROM documents WHERE doc = ?"
        return unsigned(self._database.execute(select, (doc,)).fetchone())

    def _note(self, doc: int | None, page: Page) -> int:
        title, tags = page.texts[0][1:3] if page.texts else ("", "[]")
        about = (page.id, without_halves(title), tags, *signed(page.stamp))
        if doc is None:
            insert = "INSERT INTO documents VALUES (NULL, ?, ?, ?, ?, ?, ?)"
            doc = self._database.execute(insert, about).lastrowid
            assert doc is not None
            return doc
        self._database.execute(
            "UPDATE documents SET id = ?, title = ?, tags = ?, inode = ?, size = ?, mtime_ns = ?"
            " WHERE doc = ?",
            (*about, doc),
        )
        return doc
