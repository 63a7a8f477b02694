"""What cannot be written is tried again, and nobody leaves it behind unawares."""

from __future__ import annotations

import errno
import os

import pytest

from copilot_tui.config import Config
from copilot_tui.store import Disk, Store
from copilot_tui.tui.app import CopilotApp
from copilot_tui.tui.desk import Desk
from tests.fakes import FakeBackend
from tests.tui.test_app import app_of, saved_conversation, until


class FullDisk(Disk):
    """Has no room until it is made."""

    is_full = True

    def write(self, descriptor: int, data: bytes | memoryview) -> int:
        if self.is_full:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return super().write(descriptor, data)


@pytest.fixture
def disk() -> FullDisk:
    return FullDisk()


@pytest.fixture
def store(config: Config, disk: FullDisk) -> Store:
    return Store(config.data_dir, config.cache_dir, disk=disk)


@pytest.fixture
def app(config: Config, store: Store, backend: FakeBackend) -> CopilotApp:
    return CopilotApp(Desk(config, store, make_backend=lambda _: backend))


def draft(app: CopilotApp, store: Store) -> str:
    found = store.draft(app.shown.id)
    return found.text if found is not None else ""


async def test_a_disk_that_fills_up_twice_is_tried_again_twice(
    app: CopilotApp, store: Store, disk: FullDisk
) -> None:
    async with app.run_test() as pilot:
        for key, text in (("a", "a"), ("b", "ab")):
            disk.is_full = True
            await pilot.press(key)
            await until(pilot, lambda: app_of(pilot).trouble.lasts)
            assert "tried again" in app.main.status.notice
            disk.is_full = False
            await until(pilot, lambda: not app_of(pilot).trouble.lasts)
            assert draft(app, store) == text


async def test_who_leaves_while_something_is_not_saved_is_asked_once(
    app: CopilotApp, store: Store
) -> None:
    async with app.run_test(size=(100, 30)) as pilot:
        await pilot.press(*"words")
        await until(pilot, lambda: app_of(pilot).trouble.lasts)
        await pilot.press("ctrl+q")
        await pilot.pause()
        assert app.is_running
        assert app.main.status.notice.startswith("Not all is saved: Ctrl+Q again leaves")
        assert "the disk is full" in app.main.status.notice
        await pilot.press("ctrl+q")
        await until(pilot, lambda: not app_of(pilot).is_running)
    assert app.return_value == 0
    assert "the disk is full" in str(app.desk.filing.failure)
    assert draft(app, store) == ""


async def test_who_has_only_read_is_asked_nothing(
    app: CopilotApp, store: Store, disk: FullDisk
) -> None:
    disk.is_full = False
    saved_conversation(store, "long", "q", "line\n\n" * 100)
    app.starting._continue_last = True
    async with app.run_test(size=(80, 20)) as pilot:
        await until(pilot, lambda: app_of(pilot).shown.title == "long")
        await pilot.pause()
        disk.is_full = True
        await pilot.press("pageup")
        await until(pilot, lambda: app_of(pilot).trouble.lasts)
        await pilot.press("ctrl+q")
        await until(pilot, lambda: not app_of(pilot).is_running)
    assert app.desk.filing.failure is None


async def test_what_can_be_written_at_last_keeps_nobody(
    app: CopilotApp, store: Store, disk: FullDisk
) -> None:
    async with app.run_test() as pilot:
        await pilot.press(*"words")
        await until(pilot, lambda: app_of(pilot).trouble.lasts)
        await pilot.press("ctrl+q")
        disk.is_full = False
        await pilot.press("ctrl+q")
        await until(pilot, lambda: not app_of(pilot).is_running)
    assert app.desk.filing.failure is None
    assert draft(app, store) == "words"
