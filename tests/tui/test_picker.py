from __future__ import annotations

from textual.pilot import Pilot
from textual.widgets import Input, Label, OptionList

from copilot_tui.errors import ConnectionFailed
from copilot_tui.store import Store
from copilot_tui.tui.catalog import Choice
from tests.fakes import FakeBackend
from tests.tui.conftest import MakeApp
from tests.tui.test_app import app_of, ended, saved_conversation, send, until


async def opened(pilot: Pilot[int]) -> OptionList:
    app = app_of(pilot)
    await pilot.press("ctrl+o")
    await until(pilot, lambda: len(app.screen_stack) == 2 and app.screen.query("#picker-list"))
    return app.screen.query_one(OptionList)


def listed(options: OptionList) -> str:
    return "\n".join(
        str(options.get_option_at_index(i).prompt) for i in range(options.option_count)
    )


async def test_typing_narrows_the_models_and_enter_chooses_for_the_next_reply(
    make_app: MakeApp, backend: FakeBackend, store: Store
) -> None:
    async with make_app().run_test() as pilot:
        app = app_of(pilot)
        options = await opened(pilot)
        await until(pilot, lambda: "fake-2" in listed(options))
        await pilot.press(*"fake-2")
        await until(pilot, lambda: options.option_count == 1)
        await pilot.press("enter")
        await until(pilot, lambda: app.shown.model == "fake-2")
        assert "fake-2" in app.main.status.backend
        await send(pilot, "hello")
        await ended(pilot)
        assert backend.requests[0].model == "fake-2"
    assert store.load(store.resolve("last")).model == "fake-2"


async def test_a_name_that_is_not_listed_can_be_chosen(make_app: MakeApp) -> None:
    async with make_app().run_test() as pilot:
        app = app_of(pilot)
        options = await opened(pilot)
        await until(pilot, lambda: "fake-2" in listed(options))
        await pilot.press(*"mine")
        await until(pilot, lambda: "as a model of demo" in listed(options))
        await pilot.press("enter")
        await until(pilot, lambda: app.shown.model == "mine")


async def test_another_backend_opens_its_own_models_and_stays_with_the_conversation(
    make_app: MakeApp, store: Store
) -> None:
    old = saved_conversation(store, "old", "q", "a")
    async with make_app(continue_last=True).run_test() as pilot:
        app = app_of(pilot)
        await until(pilot, lambda: app.shown.id == old.id)
        options = await opened(pilot)
        await until(pilot, lambda: "fake-2" in listed(options))
        await pilot.press(*"ollama", "enter")
        title = app.screen.query_one("#picker-title", Label)
        await until(pilot, lambda: "ollama" in str(title.content))
        await until(pilot, lambda: app.screen.query_one(Input).value == "")
        await pilot.press(*"fake-1", "enter")
        await until(pilot, lambda: app.shown.backend == "ollama")
        await app.workers.wait_for_complete()
    saved = store.load(old.id)
    assert (saved.backend, saved.model) == ("ollama", "fake-1")


async def test_what_was_chosen_lately_comes_first(make_app: MakeApp) -> None:
    app = make_app()
    await app.desk.catalog.open()
    await app.desk.catalog.note(Choice("openai", "gpt-4o"))
    async with make_app().run_test() as pilot:
        options = await opened(pilot)
        await until(pilot, lambda: options.option_count)
        assert str(options.get_option_at_index(0).prompt).startswith("openai · gpt-4o")


async def test_a_backend_that_does_not_answer_is_said_and_leaves_the_choice(
    make_app: MakeApp, backend: FakeBackend
) -> None:
    async def models() -> list[object]:
        raise ConnectionFailed("nothing answers there")

    backend.models = models  # type: ignore[method-assign,assignment]
    async with make_app().run_test() as pilot:
        app = app_of(pilot)
        await opened(pilot)
        status = app.screen.query_one("#picker-status", Label)
        await until(pilot, lambda: "nothing answers" in str(status.content))
        await pilot.press("escape")
        await until(pilot, lambda: len(app.screen_stack) == 1)
        assert app.shown.model is None
