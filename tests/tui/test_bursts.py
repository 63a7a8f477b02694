"""Keys that come faster than the app draws: over a slow line, or from fast fingers."""

from __future__ import annotations

import pytest
from textual import events
from textual.pilot import Pilot

from copilot_tui.store import Store
from copilot_tui.tui.widgets.find import FindBar
from tests.tui.conftest import MakeApp
from tests.tui.test_app import app_of, saved_conversation, until
from tests.tui.test_organising import settled

REPLY = "words of code and more code\n\n" * 30


def burst(pilot: Pilot[int], *keys: str) -> None:
    for key in keys:
        name = {"/": "slash", " ": "space"}.get(key, key)
        pilot.app.post_message(events.Key(name, key if len(key) == 1 else None))


async def test_words_typed_right_behind_the_key_that_finds_are_what_is_found(
    make_app: MakeApp, store: Store
) -> None:
    saved_conversation(store, "kept", "q", REPLY)
    async with make_app(continue_last=True).run_test(size=(100, 30)) as pilot:
        app = app_of(pilot)
        await until(pilot, lambda: app.shown.title == "kept")
        app.main.transcript.focus()
        await pilot.pause()
        burst(pilot, *"/code and")
        await until(pilot, lambda: app.main.query(FindBar))
        await until(pilot, lambda: app.main.query_one(FindBar).value == "code and")
        assert not app.main.composer.text
        assert len(app.screen_stack) == 1


async def test_words_typed_right_behind_the_key_that_narrows_the_list_narrow_it(
    make_app: MakeApp, store: Store
) -> None:
    for title in ("radar", "other"):
        saved_conversation(store, title, "q", "a")
    async with make_app(continue_last=True).run_test(size=(100, 30)) as pilot:
        app = app_of(pilot)
        await until(pilot, lambda: len(app.desk.shelf.rows) == 2)
        await settled(pilot)
        app.main.sidebar.focus()
        await pilot.pause()
        burst(pilot, *"/radar")
        await until(pilot, lambda: app.main.sidebar.is_narrowed)
        await until(pilot, lambda: len(app.main.sidebar._rows) == 1)
        assert not app.main.composer.text
        assert len(app.screen_stack) == 1


@pytest.mark.parametrize("room", ["sidebar", "transcript"])
async def test_a_word_that_is_no_command_reaches_the_prompt_whole(
    make_app: MakeApp, store: Store, room: str
) -> None:
    saved_conversation(store, "kept", "q", REPLY)
    async with make_app(continue_last=True).run_test(size=(100, 30)) as pilot:
        app = app_of(pilot)
        await until(pilot, lambda: app.shown.title == "kept")
        await settled(pilot)
        app.main.query_one(f"#{room}").focus()
        await pilot.pause()
        burst(pilot, *"tell all, and pay")
        await until(pilot, lambda: app.main.composer.text == "tell all, and pay")
        assert len(app.screen_stack) == 1


async def test_commands_keep_their_order(make_app: MakeApp, store: Store) -> None:
    saved_conversation(store, "kept", "q", REPLY)
    async with make_app(continue_last=True).run_test(size=(100, 30)) as pilot:
        app = app_of(pilot)
        await until(pilot, lambda: app.shown.title == "kept")
        app.main.transcript.focus()
        await pilot.press("ctrl+home")
        burst(pilot, "v", "down", "v", "down", "down")
        # In another order the second v would end what the first began.
        await until(pilot, lambda: app.main.transcript.selected_source())


async def test_pages_are_turned_in_the_list_that_has_the_focus(
    make_app: MakeApp, store: Store
) -> None:
    for number in range(60):
        saved_conversation(store, f"talk {number}", "q", "a")
    async with make_app(continue_last=True).run_test(size=(100, 20)) as pilot:
        app = app_of(pilot)
        await until(pilot, lambda: len(app.desk.shelf.rows) == 60)
        await settled(pilot)
        app.main.sidebar.focus()
        await pilot.press("pagedown")
        assert app.main.sidebar.picked == app.desk.shelf.rows[19].id
        await pilot.press("pageup")
        assert app.main.sidebar.picked == app.desk.shelf.rows[0].id
