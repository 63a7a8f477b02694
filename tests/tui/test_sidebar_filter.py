"""The list of conversations while it is narrowed."""

from __future__ import annotations

import pytest

from copilot_tui.store import Store
from tests.tui.conftest import MakeApp
from tests.tui.test_app import app_of, saved_conversation, until
from tests.tui.test_organising import settled, sidebar_lines


async def test_enter_where_nothing_is_found_neither_leaves_the_list_nor_sends(
    make_app: MakeApp,
) -> None:
    app = make_app()
    async with app.run_test(size=(120, 24)) as pilot:
        await pilot.press(*"a prompt", "tab", "slash", *"zzz", "enter", "enter")
        await pilot.pause()
        assert app.main.sidebar.has_focus
        assert not app.shown.messages
        assert app.main.composer.text == "a prompt"
        await pilot.press("escape", "escape")
        await pilot.pause()
        assert app.main.composer.has_focus


@pytest.mark.parametrize("typed", ["kuche", "KÜCHE", "#istanbul", "#unicode", "strasse #ist"])
async def test_the_list_is_narrowed_without_accents_as_the_search_is(
    make_app: MakeApp, store: Store, typed: str
) -> None:
    wanted = saved_conversation(store, "Küche und Straße", "q", "a")
    wanted.tags = ["İstanbul", "Ünïcode"]
    store.save(wanted)
    saved_conversation(store, "something else", "q", "a")
    async with make_app(continue_last=True).run_test(size=(100, 30)) as pilot:
        app = app_of(pilot)
        await until(pilot, lambda: len(app.desk.shelf.rows) == 2)
        await settled(pilot)
        app.main.sidebar.focus()
        await pilot.press("slash", *typed)
        await pilot.pause()
        lines = sidebar_lines(app)
        assert any("Küche" in line for line in lines)
        assert not any("something else" in line for line in lines)


async def test_ctrl_u_empties_what_narrows_the_list(make_app: MakeApp, store: Store) -> None:
    saved_conversation(store, "alpha", "q", "a")
    async with make_app(continue_last=True).run_test(size=(100, 30)) as pilot:
        app = app_of(pilot)
        await until(pilot, lambda: len(app.desk.shelf.rows) == 1)
        await settled(pilot)
        app.main.sidebar.focus()
        await pilot.press("slash", *"zzz", "ctrl+u", *"alp")
        await pilot.pause()
        assert any("/alp▏ 1" in line for line in sidebar_lines(app))
