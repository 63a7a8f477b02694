"""Messages, prompt and the lines around it stand in one column."""

from __future__ import annotations

import pytest
from textual.pilot import Pilot

from copilot_tui.store import Store
from copilot_tui.tui.layout import AIRY
from copilot_tui.tui.widgets.queued import QueuedLine
from tests.tui.conftest import MakeApp
from tests.tui.test_app import app_of, saved_conversation, until


def column_of(pilot: Pilot[int], word: str) -> int:
    """Where a word that is painted once begins."""
    width, height = pilot.app.size
    rows = ["".join(s.text for s in line) for line in pilot.app.screen._compositor.render_strips()]
    assert len(rows) == height
    assert {len(row) for row in rows} == {width}
    [column] = [row.index(word) for row in rows if word in row]
    return column


def columns(pilot: Pilot[int]) -> set[int]:
    words = "Myquestion", "Theanswer", "typed", "demo", "waits", "sought"
    return {column_of(pilot, word) for word in words}


@pytest.mark.parametrize("width", [200, 143, 120, 80, 60])
async def test_prompt_status_and_messages_begin_in_one_column(
    make_app: MakeApp, store: Store, width: int
) -> None:
    saved_conversation(store, "title", "Myquestion", "Theanswer")
    async with make_app().run_test(size=(width, 30)) as pilot:
        app = app_of(pilot)
        app.showing.show(next(row.id for row in store.summaries()))
        await until(pilot, lambda: app.shown.title == "title")
        line = QueuedLine(id="queued", label="")
        await app.main.mount_above_prompt(line)
        line.show("waits", "")
        await app.main.finding.open()
        await pilot.press(*"sought")
        app.main.composer.fill("typed")
        app.main.status.notice = ""
        app.main.status.backend = "demo"
        await pilot.pause()
        [first] = columns(pilot)
        assert app.main.composer.size.width >= min(100, app.main.transcript.size.width - 3)
        await pilot.press("escape", "ctrl+b")
        await app.main.finding.open()
        app.main.status.notice = ""
        await pilot.pause()
        if width >= 72:
            [second] = columns(pilot)
            assert second != first
        await pilot.resize_terminal(width + 20, 30)
        await pilot.pause()
        app.main.status.notice = ""
        if width >= 72:
            assert len(columns(pilot)) == 1


async def test_an_empty_row_parts_the_text_from_the_prompt_where_there_are_rows_enough(
    make_app: MakeApp,
) -> None:
    app = make_app()
    async with app.run_test(size=(80, 24)) as pilot:
        for rows, between in ((24, 1), (AIRY, 1), (AIRY - 1, 0), (12, 0), (40, 1)):
            await pilot.resize_terminal(80, rows)
            await pilot.pause()
            assert app.main.status.region.bottom == rows
            text, prompt = app.main.transcript.region, app.main.composer.region
            assert prompt.y - text.bottom == between
