from __future__ import annotations

import sys
from functools import partial
from pathlib import Path

import pytest

from copilot_tui.conversation import Role, Status, new_conversation, utc_now
from copilot_tui.store import Store
from copilot_tui.tui.app import CopilotApp
from tests.fakes import FakeBackend
from tests.store import broken
from tests.store.samples import add_turn
from tests.tui.conftest import MakeApp
from tests.tui.test_app import until


@pytest.fixture
def ruins(store: Store, data_dir: Path) -> Path:
    """A good conversation among everything that can be wrong."""
    conversation = new_conversation(now=utc_now())
    conversation.title = "Still good"
    add_turn(conversation, "hello", "Hello, Heiner.")
    store.save(conversation)
    folder = data_dir / "conversations"
    broken.plant(folder)
    if sys.platform != "win32":
        broken.plant_oddities(folder)
    return folder


def is_shown(app: CopilotApp, conversation_id: str) -> bool:
    return app.shown.id == conversation_id


async def test_the_app_shows_and_answers_the_rest(
    make_app: MakeApp, backend: FakeBackend, store: Store, ruins: Path
) -> None:
    before = broken.fingerprints(ruins)
    backend.scripts = [["Here I am."]]
    app = make_app()
    async with app.run_test(size=(100, 30)) as pilot:
        await until(pilot, lambda: app.desk.shelf.rows)
        listed = {row.id for row in app.desk.shelf.rows}
        assert listed >= {broken.READABLE_ID.format(n) for n in range(len(broken.READABLE))}
        assert len(listed) == 1 + len(broken.READABLE)
        for row in list(app.desk.shelf.rows):
            app.showing.show(row.id)
            await until(pilot, partial(is_shown, app, row.id))
        good = next(row.id for row in app.desk.shelf.rows if row.title == "Still good")
        app.showing.show(good)
        await until(pilot, partial(is_shown, app, good))
        await pilot.press(*"hi", "enter")
        await until(pilot, lambda: backend.requests and not app.desk.turns)
        assert app.fault is None
    last = store.load(good).head_message
    assert last is not None
    assert (last.role, last.status, last.content) == (
        Role.ASSISTANT,
        Status.COMPLETE,
        "Here I am.",
    )
    after = broken.fingerprints(ruins)
    assert {name for name in after if after[name] != before.get(name)} == {f"{good}.json"}


async def test_the_app_names_what_it_cannot_show(make_app: MakeApp, ruins: Path) -> None:
    app = make_app()
    name = broken.UNREADABLE_ID.format(0)
    async with app.run_test(size=(160, 30)) as pilot:
        await until(pilot, lambda: app.desk.shelf.rows)
        app.showing.show(name)
        await until(pilot, lambda: name in app.main.status.notice)
        assert f"{name}.json cannot be read" in app.main.status.notice
        assert app.shown.id != name
