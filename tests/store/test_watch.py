from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from copilot_tui.conversation import Conversation, new_conversation, utc_now
from copilot_tui.errors import NotFound, StoreError, UnreadableDocument
from copilot_tui.store import Store
from tests.store.samples import Child, Clock, add_empty_reply, add_turn


def file_of(store: Store, conversation: Conversation) -> Path:
    return store.data_dir / "conversations" / f"{conversation.id}.json"


def test_a_look_sees_what_came_and_then_nothing_more(
    store: Store, other: Store, conversation: Conversation
) -> None:
    watch = store.watch()
    watch.look()
    other.save(conversation)
    assert watch.look().changed
    assert not watch.look().changed


def test_a_file_that_is_written_in_place_is_seen_too(
    store: Store, conversation: Conversation
) -> None:
    store.save(conversation)
    now = [0.0]
    watch = store.watch()
    watch._clock = lambda: now[0]
    watch.look()
    file = file_of(store, conversation)
    with file.open("r+b") as opened:  # the folder's time stays
        opened.write(file.read_bytes().replace(b"A talk", b"A walk"))
    os.utime(file, ns=(1, 1))
    now[0] += 2
    assert watch.look().changed


def test_news_come_into_the_object_and_what_was_changed_here_stays(
    store: Store, other: Store, conversation: Conversation
) -> None:
    other.save(conversation)
    mine = store.load(conversation.id)
    watch = store.watch()
    assert watch.news(mine) is None
    theirs = other.load(conversation.id)
    add_turn(theirs, "more", "more of it")
    theirs.model = "theirs"
    other.save(theirs)
    mine.title = "mine"
    assert watch.is_behind(mine)
    news = watch.news(mine)
    assert news is not None
    watch.take(mine, news)
    assert (mine.title, mine.model, mine.head) == ("mine", "theirs", theirs.head)
    assert not watch.is_behind(mine)
    # What comes next is compared with what is known now.
    theirs.model = "theirs again"
    other.save(theirs)
    news = watch.news(mine)
    assert news is not None
    watch.take(mine, news)
    assert (mine.title, mine.model) == ("mine", "theirs again")
    store.save(mine)
    assert other.load(mine.id).title == "mine"


def test_the_journal_of_another_process_is_read_as_it_grows(
    store: Store, other: Store, conversation: Conversation
) -> None:
    reply = add_empty_reply(conversation)
    other.save(conversation)
    journal = other.open_journal(conversation, reply)
    [(id_, path)] = store.watch().look().journals
    assert id_ == conversation.id
    follower = store.follower(path)
    journal.append("Hel")
    journal.flush()
    grown = follower.read()
    assert grown is not None
    assert (grown.reply_id, grown.text, grown.is_whole) == (reply.id, "Hel", True)
    journal.append("lo", "hm")
    journal.flush()
    grown = follower.read()
    assert grown is not None
    assert (grown.text, grown.reasoning, grown.is_whole) == ("lo", "hm", False)
    assert (grown.text_at, grown.reasoning_at) == (3, 0)
    journal.begin_again()
    journal.append("anew")
    journal.flush()
    grown = follower.read()
    assert grown is not None
    assert (grown.text, grown.is_whole, grown.is_anew) == ("anew", True, True)
    journal.append("!", "so")
    journal.flush()
    grown = follower.read()
    assert grown is not None
    assert (grown.text, grown.text_at, grown.reasoning_at) == ("!", 4, 0)
    journal.discard()
    assert follower.read() is None


DYING = """
import os, sys
from pathlib import Path
from copilot_tui.store import Store
store = Store(Path(sys.argv[1]), Path(sys.argv[2]))
conversation = store.load(sys.argv[3])
journal = store.open_journal(conversation, conversation.head_message)
journal.append("what had come")
journal.flush()
print("written", flush=True)
input()
os._exit(9)
"""


def test_a_journal_of_ones_own_is_no_reply_of_another_process(
    store: Store, other: Store, conversation: Conversation
) -> None:
    reply = add_empty_reply(conversation)
    store.save(conversation)
    journal = store.open_journal(conversation, reply)
    assert not store.watch().look().journals
    assert [id_ for id_, _ in other.watch().look().journals] == [conversation.id]
    journal.close()  # stopped, and not folded in yet
    assert not store.watch().look().journals


def test_the_journal_of_a_killed_process_is_folded_in_and_no_longer_shown_as_running(
    store: Store,
    conversation: Conversation,
    cache_dir: Path,
    start: Callable[..., Child],
) -> None:
    add_empty_reply(conversation)
    store.save(conversation)
    child = start(DYING, store.data_dir, cache_dir, conversation.id)
    child.wait_for("written")
    watch = store.watch()
    [(_, path)] = watch.look().journals
    os.utime(path, (1, 1))
    assert watch.look().journals  # silent for long, and alive
    child.let_go()
    child.ended()
    assert not watch.look().journals
    head = store.load(conversation.id).head_message
    assert head is not None
    assert head.content == "what had come"


COPIES = [
    "{}.sync-conflict-20261121-101112-ABCDEFG.json",
    "{} (Heiner's conflicted copy 2026-11-21).json",
    "{} (conflicted copy).json",
    "{} (In Konflikt stehende Kopie von Heiner (PC) 2026-11-21).json",
    "{} (1).json",
]


@pytest.mark.parametrize("name", COPIES)
def test_a_conflict_copy_is_merged_message_by_message_and_goes_to_the_trash(
    store: Store, conversation: Conversation, clock: Clock, name: str
) -> None:
    store.save(conversation)
    base = file_of(store, conversation).read_bytes()
    theirs = Store(store.data_dir.parent / "elsewhere", store.data_dir.parent / "c", now=clock)
    theirs_file = file_of(theirs, conversation)
    theirs_file.parent.mkdir(parents=True)
    theirs_file.write_bytes(base)
    there = theirs.load(conversation.id)
    add_turn(there, "typed there", "answered there")
    there.touch(clock())
    theirs.save(there)
    here = store.load(conversation.id)
    add_turn(here, "typed here", "answered here")
    here.touch(clock())
    store.save(here)
    copy = file_of(store, conversation).with_name(name.format(conversation.id))
    copy.write_bytes(theirs_file.read_bytes())
    assert store.conflict_copies() == [copy.name]
    assert store.watch().look().copies == {copy.name}
    store.summaries()
    assert store.problems() == []  # it is no broken document
    assert store.merge_copy(copy.name) == conversation.id
    merged = store.load(conversation.id)
    texts = {message.content for message in merged.messages.values()}
    assert {"typed here", "answered here", "typed there", "answered there"} <= texts
    assert store.conflict_copies() == []
    trashed = store.data_dir / "trash" / copy.name
    assert trashed.read_bytes() == theirs_file.read_bytes()
    store.purge_trash()
    assert trashed.exists()
    store.purge_trash(older_than_days=-1)
    assert not trashed.exists()


def test_a_conflict_copy_that_cannot_be_read_stays_where_it_is(
    store: Store, conversation: Conversation
) -> None:
    store.save(conversation)
    copy = file_of(store, conversation).with_name(COPIES[0].format(conversation.id))
    copy.write_bytes(b'{"half')
    with pytest.raises(UnreadableDocument):
        store.merge_copy(copy.name)
    another = new_conversation(now=utc_now())
    copy.write_bytes(file_of(store, conversation).read_bytes())
    wrong = copy.with_name(COPIES[0].format(another.id))
    copy.rename(wrong)
    with pytest.raises(UnreadableDocument, match="another conversation"):
        store.merge_copy(wrong.name)
    assert wrong.exists()
    for name in ("../x.json", f"{conversation.id}.json", "notes.json"):
        with pytest.raises(NotFound):
            store.merge_copy(name)


def test_a_conflict_copy_of_what_is_gone_becomes_the_conversation(
    store: Store, conversation: Conversation
) -> None:
    store.save(conversation)
    file = file_of(store, conversation)
    copy = file.with_name(COPIES[2].format(conversation.id))
    file.rename(copy)
    store.merge_copy(copy.name)
    assert store.load(conversation.id) == conversation


def test_a_folder_that_cannot_be_read_is_an_error_of_the_store(store: Store) -> None:
    store.data_dir.mkdir()
    (store.data_dir / "conversations").write_text("a file")
    with pytest.raises(StoreError):
        store.watch().look()


def test_a_journal_that_cannot_be_folded_in_hides_nothing_else(
    store: Store, other: Store, conversation: Conversation
) -> None:
    reply = add_empty_reply(conversation)
    store.save(conversation)
    journal = store.open_journal(conversation, reply)
    journal.append("what came")
    journal.flush()
    journal.close()
    whole = file_of(store, conversation).read_bytes()
    file_of(store, conversation).write_bytes(b"no document")
    watch = other.watch()
    watch._wall_clock = lambda: time.time() + 60
    watch.look()
    store.save(new_conversation(now=utc_now()))
    seen = watch.look()
    assert seen.changed
    assert seen.journals == ()
    file_of(store, conversation).write_bytes(whole)  # a sync program brings it back
    watch.look()
    assert other.load(conversation.id).messages[reply.id].content == "what came"
    assert not list((store.data_dir / "journal").glob("*.jsonl"))
