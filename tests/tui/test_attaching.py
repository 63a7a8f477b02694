from __future__ import annotations

import json
from pathlib import Path

import pytest
from textual import events
from textual.pilot import Pilot
from textual.widgets import Input, Label

from copilot_tui.store import Store
from copilot_tui.tui.app import CopilotApp
from copilot_tui.tui.controllers.attaching import word_at
from copilot_tui.tui.rows import Mark
from copilot_tui.tui.widgets.composer import PASTE_LIMIT
from tests.fakes import FakeBackend, Hold
from tests.tui.conftest import MakeApp
from tests.tui.test_app import app_of, ended, send, shown_text, stored, until

GIF = b"GIF89a\0"


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    made = tmp_path / "folder"
    made.mkdir()
    (made / "notes.txt").write_text("abc")
    (made / "cat.gif").write_bytes(GIF)
    (made / "sub").mkdir()
    monkeypatch.chdir(made)
    return made


def line_of(app: CopilotApp, id: str = "attached") -> str:
    lines = app.main.query(f"#{id}.-waits")
    return lines.first().render_line(0).text if lines else ""


async def asked(pilot: Pilot[int]) -> Input:
    app = app_of(pilot)
    await until(pilot, lambda: app.screen is not app.main and app.screen.query(Input))
    return app.screen.query_one(Input)


async def attach(pilot: Pilot[int], name: str) -> None:
    app = app_of(pilot)
    await pilot.press("alt+a")
    line = await asked(pilot)
    line.value = name
    await pilot.press("enter")
    await until(pilot, lambda: app.screen is app.main and name in line_of(app))


async def test_an_attached_file_is_shown_sent_and_stands_in_the_transcript(
    make_app: MakeApp, store: Store, backend: FakeBackend
) -> None:
    async with make_app().run_test(size=(100, 30)) as pilot:
        app = app_of(pilot)
        await attach(pilot, "notes.txt")
        await attach(pilot, "cat.gif")
        assert line_of(app).startswith("Files: notes.txt 3 B · cat.gif 7 B")
        assert "Backspace" in line_of(app)
        await send(pilot, "What?")
        await until(pilot, lambda: backend.requests)
        await ended(pilot)
        assert line_of(app) == ""
        assert app.main.composer.text == ""
        assert "▣ notes.txt  3 B" in shown_text(app)
        await pilot.press("ctrl+r")
        await until(pilot, lambda: len(backend.requests) == 2)
        await ended(pilot)
    for request in backend.requests:
        files = request.path[-1].attachments
        assert [(f.name, f.text, f.data) for f in files] == [
            ("notes.txt", "abc", None),
            ("cat.gif", None, "R0lGODlhAA=="),
        ]
    assert stored(store, "What?").path()[0].attachments == files
    assert store.drafts() == []


async def test_tab_completes_a_path_and_enter_says_what_cannot_be_attached(
    make_app: MakeApp,
) -> None:
    async with make_app().run_test(size=(80, 24)) as pilot:
        app = app_of(pilot)
        await pilot.press("alt+a")
        line = await asked(pilot)
        names = app.screen.query_one("#attach-names", Label)
        await until(pilot, lambda: str(names.content) == "cat.gif\nnotes.txt\nsub/")
        await pilot.press("s", "tab")
        assert line.value == "sub/"
        await pilot.press("enter")
        said = app.screen.query_one("#attach-said", Label)
        await until(pilot, lambda: "is a folder" in str(said.content))
        line.value = "n"
        await pilot.press("tab", "enter")
        await until(pilot, lambda: "notes.txt" in line_of(app))


async def test_a_word_with_at_and_tab_attaches_and_a_plain_at_is_only_typed(
    make_app: MakeApp, backend: FakeBackend
) -> None:
    async with make_app().run_test(size=(80, 24)) as pilot:
        app = app_of(pilot)
        await pilot.press(*"see @no")
        assert app.main.composer.text == "see @no"
        await pilot.press("tab")
        line = await asked(pilot)
        assert line.value == "no"
        await pilot.press("escape")
        await until(pilot, lambda: app.screen is app.main)
        assert app.main.composer.text == "see @no"
        await pilot.press("tab")
        await asked(pilot)
        await pilot.press("tab", "enter")
        await until(pilot, lambda: "notes.txt" in line_of(app))
        assert app.main.composer.text == "see "
        await pilot.press(*"a@b", "tab")
        assert app.screen is app.main
        assert not app.main.composer.has_focus


@pytest.mark.parametrize(
    ("before", "word"),
    [("@", ""), ("a @x/y", "x/y"), ("a@b", None), ("@a b", None), ("", None), ("@@", "@")],
)
def test_only_a_word_that_begins_with_at_is_a_path(before: str, word: str | None) -> None:
    assert word_at(before) == word


async def test_backspace_in_an_empty_prompt_takes_the_last_file_off(make_app: MakeApp) -> None:
    async with make_app().run_test(size=(80, 24)) as pilot:
        app = app_of(pilot)
        await attach(pilot, "notes.txt")
        await attach(pilot, "cat.gif")
        await pilot.press("a", "backspace")
        assert "cat.gif" in line_of(app)
        await pilot.press("backspace")
        assert "cat.gif" not in line_of(app)
        assert "notes.txt" in line_of(app)
        await pilot.press("backspace")
        await until(pilot, lambda: line_of(app) == "")


async def test_a_draft_keeps_its_files_over_a_restart_and_reads_them_when_it_is_sent(
    make_app: MakeApp, store: Store, backend: FakeBackend, folder: Path, tmp_path: Path
) -> None:
    async with make_app().run_test(size=(80, 24)) as pilot:
        await attach(pilot, "notes.txt")
        await pilot.press(*"half")
        assert app_of(pilot).desk.shelf.marks()[app_of(pilot).shown.id] is Mark.DRAFT
        await pilot.press("ctrl+q")
    (kept,) = (store.data_dir / "drafts").iterdir()
    assert json.loads(kept.read_text())["attachments"] == [str(folder / "notes.txt")]
    (folder / "notes.txt").write_text("changed")
    async with make_app(continue_last=True).run_test(size=(80, 24)) as pilot:
        app = app_of(pilot)
        await until(pilot, lambda: "notes.txt 7 B" in line_of(app))
        assert app.main.composer.text == "half"
        await pilot.press("enter")
        await until(pilot, lambda: backend.requests)
        await ended(pilot)
    assert backend.requests[0].path[-1].attachments[0].text == "changed"
    assert store.drafts() == []


async def test_a_file_that_is_gone_when_it_is_sent_is_said_and_nothing_is_lost(
    make_app: MakeApp, backend: FakeBackend, folder: Path
) -> None:
    async with make_app().run_test(size=(80, 24)) as pilot:
        app = app_of(pilot)
        await attach(pilot, "notes.txt")
        (folder / "notes.txt").unlink()
        await pilot.press(*"hi", "enter")
        await until(pilot, lambda: app.main.status.notice.startswith("Not sent: there is no file"))
        await until(pilot, lambda: "notes.txt (gone)" in line_of(app))
        assert app.main.composer.text == "hi"
        assert backend.requests == []
        app.main.action_detach()
        await pilot.press("enter")
        await until(pilot, lambda: backend.requests)
        await ended(pilot)
    assert backend.requests[0].path[-1].attachments == []


async def test_a_prompt_that_waits_keeps_its_files(
    make_app: MakeApp, store: Store, backend: FakeBackend
) -> None:
    hold = Hold()
    backend.scripts = [["one", hold], ["two"]]
    async with make_app().run_test(size=(100, 30)) as pilot:
        app = app_of(pilot)
        await send(pilot, "first")
        await hold.reached.wait()
        await attach(pilot, "notes.txt")
        await send(pilot, "second")
        await until(pilot, lambda: "second · notes.txt" in line_of(app, "queued"))
        assert line_of(app) == ""
        await pilot.press("escape")
        await until(pilot, lambda: "notes.txt" in line_of(app))
        assert app.main.composer.text == "second"
        await pilot.press("enter")
        await until(pilot, lambda: "second · notes.txt" in line_of(app, "queued"))
        hold.go.set()
        await until(pilot, lambda: len(backend.requests) == 2)
        await ended(pilot)
    assert [f.text for f in backend.requests[1].path[-1].attachments] == ["abc"]
    assert store.drafts() == []


async def test_an_edited_prompt_keeps_its_files_and_the_draft_gets_its_own_back(
    make_app: MakeApp, backend: FakeBackend
) -> None:
    async with make_app().run_test(size=(100, 30)) as pilot:
        app = app_of(pilot)
        await attach(pilot, "notes.txt")
        await send(pilot, "first")
        await until(pilot, lambda: backend.requests)
        await ended(pilot)
        await attach(pilot, "cat.gif")
        await pilot.press("alt+e")
        await until(pilot, lambda: line_of(app) == "")
        await pilot.press("x", "enter")
        await until(pilot, lambda: len(backend.requests) == 2)
        await ended(pilot)
        await until(pilot, lambda: "cat.gif" in line_of(app))
    edited = backend.requests[1].path[-1]
    assert (edited.content, [f.name for f in edited.attachments]) == ("firstx", ["notes.txt"])


async def test_a_file_alone_can_be_sent(
    make_app: MakeApp, store: Store, backend: FakeBackend
) -> None:
    async with make_app().run_test(size=(40, 12)) as pilot:
        await attach(pilot, "notes.txt")
        await pilot.press("enter")
        await until(pilot, lambda: backend.requests)
        await ended(pilot)
    assert stored(store, "notes.txt").path()[0].content == ""


async def test_every_conversation_has_its_own_files(make_app: MakeApp) -> None:
    async with make_app().run_test(size=(100, 30)) as pilot:
        app = app_of(pilot)
        await attach(pilot, "notes.txt")
        first = app.shown.id
        await pilot.press("ctrl+n")
        await until(pilot, lambda: app.shown.id != first)
        assert line_of(app) == ""
        app.showing.show(first)
        await until(pilot, lambda: "notes.txt" in line_of(app))


@pytest.mark.parametrize("over", [0, 1])
async def test_a_paste_that_is_too_much_for_a_prompt_is_refused_and_leaves_what_was_there(
    make_app: MakeApp, over: int
) -> None:
    async with make_app().run_test() as pilot:
        app = app_of(pilot)
        await pilot.press("a", "b")
        pasted = "x" * (PASTE_LIMIT - 2 + over)
        app.post_message(events.Paste(pasted))
        await until(pilot, lambda: app.main.status.notice or len(app.main.composer.text) > 2)
        if over:
            assert app.main.composer.text == "ab"
            assert "1 million characters at most" in app.main.status.notice
            assert f"{len(pasted):,}" in app.main.status.notice
        else:
            assert app.main.composer.text == f"ab{pasted}"
            assert app.main.status.notice == ""
