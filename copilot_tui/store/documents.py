"""The documents in their folders: which there are, and each read, written and moved whole."""

from __future__ import annotations

import shlex
import sys
from typing import TYPE_CHECKING, Final

from copilot_tui import document
from copilot_tui.errors import NotFound, StoreError
from copilot_tui.store.copy_names import is_copy
from copilot_tui.store.files import Disk, Stamp, store_error, told
from copilot_tui.store.merge import merge
from copilot_tui.store.pace import Pace

if TYPE_CHECKING:
    from pathlib import Path

    from copilot_tui.conversation import Conversation

SUFFIX: Final = ".json"

_OTHERS_MAY_ENTER: Final = 0o011

LIST_HINT: Final = "See them all with: copilot-tui list"
TRASH_HINT: Final = "See what was deleted with: copilot-tui list --trash"


def checked(conversation_id: str) -> str:
    """An id that may name a file. Raises NotFound."""
    if not document.is_id(conversation_id):
        raise NotFound(f"{conversation_id[:40]!r} is no conversation id", LIST_HINT)
    return conversation_id


class Documents:
    """DATA_DIR/conversations and DATA_DIR/trash. Locks are the caller's."""

    def __init__(self, data_dir: Path, disk: Disk, pace: Pace | None = None) -> None:
        self._disk = disk
        self._pace = pace or Pace()
        self.folder = data_dir / "conversations"
        self.trash = data_dir / "trash"

    def path(self, conversation_id: str) -> Path:
        """The conversation's file, there or not. Raises NotFound for what is no id."""
        return self.folder / f"{checked(conversation_id)}{SUFFIX}"

    def trash_path(self, conversation_id: str) -> Path:
        """Its copy in the trash, there or not. Raises NotFound for what is no id."""
        return self.trash / f"{checked(conversation_id)}{SUFFIX}"

    def where(self, conversation_id: str) -> Path:
        """The file, or its copy in the trash; where it will be if there is neither."""
        path, trashed = self.path(conversation_id), self.trash_path(conversation_id)
        return trashed if self.stamp(path) is None and self.stamp(trashed) is not None else path

    def stamp(self, path: Path) -> Stamp | None:
        """The file's stamp; None: there is no such file."""
        with told(f"{path.name} cannot be read"):
            return self._disk.stamp(path)

    def listed(self, folder: Path) -> tuple[dict[str, Stamp], list[StoreError]]:
        """Stamps by id, and what stands among the documents without being one."""
        with told(f"the folder {folder} cannot be read"):
            entries = self._disk.entries(folder)
        stamps: dict[str, Stamp] = {}
        foreign: list[StoreError] = []
        for name, stamp, is_file in entries:
            id_ = name[: -len(SUFFIX)]
            if is_file and name.endswith(SUFFIX) and document.is_id(id_):
                stamps[id_] = stamp
            elif name.endswith(SUFFIX) and not name.startswith(".") and not is_copy(name):
                why = "its name is no conversation id" if is_file else "it is not a regular file"
                foreign.append(document.unreadable(name, why))
            # All else is temporary, kept there by other programs, or asked for by `copies`.
        return stamps, foreign

    def copies(self, folder: Path) -> list[str]:
        """Names of the conflict copies that a sync program left in this folder."""
        with told(f"the folder {folder} cannot be read"):
            entries = self._disk.entries(folder)
        return sorted(name for name, _, is_file in entries if is_file and is_copy(name))

    def exposure(self) -> StoreError | None:
        """What is to be said if other users of the machine can look into the folder."""
        if sys.platform == "win32":
            return None
        home = self.folder.parent
        try:
            modes = [each.stat().st_mode for each in (home, self.folder)]
        except OSError:  # not there yet, or nobody can look into it
            return None
        if not all(mode & _OTHERS_MAY_ENTER for mode in modes):
            return None
        return StoreError(
            f"other users of this machine can look into {home}",
            f"Keep them out with: chmod -R go= {shlex.quote(str(home))}",
        )

    def read(self, path: Path, *, patiently: bool = False) -> tuple[Conversation, Stamp]:
        """The conversation in this file. Raises NotFound, UnreadableDocument, StoreError.

        `patiently`: nobody waits for it.
        """
        try:
            data, stamp = self._disk.read(path)
        except FileNotFoundError:
            raise self.not_found(path.stem) from None
        except OSError as error:
            raise store_error(error, f"{path.name} cannot be read") from error
        conversation = document.loads(data, path.name, self._pace.paced if patiently else iter)
        if conversation.id != path.stem:
            raise document.unreadable(path.name, f"its id is another, {conversation.id[:40]!r}")
        return conversation, stamp

    def write(self, path: Path, conversation: Conversation) -> Stamp:
        """Put the conversation into this file, whole or not at all. Raises StoreError."""
        what = f"conversation {conversation.id} cannot be saved"
        with told(what):
            try:
                return self._disk.write_atomic(path, self._pace.paced(document.lines(conversation)))
            except RecursionError:
                raise StoreError(f"{what}: it is nested too deeply") from None

    def move(self, source: Path, target: Path) -> None:
        """Move a document; where there is one already, both become one. Raises OSError too."""
        if self._disk.stamp(target) is None:
            self._disk.move(source, target)
            return
        older, newer = sorted(
            (self.read(source)[0], self.read(target)[0]),
            key=lambda each: (each.updated_at, len(each.messages)),
        )
        self.write(target, merge(None, newer, older))
        self._disk.remove(source)
        self._disk.sync_folder(source.parent)

    def not_found(self, reference: str, *, trashed: bool = False) -> NotFound:
        """The error for a conversation that is not there; says so if it is in the trash."""
        if trashed:
            return NotFound(f"there is no deleted conversation {reference}", TRASH_HINT)
        if document.is_id(reference) and self.stamp(self.trash_path(reference)) is not None:
            return NotFound(
                f"conversation {reference} is in the trash",
                f"Bring it back with: copilot-tui restore {reference}",
            )
        return NotFound(f"there is no conversation {reference}", LIST_HINT)
