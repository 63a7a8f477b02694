"""Another program's SQLite file: opened to be read and nothing else, and trusted in nothing."""

from __future__ import annotations

import sqlite3
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from copilot_tui.conversation import timestamp

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

MAGIC: Final = b"SQLite format 3\x00"
"""What every SQLite file begins with. Source: https://sqlite.org/fileformat.html"""


class Database:
    """The tables of one file. Raises sqlite3.Error."""

    def __init__(self, connection: sqlite3.Connection, changed_at: str) -> None:
        self._connection = connection
        self.changed_at = changed_at
        """When the file was changed last."""
        names = self.rows("SELECT name FROM sqlite_master WHERE type = 'table'")
        self.tables = {text(name): self._columns(text(name)) for (name,) in names}
        """Name -> names of its columns."""

    def rows(self, query: str, *values: object) -> Iterator[tuple[Any, ...]]:
        """The rows of a query, one after another."""
        return self._connection.execute(query, values)

    def _columns(self, table: str) -> set[str]:
        return {text(name) for (name,) in self.rows("SELECT name FROM pragma_table_info(?)", table)}


@contextmanager
def opened(path: Path) -> Iterator[Database]:
    """The file as it is at this moment; nothing is written. Raises sqlite3.Error, OSError."""
    changed_at = timestamp(datetime.fromtimestamp(path.stat().st_mtime, UTC))
    uri = f"{path.resolve().as_uri()}?mode=ro"
    with closing(sqlite3.connect(uri, uri=True)) as connection:
        # Text that is no UTF-8 must not end the reading of all that is.
        connection.text_factory = lambda data: data.decode("utf-8", "replace")
        connection.execute("PRAGMA trusted_schema = OFF")
        connection.execute("PRAGMA query_only = ON")
        connection.execute("BEGIN")  # one state of the store, whatever its program writes meanwhile
        yield Database(connection, changed_at)


def text(value: object) -> str:
    """A cell as text: SQLite lets any column hold anything."""
    if value is None:
        return ""
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)
