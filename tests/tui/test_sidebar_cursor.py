"""Where the cursor of the list stands when what it stood on is taken away."""

from __future__ import annotations

import pytest

from copilot_tui.store import Store
from copilot_tui.tui.app import CopilotApp
from tests.tui.conftest import MakeApp
from tests.tui.test_app import saved_conversation, until
from tests.tui.test_organising import listed, settled


def in_sidebar(app: CopilotApp) -> set[str]:
    return {row.id for row in app.main.sidebar._rows}


@pytest.mark.parametrize("key", ["d", "a"])
async def test_what_is_put_away_twice_in_a_row_is_never_the_shown_one(
    make_app: MakeApp, store: Store, key: str
) -> None:
    for number in range(6):
        saved_conversation(store, f"talk {number}", "q", "a")
    async with make_app(continue_last=True).run_test(size=(100, 30)) as pilot:
        app = await listed(pilot, 6)
        await settled(pilot)
        shown, *others = [row.id for row in app.desk.shelf.rows]
        assert app.shown.id == shown
        app.main.sidebar.focus()
        await pilot.press("down", "down", "down")
        assert app.main.sidebar.picked == others[2]
        await pilot.press(key)
        await until(pilot, lambda: others[2] not in in_sidebar(app))
        assert app.main.sidebar.picked == others[3]
        await pilot.press(key)
        await until(pilot, lambda: others[3] not in in_sidebar(app))
        assert app.main.sidebar.picked == others[4]
        await pilot.press(key)
        await until(pilot, lambda: app.main.sidebar.picked == others[1])  # the last is gone
        assert app.shown.id == shown


@pytest.mark.parametrize("key", ["d", "a"])
async def test_who_puts_away_the_shown_one_in_the_sidebar_goes_on_there(
    make_app: MakeApp, store: Store, key: str
) -> None:
    for number in range(4):
        saved_conversation(store, f"talk {number}", "q", "a")
    async with make_app(continue_last=True).run_test(size=(100, 30)) as pilot:
        app = await listed(pilot, 4)
        await settled(pilot)
        first, second, third, _ = [row.id for row in app.desk.shelf.rows]
        app.main.sidebar.focus()
        await pilot.press(key)
        await until(pilot, lambda: app.shown.id == second)
        assert first not in in_sidebar(app)
        assert app.main.sidebar.has_focus
        assert app.main.sidebar.picked == second
        await pilot.press(key)
        await until(pilot, lambda: app.shown.id == third)
        assert app.main.sidebar.has_focus
        assert not app.main.composer.text


async def test_where_the_last_one_is_put_away_the_prompt_is_next(
    make_app: MakeApp, store: Store
) -> None:
    only = saved_conversation(store, "talk", "q", "a")
    async with make_app(continue_last=True).run_test(size=(100, 30)) as pilot:
        app = await listed(pilot, 1)
        await settled(pilot)
        app.main.sidebar.focus()
        await pilot.press("d")
        await until(pilot, lambda: app.shown.id != only.id)
        assert app.main.composer.has_focus
