from __future__ import annotations

import pytest

from copilot_tui.config import Config
from copilot_tui.conversation import TitleSource
from copilot_tui.errors import ConnectionFailed
from copilot_tui.store import Store
from copilot_tui.tui.app import CopilotApp
from copilot_tui.tui.desk import Desk
from tests.fakes import FakeBackend, Hold
from tests.tui.test_app import app_of, ended, send, stored, until


def app_with(config: Config, store: Store, backend: FakeBackend, *, wanted: bool) -> CopilotApp:
    ui = config.ui._replace(model_titles=wanted)
    return CopilotApp(Desk(config._replace(ui=ui), store, make_backend=lambda _: backend))


@pytest.mark.parametrize(
    ("answer", "title"),
    [
        ("Ein Ausflug nach Rom", "Ein Ausflug nach Rom"),
        ('# Title: "Rome in May."\n\nI hope you like it.', "Rome in May"),
        ("<think>short, then</think>\n**Rome**", "Rome"),
        ("  \n ", "plan a trip"),
    ],
)
async def test_after_the_first_reply_the_model_gives_the_title(
    config: Config, store: Store, backend: FakeBackend, answer: str, title: str
) -> None:
    backend.scripts = [["Go to Rome."], [answer], ["In May."]]
    async with app_with(config, store, backend, wanted=True).run_test() as pilot:
        app = app_of(pilot)
        await send(pilot, "plan a trip")
        await until(pilot, lambda: len(backend.requests) == 2)
        await ended(pilot)
        assert app.shown.title == title
        assert len(app.shown.messages) == 2
        await send(pilot, "when?")
        await ended(pilot)
    assert len(backend.requests) == 3
    assert "plan a trip" in backend.requests[1].path[0].content
    saved = stored(store, title)
    assert saved.title_source is TitleSource.AUTO
    assert len(store.summaries()) == 1


async def test_no_title_is_asked_for_unless_it_is_wanted(
    config: Config, store: Store, backend: FakeBackend
) -> None:
    async with app_with(config, store, backend, wanted=False).run_test() as pilot:
        await send(pilot, "plan a trip")
        await ended(pilot)
    assert len(backend.requests) == 1


async def test_a_title_that_the_user_gave_meanwhile_stays(
    config: Config, store: Store, backend: FakeBackend
) -> None:
    hold = Hold()
    backend.scripts = [["Go to Rome."], [hold, "Rome"]]
    async with app_with(config, store, backend, wanted=True).run_test() as pilot:
        app = app_of(pilot)
        await send(pilot, "plan a trip")
        await hold.reached.wait()
        await pilot.press("f2", *"Mine", "enter")
        await until(pilot, lambda: app.shown.title == "Mine")
        hold.go.set()
        await ended(pilot)
    assert stored(store, "Mine").title_source is TitleSource.USER


async def test_a_title_that_does_not_come_leaves_the_first_line(
    config: Config, store: Store, backend: FakeBackend
) -> None:
    backend.scripts = [["Go to Rome."], [ConnectionFailed("nothing listens there")]]
    async with app_with(config, store, backend, wanted=True).run_test() as pilot:
        await send(pilot, "plan a trip")
        await until(pilot, lambda: len(backend.requests) == 2)
        await ended(pilot)
    assert stored(store, "plan a trip").path()[-1].content == "Go to Rome."


async def test_a_title_for_what_was_deleted_meanwhile_brings_nothing_back(
    config: Config, store: Store, backend: FakeBackend
) -> None:
    hold = Hold()
    backend.scripts = [["Go to Rome."], [hold, "Rome"]]
    async with app_with(config, store, backend, wanted=True).run_test() as pilot:
        app = app_of(pilot)
        await send(pilot, "plan a trip")
        await hold.reached.wait()
        deleted = app.shown.id
        await pilot.press("f8")
        await until(pilot, lambda: app.shown.id != deleted)
        hold.go.set()
        await ended(pilot)
        assert [row.id for row in app.desk.shelf.rows if row.id == deleted] == []
    assert [row.id for row in store.trashed()] == [deleted]


async def test_a_title_waits_for_a_place_like_any_reply(
    config: Config, store: Store, backend: FakeBackend
) -> None:
    narrow = config.backend._replace(max_replies=1)
    config = config._replace(backends={**config.backends, narrow.name: narrow}, backend=narrow)
    hold = Hold()
    backend.scripts = [["Go to Rome."], [hold, "Rome"], ["In May."]]
    async with app_with(config, store, backend, wanted=True).run_test() as pilot:
        app = app_of(pilot)
        await send(pilot, "plan a trip")
        await hold.reached.wait()
        await send(pilot, "when?")
        await until(pilot, lambda: app.shown.id in app.desk.places.waiting)
        assert len(backend.requests) == 2
        hold.go.set()
        await until(pilot, lambda: len(backend.requests) == 3)
        await ended(pilot)
    assert stored(store, "Rome")
