"""The store and its indexes."""

from __future__ import annotations

import os
import shutil
import sqlite3
from collections import defaultdict
from contextlib import closing, suppress
from typing import TYPE_CHECKING, Final

from copilot_tui.checkup import Finding, wrong
from copilot_tui.conversation import utc_now
from copilot_tui.errors import StoreError
from copilot_tui.store import Disk, Store
from copilot_tui.store.faults import Fault, Kind, find_faults
from copilot_tui.store.locks import have_effect
from copilot_tui.store.repair import REPAIRABLE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from copilot_tui.config import Config

SUBJECT: Final = "store"
REPAIR: Final = "copilot-tui doctor --repair"

FREE_BYTES: Final = 100 << 20
"""Less room than this is said before it is used up."""

_BUSY_S: Final = 1.0

_CURES: Final = {
    Kind.UNREADABLE: "Move it away, or bring it back from a backup; nothing is done to it",
    Kind.COPY: "copilot-tui import FILE, then remove the file",
    Kind.NO_NAME: "Move it away; copilot-tui import FILE brings in what is in it",
}


def examine(loaded: Config, progress: Callable[[int], None]) -> Iterator[Finding]:
    """What is wrong with the store, or that nothing is."""
    data_dir = loaded.data_dir
    if not data_dir.exists():
        yield Finding(SUBJECT, f"{data_dir} is not there yet: nothing was saved so far")
        return
    if not data_dir.is_dir():
        yield wrong(SUBJECT, f"{data_dir} is no folder", "copilot-tui --data-dir DIR")
        return
    count = 0

    def note(number: int) -> None:
        nonlocal count
        count = number
        progress(number)

    found = list(_around(data_dir))
    try:
        faults = list(find_faults(data_dir, Disk(), utc_now(), note))
    except StoreError as error:
        found.append(wrong(SUBJECT, str(error), error.hint))
    else:
        found += _of_kinds(faults)
    yield from found or [Finding(SUBJECT, f"{data_dir}: {_conversations(count)}, all in order")]


def _conversations(count: int) -> str:
    return f"{count:,} conversation" + ("" if count == 1 else "s")


def _of_kinds(faults: list[Fault]) -> Iterator[Finding]:
    by_kind: dict[Kind, list[Fault]] = defaultdict(list)
    for fault in faults:
        by_kind[fault.kind].append(fault)
    for kind in Kind:
        if of_kind := by_kind.get(kind):
            few = len(of_kind) == 1
            text = str(of_kind[0].path) if few else f"each of {len(of_kind):,} files"
            details = tuple(_detail(fault) for fault in of_kind)
            cure = REPAIR if kind in REPAIRABLE else _CURES[kind]
            yield wrong(SUBJECT, f"{text} {kind}", cure, details)


def _detail(fault: Fault) -> str:
    return f"{fault.path}: {fault.detail}" if fault.detail else str(fault.path)


def _around(data_dir: Path) -> Iterator[Finding]:
    if not os.access(data_dir, os.W_OK | os.X_OK):
        yield wrong(SUBJECT, f"{data_dir} cannot be written", "copilot-tui --data-dir DIR")
        return
    free = shutil.disk_usage(data_dir).free
    if free < FREE_BYTES:
        yield wrong(SUBJECT, f"only {free >> 20} MB are free where {data_dir} is", "Make room")
    if not have_effect(data_dir, Disk()):
        yield wrong(
            SUBJECT,
            f"the file system of {data_dir} has no locks: two programs at once may lose text",
            "Choose a folder on a local disk: copilot-tui --data-dir DIR",
        )


def examine_indexes(loaded: Config) -> Iterator[Finding]:
    """The list's index and that of the search: both are caches."""
    found = []
    there = 0
    for path, version in Store(loaded.data_dir, loaded.cache_dir).caches():
        if not path.exists():
            continue
        there += 1
        if why := _why_useless(path, version):
            found.append(wrong("index", f"{path} {why}; it is rebuilt with the next start", REPAIR))
    words = "in order" if there else "not there yet; it is made with the next start"
    yield from found or [Finding("index", words)]


def _why_useless(path: Path, version: int) -> str:
    try:
        with closing(sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True, timeout=_BUSY_S)) as db:
            found = db.execute("PRAGMA user_version").fetchone()[0]
            if abs(found) != version:
                newer = "a newer" if abs(found) > version else "another"
                return f"is of {newer} version of the program"
            said = db.execute("PRAGMA quick_check(1)").fetchone()[0]
            return "" if said == "ok" else "is damaged"
    except sqlite3.OperationalError as error:
        is_busy = error.sqlite_errorcode in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)
        return "is locked by another program" if is_busy else f"cannot be opened ({error})"
    except sqlite3.DatabaseError:
        return "is damaged"


def repair(loaded: Config, progress: Callable[[int], None]) -> Iterator[str]:
    """Do what is safe; each thing that was done. Raises StoreError."""
    from copilot_tui.store.cache import delete_cache
    from copilot_tui.store.repair import repair

    if not loaded.data_dir.is_dir():
        return
    disk = Disk()
    store = Store(loaded.data_dir, loaded.cache_dir)
    for path, version in store.caches():
        if path.exists() and _why_useless(path, version):
            delete_cache(path, disk)
            yield f"removed, to be rebuilt: {path}"
    faults = list(find_faults(loaded.data_dir, disk, utc_now(), progress))
    yield from repair(store, faults, disk)
    with suppress(StoreError):  # what cannot be read is named by the check that follows
        store.summaries()
    store.close()
