"""What is said at the bottom can be read to its end, also in a narrow window."""

from __future__ import annotations

import pytest
from rich.cells import cell_len
from textual.pilot import Pilot

from copilot_tui.store import Store
from tests.tui.conftest import MakeApp
from tests.tui.test_app import app_of, saved_conversation, until

DELETED = "“The plan for the summer” is deleted · Ctrl+Z brings it back, restore does for 30 days"


def said(pilot: Pilot[int]) -> list[str]:
    status = app_of(pilot).main.status
    return [status.render_line(y).text.rstrip() for y in range(status.size.height)]


async def test_a_long_notice_takes_the_lines_that_it_needs_and_gives_them_back(
    make_app: MakeApp,
) -> None:
    async with make_app().run_test(size=(40, 12)) as pilot:
        app = app_of(pilot)
        assert len(said(pilot)) == 1
        app.say(DELETED)
        await pilot.pause()
        assert " ".join(said(pilot)) == DELETED
        assert app.main.composer.region.bottom == 12 - len(said(pilot))
        await pilot.resize_terminal(160, 12)
        await pilot.pause()
        assert said(pilot)[0].startswith(DELETED)
        assert len(said(pilot)) == 1
        await pilot.resize_terminal(40, 12)
        await pilot.pause()
        assert len(said(pilot)) > 1
        app.main.status.notice = ""
        await pilot.pause()
        assert len(said(pilot)) == 1


@pytest.mark.parametrize("key", ["escape", "ctrl+n"])
async def test_how_often_words_were_found_is_not_said_once_they_are_not_sought(
    make_app: MakeApp, store: Store, key: str
) -> None:
    saved_conversation(store, "Kitchens", "bread", "yes, bread")
    async with make_app().run_test() as pilot:
        app = app_of(pilot)
        app.showing.show(next(row.id for row in store.summaries()))
        await until(pilot, lambda: app.shown.title == "Kitchens")
        app.main.transcript.focus()
        await pilot.press("slash", *"bread")
        await until(pilot, lambda: app.main.status.notice.startswith("Found 2 times"))
        await pilot.press(key)
        await pilot.pause()
        assert not app.main.status.notice


@pytest.mark.parametrize("words", ["word ", "世界は広い。", "a-path-without-any-space/" * 8])
async def test_a_notice_of_any_length_keeps_its_beginning_and_its_end(
    make_app: MakeApp, words: str
) -> None:
    async with make_app().run_test(size=(40, 12)) as pilot:
        app_of(pilot).say(f"Begins so: {words * 400} · Ctrl+Z brings it back")
        await pilot.pause()
        lines = said(pilot)
        assert len(lines) == 3
        assert lines[0].startswith("Begins so:")
        assert "…" in "".join(lines)
        assert "".join(lines).endswith("Ctrl+Z brings it back")
        assert all(cell_len(line) <= 37 for line in lines)
