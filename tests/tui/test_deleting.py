from __future__ import annotations

import pytest

from copilot_tui.store import Store
from tests.fakes import FakeBackend, Hold
from tests.tui.conftest import MakeApp
from tests.tui.test_app import (
    app_of,
    ended,
    saved_conversation,
    send,
    shown_text,
    stored,
    until,
)
from tests.tui.test_editing import contents
from tests.tui.test_organising import settled


async def test_x_deletes_the_message_that_is_read_and_ctrl_z_brings_it_back(
    make_app: MakeApp, store: Store
) -> None:
    saved_conversation(store, "old", "alpha", "answer a", "beta", "answer b")
    async with make_app(continue_last=True).run_test(size=(100, 30)) as pilot:
        app = app_of(pilot)
        await until(pilot, lambda: app.shown.messages)
        app.main.transcript.focus()
        await pilot.press("v", "home", "}", "x")
        await settled(pilot)
        assert "answer a" not in shown_text(app)
        assert contents(stored(store, "old")) == ["alpha", "beta", "answer b"]
        assert stored(store, "old").deleted
        assert "brings back the reply" in app.main.status.notice
        await pilot.press("ctrl+z")
        await settled(pilot)
        assert "answer a" in shown_text(app)
    saved = stored(store, "old")
    assert contents(saved) == ["alpha", "answer a", "beta", "answer b"]
    assert saved.deleted == []


async def test_the_notice_names_what_the_next_ctrl_z_brings_back_and_goes_with_the_last(
    make_app: MakeApp, store: Store
) -> None:
    saved_conversation(store, "old", "alpha", "answer a", "beta", "answer b")
    async with make_app(continue_last=True).run_test(size=(100, 30)) as pilot:
        app = app_of(pilot)
        await until(pilot, lambda: app.shown.messages)
        app.main.transcript.focus()
        await pilot.press("x")
        await settled(pilot)
        await pilot.press("x")
        await settled(pilot)
        assert app.main.status.notice == "Ctrl+Z brings back your message"
        await pilot.press("ctrl+z")
        await settled(pilot)
        assert app.main.status.notice == "Ctrl+Z brings back the reply"
        await pilot.press("ctrl+z")
        await settled(pilot)
        assert app.main.status.notice == ""
    assert contents(stored(store, "old")) == ["alpha", "answer a", "beta", "answer b"]


@pytest.mark.parametrize("key", ["x", "X"])
async def test_in_the_sidebar_a_key_that_deletes_in_the_transcript_is_only_text(
    make_app: MakeApp, store: Store, key: str
) -> None:
    saved_conversation(store, "old", "alpha", "answer a", "beta", "answer b")
    async with make_app(continue_last=True).run_test(size=(100, 30)) as pilot:
        app = app_of(pilot)
        await until(pilot, lambda: app.shown.messages)
        app.main.sidebar.focus()
        await pilot.press(key)
        await until(pilot, lambda: app.main.composer.text == key)
        assert app.main.composer.has_focus
        assert app.main.transcript.cursor is None
        assert len(app.shown.path()) == 4


async def test_a_deleted_turn_stays_deleted_though_another_program_writes_what_it_had(
    make_app: MakeApp, store: Store
) -> None:
    made = saved_conversation(store, "old", "alpha", "answer a", "beta", "answer b")
    theirs = store.load(made.id)
    async with make_app(continue_last=True).run_test(size=(100, 30)) as pilot:
        app = app_of(pilot)
        await until(pilot, lambda: app.shown.messages)
        app.main.transcript.focus()
        await pilot.press("X")
        await settled(pilot)
        assert contents(stored(store, "old")) == ["alpha", "answer a"]
        theirs.title = "theirs"
        store.save(theirs)
    assert contents(stored(store, "theirs")) == ["alpha", "answer a"]


async def test_nothing_is_deleted_while_it_answers_or_where_nothing_is(
    make_app: MakeApp, backend: FakeBackend
) -> None:
    hold = Hold()
    backend.scripts = [["so", hold, " it is"]]
    async with make_app().run_test(size=(100, 30)) as pilot:
        app = app_of(pilot)
        await pilot.pause()
        app.main.action_delete_turn()
        assert "no message" in app.main.status.notice
        await send(pilot, "question")
        await hold.reached.wait()
        app.main.action_delete_message()
        assert "still answering" in app.main.status.notice
        hold.go.set()
        await ended(pilot)
        assert contents(app.shown) == ["question", "so it is"]


async def test_deleting_the_message_that_is_edited_ends_the_edit_and_keeps_the_draft(
    make_app: MakeApp, store: Store
) -> None:
    saved_conversation(store, "old", "alpha", "answer a")
    async with make_app(continue_last=True).run_test(size=(100, 30)) as pilot:
        app = app_of(pilot)
        await until(pilot, lambda: app.shown.messages)
        await pilot.press(*"half", "alt+e", "!")
        app.main.action_delete_turn()
        assert app.main.composer.text == "half"
        await settled(pilot)
        assert app.shown.messages == {}


async def test_the_edit_of_a_message_that_is_gone_is_sent_as_it_is(
    make_app: MakeApp, store: Store
) -> None:
    saved_conversation(store, "old", "alpha", "answer a")
    async with make_app(continue_last=True).run_test(size=(100, 30)) as pilot:
        app = app_of(pilot)
        await until(pilot, lambda: app.shown.messages)
        await pilot.press(*"half", "alt+e", "!")
        app.shown.replace_messages([])
        await pilot.press("enter")
        await ended(pilot)
        assert app.main.composer.text == "half"
        assert contents(app.shown) == ["alpha!", "Hello"]
