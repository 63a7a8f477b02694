from __future__ import annotations

from functools import partial

import pytest
from textual.pilot import Pilot
from textual.widgets import Input, Label

from copilot_tui.config import Config
from copilot_tui.conversation import Message, Role
from copilot_tui.pruning import delete
from copilot_tui.store import Draft, Store, StoreWithPrivate
from copilot_tui.tui.app import CopilotApp
from copilot_tui.tui.desk import Desk
from copilot_tui.tui.screens.prompts import PromptsScreen
from copilot_tui.tui.widgets.composer import Composer
from tests.fakes import FakeBackend
from tests.tui.conftest import MakeApp
from tests.tui.test_app import app_of, ended, saved_conversation, send, until


def composer_of(pilot: Pilot[int]) -> Composer:
    return app_of(pilot).main.composer


async def walk(pilot: Pilot[int], key: str, text: str) -> None:
    """Press the key, and wait until this is in the prompt."""
    await pilot.press(key)
    await until(pilot, lambda: composer_of(pilot).text == text)


def is_changed(composer: Composer, before: str) -> bool:
    return composer.text != before


def found(pilot: Pilot[int]) -> list[str]:
    screen = pilot.app.screen
    assert isinstance(screen, PromptsScreen)
    lines = [screen.hits.render_line(y).text.strip() for y in range(2 * screen.hits.count)]
    return [line.removeprefix("▌ ") for line in lines[1::2]]


async def open_prompts(pilot: Pilot[int], *prompts: str) -> None:
    await pilot.press("alt+h")
    await until(pilot, lambda: isinstance(pilot.app.screen, PromptsScreen))
    await until(pilot, lambda: pilot.app.screen.query(Input) and found(pilot) == list(prompts))


@pytest.fixture
def library(store: Store) -> Store:
    saved_conversation(store, "Harbours", "Which boats lie still?", "The old ones.", "And why?")
    saved_conversation(store, "Kitchens", "How is bread made?", "With flour.", "And why?")
    return store


async def test_up_goes_on_from_this_conversation_to_all_others_and_down_comes_back(
    make_app: MakeApp, library: Store, backend: FakeBackend
) -> None:
    async with make_app().run_test(size=(40, 12)) as pilot:
        await send(pilot, "mine")
        await ended(pilot)
        await pilot.press(*"draft")
        await walk(pilot, "up", "mine")
        seen = []
        for _ in range(3):
            before = composer_of(pilot).text
            await pilot.press("up")
            await until(pilot, partial(is_changed, composer_of(pilot), before))
            seen.append(composer_of(pilot).text)
        assert sorted(seen) == ["And why?", "How is bread made?", "Which boats lie still?"]
        await pilot.press("up")
        assert composer_of(pilot).text == seen[-1]  # there is no other
        for text in (*seen[-2::-1], "mine", "draft"):
            await walk(pilot, "down", text)


async def test_ctrl_up_walks_from_any_line_and_ctrl_down_back(
    make_app: MakeApp, library: Store
) -> None:
    async with make_app().run_test() as pilot:
        composer_of(pilot).fill("one\ntwo\nthree")
        await pilot.press("ctrl+up")
        await until(pilot, lambda: composer_of(pilot).text in ("And why?", "How is bread made?"))
        await walk(pilot, "ctrl+down", "one\ntwo\nthree")


async def test_what_was_made_of_a_recalled_prompt_stays_in_its_place(
    make_app: MakeApp, store: Store
) -> None:
    saved_conversation(store, "Kitchens", "bread", "yes", "salt")
    async with make_app().run_test() as pilot:
        app = app_of(pilot)
        app.showing.show(next(row.id for row in store.summaries()))
        await until(pilot, lambda: app.shown.title == "Kitchens")
        await pilot.press(*"draft")
        await walk(pilot, "up", "salt")
        await walk(pilot, "!", "salt!")
        await walk(pilot, "up", "bread")
        await walk(pilot, "down", "salt!")
        await walk(pilot, "down", "draft")


async def test_the_draft_comes_back_after_a_recalled_prompt_was_sent(
    make_app: MakeApp, library: Store, backend: FakeBackend
) -> None:
    async with make_app().run_test() as pilot:
        await send(pilot, "mine")
        await ended(pilot)
        await pilot.press(*"draft")
        await walk(pilot, "up", "mine")
        await pilot.press("enter")
        await until(pilot, lambda: composer_of(pilot).text == "draft")
        await ended(pilot)
        asked = [m.content for m in app_of(pilot).shown.path() if m.role is Role.USER]
        assert asked == ["mine", "mine"]


async def test_the_draft_is_what_is_kept_while_another_prompt_stands_in_its_place(
    make_app: MakeApp, store: Store
) -> None:
    talk = saved_conversation(store, "Kitchens", "bread", "yes")
    async with make_app().run_test() as pilot:
        app = app_of(pilot)
        app.showing.show(talk.id)
        await until(pilot, lambda: app.shown.id == talk.id)
        await pilot.press(*"draft")
        await walk(pilot, "up", "bread")
        app.showing.show_new()
        app.showing.show(talk.id)
        await until(pilot, lambda: app.shown.id == talk.id)
        assert composer_of(pilot).text == "draft"
        await walk(pilot, "up", "bread")
        await walk(pilot, "!", "bread!")
        await pilot.press("ctrl+q")
    assert store.draft(talk.id) == Draft("draft\n\nbread!", 13)


async def test_what_was_made_of_a_recalled_prompt_is_kept_when_another_is_sent_or_the_app_ends(
    make_app: MakeApp, store: Store
) -> None:
    talk = saved_conversation(store, "Kitchens", "bread", "yes", "salt")
    async with make_app().run_test() as pilot:
        app = app_of(pilot)
        app.showing.show(talk.id)
        await until(pilot, lambda: app.shown.id == talk.id)
        await walk(pilot, "up", "salt")
        await walk(pilot, "!", "salt!")
        await walk(pilot, "up", "bread")
        await pilot.press("enter")
        await until(pilot, lambda: composer_of(pilot).text == "salt!")
        await ended(pilot)
        await walk(pilot, "up", "bread")
        await walk(pilot, "?", "bread?")
        await walk(pilot, "up", "salt")
        await pilot.press("ctrl+q")
    draft = store.draft(talk.id)
    assert draft is not None
    assert draft.text == "salt!\n\nbread?"


async def test_one_undo_takes_a_recalled_prompt_back(make_app: MakeApp, store: Store) -> None:
    talk = saved_conversation(store, "Kitchens", "bread", "yes")
    async with make_app().run_test() as pilot:
        app_of(pilot).showing.show(talk.id)
        await until(pilot, lambda: app_of(pilot).shown.id == talk.id)
        await pilot.press(*"draft")
        await walk(pilot, "up", "bread")
        await walk(pilot, "ctrl+z", "draft")


async def test_what_was_asked_in_private_stays_in_its_conversation(
    config: Config, backend: FakeBackend
) -> None:
    store = StoreWithPrivate(config.data_dir, config.cache_dir)
    desk = Desk(config, store, make_backend=lambda _: backend)
    async with CopilotApp(desk).run_test() as pilot:
        app = app_of(pilot)
        app.showing.show_new_private()
        await send(pilot, "secret")
        await ended(pilot)
        await walk(pilot, "up", "secret")
        await walk(pilot, "down", "")
        await open_prompts(pilot, "secret")
        await pilot.press("escape")
        await until(pilot, lambda: app.screen is app.main)
        app.showing.show_new()
        await send(pilot, "open")
        await ended(pilot)
        await walk(pilot, "up", "open")
        await pilot.press("up")
        await app.workers.wait_for_complete()
        assert composer_of(pilot).text == "open"
        await open_prompts(pilot, "open")


async def test_a_deleted_prompt_and_those_in_the_trash_do_not_come_back(
    make_app: MakeApp, store: Store
) -> None:
    gone = saved_conversation(store, "Gone", "of the trash", "yes")
    kept = saved_conversation(store, "Kept", "stays", "yes", "is deleted")
    store.update_search()
    store.delete(gone.id)
    delete(kept, [kept.path()[-1].id])
    store.save(kept)
    async with make_app().run_test() as pilot:
        await open_prompts(pilot, "stays")


@pytest.mark.parametrize("size", [(100, 30), (40, 12)])
async def test_the_search_puts_a_prompt_of_any_conversation_into_the_composer(
    make_app: MakeApp, library: Store, size: tuple[int, int]
) -> None:
    async with make_app().run_test(size=size) as pilot:
        await pilot.press(*"draft", "alt+h")
        await until(pilot, lambda: isinstance(pilot.app.screen, PromptsScreen))
        await until(pilot, lambda: len(found(pilot)) == 3)
        await pilot.press(*"BOATS")
        await until(pilot, lambda: found(pilot) == ["Which boats lie still?"])
        hits = app_of(pilot).screen.query_one("#hits")
        assert hits.size.height >= 6
        await pilot.press("enter")
        await until(pilot, lambda: composer_of(pilot).text == "Which boats lie still?")
        assert composer_of(pilot).has_focus
        await walk(pilot, "down", "draft")


async def test_escape_leaves_the_prompt_as_it_was(make_app: MakeApp, library: Store) -> None:
    async with make_app().run_test() as pilot:
        await pilot.press(*"draft", "alt+h")
        await until(pilot, lambda: isinstance(pilot.app.screen, PromptsScreen))
        await until(pilot, lambda: len(found(pilot)) == 3)
        await pilot.press("escape")
        await until(pilot, lambda: pilot.app.screen is app_of(pilot).main)
        assert composer_of(pilot).text == "draft"


async def test_where_nothing_was_asked_the_search_says_so(make_app: MakeApp) -> None:
    async with make_app().run_test() as pilot:
        await open_prompts(pilot)
        label = pilot.app.screen.query_one("#search-status", Label)
        await until(pilot, lambda: str(label.content) == "No earlier prompts yet")


async def test_nothing_is_read_before_the_walk_leaves_this_conversation(
    make_app: MakeApp, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    talk = saved_conversation(store, "Kitchens", "one", "yes", "two", "yes", "three", "yes")
    asked: list[int] = []
    prompts = store.prompts

    def counted(words: str = "", *, limit: int) -> object:
        asked.append(limit)
        return prompts(words, limit=limit)

    monkeypatch.setattr(store, "prompts", counted)
    async with make_app().run_test() as pilot:
        app_of(pilot).showing.show(talk.id)
        await until(pilot, lambda: app_of(pilot).shown.id == talk.id)
        await walk(pilot, "up", "three")
        await walk(pilot, "up", "two")
        assert asked == []
        await walk(pilot, "up", "one")
        await until(pilot, lambda: asked == [100])


async def test_prompts_on_other_branches_are_walked_too(make_app: MakeApp, store: Store) -> None:
    talk = saved_conversation(store, "Kitchens", "first", "yes")
    talk.add(Message(id="other", role=Role.USER, content="second", parent_id=None))
    store.save(talk)
    async with make_app().run_test() as pilot:
        app_of(pilot).showing.show(talk.id)
        await until(pilot, lambda: app_of(pilot).shown.id == talk.id)
        await walk(pilot, "up", "second")
        await walk(pilot, "up", "first")
