from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from copilot_tui.conversation import Conversation, Message, Role, Status
from copilot_tui.replies import new_turn, settle
from copilot_tui.store import Saved, Store
from copilot_tui.store.watch import Sight, Watch
from copilot_tui.tui.controllers import watching
from copilot_tui.tui.rows import Mark
from tests.fakes import FakeBackend, Hold
from tests.server import DONE, Gate, Server, chunk, finish
from tests.tui.conftest import MakeApp
from tests.tui.test_app import app_of, ended, saved_conversation, send, shown_text, stored, until


@pytest.fixture
def other(store: Store) -> Store:
    """Another program on the same folder."""
    return Store(store.data_dir, store.data_dir.parent / "cache-of-the-other")


def add(store: Store, conversation_id: str, prompt: str, reply: str) -> None:
    conversation = store.load(conversation_id)
    for role, content in ((Role.USER, prompt), (Role.ASSISTANT, reply)):
        message = Message(
            id=f"{prompt}-{role}",
            role=role,
            content=content,
            parent_id=conversation.head,
            created_at="2100-01-01T00:00:00Z",
        )
        conversation.add(message)
    conversation.updated_at = "2100-01-01T00:00:00Z"
    store.save(conversation)


async def test_what_another_program_adds_appears_in_the_sidebar_and_in_the_transcript(
    make_app: MakeApp, store: Store, other: Store
) -> None:
    id_ = saved_conversation(store, "shared", "q", "a").id
    async with make_app(continue_last=True).run_test(size=(100, 30)) as pilot:
        app = app_of(pilot)
        await until(pilot, lambda: app.shown.id == id_)
        add(other, id_, "from elsewhere", "the answer from elsewhere")
        new = saved_conversation(other, "a new one", "q", "a").id
        await until(pilot, lambda: "the answer from elsewhere" in shown_text(app))
        await until(pilot, lambda: new in {row.id for row in app.desk.shelf.rows})
        other.rename(id_, "renamed elsewhere")
        await until(pilot, lambda: app.shown.title == "renamed elsewhere")
        other.rename(id_, "and once more")
        await until(pilot, lambda: app.shown.title == "and once more")
        other.delete(new)
        await until(pilot, lambda: new not in {row.id for row in app.desk.shelf.rows})


async def test_the_shown_conversation_is_followed_while_the_list_is_not_looked_at(
    make_app: MakeApp, store: Store, other: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After a look that was long the next one has time, but not for what is being read."""
    looks: list[Sight] = []
    look = Watch.look

    def noted(watch: Watch, *, at_list: bool = True) -> Sight:
        looks.append(look(watch, at_list=at_list))
        return looks[-1]

    monkeypatch.setattr(Watch, "look", noted)
    monkeypatch.setattr(watching, "REST_SHARE", 1e9)
    monkeypatch.setattr(watching, "REST_MOST_S", 1e9)
    id_ = saved_conversation(store, "shared", "q", "a").id
    async with make_app(continue_last=True).run_test(size=(100, 30)) as pilot:
        app = app_of(pilot)
        await until(pilot, lambda: app.shown.id == id_ and looks)
        await app.watching.look_now()  # when that one is over
        later = saved_conversation(other, "a later one", "q", "a").id
        add(other, id_, "from elsewhere", "the first answer from elsewhere")
        await until(pilot, lambda: "the first answer" in shown_text(app))
        add(other, id_, "once more", "the second answer from elsewhere")
        await until(pilot, lambda: "the second answer" in shown_text(app))
        turn = new_turn(other.load(id_), "and now?", backend_name="demo")
        other.save(turn.conversation)
        journal = other.open_journal(turn.conversation, turn.reply)
        journal.append("a reply that grows")
        journal.flush()
        await until(pilot, lambda: "a reply that grows" in shown_text(app))
        journal.close()
        assert later not in {row.id for row in app.desk.shelf.rows}


async def test_where_one_reads_and_what_is_typed_stay_when_another_program_writes(
    make_app: MakeApp, store: Store, other: Store
) -> None:
    long = "\n\n".join(f"paragraph {n}" for n in range(100))
    id_ = saved_conversation(store, "shared", "q", long).id
    async with make_app(continue_last=True).run_test(size=(100, 30)) as pilot:
        app = app_of(pilot)
        await until(pilot, lambda: "paragraph 99" in shown_text(app))
        await pilot.press(*"half a thought", "pageup", "pageup")
        place, text = app.main.transcript.place, shown_text(app)
        assert place is not None
        add(other, id_, "from elsewhere", "more")
        await until(pilot, lambda: len(app.shown.path()) == 4)
        await pilot.pause()
        assert app.main.transcript.place == place
        assert shown_text(app).splitlines()[:-1] == text.splitlines()[:-1]  # the last: the badge
        assert app.main.composer.text == "half a thought"


async def test_a_turn_of_a_shell_does_not_become_another_branch_when_the_app_sends_at_once(
    make_app: MakeApp, store: Store, other: Store, backend: FakeBackend
) -> None:
    id_ = saved_conversation(store, "shared", "q", "a").id
    backend.scripts = [["mine"]]
    async with make_app(continue_last=True).run_test(size=(100, 30)) as pilot:
        app = app_of(pilot)
        await until(pilot, lambda: app.shown.id == id_ and app.main.composer.has_focus)
        await app.workers.wait_for_complete()
        add(other, id_, "theirs", "their answer")
        await send(pilot, "next")  # sooner than the next look
        await until(pilot, lambda: backend.requests)
        await ended(pilot)
    contents = [m.content for m in stored(store, "shared").path()]
    assert contents == ["q", "a", "theirs", "their answer", "next", "mine"]
    assert [m.content for m in backend.requests[0].path] == contents[:5]


async def test_the_reply_of_another_process_streams_here_and_a_prompt_waits_behind_it(
    make_app: MakeApp, store: Store, other: Store, backend: FakeBackend
) -> None:
    id_ = saved_conversation(store, "shared", "q", "a").id
    backend.scripts = [["mine"]]
    async with make_app(continue_last=True).run_test(size=(100, 30)) as pilot:
        app = app_of(pilot)
        await until(pilot, lambda: app.shown.id == id_)
        turn = new_turn(other.load(id_), "theirs", backend_name="demo")
        other.save(turn.conversation)
        turn.journal = journal = other.open_journal(turn.conversation, turn.reply)
        journal.append("half of ")
        journal.flush()
        await until(pilot, lambda: "half of" in shown_text(app))
        journal.append("their answer")
        journal.flush()
        await until(pilot, lambda: "half of their answer" in shown_text(app))
        await until(pilot, lambda: app.desk.shelf.marks().get(id_) is Mark.RUNNING)
        assert app.main.status.activity == "answering in another window"
        await send(pilot, "next")
        assert not backend.requests
        turn.reply.append("half of their answer, whole")
        turn.reply.status = Status.COMPLETE
        settle(turn, other)
        await until(pilot, lambda: backend.requests)
        await ended(pilot)
        assert "half of their answer, whole" in shown_text(app)
    assert [m.content for m in stored(store, "shared").path()][2:] == [
        "theirs",
        "half of their answer, whole",
        "next",
        "mine",
    ]


async def test_a_reply_that_was_stopped_here_is_not_taken_for_one_of_another_window(
    make_app: MakeApp, store: Store, backend: FakeBackend, monkeypatch: pytest.MonkeyPatch
) -> None:
    hold, saving, save = Hold(), threading.Event(), store.save
    backend.scripts = [["half", hold], ["whole"]]

    def save_slowly(conversation: Conversation) -> Saved:
        saving.wait(10)
        return save(conversation)

    async with make_app().run_test(size=(100, 30)) as pilot:
        app = app_of(pilot)
        await until(pilot, lambda: app.main.composer.has_focus)
        await app.workers.wait_for_complete()
        await send(pilot, "first")
        await hold.reached.wait()
        monkeypatch.setattr(store, "save", save_slowly)
        await pilot.press("escape")
        await until(pilot, lambda: not app.desk.turns)
        await app.watching.look_now()  # its journal is there until it is saved
        assert not app.desk.places.elsewhere
        await send(pilot, "second")
        saving.set()
        await until(pilot, lambda: len(backend.requests) == 2)
        await ended(pilot)
    assert [m.content for m in stored(store, "first").path()] == [
        "first",
        "half",
        "second",
        "whole",
    ]


async def test_ask_in_a_shell_streams_into_the_open_app(
    make_app: MakeApp, store: Store, server: Server, tmp_path: Path
) -> None:
    id_ = saved_conversation(store, "shared", "q", "a").id
    gate = Gate()
    server.stream(chunk("first half"), gate, chunk(" second half"), finish(), DONE)
    async with make_app(continue_last=True).run_test(size=(100, 30)) as pilot:
        app = app_of(pilot)
        await until(pilot, lambda: app.shown.id == id_)
        shell = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "copilot_tui", "ask", "from the shell"),
            *("--conversation", id_, "--data-dir", str(store.data_dir)),
            *("--backend", "openai", "--base-url", f"{server.url}/v1", "--model", "m"),
            env={**os.environ, "HOME": str(tmp_path), "XDG_CACHE_HOME": str(tmp_path / "c")},
            stdout=subprocess.DEVNULL,
        )
        try:
            await until(pilot, lambda: "first half" in shown_text(app))
            gate.open()
            await until(pilot, lambda: "first half second half" in shown_text(app))
            async with asyncio.timeout(30):
                assert await shell.wait() == 0
        finally:
            if shell.returncode is None:
                shell.kill()
                await shell.wait()
        await until(pilot, lambda: app.shown.head_message.status is Status.COMPLETE)  # type: ignore[union-attr]
        await until(pilot, lambda: app.main.status.activity == "")


async def test_a_mark_goes_when_one_has_looked_in_another_window(
    make_app: MakeApp, store: Store, backend: FakeBackend
) -> None:
    hold = Hold()
    backend.scripts = [["one", hold]]
    async with make_app().run_test(size=(100, 30)) as pilot:
        app = app_of(pilot)
        await send(pilot, "first")
        await hold.reached.wait()
        first = app.shown.id
        await pilot.press("ctrl+n")
        hold.go.set()
        await ended(pilot)
        await until(pilot, lambda: app.desk.shelf.marks().get(first) is Mark.UNREAD)
        await until(pilot, lambda: (state := store.view_state(first)) and state.unread)
        window = make_app(continue_last=True)
        async with window.run_test(size=(100, 30)) as pilot2:
            await until(pilot2, lambda: window.shown.id == first)
            await until(pilot2, lambda: app.desk.shelf.marks().get(first) is None)


async def test_conflict_copies_are_said_and_merged_by_a_command(
    make_app: MakeApp, store: Store
) -> None:
    id_ = saved_conversation(store, "shared", "q", "a").id
    document = (store.data_dir / "conversations" / f"{id_}.json").read_bytes()
    async with make_app(continue_last=True).run_test(size=(120, 30)) as pilot:
        app = app_of(pilot)
        await until(pilot, lambda: app.shown.id == id_)
        copy = (
            store.data_dir / "conversations" / f"{id_}.sync-conflict-20261121-101112-ABCDEFG.json"
        )
        copy.write_bytes(document.replace(b'"a"', b'"a longer answer"'))
        await until(pilot, lambda: "conflict copy" in app.main.status.notice)
        app.main.action_merge_copies()
        await until(pilot, lambda: "a longer answer" in shown_text(app))
        assert not copy.exists()
        assert (store.data_dir / "trash" / copy.name).exists()


async def test_what_was_merged_is_said_beside_a_conflict_copy_that_cannot_be_read(
    make_app: MakeApp, store: Store
) -> None:
    id_ = saved_conversation(store, "shared", "q", "a").id
    folder = store.data_dir / "conversations"
    document = (folder / f"{id_}.json").read_bytes()
    (folder / f"{id_}.sync-conflict-20261121-101112-ABCDEFG.json").write_bytes(document)
    (folder / f"{id_}.sync-conflict-20261121-101113-ABCDEFG.json").write_bytes(b"{half")
    async with make_app(continue_last=True).run_test(size=(120, 30)) as pilot:
        app = app_of(pilot)
        await until(pilot, lambda: app.shown.id == id_)
        app.main.action_merge_copies()
        await until(pilot, lambda: "Merged 1 conflict copy; " in app.main.status.notice)
        assert "101113" in app.main.status.notice


async def test_the_end_of_a_reply_that_is_stopped_in_another_window_comes_once(
    make_app: MakeApp, store: Store, other: Store
) -> None:
    id_ = saved_conversation(store, "shared", "q", "a").id
    async with make_app(continue_last=True).run_test(size=(100, 30)) as pilot:
        app = app_of(pilot)
        await until(pilot, lambda: app.shown.id == id_)
        turn = new_turn(other.load(id_), "theirs", backend_name="demo")
        other.save(turn.conversation)
        turn.journal = journal = other.open_journal(turn.conversation, turn.reply)
        journal.append("half of ")
        journal.flush()
        await until(pilot, lambda: "half of" in shown_text(app))
        await until(pilot, lambda: not app.watching._looking.locked())
        async with app.watching._looking:  # both come between two looks
            journal.append("an answer")
            journal.flush()
            journal.close()
            turn.reply.append("half of an answer")
            settle(turn, other)
            app.watching._look_at = 0.0
        await until(pilot, lambda: not app.watching.live and "an answer" in shown_text(app))
        assert app.shown.messages[turn.reply.id].content == "half of an answer"
