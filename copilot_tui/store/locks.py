"""Locks between processes, and between the threads of one.

The system lets go of them when their process dies, so a dead one never blocks.
"""

from __future__ import annotations

import errno
import os
import sys
from contextlib import contextmanager, suppress
from threading import RLock
from typing import TYPE_CHECKING, Final

from copilot_tui.errors import StoreError
from copilot_tui.store.files import TEMPORARY_SUFFIX, Disk, told

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from filelock import BaseFileLock

WAIT_S: Final = 30.0
"""How long a writer waits for another one; a write takes milliseconds."""

_POLL_S: Final = 0.01


_NO_LOCKS: Final = (errno.ENOSYS, errno.ENOLCK, errno.ENOTSUP, errno.EOPNOTSUPP)

SUBSTITUTE_SUFFIX: Final = ".held"
"""Of files that stand for locks. What a real lock leaves behind would be taken for a held one."""


def _file_lock(path: Path) -> BaseFileLock:
    """A lock of the system; where the file system of the folder knows none, a file stands for it.

    Raises OSError.
    """
    from filelock import FileLock, SoftFileLock  # 6 ms, which who only reads does not pay

    if _has_locks(path.parent):
        return FileLock(path, mode=0o600, thread_local=False)
    substitute = path.with_name(path.name + SUBSTITUTE_SUFFIX)
    return SoftFileLock(substitute, mode=0o600, thread_local=False)


def _has_locks(folder: Path) -> bool:
    if sys.platform == "win32":
        return True
    import fcntl

    descriptor = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_UN)  # changes nothing
    except OSError as error:
        if error.errno not in _NO_LOCKS:
            raise
        return False
    finally:
        os.close(descriptor)
    return True


class Locks:
    """One lock for each conversation, of a few that they share."""

    def __init__(self, folder: Path, disk: Disk) -> None:
        self._folder = folder
        self._disk = disk
        self._threads = {digit: RLock() for digit in "0123456789abcdef"}
        self._files: dict[str, BaseFileLock] = {}
        self._are_missing = False

    def probe(self) -> None:
        """Find out whether the file system has locks, if anything was ever locked here."""
        with told("the store cannot be locked"):
            if self._disk.stamp(self._folder) is None:
                return
        with self.held("0"):
            return  # taking it has told

    def trouble(self) -> StoreError | None:
        """What is to be said of the locks of this file system, as far as they were needed."""
        if not self._are_missing:
            return None
        return StoreError(
            f"the file system of {self._folder.parent} has no locks; files stand for them",
            "With programs on several machines at once, choose a folder on a local disk: "
            "copilot-tui --data-dir DIR",
        )

    @contextmanager
    def held(self, conversation_id: str) -> Iterator[None]:
        """Nobody else writes this conversation meanwhile. May be nested. Raises StoreError."""
        digit = conversation_id[0]
        with self._threads[digit]:
            file = self._files.get(digit)
            with told("the store cannot be locked"):
                self._disk.make_folder(self._folder)
                if file is None:
                    file = self._files[digit] = _file_lock(self._folder / f"{digit}.lock")
                    self._are_missing |= file.lock_file.endswith(SUBSTITUTE_SUFFIX)
                try:
                    file.acquire(timeout=WAIT_S, poll_interval=_POLL_S)
                except TimeoutError as error:
                    raise StoreError(
                        f"another program has been writing this conversation for {WAIT_S:.0f} s",
                        "Is one of them stopped? Look for it with: ps -ef | grep copilot-tui",
                    ) from error
            try:
                yield
            finally:
                file.release()


class LifeLock:
    """Held as long as something is being written; whoever can take it knows that the writer is
    gone.
    """

    def __init__(self, path: Path, disk: Disk) -> None:
        self.path = path
        self._disk = disk
        self._file: BaseFileLock | None = None

    def take(self) -> bool:
        """Whether it was free and is now ours. Raises OSError."""
        self._disk.make_folder(self.path.parent)
        if self._file is None:
            self._file = _file_lock(self.path)
        try:
            self._file.acquire(blocking=False)
        except TimeoutError:
            return False
        return True

    def release(self, *, remove: bool) -> None:
        """Let go of it; `remove`: what it stood for is gone, so its file goes too."""
        if remove:
            with suppress(OSError):  # held open on Windows; `recover` removes it later
                self._disk.remove(self.path)
        if self._file is not None:
            self._file.release()


def have_effect(folder: Path, disk: Disk) -> bool:
    """Whether the file system keeps two programs apart. Leaves nothing behind."""
    path = folder / f".locks-{os.getpid()}{TEMPORARY_SUFFIX}"
    one, other = LifeLock(path, disk), LifeLock(path, disk)
    try:
        if not _has_locks(folder) or not one.take():
            return False
        try:
            if other.take():
                other.release(remove=False)
                return False
            return True
        finally:
            one.release(remove=True)
    except OSError:
        return False
