"""Store: the conversations of one folder."""

from __future__ import annotations

import hashlib
import os
from contextlib import suppress
from threading import RLock
from typing import TYPE_CHECKING, ClassVar, Final

from copilot_tui import document
from copilot_tui.conversation import TitleSource, utc_now
from copilot_tui.errors import NotFound, StoreError, UnreadableDocument
from copilot_tui.store.copies import merge_copy
from copilot_tui.store.documents import LIST_HINT, TRASH_HINT, Documents, checked
from copilot_tui.store.drafts import Beside, Draft, ViewState
from copilot_tui.store.files import Disk, Stamp, told
from copilot_tui.store.folding import INTERRUPTED
from copilot_tui.store.found import LIMIT, Found, Order, never
from copilot_tui.store.index import Index
from copilot_tui.store.journal import FileJournal, Journal
from copilot_tui.store.locks import Locks
from copilot_tui.store.merge import Saved, merge, outline
from copilot_tui.store.pace import Pace
from copilot_tui.store.recovery import Recovery
from copilot_tui.store.summary import Summary, newest_first, summary_of
from copilot_tui.store.views import View, Views, has_news

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime
    from pathlib import Path

    from copilot_tui.conversation import Conversation, Message
    from copilot_tui.store.following import Follower
    from copilot_tui.store.private import PrivateStore
    from copilot_tui.store.prompts import Prompts
    from copilot_tui.store.search import Search
    from copilot_tui.store.watch import Watch

LAST: Final = "last"
"""What the most recently changed conversation may be called."""

PREFIX_LENGTH: Final = 4
"""An id may be shortened to this many characters, if it is the only one that begins so."""

READS_MOST: Final = 5
"""So often a document is read again that is written while it is read."""

TRASH_DAYS: Final = 30
"""How long a deleted conversation can be restored."""


class Store:
    """The conversations of one folder. Any thread may use it, and any number of processes.

    Nothing is on disk before the first write. Everything raises StoreError and no other error.
    """

    is_private: ClassVar = False

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
        self._pace = Pace()
        self._documents = Documents(data_dir, self._disk, self._pace)
        self._beside = Beside(data_dir, self._disk)
        self._locks = Locks(data_dir / "locks", self._disk)
        self._recovery = Recovery(data_dir / "journal", self._documents, self._locks, self._disk)
        self._views = Views()
        name = hashlib.sha256(os.fsencode(os.path.realpath(data_dir))).hexdigest()[:16]
        self._index = Index(cache_dir / f"index-{name}.sqlite3", self._disk)
        self._search_path = cache_dir / f"search-{name}.sqlite3"
        self._search_made: Search | None = None
        self._index_lock = RLock()
        self._problems: list[StoreError] = []

    def close(self) -> None:
        """Give back the indexes; not needed, and the store may be used again."""
        with self._index_lock:
            self._index.close()
            if self._search_made is not None:
                self._search_made.close()

    def caches(self) -> list[tuple[Path, int]]:
        """The files that can be rebuilt, each with the version that it should have."""
        from copilot_tui.store import index, messages

        return [(self._index.path, index.VERSION), (self._search_path, messages.VERSION)]

    def of(self, conversation_id: str) -> Store | PrivateStore:
        """The store that this conversation is in."""
        return self

    def keep_private(self, conversation_id: str) -> None:
        """Let a new conversation never be on disk. Raises StoreError where that cannot be."""
        raise StoreError("this store keeps everything on disk")

    def give_way(self) -> None:
        """A key was pressed: what is written or indexed now stands back for a moment."""
        self._pace.give_way()

    # The list

    def cached_summaries(self) -> list[Summary]:
        """What the index knows, newest first, without a look at the folder: for first frames."""
        with self._index_lock:
            return self._index.known()

    def summaries(self) -> list[Summary]:
        """All conversations, newest first, as they are on disk now."""
        stamps, foreign = self._documents.listed(self._documents.folder)
        with self._index_lock:
            listing = self._index.sync(stamps, lambda id_: self._summary(self._documents.path(id_)))
            self._problems = sorted(foreign + listing.problems, key=str)
            return listing.summaries

    def problems(self) -> list[StoreError]:
        """Files that could not be read, by name: as the last `summaries` found them, and journals
        as they were to be folded in. Before them what is wrong with the store as a whole.
        """
        whole = (self._documents.exposure(), self._locks.trouble())
        return [*filter(None, whole), *self._problems, *self._recovery.problems()]

    def trashed(self) -> list[Summary]:
        """Deleted conversations that can be restored, newest first."""
        found = []
        for id_ in self._documents.listed(self._documents.trash)[0]:
            with suppress(UnreadableDocument, NotFound):  # left alone, until it is purged
                found.append(self._summary(self._documents.trash_path(id_)))
        return newest_first(found)

    def resolve(self, reference: str, *, trashed: bool = False) -> str:
        """The id that is meant by an id, the beginning of one, or `last`. Raises NotFound."""
        reference = reference.strip().lower()
        hint = TRASH_HINT if trashed else LIST_HINT
        if reference == LAST:
            rows = self.trashed() if trashed else self.summaries()
            if not rows:
                raise NotFound("the trash is empty" if trashed else "there is no conversation yet")
            return rows[0].id
        if not reference or reference.strip("0123456789abcdef-") or len(reference) > 36:
            raise NotFound(f"{reference[:40]!r} is no conversation id", hint)
        if len(reference) < PREFIX_LENGTH:
            raise NotFound(
                f"{reference!r} is too short: an id needs at least {PREFIX_LENGTH} characters",
                hint,
            )
        folder = self._documents.trash if trashed else self._documents.folder
        ids = self._documents.listed(folder)[0]
        found = [id_ for id_ in ids if id_.startswith(reference)]
        if len(found) > 1:
            raise NotFound(f"{reference!r} is the beginning of {len(found)} ids", hint)
        if not found:
            raise self._documents.not_found(reference, trashed=trashed)
        return found[0]

    # One conversation

    def load(self, conversation_id: str) -> Conversation:
        """The conversation, with what a dead process left of its replies.

        Raises NotFound (also for one in the trash) and UnreadableDocument. One of a newer version
        is read-only: see `document.is_newer`.
        """
        path = self._documents.path(conversation_id)
        failed = False
        try:
            self._recovery.recover(conversation_id)
        except StoreError:
            failed = True  # nothing can be written; the text is all the same to be shown
        for _ in range(READS_MOST):
            conversation, stamp = self._documents.read(path)
            abandoned = self._recovery.abandoned(conversation)
            if not abandoned or self._documents.stamp(path) == stamp:
                break  # else it was written meanwhile, and may have ended
            abandoned = []
        self._views.note(conversation, View(stamp, outline(conversation)))
        if failed:
            with suppress(StoreError):
                self._recovery.fold_into(conversation)
        for reply in abandoned:
            reply.error = INTERRUPTED
        return conversation

    def save(self, conversation: Conversation) -> Saved:
        """Bring the conversation to disk, together with what others wrote to it meanwhile.

        The object itself is left as it is; what `Saved` says can be applied to it where it lives.
        Until that is done the store keeps both together, so nothing is lost if it never is.
        """
        _refuse_newer(conversation)
        id_ = checked(conversation.id)
        with self._locks.held(id_):
            path = self._documents.where(id_)
            base = outline(conversation)
            whole = self._with_theirs(conversation, path)
            stamp = self._documents.write(path, whole)
            news = whole if has_news(whole, conversation, base) else None
            self._views.note(conversation, View(stamp, base, news))
        is_trashed = path.parent == self._documents.trash
        if not is_trashed:
            self._put(whole, stamp)
        return Saved(is_trashed, news, base if news else None)

    def rename(self, conversation_id: str, title: str) -> None:
        """Give the conversation a title of the user's choice."""
        with self._locks.held(checked(conversation_id)):
            conversation = self.load(conversation_id)
            conversation.title, conversation.title_source = title, TitleSource.USER
            conversation.touch(self._now())
            self.save(conversation)

    def delete(self, conversation_id: str) -> None:
        """Move the conversation to the trash."""
        path = self._documents.path(conversation_id)
        with self._locks.held(conversation_id), told(f"{path.name} cannot be deleted"):
            if self._disk.stamp(path) is None:
                raise self._documents.not_found(conversation_id)
            self._disk.set_time(path, self._now().timestamp())  # its days in the trash begin
            self._documents.move(path, self._documents.trash_path(conversation_id))

    def discard_empty(self, conversation_id: str) -> bool:
        """Remove for good a conversation that nobody has put anything into; whether it is one."""
        path = self._documents.path(conversation_id)
        with self._locks.held(conversation_id), told(f"{path.name} cannot be removed"):
            if not _is_as_born(self.load(conversation_id)) or self.draft(conversation_id):
                return False
            self._disk.remove(path)
            self._beside.forget(conversation_id)
        return True

    def restore(self, conversation_id: str) -> None:
        """Bring a deleted conversation back."""
        path = self._documents.path(conversation_id)
        source = self._documents.trash_path(conversation_id)
        with self._locks.held(conversation_id), told(f"{path.name} cannot be restored"):
            if self._disk.stamp(source) is None:
                raise self._documents.not_found(conversation_id, trashed=True)
            self._documents.move(source, path)

    def purge_trash(self, older_than_days: float = TRASH_DAYS) -> list[str]:
        """Remove for good what was deleted so long ago; its ids."""
        oldest_ns = (self._now().timestamp() - older_than_days * 86400) * 1e9
        purged = []
        for id_ in self._documents.listed(self._documents.trash)[0]:
            path = self._documents.trash_path(id_)
            with self._locks.held(id_), told(f"{path.name} cannot be removed"):
                stamp = self._disk.stamp(path)
                if stamp is None or stamp.mtime_ns > oldest_ns:
                    continue
                self._disk.remove(path)
                if self._disk.stamp(self._documents.path(id_)) is None:
                    self._beside.forget(id_)
                purged.append(id_)
        for name in self._documents.copies(self._documents.trash):
            path = self._documents.trash / name
            with told(f"{name} cannot be removed"):
                stamp = self._disk.stamp(path)
                if stamp is not None and stamp.mtime_ns <= oldest_ns:
                    self._disk.remove(path)
        return purged

    # What others do

    def watch(self) -> Watch:
        """A look-out for what other programs do to the store."""
        from copilot_tui.store.watch import Watch  # the app alone, and after its first frame

        return Watch(self._documents, self._beside.states, self._recovery, self._views, self._disk)

    def follower(self, journal: Path) -> Follower:
        """Reads a reply that another process writes."""
        from copilot_tui.store.following import Follower

        return Follower(journal, self._disk)

    def conflict_copies(self) -> list[str]:
        """Names of what a sync program left where a conversation was changed in two places."""
        return self._documents.copies(self._documents.folder)

    def merge_copy(self, name: str) -> str:
        """Bring a conflict copy into its conversation, whose id this gives; the copy goes to the
        trash, for as long as what is deleted.
        """
        moment = self._now().timestamp()
        return merge_copy(name, self._documents, self._locks, self._disk, now=moment)

    # Replies in progress

    def open_journal(self, conversation: Conversation, reply: Message) -> Journal:
        """A journal for this reply, which other processes leave alone while this one lives."""
        path = self._recovery.journal_path(checked(conversation.id), reply.id)
        return FileJournal(path, conversation, reply, self._disk)

    def recover(self) -> list[str]:
        """Fold in what dead processes left, and clean up after them; the ids of what was changed.

        For the background after a start: `load` does the same for one conversation.
        """
        self._locks.probe()
        recovered = self._recovery.recover_all()
        folders = (self._documents.folder, self._documents.trash)
        self._recovery.clean((*folders, self._beside.drafts, self._beside.states), self._now())
        return recovered

    # Drafts and places

    def draft(self, conversation_id: str) -> Draft | None:
        """The unsent prompt.

        One that cannot be read is set aside, and said once: UnreadableDocument.
        """
        return self._beside.draft(conversation_id)

    def save_draft(self, conversation_id: str, draft: Draft | None) -> None:
        """Keep an unsent prompt; None: there is none any more."""
        self._beside.save_draft(conversation_id, draft)

    def drafts(self) -> list[str]:
        """The ids of conversations with a draft."""
        return list(self._documents.listed(self._beside.drafts)[0])

    def view_state(self, conversation_id: str) -> ViewState | None:
        """Where the conversation was left; None: not known."""
        return self._beside.view_state(conversation_id)

    def save_view_state(self, conversation_id: str, state: ViewState) -> None:
        """Keep where the conversation was left.

        It survives a crash of the program, and not always a power cut.
        """
        self._beside.save_view_state(conversation_id, state)

    # Search

    def search(
        self,
        words: str,
        *,
        order: Order = "newest",
        limit: int = LIMIT,
        whole: bool = False,
        cancelled: Callable[[], bool] = never,
    ) -> Found:
        """Messages and titles with these words in them; what may be typed says `search_query`.

        What the index knows is found, in milliseconds, and `Found.unread` says of how many
        conversations it does not know yet; `whole`: those are read, too. `cancelled` is asked now
        and then, and ends the search.
        """
        return self._search.find(words, order=order, limit=limit, whole=whole, cancelled=cancelled)

    def prompts(
        self, words: str = "", *, limit: int = LIMIT, cancelled: Callable[[], bool] = never
    ) -> Prompts:
        """The newest prompts with these words in them, whole; without words: of all.

        None of a private conversation, of one in the trash, or of a message that was deleted.
        """
        return self._search.prompts(words, limit=limit, cancelled=cancelled)

    def update_search(self, progress: Callable[[int, int], None] | None = None) -> bool:
        """Bring the search in step with what is on disk; whether anything had changed.

        For the background: the first time it reads everything. `progress` is told how many
        conversations were read, of how many.
        """
        return self._search.update(progress)

    def stop_search(self) -> None:
        """Let an update of the search end soon, and every other one until `close`: the program
        ends.
        """
        self._search.stop()

    # Inside

    @property
    def _search(self) -> Search:
        from copilot_tui.store.search import Search  # 8 ms, which `ask` and a start do not pay

        with self._index_lock:
            if self._search_made is None:
                self._search_made = Search(
                    self._search_path, self._documents, self._disk, pace=self._pace
                )
            return self._search_made

    def _summary(self, path: Path) -> Summary:
        return summary_of(self._documents.read(path)[0])

    def _with_theirs(self, conversation: Conversation, path: Path) -> Conversation:
        """The conversation, merged with what is in the file; which is read only if it changed."""
        stamp = self._documents.stamp(path)
        if stamp is None:
            return conversation
        view = self._views.of(conversation)
        if view is not None and view.stamp == stamp:
            theirs = view.on_disk
        else:
            theirs = self._documents.read(path)[0]
            _refuse_newer(theirs)
        if theirs is None:
            return conversation
        return merge(view.base if view is not None else None, conversation, theirs)

    def _put(self, conversation: Conversation, stamp: Stamp) -> None:
        """Note a write in the index, unless that is busy; then the next `summaries` finds it."""
        if self._index.is_open and self._index_lock.acquire(blocking=False):
            try:
                self._index.put(summary_of(conversation), stamp)
            finally:
                self._index_lock.release()


def _is_as_born(conversation: Conversation) -> bool:
    """Whether nothing was ever said in it, and nothing noted of it."""
    return conversation.title_source is TitleSource.AUTO and not (
        conversation.messages
        or conversation.deleted
        or conversation.system
        or conversation.tags
        or conversation.settings.keys() - {"provider"}  # who answers, chosen on the way
        or conversation.pinned
        or conversation.archived
    )


def _refuse_newer(conversation: Conversation) -> None:
    """Raises NewerDocument for what is never written."""
    if document.is_newer(conversation):
        raise document.newer(conversation)
