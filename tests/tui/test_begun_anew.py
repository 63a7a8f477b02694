from __future__ import annotations

from copilot_tui.backends import Delta
from tests.fakes import FakeBackend, Hold
from tests.tui.conftest import MakeApp
from tests.tui.test_app import app_of, ended, send, shown_text, until


async def test_a_reply_that_is_begun_anew_is_shown_as_it_is_now(
    make_app: MakeApp, backend: FakeBackend
) -> None:
    before, after = Hold(), Hold()
    anew = Delta("Good day to *you*", replaces=True)
    backend.scripts = [["Hello, **Heiner**", before, anew, after, ", too"]]
    async with make_app().run_test(size=(100, 30)) as pilot:
        app = app_of(pilot)
        await send(pilot, "hi")
        await before.reached.wait()
        await until(pilot, lambda: "Hello, Heiner" in shown_text(app))
        before.go.set()
        await after.reached.wait()
        await until(pilot, lambda: "Good day to you" in shown_text(app))
        assert "Hello" not in shown_text(app)
        after.go.set()
        await ended(pilot)
        assert "Good day to you, too" in shown_text(app)
        assert "Hello" not in shown_text(app)


async def test_one_that_is_begun_anew_elsewhere_leaves_what_is_shown(
    make_app: MakeApp, backend: FakeBackend
) -> None:
    before = Hold()
    backend.scripts = [["Hello", before, Delta("Good day", replaces=True)]]
    async with make_app().run_test(size=(100, 30)) as pilot:
        app = app_of(pilot)
        await send(pilot, "hi")
        await before.reached.wait()
        await pilot.press("ctrl+n")
        before.go.set()
        await ended(pilot)
        assert "Good day" not in shown_text(app)
