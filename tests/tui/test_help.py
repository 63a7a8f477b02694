from __future__ import annotations

import pytest
from textual.pilot import Pilot

from copilot_tui.tui.screens.help import HelpScreen
from tests.tui.conftest import MakeApp
from tests.tui.test_app import until


def drawn(pilot: Pilot[int]) -> str:
    return "\n".join(strip.text for strip in pilot.app.screen._compositor.render_strips())


async def opened(pilot: Pilot[int]) -> HelpScreen:
    await pilot.press("f1")
    await until(pilot, lambda: isinstance(pilot.app.screen, HelpScreen))
    await until(pilot, lambda: "Enter" in drawn(pilot))
    assert isinstance(pilot.app.screen, HelpScreen)
    return pilot.app.screen


@pytest.mark.parametrize("size", [(120, 40), (40, 12), (30, 8)])
async def test_the_keys_are_narrowed_by_what_they_do_as_one_types(
    make_app: MakeApp, size: tuple[int, int]
) -> None:
    async with make_app().run_test(size=size) as pilot:
        await opened(pilot)
        await pilot.press(*"quit", "space", *"saved")
        await until(pilot, lambda: "Ctrl+Q" in drawn(pilot))
        assert "Ctrl+G" not in drawn(pilot)
        await pilot.press("ctrl+u", *"nothing does this")
        await until(pilot, lambda: "No key does that" in drawn(pilot))


async def test_a_key_is_found_by_its_name_as_it_is_set(make_app: MakeApp) -> None:
    app = make_app()
    app.desk.config.keys["new"] = "ctrl+k"
    async with app.run_test(size=(120, 40)) as pilot:
        await opened(pilot)
        await pilot.press(*"ctrl+k")
        await until(pilot, lambda: "start a new conversation" in drawn(pilot))
        assert "Writing" not in drawn(pilot)


async def test_the_keys_scroll_while_the_cursor_stays_in_what_is_typed(make_app: MakeApp) -> None:
    async with make_app().run_test(size=(80, 24)) as pilot:
        await opened(pilot)
        assert "Ctrl+Q" not in drawn(pilot)
        await pilot.press("ctrl+end")
        await until(pilot, lambda: "Ctrl+Q" in drawn(pilot))
        await pilot.press(*"attach a file")
        await until(pilot, lambda: "Ctrl+Q" not in drawn(pilot))
        await pilot.press("escape")
        await until(pilot, lambda: len(pilot.app.screen_stack) == 1)


@pytest.mark.parametrize("key", ["f1", "ctrl+p", "ctrl+t", "ctrl+f", "f2"])
async def test_no_caret_waits_in_the_prompt_behind_what_has_the_keys(
    make_app: MakeApp, key: str
) -> None:
    app = make_app()
    async with app.run_test(size=(100, 30)) as pilot:
        app.main.composer.cursor_blink = False
        await until(pilot, lambda: app.main.composer._draw_cursor)
        await pilot.press(key)
        await until(pilot, lambda: len(app.screen_stack) == 2)
        await until(pilot, lambda: not app.main.composer._draw_cursor)
        assert app.main.composer.has_focus
        await pilot.press("escape")
        await until(pilot, lambda: len(app.screen_stack) == 1)
        await until(pilot, lambda: app.main.composer._draw_cursor)
