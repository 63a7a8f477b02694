from __future__ import annotations

import asyncio
from contextlib import aclosing
from pathlib import Path
from threading import Event

import pytest

from copilot_tui.backends import Delta
from copilot_tui.conversation import (
    Attachment,
    Conversation,
    Message,
    Role,
    Status,
    TitleSource,
    new_conversation,
    utc_now,
)
from copilot_tui.document import MAX_DEPTH
from copilot_tui.errors import BackendError, CutOff, EmptyReply, ReplyFailed, StoreError
from copilot_tui.replies import Turn, another_reply, edited_turn, new_turn, settle, stream_reply
from copilot_tui.store import Journal, PrivateStore, Store
from copilot_tui.store.folding import read_journal
from tests.fakes import FakeBackend, Hold


@pytest.fixture
def store(data_dir: Path, cache_dir: Path) -> Store:
    return Store(data_dir, cache_dir)


@pytest.fixture
def conversation() -> Conversation:
    return new_conversation(now=utc_now())


async def run(turn: Turn, backend: FakeBackend, store: Store) -> list[Delta]:
    async with aclosing(stream_reply(turn, backend=backend, store=store)) as deltas:
        return [delta async for delta in deltas]


def begin(conversation: Conversation, prompt: str = "Hello, who are you?") -> Turn:
    return new_turn(conversation, prompt, backend_name="fake")


async def test_a_reply_grows_in_the_conversation_and_ends_complete(
    store: Store, conversation: Conversation
) -> None:
    turn = begin(conversation)
    await run(turn, FakeBackend(["I am ", "a fake."]), store)
    saved = store.load(conversation.id)
    reply = saved.head_message
    assert reply is not None
    assert (reply.content, reply.status, reply.backend) == (
        "I am a fake.",
        Status.COMPLETE,
        "fake",
    )
    assert reply.elapsed_s is not None
    assert [m.role for m in saved.path()] == [Role.USER, Role.ASSISTANT]
    assert saved.title == "Hello, who are you?"


async def test_prompt_and_partial_reply_are_on_disk_before_the_first_byte(
    store: Store, conversation: Conversation
) -> None:
    hold = Hold()
    turn = begin(conversation, "are you there?")
    task = asyncio.create_task(run(turn, FakeBackend([hold, "yes"]), store))
    await hold.reached.wait()
    there = store.load(conversation.id)
    assert [(m.content, m.status) for m in there.path()] == [
        ("are you there?", Status.COMPLETE),
        ("", Status.PARTIAL),
    ]
    hold.go.set()
    await task


async def test_who_looks_when_the_prompt_has_just_been_saved_sees_a_reply_that_is_written(
    store: Store, conversation: Conversation, data_dir: Path, cache_dir: Path
) -> None:
    turn = begin(conversation)
    seen: list[Message | None] = []

    def look() -> None:
        seen.append(Store(data_dir, cache_dir).load(conversation.id).head_message)

    turn.on_saved = look
    await run(turn, FakeBackend(["yes"]), store)
    [reply] = seen
    assert reply is not None
    assert (reply.id, reply.status, reply.error) == (turn.reply.id, Status.PARTIAL, None)


async def test_the_prompt_is_saved_also_where_no_journal_can_be_opened(
    data_dir: Path, cache_dir: Path, conversation: Conversation
) -> None:
    data_dir.mkdir()
    (data_dir / "journal").write_text("a file where the folder should be")
    store, backend = Store(data_dir, cache_dir), FakeBackend()
    with pytest.raises(StoreError, match="a part of its path is a file"):
        await run(begin(conversation), backend, store)
    assert backend.requests == []
    (data_dir / "journal").unlink()
    assert [m.content for m in store.load(conversation.id).path()] == ["Hello, who are you?", ""]


class WatchedStore(Store):
    """Tells when a journal has reached the disk."""

    def __init__(self, data_dir: Path, cache_dir: Path) -> None:
        super().__init__(data_dir, cache_dir)
        self.synced = asyncio.Event()
        self._loop = asyncio.get_running_loop()

    def open_journal(self, conversation: Conversation, reply: Message) -> Journal:
        journal = super().open_journal(conversation, reply)
        sync = journal.sync

        def watched() -> None:
            sync()
            self._loop.call_soon_threadsafe(self.synced.set)

        journal.sync = watched  # type: ignore[method-assign]
        return journal


async def test_text_is_in_the_journal_while_the_server_is_silent(
    data_dir: Path, cache_dir: Path, conversation: Conversation
) -> None:
    store, hold = WatchedStore(data_dir, cache_dir), Hold()
    turn = begin(conversation)
    task = asyncio.create_task(run(turn, FakeBackend(["half of it", hold]), store))
    await hold.reached.wait()
    await asyncio.wait_for(store.synced.wait(), 10)
    [journal] = data_dir.glob("journal/*.jsonl")
    assert b"half of it" in journal.read_bytes()
    hold.go.set()
    await task
    assert not list(data_dir.glob("journal/*.jsonl"))


class SlowStore(Store):
    """Opens journals when it is let."""

    def __init__(self, data_dir: Path, cache_dir: Path) -> None:
        super().__init__(data_dir, cache_dir)
        self.reached = asyncio.Event()
        self.go = Event()
        self._loop = asyncio.get_running_loop()

    def open_journal(self, conversation: Conversation, reply: Message) -> Journal:
        self._loop.call_soon_threadsafe(self.reached.set)
        self.go.wait(30)
        return super().open_journal(conversation, reply)


@pytest.mark.parametrize("settled", ["before it is open", "after it is open", "never"])
async def test_stopped_while_its_journal_is_opened_a_reply_is_a_stopped_one_for_the_next_load(
    data_dir: Path, cache_dir: Path, conversation: Conversation, settled: str
) -> None:
    store = SlowStore(data_dir, cache_dir)
    turn = begin(conversation)
    task = asyncio.create_task(run(turn, FakeBackend(["never"]), store))
    await store.reached.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    if settled == "before it is open":
        settle(turn, store)
    store.go.set()
    await asyncio.get_running_loop().shutdown_default_executor()
    if settled == "after it is open":
        settle(turn, store)
    reply = Store(data_dir, cache_dir).load(conversation.id).head_message
    assert reply is not None
    assert (reply.id, reply.status, reply.error) == (turn.reply.id, Status.PARTIAL, None)
    assert not list(data_dir.glob("journal/*"))  # one that is held would still be there


async def test_an_end_without_the_servers_word_is_cut_off_and_kept(
    store: Store, conversation: Conversation
) -> None:
    turn = begin(conversation)
    with pytest.raises(CutOff):
        await run(turn, FakeBackend(["half"], complete=False), store)
    reply = store.load(conversation.id).head_message
    assert reply is not None
    assert (reply.content, reply.status) == ("half", Status.PARTIAL)
    assert reply.error is not None
    assert reply.error.startswith("cut off")


async def test_a_reply_with_nothing_in_it_is_an_error(
    store: Store, conversation: Conversation
) -> None:
    turn = begin(conversation)
    with pytest.raises(EmptyReply, match="empty reply"):
        await run(turn, FakeBackend([]), store)
    reply = store.load(conversation.id).head_message
    assert reply is not None
    assert reply.status is Status.ERROR


@pytest.mark.parametrize(
    "delta", [Delta(reasoning="hm"), Delta(tool_calls=True)], ids=["reasoning", "tool call"]
)
async def test_reasoning_or_a_tool_call_is_not_an_empty_reply(
    store: Store, conversation: Conversation, delta: Delta
) -> None:
    turn = begin(conversation)
    await run(turn, FakeBackend([delta]), store)
    assert turn.reply.status is Status.COMPLETE


@pytest.mark.parametrize("depth", [1, 2, MAX_DEPTH - 1, MAX_DEPTH, MAX_DEPTH + 1, 400])
@pytest.mark.parametrize("innermost", [0, [], {}, [[{}]]], ids=repr)
async def test_whatever_a_server_says_of_its_reply_the_saved_conversation_can_be_read(
    store: Store, conversation: Conversation, depth: int, innermost: object
) -> None:
    value: dict[str, object] = {"a": innermost}
    for _ in range(depth - 1):
        value = {"a": value}
    turn = begin(conversation)
    rest = Delta(usage=value, wire={"conversation": value, "id": 7})
    await run(turn, FakeBackend(["hi", rest, Delta(wire={"id": 8})]), store)
    reply = store.load(conversation.id).head_message
    assert reply is not None
    assert (reply.content, reply.wire["id"]) == ("hi", 8)
    if depth < MAX_DEPTH // 2:
        assert (reply.usage, reply.wire["conversation"]) == (value, value)


async def test_an_error_keeps_what_came_and_says_what_the_server_said(
    store: Store, conversation: Conversation
) -> None:
    turn = begin(conversation)
    with pytest.raises(ReplyFailed):
        await run(turn, FakeBackend(["half ", ReplyFailed("it exploded", "Stand back")]), store)
    reply = store.load(conversation.id).head_message
    assert reply is not None
    assert (reply.content, reply.status, reply.error, reply.hint) == (
        "half ",
        Status.ERROR,
        "it exploded",
        "Stand back",
    )


async def test_a_stopped_reply_closes_the_stream_and_the_next_load_has_its_text(
    store: Store, conversation: Conversation, data_dir: Path
) -> None:
    hold = Hold()
    backend = FakeBackend(["what came ", hold, "never"])
    turn = begin(conversation)
    task = asyncio.create_task(run(turn, backend, store))
    await hold.reached.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert backend.closed == 1
    reply = store.load(conversation.id).head_message
    assert reply is not None
    assert (reply.content, reply.status) == ("what came ", Status.PARTIAL)
    settle(turn, store)
    reply = store.load(conversation.id).head_message
    assert reply is not None
    assert (reply.content, reply.status, reply.error) == ("what came ", Status.PARTIAL, None)
    assert not list(data_dir.glob("journal/*.jsonl"))


WHOLE = Delta("all of it", "why", complete=True, finish_reason="stop", wire={"id": 7})


@pytest.mark.parametrize(
    "is_settled", [True, False], ids=["and saved", "and left to the next load"]
)
async def test_stopped_after_the_servers_last_word_a_reply_is_whole(
    store: Store, conversation: Conversation, data_dir: Path, is_settled: bool
) -> None:
    hold = Hold()
    turn = begin(conversation)
    task = asyncio.create_task(run(turn, FakeBackend([WHOLE, hold]), store))
    await hold.reached.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert (turn.reply.status, turn.is_settled) == (Status.COMPLETE, False)
    if is_settled:
        settle(turn, store)
    reply = store.load(conversation.id).head_message
    assert reply is not None
    assert (reply.content, reply.reasoning, reply.status) == ("all of it", "why", Status.COMPLETE)
    assert (reply.error, reply.finish_reason, reply.wire) == (None, "stop", {"id": 7})
    assert reply.elapsed_s is not None
    assert not list(data_dir.glob("journal/*"))


async def test_the_servers_last_word_is_on_disk_before_the_reply_is_saved(
    store: Store, conversation: Conversation, data_dir: Path
) -> None:
    hold = Hold()
    task = asyncio.create_task(run(begin(conversation), FakeBackend([WHOLE, hold]), store))
    await hold.reached.wait()
    [journal] = data_dir.glob("journal/*.jsonl")
    left = read_journal(journal.read_bytes(), journal.name)
    assert left is not None
    assert (left.reply.content, left.reply.status, left.is_closed) == (
        "all of it",
        Status.COMPLETE,
        False,
    )
    hold.go.set()
    await task


@pytest.mark.parametrize("ending", [CutOff("cut off"), ReplyFailed("it exploded")])
async def test_what_fails_after_the_servers_last_word_has_failed(
    store: Store, conversation: Conversation, ending: BackendError
) -> None:
    with pytest.raises(type(ending)):
        await run(begin(conversation), FakeBackend([WHOLE, ending]), store)
    reply = store.load(conversation.id).head_message
    assert reply is not None
    assert (reply.status is Status.COMPLETE, reply.error) == (False, str(ending))


async def test_stopped_before_anything_came_a_reply_is_not_whole_whatever_the_server_said(
    store: Store, conversation: Conversation
) -> None:
    hold = Hold()
    turn = begin(conversation)
    task = asyncio.create_task(run(turn, FakeBackend([Delta(complete=True), hold]), store))
    await hold.reached.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert turn.reply.status is Status.PARTIAL


async def test_the_seconds_of_thinking_are_kept(store: Store, conversation: Conversation) -> None:
    turn = begin(conversation)
    await run(turn, FakeBackend([Delta(reasoning="hm"), "so"]), store)
    reply = store.load(conversation.id).head_message
    assert reply is not None
    assert reply.reasoning_s is not None
    assert reply.elapsed_s is not None
    assert 0 <= reply.reasoning_s <= reply.elapsed_s
    await run(another_reply(conversation, turn.reply.id, backend_name="f"), FakeBackend(), store)
    assert conversation.head_message is not None
    assert conversation.head_message.reasoning_s is None


async def test_a_reply_that_is_begun_anew_replaces_what_came_before(
    store: Store, conversation: Conversation
) -> None:
    turn = begin(conversation)
    anew = Delta("Good", "so", replaces=True)
    await run(turn, FakeBackend([Delta("Hello", "hm"), anew, " day"]), store)
    assert (turn.reply.content, turn.reply.reasoning) == ("Good day", "so")
    saved = store.load(conversation.id).head_message
    assert saved is not None
    assert (saved.content, saved.status) == ("Good day", Status.COMPLETE)


async def test_a_reply_that_was_begun_anew_and_left_is_recovered_without_its_old_text(
    store: Store, conversation: Conversation
) -> None:
    hold = Hold()
    turn = begin(conversation)
    backend = FakeBackend(["Hello", Delta("Good day", replaces=True), hold])
    task = asyncio.create_task(run(turn, backend, store))
    await hold.reached.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    recovered = store.load(conversation.id).head_message
    assert recovered is not None
    assert (recovered.content, recovered.status) == ("Good day", Status.PARTIAL)


async def test_wire_usage_and_model_are_kept_with_the_reply(
    store: Store, conversation: Conversation
) -> None:
    deltas: list[Delta] = [
        Delta(wire={"conversation_id": "w"}),
        Delta("hi", model="gpt-4o"),
        Delta(usage={"total_tokens": 3}, wire={"conversation": {"n": 1}}),
    ]
    await run(begin(conversation), FakeBackend([*deltas]), store)
    reply = store.load(conversation.id).head_message
    assert reply is not None
    assert reply.wire == {"conversation_id": "w", "conversation": {"n": 1}}
    assert (reply.model, reply.usage) == ("gpt-4o", {"total_tokens": 3})


async def test_trying_again_keeps_a_failed_reply_that_said_something_as_a_version(
    store: Store, conversation: Conversation
) -> None:
    turn = begin(conversation)
    with pytest.raises(ReplyFailed):
        await run(turn, FakeBackend(["now ", ReplyFailed("no")]), store)
    again = another_reply(conversation, turn.reply.id, backend_name="fake")
    await run(again, FakeBackend(["now it works"]), store)
    saved = store.load(conversation.id)
    assert [m.content for m in saved.path()] == ["Hello, who are you?", "now it works"]
    assert len(saved.siblings(again.reply.id)) == 2


async def test_an_edited_prompt_is_a_version_beside_the_old_one_with_its_files(
    store: Store, conversation: Conversation
) -> None:
    await run(begin(conversation, "first"), FakeBackend(["one"]), store)
    await run(begin(conversation, "secnd"), FakeBackend(["two"]), store)
    old = conversation.path()[2]
    old.attachments = [Attachment("a.txt", "text/plain", 1, text="a")]
    turn = edited_turn(conversation, old.id, "second", backend_name="fake")
    await run(turn, FakeBackend(["better"]), store)
    saved = store.load(conversation.id)
    assert [m.content for m in saved.path()] == ["first", "one", "second", "better"]
    versions = saved.siblings(turn.request.path[-1].id)
    assert [m.content for m in versions] == ["secnd", "second"]
    assert versions[1].attachments == old.attachments
    assert [m.content for m in saved.path(saved.children(old.id)[0].id)][2:] == ["secnd", "two"]


async def test_an_edited_prompt_that_nothing_came_of_takes_the_old_ones_place(
    store: Store, conversation: Conversation
) -> None:
    with pytest.raises(ReplyFailed):
        await run(begin(conversation, "typo"), FakeBackend([ReplyFailed("no")]), store)
    turn = edited_turn(conversation, conversation.path()[0].id, "right", backend_name="fake")
    await run(turn, FakeBackend(["now it works"]), store)
    saved = store.load(conversation.id)
    assert [m.content for m in saved.messages.values()] == ["right", "now it works"]
    assert saved.title == "right"


async def test_a_prompt_whose_place_another_one_took_is_not_brought_back_by_another_writer(
    store: Store, conversation: Conversation, data_dir: Path, cache_dir: Path
) -> None:
    failing = FakeBackend([Delta(wire={"conversation_id": "thread"}), ReplyFailed("no")])
    with pytest.raises(ReplyFailed):
        await run(begin(conversation, "typo"), failing, store)
    elsewhere = Store(data_dir, cache_dir)
    theirs = elsewhere.load(conversation.id)
    turn = edited_turn(conversation, conversation.path()[0].id, "right", backend_name="fake")
    assert turn.reply.wire == {"conversation_id": "thread"}
    await run(turn, FakeBackend(["now it works"]), store)
    theirs.pinned = True
    elsewhere.save(theirs)
    saved = store.load(conversation.id)
    assert [m.content for m in saved.messages.values()] == ["right", "now it works"]
    assert saved.pinned


async def test_an_edited_prompt_leaves_a_title_that_the_user_chose(
    store: Store, conversation: Conversation
) -> None:
    conversation.title, conversation.title_source = "typo", TitleSource.USER
    with pytest.raises(ReplyFailed):
        await run(begin(conversation, "typo"), FakeBackend([ReplyFailed("no")]), store)
    edited_turn(conversation, conversation.path()[0].id, "right", backend_name="fake")
    assert conversation.title == "typo"


@pytest.mark.parametrize("came", ["a word", Delta(reasoning="a thought")])
async def test_a_prompt_that_a_word_came_of_keeps_its_place(
    store: Store, conversation: Conversation, came: str | Delta
) -> None:
    with pytest.raises(ReplyFailed):
        await run(begin(conversation, "old"), FakeBackend([came, ReplyFailed("no")]), store)
    edited_turn(conversation, conversation.path()[0].id, "new", backend_name="fake")
    assert [m.content for m in conversation.children(None)] == ["old", "new"]


async def test_the_request_has_the_branch_the_settings_and_the_system_prompt(
    store: Store, conversation: Conversation
) -> None:
    conversation.system = "Be brief."
    conversation.settings = {"temperature": 0.5, "context": "newest"}
    conversation.model = "gpt-4o"
    backend = FakeBackend(["one"], ["two"])
    await run(begin(conversation, "first"), backend, store)
    await run(begin(conversation, "second"), backend, store)
    request = backend.requests[-1]
    assert [m.content for m in request.path] == ["first", "one", "second"]
    assert (request.system, request.model, request.context) == ("Be brief.", "gpt-4o", "newest")
    assert request.settings == {"temperature": 0.5}


async def test_the_backend_is_told_whether_the_conversation_is_private(
    store: Store, conversation: Conversation
) -> None:
    backend = FakeBackend()
    await run(begin(conversation), backend, store)
    private = begin(new_conversation(now=utc_now()))
    async with aclosing(stream_reply(private, backend=backend, store=PrivateStore())) as deltas:
        assert [delta async for delta in deltas]
    assert [request.is_private for request in backend.requests] == [False, True]


async def test_a_reply_whose_conversation_is_deleted_while_it_comes_says_where_it_went(
    store: Store, conversation: Conversation
) -> None:
    hold = Hold()
    backend = FakeBackend(["I am ", hold, "a fake."], ["Again."])
    reply = asyncio.create_task(run(begin(conversation), backend, store))
    await hold.reached.wait()
    store.delete(conversation.id)
    hold.go.set()
    notices = [delta.notice for delta in await reply if delta.notice]
    assert notices == ["This conversation was put into the trash meanwhile, and its reply with it"]
    assert [row.id for row in store.trashed()] == [conversation.id]
    again = await run(begin(conversation), backend, store)
    assert len([delta for delta in again if delta.notice]) == 1  # at its beginning


async def test_nothing_is_asked_of_the_server_when_the_prompt_cannot_be_saved(
    data_dir: Path, cache_dir: Path, conversation: Conversation
) -> None:
    data_dir.parent.mkdir(parents=True, exist_ok=True)
    data_dir.write_text("a file where the folder should be")
    backend = FakeBackend()
    with pytest.raises(StoreError):
        await run(begin(conversation), backend, Store(data_dir, cache_dir))
    assert backend.requests == []


async def test_a_prompt_that_cannot_be_saved_leaves_no_journal(
    data_dir: Path, cache_dir: Path, conversation: Conversation
) -> None:
    data_dir.mkdir()
    (data_dir / "conversations").write_text("a file where the folder should be")
    with pytest.raises(StoreError, match="a part of its path is a file"):
        await run(begin(conversation), FakeBackend(), Store(data_dir, cache_dir))
    assert list(data_dir.glob("journal/*")) == []


async def test_what_failed_before_a_word_makes_room_for_the_next_try_also_on_disk(
    store: Store,
) -> None:
    conversation = new_conversation(now=utc_now())
    turn = new_turn(conversation, "hi", backend_name="fake")
    backend = FakeBackend([Delta(wire={"conversation_id": "thread"}), ReplyFailed("no")], ["Hi"])
    with pytest.raises(ReplyFailed):
        await run(turn, backend, store)
    again = another_reply(conversation, turn.reply.id, backend_name="fake")
    assert again.reply.wire == {"conversation_id": "thread"}
    await run(again, backend, store)
    assert [m.content for m in conversation.messages.values()] == ["hi", "Hi"]
    saved = store.load(conversation.id)
    assert [m.content for m in saved.messages.values()] == ["hi", "Hi"]
    assert (saved.deleted, saved.head) == ([turn.reply.id], again.reply.id)


@pytest.mark.parametrize("what", ["text", "reasoning", "follower", "stopped"])
async def test_whatever_came_of_a_failed_reply_stays_a_version(what: str) -> None:
    conversation = new_conversation(now=utc_now())
    reply = new_turn(conversation, "hi", backend_name="fake").reply
    reply.status, reply.error = Status.ERROR, "it broke"
    match what:
        case "text":
            reply.content = "Hal"
        case "reasoning":
            reply.reasoning = "Hm"
        case "follower":
            new_turn(conversation, "and?", backend_name="fake")
        case "stopped":
            reply.status, reply.error = Status.PARTIAL, None
    again = another_reply(conversation, reply.id, backend_name="fake")
    assert conversation.siblings(again.reply.id) == [reply, again.reply]
    assert conversation.deleted == []


async def test_a_reply_without_end_is_cut_and_what_came_is_kept(
    store: Store, conversation: Conversation, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("copilot_tui.replies.REPLY_LIMIT", 10)
    turn, backend = begin(conversation), FakeBackend(["12345", Delta(reasoning="678"), "90!", "x"])
    with pytest.raises(CutOff, match="longer than"):
        await run(turn, backend, store)
    assert backend.closed == 1
    reply = store.load(conversation.id).head_message
    assert reply is not None
    assert (reply.content, reply.status) == ("1234590!", Status.PARTIAL)


async def test_a_reply_that_begins_anew_is_counted_anew(
    store: Store, conversation: Conversation, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("copilot_tui.replies.REPLY_LIMIT", 10)
    backend = FakeBackend(["12345678", Delta(text="abcdefgh", replaces=True)])
    await run(begin(conversation), backend, store)
    reply = store.load(conversation.id).head_message
    assert reply is not None
    assert (reply.content, reply.status) == ("abcdefgh", Status.COMPLETE)
