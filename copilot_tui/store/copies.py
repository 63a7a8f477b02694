"""Conflict copies: what Syncthing and Dropbox make of one file that was changed in two places."""

from __future__ import annotations

from typing import TYPE_CHECKING

from copilot_tui import document
from copilot_tui.errors import NotFound, UnreadableDocument
from copilot_tui.store.copy_names import original_of
from copilot_tui.store.files import told
from copilot_tui.store.merge import merge

if TYPE_CHECKING:
    from copilot_tui.store.documents import Documents
    from copilot_tui.store.files import Disk
    from copilot_tui.store.locks import Locks


def merge_copy(name: str, documents: Documents, locks: Locks, disk: Disk, *, now: float) -> str:
    """Bring what a conflict copy has into its conversation, message by message; the copy goes to
    the trash. The conversation's id. Raises StoreError; the copy is left where it is then.
    """
    id_ = original_of(name)
    if id_ is None:
        raise NotFound(f"{name[:80]!r} is no conflict copy of a conversation")
    copy = documents.folder / name
    with locks.held(id_):
        with told(f"{name} cannot be read"):
            theirs = document.loads(disk.read(copy)[0], name)
        if theirs.id != id_:
            raise document.unreadable(name, "it is a copy of another conversation")
        if document.is_newer(theirs):
            raise UnreadableDocument(f"{name} was written by a newer version of copilot-tui")
        path = documents.where(id_)
        if documents.stamp(path) is None:
            documents.write(path, theirs)
        else:
            ours = documents.read(path)[0]
            older, newer = sorted(
                (theirs, ours), key=lambda each: (each.updated_at, len(each.messages))
            )
            merged = merge(None, newer, older)
            if merged != ours:
                documents.write(path, merged)
        with told(f"{name} cannot be moved to the trash"):
            disk.touch(copy, now)  # its days in the trash begin
            disk.move(copy, documents.trash / name)
    return id_
