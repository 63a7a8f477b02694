"""What can be rebuilt: a row for each conversation in SQLite, so that a start need not read every
file.

A row carries the stamp of the file that it was read from. The index may be deleted at any time;
one that is corrupt, or of another version of the program, is deleted here. One that cannot be used
(locked, on a read-only disk) is replaced by one in memory, which costs a scan of the files.
"""

from __future__ import annotations

import json
import os
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final, NamedTuple, TypeVar

from copilot_tui.errors import NotFound, StoreError, UnreadableDocument
from copilot_tui.store.cache import (
    delete_cache,
    fresh,
    open_cache,
    signed,
    unsigned,
    without_halves,
)
from copilot_tui.store.files import Disk, Stamp
from copilot_tui.store.pace import Pace
from copilot_tui.store.summary import Summary

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path
    from sqlite3 import Connection

_T = TypeVar("_T")

VERSION: Final = 1
"""PRAGMA user_version. Another number, also a later one: deleted and built anew."""

BUSY_MS: Final = 2000
"""How long a reader waits for another process before it goes on without the file."""

_SCHEMA: Final = """
CREATE TABLE conversations (
    id TEXT PRIMARY KEY, title TEXT, created_at TEXT, updated_at TEXT, backend TEXT, model TEXT,
    messages INTEGER, pinned INTEGER, archived INTEGER, tags TEXT,
    inode INTEGER, size INTEGER, mtime_ns INTEGER
) WITHOUT ROWID;
CREATE TABLE problems (
    id TEXT PRIMARY KEY, message TEXT, hint TEXT, inode INTEGER, size INTEGER, mtime_ns INTEGER
) WITHOUT ROWID;
"""
_COLUMNS: Final = (
    "id, title, created_at, updated_at, backend, model, messages, pinned, archived, tags"
)
_NEWEST_FIRST: Final = "FROM conversations ORDER BY updated_at DESC, id DESC"
_NO_TAGS: Final = "[]"


class Listing(NamedTuple):
    """What is in the store."""

    summaries: list[Summary]
    problems: list[StoreError]


class Index:
    """The rows, in step with the folder when `sync` was called. One thread at a time."""

    def __init__(self, path: Path, disk: Disk) -> None:
        self.path = path
        self._disk = disk
        self._database: Connection | None = None

    @property
    def is_open(self) -> bool:
        """Whether a `put` is cheap now."""
        return self._database is not None

    def known(self) -> list[Summary]:
        """What the rows say, without a look at the folder; nothing if there is no index yet."""
        if self._database is None and not os.path.exists(self.path):
            return []
        return self._guarded(_summaries)

    def sync(self, entries: dict[str, Stamp], read: Callable[[str], Summary]) -> Listing:
        """Bring the rows in step with these files, by id; `read` is asked for those that changed.

        A file that `read` cannot read (UnreadableDocument) is asked for again when its stamp has
        changed; other errors are not remembered.
        """
        return self._guarded(lambda database: _sync(database, entries, read))

    def put(self, summary: Summary, stamp: Stamp) -> None:
        """Note what was just written; without waiting for anybody, since `sync` finds it
        otherwise.
        """
        database = self._database
        if database is None:
            return
        import sqlite3

        with suppress(sqlite3.Error):
            database.execute("PRAGMA busy_timeout = 0")
            try:
                with database:
                    _write(database, [(summary, stamp)])
            finally:
                database.execute(f"PRAGMA busy_timeout = {BUSY_MS}")

    def close(self) -> None:
        """Give back the file."""
        if self._database is not None:
            self._database.close()
            self._database = None

    def __del__(self) -> None:
        """SQLite warns of what is not closed, and a Store need not be."""
        self.close()

    def _guarded(self, work: Callable[[Connection], _T]) -> _T:
        """Do the work with the index; if that is not possible, with one in memory."""
        import sqlite3

        for is_last in (False, True):
            try:
                self._database = self._database or self._open()
                return work(self._database)
            except sqlite3.OperationalError as error:
                self.close()
                if error.sqlite_errorcode != sqlite3.SQLITE_ERROR or is_last:
                    break  # locked, read-only, full: nothing is wrong with the file
            except sqlite3.DatabaseError:
                self.close()
            except OSError:
                break
            delete_cache(self.path, self._disk)  # corrupt, or with another schema
        self._database = fresh(
            sqlite3.connect(":memory:", check_same_thread=False), VERSION, _SCHEMA
        )
        return work(self._database)

    def _open(self) -> Connection:
        return open_cache(self.path, self._disk, BUSY_MS, VERSION, _SCHEMA)


def _summaries(database: Connection) -> list[Summary]:
    return [_summary(row) for row in database.execute(f"SELECT {_COLUMNS} {_NEWEST_FIRST}")]


def _sync(
    database: Connection, entries: dict[str, Stamp], read: Callable[[str], Summary]
) -> Listing:
    select = f"SELECT {_COLUMNS}, inode, size, mtime_ns {_NEWEST_FIRST}"
    rows = database.execute(select).fetchall()
    known = {row[0]: unsigned(row[-3:]) for row in rows}
    failed = {
        row[0]: unsigned(row[1:])
        for row in database.execute("SELECT id, inode, size, mtime_ns FROM problems")
    }
    news = _News()
    changed = [
        (id_, stamp)
        for id_, stamp in entries.items()
        if stamp != known.get(id_) and stamp != failed.get(id_)
    ]
    for id_, stamp in Pace().paced(changed):  # a sync program may have brought thousands
        news.read(id_, stamp, read)
    news.gone = [id_ for id_, stamp in known.items() if entries.get(id_) != stamp]
    news.mended = [id_ for id_, stamp in failed.items() if entries.get(id_) != stamp]
    if news.write_to(database):
        rows = database.execute(select).fetchall()
    found = database.execute("SELECT message, hint FROM problems ORDER BY message")
    problems: list[StoreError] = [UnreadableDocument(message, hint) for message, hint in found]
    return Listing([_summary(row) for row in rows], problems + news.passing)


class _News:
    """What has changed in the folder since the rows were written."""

    def __init__(self) -> None:
        self.new: list[tuple[Summary, Stamp]] = []
        self.wrong: list[tuple[str, UnreadableDocument, Stamp]] = []
        self.passing: list[StoreError] = []
        """What may be better the next time."""
        self.gone: list[str] = []
        self.mended: list[str] = []

    def read(self, id_: str, stamp: Stamp, read: Callable[[str], Summary]) -> None:
        """Read a file that is new or changed."""
        try:
            self.new.append((read(id_), stamp))
        except NotFound:
            return  # gone meanwhile
        except UnreadableDocument as error:
            self.wrong.append((id_, error, stamp))
        except StoreError as error:
            self.passing.append(error)

    def write_to(self, database: Connection) -> bool:
        """Bring it into the rows; whether there was anything."""
        if not (self.new or self.wrong or self.gone or self.mended):
            return False
        with database:
            for table, ids in (("conversations", self.gone), ("problems", self.mended)):
                database.executemany(f"DELETE FROM {table} WHERE id = ?", ((id_,) for id_ in ids))
            _write(database, self.new)
            database.executemany(
                "REPLACE INTO problems VALUES (?, ?, ?, ?, ?, ?)",
                ((id_, str(error), error.hint, *signed(stamp)) for id_, error, stamp in self.wrong),
            )
        return True


def _write(database: Connection, rows: Iterable[tuple[Summary, Stamp]]) -> None:
    database.executemany(
        "REPLACE INTO conversations VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            (*map(without_halves, each[:-1]), json.dumps(each.tags), *signed(stamp))
            for each, stamp in rows
        ),
    )


def _summary(row: tuple[Any, ...]) -> Summary:
    id_, title, created, updated, backend, model, messages, pinned, archived, tags, *_ = row
    found = () if tags == _NO_TAGS else tuple(json.loads(tags))
    return Summary(
        id_, title, created, updated, backend, model, messages, pinned == 1, archived == 1, found
    )
