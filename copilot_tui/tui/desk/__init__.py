"""What lies on the desk: the open conversations, and the rooms where the rest of the state is.

Knows nothing of widgets. Store, backends and replies are imported when they are needed, which is
after the first frame.
"""

from __future__ import annotations

import asyncio
from functools import cached_property
from typing import TYPE_CHECKING, Final

from copilot_tui.conversation import Conversation, Message, Role, new_conversation, utc_now
from copilot_tui.tui.desk.answerers import Answerers
from copilot_tui.tui.desk.drafts import Drafts
from copilot_tui.tui.desk.filing import Filing
from copilot_tui.tui.desk.shelf import Shelf
from copilot_tui.tui.desk.turns import Turns

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from copilot_tui.backends import Backend
    from copilot_tui.config import BackendConfig, Config
    from copilot_tui.store import PrivateStore, Store, ViewState
    from copilot_tui.tui.desk.places import AllPlaces


OPEN_MOST: Final = 16
"""Conversations that are kept in memory when nothing streams in them; others are read again."""


class Desk:
    """The state of the app."""

    def __init__(
        self,
        config: Config,
        store: Store | PrivateStore | None = None,
        *,
        private: bool = False,
        make_backend: Callable[[BackendConfig], Backend] | None = None,
        now: Callable[[], datetime] = utc_now,
    ) -> None:
        self.now = now
        self.filing = Filing(config, store, is_private=private)
        self.answerers = Answerers(config, make_backend, remembers=not private)
        self.open: dict[str, Conversation] = {}
        """Conversations that were shown lately or stream, by id, the one used last at the end; the
        objects that replies grow in.
        """
        self.shown_id = ""
        """What the app shows; its object stays the same while it does."""
        self.shelf = Shelf(self)
        self.drafts = Drafts(self)
        self.turns = Turns(self)

    @property
    def config(self) -> Config:
        """The configuration, with what the user has changed for as long as the program runs."""
        return self.answerers.config

    @property
    def store(self) -> Store | PrivateStore:
        """Where the conversations are."""
        return self.filing.store

    @cached_property
    def places(self) -> AllPlaces:
        """How many replies may come at once."""
        from copilot_tui.tui.desk.places import AllPlaces

        return AllPlaces()

    def new(self) -> Conversation:
        """A new, empty conversation; it is on disk when something is typed."""
        conversation = new_conversation(now=self.now())
        self.open[conversation.id] = conversation
        return conversation

    def new_private(self) -> Conversation:
        """A new conversation that is never on disk."""
        conversation = self.new()
        self.filing.keep_private(conversation.id)
        return conversation

    async def load(self, conversation_id: str) -> Conversation:
        """The conversation, from the desk or the store. Raises StoreError."""
        if self._is_held(conversation_id):
            self.open[conversation_id] = self.open.pop(conversation_id)
        else:
            # Read again, also if it was open: others may have written to it meanwhile.
            loaded = await asyncio.to_thread(self.store.load, conversation_id)
            draft = await asyncio.to_thread(self.store.draft, conversation_id)
            # No await from here on. Another task may have been faster; there is one object for
            # each conversation.
            if not self._is_held(conversation_id):
                self.open.pop(conversation_id, None)
                self.open[conversation_id] = loaded
            self.filing.known.add(conversation_id)
            if draft is not None:
                self.drafts.found(conversation_id, draft)
            self._put_away()
        return self.open[conversation_id]

    def _is_held(self, conversation_id: str) -> bool:
        """Whether the open object is ahead of the disk, and must not be read anew."""
        return conversation_id in self.open and (
            conversation_id == self.shown_id
            or conversation_id not in self.filing.known
            or self.turns.is_unsettled(conversation_id)
            or self.filing.is_saving_whole(conversation_id)
        )

    def _put_away(self) -> None:
        """Let go of saved conversations that were not used for long and that nothing grows in."""
        idle = [id_ for id_ in self.open if not self._is_held(id_)]
        for id_ in idle[: max(0, len(idle) - OPEN_MOST)]:
            del self.open[id_]

    async def view_state(self, conversation_id: str) -> ViewState | None:
        """Where the conversation was left."""
        return await asyncio.to_thread(self.store.view_state, conversation_id)

    async def save(self, conversation: Conversation, *, touch: bool = True) -> None:
        """Save a conversation that was changed by hand. Raises StoreError.

        `touch`: it is the newest now.
        """
        if touch:
            conversation.touch(self.now())
        await self.filing.save(conversation)

    def forget(self, conversation_id: str) -> None:
        """Let go of one conversation, and take it out of the list."""
        self.shelf.take_out(conversation_id)
        self.open.pop(conversation_id, None)

    def is_blank(self, conversation: Conversation) -> bool:
        """Whether nothing is in it: no message, no draft, and nothing that was set."""
        settings = conversation.settings.keys() - {"provider"}  # who answers, chosen on the way
        return not (
            conversation.messages
            or conversation.id in self.drafts
            or conversation.system
            or conversation.tags
            or settings
        )

    def drop_if_blank(self, conversation: Conversation) -> None:
        """Let go of a conversation that is here for nothing but a draft, which is gone."""
        id_ = conversation.id
        if not self.is_blank(conversation):
            return
        if id_ in self.filing.only_drafts:
            self.filing.drop_draft(id_)
            self.forget(id_)
        elif id_ not in self.filing.known:
            self.forget(id_)

    async def allow_http(self, backend_name: str) -> None:
        """Let this backend's key travel unencrypted until the program ends."""
        self.answerers.allow_http(backend_name)
        await self.renew_backend(backend_name)

    async def renew_backend(self, name: str) -> None:
        """Let the next reply read keys and sign-ins again. Others stream on as they are."""
        await self.answerers.renew(name, is_streaming=self.turns.is_streaming_from(name))


def last_reply(conversation: Conversation) -> Message | None:
    """The reply that ends the shown branch, if a reply ends it."""
    head = conversation.head_message
    return head if head is not None and head.role is Role.ASSISTANT else None
