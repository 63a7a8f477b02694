"""The box in which a conversation gets another title."""

from __future__ import annotations

from textual.widgets import Input

from copilot_tui.tui.screens.rename import RenameScreen
from tests.tui.conftest import MakeApp


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
