"""What is seen of the list, and where its cursor stands, when the list changes."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta

from rich.cells import cell_len
from textual.pilot import Pilot

from copilot_tui.store import Store
from copilot_tui.tui.app import CopilotApp
from copilot_tui.tui.rows import Mark, Row
from tests.tui.conftest import MakeApp
from tests.tui.test_app import saved_conversation, until
from tests.tui.test_organising import listed, settled

NOW = datetime(2026, 1, 1, tzinfo=UTC)
ROWS = [Row(f"{n}", f"talk {n}", f"2026-01-01T00:00:{59 - n:02}.000Z") for n in range(50)]
LATER = [ROWS[40], *ROWS[:40], *ROWS[41:]]
"""The same when one of them has moved up, by another window."""


@asynccontextmanager
async def listing(make_app: MakeApp) -> AsyncIterator[tuple[Pilot[int], CopilotApp]]:
    """The app with these rows in its list."""
    app = make_app()
    async with app.run_test(size=(100, 20)) as pilot:
        await settled(pilot)
        app.main.sidebar.show_rows(ROWS, now=NOW)
        await pilot.pause()
        yield pilot, app


def lines(app: CopilotApp) -> list[str]:
    sidebar = app.main.sidebar
    return [sidebar.render_line(y).text.strip() for y in range(sidebar.size.height)]


async def test_todays_conversations_are_yesterdays_when_midnight_has_passed(
    make_app: MakeApp, store: Store
) -> None:
    evening = saved_conversation(store, "talk", "q", "a")
    async with make_app(continue_last=True).run_test(size=(100, 30)) as pilot:
        app = await listed(pilot, 1)
        await settled(pilot)
        noon = datetime.fromisoformat(evening.updated_at).astimezone().replace(hour=12)
        app.desk.now = lambda: noon
        app.starting.day.look()
        app.refresh_sidebar()
        assert lines(app)[:2] == ["Today", "talk"]
        app.desk.now = lambda: noon + timedelta(days=1)
        app.starting.day.look()
        assert lines(app)[:2] == ["Yesterday", "talk"]


async def test_what_is_read_in_the_list_stays_in_sight_when_others_move_up(
    make_app: MakeApp,
) -> None:
    async with listing(make_app) as (_, app):
        sidebar = app.main.sidebar
        sidebar.scroll_to(0, 12, animate=False, immediate=True)
        before = lines(app)
        assert before[0] == "talk 11"
        sidebar.show_rows(LATER, now=NOW)
        assert lines(app)[:-1] == before[:-1]
        sidebar.show_rows(ROWS[5:40], now=NOW)  # some are deleted there
        assert lines(app)[:-1] == before[:-1]


async def test_the_cursor_stays_on_its_row_and_its_line_when_others_move_up(
    make_app: MakeApp,
) -> None:
    async with listing(make_app) as (pilot, app):
        sidebar = app.main.sidebar
        sidebar.focus()
        await pilot.press("end", *["up"] * 20)
        await pilot.pause()
        y = lines(app).index("talk 29")
        assert sidebar.picked == "29"
        sidebar.show_rows(LATER, now=NOW)
        assert (sidebar.picked, lines(app).index("talk 29")) == ("29", y)


async def test_the_cursor_on_the_last_line_is_not_pushed_out_of_sight(make_app: MakeApp) -> None:
    async with listing(make_app) as (pilot, app):
        sidebar = app.main.sidebar
        sidebar.focus()
        await pilot.press("home", *["down"] * (sidebar.size.height - 2))
        await pilot.pause()
        picked = sidebar.picked
        assert lines(app)[-1] == f"talk {picked}"
        sidebar.show_rows(LATER, now=NOW)
        await pilot.pause()
        assert (sidebar.picked, f"talk {picked}" in lines(app)) == (picked, True)


async def test_at_its_top_the_list_shows_what_comes_there(make_app: MakeApp) -> None:
    async with listing(make_app) as (_, app):
        app.main.sidebar.show_rows(LATER, now=NOW)
        assert lines(app)[1:3] == ["talk 40", "talk 0"]


async def test_a_title_of_joined_characters_is_cut_to_the_width_of_the_list(
    make_app: MakeApp,
) -> None:
    titles = [
        "👩‍👩‍👧‍👦" * 12,
        "a" + "👍🏽" * 20,
        "é" * 60,
        "世界" * 20,
        "🇩🇪" * 20,
        "1️⃣" * 30,
        "☎️" * 30,
    ]
    app = make_app()
    async with app.run_test(size=(100, 20)) as pilot:
        await settled(pilot)
        sidebar = app.main.sidebar
        sidebar.show_rows([Row(t, t, "2026-01-01T00:00:00.000Z") for t in titles], now=NOW)
        sidebar.show_marks({titles[0]: Mark.FAILED})
        for y in range(1, len(titles) + 1):
            strip = sidebar.render_line(y)
            assert sum(cell_len(segment.text) for segment in strip) == sidebar.size.width
            assert strip.text.rstrip().endswith("…")


async def test_deleting_in_a_narrowed_list_goes_on_with_the_next_row(
    make_app: MakeApp, store: Store
) -> None:
    for number in range(8):
        saved_conversation(store, f"talk {number}" if number % 2 else f"other {number}", "q", "a")
    async with make_app(continue_last=True).run_test(size=(100, 30)) as pilot:
        app = await listed(pilot, 8)
        await settled(pilot)
        sidebar = app.main.sidebar
        sidebar.focus()
        await pilot.press("slash", *"talk", "down")
        rows = [row.title for row in sidebar._rows]
        assert rows == ["talk 7", "talk 5", "talk 3", "talk 1"]
        assert app.desk.shelf.rows[2].id == sidebar.picked  # talk 5
        await pilot.press("f8")
        await until(pilot, lambda: len(sidebar._rows) == 3)
        titles = {row.id: row.title for row in sidebar._rows}
        assert titles[sidebar.picked or ""] == "talk 3"
        await pilot.press("backspace", "k")
        assert titles[sidebar.picked or ""] == "talk 3"
        await pilot.press("space", "1")  # it is not among these
        assert titles[sidebar.picked or ""] == "talk 1"


async def test_the_end_of_a_long_filter_is_seen_while_it_is_typed(make_app: MakeApp) -> None:
    async with listing(make_app) as (pilot, app):
        app.main.sidebar.focus()
        await pilot.press("slash", *"talk")
        assert lines(app)[0] == "/talk▏ 50"
        await pilot.press(*"世界 and more words than there is room for")
        assert lines(app)[0].startswith("…")
        assert lines(app)[0].endswith("room for▏ 0")
        strip = app.main.sidebar.render_line(0)
        assert sum(cell_len(segment.text) for segment in strip) == app.main.sidebar.size.width
