"""One turn, from a backend into conversation, journal and store: the path of the app and `ask`.

The prompt and an empty, partial reply are on disk before the first byte is asked for. Only the
server's own word makes the reply complete, so every crash leaves true data.
"""

from __future__ import annotations

import asyncio
import time
from contextlib import aclosing, nullcontext
from dataclasses import dataclass, field, replace
from functools import partial
from threading import Lock
from typing import TYPE_CHECKING, Any, Final

from copilot_tui.attachments import title_words
from copilot_tui.backends import Backend, Delta, ReplyRequest
from copilot_tui.conversation import (
    Message,
    Role,
    Status,
    TitleSource,
    new_id,
    timestamp,
    title_from,
    utc_now,
)
from copilot_tui.document import is_too_deep
from copilot_tui.errors import BackendError, CutOff, EmptyReply, StoreError

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable, Sequence
    from contextlib import AbstractAsyncContextManager
    from datetime import datetime

    from copilot_tui.backends import ContextMode
    from copilot_tui.config import BackendConfig, Config
    from copilot_tui.conversation import Attachment, Conversation
    from copilot_tui.store import Journal, ReplyStore, Saved

FLUSH_INTERVAL_S: Final = 0.25
"""Received text waits at most this long for the journal; the promise is 0.5 s."""

REPLY_LIMIT: Final = 64 * 1024 * 1024
"""Characters of one reply, its reasoning included: a hundred books. More is a server gone wild."""

CONTINUE_PROMPT: Final = "Continue exactly where you stopped, without repeating anything."
"""Sent for a reply that was cut or stopped: visible, and understood by every backend."""

TRASHED_MEANWHILE: Final = (
    "This conversation was put into the trash meanwhile, and its reply with it"
)


@dataclass
class Turn:
    """A prompt with the reply that is wanted for it; both are in the conversation."""

    conversation: Conversation
    reply: Message
    request: ReplyRequest
    journal: Journal | None = None
    """Where its text is while it streams."""
    place: AbstractAsyncContextManager[None] = field(default_factory=nullcontext)
    """Entered before the server is asked, and left when it has answered: there may be others to
    wait for.
    """
    on_saved: Callable[[], None] | None = None
    """Called when the prompt is on disk, before anything is asked of the server."""
    is_settled: bool = False
    """The reply is saved as it ended."""
    began_at: float = field(default_factory=time.monotonic)
    """By the clock that nobody sets."""


def choose_backend(conversation: Conversation, config: Config) -> BackendConfig:
    """Who answers in this conversation from now on; that and its model are kept with it."""
    backend = config.backend_of(conversation.backend)
    if config.given_model is not None:
        conversation.model = config.given_model or None
    elif backend.name != conversation.backend:
        conversation.model = backend.model or None  # another server does not know the old one
    conversation.backend = backend.name
    return backend


def new_turn(
    conversation: Conversation,
    prompt: str,
    *,
    attachments: Sequence[Attachment] = (),
    backend_name: str,
    now: Callable[[], datetime] = utc_now,
    make_id: Callable[[], str] = new_id,
) -> Turn:
    """Add the prompt at the head, and an empty reply under it."""
    if not conversation.messages:
        conversation.title = _auto_title(conversation, title_words(prompt, attachments))
    prompt_message = Message(
        id=make_id(),
        role=Role.USER,
        content=prompt,
        parent_id=conversation.head,
        created_at=timestamp(now()),
        attachments=list(attachments),
    )
    conversation.add(prompt_message)
    return _turn_under(
        conversation, prompt_message, backend_name=backend_name, now=now, make_id=make_id
    )


def edited_turn(
    conversation: Conversation,
    message_id: str,
    prompt: str,
    *,
    attachments: Sequence[Attachment] | None = None,
    backend_name: str,
    now: Callable[[], datetime] = utc_now,
    make_id: Callable[[], str] = new_id,
) -> Turn:
    """Add the prompt beside this one, which stays a version, and an empty reply under it.

    One that nothing came of is no version of anything: the prompt takes its place, and its reply
    goes on where the server knows the conversation by. Without `attachments` it keeps those that
    are there.
    """
    old = conversation.messages[message_id]
    attached = old.attachments if attachments is None else attachments
    replaced: list[Message] = []
    if not conversation.is_answered(message_id):
        if conversation.title == title_from(title_words(old.content, old.attachments)):
            conversation.title = _auto_title(conversation, title_words(prompt, attached))
        replaced = [*conversation.children(message_id), old]
        _replace(conversation, replaced)
    edited = Message(
        id=make_id(),
        role=Role.USER,
        content=prompt,
        parent_id=old.parent_id,
        created_at=timestamp(now()),
        attachments=list(attached),
    )
    conversation.add(edited)
    turn = _turn_under(conversation, edited, backend_name=backend_name, now=now, make_id=make_id)
    turn.reply.wire = dict(next((each.wire for each in reversed(replaced) if each.wire), {}))
    return turn


def _replace(conversation: Conversation, messages: list[Message]) -> None:
    """Take these out, each after those below it, so that no merge brings them back."""
    for message in messages:
        conversation.discard(message.id)
    # Another object, and not this one changed: a thread may be saving it.
    conversation.deleted = [*conversation.deleted, *(message.id for message in messages)]


def _auto_title(conversation: Conversation, prompt: str) -> str:
    """The title that a first prompt gives; one that the user chose stays."""
    is_own = conversation.title_source is TitleSource.USER
    return conversation.title if is_own else title_from(prompt)


def another_reply(
    conversation: Conversation,
    reply_id: str,
    *,
    backend_name: str,
    now: Callable[[], datetime] = utc_now,
    make_id: Callable[[], str] = new_id,
) -> Turn:
    """Add an empty reply beside this one, to the same prompt. The old one stays a version.

    One that failed before a word is no version of anything: the new one takes its place, and goes
    on where the server knows the conversation by.
    """
    old = conversation.messages[reply_id]
    prompt = conversation.messages[old.parent_id or ""]
    is_nothing = old.status is Status.ERROR and not (
        old.content or old.reasoning or conversation.children(reply_id)
    )
    if is_nothing:
        _replace(conversation, [old])
    turn = _turn_under(conversation, prompt, backend_name=backend_name, now=now, make_id=make_id)
    if is_nothing:
        turn.reply.wire = dict(old.wire)
    return turn


def turn_beside(turn: Turn, *, backend_name: str, now: Callable[[], datetime] = utc_now) -> Turn:
    """Add an empty reply that is asked for together with this one, by what is set by now; the head
    stays where it is.
    """
    conversation = turn.conversation
    head = conversation.head
    beside = _turn_under(
        conversation, turn.request.path[-1], backend_name=backend_name, now=now, make_id=new_id
    )
    beside.request = replace(beside.request, is_beside=True)
    conversation.head = head
    return beside


def _turn_under(
    conversation: Conversation,
    prompt: Message,
    *,
    backend_name: str,
    now: Callable[[], datetime],
    make_id: Callable[[], str],
) -> Turn:
    path = tuple(conversation.path(prompt.id))
    moment = now()
    reply = conversation.add(
        Message(
            id=make_id(),
            role=Role.ASSISTANT,
            parent_id=prompt.id,
            created_at=timestamp(moment),
            status=Status.PARTIAL,
            model=conversation.model,
            backend=backend_name,
        )
    )
    conversation.touch(moment)
    settings = dict(conversation.settings)
    context: ContextMode = "newest" if settings.pop("context", None) == "newest" else "full"
    request = ReplyRequest(
        conversation=conversation,
        path=path,
        model=conversation.model or "",
        system=conversation.system,
        settings=settings,
        context=context,
    )
    return Turn(conversation, reply, request)


async def stream_reply(
    turn: Turn,
    *,
    backend: Backend,
    store: ReplyStore,
    now: Callable[[], datetime] = utc_now,
) -> AsyncGenerator[Delta, None]:
    """Stream one reply into its conversation; a delta is given on when it stands there.

    Raises StoreError before the request if the prompt cannot be saved, BackendError after the
    reply was saved with what had come. When the generator is closed early the text is in the
    journal: call `settle` then, or leave it to the next load.
    """
    saved, journal = await _begin(turn, store)
    keeper = _JournalKeeper(journal)
    started = time.monotonic()
    progress = _Progress(turn.reply)
    failure: BackendError | None = None
    try:
        if saved.trashed:
            yield Delta(notice="This conversation is in the trash, and goes on there")
        try:
            request = replace(turn.request, is_private=store.is_private)
            async with turn.place, aclosing(backend.stream(request)) as deltas:
                started = time.monotonic()
                async for delta in deltas:
                    progress.take(delta)
                    keeper.take(delta, turn.reply)
                    yield delta
                    if trouble := keeper.new_trouble():
                        yield Delta(notice=trouble)
            progress.judge()
        except BackendError as error:
            failure = error
            turn.reply.status = Status.PARTIAL if error.cut_off else Status.ERROR
            turn.reply.error, turn.reply.hint = str(error), error.hint or None
        turn.reply.elapsed_s = round(time.monotonic() - started, 3)
        progress.end_thinking()
        keeper.flush()
        settled = await asyncio.to_thread(settle, turn, store, now=now)
        settled.apply_to(turn.conversation)
        if settled.trashed and not saved.trashed:
            yield Delta(notice=TRASHED_MEANWHILE)
        if failure is not None:
            raise failure
    finally:
        # No await here: on quit nobody waits for us. The next load folds in what was not saved.
        turn.reply.elapsed_s = turn.reply.elapsed_s or round(time.monotonic() - started, 3)
        progress.end_thinking()
        if failure is None:
            progress.note_stop(keeper)
        keeper.close()


def settle(
    turn: Turn,
    store: ReplyStore,
    *,
    now: Callable[[], datetime] = utc_now,
) -> Saved:
    """Save the reply as it stands; its journal is then no longer needed. Raises StoreError."""
    _note_end(turn)
    turn.conversation.touch(now())
    saved = store.save(turn.conversation)
    turn.is_settled = True
    if turn.journal is not None:
        turn.journal.discard()
    return saved


def _note_end(turn: Turn) -> None:
    """A reply with a time has ended; one without was left by a program that died."""
    if turn.reply.elapsed_s is None:
        turn.reply.elapsed_s = 0.0


async def _begin(turn: Turn, store: ReplyStore) -> tuple[Saved, Journal]:
    """Bring the prompt to disk, and open the journal of its reply, in a thread that goes on if the
    reply is stopped meanwhile: then the journal is that of a stopped reply, and not of a program
    that died. Raises StoreError.
    """
    lock = Lock()
    is_stopped = is_begun = False

    def begin() -> tuple[Saved, Journal]:
        nonlocal is_begun
        saved, journal = _begun(turn, store)
        with lock:
            is_begun = True
            if is_stopped:
                journal.close()
        return saved, journal

    try:
        saved, journal = await asyncio.to_thread(begin)
    except asyncio.CancelledError:
        _note_end(turn)
        with lock:
            is_stopped = True
            if is_begun and turn.journal is not None:
                turn.journal.close()
        raise
    saved.apply_to(turn.conversation)
    if turn.on_saved is not None:
        turn.on_saved()
    return saved, journal


def _begun(turn: Turn, store: ReplyStore) -> tuple[Saved, Journal]:
    """The journal first: an empty reply that is on disk without one has no living writer."""
    try:
        journal = turn.journal = store.open_journal(turn.conversation, turn.reply)
    except StoreError:
        store.save(turn.conversation)  # of the two, the prompt is what must be there
        raise
    try:
        return store.save(turn.conversation), journal
    except BaseException:
        journal.discard()
        raise


class _Progress:
    """What the deltas of one reply have said so far."""

    def __init__(self, reply: Message) -> None:
        self._reply = reply
        self._complete = self._anything = False
        self._size = 0
        self._thinking_since: float | None = None

    def take(self, delta: Delta) -> None:
        """Put a delta into the reply. Raises CutOff when there is too much before it."""
        reply = self._reply
        if self._size > REPLY_LIMIT and not delta.replaces:
            raise CutOff(
                f"cut off: the reply is longer than {REPLY_LIMIT >> 20} million characters",
                "What came is kept.",
            )
        self._size += len(delta.text) + len(delta.reasoning)
        if delta.reasoning:
            reply.append_reasoning(delta.reasoning)
            self._anything = True
            if self._thinking_since is None:
                self._thinking_since = time.monotonic()
        if delta.text:
            reply.append(delta.text)
            self._anything = True
            self.end_thinking()
        if delta[2:] != _NOTHING_ELSE:
            self._take_rest(delta)

    def _take_rest(self, delta: Delta) -> None:
        reply = self._reply
        if delta.replaces:
            self._size = len(delta.text) + len(delta.reasoning)
            reply.content, reply.reasoning = delta.text, delta.reasoning
        self._complete |= delta.complete
        self._anything |= delta.tool_calls
        if delta.wire is not None:
            readable = {k: v for k, v in delta.wire.items() if not is_too_deep({k: v})}
            reply.wire = {**reply.wire, **readable}
        reply.finish_reason = delta.finish_reason or reply.finish_reason
        reply.model = delta.model or reply.model
        if delta.usage and not is_too_deep(delta.usage):
            reply.usage = delta.usage

    def note_stop(self, keeper: _JournalKeeper) -> None:
        """It was stopped, or has ended: behind its last word it is whole all the same."""
        if self._complete and self._anything:
            self._reply.status = Status.COMPLETE
            keeper.seal(self._reply)

    def end_thinking(self) -> None:
        """Note how long it thought, if it did."""
        if self._thinking_since is not None and self._reply.reasoning_s is None:
            self._reply.reasoning_s = round(time.monotonic() - self._thinking_since, 3)

    def judge(self) -> None:
        """Say how the reply ended, now that nothing more comes. Raises CutOff or EmptyReply."""
        reply = self._reply
        if not self._anything:
            raise EmptyReply(
                "empty reply: the server answered without any text",
                "The conversation may be too long for the model, or the model may not be loaded. "
                "Try again, or choose another model.",
            )
        if not self._complete:
            raise CutOff(
                "cut off: the reply ended before the server said that it was whole",
                "What came is kept.",
            )
        reply.status = Status.COMPLETE
        reply.content = reply.content  # lets go of the pieces
        reply.reasoning = reply.reasoning


_NOTHING_ELSE: Final[tuple[Any, ...]] = Delta()[2:]


class _JournalKeeper:
    """Brings text to disk at most FLUSH_INTERVAL_S after it came, also when nothing follows."""

    def __init__(self, journal: Journal) -> None:
        self.journal = journal
        self._timer: asyncio.TimerHandle | None = None
        self._loop = asyncio.get_running_loop()
        self._syncing: asyncio.Future[None] | None = None
        self._trouble: str | None = None
        self._said: str | None = None

    def take(self, delta: Delta, reply: Message) -> None:
        """Note what came; `reply` has it already."""
        if delta.replaces:
            self.journal.begin_again()
        if delta.text or delta.reasoning:
            self.journal.append(delta.text, delta.reasoning)
            if self._timer is None:
                self._timer = self._loop.call_later(FLUSH_INTERVAL_S, self._on_timer)
        if delta.complete:
            self.seal(reply)

    def _on_timer(self) -> None:
        self.flush()
        if self._syncing is None and self._trouble is None:
            self._syncing = self._loop.run_in_executor(None, self.journal.sync)
            self._syncing.add_done_callback(self._synced)

    def _synced(self, future: asyncio.Future[None]) -> None:
        self._syncing = None
        if not future.cancelled() and isinstance(error := future.exception(), StoreError):
            self._trouble = str(error)

    def flush(self) -> None:
        """Write what waits.

        A full disk does not end a good reply: it goes on in memory, and is tried again.
        """
        self._write(self.journal.flush)

    def seal(self, reply: Message) -> None:
        """Write what waits, and that this is all."""
        self._write(partial(self.journal.seal, reply))

    def _write(self, write: Callable[[], None]) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        try:
            write()
            self._trouble = None
        except StoreError as error:
            self._trouble = str(error)

    def new_trouble(self) -> str | None:
        """What is wrong with the disk, once."""
        if self._trouble == self._said:
            return None
        self._said = self._trouble
        return self._said and f"{self._said}: the reply is kept in memory"

    def close(self) -> None:
        """Flush, and let other processes see that nobody writes here any more."""
        self.flush()
        self.journal.close()
