"""SQLite files that can be rebuilt: opened, made and deleted."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Final

from copilot_tui.store.files import Disk, Stamp

if TYPE_CHECKING:
    from pathlib import Path
    from sqlite3 import Connection


def open_cache(path: Path, disk: Disk, busy_ms: int, version: int, schema: str) -> Connection:
    """The database in this file, made if it is not there or empty. Any thread may use it.

    Raises sqlite3.DatabaseError, also for another PRAGMA user_version; OSError.
    """
    import sqlite3

    if not path.exists():
        disk.make_folder(path.parent)
        with suppress(FileExistsError):  # SQLite would make it with the umask's mode
            disk.close(disk.create(path))
    database = sqlite3.connect(path, check_same_thread=False)
    try:
        database.execute(f"PRAGMA busy_timeout = {busy_ms}")
        database.execute("PRAGMA journal_mode = WAL")
        database.execute("PRAGMA synchronous = NORMAL")
        if _version(database) == 0 and not _has_tables(database):
            _make(database, version, schema)
        if _version(database) == version:
            return database
    except BaseException:
        database.close()
        raise
    database.close()
    raise sqlite3.DatabaseError("of another version")


def _version(database: Connection) -> int:
    found: int = database.execute("PRAGMA user_version").fetchone()[0]
    return found


def _has_tables(database: Connection) -> bool:
    return database.execute("SELECT 1 FROM sqlite_master").fetchone() is not None


def _make(database: Connection, version: int, schema: str) -> None:
    import sqlite3

    try:
        fresh(database, version, schema)
    except sqlite3.OperationalError:
        database.rollback()
        if _version(database) != version:  # else another process was faster
            raise


def fresh(database: Connection, version: int, schema: str) -> Connection:
    """The empty database with its tables."""
    database.executescript(f"BEGIN IMMEDIATE;{schema}PRAGMA user_version = {version};COMMIT;")
    return database


def delete_cache(path: Path, disk: Disk) -> None:
    """Remove a database that is not good for anything."""
    for suffix in ("", "-wal", "-shm"):
        with suppress(OSError):  # what stays is met again by `open_cache`
            disk.remove(path.with_name(path.name + suffix))


def without_halves(value: object) -> object:
    """SQLite takes no half of a surrogate pair."""
    if not isinstance(value, str) or value.isascii():
        return value
    return value.encode("utf-8", "replace").decode()


_INODES: Final = 1 << 64
_SIGNED: Final = 1 << 63


def signed(stamp: Stamp) -> Stamp:
    """SQLite's integers have a sign; Windows' file numbers use all 64 bits."""
    return stamp._replace(inode=(stamp.inode % _INODES + _SIGNED) % _INODES - _SIGNED)


def unsigned(row: tuple[int, ...]) -> Stamp:
    """The stamp of a row that `signed` has made."""
    inode, size, mtime_ns = row
    return Stamp(inode if inode >= 0 else inode + _INODES, size, mtime_ns)
