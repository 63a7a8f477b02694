"""What `doctor --repair` does to a store: only what is safe, and after a backup beside it."""

from __future__ import annotations

import os
import stat
from itertools import count
from typing import TYPE_CHECKING, Final

from copilot_tui.errors import StoreError
from copilot_tui.store.documents import Documents
from copilot_tui.store.faults import BACKUP_SUFFIX, TREE, Fault, Kind, cycles
from copilot_tui.store.files import Disk, told
from copilot_tui.store.locks import Locks

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from copilot_tui.conversation import Conversation
    from copilot_tui.store.library import Store

REPAIRABLE: Final = frozenset({Kind.OPEN, Kind.LEFTOVER, *TREE})
"""All else is named, and left as it is."""


def repair(store: Store, faults: Iterable[Fault], disk: Disk) -> Iterator[str]:
    """Mend what can be mended; each thing that was done, as a sentence.

    What cannot be done is said, too, and stops nothing else.
    """
    found = [fault for fault in faults if fault.kind in REPAIRABLE]
    for fault in found:
        if fault.kind is Kind.OPEN:
            try:
                yield _close(fault.path, disk)
            except StoreError as error:
                yield str(error)
    yield from _clean(store, [fault.path for fault in found if fault.kind is Kind.LEFTOVER], disk)
    documents = Documents(store.data_dir, disk)
    locks = Locks(store.data_dir / "locks", disk)
    for path in dict.fromkeys(fault.path for fault in found if fault.kind in TREE):
        try:
            with locks.held(path.stem):
                yield _mend_tree(documents, path, disk)
        except StoreError as error:
            yield str(error)


def _close(path: Path, disk: Disk) -> str:
    with told(f"{path} stays open to others"):
        mode = stat.S_IMODE(os.lstat(path).st_mode)
        disk.set_mode(path, 0o700 if path.is_dir() else 0o600)
    return f"closed to others (it was {mode:04o}): {path}"


def _clean(store: Store, leftovers: list[Path], disk: Disk) -> Iterator[str]:
    if not leftovers:
        return
    try:
        store.recover()
    except StoreError as error:
        yield str(error)
    for path in leftovers:
        is_gone = disk.stamp(path) is None
        yield f"removed: {path}" if is_gone else f"{path} is still there: it may be in use"


def _mend_tree(documents: Documents, path: Path, disk: Disk) -> str:
    """Bring the messages of a document back into a tree; all of them stay."""
    with told(f"{path.name} cannot be copied"):
        before, _ = disk.read(path)
    conversation, _ = documents.read(path)  # a head that was not there is now the newest message
    _give_parents(conversation)
    conversation.replace_messages(list(conversation.messages.values()))
    with told(f"{path.name} cannot be copied"):
        backup = _backup_path(path, disk)
        disk.write_atomic(backup, [before])
    documents.write(path, conversation)
    return f"mended: {path} (as it was: {backup.name})"


def _give_parents(conversation: Conversation) -> None:
    """Cut circles, and let what follows a message that is gone follow the one before it."""
    messages = conversation.messages
    for id_ in cycles({message.id: message.parent_id for message in messages.values()}):
        messages[id_].parent_id = None
    known = {*messages, *conversation.deleted, None}
    earlier: str | None = None
    for message in messages.values():
        if message.parent_id not in known:
            above = {each.id for each in conversation.path(earlier)} if earlier else set()
            message.parent_id = None if message.id in above else earlier
        earlier = message.id


def _backup_path(path: Path, disk: Disk) -> Path:
    """A name that nothing has."""
    names = (path.with_name(f"{path.name}{BACKUP_SUFFIX}{number or ''}") for number in count())
    return next(name for name in names if disk.stamp(name) is None)
