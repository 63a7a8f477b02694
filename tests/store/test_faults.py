from __future__ import annotations

import errno
import os
import shutil
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from copilot_tui import document, transfer
from copilot_tui.conversation import Conversation, new_conversation
from copilot_tui.errors import NotFound, StoreError
from copilot_tui.store import Draft, Journal, Store, ViewState
from tests.store.aftermath import start
from tests.store.faults import ALL_OPERATIONS, FaultyDisk
from tests.store.samples import Clock, add_empty_reply, add_turn

ERRORS = [errno.ENOSPC, errno.EIO, errno.EROFS, errno.EACCES, errno.EMFILE]


@dataclass
class Work:
    """A store with something in it, and what is kept in memory while it is worked with."""

    root: Path
    disk: FaultyDisk
    kept: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        clock = Clock()
        clock.moment += timedelta(days=1)
        self.store = Store(self.root / "data", self.root / "cache", now=clock, disk=self.disk)

    def once(self, name: str, make: Callable[[], Any]) -> Any:
        """What is made the first time, and the same when the work is tried again."""
        if name not in self.kept:
            self.kept[name] = make()
        return self.kept[name]


TALK, TRASHED, DEAD, OLD = (new_conversation(now=Clock()()) for _ in range(4))


def filled(root: Path) -> None:
    """A conversation, one in the trash, one in the trash for long, one with a dead reply."""
    store = Store(root / "data", root / "cache", now=Clock())
    for conversation in (TALK, TRASHED, DEAD, OLD):
        conversation.replace_messages([])
        conversation.head = None
        add_turn(conversation, "hello", "Hello, Heiner.")
        store.save(conversation)
    store.save_draft(TALK.id, Draft("the first draft"))
    for conversation in (TRASHED, OLD):
        store.delete(conversation.id)
    os.utime(root / "data" / "trash" / f"{OLD.id}.json", (0, 0))
    reply = add_empty_reply(DEAD)
    store.save(DEAD)
    journal = store.open_journal(DEAD, reply)
    journal.append("what came")
    journal.flush()
    journal.close()
    store.close()
    for conversation, text in ((new_conversation(now=Clock()()), "new"), (TALK, "known")):
        incoming = document.loads(document.dumps(conversation))
        add_turn(incoming, f"imported {text}", "yes")
        (root / f"{text}.json").write_bytes(document.dumps(incoming))


def talk(work: Work) -> Conversation:
    loaded = work.once("talk", lambda: work.store.load(TALK.id))
    assert isinstance(loaded, Conversation)
    return loaded


def save(work: Work) -> None:
    work.once("turn", lambda: add_turn(talk(work), "more", "yes"))
    work.store.save(talk(work))


def save_what_others_changed(work: Work) -> None:
    def change() -> bool:
        talk(work)
        other = Store(work.root / "data", work.root / "cache")
        theirs = other.load(TALK.id)
        add_turn(theirs, "of another", "program")
        other.save(theirs)
        other.close()
        return True

    work.once("change", change)
    save(work)


def save_first(work: Work) -> None:
    conversation = work.once("new", lambda: new_conversation(now=Clock()()))
    conversation.id = "0123abcd-0000-4000-8000-000000000000"
    work.once("turn", lambda: add_turn(conversation, "first", "reply"))
    work.store.save(conversation)


def rename(work: Work) -> None:
    work.store.rename(TALK.id, "another title")


def delete(work: Work) -> None:
    work.store.delete(TALK.id)


def restore(work: Work) -> None:
    work.store.restore(TRASHED.id)


def purge(work: Work) -> None:
    work.store.purge_trash()


def draft(work: Work) -> None:
    work.store.save_draft(TALK.id, Draft("the second draft"))


def drop_draft(work: Work) -> None:
    work.store.save_draft(TALK.id, None)


def place(work: Work) -> None:
    work.store.save_view_state(TALK.id, ViewState(line=7))


def recover(work: Work) -> None:
    work.store.recover()


def load_what_a_dead_process_left(work: Work) -> None:
    assert work.store.load(DEAD.id).path()[-1].content in ("what came", "")


def stream(work: Work) -> None:
    reply = work.once("reply", lambda: add_empty_reply(talk(work)))
    work.once("saved", lambda: work.store.save(talk(work)))
    journal: Journal = work.once("journal", lambda: work.store.open_journal(talk(work), reply))
    if not work.kept.get("text"):
        work.kept["text"] = "what streamed"
        journal.append(work.kept["text"])
    journal.flush()
    journal.sync()


def bring_in(work: Work) -> None:
    for _ in transfer.import_files(work.store, [work.root / "new.json", work.root / "known.json"]):
        pass


def make_a_list(work: Work) -> None:
    listed = {row.id for row in work.store.summaries()}
    said = " ".join(map(str, work.store.problems()))
    assert [id_ for id_ in (TALK.id, DEAD.id) if id_ not in listed and id_ not in said] == []


ACTIONS = [
    save,
    save_what_others_changed,
    save_first,
    rename,
    delete,
    restore,
    purge,
    draft,
    drop_draft,
    place,
    recover,
    load_what_a_dead_process_left,
    stream,
    bring_in,
    make_a_list,
]


def observed(root: Path) -> dict[str, object]:
    """What the next start finds, thing by thing; looked for in a copy, since a start mends."""
    copy = root.parent / "looked-at"
    shutil.copytree(root, copy)
    try:
        seen = start(copy)
    finally:
        shutil.rmtree(copy)
    found: dict[str, object] = {f"draft {id_}": text for id_, text in seen.drafts.items()}
    for where in ("listed", "trashed"):
        for id_, conversation in vars(seen)[where].items():
            found[f"{where} {id_}"] = True
            found[f"title {id_}"] = conversation.title
            for message in conversation.messages.values():
                if message.content:
                    found[f"{message.content!r} in {id_}"] = True
    return found


def carried_out(root: Path, disk: FaultyDisk, action: Callable[[Work], None]) -> Work:
    work = Work(root, disk)
    try:
        action(work)
    finally:
        if "journal" in work.kept:
            work.kept["journal"].close()
        work.store.close()
    return work


def assert_nothing_less(
    found: dict[str, object], before: dict[str, object], after: dict[str, object]
) -> None:
    """Each thing is as before or as afterwards, and nothing is there that is in neither."""
    for what in before.keys() | after.keys() | found.keys():
        assert found.get(what) in (before.get(what), after.get(what)), what


def try_with(
    root: Path,
    disk: FaultyDisk,
    action: Callable[[Work], None],
    before: dict[str, object],
    after: dict[str, object],
) -> str:
    """Do it on a failing disk, look, and do it again on a good one; what was said."""
    work, said = Work(root, disk), ""
    try:
        action(work)
    except StoreError as error:
        said = str(error)
    disk.mend()
    assert_nothing_less(observed(root), before, after)
    with suppress(NotFound):  # it was done, and only then something failed
        action(work)
    if "journal" in work.kept:
        work.kept["journal"].close()
    work.store.close()
    assert observed(root) == after
    return said


@pytest.mark.parametrize("operation", ALL_OPERATIONS)
@pytest.mark.parametrize("action", ACTIONS)
def test_whatever_fails_nothing_becomes_less_and_it_can_be_done_again(
    tmp_path: Path, action: Callable[[Work], None], operation: str
) -> None:
    template, root = tmp_path / "template", tmp_path / "store"
    filled(template)
    before = observed(template)
    shutil.copytree(template, root)
    counting = FaultyDisk(operation, -1, 0)
    carried_out(root, counting, action)
    after = observed(root)
    for place in range(counting.count):
        for lasting in (False, True):
            number = ERRORS[(place + lasting) % len(ERRORS)]
            shutil.rmtree(root)
            shutil.copytree(template, root)
            disk = FaultyDisk(operation, place, number, lasting=lasting, taken=place * 7)
            said = try_with(root, disk, action, before, after)
            assert "\n" not in said
            assert "Errno" not in said
