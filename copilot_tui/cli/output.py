"""The only writer of stdout; and what goes to stderr.

Plain text never carries what could control a terminal, whether stdout is one or not; JSON and
exports are exact, but for a terminal: there JSON has escapes for it, and an export goes without. A
reader that goes away is no error: `StdoutClosed` ends the command in silence.
"""

from __future__ import annotations

import errno
import os
import stat
import sys
from typing import TYPE_CHECKING, Final

from copilot_tui.errors import CopilotTuiError

if TYPE_CHECKING:
    from typing import TextIO

STDOUT_CLOSED_STATUS: Final = 141
"""What a shell says of a program that SIGPIPE ended."""


class StdoutClosed(Exception):
    """Nobody reads stdout any more; no error, the reader has had enough."""


class StdoutFailed(CopilotTuiError):
    """Stdout cannot be written: a full disk behind a redirection."""


def prepare() -> None:
    """UTF-8 whatever the locale says, and no character that cannot be written.

    A lone surrogate becomes its escape, which is also how JSON spells it.
    """
    for stream in (sys.stdout, sys.stderr):
        if stream is not None:
            stream.reconfigure(encoding="utf-8", errors="backslashreplace", newline="\n")  # type: ignore[union-attr]


def text(piece: str) -> str:
    """Write plain text, at once. Gives what was written of it."""
    from copilot_tui.terminal_text import harmless

    shown = harmless(piece)
    exact(shown)
    return shown


def line(content: str) -> None:
    """Write one line of plain text."""
    from copilot_tui.terminal_text import one_line

    exact(one_line(content) + "\n")


def fitted(margin: str, content: str) -> None:
    """Write one line of plain text behind a margin of our own."""
    from copilot_tui.terminal_text import one_line

    exact(f"{margin}{one_line(content)}\n")


def row(*cells: str) -> None:
    """Write one line of cells with tabs between them."""
    from copilot_tui.terminal_text import one_line

    exact("\t".join(map(one_line, cells)) + "\n")


def json_line(value: object) -> None:
    """Write one JSON value on a line of its own."""
    import json

    json_text(json.dumps(value, ensure_ascii=False) + "\n")


def json_text(content: str) -> None:
    """Write JSON."""
    if _is_terminal():
        from copilot_tui.terminal_text import escaped

        content = escaped(content)
    exact(content)


def exported(content: bytes) -> None:
    """Write what is meant for a file, and say it if a terminal is not given all of it."""
    if not _is_terminal():
        exact(content)
        return
    from copilot_tui.terminal_text import harmless

    text = content.decode("utf-8", "replace")
    shown = harmless(text)
    exact(shown)
    if shown != text:
        notice("characters that control a terminal were left out; -o FILE writes them as they are")


def _is_terminal() -> bool:
    """Whether somebody reads stdout from a screen."""
    return sys.stdout is not None and sys.stdout.isatty()


def exact(content: str | bytes) -> None:
    """Write and flush, as it is. Raises StdoutClosed or StdoutFailed."""
    if sys.stdout is None:  # started with >&-: there is no reader to miss it
        return
    try:
        if isinstance(content, str):
            sys.stdout.write(content)
        else:
            sys.stdout.buffer.write(content)  # every write before was flushed
        sys.stdout.flush()
    except OSError as error:
        _let_go(sys.stdout)
        if isinstance(error, BrokenPipeError) or _is_windows_for_broken_pipe(error):
            raise StdoutClosed from None
        raise StdoutFailed(f"stdout cannot be written: {error.strerror}") from error


def reader_is_gone() -> bool:
    """Whether stdout is a pipe that nobody reads any more; then nothing is written to it again."""
    pipe = pipe_to_reader()
    if pipe is None:
        return False
    import select

    asked = select.poll()
    asked.register(pipe, 0)
    is_gone = any(event & (select.POLLERR | select.POLLHUP) for _, event in asked.poll(0))
    if is_gone:
        _let_go(sys.stdout)
    return is_gone


def pipe_to_reader() -> int | None:
    """The descriptor of stdout, if it is a pipe, whose reader can be seen to go away."""
    if sys.stdout is None or sys.platform == "win32":
        return None
    descriptor = sys.stdout.fileno()
    return descriptor if stat.S_ISFIFO(os.fstat(descriptor).st_mode) else None


def _is_windows_for_broken_pipe(error: OSError) -> bool:
    return sys.platform == "win32" and error.errno == errno.EINVAL


def notice(content: str) -> None:
    """Say something beside the data, as one line on stderr."""
    from copilot_tui.terminal_text import one_line

    _to_stderr(f"{one_line(content)}\n")


def status(content: str) -> None:
    """Show one line on stderr in place of the one that was shown so before; "" takes it away."""
    import shutil

    from copilot_tui.terminal_text import one_line

    columns = shutil.get_terminal_size().columns - 1  # a line that wraps is not taken away whole
    _to_stderr(f"\r\x1b[K{one_line(content)[:columns]}")


def failure(message: str, hint: str = "") -> None:
    """Say what went wrong, in one line, and below it how to mend it."""
    notice(f"copilot-tui: {message}")
    if hint:
        notice(hint)


def _to_stderr(content: str) -> None:
    if sys.stderr is None:
        return
    try:
        sys.stderr.write(content)
        sys.stderr.flush()
    except OSError:
        _let_go(sys.stderr)  # nobody listens; the exit status still tells


def _let_go(stream: TextIO) -> None:
    """Point the stream at nothing, or Python complains about it once more at its exit."""
    nothing = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nothing, stream.fileno())
    os.close(nothing)
