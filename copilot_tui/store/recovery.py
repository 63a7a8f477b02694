"""What dead processes left: journals that are folded into their conversations, and litter."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Final

from copilot_tui import document
from copilot_tui.conversation import Role, Status
from copilot_tui.errors import NewerDocument, NotFound, StoreError, UnreadableDocument
from copilot_tui.store.files import TEMPORARY_SUFFIX, Disk, told
from copilot_tui.store.folding import Left, fold, read_journal
from copilot_tui.store.journal import LOCK_SUFFIX, SUFFIX, journal_path
from copilot_tui.store.locks import LifeLock, Locks

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import datetime
    from pathlib import Path

    from copilot_tui.conversation import Conversation, Message
    from copilot_tui.store.documents import Documents

LEFTOVER_S: Final = 60.0
"""A temporary file that no lock guards is a leftover when it is older than this."""


class Recovery:
    """DATA_DIR/journal, and what of it is dead."""

    def __init__(self, journals: Path, documents: Documents, locks: Locks, disk: Disk) -> None:
        self._folder = journals
        self._documents = documents
        self._locks = locks
        self._disk = disk
        self._unreadable: dict[Path, StoreError] = {}
        self._own: set[Path] = set()

    def problems(self) -> list[StoreError]:
        """Journals that could not be read when they were to be folded in, and are still there."""
        unreadable = self._unreadable.copy()
        return [error for path, error in unreadable.items() if self._is_there(path)]

    def is_unreadable(self, journal: Path) -> bool:
        """Whether it was to be folded in and could not be read."""
        return journal in self._unreadable

    def _is_there(self, path: Path) -> bool:
        with suppress(OSError):
            return self._disk.stamp(path) is not None
        return True

    def journal_path(self, conversation_id: str, message_id: str) -> Path:
        """Where the journal of this reply goes, which is our own from now on; what a dead process
        left there is folded in.
        """
        path = journal_path(self._folder, conversation_id, message_id)
        if self._documents.stamp(path) is not None:
            self.recover(conversation_id)
        self._own.add(path)
        return path

    def is_own(self, journal: Path) -> bool:
        """Whether no other process has begun it; one of a stopped reply is there until the reply is
        saved.
        """
        return journal in self._own

    def recover_all(self) -> list[str]:
        """Fold in all dead journals; the ids of their conversations."""
        recovered = []
        for id_ in sorted({id_ for id_, _ in self.journals()}):
            # `summaries` names such a document; the journal waits until it can be read.
            with suppress(UnreadableDocument, NewerDocument):
                if self.recover(id_):
                    recovered.append(id_)
        return recovered

    def recover(self, conversation_id: str) -> bool:
        """Fold the dead journals of one conversation into its file; whether there were any.

        One that cannot be read is left alone, and is among the `problems`.
        """
        if not self.journals(conversation_id):
            return False
        found = False
        # The conversation first, then its journals: who loads it meanwhile waits for the text.
        with self._locks.held(conversation_id):
            for journal in self._dead(conversation_id):
                with told(f"{journal.name} cannot be folded in"):
                    found |= self._recover(conversation_id, journal)
        return found

    def _recover(self, conversation_id: str, journal: Path) -> bool:
        """Fold in one journal; False: it cannot be read."""
        path = self._documents.where(conversation_id)
        try:
            conversation: Conversation | None = self._documents.read(path)[0]
        except NotFound:
            conversation = None
        try:
            left = self._left(journal)
        except StoreError as error:
            self._unreadable[journal] = error
            return False
        folded = _folded(conversation, left)
        if folded is not None:
            self._documents.write(path, folded)
        self._disk.remove(journal)
        return True

    def fold_into(self, conversation: Conversation) -> None:
        """Fold dead journals into the object alone: for a disk that cannot be written."""
        for journal in self._dead(conversation.id):
            with suppress(StoreError):  # `recover` has noted it
                _folded(conversation, self._left(journal))

    def abandoned(self, conversation: Conversation) -> list[Message]:
        """Its empty replies that never ended and have no journal, so that nobody writes them.

        That is so if the document has not changed since it was read: a journal is there before its
        reply is in the document, and goes when the whole reply is.
        """
        found = []
        for reply in conversation.messages.values():
            if reply.status is not Status.PARTIAL or reply.role is not Role.ASSISTANT:
                continue  # nearly all, among ten thousand
            is_empty = not (reply.content or reply.reasoning or reply.error)
            if is_empty and reply.elapsed_s is None:
                journal = journal_path(self._folder, conversation.id, reply.id)
                if not self._is_there(journal):
                    found.append(reply)
        return found

    def clean(self, folders: Iterable[Path], now: datetime) -> None:
        """Remove temporary files and locks of dead processes."""
        oldest_ns = (now.timestamp() - LEFTOVER_S) * 1e9
        for folder in folders:
            with told(f"the folder {folder} cannot be cleaned"):
                for name, stamp, is_file in self._disk.entries(folder):
                    if is_file and name.startswith(".") and name.endswith(TEMPORARY_SUFFIX):
                        self._clean(folder / name, is_old=stamp.mtime_ns < oldest_ns)
        with told(f"the folder {self._folder} cannot be cleaned"):
            for name, _, _ in self._disk.entries(self._folder):
                path = self._folder / name
                is_alone = self._disk.stamp(path.with_suffix(SUFFIX)) is None
                if path.suffix == LOCK_SUFFIX and is_alone:
                    life = LifeLock(path, self._disk)
                    if life.take():
                        life.release(remove=True)

    def _clean(self, path: Path, *, is_old: bool) -> None:
        id_ = path.name[1:].partition(".")[0]
        is_guarded = path.parent in (self._documents.folder, self._documents.trash)
        if is_guarded and document.is_id(id_):
            with self._locks.held(id_):  # a living writer would hold this
                self._disk.remove(path)
        elif is_old:
            self._disk.remove(path)

    def journals(self, conversation_id: str | None = None) -> list[tuple[str, Path]]:
        """Journals of one conversation or of all, with the ids of their conversations."""
        with told(f"the folder {self._folder} cannot be read"):
            names = sorted(each.name for each in self._disk.entries(self._folder) if each.is_file)
        found = []
        for name in names:
            id_, _, rest = name.partition(".")
            if rest.endswith(SUFFIX) and document.is_id(id_) and conversation_id in (None, id_):
                found.append((id_, self._folder / name))
        return found

    def _dead(self, conversation_id: str) -> Iterator[Path]:
        """Journals that nobody writes, each held while it is looked at."""
        for _, path in self.journals(conversation_id):
            life = LifeLock(path.with_suffix(LOCK_SUFFIX), self._disk)
            with told(f"{path.name} cannot be read"):
                if not life.take():
                    continue
            try:
                if self._documents.stamp(path) is not None:  # else another process was faster
                    yield path
            finally:
                life.release(remove=not self._is_there(path))

    def _left(self, journal: Path) -> Left | None:
        with told(f"{journal.name} cannot be read"):
            return read_journal(self._disk.read(journal)[0], journal.name)


def _folded(conversation: Conversation | None, left: Left | None) -> Conversation | None:
    """The conversation with what a journal holds; None: there was nothing new in it.

    Where there is no conversation any more, the journal has enough to make one.
    """
    if left is None:
        return None
    whole = conversation or left.conversation
    return whole if fold(whole, left) else None
