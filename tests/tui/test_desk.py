from __future__ import annotations

from copilot_tui.config import Config
from copilot_tui.store import Store
from copilot_tui.tui.desk import OPEN_MOST, Desk
from tests.tui.test_app import saved_conversation


async def test_of_many_opened_conversations_only_the_latest_stay_in_memory(
    config: Config, store: Store
) -> None:
    saved = [saved_conversation(store, f"number {n}", "q", "a").id for n in range(OPEN_MOST + 3)]
    desk = Desk(config, store)
    first = await desk.load(saved[0])
    for id_ in saved[1:-1]:
        await desk.load(id_)
        await desk.load(saved[0])  # used again and again, so it stays
    await desk.load(saved[-1])
    assert list(desk.open)[-2:] == [saved[0], saved[-1]]
    assert desk.open[saved[0]] is first
    assert len(desk.open) == OPEN_MOST
    assert saved[1] not in desk.open
    desk.close()


async def test_a_conversation_that_answers_stays_however_many_are_opened(
    config: Config, store: Store
) -> None:
    saved = [saved_conversation(store, f"number {n}", "q", "a").id for n in range(OPEN_MOST + 2)]
    desk = Desk(config, store)
    answering = await desk.load(saved[0])
    desk.begin(answering, "go on")
    for id_ in saved[1:]:
        await desk.load(id_)
    assert desk.open[saved[0]] is answering
    assert saved[1] not in desk.open
    desk.close()
