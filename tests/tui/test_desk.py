from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from copilot_tui.config import Config, load
from copilot_tui.conversation import Conversation, new_conversation, utc_now
from copilot_tui.errors import StoreError
from copilot_tui.store import Draft, Saved, Store
from copilot_tui.tui.desk import OPEN_MOST, Desk
from copilot_tui.tui.desk.catalog import Choice
from tests.fakes import FakeBackend
from tests.tui.test_app import saved_conversation


async def test_of_many_opened_conversations_only_the_latest_stay_in_memory(
    config: Config, store: Store
) -> None:
    saved = [saved_conversation(store, f"number {n}", "q", "a").id for n in range(OPEN_MOST + 3)]
    desk = Desk(config, store)
    desk.shown_id = saved[0]
    first = await desk.load(saved[0])
    for id_ in saved[1:-1]:
        await desk.load(id_)
        await desk.load(saved[0])  # it is shown, so it stays
    await desk.load(saved[-1])
    assert list(desk.open)[-2:] == [saved[0], saved[-1]]
    assert desk.open[saved[0]] is first
    assert len(desk.open) == OPEN_MOST + 1  # and the shown one
    assert saved[1] not in desk.open
    desk.filing.close()


async def test_a_conversation_that_answers_stays_however_many_are_opened(
    config: Config, store: Store
) -> None:
    saved = [saved_conversation(store, f"number {n}", "q", "a").id for n in range(OPEN_MOST + 2)]
    desk = Desk(config, store)
    answering = await desk.load(saved[0])
    desk.turns.begin(answering, "go on")
    for id_ in saved[1:]:
        await desk.load(id_)
    assert desk.open[saved[0]] is answering
    assert saved[1] not in desk.open
    desk.filing.close()


async def test_what_another_process_wrote_is_there_when_a_conversation_is_shown_again(
    config: Config, store: Store
) -> None:
    desk = Desk(config, store)
    id_ = saved_conversation(store, "shared", "q", "a").id
    await desk.load(id_)
    other = Store(config.data_dir, config.cache_dir)
    theirs = other.load(id_)
    theirs.title = "renamed elsewhere"
    other.save(theirs)
    assert (await desk.load(id_)).title == "renamed elsewhere"
    desk.filing.close()


async def test_an_empty_conversation_that_somebody_made_is_not_thrown_away_by_looking(
    config: Config, store: Store
) -> None:
    conversation = new_conversation(now=utc_now())
    conversation.title = "for later"
    store.save(conversation)
    desk = Desk(config, store)
    desk.drop_if_blank(await desk.load(conversation.id))
    desk.filing.close()
    assert [each.title for each in store.summaries()] == ["for later"]


async def test_a_conversation_that_was_only_a_draft_goes_with_its_draft(
    config: Config, store: Store
) -> None:
    desk = Desk(config, store)
    conversation = desk.new()
    desk.drafts.keep(conversation, "half a thought", 4)
    desk.drafts.keep(conversation, "", 0)
    desk.drop_if_blank(conversation)
    desk.filing.close()
    assert store.summaries() == []


async def test_nor_does_it_lie_blank_in_the_trash(config: Config, store: Store) -> None:
    desk = Desk(config, store)
    conversation = desk.new()
    desk.drafts.keep(conversation, "half a thought", 4)
    await asyncio.wrap_future(desk.filing._notes.submit(int))  # behind what is being written
    assert store.summaries()
    desk.drafts.keep(conversation, "", 0)
    desk.drop_if_blank(conversation)
    desk.filing.close()
    assert store.summaries() == []
    assert store.trashed() == []
    assert store.drafts() == []


class FillingStore(Store):
    """A store on a disk that can be full."""

    full = False

    def save(self, conversation: Conversation) -> Saved:
        self._check()
        return super().save(conversation)

    def save_draft(self, conversation_id: str, draft: Draft | None) -> None:
        self._check()
        super().save_draft(conversation_id, draft)

    def _check(self) -> None:
        if self.full:
            raise StoreError("no space left on the disk")


async def test_a_draft_that_could_not_be_written_is_said_and_written_at_the_end(
    config: Config,
) -> None:
    store = FillingStore(config.data_dir, config.cache_dir)
    store.full = True
    desk, said = Desk(config, store), list[StoreError]()
    desk.filing.on_trouble = said.append
    conversation = desk.new()
    desk.drafts.keep(conversation, "precious", 8)
    await desk.filing.in_order(int)
    store.full = False
    desk.filing.close()
    assert said
    draft = store.draft(conversation.id)
    assert draft is not None
    assert draft.text == "precious"


async def test_the_prompt_outlives_a_disk_that_is_full_when_it_is_sent(config: Config) -> None:
    store = FillingStore(config.data_dir, config.cache_dir)
    desk = Desk(config, store, make_backend=lambda _: FakeBackend())
    conversation = desk.new()
    desk.drafts.keep(conversation, "precious", 8)
    await desk.filing.in_order(int)
    store.full = True
    turn = desk.turns.begin(conversation, "precious")
    with pytest.raises(StoreError):
        async for _ in desk.turns.stream(turn):
            pass
    desk.turns.keep_saved(turn)
    desk.turns.end(turn, shown=True)
    store.full = False
    desk.filing.close()
    assert store.load(conversation.id).path()[0].content == "precious"
    assert store.draft(conversation.id) is None


async def test_one_choice_of_who_answers_is_for_one_conversation(
    data_dir: Path, cache_dir: Path
) -> None:
    given = load({"data_dir": str(data_dir), "backend": "ollama", "model": "m"}, {})
    desk = Desk(given._replace(cache_dir=cache_dir))
    one, other = desk.new(), desk.new()
    desk.answerers.choose(one, Choice("openai", "gpt-4o"))
    assert desk.answerers.present_choice(one) == Choice("openai", "gpt-4o")
    assert desk.turns.begin(one, "q").reply.backend == "openai"
    assert desk.turns.begin(other, "q").reply.backend == "ollama"
    desk.filing.close()
