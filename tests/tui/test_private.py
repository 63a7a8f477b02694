from __future__ import annotations

from contextlib import nullcontext
from pathlib import Path

import pytest

from copilot_tui.config import Config
from copilot_tui.store import Store, StoreWithPrivate
from copilot_tui.tui.app import CopilotApp
from copilot_tui.tui.desk import Desk
from copilot_tui.tui.terminal.editor import memory_folder
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
        await until(pilot, lambda: len(app.desk.shelf.rows) == 1)
        app.main.action_new_private()
        await pilot.pause()
        assert app.main.composer.placeholder == "Ask anything: it is not saved"
        await send(pilot, f"prompt {SECRET}")
        await ended(pilot)
        assert "private" in app.main.status.backend
        assert sidebar_lines(app)[:2] == ["Private, not saved", f"prompt {SECRET}"]
        assert backend.requests[-1].is_private
        await pilot.press(*f"draft {SECRET}", "ctrl+n")
        private = app.desk.shelf.rows[0].id
        assert "private" not in app.main.status.backend
        app.main.action_archived()  # whatever is done elsewhere
        await pilot.press("escape")
        app.showing.show(private)
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


def editor_that_notes_its_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    noted = tmp_path / "noted"
    script = tmp_path / "editor"
    script.write_text(f'#!/bin/sh\nprintf %s "$1" >{noted}\nprintf " edited" >>"$1"\n')
    script.chmod(0o700)
    monkeypatch.setenv("VISUAL", str(script))
    # The headless driver has no terminal that could be left.
    monkeypatch.setattr(CopilotApp, "suspend", lambda _: nullcontext())
    return noted


@pytest.mark.skipif(memory_folder() is None, reason="a folder in memory")
async def test_the_editor_has_a_private_prompt_in_memory_alone(
    app: CopilotApp, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    noted = editor_that_notes_its_file(tmp_path, monkeypatch)
    async with app.run_test(size=(100, 30)) as pilot:
        app.main.action_new_private()
        await pilot.pause()
        await pilot.press(*SECRET, "ctrl+g")
        await until(pilot, lambda: app.main.composer.text == f"{SECRET} edited")
        await settled(pilot)
    file = Path(noted.read_text())
    assert memory_folder() in file.parents
    assert not file.parent.exists()
    assert SECRET.encode() not in texts_below(tmp_path)


async def test_without_a_folder_in_memory_no_editor_gets_a_private_prompt(
    app: CopilotApp, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    noted = editor_that_notes_its_file(tmp_path, monkeypatch)
    monkeypatch.setattr("copilot_tui.tui.terminal.editor.memory_folder", lambda: None)
    async with app.run_test(size=(100, 30)) as pilot:
        app.main.action_new_private()
        await pilot.pause()
        await pilot.press(*"mine", "ctrl+g")
        await until(pilot, lambda: "so none is opened" in app.main.status.notice)
        assert app.main.composer.text == "mine"
    assert not noted.exists()


@pytest.mark.parametrize(
    "mounts", ["tmpfs /dev/shmx tmpfs rw 0 0\n/dev/sda /dev/shm ext4 rw 0 0\n", "\n", None]
)
def test_only_a_file_system_in_memory_is_a_folder_in_memory(
    tmp_path: Path, mounts: str | None
) -> None:
    file = tmp_path / "mounts"
    if mounts is not None:
        file.write_text(mounts)
    assert memory_folder(file) is None


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
