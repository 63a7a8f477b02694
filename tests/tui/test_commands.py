from __future__ import annotations

import pytest
from rich.cells import cell_len
from textual import events
from textual.pilot import Pilot
from textual.widgets import Label, OptionList

from copilot_tui.store import Store
from copilot_tui.tui.actions import ACTIONS, shown_key
from copilot_tui.tui.screens.commands import COMMANDS, CommandsScreen, fitting, told_of
from copilot_tui.tui.screens.exporting import ExportScreen
from copilot_tui.tui.screens.rename import RenameScreen
from copilot_tui.tui.themes import LIGHT
from tests.tui.conftest import MakeApp
from tests.tui.test_app import app_of, saved_conversation, until


def drawn(pilot: Pilot[int]) -> str:
    return "\n".join(strip.text for strip in pilot.app.screen._compositor.render_strips())


async def opened(pilot: Pilot[int]) -> OptionList:
    await pilot.press("ctrl+p")
    await until(pilot, lambda: isinstance(pilot.app.screen, CommandsScreen))
    options = pilot.app.screen.query_one(OptionList)
    await until(pilot, lambda: options.option_count)
    return options


async def test_a_name_typed_in_one_burst_with_enter_does_that_command(
    make_app: MakeApp, store: Store
) -> None:
    saved_conversation(store, "kept", "q", "a")
    async with make_app(continue_last=True).run_test() as pilot:
        app = app_of(pilot)
        await until(pilot, lambda: app.shown.title == "kept")
        for key in ("ctrl+p", *"export", "enter"):
            app.post_message(events.Key(key, key if len(key) == 1 else None))
        await until(pilot, lambda: isinstance(app.screen, ExportScreen))
        assert not app.shown.archived


async def test_what_is_typed_behind_enter_is_for_what_the_command_opens(
    make_app: MakeApp, store: Store
) -> None:
    saved_conversation(store, "kept", "q", "a")
    async with make_app(continue_last=True).run_test() as pilot:
        app = app_of(pilot)
        await until(pilot, lambda: app.shown.title == "kept")
        for key in ("ctrl+p", *"rename the", "enter", *"New title", "enter"):
            app.post_message(
                events.Key("space" if key == " " else key, key if len(key) == 1 else None)
            )
        await until(pilot, lambda: app.shown.title == "New title")
        for key in ("ctrl+p", *"light", "enter", *"hi"):  # which opens nothing
            app.post_message(events.Key(key, key if len(key) == 1 else None))
        await until(pilot, lambda: app.main.composer.text == "hi")
        assert app.theme == LIGHT.name


async def test_keys_stand_beside_the_commands_as_they_are_set(make_app: MakeApp) -> None:
    app = make_app()
    app.desk.config.keys["new"] = "ctrl+k"
    async with app.run_test(size=(120, 100)) as pilot:
        await opened(pilot)
        await pilot.pause()
        shown = drawn(pilot)
        for action in COMMANDS:
            assert action.name in shown
            assert shown_key(action.id, app.desk.config.keys) in shown
        assert "Ctrl+K" in shown
        assert "Ctrl+N" not in shown


@pytest.mark.parametrize("size", [(120, 40), (80, 24), (40, 12), (30, 8)])
async def test_at_every_size_several_commands_are_seen_and_what_the_chosen_one_does(
    make_app: MakeApp, size: tuple[int, int]
) -> None:
    async with make_app().run_test(size=size) as pilot:
        options = await opened(pilot)
        await pilot.press("down")
        await pilot.pause()
        assert options.highlighted == 1
        shown = drawn(pilot)
        assert sum(each.name in shown for each in COMMANDS) >= 4
        told = str(pilot.app.screen.query_one("#command-help", Label).content)
        assert told.casefold() == told_of(fitting("")[1]).casefold()
        assert told.split()[0] in shown


async def test_a_command_is_done_with_the_focus_where_it_was(
    make_app: MakeApp, store: Store
) -> None:
    saved_conversation(store, "kept", "q", "a")
    async with make_app(continue_last=True).run_test() as pilot:
        app = app_of(pilot)
        await until(pilot, lambda: app.shown.title == "kept")
        before = app.focused
        await opened(pilot)
        await pilot.press(*"rename", "enter")
        await until(pilot, lambda: isinstance(app.screen, RenameScreen))
        await pilot.press("escape")
        await until(pilot, lambda: len(app.screen_stack) == 1)
        assert app.focused is before


async def test_escape_does_nothing_and_a_name_that_none_has_neither(make_app: MakeApp) -> None:
    async with make_app().run_test() as pilot:
        options = await opened(pilot)
        await pilot.press(*"qqq", "enter")
        await until(pilot, lambda: options.option_count == 0)
        assert isinstance(pilot.app.screen, CommandsScreen)
        assert "No command" in drawn(pilot)
        await pilot.press("escape")
        await until(pilot, lambda: len(pilot.app.screen_stack) == 1)


def test_commands_that_are_called_so_come_before_those_that_say_so() -> None:
    found = [action.name for action in fitting("copy")]
    assert found[:2] == ["Copy a block", "Copy the reply"]
    assert fitting("del conv")[0].name == "Delete the conversation"
    assert [action.id for action in fitting("curl")] == ["request"]
    assert fitting("qqq") == []
    assert len(fitting("")) == sum(action.palette for action in ACTIONS)


def test_what_commands_do_is_said_without_marks_of_markdown() -> None:
    assert any("`" in action.help for action in COMMANDS)
    assert not any("`" in told_of(action) for action in COMMANDS)


@pytest.mark.parametrize("columns", [118, 120, 122])
async def test_a_box_over_joined_characters_keeps_its_edge_in_one_column(
    make_app: MakeApp, store: Store, columns: int
) -> None:
    saved_conversation(store, "👩‍🚀 ⚠️ 👨‍👩‍👧‍👦 talk", "👩‍🚀👩‍🚀 q", "👍🏽 a")
    async with make_app(continue_last=True).run_test(size=(columns, 20)) as pilot:
        await until(pilot, lambda: app_of(pilot).shown.messages)
        await opened(pilot)
        await until(pilot, lambda: "╭" in drawn(pilot))
        lines = [strip.text for strip in pilot.app.screen._compositor.render_strips()]
        box = [line for line in lines if "│" in line]
        assert {cell_len(line) for line in lines} == {columns}
        assert len({cell_len(line[: line.index("│")]) for line in box}) == 1
        assert not [line for line in lines if "\u200d│" in line]
