"""What lies on the desk: the open conversations, which of them stream, and what is noted of all.

Knows nothing of widgets. Everything that may wait for a disk runs in a thread. Store, backends and
replies are imported when they are needed, which is after the first frame.
"""

from __future__ import annotations

import asyncio
from contextlib import aclosing
from dataclasses import replace
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any, Final

from copilot_tui.conversation import Conversation, Message, Role, Status, new_conversation, utc_now
from copilot_tui.errors import StoreError
from copilot_tui.tui.sidebar import Mark, Row

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable, Iterable
    from datetime import datetime

    from copilot_tui.backends import Backend, Delta
    from copilot_tui.config import BackendConfig, Config
    from copilot_tui.conversation import Attachment
    from copilot_tui.replies import Turn
    from copilot_tui.store import Draft, PrivateStore, Store, Summary, ViewState
    from copilot_tui.tui.catalog import Catalog, Choice
    from copilot_tui.tui.places import AllPlaces
    from copilot_tui.tui.safekeeping import Safekeeping
    from copilot_tui.tui.unsent import Unsent


RETRY_S: Final = 2.0
"""How often what could not be written is tried again."""

MARKED_MOST: Final = 300
"""Conversations, the newest first, that are asked at the start whether they were read."""

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
        self.config = config
        self._is_private, self._private = private, set[str]()
        """The whole session, and ids of private conversations beside the others."""
        if store is not None:
            self.store = store
        self.now = now
        self.open: dict[str, Conversation] = {}
        """Conversations that were shown lately or stream, by id, the one used last at the end; the
        objects that replies grow in.
        """
        self.turns: dict[str, Turn] = {}
        """The replies that stream now, by conversation id; of several the first."""
        self.asked: set[str] = set()
        """Ids of the conversations that something was sent in since the start."""
        self.rows: list[Row] = []
        self.unread: set[str] = set()
        self.failed: set[str] = set()
        self.drafts: dict[str, Draft] = {}
        self.shown_id = ""
        """What the app shows; its object stays the same while it does."""
        self.on_trouble: Callable[[StoreError], None] = lambda _: None
        """Called, in any thread, when something could not be written; it is tried again."""
        self._drafted: set[str] = set()
        """Conversations with a draft on disk that was not read yet."""
        self._saved: set[str] = set()
        self._only_drafts: set[str] = set()
        """Conversations that are on disk for nothing but a draft of this program."""
        self._unborn: set[str] = set()
        """Those of them that are not on disk yet; the thread that writes the draft brings them."""
        self._saving: set[str] = set()
        self._gone: set[str] = set()
        """What was deleted since the list was last read in full."""
        self._picked: set[str] = set()
        """Conversations in which the user chose who answers, over what the start said."""
        self._noted: dict[str, Row] = {}
        """Rows that changed since the list was last read in full."""
        self._views: dict[str, ViewState] = {}
        """Where conversations were left, as far as this program wrote it."""
        self._stopped: dict[str, Turn] = {}
        """Replies that were stopped and are not saved yet, by id; their text is in journals."""
        self._make_backend = make_backend
        self._backends: dict[str, Backend] = {}

    @cached_property
    def _notes(self) -> Safekeeping:
        """Drafts and places: small, and never behind a conversation that is locked."""
        return self._safekeeping("notes")

    @cached_property
    def _saves(self) -> Safekeeping:
        """Whole conversations."""
        return self._safekeeping("saves")

    def _safekeeping(self, name: str) -> Safekeeping:
        from copilot_tui.tui.safekeeping import Safekeeping

        return Safekeeping(name, lambda error: self.on_trouble(error))

    @cached_property
    def unsent(self) -> Unsent:
        """The prompts that wait behind a reply."""
        from copilot_tui.tui.unsent import Unsent

        return Unsent()

    @cached_property
    def _beside(self) -> dict[str, list[Turn]]:
        """The replies that stream beside the one in `turns`, to the same prompt."""
        return {}

    @cached_property
    def places(self) -> AllPlaces:
        """How many replies may come at once."""
        from copilot_tui.tui.places import AllPlaces

        return AllPlaces()

    @cached_property
    def catalog(self) -> Catalog:
        """What the backends offer."""
        from copilot_tui.tui.catalog import Catalog

        file = None if self._is_private else self.config.cache_dir / "models.json"
        return Catalog(file, self.backend_named)

    @cached_property
    def store(self) -> Store | PrivateStore:
        """Where the conversations are, made when it is first needed."""
        from copilot_tui.store import PrivateStore, StoreWithPrivate

        if self._is_private:
            return PrivateStore()
        return StoreWithPrivate(self.config.data_dir, self.config.cache_dir)

    def give_way(self) -> None:
        """A key was pressed: what is done to the store in threads stands back for a moment."""
        if "store" in vars(self):
            self.store.give_way()

    # Conversations

    def new(self) -> Conversation:
        """A new, empty conversation; it is on disk when something is typed."""
        conversation = new_conversation(now=self.now())
        self.open[conversation.id] = conversation
        return conversation

    def new_private(self) -> Conversation:
        """A new conversation that is never on disk."""
        conversation = self.new()
        self.store.keep_private(conversation.id)
        self._private.add(conversation.id)
        return conversation

    def is_private(self, conversation_id: str) -> bool:
        """Whether nothing of this conversation is ever on disk."""
        return self._is_private or conversation_id in self._private

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
            self._saved.add(conversation_id)
            if draft is not None and conversation_id not in self.unsent.queued:
                self.drafts.setdefault(conversation_id, draft)
            self._put_away()
        return self.open[conversation_id]

    def _is_held(self, conversation_id: str) -> bool:
        """Whether the open object is ahead of the disk, and must not be read anew."""
        return conversation_id in self.open and (
            conversation_id == self.shown_id
            or conversation_id not in self._saved
            or conversation_id in self.turns
            or conversation_id in self._saving
            or any(turn.conversation.id == conversation_id for turn in self._stopped.values())
            or self._saves.holds(conversation_id)
        )

    def is_saving(self, conversation_id: str) -> bool:
        """Whether something of it is on its way to the disk."""
        return (
            conversation_id in self._saving
            or conversation_id in self._unborn
            or self._saves.holds(conversation_id)
            or self._notes.holds(("draft", conversation_id))
        )

    def _put_away(self) -> None:
        """Let go of saved conversations that were not used for long and that nothing grows in."""
        idle = [id_ for id_ in self.open if not self._is_held(id_)]
        for id_ in idle[: max(0, len(idle) - OPEN_MOST)]:
            del self.open[id_]

    async def view_state(self, conversation_id: str) -> ViewState | None:
        """Where the conversation was left."""
        return await asyncio.to_thread(self.store.view_state, conversation_id)

    async def read_rows(self, *, at_once: bool = False) -> None:
        """Read the list of conversations; `at_once`: what the index knows, without a look
        around.
        """
        read = self.store.cached_summaries if at_once else self.store.summaries
        if not at_once:
            # What is on its way to the disk is not in what is read now.
            self._noted = {id_: row for id_, row in self._noted.items() if self.is_saving(id_)}
            self._gone = {id_ for id_ in self._gone if self.is_saving(id_)}
        summaries = await asyncio.to_thread(read)
        rows = [self._row_of(each) for each in summaries if each.id not in self._gone]
        self._saved.update(row.id for row in rows)
        known = {row.id for row in rows}
        # A turn that has just begun may not have reached the disk.
        begun = {id_: self._row_of(turn.conversation) for id_, turn in self.turns.items()}
        rows += [row for id_, row in begun.items() if id_ not in known]
        # Neither does the reader know what was noted while it read.
        rows = list(({row.id: row for row in rows} | self._noted).values())
        self.rows = sorted(rows, key=Row.rank, reverse=True)

    async def read_marks(self) -> None:
        """Find what was left as a draft, and what was not read, when the program ended last."""
        latest = [row.id for row in self.rows[:MARKED_MOST]]
        drafted, unread = await asyncio.to_thread(self._marked, latest)
        self._drafted = drafted
        self.unread |= unread - {self.shown_id} - self._views.keys()

    def _marked(self, latest: list[str]) -> tuple[set[str], set[str]]:
        states = {id_: self.store.view_state(id_) for id_ in latest}
        unread = {id_ for id_, state in states.items() if state is not None and state.unread}
        return set(self.store.drafts()), unread

    async def read_marks_of_others(self, changed: set[str]) -> bool:
        """Take over what other windows noted of these conversations and of those with a mark: read
        there, or not. Whether there was anything.
        """
        asked = (changed | self.unread | self.failed) - {self.shown_id} - self.turns.keys()
        _, unread = await asyncio.to_thread(self._marked, list(asked))
        asked = {id_ for id_ in asked if not self._notes.holds(("unread", id_))}
        before = set(self.unread), set(self.failed)
        self.unread |= unread & asked
        self.unread -= asked - unread
        self.failed -= asked - unread
        return before != (self.unread, self.failed)

    def _row_of(self, each: Conversation | Summary) -> Row:
        is_private = self.is_private(each.id)
        tags = tuple(each.tags)
        return Row(
            each.id, each.title, each.updated_at, each.pinned, each.archived, tags, is_private
        )

    def note_row(self, conversation: Conversation) -> None:
        """Bring one conversation's row up to date without reading the others."""
        self._noted[conversation.id] = self._row_of(conversation)
        rows = [row for row in self.rows if row.id != conversation.id]
        rows.append(self._noted[conversation.id])
        self.rows = sorted(rows, key=Row.rank, reverse=True)

    def forget(self, conversation_id: str) -> None:
        """Take one conversation out of the list."""
        self.rows = [row for row in self.rows if row.id != conversation_id]
        self._noted.pop(conversation_id, None)
        self._gone.add(conversation_id)
        self.open.pop(conversation_id, None)

    def marks(self) -> dict[str, Mark]:
        """What the sidebar marks, by conversation id."""
        marks = dict.fromkeys(self._drafted - self.open.keys(), Mark.DRAFT)
        marks |= {
            id_: Mark.DRAFT
            for id_, draft in self.drafts.items()
            if draft.text.strip() or draft.attachments
        }
        marks |= dict.fromkeys(self.unread, Mark.UNREAD)
        marks |= dict.fromkeys(self.failed, Mark.FAILED)
        marks |= dict.fromkeys((*self.places.elsewhere, *self.turns), Mark.RUNNING)
        return marks | dict.fromkeys(self.places.waiting, Mark.WAITING)

    # Backends and replies

    def backend_config(self, conversation: Conversation) -> BackendConfig:
        """What answers in this conversation."""
        return self._config_for(conversation).backend_of(conversation.backend)

    def _config_for(self, conversation: Conversation) -> Config:
        # What was given at the start was the user's earlier word, where another was spoken since.
        if conversation.id in self._picked:
            return replace(self.config, is_backend_given=False, given_model=None)
        return self.config

    def backend(self, conversation: Conversation) -> Backend:
        """The backend of a conversation, made when it is first needed. Raises ConfigError."""
        return self.backend_named(self.backend_config(conversation).name)

    def backend_named(self, name: str) -> Backend:
        """The backend of this name, made when it is first needed. Raises ConfigError."""
        if name not in self._backends:
            from copilot_tui import backends

            make = self._make_backend or backends.create
            chosen = self.config.backend
            config = chosen if name == chosen.name else self.config.backends[name]
            self._backends[name] = make(config)
        return self._backends[name]

    def choose(self, conversation: Conversation, choice: Choice) -> None:
        """Let another backend or model answer from now on."""
        self._picked.add(conversation.id)
        conversation.backend = choice.backend
        conversation.model = choice.model or self.config.backends[choice.backend].model or None
        # Another object, and not this one changed: a thread may be saving it.
        settings = {key: value for key, value in conversation.settings.items() if key != "provider"}
        conversation.settings = settings | (
            {"provider": choice.provider} if choice.provider else {}
        )

    def present_choice(self, conversation: Conversation) -> Choice:
        """Who answers in this conversation."""
        config = self.backend_config(conversation)
        provider = str(conversation.settings.get("provider") or config.provider)
        from copilot_tui.tui.catalog import Choice

        return Choice(config.name, conversation.model or config.model, provider)

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
        turn = self.planned(conversation, prompt, instead_of=instead_of, files=files)
        # The draft stays on disk until the prompt is there.
        if has_waited:
            self.unsent.leave(conversation.id)
        else:
            self._bring_back_aside(conversation.id)
        turn.on_saved = partial(self._prompt_is_saved, conversation.id)
        return self._note_turn(turn)

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

        name = replies.choose_backend(conversation, self._config_for(conversation)).name
        if instead_of is None:
            turn = replies.new_turn(
                conversation, prompt, attachments=files, backend_name=name, now=self.now
            )
        else:
            kept = conversation.messages[instead_of].attachments
            turn = replies.edited_turn(
                conversation,
                instead_of,
                prompt,
                attachments=[*kept, *files],
                backend_name=name,
                now=self.now,
            )
        return turn

    def _prompt_is_saved(self, conversation_id: str) -> None:
        self.unsent.leaving.pop(conversation_id, None)
        self._write_present_draft(conversation_id)

    def _write_present_draft(self, conversation_id: str) -> None:
        draft = self.unsent.with_draft(conversation_id, self.drafts.get(conversation_id))
        write = partial(self.store.save_draft, conversation_id, draft)
        self._notes.keep(("draft", conversation_id), write)

    def begin_beside(self, turn: Turn, choices: Iterable[Choice]) -> list[Turn]:
        """Put empty replies of these others beside one that was just begun."""
        from copilot_tui import replies

        conversation = turn.conversation
        before = conversation.backend, conversation.model, conversation.settings
        turns = []
        for choice in choices:
            self.choose(conversation, choice)
            name = replies.choose_backend(conversation, self._config_for(conversation)).name
            turns.append(replies.turn_beside(turn, backend_name=name, now=self.now))
        conversation.backend, conversation.model, conversation.settings = before
        self._beside[conversation.id] = list(turns)
        return turns

    def streaming(self, conversation_id: str) -> list[Turn]:
        """The replies that stream in this conversation, the first first."""
        first = self.turns.get(conversation_id)
        return [] if first is None else [first, *self._beside.get(conversation_id, ())]

    def begin_again(self, conversation: Conversation, reply_id: str) -> Turn:
        """Put another empty reply beside this one."""
        from copilot_tui import replies

        name = replies.choose_backend(conversation, self._config_for(conversation)).name
        turn = replies.another_reply(conversation, reply_id, backend_name=name, now=self.now)
        return self._note_turn(turn)

    def _note_turn(self, turn: Turn) -> Turn:
        id_ = turn.conversation.id
        self.turns[id_] = turn
        self.asked.add(id_)
        self.failed.discard(id_)
        self._saved.add(id_)
        self._only_drafts.discard(id_)
        self.note_row(turn.conversation)
        return turn

    async def stream(self, turn: Turn) -> AsyncGenerator[Delta, None]:
        """The reply, as it comes; see replies.stream_reply."""
        from copilot_tui import replies

        # What was asked, and not what the conversation has by now: others may be asked beside it.
        config = self._config_for(turn.conversation).backend_of(turn.reply.backend)
        backend = self.backend_named(config.name)
        turn.place = self.places.of(config, turn.conversation.id)
        async with aclosing(
            replies.stream_reply(
                turn, backend=backend, store=self.store.of(turn.conversation.id), now=self.now
            )
        ) as deltas:
            async for delta in deltas:
                yield delta

    def end(self, turn: Turn, *, shown: bool) -> None:
        """The reply streams no more: note how it ended."""
        id_ = turn.conversation.id
        if turn.reply.status is Status.PARTIAL and turn.reply.error is None:
            self._stopped[turn.reply.id] = turn
        self._is_over(turn)
        if turn.reply.error is not None and not shown:
            self.failed.add(id_)
        if not shown:
            self.unread.add(id_)
            self._notes.keep(("unread", id_), partial(self._write_unread, id_))
        self.note_row(turn.conversation)

    def _is_over(self, turn: Turn) -> None:
        id_ = turn.conversation.id
        left = [each for each in self.streaming(id_) if each is not turn]
        self.turns.pop(id_, None)
        self._beside.pop(id_, None)
        if left:
            self.turns[id_], *beside = left
            if beside:
                self._beside[id_] = beside

    def _write_unread(self, conversation_id: str) -> None:
        from copilot_tui.store import ViewState

        state = self.store.view_state(conversation_id) or ViewState()
        self.store.save_view_state(conversation_id, replace(state, unread=True))
        self._views.pop(conversation_id, None)  # the next place is written, and takes it back

    async def save_stopped(self, reply_id: str) -> None:
        """Save a reply that was stopped; one that ended by itself is saved. Raises StoreError."""
        turn = self._stopped.get(reply_id)
        if turn is not None:
            from copilot_tui import replies

            try:
                saved = await self.in_order(replies.settle, turn, self.store)
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
            self.store.save(conversation)
            if turn.journal is not None and conversation.id not in self.turns:
                turn.journal.discard()
            if turn.on_saved is not None:
                turn.on_saved()

        self._saves.keep(conversation.id, write)

    async def save(self, conversation: Conversation, *, touch: bool = True) -> None:
        """Save a conversation that was changed by hand. Raises StoreError.

        `touch`: it is the newest now.
        """
        if touch:
            conversation.touch(self.now())
        self._only_drafts.discard(conversation.id)
        self._saving.add(conversation.id)
        try:
            saved = await self.in_order(self.store.save, conversation)
        except StoreError:
            self._saves.keep(conversation.id, partial(self.store.save, conversation))
            raise
        finally:
            self._saving.discard(conversation.id)
        self._saved.add(conversation.id)
        saved.apply_to(conversation)

    # What is kept beside the conversations

    def attached(self, conversation: Conversation) -> tuple[str, ...]:
        """Paths of the files that go with the prompt."""
        draft = self.drafts.get(conversation.id)
        return draft.attachments if draft is not None else ()

    def keep_draft(
        self,
        conversation: Conversation,
        text: str,
        caret: int,
        attached: tuple[str, ...] | None = None,
    ) -> None:
        """Save the composer's text with its caret and its files (None: those that are there); a
        conversation that is only a draft is saved too.
        """
        before = self.drafts.get(conversation.id)
        files = self.attached(conversation) if attached is None else attached
        draft = None
        if before is not None and before.editing:
            draft = replace(before, text=text, caret=caret, attachments=files)
        elif text.strip() or files:
            from copilot_tui.store import Draft

            draft = Draft(text=text, caret=caret, attachments=files)
        if draft == before:
            return
        if draft is None:
            self.drafts.pop(conversation.id, None)
        else:
            self.drafts[conversation.id] = draft
        if draft is not None and conversation.id not in self._saved:
            self._saved.add(conversation.id)
            self._only_drafts.add(conversation.id)
            conversation.touch(self.now())
            self.note_row(conversation)
            self._unborn.add(conversation.id)
        whole = self.unsent.with_draft(conversation.id, draft)
        write = partial(self._write_draft, conversation, whole)
        self._notes.keep(("draft", conversation.id), write)

    def queue(
        self, conversation: Conversation, prompt: str, files: tuple[Attachment, ...] = ()
    ) -> None:
        """Let a prompt wait behind the reply; until it is sent it is a draft to the disk."""
        from copilot_tui.tui.unsent import Waiting

        paths = self.attached(conversation)
        self.unsent.queued[conversation.id] = Waiting(prompt, files, paths)
        self.drafts.pop(conversation.id, None)
        self._write_present_draft(conversation.id)

    def unqueue(self, conversation_id: str) -> Draft:
        """It waits no more: it stands in the draft, which this gives, before what was there."""
        draft = self.unsent.take_back(conversation_id, self.drafts.get(conversation_id))
        self.drafts[conversation_id] = draft
        self._write_present_draft(conversation_id)
        return draft

    def _write_draft(self, conversation: Conversation, draft: Draft | None) -> None:
        if conversation.id in self._unborn:  # first, or nothing would show the draft after a crash
            self.store.save(conversation)
            self._unborn.discard(conversation.id)
        self.store.save_draft(conversation.id, draft)

    def edited(self, conversation: Conversation) -> Message | None:
        """The sent message that the draft is to be another version of."""
        draft = self.drafts.get(conversation.id)
        return conversation.messages.get(draft.editing or "") if draft is not None else None

    def begin_edit(self, conversation: Conversation, message: Message) -> None:
        """Let the draft be another version of this message; the draft that is there is put
        aside.
        """
        from copilot_tui.store import Draft

        before = self.drafts.get(conversation.id) or Draft("")
        if not before.editing:
            before = Draft(
                "",
                aside=before.text,
                aside_caret=before.caret,
                aside_attachments=before.attachments,
            )
        draft = replace(
            before, text=message.content, caret=None, editing=message.id, attachments=()
        )
        self.drafts[conversation.id] = draft
        self._write_present_draft(conversation.id)

    def end_edit(self, conversation: Conversation) -> None:
        """Bring back the draft that was put aside."""
        self._bring_back_aside(conversation.id)
        self._write_present_draft(conversation.id)

    def _bring_back_aside(self, conversation_id: str) -> None:
        draft = self.drafts.pop(conversation_id, None)
        if draft is not None and draft.put_aside is not None:
            self.drafts[conversation_id] = draft.put_aside

    def keep_view(self, conversation_id: str, state: ViewState) -> None:
        """Save where a conversation was left."""
        if conversation_id in self._saved and self._views.get(conversation_id) != state:
            self._views[conversation_id] = state
            write = partial(self.store.save_view_state, conversation_id, state)
            self._notes.keep(("view", conversation_id), write)

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
        if id_ in self._only_drafts:
            self._only_drafts.discard(id_)
            self._saved.discard(id_)
            self.forget(id_)
            self._notes.keep(("draft", id_), partial(self._delete_if_empty, id_))
        elif id_ not in self._saved:
            self.forget(id_)

    def _delete_if_empty(self, conversation_id: str) -> None:
        self.store.save_draft(conversation_id, None)
        if conversation_id in self._unborn:
            self._unborn.discard(conversation_id)
        elif not self.store.load(conversation_id).messages:  # nobody else wrote into it
            self.store.delete(conversation_id)

    async def in_order(self, function: Callable[..., Any], *arguments: Any) -> Any:  # noqa: ANN401
        """Run something of the store after what was to be saved before; its result."""
        return await asyncio.wrap_future(self._saves.submit(function, *arguments))

    def retry(self) -> bool:
        """Try again what could not be written; whether there was something."""
        kept = [vars(self)[name] for name in ("_notes", "_saves") if name in vars(self)]
        failed = [each for each in kept if each.has_failed]
        for each in failed:
            each.retry()
        return bool(failed)

    def close(self) -> None:
        """Wait for the writes that are on their way, and try once more what has failed."""
        for name in ("_saves", "_notes"):
            if name in vars(self):
                vars(self)[name].close()

    @cached_property
    def _retired(self) -> list[Backend]:
        """Backends that were made anew; replies may still stream from them."""
        return []

    async def allow_http(self, name: str) -> None:
        """Let this backend's key travel unencrypted until the program ends."""
        allowed = replace(self.config.backends[name], allow_http=True)
        is_chosen = self.config.backend.name == name
        self.config = replace(
            self.config,
            backends={**self.config.backends, name: allowed},
            backend=allowed if is_chosen else self.config.backend,
        )
        await self.renew_backend(name)

    async def renew_backend(self, name: str) -> None:
        """Let the next reply read keys and sign-ins again. Others stream on as they are."""
        backend = self._backends.pop(name, None)
        if backend is None:
            return
        if any(turn.reply.backend == name for id_ in self.turns for turn in self.streaming(id_)):
            self._retired.append(backend)
        else:
            await backend.aclose()

    async def aclose(self) -> None:
        """Give back the backends' sockets and processes."""
        await asyncio.gather(
            *(backend.aclose() for backend in (*self._retired, *self._backends.values()))
        )


def last_reply(conversation: Conversation) -> Message | None:
    """The reply that ends the shown branch, if a reply ends it."""
    head = conversation.head_message
    return head if head is not None and head.role is Role.ASSISTANT else None
