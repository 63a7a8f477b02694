"""The prompt in the user's own editor."""

from __future__ import annotations

import asyncio
import os
import shlex
import shutil
import signal
import subprocess
import tempfile
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING, Any, Final

from textual.app import SuspendNotSupported

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from textual.app import App

_MEMORY: Final = "/dev/shm"
_MOUNTS: Final = Path("/proc/mounts")


def editor_command(
    environ: Mapping[str, str] = os.environ, *, is_windows: bool = os.name == "nt"
) -> list[str]:
    """$VISUAL, else $EDITOR, else what the system has."""
    chosen = environ.get("VISUAL") or environ.get("EDITOR")
    if not chosen:
        return ["notepad" if is_windows else "vi"]
    if is_windows:  # where a backslash parts folders, and escapes nothing
        return [word.strip('"') for word in shlex.split(chosen, posix=False)]
    return shlex.split(chosen)


def memory_folder(mounts: Path = _MOUNTS) -> Path | None:
    """A folder that is in memory and on no disk, for what is private; None: there is none."""
    with suppress(OSError):
        for line in mounts.read_text("utf-8", errors="replace").splitlines():
            _, place, kind, *_ = [*line.split(" "), "", "", ""]
            if place == _MEMORY and kind == "tmpfs" and os.access(place, os.W_OK | os.X_OK):
                return Path(place)
    return None


async def edit(app: App[Any], text: str, within: Path | None = None) -> str | None:
    """Give the terminal to the editor until it ends; the new text, or None if it failed.

    The event loop runs on, so that replies stream and are saved meanwhile; only painting waits.
    Ended in the middle, it leaves the file where it is: the editor may still write it. `within`:
    the folder in which the file is, instead of the system's for temporary ones.
    """
    # A folder of our own: an editor's backup files are private too, and go with it.
    folder = Path(tempfile.mkdtemp(prefix="copilot-tui-", dir=within))
    file = folder / "prompt.md"
    file.write_text(text, "utf-8", errors="replace")
    status: int | None = None
    with (
        suppress(OSError, ValueError, SuspendNotSupported),  # said by whoever asked
        app.batch_update(),
        app.suspend(),
        _keys_are_the_editors(),
    ):
        status = await _status_of([*editor_command(), str(file)])
    app.refresh()
    edited = file.read_text("utf-8", errors="replace") if status == 0 and file.exists() else None
    shutil.rmtree(folder, ignore_errors=True)
    # Editors end a file with a line break that the user did not type.
    return edited and (edited if text.endswith("\n") else edited.removesuffix("\n"))


def _status_of(command: list[str]) -> asyncio.Future[int]:
    """Run this to its end, which may come after ours: what asyncio starts may be killed with us."""
    loop = asyncio.get_running_loop()
    ended: asyncio.Future[int] = loop.create_future()
    process = subprocess.Popen(command)

    def wait() -> None:
        status = process.wait()
        with suppress(RuntimeError):  # there is no loop any more
            loop.call_soon_threadsafe(_tell, ended, status)

    Thread(target=wait, daemon=True).start()
    return ended


def _tell(ended: asyncio.Future[int], status: int) -> None:
    if not ended.done():
        ended.set_result(status)


@contextmanager
def _keys_are_the_editors() -> Iterator[None]:
    """Ctrl+C and Ctrl+\\ in an editor go to all programs of the terminal, and mean only that one.

    A handler, and not SIG_IGN, which the editor would inherit.
    """
    numbers = [getattr(signal, name) for name in ("SIGINT", "SIGQUIT") if hasattr(signal, name)]
    before = {number: signal.signal(number, lambda *_: None) for number in numbers}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
