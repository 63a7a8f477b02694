"""A file for others to read, written whole, and never over another one unasked."""

from __future__ import annotations

import os
import re
import time
from contextlib import suppress
from typing import TYPE_CHECKING, Final

from copilot_tui.errors import CopilotTuiError

if TYPE_CHECKING:
    from pathlib import Path

LEFTOVER_S: Final = 5.0
"""A file that is half written for longer belongs to an export that was killed."""

_LEFTOVER: Final = re.compile(r"\.(.+)\.[0-9a-f]{8}\.tmp", re.DOTALL)


class ExportFailed(CopilotTuiError):
    """The file cannot be written."""


class FileIsThere(ExportFailed):
    """There is another file of this name."""


def write_file(path: Path, content: bytes, *, is_forced: bool) -> None:
    """Write a file whole, or not at all. One that says the same already is left as it is.

    Raises ExportFailed, FileIsThere where there is another one.
    """
    beside = path.with_name(f".{path.name}.{os.urandom(4).hex()}.tmp")
    try:
        try:
            with beside.open("xb") as file:
                file.write(content)
                if is_forced:  # through a power cut, too, what was there is replaced by no less
                    file.flush()
                    os.fsync(file.fileno())
            if is_forced:
                beside.replace(path)
            else:
                _rename(beside, path)
        finally:
            with suppress(FileNotFoundError):
                beside.unlink()
    except FileExistsError:
        if path.is_file() and path.stat().st_size == len(content) and path.read_bytes() == content:
            return
        raise FileIsThere(f"{path} is there already", "--force overwrites a file.") from None
    except OSError as error:
        raise ExportFailed(f"{path} cannot be written: {error.strerror}") from error


def clean_leftovers(folder: Path, names: set[str]) -> None:
    """Remove what an export that was killed has left beside these files."""
    oldest = time.time() - LEFTOVER_S
    with suppress(OSError), os.scandir(folder) as entries:
        for each in entries:
            found = _LEFTOVER.fullmatch(each.name)
            if found is not None and found[1] in names and each.stat().st_mtime < oldest:
                os.unlink(each.path)


def _rename(source: Path, target: Path) -> None:
    """Give a file a name that no other has. Raises FileExistsError."""
    if os.name == "nt":
        source.rename(target)  # which refuses there
        return
    try:
        os.link(source, target)
    except FileExistsError:
        raise
    except OSError:  # a file system without links
        with target.open("xb"):  # takes the name
            source.replace(target)
