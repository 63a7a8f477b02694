from __future__ import annotations

import json
import threading
from pathlib import Path

import pytest
from textual.color import Color
from textual.widgets import Input, Static

from copilot_tui.config import Config
from copilot_tui.conversation import Conversation
from copilot_tui.errors import StoreError
from copilot_tui.formats.json import dump
from copilot_tui.store import Saved, Store, Summary
from copilot_tui.tui.app import CopilotApp
from copilot_tui.tui.desk import Desk
from copilot_tui.tui.screens.exporting import ExportScreen
from copilot_tui.tui.screens.importing import ImportScreen
from tests.tui.conftest import MakeApp
from tests.tui.test_app import app_of, saved_conversation, until


def exported(folder: Path, count: int) -> Path:
    """A folder with so many conversations of this program, and one file that is broken."""
    elsewhere = Store(folder / "elsewhere", folder / "cache-elsewhere")
    target = folder / "exported"
    target.mkdir()
    for number in range(count):
        conversation = saved_conversation(elsewhere, f"imported {number}", "q", "a")
        (target / f"{number:04}.json").write_bytes(dump(conversation))
    (target / "broken.json").write_text('{"version": 1, "id": ')
    return target


async def test_a_folder_is_imported_and_one_report_says_what_was_skipped_and_why(
    make_app: MakeApp, store: Store, tmp_path: Path
) -> None:
    folder = exported(tmp_path, 3)
    async with make_app().run_test(size=(100, 30)) as pilot:
        app = app_of(pilot)
        app.main.action_import()
        await until(pilot, lambda: app.screen is not app.main and app.screen.query(Input))
        screen = app.screen
        assert isinstance(screen, ImportScreen)
        screen.query_one(Input).value = str(tmp_path / "nowhere")
        await pilot.press("enter")
        assert "There is nothing at" in screen.text
        screen.query_one(Input).value = str(folder)
        await pilot.press("enter")
        await until(pilot, lambda: "3 conversations imported" in screen.text)
        assert "broken.json" in screen.text
        await pilot.press("escape")
        await until(pilot, lambda: len(app.desk.shelf.rows) == 3)
        assert app.screen is app.main
    assert len(store.summaries()) == 3


class GatedStore(Store):
    """Stops before the fifth conversation until it is let go."""

    def __init__(self, data_dir: Path, cache_dir: Path) -> None:
        super().__init__(data_dir, cache_dir)
        self.saved = 0
        self.reached, self.go = threading.Event(), threading.Event()

    def save(self, conversation: Conversation) -> Saved:
        self.saved += 1
        if self.saved == 5:
            self.reached.set()
            assert self.go.wait(10)
        return super().save(conversation)


async def test_escape_stops_an_import_and_the_same_again_brings_in_the_rest(
    config: Config, tmp_path: Path
) -> None:
    folder = exported(tmp_path, 20)
    store = GatedStore(config.data_dir, config.cache_dir)
    app = CopilotApp(Desk(config, store))
    async with app.run_test(size=(100, 30)) as pilot:
        app.main.action_import()
        await until(pilot, lambda: app.screen is not app.main and app.screen.query(Input))
        screen = app.screen
        assert isinstance(screen, ImportScreen)
        screen.query_one(Input).value = str(folder)
        await pilot.press("enter")
        await until(pilot, store.reached.is_set)
        await pilot.press("escape")
        assert isinstance(app.screen, ImportScreen)
        store.go.set()
        await until(pilot, lambda: "Stopped" in screen.text)
        assert "5 conversations imported" in screen.text
        assert len(store.summaries()) == 5
        screen.query_one(Input).value = str(folder)
        await pilot.press("enter")
        await until(pilot, lambda: "5 here already" in screen.text)
    assert len(store.summaries()) == 20


async def test_the_shown_conversation_is_exported_and_never_over_another_file_unasked(
    make_app: MakeApp, store: Store, tmp_path: Path
) -> None:
    saved_conversation(store, "shared", "the question", "the answer")
    target = tmp_path / "out.json"
    target.write_text("something else")
    async with make_app(continue_last=True).run_test(size=(100, 30)) as pilot:
        app = app_of(pilot)
        await until(pilot, lambda: app.shown.title == "shared")
        app.main.action_export()
        await until(pilot, lambda: app.screen is not app.main and app.screen.query(Input))
        app.screen.query_one(Input).value = str(tmp_path / "out.doc")
        await pilot.press("enter")
        assert isinstance(app.screen, ExportScreen)
        said = app.screen.query_one("#export-said", Static)
        await until(pilot, lambda: "must end with" in str(said.content))
        error = app.get_css_variables()["error"]
        assert said.styles.color == Color.parse(error)
        app.screen.query_one(Input).value = str(target)
        await pilot.press("enter")
        assert target.read_text() == "something else"
        await until(pilot, lambda: "Enter overwrites" in str(said.content))
        assert said.styles.color != Color.parse(error)  # it is a question
        assert isinstance(app.screen, ExportScreen)
        await pilot.press("enter")
        await until(pilot, lambda: app.screen is app.main)
        assert "Exported to" in app.main.status.notice
    assert json.loads(target.read_text())["title"] == "shared"


async def test_the_tree_that_replies_come_into_is_not_walked_by_the_thread_that_exports(
    make_app: MakeApp, store: Store, tmp_path: Path
) -> None:
    saved_conversation(store, "shared", "the question", "the answer")
    async with make_app(continue_last=True).run_test(size=(100, 30)) as pilot:
        app = app_of(pilot)
        await until(pilot, lambda: app.shown.title == "shared")
        app.shown._known_children = None  # made by whoever looks first, and stale beside an `add`
        app.main.action_export()
        await until(pilot, lambda: app.screen is not app.main and app.screen.query(Input))
        app.screen.query_one(Input).value = str(tmp_path / "out.html")
        await pilot.press("enter")
        await until(pilot, lambda: app.screen is app.main)
        assert app.shown._known_children is None
    assert "the answer" in (tmp_path / "out.html").read_text()


@pytest.mark.parametrize("action", ["import", "export"])
async def test_a_home_that_nobody_has_is_said_and_ends_nothing(
    make_app: MakeApp, store: Store, action: str
) -> None:
    saved_conversation(store, "shared", "q", "a")
    async with make_app(continue_last=True).run_test(size=(100, 30)) as pilot:
        app = app_of(pilot)
        await until(pilot, lambda: app.shown.title == "shared")
        await app.main.run_action(action)
        await until(pilot, lambda: app.screen is not app.main and app.screen.query(Input))
        screen = app.screen
        screen.query_one(Input).value = "~nobody-has-this-name/x.json"
        await pilot.press("enter")
        await pilot.pause()
        assert app.fault is None
        said = screen.query_one(f"#{action}-said", Static)
        assert "nobody-has-this-name" in str(said.content)
        await pilot.press("escape")
        await until(pilot, lambda: app.screen is app.main)


async def test_an_import_that_meets_a_defect_says_so_and_can_be_closed(
    config: Config, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def failing(store: Store, paths: list[Path]) -> None:
        raise RuntimeError("a reader that broke")

    monkeypatch.setattr("copilot_tui.transfer.import_files", failing)
    app = CopilotApp(Desk(config, Store(config.data_dir, config.cache_dir)))
    async with app.run_test(size=(100, 30)) as pilot:
        app.main.action_import()
        await until(pilot, lambda: app.screen is not app.main and app.screen.query(Input))
        screen = app.screen
        assert isinstance(screen, ImportScreen)
        screen.query_one(Input).value = str(tmp_path)
        await pilot.press("enter")
        await until(pilot, lambda: "a reader that broke" in app.main.status.notice)
        assert "a reader that broke" in screen.text
        await pilot.press("escape")
        await until(pilot, lambda: app.screen is app.main)


async def test_a_list_that_cannot_be_read_after_an_import_is_said_as_the_store_says_it(
    make_app: MakeApp, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = exported(tmp_path, 2)
    async with make_app().run_test(size=(100, 30)) as pilot:
        app = app_of(pilot)
        app.main.action_import()
        await until(pilot, lambda: app.screen is not app.main and app.screen.query(Input))
        screen = app.screen
        assert isinstance(screen, ImportScreen)

        def failing() -> list[Summary]:
            raise StoreError("the folder cannot be read", "Mount it again.")

        monkeypatch.setattr(app.desk.store, "summaries", failing)
        screen.query_one(Input).value = str(folder)
        await pilot.press("enter")
        await until(pilot, lambda: "the folder cannot be read" in app.main.status.notice)
        assert "defect" not in app.main.status.notice
        assert "2 conversations imported" in screen.text
        assert app.fault is None
