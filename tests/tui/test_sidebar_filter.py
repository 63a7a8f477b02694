"""The list of conversations while it is narrowed."""

from __future__ import annotations

from tests.tui.conftest import MakeApp


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
