"""A program in a pseudo-terminal of its own, watched from outside: its CPU time, screen and memory.

CPU time is user + system of the whole process, all threads, by the kernel's own account.
"""

from __future__ import annotations

import fcntl
import os
import re
import select
import signal
import struct
import sys
import termios
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

PATIENCE_S: Final = 60.0
"""How long something that must appear is waited for."""

APP: Final = (sys.executable, "-m", "copilot_tui")

_RSS: Final = re.compile(r"^VmRSS:\s+(\d+) kB", re.MULTILINE)


_WRITTEN: Final = re.compile(r"^wchar: (\d+)", re.MULTILINE)


class Program:
    """One process; make it with `running`."""

    def __init__(self, pid: int, terminal: int) -> None:
        self.pid = pid
        self.started = time.perf_counter()
        self.painted = 0
        """Bytes that it has written."""
        self.seen_at: float | None = None
        """The moment at which what `look_out_for` named was written; None: it was not yet."""
        self._wanted, self._tail = b"", b""
        self._terminal = terminal
        self._unseen = b""
        self._status: int | None = None
        self._usage = 0.0

    def type(self, keys: str | bytes) -> None:
        """Press keys."""
        os.write(self._terminal, keys.encode() if isinstance(keys, str) else keys)

    def read(self, seconds: float) -> bytes:
        """What it writes next, or nothing after this time."""
        if not select.select([self._terminal], [], [], max(0.0, seconds))[0]:
            return b""
        try:
            piece = os.read(self._terminal, 1 << 16)
        except OSError:  # Linux: the other end is closed
            piece = b""
        self.painted += len(piece)
        if self._wanted:
            self._tail = self._tail[-len(self._wanted) :] + piece
            if self.seen_at is None and self._wanted in self._tail:
                self.seen_at = time.perf_counter()
        return piece

    def look_out_for(self, text: str) -> None:
        """Note in `seen_at` when this is written, whatever else is waited for."""
        self.seen_at, self._wanted, self._tail = None, text.encode(), b""

    def wait_for(self, text: str | bytes, patience_s: float = PATIENCE_S) -> float:
        """Read until this is written; the moment it was. What came before it is forgotten."""
        wanted = text.encode() if isinstance(text, str) else text
        until = time.perf_counter() + patience_s
        while (found := self._unseen.find(wanted)) < 0:
            piece = self.read(until - time.perf_counter())
            if not piece and (time.perf_counter() >= until or self.has_ended()):
                ended = f"; it ended with {self._status}" if self.has_ended() else ""
                raise TimeoutError(
                    f"{text!r} is not written{ended}; the last is {self._unseen[-2000:]!r}"
                )
            self._unseen = self._unseen[-len(wanted) :] + piece
        now = time.perf_counter()
        self._unseen = self._unseen[found + len(wanted) :]
        return now

    def drain(self, seconds: float) -> int:
        """Read for this time; how many bytes came."""
        until = time.perf_counter() + seconds
        before = self.painted
        while (left := until - time.perf_counter()) > 0:
            self.read(left)
        self._unseen = b""
        return self.painted - before

    def settle(self, quiet_s: float = 0.3) -> None:
        """Read until it has used no CPU for a while."""
        before = -1.0
        while (now := self.cpu_ms()) - before > 1000 * quiet_s * 0.05:
            before = now
            self.drain(quiet_s)

    def resize(self, columns: int, rows: int) -> None:
        """Give the terminal another size."""
        _set_size(self._terminal, columns, rows)
        os.kill(self.pid, signal.SIGWINCH)

    def cpu_ms(self) -> float:
        """CPU time until now."""
        if self._status is not None:
            return self._usage
        return time.clock_gettime(((~self.pid) << 3) | 2) * 1000  # the kernel's clock of a process

    def rss_mb(self) -> float:
        """Memory in use."""
        found = _RSS.search(Path(f"/proc/{self.pid}/status").read_text())
        assert found is not None
        return int(found[1]) / 1024

    def written(self) -> int:
        """Bytes that it has written to anything but sockets."""
        found = _WRITTEN.search(Path(f"/proc/{self.pid}/io").read_text())
        assert found is not None
        return int(found[1])

    def has_ended(self) -> bool:
        """Whether it has; its CPU time is then final."""
        return self._status is not None or self._wait(os.WNOHANG)

    def wait(self) -> int:
        """Read until it ends; its exit status, or minus the signal."""
        while not self.has_ended():
            self.read(0.002)
        assert self._status is not None
        return self._status

    def kill(self) -> None:
        """End it at once; its CPU time is then final."""
        if not self.has_ended():
            with suppress(ProcessLookupError):
                os.kill(self.pid, signal.SIGKILL)
            self._wait(0)

    def _wait(self, options: int) -> bool:
        pid, status, usage = os.wait4(self.pid, options)
        if not pid:
            return False
        self._status = os.waitstatus_to_exitcode(status)
        self._usage = (usage.ru_utime + usage.ru_stime) * 1000
        return True


@contextmanager
def running(
    command: list[str] | tuple[str, ...],
    environ: Mapping[str, str] | None = None,
    *,
    size: tuple[int, int] = (120, 40),
) -> Iterator[Program]:
    """Run a command in a terminal of this size; it is killed at the end if it still runs."""
    keyboard, terminal = os.openpty()
    _set_size(keyboard, *size)
    pid = os.posix_spawn(
        command[0],
        command,
        {**os.environ, "TERM": "xterm-256color", "COLORTERM": "truecolor", **(environ or {})},
        file_actions=[(os.POSIX_SPAWN_DUP2, terminal, fd) for fd in range(3)],
        setsid=True,
    )
    program = Program(pid, keyboard)
    os.close(terminal)
    try:
        yield program
    finally:
        program.kill()
        os.close(keyboard)


def _set_size(terminal: int, columns: int, rows: int) -> None:
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
