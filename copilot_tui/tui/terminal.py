"""The terminal before the app has it: typed keys are kept, and its background is asked for.

Imports nothing heavy: it runs first thing, while Textual is still to be imported. What is typed
from the program's start on would otherwise be echoed over the screen, and an Enter in it read as
Ctrl+J.
"""

from __future__ import annotations

import os
import re
import select
import sys
from types import TracebackType
from typing import IO, Any, Final

try:
    import termios
except ImportError:  # Windows keeps what is typed by itself
    termios = None  # type: ignore[assignment]

_ASK_BACKGROUND: Final = b"\x1b]11;?\x1b\\"
"""OSC 11: what is the background? The answer comes while the app is imported."""

_BACKGROUND: Final = re.compile(
    rb"\x1b\]11;rgba?:([0-9a-fA-F]{1,4})/([0-9a-fA-F]{1,4})/([0-9a-fA-F]{1,4})[^\x07\x1b]*(?:\x07|\x1b\\)"
)

_ANSWER: Final = re.compile(r"\x1b\]\d{1,3};[^\x07\x1b]*(?:\x07|\x1b\\)")
"""An answer of the terminal, in whatever words; nobody types one."""

_ANSWER_BEGUN: Final = re.compile(r"\x1b\](?:\d{1,3}(?:;[^\x07\x1b]*\x1b?)?)?\Z")

_SILENT_TERMINALS: Final = frozenset({"dumb", "linux", "unknown"})
"""Terminals that do not know OSC 11 and would print it."""

_ANSWER_MOST: Final = 64
"""Characters of an answer; what is longer is none."""

_BYTES: Final = ("utf-8", "surrogateescape")

_TYPED_MOST: Final = 1 << 20
"""Bytes of type-ahead that are kept; a pipe that is no person ends here."""


class Terminal:
    """Takes the terminal out of line mode and echo, and gives it back as it was."""

    def __init__(self, keyboard: IO[Any] | None = None, screen: IO[Any] | None = None) -> None:
        self._keyboard = keyboard or sys.stdin
        self._screen = screen or sys.stdout
        self._fd = -1
        self._before: list[Any] | None = None
        self._typed = b""
        self._late = ""
        self._awaits_answer = False
        self.dark: bool | None = None
        """Whether its background is dark; None: it did not say."""

    def __enter__(self) -> Terminal:
        if termios is None or not self._keyboard.isatty():
            return self
        self._fd = self._keyboard.fileno()
        try:
            self._before = termios.tcgetattr(self._fd)
            now = termios.tcgetattr(self._fd)
            now[0] &= ~(termios.ICRNL | termios.INLCR | termios.IGNCR | termios.IXON)
            now[3] &= ~(termios.ECHO | termios.ICANON | termios.IEXTEN | termios.ISIG)
            now[6][termios.VMIN] = 1
            termios.tcsetattr(self._fd, termios.TCSANOW, now)
        except termios.error:
            self._before = None
            return self
        try:
            # Until here the line discipline has turned Enter into \n, which is Ctrl+J.
            self._typed = self._read().replace(b"\n", b"\r")
            if os.environ.get("TERM", "dumb") not in _SILENT_TERMINALS and self._screen.isatty():
                os.write(self._screen.fileno(), _ASK_BACKGROUND)
                self._awaits_answer = True
        except BaseException:  # a signal, mostly
            self._give_back()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._give_back()

    def _give_back(self) -> None:
        if self._before is None:
            return
        try:
            termios.tcsetattr(self._fd, termios.TCSANOW, self._before)
        except termios.error:
            self._let_go()

    def _let_go(self) -> None:
        """The window is closed: what still waits to be written must not fail at the very end."""
        nowhere = os.open(os.devnull, os.O_WRONLY)
        for stream in (self._screen, sys.__stderr__):
            if stream is not None:
                os.dup2(nowhere, stream.fileno())
        os.close(nowhere)

    @property
    def attributes(self) -> list[Any] | None:
        """The terminal's settings before the program took it; None: it has not."""
        return self._before

    def look(self) -> None:
        """Read what was typed until now, and note the background if the terminal has told it."""
        self._typed += self._read()
        if answer := _BACKGROUND.search(self._typed):
            self._typed = self._typed[: answer.start()] + self._typed[answer.end() :]
            # Each channel is 1 to 4 hex digits of its own scale.
            red, green, blue = (int(part, 16) / (16 ** len(part) - 1) for part in answer.groups())
            self.dark = 0.2126 * red + 0.7152 * green + 0.0722 * blue < 0.5
            self._awaits_answer = False

    def collect(self) -> bytes:
        """What was typed until now; no later call gives it again."""
        self.look()
        typed, self._typed = self._typed, b""
        return self.without_answer(typed.decode(*_BYTES)).encode(*_BYTES)

    def without_answer(self, data: str) -> str:
        """This input less the terminal's answers, which may come late and in pieces."""
        data, self._late = self._late + data, ""
        if "\x1b]" not in data:
            return data
        data, found = _ANSWER.subn("", data)
        self._awaits_answer = self._awaits_answer and not found
        begun = _ANSWER_BEGUN.search(data)
        # Alt+] begins like an answer: it waits only while there is one to come.
        if (
            begun is None
            or len(begun.group()) > _ANSWER_MOST
            or not (self._awaits_answer or ";" in begun.group())
        ):
            return data
        self._late = begun.group()
        return data[: begun.start()]

    @property
    def is_gone(self) -> bool:
        """Whether the window was closed, or the connection broke; reading gives nothing then."""
        if self._before is None:
            return False
        poll = select.poll()
        poll.register(self._fd, 0)
        return any(event & select.POLLHUP for _, event in poll.poll(0))

    def _read(self) -> bytes:
        typed = b""
        while (
            self._before is not None
            and len(typed) < _TYPED_MOST
            and select.select([self._fd], [], [], 0)[0]
        ):
            piece = os.read(self._fd, 65536)
            if not piece:
                break
            typed += piece
        return typed


def background_is_dark(terminal: Terminal) -> bool:
    """Whether to start dark: what the terminal said, else COLORFGBG, else yes."""
    terminal.look()
    if terminal.dark is not None:
        return terminal.dark
    background = os.environ.get("COLORFGBG", "").rpartition(";")[2]
    return background not in {"7", "15"}
