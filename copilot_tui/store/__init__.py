"""Conversations on disk: one JSON document each, and beside it what must be as true as it.

DATA_DIR/conversations, trash, journal, drafts, state, locks. Any number of processes may use one
store; whatever kills them, what is on disk is whole.
"""

from __future__ import annotations

import hashlib
import json
import os
import weakref
from contextlib import suppress
from dataclasses import dataclass
from threading import RLock
from typing import TYPE_CHECKING, Final, Protocol

from copilot_tui import document
from copilot_tui.conversation import TitleSource, utc_now
from copilot_tui.errors import NewerDocument, NotFound, StoreError, UnreadableDocument
from copilot_tui.store import drafts
from copilot_tui.store.drafts import Draft, ViewState
from copilot_tui.store.files import TEMPORARY_SUFFIX, Disk, Stamp, store_error, told
from copilot_tui.store.index import Index
from copilot_tui.store.journal import (
    LOCK_SUFFIX,
    SUFFIX,
    FileJournal,
    Journal,
    NoJournal,
    fold,
    journal_path,
    read_journal,
)
from copilot_tui.store.locks import LifeLock, Locks
from copilot_tui.store.merge import Saved, merge, outline
from copilot_tui.store.private import PrivateStore
from copilot_tui.store.summary import Summary, newest_first, summary_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime
    from pathlib import Path

    from copilot_tui.conversation import Conversation, Message

__all__ = [
    "Disk",
    "Draft",
    "Journal",
    "NoJournal",
    "PrivateStore",
    "ReplyStore",
    "Saved",
    "Store",
    "Summary",
    "ViewState",
    "summary_of",
]

LAST: Final = "last"
"""What the most recently changed conversation may be called."""

PREFIX_LENGTH: Final = 4
"""An id may be shortened to this many characters, if it is the only one that begins so."""

TRASH_DAYS: Final = 30
"""How long a deleted conversation can be restored."""

_LEFTOVER_S: Final = 60.0
"""A temporary file without a lock is a leftover when it is older than this."""

_JSON: Final = ".json"


class ReplyStore(Protocol):
    """What a reply needs of a store."""

    def save(self, conversation: Conversation) -> Saved:
        """Bring the conversation to disk. Raises StoreError."""
        ...

    def open_journal(self, conversation: Conversation, reply: Message) -> Journal:
        """Where the reply's text goes while it comes. Raises StoreError."""
        ...


@dataclass
class _View:
    """What one live object knows of its file."""

    path: Path
    stamp: Stamp
    """The file when the object was last read from it or written to it."""
    base: Conversation
    """The object then, without its messages."""
    on_disk: Conversation | None = None
    """What is in the file, if there is more in it than in the object."""


class Store:
    """The conversations of one folder. Any thread may use it; nothing is on disk before the first
    write.

    Everything raises StoreError and no other error.
    """

    def __init__(
        self,
        data_dir: Path,
        cache_dir: Path,
        *,
        now: Callable[[], datetime] = utc_now,
        disk: Disk | None = None,
    ) -> None:
        self.data_dir = data_dir
        self._now = now
        self._disk = disk or Disk()
        self._conversations = data_dir / "conversations"
        self._trash = data_dir / "trash"
        self._journals = data_dir / "journal"
        self._drafts = data_dir / "drafts"
        self._states = data_dir / "state"
        self._locks = Locks(data_dir / "locks", self._disk)
        name = hashlib.sha256(os.fsencode(os.path.realpath(data_dir))).hexdigest()[:16]
        self._index = Index(cache_dir / f"index-{name}.sqlite3", self._disk)
        self._index_lock = RLock()
        self._problems: list[StoreError] = []
        self._views: dict[int, tuple[weakref.ref[Conversation], _View]] = {}

    # The list

    def cached_summaries(self) -> list[Summary]:
        """What the index knows, newest first, without a look at the folder: for first frames."""
        with self._index_lock:
            return self._index.known()

    def summaries(self) -> list[Summary]:
        """All conversations, newest first, as they are on disk now."""
        stamps, foreign = self._listed(self._conversations)
        with self._index_lock:
            listing = self._index.sync(stamps, lambda id_: self._summary(self._path(id_)))
            self._problems = sorted(foreign + listing.problems, key=str)
            return listing.summaries

    def problems(self) -> list[StoreError]:
        """Files that could not be read, by name, as the last `summaries` found them."""
        return list(self._problems)

    def trashed(self) -> list[Summary]:
        """Deleted conversations that can be restored, newest first."""
        found = []
        for id_ in self._listed(self._trash)[0]:
            with suppress(UnreadableDocument, NotFound):  # left alone, until it is purged
                found.append(self._summary(self._trash / f"{id_}{_JSON}"))
        return newest_first(found)

    def resolve(self, reference: str, *, trashed: bool = False) -> str:
        """The id that is meant by an id, the beginning of one, or `last`. Raises NotFound."""
        folder = self._trash if trashed else self._conversations
        reference = reference.strip().lower()
        if reference == LAST:
            found = [each.id for each in (self.trashed() if trashed else self.summaries())[:1]]
            if not found:
                raise NotFound("there is no conversation yet")
            return found[0]
        if not reference or reference.strip("0123456789abcdef-") or len(reference) > 36:
            raise NotFound(f"{reference[:40]!r} is no conversation id", _LIST_HINT)
        if document.is_id(reference):
            found = [reference] if self._disk_stamp(folder / f"{reference}{_JSON}") else []
        elif len(reference) < PREFIX_LENGTH:
            raise NotFound(
                f"{reference!r} is too short: an id needs at least {PREFIX_LENGTH} characters",
                _LIST_HINT,
            )
        else:
            found = [id_ for id_ in self._listed(folder)[0] if id_.startswith(reference)]
        if len(found) > 1:
            raise NotFound(f"{reference!r} is the beginning of {len(found)} ids", _LIST_HINT)
        if not found:
            raise self._not_found(reference, trashed=trashed)
        return found[0]

    # One conversation

    def load(self, conversation_id: str) -> Conversation:
        """The conversation, with what a dead process left of its replies.

        Raises NotFound (also for one in the trash) and UnreadableDocument. One of a newer version
        is read-only: see `document.is_newer`.
        """
        path = self._path(conversation_id)
        with suppress(StoreError):  # nothing can be written: then the text is folded in here
            self._recover_one(conversation_id)
        conversation, stamp = self._read(path)
        self._note(conversation, path, stamp)
        for journal, _ in self._dead_journals(conversation_id):
            with suppress(StoreError), told(journal.name):
                self._fold(conversation, journal)
        return conversation

    def save(self, conversation: Conversation) -> Saved:
        """Bring the conversation to disk, together with what others wrote to it meanwhile.

        The object itself is left as it is; what `Saved` says can be applied to it where it lives.
        Meanwhile the store keeps both together, so nothing is lost if it is not.
        """
        live = self._path(conversation.id)
        if document.is_newer(conversation):
            next(document.lines(conversation))  # raises NewerDocument
        with self._locks.held(conversation.id):
            path = self._where(conversation.id) or live
            base = outline(conversation)
            theirs = self._theirs(conversation, path)
            whole = conversation
            if theirs is not None:
                view = self._view(conversation)
                whole = merge(view.base if view else None, conversation, theirs)
            stamp = self._write(path, whole)
            news = whole if _has_news(whole, conversation, base) else None
            self._remember(conversation, _View(path, stamp, base, news))
        if path == live:
            self._put(whole, stamp)
        return Saved(path != live, news, base if news else None)

    def rename(self, conversation_id: str, title: str) -> None:
        """Give the conversation a title of the user's choice."""
        with self._locks.held(self._checked(conversation_id)):
            conversation = self.load(conversation_id)
            conversation.title, conversation.title_source = title, TitleSource.USER
            conversation.touch(self._now())
            self.save(conversation)

    def delete(self, conversation_id: str) -> None:
        """Move the conversation to the trash."""
        path = self._path(conversation_id)
        target = self._trash / path.name
        with self._locks.held(conversation_id), told(f"{path.name} cannot be deleted"):
            if self._disk.stamp(path) is None:
                raise self._not_found(conversation_id)
            self._disk.touch(path, self._now().timestamp())  # its days in the trash begin
            self._move(path, target)

    def restore(self, conversation_id: str) -> None:
        """Bring a deleted conversation back."""
        path = self._path(conversation_id)
        source = self._trash / path.name
        with self._locks.held(conversation_id), told(f"{path.name} cannot be restored"):
            if self._disk.stamp(source) is None:
                raise self._not_found(conversation_id, trashed=True)
            self._move(source, path)

    def purge_trash(self, older_than_days: float = TRASH_DAYS) -> list[str]:
        """Remove for good what was deleted so long ago; its ids."""
        oldest_ns = (self._now().timestamp() - older_than_days * 86400) * 1e9
        purged = []
        for id_ in self._listed(self._trash)[0]:
            path = self._trash / f"{id_}{_JSON}"
            with self._locks.held(id_), told(f"{path.name} cannot be removed"):
                stamp = self._disk.stamp(path)
                if stamp is None or stamp.mtime_ns > oldest_ns:
                    continue
                self._disk.remove(path)
                if self._disk.stamp(self._path(id_)) is None:
                    self._disk.remove(self._drafts / path.name)
                    self._disk.remove(self._states / path.name)
                purged.append(id_)
        return purged

    # Replies in progress

    def open_journal(self, conversation: Conversation, reply: Message) -> Journal:
        """A journal for this reply, which other processes leave alone while this one lives."""
        id_ = self._checked(conversation.id)
        path = journal_path(self._journals, id_, reply.id)
        if self._disk_stamp(path) is not None:
            self._recover_one(id_)
        return FileJournal(path, conversation, reply, self._disk)

    def recover(self) -> list[str]:
        """Fold in what dead processes left, and clean up after them; the ids of what was changed.

        For the background after a start: `load` does the same for one conversation.
        """
        ids = {id_ for id_, _ in self._journal_files(None)}
        recovered = []
        for id_ in sorted(ids):
            with suppress(
                UnreadableDocument, NewerDocument
            ):  # named by `summaries`; the journal stays
                if self._recover_one(id_):
                    recovered.append(id_)
        self._clean()
        return recovered

    # Drafts and places

    def draft(self, conversation_id: str) -> Draft | None:
        """The unsent prompt. One that cannot be read is set aside, and said once:
        UnreadableDocument.
        """
        path = self._drafts / f"{self._checked(conversation_id)}{_JSON}"
        try:
            raw = self._read_beside(path)
            return None if raw is None else drafts.draft_from(raw)
        except ValueError as error:
            aside = path.with_suffix(f".unreadable-{os.urandom(2).hex()}")
            with told(f"the draft {path.name} cannot be set aside"):
                self._disk.move(path, aside)
            raise UnreadableDocument(
                f"the draft {path.name} cannot be read: {error}", f"It is kept as {aside}"
            ) from None

    def save_draft(self, conversation_id: str, draft: Draft | None) -> None:
        """Keep an unsent prompt; None: there is none any more."""
        path = self._drafts / f"{self._checked(conversation_id)}{_JSON}"
        with told("the draft cannot be saved"):
            if draft is None or not draft.text:
                self._disk.remove(path)
            else:
                self._disk.write_atomic(path, [_beside(draft)])

    def drafts(self) -> list[str]:
        """The ids of conversations with a draft."""
        return list(self._listed(self._drafts)[0])

    def view_state(self, conversation_id: str) -> ViewState | None:
        """Where the conversation was left; None: not known."""
        path = self._states / f"{self._checked(conversation_id)}{_JSON}"
        try:
            raw = self._read_beside(path)
            return None if raw is None else drafts.view_state_from(raw)
        except ValueError:
            return None  # nobody's words; the next one takes its place

    def save_view_state(self, conversation_id: str, state: ViewState) -> None:
        """Keep where the conversation was left. Survives a crash of the program, not always a
        power cut.
        """
        path = self._states / f"{self._checked(conversation_id)}{_JSON}"
        with told("the scroll position cannot be saved"):
            self._disk.write_atomic(path, [_beside(state)], durable=False)

    # Paths and files

    def _checked(self, conversation_id: str) -> str:
        """An id that may name a file. Raises NotFound."""
        if not document.is_id(conversation_id):
            raise NotFound(f"{conversation_id[:40]!r} is no conversation id", _LIST_HINT)
        return conversation_id

    def _path(self, conversation_id: str) -> Path:
        return self._conversations / f"{self._checked(conversation_id)}{_JSON}"

    def _where(self, conversation_id: str) -> Path | None:
        """The conversation's file, or its copy in the trash."""
        for folder in (self._conversations, self._trash):
            path = folder / f"{conversation_id}{_JSON}"
            if self._disk_stamp(path) is not None:
                return path
        return None

    def _disk_stamp(self, path: Path) -> Stamp | None:
        with told(f"{path.name} cannot be read"):
            return self._disk.stamp(path)

    def _not_found(self, reference: str, *, trashed: bool = False) -> NotFound:
        if trashed:
            return NotFound(f"there is no deleted conversation {reference}", "")
        if document.is_id(reference) and self._disk_stamp(self._trash / f"{reference}{_JSON}"):
            return NotFound(
                f"conversation {reference} is in the trash",
                f"Bring it back with: copilot-tui restore {reference}",
            )
        return NotFound(f"there is no conversation {reference}", _LIST_HINT)

    def _listed(self, folder: Path) -> tuple[dict[str, Stamp], list[StoreError]]:
        """Stamps by id, and what stands among the documents without being one."""
        with told(f"the folder {folder} cannot be read"):
            entries = self._disk.entries(folder)
        stamps: dict[str, Stamp] = {}
        foreign: list[StoreError] = []
        for name, stamp, is_file in entries:
            if name.startswith(".") or not name.endswith(_JSON):
                continue  # temporary files, and what other programs keep
            id_ = name.removesuffix(_JSON)
            if not is_file:
                foreign.append(document.unreadable(name, "it is not a regular file"))
            elif not document.is_id(id_):
                foreign.append(document.unreadable(name, "its name is no conversation id"))
            else:
                stamps[id_] = stamp
        return stamps, foreign

    def _read(self, path: Path) -> tuple[Conversation, Stamp]:
        try:
            data, stamp = self._disk.read(path)
        except FileNotFoundError:
            raise self._not_found(path.stem) from None
        except OSError as error:
            raise store_error(error, f"{path.name} cannot be read") from error
        conversation = document.loads(data, path.name)
        if conversation.id != path.stem:
            raise document.unreadable(path.name, f"its id is another, {conversation.id[:40]!r}")
        return conversation, stamp

    def _summary(self, path: Path) -> Summary:
        return summary_of(self._read(path)[0])

    def _write(self, path: Path, conversation: Conversation) -> Stamp:
        with told(f"conversation {conversation.id} cannot be saved"):
            try:
                return self._disk.write_atomic(path, document.lines(conversation))
            except RecursionError:
                raise StoreError(
                    f"conversation {conversation.id} cannot be saved: it is nested too deeply"
                ) from None

    def _move(self, source: Path, target: Path) -> None:
        """Move a document; if there is one already, both become one."""
        if self._disk.stamp(target) is not None:
            mine, theirs = self._read(source)[0], self._read(target)[0]
            self._write(target, merge(None, mine, theirs))
            self._disk.remove(source)
            self._disk.sync_folder(source.parent)
        else:
            self._disk.move(source, target)

    def _read_beside(self, path: Path) -> object | None:
        """A small file's JSON value. Raises ValueError."""
        with told(f"{path.name} cannot be read"):
            try:
                data, _ = self._disk.read(path)
            except FileNotFoundError:
                return None
        try:
            return json.loads(data)  # type: ignore[no-any-return]  # any JSON value
        except RecursionError:
            raise ValueError("it is nested too deeply") from None

    # Live objects

    def _view(self, conversation: Conversation) -> _View | None:
        found = self._views.get(id(conversation))
        return found[1] if found is not None and found[0]() is conversation else None

    def _remember(self, conversation: Conversation, view: _View) -> None:
        key = id(conversation)
        views = self._views

        def forget(gone: weakref.ref[Conversation]) -> None:
            if key in views and views[key][0] is gone:
                del views[key]

        views[key] = (weakref.ref(conversation, forget), view)

    def _note(self, conversation: Conversation, path: Path, stamp: Stamp) -> None:
        self._remember(conversation, _View(path, stamp, outline(conversation)))

    def _theirs(self, conversation: Conversation, path: Path) -> Conversation | None:
        """What is in the file and perhaps not in the object; None: nothing. A file that did not
        change is not read.
        """
        stamp = self._disk_stamp(path)
        view = self._view(conversation)
        if stamp is None:
            return None
        if view is not None and view.stamp == stamp:
            return view.on_disk
        theirs, _ = self._read(path)
        if document.is_newer(theirs):
            next(document.lines(theirs))  # raises NewerDocument
        return theirs

    def _put(self, conversation: Conversation, stamp: Stamp) -> None:
        """Note a write in the index, unless that is busy; then the next `summaries` finds it."""
        if self._index.is_open and self._index_lock.acquire(blocking=False):
            try:
                self._index.put(summary_of(conversation), stamp)
            finally:
                self._index_lock.release()

    # What dead processes left

    def _journal_files(self, conversation_id: str | None) -> list[tuple[str, Path]]:
        """Journals, with the ids of their conversations."""
        with told(f"the folder {self._journals} cannot be read"):
            names = sorted(each.name for each in self._disk.entries(self._journals) if each.is_file)
        found = []
        for name in names:
            id_, _, rest = name.partition(".")
            if rest.endswith(SUFFIX) and document.is_id(id_) and conversation_id in (None, id_):
                found.append((id_, self._journals / name))
        return found

    def _dead_journals(self, conversation_id: str) -> Iterator[tuple[Path, LifeLock]]:
        """Journals that nobody writes, each held while it is looked at. Raises StoreError."""
        for _, path in self._journal_files(conversation_id):
            life = LifeLock(path.with_suffix(LOCK_SUFFIX), self._disk)
            with told(f"{path.name} cannot be read"):
                if not life.take():
                    continue
            try:
                if self._disk_stamp(path) is not None:  # else another process was faster
                    yield path, life
            finally:
                life.release(remove=self._disk_stamp(path) is None)

    def _recover_one(self, conversation_id: str) -> bool:
        """Fold the dead journals of one conversation into its file; whether there were any."""
        found = False
        for journal, _ in self._dead_journals(conversation_id):
            with self._locks.held(conversation_id), told(f"{journal.name} cannot be folded in"):
                path = self._where(conversation_id) or self._path(conversation_id)
                try:
                    conversation: Conversation | None = self._read(path)[0]
                except NotFound:
                    conversation = None
                folded = self._fold(conversation, journal)
                if folded is not None:
                    self._write(path, folded)
                self._disk.remove(journal)
            found = True
        return found

    def _fold(self, conversation: Conversation | None, journal: Path) -> Conversation | None:
        """Bring what a journal holds into its conversation; None: there was nothing new in it.

        Where there is no conversation any more, the journal has enough to make one.
        """
        left = read_journal(self._disk.read(journal)[0], journal.name)
        if left is None:
            return None
        whole = conversation or left.conversation
        return whole if fold(whole, left) else None

    def _clean(self) -> None:
        """Remove temporary files and locks of dead processes."""
        oldest_ns = (self._now().timestamp() - _LEFTOVER_S) * 1e9
        for folder in (self._conversations, self._trash, self._drafts, self._states):
            for name, stamp, is_file in self._disk.entries(folder):
                if is_file and name.startswith(".") and name.endswith(TEMPORARY_SUFFIX):
                    self._clean_one(folder / name, stamp.mtime_ns < oldest_ns)
        for each in self._disk.entries(self._journals):
            path = self._journals / each.name
            is_lock = path.suffix == LOCK_SUFFIX
            if is_lock and self._disk.stamp(path.with_suffix(SUFFIX)) is None:
                life = LifeLock(path, self._disk)
                if life.take():
                    life.release(remove=True)

    def _clean_one(self, path: Path, is_old: bool) -> None:
        id_ = path.name[1:].partition(".")[0]
        if path.parent in (self._conversations, self._trash) and document.is_id(id_):
            with self._locks.held(id_):  # its writer would hold this
                self._disk.remove(path)
        elif is_old:
            self._disk.remove(path)


_LIST_HINT: Final = "See them all with: copilot-tui list"


def _beside(kept: Draft | ViewState) -> bytes:
    return document.dump_value(drafts.to_json(kept)).encode("utf-8", "backslashreplace") + b"\n"


def _has_news(whole: Conversation, conversation: Conversation, base: Conversation) -> bool:
    """Whether what was written is more than the object has."""
    if whole is conversation:
        return False
    if any(conversation.messages.get(id_) is not each for id_, each in whole.messages.items()):
        return True
    return outline(whole) != base
