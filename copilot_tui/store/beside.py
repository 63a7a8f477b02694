"""A store on disk that has private conversations beside it, in memory alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

from copilot_tui.store.found import LIMIT, Found, Order, never
from copilot_tui.store.library import Store
from copilot_tui.store.private import PrivateStore
from copilot_tui.store.summary import Summary, newest_first

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from copilot_tui.conversation import Conversation, Message
    from copilot_tui.store.drafts import Draft, ViewState
    from copilot_tui.store.journal import Journal
    from copilot_tui.store.merge import Saved


class StoreWithPrivate(Store):
    """Every conversation is in one of two stores: that of private ones, or the one on disk."""

    def __init__(self, data_dir: Path, cache_dir: Path) -> None:
        super().__init__(data_dir, cache_dir)
        self._private = PrivateStore()
        self._private_ids: set[str] = set()

    def keep_private(self, conversation_id: str) -> None:
        """See Store."""
        self._private_ids.add(conversation_id)

    def of(self, conversation_id: str) -> Store | PrivateStore:
        """See Store."""
        return self._private if conversation_id in self._private_ids else self

    def cached_summaries(self) -> list[Summary]:
        """See Store."""
        return newest_first([*super().cached_summaries(), *self._private.summaries()])

    def summaries(self) -> list[Summary]:
        """See Store."""
        return newest_first([*super().summaries(), *self._private.summaries()])

    def trashed(self) -> list[Summary]:
        """See Store."""
        return newest_first([*super().trashed(), *self._private.trashed()])

    def load(self, conversation_id: str) -> Conversation:
        """See Store."""
        if conversation_id in self._private_ids:
            return self._private.load(conversation_id)
        return super().load(conversation_id)

    def save(self, conversation: Conversation) -> Saved:
        """See Store."""
        if conversation.id in self._private_ids:
            return self._private.save(conversation)
        return super().save(conversation)

    def rename(self, conversation_id: str, title: str) -> None:
        """See Store."""
        if conversation_id in self._private_ids:
            self._private.rename(conversation_id, title)
        else:
            super().rename(conversation_id, title)

    def delete(self, conversation_id: str) -> None:
        """See Store."""
        if conversation_id in self._private_ids:
            self._private.delete(conversation_id)
        else:
            super().delete(conversation_id)

    def discard_empty(self, conversation_id: str) -> bool:
        """See Store."""
        if conversation_id in self._private_ids:
            return self._private.discard_empty(conversation_id)
        return super().discard_empty(conversation_id)

    def restore(self, conversation_id: str) -> None:
        """See Store."""
        if conversation_id in self._private_ids:
            self._private.restore(conversation_id)
        else:
            super().restore(conversation_id)

    def open_journal(self, conversation: Conversation, reply: Message) -> Journal:
        """See Store."""
        if conversation.id in self._private_ids:
            return self._private.open_journal(conversation, reply)
        return super().open_journal(conversation, reply)

    def draft(self, conversation_id: str) -> Draft | None:
        """See Store."""
        if conversation_id in self._private_ids:
            return self._private.draft(conversation_id)
        return super().draft(conversation_id)

    def save_draft(self, conversation_id: str, draft: Draft | None) -> None:
        """See Store."""
        if conversation_id in self._private_ids:
            self._private.save_draft(conversation_id, draft)
        else:
            super().save_draft(conversation_id, draft)

    def drafts(self) -> list[str]:
        """See Store."""
        return [*super().drafts(), *self._private.drafts()]

    def view_state(self, conversation_id: str) -> ViewState | None:
        """See Store."""
        if conversation_id in self._private_ids:
            return self._private.view_state(conversation_id)
        return super().view_state(conversation_id)

    def save_view_state(self, conversation_id: str, state: ViewState) -> None:
        """See Store."""
        if conversation_id in self._private_ids:
            self._private.save_view_state(conversation_id, state)
        else:
            super().save_view_state(conversation_id, state)

    def search(
        self,
        words: str,
        *,
        order: Order = "newest",
        limit: int = LIMIT,
        whole: bool = False,
        cancelled: Callable[[], bool] = never,
    ) -> Found:
        """See Store. What is private comes first."""
        ours = self._private.search(words, order=order, limit=limit)
        found = super().search(words, order=order, limit=limit, whole=whole, cancelled=cancelled)
        hits = [*ours.hits, *found.hits]
        return Found(hits[:limit], ours.more or found.more or len(hits) > limit, found.unread)
