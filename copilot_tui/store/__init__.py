"""Conversations on disk: one JSON document each, and beside it what must be as true as it.

DATA_DIR/conversations, trash, journal, drafts, state, locks. Any number of processes may use one
store; whatever kills them, what is on disk is whole. This module is the only door.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Protocol

from copilot_tui.store.beside import StoreWithPrivate
from copilot_tui.store.drafts import Draft, ViewState
from copilot_tui.store.files import Disk
from copilot_tui.store.found import Found, Hit
from copilot_tui.store.journal import Journal
from copilot_tui.store.library import Store
from copilot_tui.store.merge import Saved, merge
from copilot_tui.store.private import PrivateStore
from copilot_tui.store.summary import Summary, summary_of

if TYPE_CHECKING:
    from copilot_tui.conversation import Conversation, Message

__all__ = [
    "Disk",
    "Draft",
    "Found",
    "Hit",
    "Journal",
    "PrivateStore",
    "ReplyStore",
    "Saved",
    "Store",
    "StoreWithPrivate",
    "Summary",
    "ViewState",
    "merge",
    "summary_of",
]


class ReplyStore(Protocol):
    """What a reply needs of a store."""

    is_private: ClassVar[bool]
    """Whether nothing in it is ever on disk."""

    def save(self, conversation: Conversation) -> Saved:
        """Bring the conversation to disk. Raises StoreError."""
        ...

    def open_journal(self, conversation: Conversation, reply: Message) -> Journal:
        """Where the reply's text goes while it comes. Raises StoreError."""
        ...
