from __future__ import annotations

import ast
import os
import shutil
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import pytest

import copilot_tui.store
from copilot_tui import document, replies, transfer
from copilot_tui.conversation import Conversation, Status, new_conversation
from copilot_tui.errors import StoreError, UnreadableDocument
from copilot_tui.store import Draft, Store
from tests.store.aftermath import Seen, open_store, start
from tests.store.power import Event, Promised, Recorder, Site, State, Synced, build, cuts, without
from tests.store.samples import Clock, add_empty_reply, add_turn

pytestmark = pytest.mark.skipif(
    sys.platform == "win32", reason="folders cannot be brought to the disk there"
)

SEED = 20261121
MIXTURES = 40
"""Of what may be left at each moment, besides the four extremes."""


@dataclass
class Stage:
    """A store whose disk writes down what it is asked for."""

    root: Path
    clock: Clock = field(default_factory=Clock)
    disk: Recorder = field(default_factory=Recorder)

    def __post_init__(self) -> None:
        self.root.mkdir()
        self.store = self.open()

    def open(self) -> Store:
        """The store, as another program opens it."""
        return open_store(self.root, self.clock, self.disk)

    def saved(self, *texts: str) -> Conversation:
        """A conversation that is on disk, and promised to be."""
        conversation = new_conversation(now=self.clock())
        self.save(conversation, *texts)
        return conversation

    def save(self, conversation: Conversation, *texts: str) -> None:
        """Save a turn more; what was promised before holds all the while."""
        add_turn(conversation, *texts)
        self.store.save(conversation)
        self.promise_text(conversation)

    def promise_text(self, conversation: Conversation) -> None:
        """What is in it now is there, whatever is added to its last message."""
        id_, texts = conversation.id, [message.content for message in conversation.path()]

        def holds(seen: Seen) -> bool:
            found = seen.text(id_)[: len(texts)]
            return found[:-1] == texts[:-1] and found[-1:] != [] and found[-1].startswith(texts[-1])

        self.disk.promise(f"the text of {id_}", holds)

    def moving(self, id_: str, source: str, target: str, move: Callable[[], object]) -> None:
        """While it is moved it is in one place or in both; then in the other alone."""
        self.disk.promise(f"where {id_} is", lambda seen: seen.place(id_) != "nowhere")
        move()
        self.disk.promise(f"where {id_} is", lambda seen: seen.place(id_) == target)


def saving(stage: Stage) -> None:
    conversation = stage.saved("hello", "Hello, Heiner.")
    stage.save(conversation, "and?", "That was all.")
    stage.saved("another", "Another reply.")


def streaming(stage: Stage) -> None:
    conversation = stage.saved("hello", "Hello, Heiner.")
    reply = add_empty_reply(conversation)
    stage.store.save(conversation)
    stage.promise_text(conversation)
    journal = stage.store.open_journal(conversation, reply)
    for piece in ("It ", "grows ", "and grows"):
        reply.append(piece)
        journal.append(piece)
        journal.flush()
        journal.sync()
        stage.promise_text(conversation)
        journal.append(" more")
        reply.append(" more")
        journal.flush()
    whole = reply.content
    stage.disk.promise("that what is whole is so", whole_as(conversation.id, whole))
    journal.seal(reply)
    reply.status = Status.COMPLETE
    turn = replies.Turn(conversation, reply, None, journal)  # type: ignore[arg-type]  # not asked
    replies.settle(turn, stage.store, now=stage.clock)
    stage.promise_text(conversation)


def whole_as(id_: str, text: str) -> Callable[[Seen], bool]:
    """Whether the last reply of a conversation is this, if it is said to be whole."""

    def holds(seen: Seen) -> bool:
        reply = seen.listed[id_].path()[-1]
        return reply.status is not Status.COMPLETE or reply.content == text

    return holds


def recovering(stage: Stage) -> None:
    conversation = stage.saved("hello", "Hello, Heiner.")
    reply = add_empty_reply(conversation)
    stage.store.save(conversation)
    journal = stage.store.open_journal(conversation, reply)
    journal.append("what a dead process left")
    journal.flush()
    journal.sync()
    reply.append("what a dead process left")
    stage.promise_text(conversation)
    journal.close()
    stage.open().recover()


def renaming(stage: Stage) -> None:
    conversation = stage.saved("hello", "Hello, Heiner.")
    id_, first = conversation.id, conversation.title
    for before, after in ((first, "second"), ("second", "third")):
        stage.disk.promise("the title", title_in(id_, before, after))
        stage.store.rename(id_, after)
        stage.disk.promise("the title", title_in(id_, after))


def deleting(stage: Stage) -> None:
    id_ = stage.saved("hello", "Hello, Heiner.").id
    stage.moving(id_, "listed", "trashed", lambda: stage.store.delete(id_))
    stage.moving(id_, "trashed", "listed", lambda: stage.store.restore(id_))
    stage.moving(id_, "listed", "trashed", lambda: stage.store.delete(id_))


def deleting_what_is_in_the_trash(stage: Stage) -> None:
    conversation = stage.saved("hello", "Hello, Heiner.")
    stage.store.delete(conversation.id)
    twin = document.loads(document.dumps(conversation))
    add_turn(twin, "and?", "Written by a program of another machine.")
    path = stage.root / "data" / "conversations" / f"{twin.id}.json"
    stage.disk.write_atomic(path, document.lines(twin))
    stage.promise_text(twin)
    stage.moving(twin.id, "listed", "trashed", lambda: stage.store.delete(twin.id))


def deleting_long_after_the_last_change(stage: Stage) -> None:
    id_ = stage.saved("hello", "Hello, Heiner.").id
    path = stage.root / "data" / "conversations" / f"{id_}.json"
    stage.disk.touch(path, 1_000_000_000.0)
    descriptor = stage.disk.open(path, os.O_RDONLY)
    stage.disk.fsync(descriptor)
    stage.disk.close(descriptor)
    stage.store.delete(id_)
    # Nothing in the trash is purged before its days have gone.
    stage.disk.promise("its days", lambda seen: seen.place(id_) == "trashed")


def drafting(stage: Stage) -> None:
    id_ = stage.saved("hello", "Hello, Heiner.").id
    before = None
    for text in ("a draft", "a longer draft", "third"):
        stage.disk.promise("the draft", draft_in(id_, before, text))
        stage.store.save_draft(id_, Draft(text))
        stage.disk.promise("the draft", draft_in(id_, text))
        before = text
    stage.disk.promise("the draft", draft_in(id_, None, "third"))
    stage.store.save_draft(id_, None)


def title_in(id_: str, *allowed: str) -> Callable[[Seen], bool]:
    return lambda seen: seen.listed[id_].title in allowed


def draft_in(id_: str, *allowed: str | None) -> Callable[[Seen], bool]:
    return lambda seen: seen.drafts.get(id_) in allowed


def setting_a_draft_aside(stage: Stage) -> None:
    id_ = stage.saved("hello", "Hello, Heiner.").id
    path = stage.root / "data" / "drafts" / f"{id_}.json"
    stage.disk.write_atomic(path, [b"words of another program"])
    stage.disk.promise("drafts", lambda seen: "words of another program" in seen.drafts.values())
    with pytest.raises(UnreadableDocument):
        stage.store.draft(id_)
    stage.disk.promise(
        "drafts", lambda seen: [*seen.drafts.values()] == ["words of another program"]
    )


def importing(stage: Stage) -> None:
    files = []
    for number in range(3):
        conversation = new_conversation(now=stage.clock())
        add_turn(conversation, f"prompt {number}", f"reply {number}")
        files.append(stage.root / f"{number}.json")
        files[-1].write_bytes(document.dumps(conversation))
    for _, entry in transfer.import_files(stage.store, files):
        imported = stage.store.load(entry.id or "")
        stage.promise_text(imported)


SCENARIOS = [
    saving,
    streaming,
    recovering,
    renaming,
    deleting,
    deleting_what_is_in_the_trash,
    deleting_long_after_the_last_change,
    drafting,
    setting_a_draft_aside,
    importing,
]


def recorded(scenario: Callable[[Stage], None], tmp_path: Path) -> list[Event]:
    stage = Stage(tmp_path / "recorded")
    scenario(stage)
    return stage.disk.events


def faults(events: list[Event], tmp_path: Path, *, stops: bool = False) -> list[str]:
    """What a cut at any moment breaks; `stops`: the first is enough."""
    found = []
    root = tmp_path / "recorded"
    for number, (state, promises) in enumerate(cuts(events, root, seed=SEED, each=MIXTURES)):
        folder = tmp_path / "after"
        build(state, folder)
        broken = _broken(folder, promises)
        shutil.rmtree(folder)
        if broken:
            found.append(f"cut {number}: {broken}; left was {_names(state)}")
            if stops:
                break
    return found


def _names(state: State) -> list[str]:
    return [path for path, file in state if file is not None]


def _broken(root: Path, promises: dict[str, Callable[[Seen], bool]]) -> str:
    try:
        seen = start(root)
    except (StoreError, AssertionError) as error:
        return f"{type(error).__name__}: {error}"
    broken = [what for what, holds in promises.items() if not holds(seen)]
    return f"{broken} in {seen}" if broken else ""


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_whatever_a_power_cut_leaves_is_whole_and_has_all_that_was_promised(
    tmp_path: Path, scenario: Callable[[Stage], None]
) -> None:
    events = recorded(scenario, tmp_path)
    assert any(isinstance(each, Promised) for each in events)
    assert faults(events, tmp_path) == []


def sites() -> set[Site]:
    """Where the store's source asks for an fsync."""
    found = set()
    for path in Path(copilot_tui.store.__file__).parent.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef) and node.name not in ("sync_folder", "fsync"):
                found |= {
                    Site(path.name, call.lineno)
                    for call in ast.walk(node)
                    if isinstance(call, ast.Call)
                    and isinstance(call.func, ast.Attribute)
                    and call.func.attr in ("fsync", "sync_folder")
                }
    return found


@pytest.mark.parametrize("site", sorted(sites()), ids=lambda site: f"{site.file}:{site.line}")
def test_without_any_one_fsync_a_power_cut_loses_something(tmp_path: Path, site: Site) -> None:
    for number, scenario in enumerate(SCENARIOS):
        folder = tmp_path / str(number)
        folder.mkdir()
        events = recorded(scenario, folder)
        is_there = any(isinstance(each, Synced) and each.site == site for each in events)
        if is_there and faults(without(events, site), folder, stops=True):
            return
    pytest.fail("it could be left out, and nobody would notice")
