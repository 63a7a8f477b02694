"""The replies that stream now: how they begin, come and end."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import aclosing
from functools import cached_property, partial
from typing import TYPE_CHECKING

from copilot_tui.errors import StoreError

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Iterable, Iterator

    from copilot_tui.backends import Delta
    from copilot_tui.conversation import Attachment, Conversation
    from copilot_tui.replies import Turn
    from copilot_tui.tui.desk import Desk
    from copilot_tui.tui.desk.catalog import Choice


class Turns(Mapping[str, "Turn"]):
    """The replies that stream now, by conversation id; of several the first."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._filing = desk.filing
        self._turns: dict[str, Turn] = {}
        self._stopped: dict[str, Turn] = {}
        """Replies that were stopped and are not saved yet, by id; their text is in journals."""
        self.asked: set[str] = set()
        """Ids of the conversations that something was sent in since the start."""

    def __getitem__(self, conversation_id: str) -> Turn:
        return self._turns[conversation_id]

    def __iter__(self) -> Iterator[str]:
        return iter(self._turns)

    def __len__(self) -> int:
        return len(self._turns)

    @cached_property
    def _beside(self) -> dict[str, list[Turn]]:
        """The replies that stream beside the first one, to the same prompt."""
        return {}

    def of(self, conversation_id: str) -> list[Turn]:
        """The replies that stream in this conversation, the first first."""
        first = self._turns.get(conversation_id)
        return [] if first is None else [first, *self._beside.get(conversation_id, ())]

    def is_streaming_from(self, backend_name: str) -> bool:
        """Whether a reply streams from this backend."""
        return any(turn.reply.backend == backend_name for id_ in self for turn in self.of(id_))

    def is_unsettled(self, conversation_id: str) -> bool:
        """Whether a reply of it streams, or was stopped and is not saved yet."""
        return conversation_id in self._turns or any(
            turn.conversation.id == conversation_id for turn in self._stopped.values()
        )

    # Beginning

    def begin(
        self,
        conversation: Conversation,
        prompt: str,
        *,
        instead_of: str | None = None,
        has_waited: bool = False,
        files: tuple[Attachment, ...] = (),
    ) -> Turn:
        """Put a prompt with its files, and an empty reply to it, into the conversation: at its end,
        or as another version of the message `instead_of`.

        `has_waited`: it is the one that was queued, and not the draft.
        """
        drafts = self._desk.drafts
        turn = self.planned(conversation, prompt, instead_of=instead_of, files=files)
        drafts.is_sent(conversation.id, has_waited=has_waited)
        turn.on_saved = partial(drafts.prompt_is_saved, conversation.id)
        return self._note(turn)

    def planned(
        self,
        conversation: Conversation,
        prompt: str,
        *,
        instead_of: str | None = None,
        files: tuple[Attachment, ...] = (),
    ) -> Turn:
        """The same, and nothing is noted of it: for a copy, to look at what would be sent."""
        from copilot_tui import replies

        name, now = self._desk.answerers.name_for(conversation), self._desk.now
        if instead_of is None:
            return replies.new_turn(
                conversation, prompt, attachments=files, backend_name=name, now=now
            )
        kept = conversation.messages[instead_of].attachments
        return replies.edited_turn(
            conversation,
            instead_of,
            prompt,
            attachments=[*kept, *files],
            backend_name=name,
            now=now,
        )

    def begin_beside(self, turn: Turn, choices: Iterable[Choice]) -> list[Turn]:
        """Put empty replies of these others beside one that was just begun."""
        from copilot_tui import replies

        conversation, answerers = turn.conversation, self._desk.answerers
        before = conversation.backend, conversation.model, conversation.settings
        turns = []
        for choice in choices:
            answerers.choose(conversation, choice)
            name = answerers.name_for(conversation)
            turns.append(replies.turn_beside(turn, backend_name=name, now=self._desk.now))
        conversation.backend, conversation.model, conversation.settings = before
        self._beside[conversation.id] = list(turns)
        return turns

    def begin_again(self, conversation: Conversation, reply_id: str) -> Turn:
        """Put another empty reply beside this one."""
        from copilot_tui import replies

        name = self._desk.answerers.name_for(conversation)
        turn = replies.another_reply(conversation, reply_id, backend_name=name, now=self._desk.now)
        return self._note(turn)

    def _note(self, turn: Turn) -> Turn:
        id_ = turn.conversation.id
        self._turns[id_] = turn
        self.asked.add(id_)
        self._desk.shelf.failed.discard(id_)
        self._filing.known.add(id_)
        self._filing.only_drafts.discard(id_)
        self._desk.shelf.note(turn.conversation)
        return turn

    # Coming

    async def stream(self, turn: Turn) -> AsyncGenerator[Delta, None]:
        """The reply, as it comes; see replies.stream_reply."""
        from copilot_tui import replies

        desk, id_ = self._desk, turn.conversation.id
        # What was asked, and not what the conversation has by now: others may be asked beside it.
        config = desk.answerers.config_for(turn.conversation).backend_of(turn.reply.backend)
        backend = desk.answerers.backend_named(config.name)
        turn.place = desk.places.of(config, id_, turn.reply.id)
        async with aclosing(
            replies.stream_reply(turn, backend=backend, store=desk.store.of(id_), now=desk.now)
        ) as deltas:
            async for delta in deltas:
                yield delta

    # Ending

    def end(self, turn: Turn, *, shown: bool) -> None:
        """The reply streams no more: note how it ended."""
        id_, shelf = turn.conversation.id, self._desk.shelf
        if not turn.is_settled and turn.reply.error is None:
            self._stopped[turn.reply.id] = turn
        self._is_over(turn)
        if turn.reply.error is not None and not shown:
            shelf.failed.add(id_)
        if not shown:
            shelf.unread.add(id_)
            self._filing.keep_unread(id_)
        shelf.note(turn.conversation)

    def _is_over(self, turn: Turn) -> None:
        id_ = turn.conversation.id
        left = [each for each in self.of(id_) if each is not turn]
        self._turns.pop(id_, None)
        self._beside.pop(id_, None)
        if left:
            self._turns[id_], *beside = left
            if beside:
                self._beside[id_] = beside

    async def save_stopped(self, reply_id: str) -> None:
        """Save a reply that was stopped; one that ended by itself is saved. Raises StoreError."""
        turn = self._stopped.get(reply_id)
        if turn is not None:
            from copilot_tui import replies

            try:
                saved = await self._filing.in_order(replies.settle, turn, self._desk.store)
            except StoreError:
                self.keep_saved(turn)
                raise
            finally:
                self._stopped.pop(reply_id, None)
            saved.apply_to(turn.conversation)
            if turn.on_saved is not None:
                turn.on_saved()

    def keep_saved(self, turn: Turn) -> None:
        """Bring a turn's conversation to disk as soon as that can be done."""
        conversation = turn.conversation

        def write() -> None:
            self._desk.store.save(conversation)
            if turn.journal is not None and conversation.id not in self._turns:
                turn.journal.discard()
            if turn.on_saved is not None:
                turn.on_saved()

        self._filing.keep_saved(conversation.id, write)
