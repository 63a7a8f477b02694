"""A log of what was asked of servers, for whoever looks for a fault, where COPILOT_TUI_LOG says.

A line says when, how, of whom, what came back and after how long: no text, no header, no query, no
user or password. Who writes it has taken every secret out.
"""

from __future__ import annotations

import os
from typing import Final

from copilot_tui.conversation import timestamp, utc_now
from copilot_tui.errors import ConnectionFailed
from copilot_tui.terminal_text import one_line

SIZE_LIMIT: Final = 10 * 1024 * 1024
"""Bytes; then it is begun anew, and the one before is kept with .old behind its name."""


def note(path: str, words: str) -> None:
    """Add a line, to a file that only its owner can read. Raises ConnectionFailed."""
    line = f"{timestamp(utc_now())} {one_line(words)}\n".encode("utf-8", "backslashreplace")
    path = os.path.expanduser(path)
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        try:
            if hasattr(os, "fchmod"):
                os.fchmod(descriptor, 0o600)
            os.write(descriptor, line)
            is_full = os.fstat(descriptor).st_size > SIZE_LIMIT
        finally:
            os.close(descriptor)
        if is_full:
            os.replace(path, f"{path}.old")
    except (OSError, ValueError) as error:  # ValueError: a path that holds a zero
        why = error.strerror if isinstance(error, OSError) else str(error)
        raise ConnectionFailed(
            f"the log {path} cannot be written: {why}", "COPILOT_TUI_LOG names it; unset it."
        ) from error
