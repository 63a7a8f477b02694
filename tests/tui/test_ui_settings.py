from __future__ import annotations

from functools import partial

import pytest
from textual import events

from copilot_tui.config import Config
from copilot_tui.config_ui import Ui
from copilot_tui.store import Store
from copilot_tui.tui.app import CopilotApp
from copilot_tui.tui.controllers.notifying import notification
from copilot_tui.tui.desk import Desk
from copilot_tui.tui.terminal import clipboard
from copilot_tui.tui.themes import DARK, LIGHT
from tests.fakes import FakeBackend, Hold
from tests.tui.test_app import app_of, ended, saved_conversation, send, shown_text, until


def app_with(config: Config, store: Store, backend: FakeBackend, **settings: object) -> CopilotApp:
    config = config._replace(ui=Ui(**settings))  # type: ignore[arg-type]  # passed through
    return CopilotApp(Desk(config, store, make_backend=lambda _: backend))


def differs(app: CopilotApp, before: str) -> bool:
    return app.shown.id != before


def sidebar_text(app: CopilotApp) -> str:
    sidebar = app.main.sidebar
    return "\n".join(sidebar.render_line(y).text for y in range(sidebar.size.height))


async def test_the_widths_are_those_that_are_set_and_a_narrow_sidebar_takes_all(
    config: Config, store: Store, backend: FakeBackend
) -> None:
    app = app_with(config, store, backend, sidebar_width=40, reading_width=30)
    backend.scripts = [["word " * 40]]
    async with app.run_test(size=(120, 30)) as pilot:
        assert app.main.sidebar.size.width == 40
        await send(pilot, "hello")
        await ended(pilot)
        lines = [line for line in shown_text(app).splitlines() if "word word" in line]
        assert len(lines) >= 7
        await pilot.resize_terminal(60, 30)
        await pilot.press("ctrl+b")
        await until(pilot, lambda: app.main.sidebar.size.width == 60)


async def test_marks_are_words_where_there_is_no_colour_and_nothing_turns_if_so_wanted(
    config: Config, store: Store, backend: FakeBackend, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    hold = Hold()
    backend.scripts = [["one", hold]]
    app = app_with(config, store, backend, reduced_motion=True)
    async with app.run_test(size=(120, 30)) as pilot:
        await send(pilot, "a question")
        await hold.reached.wait()
        await until(pilot, lambda: "running" in sidebar_text(app))
        assert app.main.sidebar._spinner is None
        assert not any(frame in shown_text(app) + sidebar_text(app) for frame in "⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏")
        await pilot.press("ctrl+n", *"half")
        await until(pilot, lambda: "draft" in sidebar_text(app))
        hold.go.set()
        await ended(pilot)
        await until(pilot, lambda: "unread" in sidebar_text(app))


async def test_alt_u_goes_from_one_unread_conversation_to_the_next(
    config: Config, store: Store, backend: FakeBackend
) -> None:
    ids = [saved_conversation(store, f"number {n}", "q", "a").id for n in range(4)]
    app = app_with(config, store, backend)
    async with app.run_test(size=(100, 30)) as pilot:
        await until(pilot, lambda: len(app.desk.shelf.rows) == 4)
        await app.workers.wait_for_complete()
        app.desk.shelf.unread |= {ids[0], ids[2]}
        seen = []
        for _ in range(2):
            before = app.shown.id
            await pilot.press("alt+u")
            await until(pilot, partial(differs, app, before))
            seen.append(app.shown.id)
        assert sorted(seen) == sorted([ids[0], ids[2]])
        await pilot.press("alt+u")
        assert app.main.status.notice == "Nothing is unread"


async def test_what_the_mouse_selects_is_copied_if_that_is_set(
    config: Config, store: Store, backend: FakeBackend, monkeypatch: pytest.MonkeyPatch
) -> None:
    copied: list[str] = []

    async def note(text: str) -> clipboard.Outcome:
        copied.append(text)
        return clipboard.Outcome((), asks_terminal=False)

    monkeypatch.setattr(clipboard, "copy", note)
    backend.scripts = [["some words to select"]]
    for wanted in (False, True):
        app = app_with(config, store, backend, auto_copy=wanted)
        async with app.run_test(size=(100, 30)) as pilot:
            await send(pilot, "hello")
            await ended(pilot)
            y = next(i for i, line in enumerate(shown_text(app).splitlines()) if "words" in line)
            x = shown_text(app).splitlines()[y].index("some")
            transcript = app.main.transcript
            await pilot.mouse_down(transcript, offset=(x, y))
            await pilot.hover(transcript, offset=(x + 6, y))
            await pilot.hover(transcript, offset=(x + 9, y))
            await pilot.mouse_up(transcript, offset=(x + 9, y))
            await pilot.pause()
            await app.workers.wait_for_complete()
            assert bool(copied) is wanted


async def test_only_who_looks_elsewhere_is_told_that_a_reply_has_come(
    config: Config, store: Store, backend: FakeBackend, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = app_with(config, store, backend)
    async with app.run_test(size=(100, 30)) as pilot:
        written: list[str] = []
        assert app_of(pilot)._driver is not None
        monkeypatch.setattr(app._driver, "write", written.append)
        await send(pilot, "first")
        await ended(pilot)
        assert not any("\a" in each for each in written)
        app.post_message(events.AppBlur())
        await pilot.pause()
        await send(pilot, "second")
        await ended(pilot)
        await until(pilot, lambda: any("\a" in each for each in written))


async def test_the_desktop_is_told_no_word_of_a_private_conversation(
    config: Config, backend: FakeBackend, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = CopilotApp(Desk(config, private=True, make_backend=lambda _: backend))
    async with app.run_test(size=(100, 30)) as pilot:
        written: list[str] = []
        monkeypatch.setattr(app._driver, "write", written.append)
        app.post_message(events.AppBlur())
        await pilot.pause()
        await send(pilot, "a secret question")
        await ended(pilot)
        await until(pilot, lambda: any("\a" in each for each in written))
    [told] = [each for each in written if "\a" in each]
    assert "a private conversation" in told or told == "\a"
    assert "secret" not in told


def test_a_notification_is_one_that_the_terminal_knows_and_never_more_than_text() -> None:
    hostile = "a\x1b]52;c;eA==\x07\nb;\x9bm\u202e"
    for environ in ({}, {"VTE_VERSION": "7600"}, {"TERM": "foot"}):
        made = notification(hostile, environ)
        inner = made.removeprefix("\a\x1b]").removesuffix("\x1b\\")
        assert inner.isprintable()
        assert inner.startswith(("9;copilot-tui: a", "777;notify;copilot-tui;a"))
        assert inner.count(";") == (1 if inner.startswith("9") else 3)
    assert notification("x", {"TMUX": "/tmp/t"}) == "\a"


async def test_textuals_own_command_for_themes_changes_between_ours(
    config: Config, store: Store, backend: FakeBackend
) -> None:
    app = app_with(config, store, backend)
    async with app.run_test() as pilot:
        before = app.theme
        app.action_change_theme()
        await pilot.pause()
        assert {before, app.theme} == {DARK.name, LIGHT.name}
        assert app.screen is app.main
