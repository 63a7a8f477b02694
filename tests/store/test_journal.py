from __future__ import annotations

import errno
import json
import os
import stat
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, wait
from pathlib import Path
from threading import Event

import pytest

from copilot_tui.conversation import Conversation, Message, Role, Status
from copilot_tui.errors import StoreError, UnreadableDocument
from copilot_tui.store import Disk, Store
from copilot_tui.store.files import Stamp
from copilot_tui.store.folding import INTERRUPTED, read_journal
from copilot_tui.store.journal import END, FileJournal, journal_path
from tests.store.faults import FaultyDisk
from tests.store.samples import Child, add_empty_reply, add_turn

STREAM = """
import sys
from pathlib import Path
from copilot_tui.store import Store
from copilot_tui.conversation import *
data, cache, id_ = sys.argv[1:]
store = Store(Path(data), Path(cache))
conversation = store.load(id_)
prompt = Message(id=new_id(), role=Role.USER, content="?", parent_id=conversation.head)
conversation.add(prompt)
reply = conversation.add(
    Message(id=new_id(), role=Role.ASSISTANT, parent_id=prompt.id, status=Status.PARTIAL)
)
store.save(conversation)
journal = store.open_journal(conversation, reply)
for piece in ("what ", "has ", "come"):
    journal.append(piece, "why ")
    journal.flush()
print("flushed", flush=True)
input()
journal.close()
"""


NO_ID = "00000000-0000-0000-0000-000000000000"
"""Before every other."""


def journals(data_dir: Path) -> list[str]:
    return sorted(os.listdir(data_dir / "journal"))


def left_by(disk: Disk, path: Path) -> tuple[str, str]:
    left = read_journal(disk.read(path)[0], path.name)
    assert left is not None
    return left.reply.content, left.reply.reasoning


def test_a_killed_process_leaves_its_text_as_a_partial_reply(
    store: Store,
    conversation: Conversation,
    data_dir: Path,
    cache_dir: Path,
    start: Callable[..., Child],
) -> None:
    store.save(conversation)
    child = start(STREAM, data_dir, cache_dir, conversation.id)
    child.wait_for("flushed")
    child.process.kill()
    child.ended()
    loaded = store.load(conversation.id)
    reply = loaded.head_message
    assert reply is not None
    assert (reply.content, reply.reasoning) == ("what has come", "why why why ")
    assert (reply.status, reply.error) == (Status.PARTIAL, INTERRUPTED)
    assert len(loaded.path()) == 4
    assert journals(data_dir) == []
    assert store.load(conversation.id) == loaded


def test_a_living_process_keeps_its_journal(
    store: Store,
    conversation: Conversation,
    data_dir: Path,
    cache_dir: Path,
    start: Callable[..., Child],
) -> None:
    store.save(conversation)
    child = start(STREAM, data_dir, cache_dir, conversation.id)
    child.wait_for("flushed")
    reply = store.load(conversation.id).head_message
    assert reply is not None
    assert (reply.content, reply.error) == ("", None)
    assert store.recover() == []
    assert len(journals(data_dir)) == 2
    child.let_go()
    assert child.ended() == 0
    reply = store.load(conversation.id).head_message
    assert reply is not None
    assert (reply.content, reply.error) == ("what has come", None)
    assert journals(data_dir) == []


def test_the_own_living_journal_is_not_folded_in(store: Store, conversation: Conversation) -> None:
    reply = add_empty_reply(conversation)
    store.save(conversation)
    journal = store.open_journal(conversation, reply)
    journal.append("so far")
    journal.flush()
    assert store.load(conversation.id).messages[reply.id].content == ""
    assert store.recover() == []
    journal.close()
    assert store.load(conversation.id).messages[reply.id].content == "so far"


def test_who_loads_while_another_recovers_waits_for_the_text(
    store: Store, conversation: Conversation, data_dir: Path, cache_dir: Path
) -> None:
    reply = add_empty_reply(conversation)
    store.save(conversation)
    journal = store.open_journal(conversation, reply)
    journal.append("what came")
    journal.flush()
    journal.close()
    reached, go = Event(), Event()

    class Slow(Disk):
        def replace(self, source: Path, target: Path) -> None:
            reached.set()
            assert go.wait(30)
            super().replace(source, target)

    slow = Store(data_dir, cache_dir, disk=Slow())
    with ThreadPoolExecutor(2) as threads:
        recovering = threads.submit(slow.recover)
        assert reached.wait(30)
        loading = threads.submit(store.load, conversation.id)
        assert wait([loading], timeout=0.05).done == set()
        go.set()
        assert recovering.result() == [conversation.id]
        assert loading.result().messages[reply.id].content == "what came"


def test_a_journal_that_is_discarded_after_it_was_closed_leaves_nothing(
    store: Store, conversation: Conversation, data_dir: Path
) -> None:
    reply = add_empty_reply(conversation)
    store.save(conversation)
    journal = store.open_journal(conversation, reply)
    journal.append("text")
    journal.close()
    assert len(list(data_dir.glob("journal/*.jsonl"))) == 1
    journal.discard()
    assert not list(data_dir.glob("journal/*"))
    journal.discard()
    assert not list(data_dir.glob("journal/*"))


def test_a_discarded_journal_leaves_nothing(
    store: Store, conversation: Conversation, data_dir: Path
) -> None:
    reply = add_empty_reply(conversation)
    store.save(conversation)
    journal = store.open_journal(conversation, reply)
    journal.append("text")
    journal.flush()
    journal.sync()
    journal.discard()
    journal.close()
    journal.append("late")
    journal.flush()
    journal.sync()
    assert journals(data_dir) == []


def test_what_is_appended_is_on_disk_after_the_flush(
    store: Store, conversation: Conversation, data_dir: Path
) -> None:
    reply = add_empty_reply(conversation)
    journal = store.open_journal(conversation, reply)
    path = journal_path(data_dir / "journal", conversation.id, reply.id)
    journal.append("a\n\u2028")
    journal.append("", "\ud800")
    size = path.stat().st_size
    journal.flush()
    assert left_by(Disk(), path) == ("a\n\u2028", "\ud800")
    journal.flush()
    assert path.stat().st_size > size
    journal.close()


def test_a_torn_line_costs_only_itself(conversation: Conversation, tmp_path: Path) -> None:
    reply = add_empty_reply(conversation)
    path = tmp_path / "x.jsonl"
    journal = FileJournal(path, conversation, reply, Disk())
    for piece in ("one ", "two ", "thrée"):
        journal.append(piece)
        journal.flush()
    whole = path.read_bytes()
    for cut in range(whole.index(b"\n") + 1, len(whole) + 1):
        left = read_journal(whole[:cut], path.name)
        assert left is not None
        assert "one two thrée".startswith(left.reply.content)
        if cut >= len(whole) - 1:
            assert left.reply.content == "one two thrée"
    journal.close()


@pytest.mark.parametrize("is_flushed_before", [True, False])
def test_a_reply_that_was_begun_anew_leaves_its_new_text_alone(
    conversation: Conversation, tmp_path: Path, is_flushed_before: bool
) -> None:
    path = tmp_path / "j.jsonl"
    journal = FileJournal(path, conversation, add_empty_reply(conversation), Disk())
    journal.append("Hello", "hm")
    if is_flushed_before:
        journal.flush()
    journal.begin_again()
    journal.append("Good", "so")
    journal.flush()
    journal.append(" day")
    journal.flush()
    assert left_by(Disk(), path) == ("Good day", "so")
    journal.close()


def test_a_reply_that_is_begun_anew_keeps_its_old_text_until_the_new_one_is_written(
    conversation: Conversation, tmp_path: Path
) -> None:
    path = tmp_path / "j.jsonl"
    journal = FileJournal(path, conversation, add_empty_reply(conversation), Disk())
    journal.append("Hello")
    journal.flush()
    journal.begin_again()
    journal.flush()
    assert left_by(Disk(), path) == ("Hello", "")
    journal.close()


def seal_of(conversation: Conversation, tmp_path: Path) -> tuple[bytes, bytes]:
    """A journal of a whole reply: its lines up to the seal, and the seal."""
    path = tmp_path / "x.jsonl"
    reply = add_empty_reply(conversation)
    journal = FileJournal(path, conversation, reply, Disk())
    for piece in ("one ", "twö"):
        journal.append(piece, "why ")
        journal.flush()
        reply.append(piece)
        reply.append_reasoning("why ")
    size = path.stat().st_size
    reply.wire = {"id": 7}
    journal.seal(reply)
    data = path.read_bytes()
    journal.discard()
    return data[:size], data[size:]


def test_a_sealed_journal_says_that_the_reply_is_whole_and_what_else_was_known(
    conversation: Conversation, tmp_path: Path
) -> None:
    before, seal = seal_of(conversation, tmp_path)
    left = read_journal(before + seal, "x")
    assert left is not None
    assert left.is_whole
    assert (left.reply.content, left.reply.reasoning) == ("one twö", "why why ")
    assert (left.reply.status, left.reply.wire) == (Status.COMPLETE, {"id": 7})


def test_a_torn_seal_is_as_if_it_were_not_there(conversation: Conversation, tmp_path: Path) -> None:
    before, seal = seal_of(conversation, tmp_path)
    for cut in range(len(seal) - 1):  # without its end of line it is whole
        for rest in (b"", b"\0" * (len(seal) - cut), b"\n" + END):
            left = read_journal(before + seal[:cut] + rest, "x")
            assert left is not None
            assert (left.is_whole, left.reply.content) == (False, "one twö")


def test_a_seal_whose_text_did_not_come_to_the_disk_seals_nothing(
    conversation: Conversation, tmp_path: Path
) -> None:
    before, seal = seal_of(conversation, tmp_path)
    first, *lines = before.splitlines(keepends=True)
    for lost in range(len(lines)):
        for instead in (b"", b"\0" * len(lines[lost])):
            kept = [first, *lines[:lost], instead, *lines[lost + 1 :], seal]
            left = read_journal(b"".join(kept), "x")
            assert left is not None
            assert not left.is_whole


@pytest.mark.parametrize(
    "seal",
    [
        {"whole": True},
        {"whole": {"content": 7, "reasoning": 8}},
        {"whole": {"content": 7, "reasoning": 8}, "reply": []},
        {"whole": {"content": 7, "reasoning": 8}, "reply": {"role": "nobody"}},
        {"whole": {"content": 6, "reasoning": 8}, "reply": {"role": "assistant"}},
    ],
)
def test_what_is_no_seal_seals_nothing(
    conversation: Conversation, tmp_path: Path, seal: dict[str, object]
) -> None:
    before, _ = seal_of(conversation, tmp_path)
    left = read_journal(before + json.dumps(seal).encode() + b"\n", "x")
    assert left is not None
    assert (left.is_whole, left.reply.content) == (False, "one twö")


@pytest.mark.parametrize("is_there", [True, False], ids=["there", "lost"])
def test_a_whole_reply_that_was_never_saved_is_whole_at_the_next_load(
    store: Store, other: Store, conversation: Conversation, data_dir: Path, is_there: bool
) -> None:
    reply = add_empty_reply(conversation)
    if is_there:
        store.save(conversation)
    journal = store.open_journal(conversation, reply)
    journal.append("text")
    reply.append("text")
    reply.finish_reason = "stop"
    journal.seal(reply)
    journal.close()
    assert other.recover() == [conversation.id]
    found = other.load(conversation.id).messages[reply.id]
    assert (found.content, found.status, found.error) == ("text", Status.COMPLETE, None)
    assert (found.finish_reason, found.parent_id) == ("stop", reply.parent_id)
    assert journals(data_dir) == []


def test_a_whole_reply_takes_nothing_from_one_that_is_longer_on_disk(
    store: Store, other: Store, conversation: Conversation
) -> None:
    reply = add_empty_reply(conversation)
    reply.content = "longer than that"
    store.save(conversation)
    reply.content = ""
    journal = store.open_journal(conversation, reply)
    journal.append("text")
    reply.append("text")
    journal.seal(reply)
    journal.close()
    assert other.load(conversation.id).messages[reply.id].content == "longer than that"


def test_a_whole_reply_stays_where_another_program_has_hung_it_meanwhile(
    store: Store, other: Store, conversation: Conversation
) -> None:
    above = conversation.head
    reply = add_empty_reply(conversation)
    store.save(conversation)
    journal = store.open_journal(conversation, reply)
    theirs = other.load(conversation.id)
    theirs.deleted.append(reply.parent_id or "")
    theirs.replace_messages(m for m in theirs.messages.values() if m.id != reply.parent_id)
    theirs.messages[reply.id].parent_id = above
    other.save(theirs)
    reply.append("text")
    journal.append("text")
    journal.seal(reply)
    journal.close()
    found = other.load(conversation.id).messages[reply.id]
    assert (found.content, found.parent_id) == ("text", above)


def test_a_journal_without_a_whole_first_line_says_nothing() -> None:
    assert read_journal(b"", "x") is None
    assert read_journal(b'{"version": 1', "x") is None


@pytest.mark.parametrize(
    "data",
    [
        b"\n",
        b"[]\n",
        b"{}\n",
        b"null\n",
        b"\xff\n",
        b'{"version": 1, "conversation": 3, "reply": {}}\n',
        b'{"version": 1, "conversation": {"id": "x"}, "reply": {}}\n',
        b'{"version": 2, "conversation": {"id": "x"}, '
        b'"reply": {"id": "m", "role": "user", "content": ""}}\n',
    ],
)
def test_what_is_no_journal_is_named(data: bytes) -> None:
    with pytest.raises(UnreadableDocument, match=r"x\.jsonl"):
        read_journal(data, "x.jsonl")


def test_a_foreign_journal_is_left_alone_and_the_conversation_loads(
    store: Store, conversation: Conversation, data_dir: Path
) -> None:
    store.save(conversation)
    foreign = journal_path(data_dir / "journal", conversation.id, conversation.head or "")
    foreign.parent.mkdir(mode=0o700)
    foreign.write_bytes(b"not ours\n")
    assert store.load(conversation.id) == conversation
    assert store.recover() == []
    assert foreign.read_bytes() == b"not ours\n"


@pytest.mark.parametrize("written", [0, 1, 9])
def test_a_full_disk_keeps_the_text_until_there_is_room(
    conversation: Conversation, tmp_path: Path, written: int
) -> None:
    class Full(Disk):
        is_full = False

        def write(self, descriptor: int, data: bytes | memoryview) -> int:
            if self.is_full:
                super().write(descriptor, data[:written])
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            return super().write(descriptor, data)

    disk = Full()
    path = tmp_path / "x.jsonl"
    journal = FileJournal(path, conversation, add_empty_reply(conversation), disk)
    journal.append("first ")
    journal.flush()
    disk.is_full = True
    for _ in range(2):
        journal.append("second ", "r")
        with pytest.raises(StoreError, match="the reply cannot be kept on disk: the disk is full"):
            journal.flush()
    with pytest.raises(StoreError, match="the disk is full"):
        journal.seal(Message(id="r", role=Role.ASSISTANT))
    disk.is_full = False
    journal.append("third")
    journal.flush()
    assert left_by(disk, path) == ("first second second third", "rr")
    journal.close()


@pytest.mark.parametrize("operation", ["open", "write", "fsync", "close", "mkdir"])
def test_a_journal_that_cannot_be_opened_leaves_nothing(
    conversation: Conversation, tmp_path: Path, operation: str
) -> None:
    disk = FaultyDisk(operation, 0, errno.EIO)
    folder = tmp_path / "journal"
    with pytest.raises(StoreError, match="the reply cannot be kept on disk"):
        FileJournal(folder / "x.jsonl", conversation, add_empty_reply(conversation), disk)
    names = os.listdir(folder) if folder.exists() else []
    assert names == []


def test_a_failing_sync_is_told(conversation: Conversation, tmp_path: Path) -> None:
    disk = FaultyDisk("fsync", 1, errno.EIO)
    journal = FileJournal(tmp_path / "x.jsonl", conversation, add_empty_reply(conversation), disk)
    with pytest.raises(StoreError, match="the disk reports an error"):
        journal.sync()
    journal.sync()
    journal.close()


def test_a_saved_reply_is_not_changed_by_its_leftover_journal(
    store: Store, conversation: Conversation, data_dir: Path
) -> None:
    reply = add_empty_reply(conversation)
    journal = store.open_journal(conversation, reply)
    journal.append("all of it")
    journal.flush()
    reply.content, reply.status = "all of it", Status.COMPLETE
    store.save(conversation)
    journal.close()
    before = store.load(conversation.id)
    assert before.messages[reply.id].status is Status.COMPLETE
    assert before == conversation
    assert journals(data_dir) == []


def test_a_journal_of_a_deleted_message_says_nothing(
    store: Store, conversation: Conversation
) -> None:
    reply = add_empty_reply(conversation)
    journal = store.open_journal(conversation, reply)
    journal.append("text")
    journal.flush()
    journal.close()
    conversation.discard(reply.id)
    conversation.deleted.append(reply.id)
    store.save(conversation)
    assert reply.id not in store.load(conversation.id).messages


def test_a_journal_has_enough_to_make_the_conversation_anew(
    store: Store, conversation: Conversation, data_dir: Path
) -> None:
    reply = add_empty_reply(conversation)
    store.save(conversation)
    journal = store.open_journal(conversation, reply)
    journal.append("text")
    journal.flush()
    journal.close()
    (data_dir / "conversations" / f"{conversation.id}.json").unlink()
    assert store.recover() == [conversation.id]
    loaded = store.load(conversation.id)
    assert loaded.title == "A talk"
    assert [m.content for m in loaded.path()] == ["text"]


@pytest.mark.parametrize("place", ["0", "f"], ids=["before the others", "after the others"])
@pytest.mark.parametrize(
    "content",
    ["garbage\n", '{"version": 99}\n', "[" * 100_000 + "\n"],
    ids=["no JSON", "another version", "nested"],
)
@pytest.mark.parametrize("by", ["recover", "load"])
def test_a_journal_that_cannot_be_read_is_named_left_alone_and_keeps_no_other_back(
    store: Store, conversation: Conversation, data_dir: Path, place: str, content: str, by: str
) -> None:
    reply = add_empty_reply(conversation)
    store.save(conversation)
    journal = store.open_journal(conversation, reply)
    journal.append("received")
    journal.flush()
    journal.close()
    wrong = journal_path(data_dir / "journal", conversation.id, place * 8 + NO_ID[8:])
    wrong.write_text(content)
    if by == "recover":
        assert store.recover() == [conversation.id]
        assert store.recover() == []
    assert store.load(conversation.id).messages[reply.id].content == "received"
    document = data_dir / "conversations" / f"{conversation.id}.json"
    assert "received" in document.read_text()
    assert [name for name in journals(data_dir) if name.endswith(".jsonl")] == [wrong.name]
    assert wrong.read_text() == content
    [problem] = store.problems()
    assert wrong.name in str(problem)
    wrong.unlink()
    assert store.problems() == []


class ForbiddenDisk(Disk):
    """May not read the journal NO_ID."""

    def read(self, path: Path) -> tuple[bytes, Stamp]:
        if NO_ID in path.name:
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
        return super().read(path)


def test_a_journal_without_the_right_to_read_it_keeps_no_other_back(
    conversation: Conversation, data_dir: Path, cache_dir: Path
) -> None:
    store = Store(data_dir, cache_dir, disk=ForbiddenDisk())
    reply = add_empty_reply(conversation)
    store.save(conversation)
    journal = store.open_journal(conversation, reply)
    journal.append("received")
    journal.flush()
    journal.close()
    journal_path(data_dir / "journal", conversation.id, NO_ID).touch()
    assert store.load(conversation.id).messages[reply.id].content == "received"
    [problem] = store.problems()
    assert NO_ID in str(problem)
    assert "denied" in str(problem)


def test_a_journal_of_a_trashed_conversation_goes_to_the_trash(
    store: Store, conversation: Conversation
) -> None:
    reply = add_empty_reply(conversation)
    store.save(conversation)
    journal = store.open_journal(conversation, reply)
    journal.append("text")
    journal.flush()
    store.delete(conversation.id)
    journal.close()
    assert store.recover() == [conversation.id]
    assert store.summaries() == []
    store.restore(conversation.id)
    assert store.load(conversation.id).messages[reply.id].content == "text"


def test_a_reply_whose_writer_died_before_it_had_a_journal_says_that_it_was_cut_off(
    store: Store, other: Store, conversation: Conversation
) -> None:
    reply = add_empty_reply(conversation)
    store.save(conversation)
    journal = store.open_journal(conversation, reply)
    assert other.load(conversation.id).messages[reply.id].error is None
    journal.discard()
    found = other.load(conversation.id).messages[reply.id]
    assert (found.status, found.error) == (Status.PARTIAL, INTERRUPTED)


def test_a_reply_that_ends_while_its_conversation_is_read_was_not_cut_off(
    store: Store, conversation: Conversation, data_dir: Path, cache_dir: Path
) -> None:
    reply = add_empty_reply(conversation)
    journal = store.open_journal(conversation, reply)
    store.save(conversation)

    class Meanwhile(Disk):
        """The writer ends when the document was read."""

        def read(self, path: Path) -> tuple[bytes, Stamp]:
            found = super().read(path)
            if path.suffix == ".json" and reply.status is Status.PARTIAL:
                reply.content, reply.status = "all of it", Status.COMPLETE
                store.save(conversation)
                journal.discard()
            return found

    found = Store(data_dir, cache_dir, disk=Meanwhile()).load(conversation.id).messages[reply.id]
    assert (found.content, found.status, found.error) == ("all of it", Status.COMPLETE, None)


def test_a_conversation_that_is_written_on_and_on_is_read_all_the_same(
    store: Store, conversation: Conversation, data_dir: Path, cache_dir: Path
) -> None:
    reply = add_empty_reply(conversation)
    store.save(conversation)

    class Busy(Disk):
        """Another program writes the document whenever it was read."""

        def read(self, path: Path) -> tuple[bytes, Stamp]:
            found = super().read(path)
            conversation.title += "!"
            store.save(conversation)
            return found

    found = Store(data_dir, cache_dir, disk=Busy()).load(conversation.id).messages[reply.id]
    assert (found.status, found.error) == (Status.PARTIAL, None)


@pytest.mark.parametrize("is_there", [True, False], ids=["the conversation", "nothing"])
def test_a_journal_whose_prompt_never_came_to_the_disk_leaves_nothing(
    store: Store, other: Store, conversation: Conversation, data_dir: Path, is_there: bool
) -> None:
    if is_there:
        store.save(conversation)
    before = set(conversation.messages)
    conversation.add(Message(id="asked", role=Role.USER, parent_id=conversation.head))
    reply = Message(id="r", role=Role.ASSISTANT, parent_id="asked", status=Status.PARTIAL)
    store.open_journal(conversation, conversation.add(reply)).close()
    other.recover()
    assert journals(data_dir) == []
    assert [row.id for row in other.summaries()] == [conversation.id] * is_there
    if is_there:
        assert set(other.load(conversation.id).messages) == before


def test_a_reply_that_was_stopped_says_nothing_of_a_cut(
    store: Store, other: Store, conversation: Conversation
) -> None:
    reply = add_empty_reply(conversation)
    reply.elapsed_s = 0.1
    store.save(conversation)
    assert other.load(conversation.id).messages[reply.id].error is None


def test_where_somebody_went_on_a_recovered_reply_does_not_take_the_head(
    store: Store, conversation: Conversation
) -> None:
    asked = Message(id="asked", role=Role.USER, parent_id=conversation.head)
    conversation.add(asked)
    reply = Message(id="any id: ../../x", role=Role.ASSISTANT, parent_id="asked")
    journal = store.open_journal(conversation, reply)
    journal.append("text")
    journal.flush()
    journal.close()
    add_turn(conversation, "meanwhile", "yes")
    store.save(conversation)
    loaded = store.load(conversation.id)
    assert loaded.messages["any id: ../../x"].content == "text"
    assert loaded.head == conversation.head


@pytest.mark.skipif(sys.platform == "win32", reason="modes are POSIX's")
def test_a_journal_is_the_owners_alone(
    store: Store, conversation: Conversation, data_dir: Path
) -> None:
    journal = store.open_journal(conversation, add_empty_reply(conversation))
    folder = data_dir / "journal"
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert {stat.S_IMODE(each.stat().st_mode) for each in folder.iterdir()} == {0o600}
    journal.discard()


def test_a_reply_costs_its_size_twice_and_a_half_and_two_documents(
    data_dir: Path, cache_dir: Path, conversation: Conversation
) -> None:
    class Counting(Disk):
        written = 0

        def write(self, descriptor: int, data: bytes | memoryview) -> int:
            self.written += len(data)
            return super().write(descriptor, data)

    disk = Counting()
    store = Store(data_dir, cache_dir, disk=disk)
    reply = add_empty_reply(conversation)
    store.save(conversation)
    journal = store.open_journal(conversation, reply)
    for _ in range(2000):
        journal.append('A line of code, "quoted"\n')
        journal.flush()
        reply.append('A line of code, "quoted"\n')
    size = len(reply.content)
    reply.status = Status.COMPLETE
    store.save(conversation)
    journal.discard()
    document = (data_dir / "conversations" / f"{conversation.id}.json").stat().st_size
    assert disk.written <= 2.5 * size + 2 * document


def test_the_first_line_is_json_with_the_reply(conversation: Conversation, tmp_path: Path) -> None:
    reply = add_empty_reply(conversation)
    FileJournal(tmp_path / "x.jsonl", conversation, reply, Disk()).close()
    header, end = (tmp_path / "x.jsonl").read_text().splitlines()
    assert json.loads(header)["reply"]["id"] == reply.id
    assert json.loads(header)["conversation"]["id"] == conversation.id
    assert json.loads(end) == {"end": "closed"}
