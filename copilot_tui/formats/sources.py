"""Files that conversations come from: what is in one, whatever its name is.

JSON is read value by value, so a file takes the memory of its largest conversation; a SQLite store
is read chat by chat. What cannot be read is named, and the rest is read.
"""

from __future__ import annotations

import codecs
import os
import sqlite3
import zipfile
import zlib
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import IO, TYPE_CHECKING, Final

from copilot_tui.conversation import timestamp
from copilot_tui.formats import Import, Kind, importers, sqlite
from copilot_tui.formats.foreign import Item, Skipped
from copilot_tui.formats.values import NoJson, Readable, Unusable, Values

try:
    from lzma import LZMAError
except ImportError:  # a Python that was built without it, and unpacks no such archive
    LZMAError = zlib.error  # type: ignore[assignment, misc]

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

MAX_TEXT_BYTES: Final = 1 << 27
"""A longer text file is no session."""

UNKNOWN: Final = "there is nothing in it that this program knows"

_ZIP: Final = b"PK\x03\x04"

_HEAD_BYTES: Final = 4096


@dataclass
class Source:
    """One file that is being read."""

    path: Path
    size: int = 0
    """Its bytes, once it is open."""
    done: int = 0
    """How many of them were read; of a store and of an archive it is not known."""
    number: int = 0
    """Of how many files of the same folder it is which, from 0 on."""
    count: int | None = 1
    """How many these are; None: too many to count."""

    @property
    def part(self) -> float | None:
        """How much of all the files is read, from 0 to 1; None: it is not known."""
        here = min(1.0, self.done / self.size) if self.done and self.size else None
        if self.count is None or (self.count == 1 and here is None):
            return None
        return (self.number + (here or 0.0)) / self.count

    def items(self) -> Iterator[Item]:
        """Every conversation in the file, and what was skipped."""
        try:
            yield from self._items()
        except OSError as error:
            yield Skipped("", f"it cannot be read: {error.strerror or error}")
        except sqlite3.Error as error:
            yield Skipped("", f"its store cannot be read: {error}")
        except (zipfile.BadZipFile, zlib.error, LZMAError, EOFError, RuntimeError) as error:
            yield Skipped("", f"the archive cannot be read: {error}")
        except UnicodeDecodeError:
            yield Skipped("", "it is not UTF-8")

    def _items(self) -> Iterator[Item]:
        status = self.path.stat()
        if self.path.is_dir():
            os.listdir(self.path)  # says why nothing was found below it
        if not self.path.is_file():  # reading a pipe would wait for ever
            yield Skipped("", "it is not a regular file")
            return
        self.size = status.st_size
        with self.path.open("rb") as file:
            head = file.read(_HEAD_BYTES)
            file.seek(0)
            if head.startswith(sqlite.MAGIC):
                yield from self._stored()
            elif head.startswith(_ZIP):
                yield from self._archived(file)
            elif head.removeprefix(codecs.BOM_UTF8).lstrip()[:1] in (b"{", b"["):
                yield from self._values(_Counted(file, self))
            else:
                yield from self._text(file, timestamp(datetime.fromtimestamp(status.st_mtime, UTC)))

    def _stored(self) -> Iterator[Item]:
        with sqlite.opened(self.path) as database:
            for each in importers(Kind.SQLITE):
                if each.recognises(database.tables):
                    yield from each.read(database)
                    return
        yield Skipped("", UNKNOWN)

    def _archived(self, file: IO[bytes]) -> Iterator[Item]:
        """The JSON files of an archive: an export of ChatGPT is one, with other things in it."""
        is_known = False
        with zipfile.ZipFile(file) as archive:
            for member in archive.infolist():
                if member.filename.endswith(".json"):
                    with archive.open(member) as stream:
                        for item in self._values(stream):
                            if not (isinstance(item, Skipped) and item.why == UNKNOWN):
                                is_known = True
                                yield item
        if not is_known:
            yield Skipped("", UNKNOWN)

    def _values(self, stream: Readable) -> Iterator[Item]:
        unknown = known = 0
        try:
            for value in Values(stream):
                if (reader := _reader_of(value)) is not None:
                    known += 1
                    yield from reader.read(value)
                elif isinstance(value, Unusable):
                    known += 1
                    yield Skipped(f"value {known + unknown}", "it is nested too deeply")
                else:
                    unknown += 1
        except NoJson as error:
            yield Skipped("", f"the rest of it is no JSON: {error}")
        else:
            if unknown or not known:
                what = f"{unknown} other values" if known else ""
                yield Skipped(what, UNKNOWN)

    def _text(self, file: IO[bytes], changed_at: str) -> Iterator[Item]:
        if self.size > MAX_TEXT_BYTES:
            yield Skipped("", UNKNOWN)
            return
        try:
            content = file.read().decode("utf-8-sig")
        except UnicodeDecodeError:
            yield Skipped("", UNKNOWN)
            return
        content = content.replace("\r\n", "\n")
        for each in importers(Kind.TEXT):
            if each.recognises(content):
                yield from each.read(content, self.path.stem, changed_at)
                return
        yield Skipped("", UNKNOWN)


def _reader_of(value: object) -> Import | None:
    if not isinstance(value, dict):
        return None
    return next((each for each in importers(Kind.JSON) if each.recognises(value)), None)


class _Counted:
    """Tells the source how far its file was read."""

    def __init__(self, file: IO[bytes], source: Source) -> None:
        self._file = file
        self._source = source

    def read(self, size: int) -> bytes:
        data = self._file.read(size)
        self._source.done += len(data)
        return data


def files_of(path: Path) -> Iterator[Path]:
    """The file itself; of a folder every file below it but hidden ones and links, by name.

    Of a store's folder not the trash: what was deleted there is not wanted here. A folder that
    cannot be read is given as if it were a file, and says so when it is read.
    """
    waiting = [path]
    while waiting:
        path = waiting.pop()
        if not path.is_dir():
            yield path
            continue
        try:
            below = sorted(path.iterdir(), reverse=True)  # the last is taken first
        except OSError:
            yield path
            continue
        names = {each.name for each in below}
        left_out = {"trash"} if "conversations" in names else set()
        waiting += [each for each in below if each.name not in left_out and _is_plain(each)]


def _is_plain(path: Path) -> bool:
    is_hidden = path.name.startswith(".")
    return not is_hidden and not path.is_symlink() and (path.is_dir() or path.is_file())
