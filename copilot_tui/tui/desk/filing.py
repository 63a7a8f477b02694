"""What of the conversations is on disk, and what is on its way there.

Everything that may wait for a disk runs in a thread. The store is imported when it is needed, which
is after the first frame.
"""

from __future__ import annotations

import asyncio
from dataclasses import replace
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any

from copilot_tui.errors import StoreError

if TYPE_CHECKING:
    from collections.abc import Callable

    from copilot_tui.config import Config
    from copilot_tui.conversation import Conversation
    from copilot_tui.store import Draft, PrivateStore, Store, ViewState
    from copilot_tui.tui.desk.safekeeping import Safekeeping


class Filing:
    """The store, and the two queues before it."""

    def __init__(
        self, config: Config, store: Store | PrivateStore | None, *, is_private: bool
    ) -> None:
        self._config = config
        self._is_private, self._private = is_private, set[str]()
        """The whole session, and ids of private conversations beside the others."""
        if store is not None:
            self.store = store
        self.on_trouble: Callable[[StoreError], None] = lambda _: None
        """Called, in any thread, when something could not be written; it is tried again."""
        self.known: set[str] = set()
        """Conversations that are on disk, or will be by themselves."""
        self.only_drafts: set[str] = set()
        """Those that are there for nothing but a draft of this program."""
        self._unborn: set[str] = set()
        """Those of them that are not on disk yet; the thread that writes the draft brings them."""
        self._saving: set[str] = set()
        self.views: dict[str, ViewState] = {}
        """Where conversations were left, as far as this program wrote it."""

    @cached_property
    def store(self) -> Store | PrivateStore:
        """Where the conversations are, made when it is first needed."""
        from copilot_tui.store import PrivateStore, StoreWithPrivate

        if self._is_private:
            return PrivateStore()
        return StoreWithPrivate(self._config.data_dir, self._config.cache_dir)

    @cached_property
    def _notes(self) -> Safekeeping:
        """Drafts and places: small, and never behind a conversation that is locked."""
        return self._safekeeping("notes")

    @cached_property
    def _saves(self) -> Safekeeping:
        """Whole conversations."""
        return self._safekeeping("saves")

    def _safekeeping(self, name: str) -> Safekeeping:
        from copilot_tui.tui.desk.safekeeping import Safekeeping

        return Safekeeping(name, lambda error: self.on_trouble(error))

    def give_way(self) -> None:
        """A key was pressed: what is done to the store in threads stands back for a moment."""
        if "store" in vars(self):
            self.store.give_way()

    def is_private(self, conversation_id: str) -> bool:
        """Whether nothing of this conversation is ever on disk."""
        return self._is_private or conversation_id in self._private

    def keep_private(self, conversation_id: str) -> None:
        """Let nothing of this conversation ever be on disk."""
        self.store.keep_private(conversation_id)
        self._private.add(conversation_id)

    def is_saving(self, conversation_id: str) -> bool:
        """Whether something of it is on its way to the disk."""
        return (
            self.is_saving_whole(conversation_id)
            or conversation_id in self._unborn
            or self._notes.holds(("draft", conversation_id))
        )

    def is_saving_whole(self, conversation_id: str) -> bool:
        """Whether the conversation itself is on its way there, beside its draft."""
        return conversation_id in self._saving or self._saves.holds(conversation_id)

    # Whole conversations

    async def save(self, conversation: Conversation) -> None:
        """Save a conversation that was changed by hand; what fails is tried again. Raises
        StoreError.
        """
        self.only_drafts.discard(conversation.id)
        self._saving.add(conversation.id)
        try:
            saved = await self.in_order(self.store.save, conversation)
        except StoreError:
            self.keep_saved(conversation.id, partial(self.store.save, conversation))
            raise
        finally:
            self._saving.discard(conversation.id)
        self.known.add(conversation.id)
        saved.apply_to(conversation)

    def keep_saved(self, conversation_id: str, write: Callable[[], object]) -> None:
        """Bring a conversation to disk as soon as that can be done."""
        self._saves.keep(conversation_id, write)

    async def in_order(self, function: Callable[..., Any], *arguments: Any) -> Any:  # noqa: ANN401
        """Run something of the store after what was to be saved before; its result."""
        return await asyncio.wrap_future(self._saves.submit(function, *arguments))

    # What is kept beside them

    def begin_with_draft(self, conversation_id: str) -> None:
        """The next draft brings the conversation to disk."""
        self.known.add(conversation_id)
        self.only_drafts.add(conversation_id)
        self._unborn.add(conversation_id)

    def keep_draft(
        self, conversation_id: str, draft: Draft | None, newly: Conversation | None = None
    ) -> None:
        """Write the draft (None: there is none); before it `newly`, if it is not there yet."""
        write = partial(self._write_draft, conversation_id, draft, newly)
        self._notes.keep(("draft", conversation_id), write)

    def _write_draft(
        self, conversation_id: str, draft: Draft | None, newly: Conversation | None
    ) -> None:
        # First, or nothing would show the draft after a crash.
        if newly is not None and conversation_id in self._unborn:
            self.store.save(newly)
            self._unborn.discard(conversation_id)
        self.store.save_draft(conversation_id, draft)

    def drop_draft(self, conversation_id: str) -> None:
        """Write that there is no draft, and delete the conversation that was there for it."""
        self.only_drafts.discard(conversation_id)
        self.known.discard(conversation_id)
        self._notes.keep(
            ("draft", conversation_id), partial(self._delete_if_empty, conversation_id)
        )

    def _delete_if_empty(self, conversation_id: str) -> None:
        self.store.save_draft(conversation_id, None)
        if conversation_id in self._unborn:
            self._unborn.discard(conversation_id)
        else:
            self.store.discard_empty(conversation_id)  # unless others have put something into it

    def keep_view(self, conversation_id: str, state: ViewState) -> None:
        """Write where a conversation was left."""
        if conversation_id in self.known and self.views.get(conversation_id) != state:
            self.views[conversation_id] = state
            write = partial(self.store.save_view_state, conversation_id, state)
            self._notes.keep(("view", conversation_id), write)

    def keep_unread(self, conversation_id: str) -> None:
        """Write that something came which nobody has read."""
        self._notes.keep(("unread", conversation_id), partial(self._write_unread, conversation_id))

    def _write_unread(self, conversation_id: str) -> None:
        from copilot_tui.store import ViewState

        state = self.store.view_state(conversation_id) or ViewState()
        self.store.save_view_state(conversation_id, replace(state, unread=True))
        self.views.pop(conversation_id, None)  # the next place is written, and takes it back

    def is_keeping_unread(self, conversation_id: str) -> bool:
        """Whether that is on its way to the disk."""
        return self._notes.holds(("unread", conversation_id))

    # The end

    def retry(self) -> bool:
        """Try again what could not be written; whether there was something."""
        failed = [each for each in self._made() if each.has_failed]
        for each in failed:
            each.retry()
        return bool(failed)

    @property
    def failure(self) -> StoreError | None:
        """Why something that was written is not on disk; None: all is, or on its way. Where one
        has read is not worth a question.
        """
        for each in self._made():
            for thing, error in each.failures().items():
                if not (isinstance(thing, tuple) and thing[0] in ("view", "unread")):
                    return error
        return None

    def close(self) -> None:
        """Wait for the writes that are on their way, and try once more what has failed."""
        for each in self._made():
            each.close()
        if "store" in vars(self):
            self.store.close()
            self.store.stop_search()  # nor does an update begin that was on its way

    def _made(self) -> list[Safekeeping]:
        return [vars(self)[name] for name in ("_saves", "_notes") if name in vars(self)]
