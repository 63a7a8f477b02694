"""Conversations that are never on disk: `--private`."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Final

from copilot_tui.conversation import TitleSource, utc_now
from copilot_tui.errors import NotFound, StoreError
from copilot_tui.store.files import Stamp
from copilot_tui.store.found import LIMIT, Found, Order, never
from copilot_tui.store.journal import Journal, NoJournal
from copilot_tui.store.merge import Saved
from copilot_tui.store.summary import Summary, newest_first, summary_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime
    from pathlib import Path

    from copilot_tui.conversation import Conversation, Message
    from copilot_tui.store.drafts import Draft, ViewState
    from copilot_tui.store.following import Follower
    from copilot_tui.store.prompts import Prompts
    from copilot_tui.store.watch import News, Sight


NO_STAMP: Final = Stamp(0, 0, 0)


class PrivateStore:
    """Store's surface, in memory: what is in it is gone with the process."""

    is_private: ClassVar = True

    def __init__(self, *, now: Callable[[], datetime] = utc_now) -> None:
        self._now = now
        self._conversations: dict[str, Conversation] = {}
        self._trash: dict[str, Conversation] = {}
        self._drafts: dict[str, Draft] = {}
        self._states: dict[str, ViewState] = {}

    def close(self) -> None:
        """See Store."""

    def of(self, conversation_id: str) -> PrivateStore:
        """See Store."""
        return self

    def keep_private(self, conversation_id: str) -> None:
        """Everything here is private."""

    def caches(self) -> list[tuple[Path, int]]:
        """There are none."""
        return []

    def give_way(self) -> None:
        """Nothing here takes long."""

    def cached_summaries(self) -> list[Summary]:
        """See Store."""
        return self.summaries()

    def summaries(self) -> list[Summary]:
        """See Store."""
        return newest_first(map(summary_of, list(self._conversations.values())))

    def problems(self) -> list[StoreError]:
        """Nothing is on disk, so nothing is wrong there."""
        return []

    def trashed(self) -> list[Summary]:
        """See Store."""
        return newest_first(map(summary_of, list(self._trash.values())))

    def resolve(self, reference: str, *, trashed: bool = False) -> str:
        """See Store."""
        rows = self.trashed() if trashed else self.summaries()
        if reference == "last":
            found = rows[:1]
        else:
            found = [row for row in rows if len(reference) >= 4 and row.id.startswith(reference)]
        if len(found) != 1:
            raise _not_found(reference)
        return found[0].id

    def load(self, conversation_id: str) -> Conversation:
        """The conversation itself, not a copy."""
        if conversation_id not in self._conversations:
            raise _not_found(conversation_id)
        return self._conversations[conversation_id]

    def save(self, conversation: Conversation) -> Saved:
        """Keep the conversation for as long as the process lives."""
        is_trashed = conversation.id in self._trash
        (self._trash if is_trashed else self._conversations)[conversation.id] = conversation
        return Saved(trashed=is_trashed)

    def rename(self, conversation_id: str, title: str) -> None:
        """See Store."""
        conversation = self.load(conversation_id)
        conversation.title, conversation.title_source = title, TitleSource.USER
        conversation.touch(self._now())

    def delete(self, conversation_id: str) -> None:
        """See Store."""
        self._trash[conversation_id] = self.load(conversation_id)
        del self._conversations[conversation_id]

    def discard_empty(self, conversation_id: str) -> bool:
        """See Store. What was deleted here ends with the program anyway."""
        self._conversations.pop(conversation_id, None)
        return True

    def restore(self, conversation_id: str) -> None:
        """See Store."""
        if conversation_id not in self._trash:
            raise _not_found(conversation_id)
        self._conversations[conversation_id] = self._trash.pop(conversation_id)

    def purge_trash(self, older_than_days: float = 30) -> list[str]:
        """Nothing here lives that long."""
        return []

    def watch(self) -> NoWatch:
        """Nobody else can write here."""
        return NoWatch()

    def follower(self, journal: Path) -> Follower:
        """There is none. Raises NotFound."""
        raise NotFound("nobody else writes in a private session")

    def conflict_copies(self) -> list[str]:
        """Nothing here is synced."""
        return []

    def merge_copy(self, name: str) -> str:
        """There is none. Raises NotFound."""
        raise NotFound("a private session has no conflict copies")

    def open_journal(self, conversation: Conversation, reply: Message) -> Journal:
        """A journal that keeps nothing."""
        return NoJournal()

    def recover(self) -> list[str]:
        """Nothing is left by a dead process."""
        return []

    def search(
        self,
        words: str,
        *,
        order: Order = "newest",
        limit: int = LIMIT,
        whole: bool = False,
        cancelled: Callable[[], bool] = never,
    ) -> Found:
        """See Store. Everything is in memory, so it is always whole."""
        from copilot_tui.search_query import parse
        from copilot_tui.store.matching import best_of, hit_of, is_meant, newest_of
        from copilot_tui.store.texts import page_of

        query = parse(words)
        if query.is_empty:
            return Found([])
        pages = [page_of(each, NO_STAMP) for each in list(self._conversations.values())]
        texts = newest_of(text for page in pages for text in page.texts if is_meant(text, query))
        hits = best_of(texts, query, order)[:limit]
        return Found([hit_of(text, query) for text in hits], len(texts) > limit)

    def prompts(
        self, words: str = "", *, limit: int = LIMIT, cancelled: Callable[[], bool] = never
    ) -> Prompts:
        """None: what was asked in private stays in its conversation."""
        from copilot_tui.store.prompts import Prompts

        return Prompts([])

    def update_search(self, progress: Callable[[int, int], None] | None = None) -> bool:
        """Nothing is kept, so nothing gets out of step."""
        return False

    def stop_search(self) -> None:
        """See Store."""

    def draft(self, conversation_id: str) -> Draft | None:
        """See Store."""
        return self._drafts.get(conversation_id)

    def save_draft(self, conversation_id: str, draft: Draft | None) -> None:
        """See Store."""
        if draft is None or draft.is_empty:
            self._drafts.pop(conversation_id, None)
        else:
            self._drafts[conversation_id] = draft

    def drafts(self) -> list[str]:
        """See Store."""
        return list(self._drafts)

    def view_state(self, conversation_id: str) -> ViewState | None:
        """See Store."""
        return self._states.get(conversation_id)

    def save_view_state(self, conversation_id: str, state: ViewState) -> None:
        """See Store."""
        self._states[conversation_id] = state


class NoWatch:
    """Watch's surface, where there is nothing to see."""

    def look(self, *, at_list: bool = True) -> Sight:
        """Nothing."""
        from copilot_tui.store.watch import Sight

        return Sight()

    def is_behind(self, conversation: Conversation) -> bool:
        """Never."""
        return False

    def news(self, conversation: Conversation) -> News | None:
        """None."""
        return None

    def take(self, conversation: Conversation, news: News) -> None:
        """There is none."""


def _not_found(reference: str) -> NotFound:
    return NotFound(f"there is no conversation {reference[:40]!r} in this private session")
