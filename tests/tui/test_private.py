from __future__ import annotations

from pathlib import Path

import pytest

from copilot_tui.config import Config
from copilot_tui.store import Store, StoreWithPrivate
from copilot_tui.tui.app import CopilotApp
from copilot_tui.tui.desk import Desk
from tests.fakes import FakeBackend
from tests.tui.test_app import app_of, ended, saved_conversation, send, until
from tests.tui.test_editing import contents, status_text
from tests.tui.test_organising import settled, sidebar_lines

SECRET = "xyzzysecret"


@pytest.fixture
def app(config: Config, backend: FakeBackend) -> CopilotApp:
    store = StoreWithPrivate(config.data_dir, config.cache_dir)
    return CopilotApp(Desk(config, store, make_backend=lambda _: backend))


def texts_below(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in folder.rglob("*") if path.is_file())


async def test_a_private_conversation_beside_others_leaves_nothing_on_disk(
    app: CopilotApp, store: Store, backend: FakeBackend, tmp_path: Path
) -> None:
    saved_conversation(store, "public", "q", "a")
    backend.scripts = [[f"reply {SECRET}"]]
    async with app.run_test(size=(100, 30)) as pilot:
        await until(pilot, lambda: len(app.desk.rows) == 1)
        app.main.action_new_private()
        await pilot.pause()
        assert app.main.composer.placeholder == "Ask anything: it is not saved"
        await send(pilot, f"prompt {SECRET}")
        await ended(pilot)
        assert "private" in app.main.status.backend
        assert sidebar_lines(app)[:2] == ["Private, not saved", f"prompt {SECRET}"]
        assert backend.requests[-1].is_private
        await pilot.press(*f"draft {SECRET}", "ctrl+n")
        private = app.desk.rows[0].id
        assert "private" not in app.main.status.backend
        app.main.action_archived()  # whatever is done elsewhere
        await pilot.press("escape")
        app.show(private)
        await until(pilot, lambda: app.main.composer.text == f"draft {SECRET}")
        assert contents(app.shown) == [f"prompt {SECRET}", f"reply {SECRET}"]
        await pilot.press("alt+e", "!", "enter")
        await ended(pilot)
        await pilot.press("f8")
        await until(pilot, lambda: app.shown.id != private)
        await pilot.press("ctrl+z")
        await until(pilot, lambda: app.shown.id == private)
        await settled(pilot)
        found = app.desk.store.search(SECRET)
        assert {hit.conversation_id for hit in found.hits} == {private}
        await pilot.press("ctrl+q")
    assert SECRET.encode() not in texts_below(tmp_path)
    assert [row.title for row in store.summaries()] == ["public"]


async def test_other_conversations_of_the_same_program_are_saved_as_ever(
    app: CopilotApp, store: Store
) -> None:
    async with app.run_test(size=(100, 30)) as pilot:
        await pilot.pause()
        app.main.action_new_private()
        await send(pilot, "private")
        await ended(pilot)
        await pilot.press("ctrl+n")
        await send(pilot, "public")
        await ended(pilot)
    assert [row.title for row in store.summaries()] == ["public"]


async def test_a_private_session_says_so(config: Config, backend: FakeBackend) -> None:
    app = CopilotApp(Desk(config, private=True, make_backend=lambda _: backend))
    async with app.run_test(size=(100, 30)) as pilot:
        await pilot.pause()
        assert "private" in status_text(app_of(pilot))
        await send(pilot, "hi")
        await ended(pilot)
        assert sidebar_lines(app)[:2] == ["Private, not saved", "hi"]
    assert not config.data_dir.exists()
