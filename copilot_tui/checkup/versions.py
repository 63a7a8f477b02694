"""Which versions work together here."""

from __future__ import annotations

import platform
import sqlite3
import sys
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING, Final

from copilot_tui import __version__
from copilot_tui.checkup import Finding, wrong

if TYPE_CHECKING:
    from collections.abc import Iterator

SUBJECT: Final = "versions"

_NEEDED: Final = ("textual", "httpx")
_EXTRAS: Final = {"copilot": "github-copilot-sdk", "g4f": "g4f", "web": "textual-serve"}
_TEXTUAL_MAJOR: Final = "8"


def examine() -> Iterator[Finding]:
    """Python, what the program stands on, and the extras that are installed."""
    parts = [f"copilot-tui {__version__}", f"Python {platform.python_version()}"]
    parts += [f"{name} {version(name)}" for name in _NEEDED]
    parts += [f"SQLite {sqlite3.sqlite_version}", f"{platform.system()} {platform.machine()}"]
    if version("textual").partition(".")[0] != _TEXTUAL_MAJOR:
        said = f"textual {version('textual')} is not one of the versions that this program is for"
        yield wrong(SUBJECT, said, f'{sys.executable} -m pip install "textual>=8.2,<9"')
    yield Finding(SUBJECT, ", ".join(parts))
    extras = [
        f"{extra} ({found})" for extra, name in _EXTRAS.items() if (found := _installed(name))
    ]
    yield Finding(SUBJECT, f"extras: {', '.join(extras) or 'none'}")


def _installed(name: str) -> str:
    try:
        return f"{name} {version(name)}"
    except PackageNotFoundError:
        return ""
