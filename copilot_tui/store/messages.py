"""The messages of all conversations in SQLite, for the search: a cache, beside that of the list.

FTS5 holds which words a message has, not where (`detail=none`); what it finds is compared with the
text. Pieces of words are looked up in the list of all words first. Measured over 100,000 messages
(78 MB of text): such an index takes 20 MB and no more time to build than unicode61; trigram takes
5.5 times that time and 263 MB, and does not find the one or two characters of a Chinese word.

The rowid of a message is its time, so the newest come first without sorting, and a filter by time
is a range.
"""

from __future__ import annotations

import os
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING, Any, Final

from copilot_tui.search_query import TITLE
from copilot_tui.store import vocabulary
from copilot_tui.store.cache import delete_cache, open_cache, unsigned
from copilot_tui.store.changes import SLOT_BITS, Changes
from copilot_tui.store.pace import Pace
from copilot_tui.store.texts import Text
from copilot_tui.store.vocabulary import Vocabulary

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable, Iterator, Sequence
    from pathlib import Path
    from sqlite3 import Connection

    from copilot_tui.search_query import Query
    from copilot_tui.store.files import Disk, Stamp
    from copilot_tui.store.texts import Page

VERSION: Final = 2
"""PRAGMA user_version. Another number, also a later one: deleted and built anew."""

BUSY_MS: Final = 2000
"""How long one process waits for another one's transaction, which takes a quarter of a second."""

MANY_WORDS: Final = 50
"""From so many words on, any of which will do, the NEWEST messages are compared first."""

NEWEST: Final = 128

_SCHEMA: Final = """
CREATE TABLE documents (
    doc INTEGER PRIMARY KEY, id TEXT UNIQUE, title TEXT, tags TEXT,
    inode INTEGER, size INTEGER, mtime_ns INTEGER
);
CREATE TABLE messages (
    place INTEGER PRIMARY KEY, doc INTEGER, id TEXT, role TEXT, created_at TEXT, model TEXT,
    text TEXT
);
CREATE INDEX messages_of ON messages (doc);
CREATE INDEX titles ON messages (place) WHERE role = 'title';
"""
# A batch is held in memory as a whole and written as one segment: a tenth less time than with 1 MB.
_FTS_SCHEMA: Final = """
CREATE VIRTUAL TABLE words USING fts5(
    text, content='', detail=none, columnsize=0, tokenize="ascii tokenchars '_'"
);
INSERT INTO words (words, rank) VALUES ('hashsize', 33554432);
CREATE VIRTUAL TABLE terms USING fts5vocab(words, 'row');
"""
_FIELDS: Final = "d.id, d.title, d.tags, m.id, m.role, m.created_at, m.model, m.text"


def has_fts5() -> bool:
    """Whether this SQLite was made with FTS5; without it every text is compared."""
    import sqlite3

    with closing(sqlite3.connect(":memory:")) as database:
        return ("ENABLE_FTS5",) in database.execute("PRAGMA compile_options").fetchall()


class Messages:
    """The database, for one thread at a time. What it raises is SQLite's or the system's."""

    def __init__(
        self, path: Path, disk: Disk, *, has_fts: bool | None = None, pace: Pace | None = None
    ) -> None:
        self._path = path
        self._disk = disk
        self._pace = pace or Pace()
        self._has_fts = has_fts
        self._database: Connection | None = None
        self._inode = 0
        self._vocabulary = Vocabulary()

    @property
    def exists(self) -> bool:
        """Whether there is anything to read."""
        return self._path.exists()

    def close(self) -> None:
        """Give back the file."""
        database, self._database = self._database, None
        self._vocabulary = Vocabulary()
        if database is not None:
            database.close()

    def delete(self) -> None:
        """Remove the file; the next one who opens it makes it anew."""
        self.close()
        delete_cache(self._path, self._disk)

    def __del__(self) -> None:
        """SQLite warns of what is not closed, and a Store need not be."""
        self.close()

    def stamps(self) -> dict[str, Stamp]:
        """Of all documents that were read."""
        rows = self._open().execute("SELECT id, inode, size, mtime_ns FROM documents")
        return {row[0]: unsigned(row[1:]) for row in rows}

    def write(self, gone: Iterable[str], pages: Sequence[Page]) -> None:
        """Bring the rows of these conversations in step, in one transaction."""
        with _transaction(self._open()) as database:
            changes = Changes(database, self._pace, has_fts=bool(self._has_fts))
            for id_ in gone:
                changes.drop(id_)
            for page in pages:
                changes.take(page)
            changes.write()

    def finish(self) -> None:
        """Put the vocabulary in order, if that is due."""
        database = self._open()
        if self._has_fts and not vocabulary.is_complete(database):
            with _transaction(database):
                vocabulary.complete(database)

    def candidates(self, query: Query) -> Generator[Text]:
        """All texts that may be what the query asks for, the newest first."""
        database = self._open()
        expression: str | None = ""
        if self._has_fts:
            self._vocabulary.read(database)
            expression = self._vocabulary.expression(query.needles)
        if expression is None:
            return
        last: int | None = None
        if expression.count(" OR ") > MANY_WORDS:
            # FTS5 looks for every word before it gives the first message, and the newest may do.
            sql, values = _select(query, "", at_most=NEWEST)
            with closing(database.execute(sql, values)) as rows:
                for place, *row in rows:
                    last = place
                    yield Text._make(row)
            if last is None:
                return
        sql, values = _select(query, expression, before=last)
        with closing(database.execute(sql, values)) as rows:
            for _, *row in rows:
                yield Text._make(row)

    def _open(self) -> Connection:
        """The connection; another one if the file was deleted or replaced."""
        try:
            inode = os.stat(self._path).st_ino
        except FileNotFoundError:
            inode = -1
        if self._database is None or inode != self._inode:
            self.close()
            if self._has_fts is None:
                self._has_fts = has_fts5()
            schema = f"{_SCHEMA}{_FTS_SCHEMA}{vocabulary.SCHEMA}" if self._has_fts else _SCHEMA
            version = VERSION if self._has_fts else -VERSION
            self._database = open_cache(self._path, self._disk, BUSY_MS, version, schema)
            self._inode = os.stat(self._path).st_ino
        return self._database


@contextmanager
def _transaction(database: Connection) -> Iterator[Connection]:
    database.execute("BEGIN IMMEDIATE")
    with database:
        yield database


def _select(
    query: Query, expression: str, *, before: int | None = None, at_most: int = -1
) -> tuple[str, list[Any]]:
    place, source = "m.place", "messages m"
    where: list[str] = []
    values: list[Any] = []
    if expression:
        place, source = "w.rowid", "words w CROSS JOIN messages m ON m.place = w.rowid"
        where, values = ["words MATCH ?"], [expression]
    elif query.role == TITLE:
        source = "messages m INDEXED BY titles"
    if before is not None:
        where.append(f"{place} < ?")
        values.append(before)
    for moment, comparison in ((query.after_ms, ">="), (query.before_ms, "<")):
        if moment is not None:
            where.append(f"{place} {comparison} ?")
            values.append(max(moment, 0) << SLOT_BITS)
    if query.role is not None:
        where.append(f"m.role = '{TITLE}'" if query.role == TITLE else "m.role = ?")
        values += [] if query.role == TITLE else [query.role]
    conditions = f" WHERE {' AND '.join(where)}" if where else ""
    return (
        f"SELECT {place}, {_FIELDS} FROM {source} CROSS JOIN documents d ON d.doc = m.doc"
        f"{conditions} ORDER BY {place} DESC LIMIT {at_most}"
    ), values
