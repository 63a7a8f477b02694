"""The only place that touches files: whole or not at all, and for nobody else's eyes.

`Disk` has one small method for each operation of the system, and the rest is made of those; a test
(or a recorder) takes the place of any of them by a subclass. Outside errors become StoreError in
`store_error`.
"""

from __future__ import annotations

import errno
import os
import stat
import sys
import time
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

from copilot_tui.errors import StoreError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

BLOCK_BYTES: Final = 1 << 18
"""Small chunks are written together up to about this size."""

TEMPORARY_SUFFIX: Final = ".tmp"

MAX_BYTES: Final = 1 << 30
"""No file of the store is larger; one that is would fill the memory before it is found out."""

_BINARY: Final = getattr(os, "O_BINARY", 0)  # Windows would turn \n into \r\n
_REPLACE_TRIES: Final = 20
_REPLACE_WAIT_S: Final = 0.05


class Stamp(NamedTuple):
    """What tells one version of a file from another without reading it."""

    inode: int
    size: int
    mtime_ns: int


class Entry(NamedTuple):
    """A name in a folder."""

    name: str
    stamp: Stamp
    is_file: bool
    """A regular file; not a folder, a link, a device."""


def _stamp(status: os.stat_result) -> Stamp:
    return Stamp(status.st_ino, status.st_size, status.st_mtime_ns)


class Disk:
    """The operations that the store is made of. Raises OSError; see `told`."""

    # One operation of the system each

    def open(self, path: Path, flags: int) -> int:
        """Open a file, made with mode 0600 if it is made."""
        return os.open(path, flags | _BINARY, 0o600)

    def set_mode(self, path: Path, mode: int) -> None:
        """Give back the owner's rights, which a strict umask takes even from the owner."""
        os.chmod(path, mode)

    def write(self, descriptor: int, data: bytes | memoryview) -> int:
        """Write as much as the system takes; how much that was."""
        return os.write(descriptor, data)

    def fsync(self, descriptor: int) -> None:
        """Come back when the file is on the disk itself."""
        os.fsync(descriptor)

    def close(self, descriptor: int) -> None:
        """Close a file."""
        os.close(descriptor)

    def replace(self, source: Path, target: Path) -> None:
        """Give `source` the name `target`, whatever had it; in one step."""
        os.replace(source, target)

    def unlink(self, path: Path) -> None:
        """Remove a name."""
        path.unlink()

    def mkdir(self, path: Path) -> None:
        """Make one folder with mode 0700."""
        path.mkdir(mode=0o700)

    def touch(self, path: Path, moment: float) -> None:
        """Set a file's time, in seconds since 1970."""
        os.utime(path, (moment, moment))

    # What is made of them

    def write_atomic(self, path: Path, chunks: Iterable[bytes], *, durable: bool = True) -> Stamp:
        """Put these chunks into a file, whole or not at all; what was there stays until the last
        moment.

        `durable` False: survives the death of the process and not a power cut, and costs no wait.
        """
        self.make_folder(path.parent)
        beside = path.parent / f".{path.name}.{os.getpid()}.{os.urandom(4).hex()}{TEMPORARY_SUFFIX}"
        descriptor = self.create(beside)
        try:
            try:
                for block in _blocks(chunks):
                    self.write_all(descriptor, block)
                if durable:
                    self.fsync(descriptor)
                stamp = _stamp(os.fstat(descriptor))
            finally:
                self.close(descriptor)
            self._replace_patiently(beside, path)
        except BaseException:
            with suppress(OSError):  # what went wrong first is what matters
                self.unlink(beside)
            raise
        if durable:
            self.sync_folder(path.parent)
        return stamp

    def create(self, path: Path) -> int:
        """A new file that only its owner may read, from birth and whatever the umask; open for
        appending.
        """
        descriptor = self.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND)
        if sys.platform != "win32" and stat.S_IMODE(os.fstat(descriptor).st_mode) != 0o600:
            try:
                self.set_mode(path, 0o600)
            except BaseException:
                self.close(descriptor)
                self.unlink(path)
                raise
        return descriptor

    def write_all(self, descriptor: int, data: bytes) -> None:
        """Write all of it, in as many steps as the system wants."""
        rest = memoryview(data)
        while rest:
            rest = rest[self.write(descriptor, rest) :]

    def make_folder(self, path: Path) -> None:
        """Make a folder, and those above it, for nobody else's eyes; one that is there stays as it
        is.
        """
        if path.is_dir():
            return
        if path.parent != path:
            self.make_folder(path.parent)
        try:
            self.mkdir(path)
        except FileExistsError:
            if path.is_dir():  # another process was faster
                return
            raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR)) from None
        if sys.platform != "win32" and stat.S_IMODE(path.stat().st_mode) & 0o777 != 0o700:
            self.set_mode(path, 0o700)
        self.sync_folder(path.parent)

    def sync_folder(self, path: Path) -> None:
        """Bring the folder's names to the disk."""
        if (
            sys.platform == "win32"
        ):  # a folder cannot be opened there, and NTFS keeps its names in order
            return
        descriptor = self.open(path, os.O_RDONLY)
        try:
            self.fsync(descriptor)
        except OSError as error:
            if error.errno not in (errno.EINVAL, errno.ENOTSUP):  # some network file systems
                raise
        finally:
            self.close(descriptor)

    def set_time(self, path: Path, moment: float) -> None:
        """Set a file's time, in seconds since 1970, also through a power cut."""
        self.touch(path, moment)
        descriptor = self.open(path, os.O_RDWR if sys.platform == "win32" else os.O_RDONLY)
        try:
            self.fsync(descriptor)
        finally:
            self.close(descriptor)

    def move(self, source: Path, target: Path) -> None:
        """Move a file to another folder, also through a power cut."""
        self.make_folder(target.parent)
        self._replace_patiently(source, target)
        self.sync_folder(target.parent)
        self.sync_folder(source.parent)

    def remove(self, path: Path) -> None:
        """Remove a file, if it is there."""
        with suppress(FileNotFoundError):
            self.unlink(path)

    def read(self, path: Path) -> tuple[bytes, Stamp]:
        """A regular file's bytes with the stamp that belongs to them."""
        if not stat.S_ISREG(os.lstat(path).st_mode):  # opening a pipe would wait for ever
            raise OSError(errno.EINVAL, "it is not a regular file")
        descriptor = self.open(path, os.O_RDONLY)
        with os.fdopen(descriptor, "rb") as file:
            status = os.fstat(descriptor)
            if status.st_size > MAX_BYTES:
                raise OSError(errno.EFBIG, f"it is larger than {MAX_BYTES >> 30} GB")
            return file.read(), _stamp(status)

    def stamp(self, path: Path) -> Stamp | None:
        """The file's stamp; None: there is no such file."""
        try:
            return _stamp(os.lstat(path))
        except FileNotFoundError:
            return None

    def entries(self, folder: Path) -> list[Entry]:
        """What is in a folder; nothing if it is not there."""
        found = []
        try:
            with os.scandir(folder) as names:
                for each in names:
                    try:
                        status = each.stat(follow_symlinks=False)
                    except FileNotFoundError:  # gone meanwhile
                        continue
                    # Windows leaves the inode out of what it tells about a folder's entries.
                    stamp = Stamp(status.st_ino or each.inode(), status.st_size, status.st_mtime_ns)
                    found.append(Entry(each.name, stamp, stat.S_ISREG(status.st_mode)))
        except FileNotFoundError:
            return []
        return found

    def _replace_patiently(self, source: Path, target: Path) -> None:
        if sys.platform != "win32":
            self.replace(source, target)
            return
        for _ in range(_REPLACE_TRIES):  # somebody reads the old file, such as a virus scanner
            with suppress(PermissionError):
                self.replace(source, target)
                return
            time.sleep(_REPLACE_WAIT_S)
        self.replace(source, target)


def _blocks(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """The chunks, put together to blocks that are worth a write."""
    waiting: list[bytes] = []
    size = 0
    for chunk in chunks:
        waiting.append(chunk)
        size += len(chunk)
        if size >= BLOCK_BYTES:
            yield b"".join(waiting)
            waiting, size = [], 0
    if waiting:
        yield b"".join(waiting)


_WHY: Final[dict[int, tuple[str, str]]] = {
    errno.ENOSPC: ("the disk is full", "Make room, then try again. Nothing on the disk was lost."),
    errno.EDQUOT: ("your quota is used up", "Make room, then try again. Nothing on disk was lost."),
    errno.EROFS: (
        "the file system is read-only",
        "Choose another folder: copilot-tui --data-dir DIR",
    ),
    errno.EACCES: (
        "permission denied",
        "Check the rights of the folder, or choose another: copilot-tui --data-dir DIR",
    ),
    errno.EPERM: (
        "permission denied",
        "Check the rights of the folder, or choose another: copilot-tui --data-dir DIR",
    ),
    errno.EIO: ("the disk reports an error", "Check the disk. What was saved before is untouched."),
    errno.EMFILE: ("too many files are open", "Close some programs, then try again."),
    errno.ENFILE: ("too many files are open", "Close some programs, then try again."),
    errno.ENOTDIR: ("a part of its path is a file", "Check the folder given with --data-dir."),
    errno.EISDIR: ("it is a folder", ""),
    **dict.fromkeys(
        (errno.ENOSYS, errno.ENOLCK),
        (
            "this file system has no locks",
            "Choose a folder on a local disk: copilot-tui --data-dir DIR",
        ),
    ),
}


def store_error(error: OSError, what: str) -> StoreError:
    """`what` ("X cannot be saved") with the reason, and how to mend it."""
    why, hint = _WHY.get(error.errno or 0, (error.strerror or str(error), ""))
    return StoreError(f"{what}: {why}", hint)


@contextmanager
def told(what: str) -> Iterator[None]:
    """Turns what the system refuses into a StoreError that begins with `what`."""
    try:
        yield
    except OSError as error:
        raise store_error(error, what) from error
