"""What is known before the command line is parsed and the configuration read: whether the app is
meant, and how it is set to look; and what Ctrl+C does until then. Imports next to nothing.
"""

from __future__ import annotations

import os
import sys

TYPE_CHECKING = False  # typing's own; importing that takes longer than the start has
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Final

_INTERRUPTED_STATUS: Final = 130

_FLAGS: Final = frozenset({"--continue", "--demo", "--private"})
_OPTIONS: Final = frozenset(
    {
        "--prompt",
        "--data-dir",
        "--config",
        "--backend",
        "--base-url",
        "--model",
        "--provider",
        "--proxy",
    }
)
"""What the app takes; the parser knows the same, and a test compares them."""


def starts_app(arguments: Sequence[str]) -> bool:
    """Whether these arguments plainly start the app; in doubt they do not."""
    rest = iter(arguments)
    flags = set()
    for argument in rest:
        name, equals, value = argument.partition("=")
        if name in _OPTIONS:
            given = value if equals else next(rest, "")
            if not given.strip():
                return False
        elif argument in _FLAGS:
            flags.add(argument)
        else:
            return False
    return not flags >= {"--continue", "--private"}


def interrupt_ends() -> None:
    """From now on Ctrl+C ends the process on the spot, silently.

    What Python raises for it within an import it may also wrap, or ignore and go on.
    """
    import signal

    # What was ignored when the program started stays so. Windows' asyncio wants Python's handler.
    if sys.platform != "win32" and signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, _end)


def interrupt_raises() -> None:
    """From now on Ctrl+C raises KeyboardInterrupt: there is something to be tidied up."""
    import signal

    if signal.getsignal(signal.SIGINT) is _end:
        signal.signal(signal.SIGINT, signal.default_int_handler)


def _end(number: int, frame: object) -> None:
    os._exit(_INTERRUPTED_STATUS)


def looks(
    arguments: Sequence[str], environ: Mapping[str, str]
) -> tuple[str, int | None, int | None]:
    """The theme, the sidebar's and the reading width, as far as a look at [ui] tells them.

    What is wrong with it is not said here; the program reads it all once more.
    """
    try:
        # Not to wait: it may be a pipe that nobody writes to yet.
        descriptor = os.open(_configuration(arguments, environ), os.O_RDONLY | _NO_WAIT)
        try:
            text = os.read(descriptor, _MOST).decode("utf-8", "replace")
        finally:
            os.close(descriptor)
    except OSError:
        return "auto", None, None
    found = _ui(text)
    theme = found.get("theme", "")
    widths = found.get("sidebar_width", ""), found.get("reading_width", "")
    sidebar, reading = (int(width) if width.isdecimal() else None for width in widths)
    return theme if theme in ("dark", "light") else "auto", sidebar, reading


_NO_WAIT: Final = getattr(os, "O_NONBLOCK", 0)

_MOST: Final = 1 << 16


def _configuration(arguments: Sequence[str], environ: Mapping[str, str]) -> str:
    for place, argument in enumerate(arguments):
        name, equals, value = argument.partition("=")
        if name == "--config":
            return value if equals else arguments[place + 1]
    home = os.path.expanduser("~")
    folder = os.path.join(home, ".config")
    if sys.platform == "darwin":
        folder = os.path.join(home, "Library", "Application Support")
    folder = environ.get("XDG_CONFIG_HOME", "").strip() or folder
    return environ.get("COPILOT_TUI_CONFIG") or os.path.join(folder, "copilot-tui", "config.toml")


def _ui(text: str) -> dict[str, str]:
    """The simple values of the table [ui]."""
    found = {}
    table = ""
    for line in text.splitlines():
        line = line.partition("#")[0].strip()
        if line.startswith("["):
            table = line
        elif table == "[ui]":
            key, _, value = line.partition("=")
            found[key.strip()] = value.strip().strip("\"'")
    return found
