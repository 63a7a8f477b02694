"""The box in which a conversation gets another title."""

from __future__ import annotations

from textual.widgets import Input, Label

from copilot_tui.store import Store
from copilot_tui.tui.screens.rename import RenameScreen
from tests.fakes import FakeBackend
from tests.tui.conftest import MakeApp
from tests.tui.test_app import app_of, ended, saved_conversation, until
from tests.tui.test_commands import drawn


async def test_ctrl_c_keeps_a_title_that_is_being_typed(make_app: MakeApp) -> None:
    app = make_app()
    async with app.run_test(size=(80, 24)) as pilot:
        app.push_screen(RenameScreen("Old title"))
        await pilot.pause()
        await pilot.press(*"New", "ctrl+c", "!")
        assert isinstance(app.screen, RenameScreen)
        assert app.screen.query_one(Input).value == "New!"
        await pilot.press("escape")
        assert not isinstance(app.screen, RenameScreen)


async def test_what_is_typed_behind_a_key_that_opens_nothing_is_sent_all_the_same(
    make_app: MakeApp, store: Store, backend: FakeBackend
) -> None:
    saved_conversation(store, "shown", "q", "a")
    gone = saved_conversation(store, "gone", "q", "a")
    async with make_app().run_test() as pilot:
        app = app_of(pilot)
        await until(pilot, lambda: len(app.desk.shelf.rows) == 2)
        store.delete(gone.id)
        app.library.ask_for_title(gone.id)
        await pilot.press(*"hi", "enter")
        await until(pilot, lambda: backend.requests)
        await ended(pilot)
        await pilot.press("alt+i", *"ho", "enter")
        await until(pilot, lambda: len(backend.requests) == 2)
        await ended(pilot)
    assert [request.path[-1].content for request in backend.requests] == ["hi", "ho"]


async def test_a_small_window_shows_all_of_what_to_type_and_press(make_app: MakeApp) -> None:
    app = make_app()
    async with app.run_test(size=(30, 8)) as pilot:
        app.push_screen(RenameScreen("Old title"))
        await pilot.pause()
        shown = " ".join(drawn(pilot).split())
        assert "Title of the conversation, and tags: #work" in shown
        assert "Enter saves · Escape leaves it as it was" in shown
        assert "╭" not in shown


async def test_ctrl_q_asks_before_a_title_that_is_being_typed_is_dropped(make_app: MakeApp) -> None:
    app = make_app()
    async with app.run_test(size=(80, 24)) as pilot:
        app.push_screen(RenameScreen("Old title"))
        await pilot.pause()
        await pilot.press(*"New", "ctrl+q")
        await pilot.pause()
        assert isinstance(app.screen, RenameScreen)
        assert "Ctrl+Q again drops" in str(app.screen.query_one("#rename-hint", Label).content)
        await pilot.press("!", "ctrl+q")  # other words than those that were asked about
        await pilot.pause()
        assert app.is_running
        await pilot.press("ctrl+q")
    assert app.return_code == 0


async def test_ctrl_q_leaves_at_once_where_nothing_was_typed(make_app: MakeApp) -> None:
    app = make_app()
    async with app.run_test(size=(80, 24)) as pilot:
        app.push_screen(RenameScreen("Old title"))
        await pilot.pause()
        await pilot.press("ctrl+q")
    assert app.return_code == 0
