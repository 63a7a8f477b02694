"""What can be rebuilt: a row for each conversation in SQLite, so that a start need not read every
file.

A row carries the stamp of the file that it was read from. The index may be deleted at any time;
one that is corrupt, or of another version of the program, is deleted here. One that cannot be used
(locked, on a read-only disk) is replaced by one in memory, which costs a scan of the files.
"""

from __future__ import annotations

import json
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final, NamedTuple, TypeVar

from copilot_tui.errors import NotFound, StoreError, UnreadableDocument
from copilot_tui.store.files import Disk, Stamp
from copilot_tui.store.summary import Summary, newest_first

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
_NO_TAGS: Final = "[]"


class Listing(NamedTuple):
    """What is in the store."""

    summaries: list[Summary]
    problems: list[StoreError]


class Index:
    """The rows, in step with the folder when `sync` was called. One thread at a time."""

    def __init__(self, path: Path, disk: Disk) -> None:
        self._path = path
        self._disk = disk
        self._database: Connection | None = None

    @property
    def is_open(self) -> bool:
        """Whether a `put` is cheap now."""
        return self._database is not None

    def known(self) -> list[Summary]:
        """What the rows say, without a look at the folder; nothing if there is no index yet."""
        if self._database is None and not self._path.exists():
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
            self._delete()  # corrupt, or with another schema
        self._database = _fresh(sqlite3.connect(":memory:", check_same_thread=False))
        return work(self._database)

    def _open(self) -> Connection:
        import sqlite3

        if not self._path.exists():
            self._disk.make_folder(self._path.parent)
            with suppress(FileExistsError):  # SQLite would make it with the umask's mode
                self._disk.close(self._disk.create(self._path))
        database = sqlite3.connect(self._path, check_same_thread=False)
        try:
            database.execute(f"PRAGMA busy_timeout = {BUSY_MS}")
            database.execute("PRAGMA journal_mode = WAL")
            database.execute("PRAGMA synchronous = NORMAL")
            version = database.execute("PRAGMA user_version").fetchone()[0]
            if version == VERSION:
                return database
            if version == 0 and not database.execute("SELECT 1 FROM sqlite_master").fetchone():
                return _fresh(database)
        except BaseException:
            database.close()
            raise
        database.close()
        raise sqlite3.DatabaseError("of another version")

    def _delete(self) -> None:
        for suffix in ("", "-wal", "-shm"):
            with suppress(OSError):  # what stays is met again by `_open`
                self._disk.remove(self._path.with_name(self._path.name + suffix))


def _fresh(database: Connection) -> Connection:
    database.executescript(f"BEGIN IMMEDIATE;{_SCHEMA}PRAGMA user_version = {VERSION};COMMIT;")
    return database


def _summaries(database: Connection) -> list[Summary]:
    rows = database.execute(f"SELECT {_COLUMNS} FROM conversations")
    return newest_first(_summary(row) for row in rows)


def _sync(
    database: Connection, entries: dict[str, Stamp], read: Callable[[str], Summary]
) -> Listing:
    known = _stamps(database, "conversations")
    failed = _stamps(database, "problems")
    new: list[tuple[Summary, Stamp]] = []
    wrong: list[tuple[str, UnreadableDocument, Stamp]] = []
    passing: list[StoreError] = []
    for id_, stamp in entries.items():
        if stamp in (known.get(id_), failed.get(id_)):
            continue
        try:
            new.append((read(id_), stamp))
        except NotFound:
            continue  # gone meanwhile
        except UnreadableDocument as error:
            wrong.append((id_, error, stamp))
        except StoreError as error:
            passing.append(error)
    gone = [id_ for id_ in known if entries.get(id_) != known[id_]]
    mended = [id_ for id_ in failed if entries.get(id_) != failed[id_]]
    if new or wrong or gone or mended:
        with database:
            database.executemany("DELETE FROM conversations WHERE id = ?", ((id_,) for id_ in gone))
            database.executemany("DELETE FROM problems WHERE id = ?", ((id_,) for id_ in mended))
            _write(database, new)
            database.executemany(
                "REPLACE INTO problems VALUES (?, ?, ?, ?, ?, ?)",
                ((id_, str(error), error.hint, *_signed(stamp)) for id_, error, stamp in wrong),
            )
    rows = database.execute("SELECT message, hint FROM problems ORDER BY message")
    problems: list[StoreError] = [UnreadableDocument(message, hint) for message, hint in rows]
    return Listing(_summaries(database), problems + passing)


def _write(database: Connection, rows: Iterable[tuple[Summary, Stamp]]) -> None:
    database.executemany(
        "REPLACE INTO conversations VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        ((*map(_text, each[:-1]), json.dumps(each.tags), *_signed(stamp)) for each, stamp in rows),
    )


def _text(value: object) -> object:
    """SQLite takes no half of a surrogate pair."""
    return value.encode("utf-8", "replace").decode() if isinstance(value, str) else value


def _stamps(database: Connection, table: str) -> dict[str, Stamp]:
    rows = database.execute(f"SELECT id, inode, size, mtime_ns FROM {table}")
    return {id_: Stamp(inode % _INODES, size, mtime_ns) for id_, inode, size, mtime_ns in rows}


_INODES: Final = 1 << 64
_SIGNED: Final = 1 << 63


def _signed(stamp: Stamp) -> Stamp:
    """SQLite's integers have a sign; Windows' file numbers use all 64 bits."""
    return stamp._replace(inode=(stamp.inode % _INODES + _SIGNED) % _INODES - _SIGNED)


def _summary(row: tuple[Any, ...]) -> Summary:
    found = () if row[9] == _NO_TAGS else tuple(json.loads(row[9]))
    return Summary._make((*row[:7], bool(row[7]), bool(row[8]), found))
