"""What other programs do to the store, seen by asking now and then: cheap, on every file system.

A look costs a few microseconds while nothing changes: a file that is written whole changes the time
of its folder. What is written in place does not, so all files are compared besides, and the more
there are the more rarely.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, NamedTuple

from copilot_tui import document
from copilot_tui.errors import NewerDocument, UnreadableDocument
from copilot_tui.store.copy_names import is_copy
from copilot_tui.store.files import told
from copilot_tui.store.merge import Saved, outline
from copilot_tui.store.views import View

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from copilot_tui.conversation import Conversation
    from copilot_tui.store.documents import Documents
    from copilot_tui.store.files import Disk, Stamp
    from copilot_tui.store.recovery import Recovery
    from copilot_tui.store.views import Views

SCAN_SHARE: Final = 200
"""All files are compared so rarely that it takes at most this part of the time."""

SCAN_S: Final = 1.0
"""And at most this often."""

SILENT_S: Final = 3.0
"""A journal that has not grown for so long may be that of a dead process."""


class Sight(NamedTuple):
    """What one look has seen."""

    changed: bool = False
    """Conversations came, went or changed since the look before."""
    states_changed: bool = False
    """So did what is noted of where they were left."""
    journals: tuple[tuple[str, Path], ...] = ()
    """Replies that another process writes now: the conversation's id, and where the text is."""
    copies: frozenset[str] = frozenset()
    """Names of conflict copies that a sync program left among the conversations."""


@dataclass(frozen=True)
class News:
    """What others wrote to a conversation that is open here."""

    theirs: Conversation
    base: Conversation
    _stamp: Stamp = field(repr=False)


class Watch:
    """Looks at one store. For one thread at a time."""

    def __init__(
        self,
        documents: Documents,
        states: Path,
        recovery: Recovery,
        views: Views,
        disk: Disk,
        *,
        clock: Callable[[], float] = time.monotonic,
        wall_clock: Callable[[], float] = time.time,
    ) -> None:
        self._documents = documents
        self._states_folder = states
        self._recovery = recovery
        self._views = views
        self._disk = disk
        self._clock = clock
        self._wall_clock = wall_clock
        self._folder: Stamp | None = None
        self._states: Stamp | None = None
        self._seen: int | None = None
        """Of all files, in one number; None: they were not compared yet."""
        self._scan_at = 0.0
        self._copies: frozenset[str] = frozenset()
        self._in_vain: dict[str, Stamp | None] = {}
        """Conversations that journals could not be folded into, as their files were then."""

    def look(self, *, at_list: bool = True) -> Sight:
        """What is different since the last look; without `at_list` only replies that others write.

        Raises StoreError.
        """
        if not at_list:
            return Sight(journals=tuple(self._journals()), copies=self._copies)
        changed = False
        folder = self._documents.stamp(self._documents.folder)
        if folder != self._folder or self._clock() >= self._scan_at:
            changed = self._scan()
            self._folder = folder
        states = self._documents.stamp(self._states_folder)
        states_changed, self._states = states != self._states, states
        return Sight(changed, states_changed, tuple(self._journals()), self._copies)

    def _scan(self) -> bool:
        began = self._clock()
        with told(f"the folder {self._documents.folder} cannot be read"):
            entries = self._disk.entries(self._documents.folder)
        self._copies = frozenset(each.name for each in entries if is_copy(each.name))
        seen = hash(frozenset(each for each in entries if not each.name.startswith(".")))
        changed, self._seen = seen != self._seen, seen
        now = self._clock()
        self._scan_at = now + max(SCAN_S, SCAN_SHARE * (now - began))
        return changed

    def _journals(self) -> list[tuple[str, Path]]:
        """Those that others write; what a dead process left is folded in."""
        oldest_ns = (self._wall_clock() - SILENT_S) * 1e9
        found = []
        for id_, path in self._recovery.journals():
            stamp = self._documents.stamp(path)
            if stamp is not None and stamp.mtime_ns < oldest_ns:
                if not self._recover(id_):
                    continue
                stamp = self._documents.stamp(path)
            is_left_out = self._recovery.is_own(path) or self._recovery.is_unreadable(path)
            if stamp is not None and not is_left_out:
                found.append((id_, path))
        return found

    def _recover(self, conversation_id: str) -> bool:
        """Fold in its journals, but those of living processes; False: it cannot be read, so nobody
        writes it, and nothing changes before the file does.
        """
        stamp = self._documents.stamp(self._documents.where(conversation_id))
        if stamp is not None and self._in_vain.get(conversation_id) == stamp:
            return False
        try:
            self._recovery.recover(conversation_id)
        except (UnreadableDocument, NewerDocument):
            self._in_vain[conversation_id] = stamp
            return False
        return True

    def is_behind(self, conversation: Conversation) -> bool:
        """Whether the file is not what this object last was. Cheap enough for the event loop."""
        view = self._views.of(conversation)
        return view is not None and view.stamp != self._stamp_of(conversation)

    def _stamp_of(self, conversation: Conversation) -> Stamp | None:
        return self._documents.stamp(self._documents.where(conversation.id))

    def news(self, conversation: Conversation) -> News | None:
        """What others wrote since the object was read or written; None: nothing.

        Raises StoreError, also for what a newer version wrote.
        """
        view = self._views.of(conversation)
        if view is None or self._stamp_of(conversation) in (None, view.stamp):
            return None
        theirs, stamp = self._documents.read(self._documents.where(conversation.id))
        if document.is_newer(theirs):
            raise document.newer(theirs)
        return News(theirs, view.base, stamp)

    def take(self, conversation: Conversation, news: News) -> None:
        """Bring it into the object, where that lives; what was changed here stays changed."""
        Saved(on_disk=news.theirs, base=news.base).apply_to(conversation)
        self._views.note(conversation, View(news._stamp, outline(news.theirs)))
