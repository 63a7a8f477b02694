"""The terminal before the app has it: typed keys are kept, and its background is asked for.

Imports nothing heavy: it runs first thing, while Textual is still to be imported. What is typed
from the program's start on would otherwise be echoed over the screen, and an Enter in it read as
Ctrl+J.
"""

from __future__ import annotations

import os
import select
import sys

try:
    import termios
except ImportError:  # Windows keeps what is typed by itself
    termios = None  # type: ignore[assignment]

TYPE_CHECKING = False  # typing's own; importing that would take longer than all of this
if TYPE_CHECKING:
    from types import TracebackType
    from typing import IO, Any, Final

_WEB_DRIVER: Final = "textual.drivers.web_driver:WebDriver"
"""What textual-serve asks for: a browser is the terminal, and stdin and stdout are its pipes."""

_ASK_BACKGROUND: Final = b"\x1b]11;?\x1b\\"
"""OSC 11: what is the background? The answer comes at once, or while the app is imported."""

_BACKGROUND: Final = b"\x1b]11;rgb"

_ANSWER: Final = r"\x1b\]\d{1,3};[^\x07\x1b]*(?:\x07|\x1b\\)"
"""An answer of the terminal, in whatever words; nobody types one."""

_ANSWER_BEGUN: Final = r"\x1b\](?:\d{1,3}(?:;[^\x07\x1b]*\x1b?)?)?\Z"

_ANSWER_ENDS: Final = (b"\x07", b"\x1b\\")

_SILENT_TERMINALS: Final = frozenset({"dumb", "linux", "unknown"})
"""Terminals that do not know OSC 11 and would print it."""

_ANSWER_MOST: Final = 64
"""Characters of an answer; what is longer is none."""

_BYTES: Final = ("utf-8", "surrogateescape")

_STALLED_S: Final = 0.5
"""A terminal that takes nothing for so long does not read."""

_PIECE: Final = 256
"""Bytes that a terminal takes at once when it takes any."""

_TYPED_MOST: Final = 1 << 20
"""Bytes of type-ahead that are kept; a pipe that is no person ends here."""


def is_in_browser() -> bool:
    """Whether a browser shows the app, and no terminal."""
    return os.environ.get("TEXTUAL_DRIVER") == _WEB_DRIVER


class Terminal:
    """Takes the terminal out of line mode and echo, and gives it back as it was."""

    def __init__(self, keyboard: IO[Any] | None = None, screen: IO[Any] | None = None) -> None:
        self._keyboard = keyboard if keyboard is not None else sys.stdin
        self._screen = screen if screen is not None else sys.stdout
        self._fd = -1
        self._before: list[Any] | None = None
        self._typed = b""
        self._late = ""
        self._awaits_answer = False
        self.dark: bool | None = None
        """Whether its background is dark; None: it did not say."""

    def __enter__(self) -> Terminal:
        streams = (self._keyboard, self._screen)
        if termios is None or not all(each is not None and each.isatty() for each in streams):
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
        except BaseException:
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
        self._before = None  # not before: a signal in between ends the program

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
        self._typed, dark = _background_in(self._typed)
        if dark is not None:
            self.dark = dark
            self._awaits_answer = False

    def wait_for_background(self, seconds: float) -> None:
        """Wait so long, at most, until the terminal has said what its background is."""
        from time import monotonic

        until = monotonic() + seconds
        self.look()
        while self._awaits_answer and (left := until - monotonic()) > 0:
            select.select([self._fd], [], [], left)
            self.look()

    @property
    def size(self) -> tuple[int, int]:
        """Columns and rows; none of them if it is gone."""
        try:
            size = os.get_terminal_size(self._screen.fileno())
        except OSError:
            return 0, 0
        return size.columns, size.lines

    def write_if_possible(self, data: bytes) -> None:
        """Write this, unless the terminal is gone, or does not read: then no more than it takes."""
        screen = self._screen.fileno()
        try:
            while data and select.select([], [screen], [], _STALLED_S)[1]:
                data = data[os.write(screen, data[:_PIECE]) :]
        except OSError:
            return  # the app notices by itself, and saves what there is

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
        import re

        data, found = re.subn(_ANSWER, "", data)
        self._awaits_answer = self._awaits_answer and not found
        begun = re.search(_ANSWER_BEGUN, data)
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


def _background_in(typed: bytes) -> tuple[bytes, bool | None]:
    """What was typed less the answer to OSC 11, and whether that says dark; None: it is not there.

    The answer: rgb:RRRR/GGGG/BBBB, each channel 1 to 4 hex digits of its own scale.
    """
    start = typed.find(_BACKGROUND)
    ends = [(at, mark) for mark in _ANSWER_ENDS if (at := typed.find(mark, start + 1)) >= 0]
    if start < 0 or not ends:
        return typed, None
    end, mark = min(ends)
    channels = typed[start:end].partition(b":")[2].split(b"/")[:3]
    try:
        red, green, blue = (int(each, 16) / (16 ** len(each) - 1) for each in channels)
    except (ValueError, ZeroDivisionError):
        return typed, None  # what it is instead is dropped with the other answers
    rest = typed[:start] + typed[end + len(mark) :]
    return rest, 0.2126 * red + 0.7152 * green + 0.0722 * blue < 0.5


def background_is_dark(terminal: Terminal) -> bool:
    """Whether to start dark: what the terminal said, else COLORFGBG, else yes."""
    terminal.look()
    dark = told_dark(terminal)
    return dark is None or dark


def told_dark(terminal: Terminal) -> bool | None:
    """What the terminal said until now, else what COLORFGBG says; None: nobody has said it."""
    if terminal.dark is not None:
        return terminal.dark
    background = os.environ.get("COLORFGBG", "").rpartition(";")[2]
    return background not in {"7", "15"} if background else None
