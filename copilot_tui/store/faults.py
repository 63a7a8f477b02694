"""What is wrong with a store, found without changing anything: for `doctor`."""

from __future__ import annotations

import json
import stat
import sys
from contextlib import suppress
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from copilot_tui import document
from copilot_tui.errors import StoreError
from copilot_tui.store.copy_names import is_copy, is_second_version
from copilot_tui.store.documents import SUFFIX, Documents
from copilot_tui.store.files import TEMPORARY_SUFFIX, Disk
from copilot_tui.store.folding import read_journal
from copilot_tui.store.journal import SUFFIX as JOURNAL_SUFFIX
from copilot_tui.store.recovery import LEFTOVER_S

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime

FOLDERS: Final = ("conversations", "trash", "journal", "drafts", "state", "locks")
"""All that a store is made of."""

BACKUP_SUFFIX: Final = ".before-repair"
"""Stands behind the name of a document as it was."""


class Kind(StrEnum):
    """What may be wrong, in the words of a report."""

    UNREADABLE = "cannot be read"
    COPY = "is a second version of a conversation, as sync tools make them"
    NO_NAME = "has no conversation's name"
    OPEN = "can be read by others"
    LEFTOVER = "was left by a program that died"
    NO_HEAD = "does not say where its shown branch ends"
    NO_PARENT = "has messages that follow one which is not there"
    CYCLE = "has messages that follow each other in a circle"


TREE: Final = (Kind.NO_HEAD, Kind.NO_PARENT, Kind.CYCLE)
"""What is wrong inside a document that can be read."""


class Fault(NamedTuple):
    """One thing that is wrong with one file or folder."""

    kind: Kind
    path: Path
    detail: str = ""


def find_faults(
    data_dir: Path, disk: Disk, now: datetime, progress: Callable[[int], None] = lambda _: None
) -> Iterator[Fault]:
    """Everything that is wrong. Reads every document; `progress` is told how many it has read.

    Raises StoreError for a folder that cannot be read.
    """
    yield from _open_to_others(data_dir, disk)
    yield from _leftovers(data_dir, disk, now)
    documents = Documents(data_dir, disk)
    count = 0
    for folder in (documents.folder, documents.trash):
        stamps, _ = documents.listed(folder)
        for fault in _foreign(folder, disk):
            if folder == documents.folder or not is_copy(fault.path.name):
                yield fault  # a copy in the trash was merged
        for id_ in stamps:
            path = folder / f"{id_}{SUFFIX}"
            try:
                found = list(_in_document(documents, path, disk))
                yield from found if folder == documents.folder else ()  # what was deleted may stay
            except StoreError as error:
                yield Fault(Kind.UNREADABLE, path, _reason(error, path))
            count += 1
            progress(count)
    yield from _in_journals(data_dir / "journal", disk)


def _reason(error: StoreError, path: Path) -> str:
    return str(error).removeprefix(f"{path.name} cannot be read: ")


def _open_to_others(data_dir: Path, disk: Disk) -> Iterator[Fault]:
    if sys.platform == "win32":
        return
    folders = [data_dir / name for name in FOLDERS]
    if {each.name for each in disk.entries(data_dir)} <= set(FOLDERS):
        folders.insert(0, data_dir)  # else it is the user's, who keeps other things in it
    for folder in folders:
        if _is_open(folder):
            yield Fault(Kind.OPEN, folder)
        if folder != data_dir:
            names = [each.name for each in disk.entries(folder) if each.is_file]
            yield from (Fault(Kind.OPEN, folder / n) for n in names if _is_open(folder / n))


def _is_open(path: Path) -> bool:
    with suppress(FileNotFoundError):
        return bool(stat.S_IMODE(path.lstat().st_mode) & 0o077) and not path.is_symlink()
    return False


def _leftovers(data_dir: Path, disk: Disk, now: datetime) -> Iterator[Fault]:
    oldest_ns = (now.timestamp() - LEFTOVER_S) * 1e9
    for folder in (data_dir / name for name in FOLDERS):
        for name, stamp, is_file in disk.entries(folder):
            is_temporary = name.startswith(".") and name.endswith(TEMPORARY_SUFFIX)
            if is_file and is_temporary and stamp.mtime_ns < oldest_ns:
                yield Fault(Kind.LEFTOVER, folder / name)


def _foreign(folder: Path, disk: Disk) -> Iterator[Fault]:
    for name, _, is_file in disk.entries(folder):
        if not name.endswith(SUFFIX) or name.startswith("."):
            continue
        if not is_file:
            yield Fault(Kind.UNREADABLE, folder / name, "it is not a regular file")
        elif not document.is_id(name.removesuffix(SUFFIX)):
            yield Fault(Kind.COPY if is_second_version(name) else Kind.NO_NAME, folder / name)


def _in_document(documents: Documents, path: Path, disk: Disk) -> Iterator[Fault]:
    conversation, _ = documents.read(path)
    if document.is_newer(conversation):
        return
    # What is read has lost the head that was not there.
    raw: dict[str, Any] = json.loads(disk.read(path)[0].decode("utf-8-sig"))
    parents = {message.id: message.parent_id for message in conversation.messages.values()}
    if parents and raw.get("head") not in parents:
        yield Fault(Kind.NO_HEAD, path)
    known = {*parents, *conversation.deleted, None}
    if lost := sum(parent not in known for parent in parents.values()):
        yield Fault(Kind.NO_PARENT, path, str(lost))
    if circles := len(cycles(parents)):
        yield Fault(Kind.CYCLE, path, str(circles))


def cycles(parents: dict[str, str | None]) -> list[str]:
    """One message of each circle: the first in the document's order."""
    place = {id_: number for number, id_ in enumerate(parents)}
    found = []
    done: set[str] = set()
    for start in parents:
        walked: dict[str, None] = {}
        id_: str | None = start
        while id_ is not None and id_ in parents and id_ not in done and id_ not in walked:
            walked[id_] = None
            id_ = parents[id_]
        if id_ is not None and id_ in walked:
            order = list(walked)
            found.append(min(order[order.index(id_) :], key=place.__getitem__))
        done.update(walked)
    return found


def _in_journals(folder: Path, disk: Disk) -> Iterator[Fault]:
    for name, _, is_file in disk.entries(folder):
        path = folder / name
        if not (is_file and name.endswith(JOURNAL_SUFFIX)):
            continue
        try:
            read_journal(disk.read(path)[0], name)
        except FileNotFoundError:
            continue
        except OSError as error:
            yield Fault(Kind.UNREADABLE, path, error.strerror or str(error))
        except StoreError as error:
            yield Fault(Kind.UNREADABLE, path, _reason(error, path))
