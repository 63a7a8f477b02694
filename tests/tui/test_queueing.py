from __future__ import annotations

from copilot_tui.config import Config
from copilot_tui.errors import ReplyFailed
from copilot_tui.store import Store
from copilot_tui.tui.app import CopilotApp
from copilot_tui.tui.desk import Desk
from copilot_tui.tui.rows import Mark
from tests.fakes import FakeBackend, Hold
from tests.tui.conftest import MakeApp
from tests.tui.test_app import app_of, ended, send, shown_text, stored, until


def waiting_line(app: CopilotApp) -> str:
    lines = app.main.query("#queued.-waits")
    return lines.first().render_line(0).text if lines else ""


async def test_a_prompt_waits_behind_the_reply_and_is_sent_when_that_is_whole(
    make_app: MakeApp, store: Store, backend: FakeBackend
) -> None:
    hold = Hold()
    backend.scripts = [["one", hold], ["two"]]
    async with make_app().run_test(size=(100, 30)) as pilot:
        app = app_of(pilot)
        await send(pilot, "first")
        await hold.reached.wait()
        await send(pilot, "second")
        assert app.main.composer.text == ""
        await until(pilot, lambda: "second" in waiting_line(app))
        assert "Escape" in waiting_line(app)
        hold.go.set()
        await until(pilot, lambda: len(backend.requests) == 2)
        await ended(pilot)
        assert waiting_line(app) == ""
        assert "two" in shown_text(app)
    assert [m.content for m in stored(store, "first").path()] == ["first", "one", "second", "two"]
    assert store.drafts() == []


async def test_escape_brings_the_waiting_prompt_back_and_the_reply_streams_on(
    make_app: MakeApp, backend: FakeBackend
) -> None:
    hold = Hold()
    backend.scripts = [["one", hold]]
    async with make_app().run_test(size=(100, 30)) as pilot:
        app = app_of(pilot)
        await send(pilot, "first")
        await hold.reached.wait()
        assert app.main.status.hints[0] == "Escape stops"
        await send(pilot, "second")
        assert app.main.status.hints[0] == "Escape brings the prompt back"
        await pilot.press(*"third", "escape")
        assert app.main.status.hints[0] == "Escape stops"
        assert app.main.composer.text == "second\n\nthird"
        assert app.desk.turns
        assert waiting_line(app) == ""
        hold.go.set()
        await ended(pilot)
        assert len(backend.requests) == 1


async def test_backspace_in_an_empty_prompt_brings_the_waiting_prompt_back(
    make_app: MakeApp, backend: FakeBackend
) -> None:
    hold = Hold()
    backend.scripts = [["one", hold]]
    async with make_app().run_test() as pilot:
        app = app_of(pilot)
        await send(pilot, "first")
        await hold.reached.wait()
        await send(pilot, "second")
        await pilot.press("x", "backspace", "backspace")
        await until(pilot, lambda: app.main.composer.text == "second")
        hold.go.set()
        await ended(pilot)


async def test_a_second_waiting_prompt_stays_in_the_prompt_and_it_is_said(
    make_app: MakeApp, store: Store, backend: FakeBackend
) -> None:
    hold = Hold()
    backend.scripts = [["one", hold], ["two"]]
    async with make_app().run_test() as pilot:
        app = app_of(pilot)
        await send(pilot, "first")
        await hold.reached.wait()
        await send(pilot, "second")
        await send(pilot, "third")
        assert app.main.composer.text == "third"
        assert "waits already" in app.main.status.notice
        app.say("trying again in 3 s: it was busy")  # as a countdown does
        assert waiting_line(app).startswith("Only one can wait: second")
        hold.go.set()
        await until(pilot, lambda: len(backend.requests) == 2)
        await ended(pilot)
        assert app.main.composer.text == "third"
        await pilot.press("ctrl+q")
    draft = store.draft(stored(store, "first").id)
    assert draft is not None
    assert draft.text == "third"


async def test_when_the_reply_fails_the_waiting_prompt_comes_back_and_it_is_said(
    make_app: MakeApp, backend: FakeBackend
) -> None:
    hold = Hold()
    backend.scripts = [["one", hold, ReplyFailed("it exploded")]]
    async with make_app().run_test() as pilot:
        app = app_of(pilot)
        await send(pilot, "first")
        await hold.reached.wait()
        await send(pilot, "second")
        hold.go.set()
        await ended(pilot)
        await until(pilot, lambda: app.main.composer.text == "second")
        assert "was not sent" in app.main.status.notice
        assert len(backend.requests) == 1


async def test_the_waiting_prompt_of_another_conversation_is_sent_or_becomes_its_draft(
    make_app: MakeApp, store: Store, backend: FakeBackend
) -> None:
    good, bad = Hold(), Hold()
    backend.scripts = [["one", good], ["one", bad, ReplyFailed("it exploded")], ["two"]]
    async with make_app().run_test(size=(100, 30)) as pilot:
        app = app_of(pilot)
        await send(pilot, "goes well")
        await good.reached.wait()
        await send(pilot, "second of the good")
        await pilot.press("ctrl+n")
        assert waiting_line(app) == ""
        await send(pilot, "goes wrong")
        await bad.reached.wait()
        await send(pilot, "second of the bad")
        wrong = app.shown.id
        await pilot.press("ctrl+n")
        bad.go.set()
        await until(pilot, lambda: len(app.desk.turns) == 1)
        good.go.set()
        await until(pilot, lambda: len(backend.requests) == 3)
        await ended(pilot)
        await until(pilot, lambda: wrong in app.desk.drafts)
        assert app.main.composer.text == ""
    draft = store.draft(wrong)
    assert draft is not None
    assert draft.text == "second of the bad"
    assert [m.content for m in stored(store, "goes well").path()][2:] == [
        "second of the good",
        "two",
    ]


async def test_the_waiting_prompt_and_what_is_typed_behind_it_are_a_draft_after_quitting(
    make_app: MakeApp, store: Store, backend: FakeBackend
) -> None:
    hold = Hold()
    backend.scripts = [["one", hold]]
    async with make_app().run_test() as pilot:
        await send(pilot, "first")
        await hold.reached.wait()
        await send(pilot, "second")
        await pilot.press(*"third", "left", "ctrl+q")
    [id_] = store.drafts()
    draft = store.draft(id_)
    assert draft is not None
    assert (draft.text, draft.caret) == ("second\n\nthird", len("second\n\nthir"))
    async with make_app(continue_last=True).run_test() as pilot:
        await until(pilot, lambda: app_of(pilot).main.composer.text == "second\n\nthird")


async def test_more_replies_than_a_backend_gives_at_once_wait_and_it_is_shown(
    config: Config, store: Store, backend: FakeBackend
) -> None:
    hold = Hold()
    backend.scripts = [["one", hold], ["two"]]
    narrow = config.backend._replace(max_replies=1)
    config = config._replace(backend=narrow, backends=config.backends | {narrow.name: narrow})
    app = CopilotApp(Desk(config, store, make_backend=lambda _: backend))
    async with app.run_test(size=(100, 30)) as pilot:
        await send(pilot, "first")
        await hold.reached.wait()
        await pilot.press("ctrl+n")
        await send(pilot, "second")
        second = app.shown.id
        await until(pilot, lambda: app.desk.shelf.marks().get(second) is Mark.WAITING)
        assert app.main.status.activity == "waiting for a place"
        assert stored(store, "second").path()[0].content == "second"  # the prompt is safe
        await pilot.press("ctrl+n")
        await send(pilot, "third, and stopped while it waits")
        third = app.shown.id
        await until(pilot, lambda: app.desk.shelf.marks().get(third) is Mark.WAITING)
        await pilot.press("escape")
        await until(pilot, lambda: third not in app.desk.turns)
        assert len(backend.requests) == 1
        hold.go.set()
        await ended(pilot)
        assert len(backend.requests) == 2
        assert not app.desk.places.waiting
    reply = stored(store, "second").head_message
    assert reply is not None
    assert reply.content == "two"
