"""A disk that fails at one operation of a kind."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

from copilot_tui.store import Disk

OPERATIONS = ("open", "write", "fsync", "close", "replace")


class FaultyDisk(Disk):
    """Counts the operations of one kind and refuses the n-th (from 0)."""

    def __init__(self, operation: str, refused: int, number: int) -> None:
        self._operation = operation
        self._refused = refused
        self._number = number
        self.count = 0

    def _step(self, operation: str) -> None:
        if operation == self._operation:
            self.count += 1
            if self.count - 1 == self._refused:
                raise OSError(self._number, os.strerror(self._number))

    def open(self, path: Path, flags: int) -> int:
        self._step("open")
        return super().open(path, flags)

    def write(self, descriptor: int, data: bytes | memoryview) -> int:
        self._step("write")
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


def count_of(operation: str, work: Callable[[Disk], object]) -> int:
    """How many operations of this kind the work takes."""
    disk = FaultyDisk(operation, -1, 0)
    work(disk)
    return disk.count
