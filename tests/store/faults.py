"""A disk that fails at one operation of a kind."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

from copilot_tui.store import Disk
from copilot_tui.store.files import Entry, Stamp

OPERATIONS = ("open", "write", "fsync", "close", "replace")

ALL_OPERATIONS = (*OPERATIONS, "unlink", "mkdir", "touch", "stamp", "entries", "read")


class FaultyDisk(Disk):
    """Counts the operations of one kind and refuses the n-th (from 0); `lasting`: and all after it.

    A write that is refused has taken `taken` bytes before.
    """

    def __init__(
        self, operation: str, refused: int, number: int, *, lasting: bool = False, taken: int = 0
    ) -> None:
        self._operation = operation
        self._refused = refused
        self._number = number
        self._lasting = lasting
        self._taken = taken
        self.count = 0

    def mend(self) -> None:
        """Refuse nothing from now on."""
        self._operation = ""

    def _step(self, operation: str) -> None:
        if operation == self._operation:
            self.count += 1
            place = self.count - 1
            if place == self._refused or (self._lasting and 0 <= self._refused < place):
                raise OSError(self._number, os.strerror(self._number))

    def open(self, path: Path, flags: int) -> int:
        self._step("open")
        return super().open(path, flags)

    def write(self, descriptor: int, data: bytes | memoryview) -> int:
        try:
            self._step("write")
        except OSError:
            if self._taken:
                super().write(descriptor, data[: self._taken])
            raise
        return super().write(descriptor, data)

    def fsync(self, descriptor: int) -> None:
        self._step("fsync")
        super().fsync(descriptor)

    def close(self, descriptor: int) -> None:
        super().close(descriptor)  # the system closes it, whatever it says
        self._step("close")

    def replace(self, source: Path, target: Path) -> None:
        self._step("replace")
        super().replace(source, target)

    def unlink(self, path: Path) -> None:
        self._step("unlink")
        super().unlink(path)

    def mkdir(self, path: Path) -> None:
        self._step("mkdir")
        super().mkdir(path)

    def touch(self, path: Path, moment: float) -> None:
        self._step("touch")
        super().touch(path, moment)

    def stamp(self, path: Path) -> Stamp | None:
        self._step("stamp")
        return super().stamp(path)

    def entries(self, folder: Path) -> list[Entry]:
        self._step("entries")
        return super().entries(folder)

    def read(self, path: Path) -> tuple[bytes, Stamp]:
        self._step("read")
        return super().read(path)


def count_of(operation: str, work: Callable[[Disk], object]) -> int:
    """How many operations of this kind the work takes."""
    disk = FaultyDisk(operation, -1, 0)
    work(disk)
    return disk.count
