"""The keys of reading in the whole app."""

from __future__ import annotations

import pytest

from copilot_tui.store import Store
from tests.tui.conftest import MakeApp
from tests.tui.test_app import app_of, saved_conversation, shown_text, until

REPLY = "See [the page](https://example.com/a).\n\n" + "\n\n".join(f"para {n}" for n in range(40))


async def test_alt_pageup_in_the_prompt_goes_to_ones_prompts_and_letters_are_typed(
    make_app: MakeApp, store: Store
) -> None:
    contents = ["first prompt", REPLY, "second prompt", REPLY]
    old = saved_conversation(store, "old", *contents)
    async with make_app(continue_last=True).run_test(size=(100, 30)) as pilot:
        app = app_of(pilot)
        await until(pilot, lambda: app.shown.id == old.id)
        await pilot.press("alt+pageup")
        assert "second prompt" in shown_text(app)
        await pilot.press("alt+pageup")
        assert "first prompt" in shown_text(app)
        await pilot.press("alt+pagedown", *"(){}[]v")
        assert "second prompt" in shown_text(app)
        assert app.main.composer.text == "(){}[]v"
        app.main.transcript.focus()
        await pilot.press("(")
        assert "first prompt" in shown_text(app)
        await pilot.press("}")
        place = app.main.transcript.place
        assert place is not None
        assert place.message_id == f"{old.id}-1"


async def test_a_link_is_marked_and_opened_by_the_keyboard_and_escape_unmarks_it(
    make_app: MakeApp, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[str] = []

    def browser(url: str) -> bool:
        opened.append(url)
        return True

    monkeypatch.setattr("copilot_tui.tui.controllers.following.open_in_browser", browser)
    old = saved_conversation(store, "old", "q", "See [the page](https://example.com/a).")
    async with make_app(continue_last=True).run_test(size=(100, 30)) as pilot:
        app = app_of(pilot)
        await until(pilot, lambda: app.shown.id == old.id)
        app.main.sidebar.focus()
        await pilot.press("]")
        assert app.main.transcript.has_focus
        await pilot.press("enter")
        await until(pilot, lambda: len(app.screen_stack) == 2)
        await pilot.press("enter")
        await until(pilot, lambda: opened)
        assert opened == ["https://example.com/a"]
        await pilot.press("escape")
        assert app.main.transcript.has_focus
        await pilot.press("escape")
        assert app.main.composer.has_focus


async def test_lines_are_selected_and_copied_by_the_keyboard_and_escape_ends_it(
    make_app: MakeApp, store: Store
) -> None:
    old = saved_conversation(store, "old", "q", "one\n\n- two\n- **three**")
    async with make_app(continue_last=True).run_test(size=(100, 30)) as pilot:
        app = app_of(pilot)
        copied: list[str] = []
        app.copying.copy = lambda text, what: copied.append(text)  # type: ignore[method-assign]
        await until(pilot, lambda: app.shown.id == old.id)
        app.main.transcript.focus()
        await pilot.press("v")
        assert "holds it" in app.main.status.notice
        await pilot.press("v", "up", "ctrl+c")
        assert copied == ["- two\n- **three**"]
        await pilot.press("escape")
        assert app.main.transcript.selected_source() == ""
        assert app.main.transcript.has_focus
