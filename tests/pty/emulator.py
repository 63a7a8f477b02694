"""A terminal emulator with the program in it: a real pseudo-terminal, its screen read by pyte.

    with Emulator(("python", "-m", "copilot_tui"), environ) as terminal:
        terminal.wait_for_text("Ask anything")
        terminal.type(b"hello\\r")
        assert terminal.ended() == 0

Nothing sleeps: `wait_for` reads what the program paints until a condition holds.
"""

from __future__ import annotations

import fcntl
import os
import re
import signal
import struct
import subprocess
import termios
import time
from collections.abc import Callable, Mapping, Sequence
from types import TracebackType
from typing import Any, Final, Self

import pyte

from tests.server import is_readable

PATIENCE_S: Final = 30.0
"""How long a test waits for what must happen; never reached when it does."""

_LOOK_S: Final = 0.02
"""How often a condition is looked at that the screen does not show."""

_UNKNOWN_TO_PYTE: Final = re.compile(rb"\x1b\[[<>=]\d*u")
_MODE: Final = re.compile(rb"\x1b\[\?(\d+)([hl])")
_KITTY: Final = re.compile(rb"\x1b\[([<>])\d*u")


class Picture:
    """The cells of a screen that only these bytes were painted on."""

    def __init__(self, size: tuple[int, int]) -> None:
        self._screen = pyte.Screen(*size)
        self._stream = pyte.ByteStream(self._screen)

    def feed(self, painted: bytes) -> None:
        """Paint these."""
        self._stream.feed(painted)

    def line(self, row: int) -> str:
        """One line of it."""
        return str(self._screen.display[row])

    @property
    def cells(self) -> dict[tuple[int, int], Any]:
        """Each cell by its column and row: `data`, `fg`, `bg`."""
        screen = self._screen
        return {
            (x, y): screen.buffer[y][x] for y in range(screen.lines) for x in range(screen.columns)
        }


class Emulator:
    """The program, and the terminal that it runs in."""

    def __init__(
        self,
        command: Sequence[str],
        environ: Mapping[str, str],
        *,
        size: tuple[int, int] = (80, 24),
        typed: bytes = b"",
    ) -> None:
        """Start it in a terminal of this size; `typed` is there before it reads anything."""
        self.painted = bytearray()
        """Every byte that the program wrote."""
        columns, rows = size
        self._screen = pyte.Screen(columns, rows)
        self._stream = pyte.ByteStream(self._screen)
        self._master, self._terminal = os.openpty()
        self._is_open = True
        self._is_stalled = False
        fcntl.ioctl(self._terminal, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
        self.settings_before = self.settings
        if typed:
            os.write(self._master, typed)
        self.process = subprocess.Popen(
            command,
            stdin=self._terminal,
            stdout=self._terminal,
            stderr=self._terminal,
            env=dict(environ),
            start_new_session=True,
            preexec_fn=_take_terminal,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.process.kill()
        self.process.wait(PATIENCE_S)
        self.hang_up()
        os.close(self._terminal)

    # The keyboard

    def type(self, keys: bytes) -> None:
        """Write these bytes at once, as a terminal sends them."""
        os.write(self._master, keys)

    def hang_up(self) -> None:
        """Close the window."""
        if self._is_open:
            self._is_open = False
            os.close(self._master)

    def stall(self) -> None:
        """Read nothing any more, as over a connection that broke without a word."""
        self._is_stalled = True

    def go_on(self) -> None:
        """Read again."""
        self._is_stalled = False

    def signal(self, number: int) -> None:
        """Send the program a signal."""
        self.process.send_signal(number)

    def kill(self) -> None:
        """SIGKILL; nothing of the program runs afterwards."""
        self.process.send_signal(signal.SIGKILL)
        self.process.wait(PATIENCE_S)

    # The screen

    @property
    def text(self) -> str:
        """What the screen shows."""
        return "\n".join(self._screen.display)

    @property
    def cursor(self) -> tuple[int, int]:
        """The cell of the cursor: column, row."""
        return self._screen.cursor.x, self._screen.cursor.y

    def clear(self) -> None:
        """Wipe the screen, as the shell may have."""
        self._screen.reset()

    def wait_for(self, condition: Callable[[], object], what: str = "") -> None:
        """Read what is painted until the condition holds."""
        deadline = time.monotonic() + PATIENCE_S
        while not condition():
            if time.monotonic() > deadline:
                raise AssertionError(
                    f"waited in vain for {what or condition}; it shows\n{self.text}"
                )
            self.read(_LOOK_S)

    def wait_for_text(self, *texts: str) -> None:
        """Read what is painted until all of these are shown."""
        self.wait_for(lambda: all(text in self.text for text in texts), repr(texts))

    def wait_until_ready(self) -> None:
        """Read until the app has painted its first frame."""
        self.wait_for_text("F1 keys")

    def known_painted(self) -> bytes:
        """What the program wrote, less what pyte does not know."""
        return _UNKNOWN_TO_PYTE.sub(b"", bytes(self.painted))

    def ended(self) -> int:
        """The exit status, when the program has ended; all that it painted has been read."""
        self.wait_for(lambda: self.process.poll() is not None, "the end of the program")
        while self.read(0):
            pass
        return self.process.returncode

    def read(self, timeout_s: float = _LOOK_S) -> bool:
        """Read what is there; whether there was something."""
        if self._is_stalled or not self._is_open:
            time.sleep(timeout_s)  # nobody looks; only what happens elsewhere is awaited
            return False
        if not is_readable(self._master, timeout_s):
            return False
        painted = os.read(self._master, 65536)
        self.painted += painted
        self._stream.feed(_UNKNOWN_TO_PYTE.sub(b"", painted))
        return True

    # What the program must give back

    @property
    def settings(self) -> list[Any]:
        """The terminal's settings, as stty shows them."""
        return termios.tcgetattr(self._terminal)

    @property
    def modes(self) -> set[int]:
        """The private modes that are switched on, by what was painted."""
        last = {int(mode): state for mode, state in _MODE.findall(bytes(self.painted))}
        return {mode for mode, state in last.items() if state == b"h"}

    @property
    def kitty_flags(self) -> int:
        """How many keyboard protocols were pushed and not popped."""
        found = _KITTY.findall(bytes(self.painted))
        return found.count(b">") - found.count(b"<")


def _take_terminal() -> None:
    # The session is new; this makes the terminal its own, so that a closed window hangs it up.
    fcntl.ioctl(0, termios.TIOCSCTTY, 0)
