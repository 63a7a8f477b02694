"""The terminal: what it says of itself when it is asked, and what the environment says."""

from __future__ import annotations

import base64
import binascii
import os
import re
import select
import shutil
import sys
import time
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Final, NamedTuple

from copilot_tui.checkup import Finding, wrong
from copilot_tui.terminal_text import one_line

try:
    import termios
    import tty
except ImportError:  # Windows
    termios = None  # type: ignore[assignment]

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

SUBJECT: Final = "terminal"

ANSWER_S: Final = 1.0
"""A terminal far away answers within this; what comes later is thrown away."""

SILENT: Final = frozenset({"dumb", "linux", "unknown", ""})
"""Terminals that would print a question, or never answer it."""

PROBE: Final = b"copilot-tui doctor"

_END: Final = b"\x1b[c"
"""Every terminal answers this one; what was asked before is answered before."""
_ENDED: Final = re.compile(rb"\x1b\[\?[\d;]*c")
_KITTY: Final = re.compile(rb"\x1b\[\?\d+u")
_CLIPBOARD: Final = re.compile(rb"\x1b\]52;[^;]*;([A-Za-z0-9+/=]*)(?:\x07|\x1b\\)")

_SMALLEST: Final = (40, 12)


class Answers(NamedTuple):
    """What the terminal said."""

    is_terminal: bool = False
    answers: bool = False
    """It answers questions at all."""
    has_kitty_keys: bool = False
    clipboard: bool | None = None
    """Text came back as it was sent; None: it does not tell."""


def ask(environ: Mapping[str, str]) -> Answers:
    """Ask, and put everything back as it was: its settings, and the clipboard."""
    if not all(stream is not None and stream.isatty() for stream in (sys.stdin, sys.stdout)):
        return Answers()
    if termios is None or environ.get("TERM", "") in SILENT:
        return Answers(is_terminal=True)
    keyboard, screen = sys.stdin.fileno(), sys.stdout.fileno()
    with _raw(keyboard):
        said = _answer(keyboard, screen, b"\x1b[?u\x1b]52;c;?\x1b\\")
        before = _CLIPBOARD.search(said)
        clipboard = None if before is None else _comes_back(keyboard, screen, before[1])
        return Answers(
            is_terminal=True,
            answers=bool(_ENDED.search(said)),
            has_kitty_keys=bool(_KITTY.search(said)),
            clipboard=clipboard,
        )


@contextmanager
def _raw(keyboard: int) -> Iterator[None]:
    before = termios.tcgetattr(keyboard)
    try:
        tty.setraw(keyboard, termios.TCSANOW)
        yield
    finally:
        with suppress(termios.error):  # it has hung up
            termios.tcsetattr(keyboard, termios.TCSAFLUSH, before)  # a late answer is not typed


def _answer(keyboard: int, screen: int, question: bytes) -> bytes:
    """What comes back until the terminal has answered the last question, or the time is over."""
    os.write(screen, question + _END)
    said = b""
    until = time.monotonic() + ANSWER_S
    while not _ENDED.search(said) and (left := until - time.monotonic()) > 0:
        if select.select([keyboard], [], [], left)[0]:
            piece = _read(keyboard)
            if not piece:
                break
            said += piece
    return said


def _read(keyboard: int) -> bytes:
    """What is there; nothing, if the terminal has hung up."""
    with suppress(OSError):
        return os.read(keyboard, 65536)
    return b""


def _comes_back(keyboard: int, screen: int, before: bytes) -> bool | None:
    """Whether the clipboard gives what was put there; it is then filled as it was."""
    with suppress(binascii.Error):
        base64.b64decode(before, validate=True)
        try:
            set_it = b"\x1b]52;c;" + base64.b64encode(PROBE) + b"\x1b\\"
            said = _answer(keyboard, screen, set_it + b"\x1b]52;c;?\x1b\\")
        finally:
            os.write(screen, b"\x1b]52;c;" + before + b"\x1b\\")
        found = _CLIPBOARD.search(said)
        return found is not None and base64.b64decode(found[1]) == PROBE
    return None


def examine(answers: Answers, environ: Mapping[str, str]) -> Finding:
    """Colours, keys and size."""
    if not answers.is_terminal:
        return Finding(SUBJECT, "this is none: the app needs one, all commands work without")
    term = one_line(environ.get("TERM", "")) or "not set"
    size = shutil.get_terminal_size()
    if environ.get("TERM", "") in SILENT - {"linux"} and sys.platform != "win32":
        return wrong(
            SUBJECT, f"TERM is {term}: the app cannot draw there", "export TERM=xterm-256color"
        )
    if size.columns < _SMALLEST[0] or size.lines < _SMALLEST[1]:
        said = (
            f"{size.columns} by {size.lines} cells are few: the app is made for 40 by 12 and more"
        )
        return wrong(SUBJECT, said, "Make the window larger")
    newline = (
        "Shift+Enter is told apart"
        if answers.has_kitty_keys
        else "Shift+Enter is not told apart (Ctrl+J or Alt+Enter start a line)"
    )
    heard = newline if answers.answers else "it answers no questions"
    return Finding(
        SUBJECT, f"{term}, {_colours(environ)}, {size.columns} by {size.lines} cells, {heard}"
    )


def _colours(environ: Mapping[str, str]) -> str:
    if environ.get("NO_COLOR"):
        return "no hues (NO_COLOR)"
    if environ.get("COLORTERM", "") in ("truecolor", "24bit"):
        return "16 million colours"
    return "256 colours" if "256" in environ.get("TERM", "") else "few colours"
