from __future__ import annotations

import asyncio

import pytest
from textual.pilot import Pilot
from textual.widgets import Input, Label, OptionList

from copilot_tui.backends import Model
from copilot_tui.backends.accounts import Account, Quota
from copilot_tui.config import Config
from copilot_tui.errors import ConnectionFailed
from copilot_tui.store import Store
from copilot_tui.tui.app import CopilotApp
from copilot_tui.tui.desk import Desk
from copilot_tui.tui.desk.catalog import Choice
from tests.fakes import FakeBackend
from tests.tui.conftest import MakeApp
from tests.tui.test_app import app_of, ended, saved_conversation, send, until


def said(pilot: Pilot[int], where: str = "account") -> str:
    return str(pilot.app.screen.query_one(f"#picker-{where}", Label).content)


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
    await app.desk.answerers.catalog.open()
    await app.desk.answerers.catalog.note(Choice("openai", "gpt-4o"))
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


async def test_what_answers_now_is_marked_where_the_provider_is_the_configurations(
    config: Config, store: Store, backend: FakeBackend
) -> None:
    g4f = config.backends["g4f"]._replace(model="gpt-4o")
    chosen = config._replace(backend=g4f, backends={**config.backends, "g4f": g4f})
    app = CopilotApp(Desk(chosen, store, make_backend=lambda _: backend))
    async with app.run_test() as pilot:
        options = await opened(pilot)
        await until(pilot, lambda: "fake-2" in listed(options))
        assert "gpt-4o  answers now · set for g4f" in listed(options)


async def test_the_cursor_stays_on_its_entry_when_the_list_comes(
    make_app: MakeApp, backend: FakeBackend
) -> None:
    may_answer = asyncio.Event()

    async def models() -> list[Model]:
        await may_answer.wait()
        return [Model("fake-1"), Model("fake-2")]

    backend.models = models  # type: ignore[method-assign]
    async with make_app().run_test() as pilot:
        options = await opened(pilot)
        await until(pilot, lambda: "Asking" in said(pilot, "status") and options.option_count)
        await pilot.press("down", "down")
        before = str(options.get_option_at_index(options.highlighted or 0).prompt)
        may_answer.set()
        await until(pilot, lambda: "fake-2" in listed(options))
        assert str(options.get_option_at_index(options.highlighted or 0).prompt) == before


async def test_size_and_price_stand_beside_a_model_and_what_is_off_cannot_be_chosen(
    make_app: MakeApp, backend: FakeBackend
) -> None:
    backend.listed = [
        Model("gpt-5", "OpenAI", context_window=128_000, multiplier=1),
        Model("opus", "Anthropic", disabled="not enabled for this account"),
    ]
    async with make_app().run_test() as pilot:
        app = app_of(pilot)
        options = await opened(pilot)
        await until(pilot, lambda: "gpt-5  OpenAI · 128k context · 1x" in listed(options))
        await pilot.press(*"opus", "enter")
        await until(pilot, lambda: "opus cannot be chosen: not enabled" in said(pilot, "status"))
        assert len(app.screen_stack) == 2
        await pilot.press("escape")
        await until(pilot, lambda: len(app.screen_stack) == 1)
        assert app.shown.model is None


async def test_who_is_signed_in_is_said_with_what_is_left(
    make_app: MakeApp, backend: FakeBackend
) -> None:
    backend.account_is = Account("octocat", quota=(Quota("premium requests", 120, 300),))
    async with make_app().run_test() as pilot:
        await opened(pilot)
        wanted = "signed in as octocat · 180 of 300 premium requests left"
        await until(pilot, lambda: said(pilot) == wanted)


async def test_every_backend_says_whether_somebody_is_signed_in(
    make_app: MakeApp, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-of-the-test")
    async with make_app().run_test() as pilot:
        options = await opened(pilot)
        await until(pilot, lambda: "fake-2" in listed(options))
        lines = {line.partition("  ")[0]: line for line in listed(options).splitlines()}
        assert "another backend · signed in (OPENAI_API_KEY) · https" in lines["openai"]
        assert "another backend · not signed in · https" in lines["openrouter"]
        assert "another backend · not signed in · experimental" in lines["github"]
        assert "signed in" not in lines["ollama"]
        assert "sk-of-the-test" not in listed(options)


async def test_what_is_experimental_says_why_before_it_is_chosen(make_app: MakeApp) -> None:
    async with make_app().run_test() as pilot:
        await opened(pilot)
        await pilot.press(*"experimental", "enter")
        await until(pilot, lambda: "GitHub documents this interface nowhere" in said(pilot))


async def test_a_provider_opens_its_own_models_and_answers_with_the_one_chosen(
    make_app: MakeApp, backend: FakeBackend
) -> None:
    backend.listed = [Model("gpt-4o"), Model("Cloudflare", is_provider=True)]
    backend.by_provider = {"Cloudflare": [Model("llama-3.3"), Model("qwen-3")]}
    async with make_app().run_test() as pilot:
        app = app_of(pilot)
        options = await opened(pilot)
        await until(pilot, lambda: "Cloudflare" in listed(options))
        await pilot.press(*"cloudf", "enter")
        await until(pilot, lambda: "qwen-3" in listed(options))
        assert "gpt-4o" not in listed(options)
        await pilot.press(*"qwen", "enter")
        await until(pilot, lambda: app.shown.model == "qwen-3")
        assert app.shown.settings == {"provider": "Cloudflare"}
        options = await opened(pilot)
        await until(pilot, lambda: "answers now" in listed(options))
        assert str(pilot.app.screen.query_one("#picker-title", Label).content).endswith(
            "demo · Cloudflare"
        )
        await pilot.press(*"every", "enter")
        await until(pilot, lambda: "gpt-4o" in listed(options))


@pytest.mark.parametrize("size", [(120, 40), (80, 24), (40, 12)], ids=str)
async def test_at_every_size_the_list_has_room_and_the_last_line_is_in_sight(
    make_app: MakeApp, backend: FakeBackend, size: tuple[int, int]
) -> None:
    backend.listed = [Model(f"model-{n}") for n in range(100)]
    backend.account_is = Account("octocat", quota=(Quota("premium requests", 120, 300),))
    async with make_app().run_test(size=size) as pilot:
        options = await opened(pilot)
        await until(pilot, lambda: "octocat" in said(pilot))
        await pilot.pause()
        assert options.size.height >= 4
        status = pilot.app.screen.query_one("#picker-status", Label)
        assert status.region.bottom <= size[1]


async def test_a_model_that_is_called_just_as_typed_comes_before_one_chosen_lately(
    make_app: MakeApp,
) -> None:
    app = make_app()
    await app.desk.answerers.catalog.open()
    await app.desk.answerers.catalog.note(Choice("demo", "fake-2-large"))
    async with make_app().run_test() as pilot:
        app = app_of(pilot)
        options = await opened(pilot)
        await until(pilot, lambda: "fake-2\n" in f"{listed(options)}\n")
        await pilot.press(*"fake-2")
        await until(pilot, lambda: options.option_count == 2)
        assert listed(options).startswith("fake-2")
        assert "fake-2-large" in listed(options)
        await pilot.press("enter")
        await until(pilot, lambda: app.shown.model == "fake-2")


async def test_enter_at_once_leaves_who_answers_now(make_app: MakeApp) -> None:
    app = make_app()
    await app.desk.answerers.catalog.open()
    await app.desk.answerers.catalog.note(Choice("demo", "fake-2"))
    async with make_app().run_test() as pilot:
        app = app_of(pilot)
        before = app.desk.answerers.present_choice(app.shown)
        options = await opened(pilot)
        await until(pilot, lambda: "fake-1" in listed(options))
        assert "answers now" in str(options.get_option_at_index(options.highlighted or 0).prompt)
        await pilot.press("enter")
        await until(pilot, lambda: len(app.screen_stack) == 1)
        await app.workers.wait_for_complete()
        assert app.desk.answerers.present_choice(app.shown) == before


async def test_a_model_that_is_set_listed_and_was_chosen_lately_stands_there_once(
    config: Config, store: Store, backend: FakeBackend
) -> None:
    openai = config.backends["openai"]._replace(model="fake-2")
    chosen = config._replace(backend=openai, backends={**config.backends, "openai": openai})
    backend.listed = [Model("fake-1", "Fake"), Model("fake-2", "Fake", context_window=128_000)]
    desk = Desk(chosen, store, make_backend=lambda _: backend)
    await desk.answerers.catalog.open()
    async with CopilotApp(desk).run_test(size=(100, 30)) as pilot:
        options = await opened(pilot)
        await until(pilot, lambda: "fake-1" in listed(options))
        once = "fake-2  answers now · set for openai · Fake · 128k context"
        assert [line for line in listed(options).splitlines() if "fake-2" in line] == [once]
        await pilot.press("enter")
        await until(pilot, lambda: len(pilot.app.screen_stack) == 1)
        for choice in (Choice("openai"), Choice("openai", "fake-2")):  # which mean the same
            await desk.answerers.catalog.note(choice)
        options = await opened(pilot)
        await until(pilot, lambda: "fake-1" in listed(options))
        [line] = [line for line in listed(options).splitlines() if "fake-2" in line]
        assert line.startswith("fake-2  answers now · chosen lately · set for openai")


async def test_a_mark_moves_no_name_beside_the_others(make_app: MakeApp) -> None:
    async with make_app().run_test() as pilot:
        options = await opened(pilot)
        await until(pilot, lambda: "fake-2" in listed(options))
        before = listed(options).splitlines()
        await pilot.press("down", "space")
        marked = listed(options).splitlines()
        assert [line[2:] for line in marked] == before
        assert [line[:2] for line in marked].count("☑ ") == 1
        await pilot.press("space")
        assert listed(options).splitlines() == before
