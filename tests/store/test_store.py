from __future__ import annotations

import errno
import gc
import json
import os
import stat
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from copy import deepcopy
from pathlib import Path

import pytest

from copilot_tui import document
from copilot_tui.conversation import (
    Conversation,
    Status,
    TitleSource,
    new_conversation,
    new_id,
    utc_now,
)
from copilot_tui.errors import NewerDocument, NotFound, StoreError, UnreadableDocument
from copilot_tui.store import Disk, Draft, Store, summary_of
from tests.store.faults import OPERATIONS, FaultyDisk, count_of
from tests.store.samples import Child, Clock, add_empty_reply, add_turn

SAVE_TURNS = """
import sys
from pathlib import Path
from copilot_tui.store import Store
from tests.store.samples import add_turn
data, cache, id_, name = sys.argv[1:]
store = Store(Path(data), Path(cache))
conversation = store.load(id_)
print("loaded", flush=True)
input()
for turn in range(20):
    add_turn(conversation, f"{name} asks {turn}", f"{name} is answered {turn}")
    store.save(conversation)
"""

SAVE_FOR_EVER = """
import sys, itertools
from pathlib import Path
from copilot_tui.store import Store
from tests.store.samples import add_turn
data, cache, id_ = sys.argv[1:]
store = Store(Path(data), Path(cache))
conversation = store.load(id_)
for turn in itertools.count():
    add_turn(conversation, f"turn {turn}", "x" * 100_000)
    store.save(conversation)
    print("saved", turn, flush=True)
"""


def file_of(data_dir: Path, conversation: Conversation, folder: str = "conversations") -> Path:
    return data_dir / folder / f"{conversation.id}.json"


def contents(conversation: Conversation) -> list[str]:
    return [message.content for message in conversation.messages.values()]


# Saving and loading


def test_what_is_saved_is_loaded(store: Store, other: Store, conversation: Conversation) -> None:
    saved = store.save(conversation)
    assert (saved.trashed, saved.merged) == (False, False)
    assert store.load(conversation.id) == conversation
    assert other.load(conversation.id) == conversation


def test_nothing_is_on_disk_before_the_first_write(
    store: Store, data_dir: Path, cache_dir: Path
) -> None:
    assert store.cached_summaries() == []
    assert store.trashed() == []
    assert store.drafts() == []
    assert store.draft(new_id()) is None
    assert store.view_state(new_id()) is None
    assert store.recover() == []
    assert store.purge_trash() == []
    with pytest.raises(NotFound):
        store.load(new_id())
    assert not data_dir.exists()
    assert not cache_dir.exists()


@pytest.mark.skipif(sys.platform == "win32", reason="modes are POSIX's")
@pytest.mark.parametrize("umask", [0o000, 0o077, 0o777], ids=oct)
def test_everything_is_the_owners_alone_whatever_the_umask(
    store: Store, data_dir: Path, conversation: Conversation, umask: int
) -> None:
    before = os.umask(umask)
    try:
        store.save(conversation)
        store.open_journal(conversation, add_empty_reply(conversation)).close()
        store.delete(conversation.id)
    finally:
        os.umask(before)
    modes = {
        (path.is_dir(), stat.S_IMODE(path.stat().st_mode))
        for path in (data_dir, *data_dir.rglob("*"))
    }
    assert modes == {(True, 0o700), (False, 0o600)}


@pytest.mark.parametrize("operation", OPERATIONS)
def test_a_save_that_fails_anywhere_loses_nothing_and_can_be_repeated(
    data_dir: Path, cache_dir: Path, conversation: Conversation, operation: str
) -> None:
    Store(data_dir, cache_dir).save(conversation)
    before = deepcopy(conversation)
    add_turn(conversation, "more", "yes")
    after = deepcopy(conversation)
    steps = count_of(operation, lambda disk: Store(data_dir, cache_dir, disk=disk).save(before))
    assert steps
    for refused in range(steps):
        disk = FaultyDisk(operation, refused, errno.ENOSPC)
        store = Store(data_dir, cache_dir, disk=disk)
        with pytest.raises(StoreError, match="the disk is full"):
            store.save(conversation)
        assert store.load(conversation.id) in (before, after)
        assert len(list((data_dir / "conversations").iterdir())) == 1
        store.save(conversation)
        assert store.load(conversation.id) == after
        file_of(data_dir, conversation).write_bytes(document.dumps(before))


def test_a_folder_that_cannot_be_made_is_told(tmp_path: Path, conversation: Conversation) -> None:
    (tmp_path / "file").write_text("")
    store = Store(tmp_path / "file", tmp_path / "cache")
    with pytest.raises(StoreError, match="a part of its path is a file"):
        store.save(conversation)


def test_an_unchanged_file_is_not_read_before_a_save(
    data_dir: Path, cache_dir: Path, conversation: Conversation
) -> None:
    class Counting(Disk):
        reads = 0

        def open(self, path: Path, flags: int) -> int:
            self.reads += flags == os.O_RDONLY and path.suffix == ".json"
            return super().open(path, flags)

    disk = Counting()
    store = Store(data_dir, cache_dir, disk=disk)
    for _ in range(3):
        add_turn(conversation, "more", "yes")
        store.save(conversation)
    assert disk.reads == 0
    store.rename(conversation.id, "Another")
    assert disk.reads == 1
    store.save(conversation)
    assert disk.reads == 2


def test_a_conversation_may_be_saved_while_it_grows(
    store: Store, conversation: Conversation
) -> None:
    reply = add_empty_reply(conversation)
    with ThreadPoolExecutor(1) as thread:
        for _ in range(10):
            saving = thread.submit(store.save, conversation)
            while not saving.done():
                reply.append("x")
            saving.result()
            add_turn(conversation, "more", "yes")
    store.save(conversation)
    assert store.load(conversation.id) == conversation


def test_threads_may_save_one_conversation_at_once(
    store: Store, other: Store, conversation: Conversation
) -> None:
    store.save(conversation)

    def work(number: int) -> None:
        mine = (store, other)[number % 2]
        loaded = mine.load(conversation.id)
        for turn in range(5):
            add_turn(loaded, f"{number} {turn}", "yes")
            mine.save(loaded)

    with ThreadPoolExecutor(4) as threads:
        list(threads.map(work, range(4)))
    expected = {f"{number} {turn}" for number in range(4) for turn in range(5)}
    assert expected <= set(contents(store.load(conversation.id)))


def test_objects_that_are_gone_are_forgotten(store: Store, conversation: Conversation) -> None:
    store.save(conversation)
    for _ in range(5):
        store.load(conversation.id)
    gc.collect()
    assert len(store._views._views) == 1


# Two writers


def test_both_writers_messages_are_kept(
    store: Store, other: Store, conversation: Conversation
) -> None:
    store.save(conversation)
    theirs = other.load(conversation.id)
    add_turn(theirs, "theirs", "for them")
    other.save(theirs)
    add_turn(conversation, "mine", "for me")
    saved = store.save(conversation)
    assert saved.merged
    loaded = store.load(conversation.id)
    assert set(contents(loaded)) == {
        "hello", "Hello, Heiner.", "mine", "for me", "theirs", "for them",
    }  # fmt: skip
    assert loaded.head == conversation.head
    assert "theirs" not in contents(conversation)
    saved.apply_to(conversation)
    assert conversation == loaded
    assert not store.save(conversation).merged


def test_what_came_in_and_was_never_applied_is_not_lost(
    store: Store, other: Store, conversation: Conversation
) -> None:
    store.save(conversation)
    theirs = other.load(conversation.id)
    theirs.title, theirs.title_source = "Theirs", TitleSource.USER
    add_turn(theirs, "theirs", "for them")
    other.save(theirs)
    for turn in range(3):
        add_turn(conversation, f"mine {turn}", "for me")
        store.save(conversation)
    loaded = store.load(conversation.id)
    assert {"theirs", "mine 0", "mine 2"} <= set(contents(loaded))
    assert loaded.title == "Theirs"
    conversation.title = "Mine after all"
    conversation.title_source = TitleSource.USER
    store.save(conversation)
    assert store.load(conversation.id).title == "Mine after all"


def test_a_title_that_was_changed_elsewhere_survives_my_save(
    store: Store, other: Store, conversation: Conversation
) -> None:
    store.save(conversation)
    other.rename(conversation.id, "Renamed")
    add_turn(conversation, "mine", "for me")
    store.save(conversation)
    assert store.load(conversation.id).title == "Renamed"


def test_a_message_deleted_elsewhere_stays_deleted(
    store: Store, other: Store, conversation: Conversation
) -> None:
    store.save(conversation)
    theirs = other.load(conversation.id)
    gone = theirs.head or ""
    theirs.discard(gone)
    theirs.deleted.append(gone)
    other.save(theirs)
    store.save(conversation)
    assert gone not in store.load(conversation.id).messages


def test_a_complete_reply_is_not_undone_by_a_partial_one(
    store: Store, other: Store, conversation: Conversation
) -> None:
    reply = add_empty_reply(conversation)
    reply.append("a long beginning")
    store.save(conversation)
    theirs = other.load(conversation.id)
    theirs.messages[reply.id].content = "whole"
    theirs.messages[reply.id].status = Status.COMPLETE
    other.save(theirs)
    store.save(conversation)
    there = store.load(conversation.id).messages[reply.id]
    assert (there.content, there.status) == ("whole", Status.COMPLETE)


def test_two_processes_may_save_one_conversation_at_once(
    store: Store,
    conversation: Conversation,
    data_dir: Path,
    cache_dir: Path,
    start: Callable[..., Child],
) -> None:
    store.save(conversation)
    children = [start(SAVE_TURNS, data_dir, cache_dir, conversation.id, name) for name in "ab"]
    for child in children:
        child.wait_for("loaded")
    for child in children:
        child.let_go()
    assert [child.ended() for child in children] == [0, 0]
    loaded = store.load(conversation.id)
    expected = [f"{name} asks {turn}" for name in "ab" for turn in range(20)]
    assert sorted(each for each in contents(loaded) if " asks " in each) == sorted(expected)
    for message in loaded.messages.values():
        if message.content.startswith(("a is", "b is")):
            asked = loaded.messages[message.parent_id or ""]
            assert asked.content == message.content.replace("is answered", "asks")


def test_a_conversation_that_is_saved_by_someone_who_never_read_it_is_merged(
    store: Store, other: Store, conversation: Conversation
) -> None:
    store.save(conversation)
    imported = deepcopy(conversation)
    add_turn(imported, "imported", "yes")
    other.save(imported)
    add_turn(conversation, "mine", "yes")
    store.save(conversation)
    assert {"imported", "mine"} <= set(contents(store.load(conversation.id)))


# The list


def test_the_list_is_newest_first_and_in_step_with_the_folder(
    store: Store, other: Store, clock: Clock
) -> None:
    saved = []
    for place in range(3):
        each = new_conversation(now=clock())
        each.title, each.tags = f"talk {place}", ["tag"]
        other.save(each)
        saved.append(each)
    assert store.cached_summaries() == []
    assert store.summaries() == [summary_of(each) for each in reversed(saved)]
    assert store.cached_summaries() == store.summaries()
    other.rename(saved[0].id, "first again")
    other.delete(saved[1].id)
    assert [each.title for each in store.summaries()] == ["first again", "talk 2"]
    assert [each.title for each in other.summaries()] == ["first again", "talk 2"]


def test_a_save_is_in_the_list_without_a_look_at_the_folder(
    store: Store, conversation: Conversation
) -> None:
    store.summaries()
    store.save(conversation)
    assert store.cached_summaries() == [summary_of(conversation)]


def break_off(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-20])


def empty(path: Path) -> None:
    path.write_bytes(b"")


def as_folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


def as_link(path: Path) -> None:
    path.rename(path.parent / "elsewhere")
    path.symlink_to(path.parent / "elsewhere")


def as_another(path: Path) -> None:
    path.write_text(json.dumps({"version": 1, "id": new_id(), "messages": []}))


@pytest.mark.parametrize("damage", [break_off, empty, as_folder, as_link, as_another])
def test_a_file_that_cannot_be_read_is_named_and_left_alone(
    store: Store,
    data_dir: Path,
    conversation: Conversation,
    clock: Clock,
    damage: Callable[[Path], None],
) -> None:
    fine = new_conversation(now=clock())
    store.save(fine)
    store.save(conversation)
    path = file_of(data_dir, conversation)
    damage(path)
    before = os.lstat(path)
    assert [each.id for each in store.summaries()] == [fine.id]
    assert [str(each) for each in store.problems()] != []
    assert path.name in str(store.problems()[0])
    with pytest.raises(StoreError, match=path.name):
        store.load(conversation.id)
    add_turn(conversation, "more", "yes")
    with pytest.raises(StoreError, match=path.name):
        store.save(conversation)
    store.recover()
    after = os.lstat(path)
    assert (before.st_ino, before.st_size, before.st_mtime_ns) == (
        after.st_ino,
        after.st_size,
        after.st_mtime_ns,
    )


def test_a_mended_file_is_read_again(
    store: Store, data_dir: Path, conversation: Conversation
) -> None:
    store.save(conversation)
    path = file_of(data_dir, conversation)
    whole = path.read_bytes()
    break_off(path)
    assert store.summaries() == []
    path.write_bytes(whole)
    assert [each.id for each in store.summaries()] == [conversation.id]
    assert store.problems() == []


def test_foreign_names_are_told_or_passed_over(store: Store, data_dir: Path) -> None:
    folder = data_dir / "conversations"
    data_dir.mkdir(0o700)
    folder.mkdir(0o700)
    for name in ("notes.json", "README.txt", ".DS_Store", ".x.json"):
        (folder / name).write_text("{}")
    assert store.summaries() == []
    assert len(store.problems()) == 1
    assert "notes.json" in str(store.problems()[0])
    assert len(list(folder.iterdir())) == 4


def test_a_document_of_a_newer_version_is_shown_and_never_written(
    store: Store, data_dir: Path, conversation: Conversation
) -> None:
    store.save(conversation)
    path = file_of(data_dir, conversation)
    path.write_bytes(path.read_bytes().replace(b'"version": 1', b'"version": 7'))
    before = path.read_bytes()
    assert [each.title for each in store.summaries()] == ["A talk"]
    assert store.problems() == []
    loaded = store.load(conversation.id)
    assert document.is_newer(loaded)
    for attempt in (
        lambda: store.save(loaded),
        lambda: store.save(conversation),
        lambda: store.rename(conversation.id, "Other"),
    ):
        with pytest.raises(NewerDocument):
            attempt()
    assert path.read_bytes() == before


# Names


def test_an_id_may_be_shortened(store: Store, conversation: Conversation) -> None:
    store.save(conversation)
    for length in (4, 8, 9, 36):
        assert store.resolve(conversation.id[:length]) == conversation.id
    assert store.resolve(f" {conversation.id.upper()}\n") == conversation.id


def test_last_is_the_most_recently_changed(
    store: Store, clock: Clock, conversation: Conversation
) -> None:
    with pytest.raises(NotFound, match="there is no conversation yet"):
        store.resolve("last")
    store.save(conversation)
    store.save(new_conversation(now=clock()))
    store.rename(conversation.id, "Renamed")
    assert store.resolve("last") == conversation.id


@pytest.mark.parametrize(
    ("reference", "why"),
    [
        ("abc", "too short"),
        ("ffff0000", "there is no conversation ffff0000"),
        ("", "no conversation id"),
        ("../../../etc/passwd", "no conversation id"),
        ("..", "no conversation id"),
        ("/etc/passwd", "no conversation id"),
        ("\x1b[31m\x00", r"'\\x1b\[31m\\x00' is no conversation id"),
        ("0" * 100, "no conversation id"),
    ],
)
def test_what_is_no_id_is_said_in_one_line(store: Store, reference: str, why: str) -> None:
    with pytest.raises(NotFound, match=why) as caught:
        store.resolve(reference)
    assert "\n" not in str(caught.value)


def test_an_ambiguous_beginning_is_said(store: Store, clock: Clock) -> None:
    for tail in "ab":
        each = new_conversation(now=clock())
        each.id = f"abcd{each.id[4:-1]}{tail}"
        store.save(each)
    with pytest.raises(NotFound, match="'abcd' is the beginning of 2 ids"):
        store.resolve("abcd")


@pytest.mark.parametrize(
    "evil", ["../escape", "..", "", "a/b", "\x00", "CON", "last", new_id().upper() + "/"]
)
def test_an_id_never_becomes_a_path_unchecked(
    store: Store, data_dir: Path, conversation: Conversation, evil: str
) -> None:
    from copilot_tui.store import Draft, ViewState

    conversation.id = evil
    reply = add_empty_reply(conversation)
    attempts: list[Callable[[], object]] = [
        lambda: store.load(evil),
        lambda: store.save(conversation),
        lambda: store.rename(evil, "x"),
        lambda: store.delete(evil),
        lambda: store.restore(evil),
        lambda: store.draft(evil),
        lambda: store.save_draft(evil, Draft("x")),
        lambda: store.view_state(evil),
        lambda: store.save_view_state(evil, ViewState()),
        lambda: store.open_journal(conversation, reply),
    ]
    for attempt in attempts:
        with pytest.raises(NotFound, match="no conversation id"):
            attempt()
    assert not data_dir.exists()


# Renaming and the trash


def test_a_new_title_is_the_users(store: Store, conversation: Conversation) -> None:
    store.save(conversation)
    store.rename(conversation.id, "Mine")
    loaded = store.load(conversation.id)
    assert (loaded.title, loaded.title_source) == ("Mine", TitleSource.USER)
    assert loaded.updated_at > conversation.updated_at


def test_what_is_deleted_can_be_restored(store: Store, conversation: Conversation) -> None:
    store.save(conversation)
    store.delete(conversation.id)
    assert store.summaries() == []
    assert store.trashed() == [summary_of(conversation)]
    for attempt in (store.load, store.resolve, store.delete):
        with pytest.raises(NotFound, match="is in the trash") as caught:
            attempt(conversation.id)
        assert caught.value.hint.endswith(f"copilot-tui restore {conversation.id}")
    assert store.resolve(conversation.id[:6], trashed=True) == conversation.id
    assert store.resolve("last", trashed=True) == conversation.id
    store.restore(conversation.id)
    assert store.trashed() == []
    assert store.load(conversation.id) == conversation
    with pytest.raises(NotFound, match="there is no deleted conversation"):
        store.restore(conversation.id)


def test_a_write_to_a_deleted_conversation_goes_to_the_copy_in_the_trash(
    store: Store, other: Store, conversation: Conversation
) -> None:
    store.save(conversation)
    other.delete(conversation.id)
    add_turn(conversation, "more", "yes")
    assert store.save(conversation).trashed
    assert store.summaries() == []
    assert store.cached_summaries() == []
    store.restore(conversation.id)
    assert store.load(conversation.id) == conversation


def test_an_empty_conversation_is_discarded_for_good_and_nothing_else(
    store: Store, conversation: Conversation
) -> None:
    empty, drafted, titled = (new_conversation(now=utc_now()) for _ in range(3))
    titled.title, titled.title_source = "For later", TitleSource.USER
    for each in (empty, drafted, titled, conversation):
        store.save(each)
    store.save_draft(drafted.id, Draft("half a thought"))
    assert store.discard_empty(empty.id)
    for each in (drafted, titled, conversation):
        assert not store.discard_empty(each.id)
    kept = {drafted.id, titled.id, conversation.id}
    assert {each.id for each in store.summaries()} == kept
    assert store.trashed() == []
    with pytest.raises(NotFound):
        store.load(empty.id)


def test_a_second_copy_in_the_trash_is_merged_with_the_first(
    store: Store, conversation: Conversation, data_dir: Path
) -> None:
    store.save(conversation)
    copy = file_of(data_dir, conversation).read_bytes()
    add_turn(conversation, "more", "yes")
    store.save(conversation)
    store.delete(conversation.id)
    file_of(data_dir, conversation).write_bytes(copy)
    store.delete(conversation.id)
    store.restore(conversation.id)
    assert store.load(conversation.id) == conversation


def test_the_trash_is_purged_after_its_days(
    store: Store, clock: Clock, conversation: Conversation, data_dir: Path
) -> None:
    from copilot_tui.store import Draft

    kept = new_conversation(now=clock())
    for each in (conversation, kept):
        store.save(each)
        store.save_draft(each.id, Draft("x"))
    store.delete(conversation.id)
    clock.moment = clock.moment.replace(month=12)
    store.delete(kept.id)
    assert store.purge_trash() == [conversation.id]
    assert [each.id for each in store.trashed()] == [kept.id]
    assert store.drafts() == [kept.id]
    assert store.purge_trash(0) == [kept.id]
    assert list((data_dir / "trash").iterdir()) == []


def test_a_conversation_whose_file_was_removed_by_hand_is_written_anew(
    store: Store, conversation: Conversation, data_dir: Path
) -> None:
    store.save(conversation)
    file_of(data_dir, conversation).unlink()
    store.save(conversation)
    assert store.load(conversation.id) == conversation


# After a crash


@pytest.mark.parametrize("acknowledged", [1, 2, 5, 9])
def test_a_killed_writer_leaves_every_turn_that_was_acknowledged(
    store: Store,
    conversation: Conversation,
    data_dir: Path,
    cache_dir: Path,
    start: Callable[..., Child],
    acknowledged: int,
) -> None:
    store.save(conversation)
    child = start(SAVE_FOR_EVER, data_dir, cache_dir, conversation.id)
    for turn in range(acknowledged):
        child.wait_for(f"saved {turn}")
    child.process.kill()
    child.ended()
    there = contents(store.load(conversation.id))
    assert {f"turn {turn}" for turn in range(acknowledged)} <= set(there)
    assert len(there) % 2 == 0
    store.recover()
    assert len(list((data_dir / "conversations").iterdir())) == 1
    store.rename(conversation.id, "The dead do not block")


def test_leftovers_of_dead_writers_are_removed(
    store: Store, conversation: Conversation, data_dir: Path, clock: Clock
) -> None:
    store.save(conversation)
    folder = data_dir / "conversations"
    (data_dir / "drafts").mkdir(mode=0o700)
    (data_dir / "journal").mkdir(mode=0o700)
    leftover = folder / f".{conversation.id}.json.1.abc.tmp"
    young = data_dir / "drafts" / f".{conversation.id}.json.2.abc.tmp"
    old = data_dir / "drafts" / f".{conversation.id}.json.3.abc.tmp"
    lock = data_dir / "journal" / f"{conversation.id}.x.lock"
    for path in (leftover, young, old, lock):
        path.write_text("")
    for path, age in ((young, 5), (old, 500)):
        os.utime(path, (clock.moment.timestamp() - age,) * 2)
    assert store.recover() == []
    assert [path.exists() for path in (leftover, young, old, lock)] == [False, True, False, False]


def test_on_a_full_disk_a_dead_reply_is_shown_all_the_same(
    store: Store, conversation: Conversation, data_dir: Path, cache_dir: Path
) -> None:
    reply = add_empty_reply(conversation)
    store.save(conversation)
    journal = store.open_journal(conversation, reply)
    journal.append("what came")
    journal.flush()
    journal.close()
    full = Store(data_dir, cache_dir, disk=FaultyDisk("write", 0, errno.ENOSPC))
    assert full.load(conversation.id).messages[reply.id].content == "what came"
    assert len(list((data_dir / "journal").glob("*.jsonl"))) == 1
    assert store.load(conversation.id).messages[reply.id].content == "what came"


def test_an_unreadable_conversation_keeps_its_journal(
    store: Store, conversation: Conversation, data_dir: Path
) -> None:
    reply = add_empty_reply(conversation)
    store.save(conversation)
    journal = store.open_journal(conversation, reply)
    journal.append("what came")
    journal.flush()
    journal.close()
    break_off(file_of(data_dir, conversation))
    assert store.recover() == []
    with pytest.raises(UnreadableDocument):
        store.load(conversation.id)
    assert len(list((data_dir / "journal").glob("*.jsonl"))) == 1
