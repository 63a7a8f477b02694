from __future__ import annotations

from typing import Any

import pytest
from textual.widgets import Label

from copilot_tui.conversation import Conversation
from copilot_tui.store import Store
from copilot_tui.tui.desk.settings import Invalid, Settings
from copilot_tui.tui.screens.settings import SettingsScreen
from tests.fakes import FakeBackend
from tests.tui.conftest import MakeApp
from tests.tui.test_app import app_of, ended, saved_conversation, send, stored, until
from tests.tui.test_commands import drawn

EMPTY = Settings(None, (), {})


def typed(**fields: str) -> dict[str, str]:
    return {**EMPTY.shown(), **fields}


@pytest.mark.parametrize(
    ("key", "text", "value"),
    [
        ("temperature", "0,7", 0.7),
        ("temperature", "0", 0),
        ("top_p", "1", 1),
        ("max_tokens", "4096", 4096),
        ("reasoning_effort", "High", "high"),
        ("context", "new", "newest"),
    ],
)
def test_what_is_typed_is_kept_as_what_it_means(key: str, text: str, value: object) -> None:
    assert EMPTY.changed(typed(**{key: text})).values == {key: value}


@pytest.mark.parametrize(
    ("key", "text"),
    [
        ("temperature", "warm"),
        ("temperature", "2.1"),
        ("temperature", "nan"),
        ("temperature", "-0.1"),
        ("top_p", "1.01"),
        ("max_tokens", "0"),
        ("max_tokens", "1.5"),
        ("max_tokens", "9" * 5000),
        ("reasoning_effort", "m"),
        ("context", "all"),
    ],
)
def test_what_cannot_be_meant_is_said_with_what_can(key: str, text: str) -> None:
    with pytest.raises(Invalid) as failure:
        EMPTY.changed(typed(**{key: text}))
    assert failure.value.key == key


def test_only_what_was_set_is_kept_and_what_is_not_known_stays() -> None:
    odd: dict[str, Any] = {"provider": "X", "temperature": "odd", "later": [1], "top_p": None}
    conversation = Conversation(id="c", settings=odd, tags=["two words"])
    present = Settings.of(conversation)
    shown = present.shown()
    assert present.changed(shown) == present
    present.changed({**shown, "max_tokens": "5", "temperature": ""}).apply_to(conversation)
    assert conversation.settings == {"provider": "X", "later": [1], "max_tokens": 5}
    assert conversation.tags == ["two words"]


@pytest.mark.parametrize("size", [(100, 30), (40, 12)])
async def test_what_is_set_by_keyboard_is_saved_and_sent_with_the_next_prompt(
    make_app: MakeApp, store: Store, backend: FakeBackend, size: tuple[int, int]
) -> None:
    saved_conversation(store, "old", "q", "a")
    async with make_app(continue_last=True).run_test(size=size) as pilot:
        app = app_of(pilot)
        await until(pilot, lambda: app.shown.messages)
        await pilot.press(*"draft", "ctrl+t")
        await pilot.press(*"Be brief.", "enter", *"Always.", "tab", *"work #home", "tab", *"0.5")
        await pilot.pause()
        focused = app.screen.focused
        assert focused is not None
        assert app.screen.region.contains_region(focused.region)
        assert focused.region.height == 1
        await pilot.press("enter")
        await until(pilot, lambda: not isinstance(app.screen, SettingsScreen))
        assert app.main.composer.text == "draft"
        await pilot.press("enter")
        await ended(pilot)
    saved = stored(store, "old")
    assert (saved.system, saved.tags) == ("Be brief.\nAlways.", ["work", "home"])
    assert saved.settings == {"temperature": 0.5}
    request = backend.requests[-1]
    assert (request.system, request.settings) == ("Be brief.\nAlways.", {"temperature": 0.5})


@pytest.mark.parametrize("size", [(80, 24), (40, 12), (30, 8)], ids=str)
async def test_the_settings_say_what_they_are_and_what_is_typed_first(
    make_app: MakeApp, size: tuple[int, int]
) -> None:
    async with make_app().run_test(size=size) as pilot:
        app = app_of(pilot)
        await pilot.press("ctrl+t")
        await until(pilot, lambda: isinstance(app.screen, SettingsScreen))
        await pilot.pause()
        await until(pilot, lambda: "System prompt" in drawn(pilot))
        shown = drawn(pilot)
        assert "This conversation's settings" in shown
        assert "Ctrl+S saves" in shown
        assert ("╭" in shown) == (size[1] >= 18)


async def test_a_wrong_value_is_said_and_nothing_is_saved(make_app: MakeApp, store: Store) -> None:
    saved_conversation(store, "old", "q", "a")
    async with make_app(continue_last=True).run_test(size=(40, 12)) as pilot:
        app = app_of(pilot)
        await until(pilot, lambda: app.shown.messages)
        await pilot.press("ctrl+t", "tab", "tab", *"hot", "ctrl+s")
        await pilot.pause()
        status = app.screen.query_one("#settings-status", Label)
        assert "a number from 0 to 2" in str(status.content)
        box = app.screen.query_one("#settings")
        assert box.content_region.contains_region(status.region)
        assert app.screen.focused is app.screen.query_one("#temperature")
        await pilot.press("escape", "escape")
        await until(pilot, lambda: not isinstance(app.screen, SettingsScreen))
    assert stored(store, "old").settings == {}


async def test_a_conversation_for_which_only_something_was_set_is_kept(
    make_app: MakeApp, store: Store, backend: FakeBackend
) -> None:
    async with make_app().run_test() as pilot:
        app = app_of(pilot)
        await pilot.pause()
        first = app.shown.id
        await pilot.press("ctrl+t", *"Be brief.", "ctrl+s")
        await until(pilot, lambda: app.shown.system)
        await app.workers.wait_for_complete()
        await pilot.press("ctrl+n")
        assert app.shown.id != first
        app.showing.show(first)
        await until(pilot, lambda: app.shown.id == first)
        await send(pilot, "hi")
        await ended(pilot)
    assert backend.requests[-1].system == "Be brief."
    assert store.load(first).system == "Be brief."


async def test_escape_drops_a_system_prompt_that_was_typed_only_when_it_is_pressed_twice(
    make_app: MakeApp, store: Store
) -> None:
    saved_conversation(store, "old", "q", "a")
    async with make_app(continue_last=True).run_test(size=(40, 12)) as pilot:
        app = app_of(pilot)
        await until(pilot, lambda: app.shown.messages)
        await pilot.press("ctrl+t", *"Be brief.", "escape")
        await pilot.pause()
        assert isinstance(app.screen, SettingsScreen)
        status = app.screen.query_one("#settings-status", Label)
        assert "Escape again" in str(status.content)
        await pilot.press(*" Please.", "ctrl+t")
        await pilot.pause()
        assert isinstance(app.screen, SettingsScreen)  # more was typed since it was asked
        await pilot.press("ctrl+s")
        await until(pilot, lambda: app.screen is app.main)
        await pilot.press("ctrl+t", "x", "escape", "escape")
        await until(pilot, lambda: app.screen is app.main)
        await app.workers.wait_for_complete()
    assert stored(store, "old").system == "Be brief. Please."


async def test_ctrl_q_asks_before_settings_that_are_being_typed_are_dropped(
    make_app: MakeApp,
) -> None:
    app = make_app()
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("ctrl+t", *"Be brief", "ctrl+q")
        await until(pilot, lambda: isinstance(app.screen, SettingsScreen))
        status = app.screen.query_one("#settings-status", Label)
        await until(pilot, lambda: "Ctrl+Q again drops what you typed" in str(status.content))
        await pilot.press("ctrl+q")
    assert app.return_code == 0
