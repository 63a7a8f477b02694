"""A prompt is sent as it was typed, recalled or pasted, whatever characters are in it."""

from __future__ import annotations

import pytest
from textual import events
from textual.pilot import Pilot

from copilot_tui.conversation import Role
from copilot_tui.store import Store
from tests.tui.conftest import MakeApp
from tests.tui.test_app import app_of, ended, saved_conversation, until

ODD = "one\x85two\u2028three\u2029four\x0bfive\x0csix\x1cseven\neight"


def asked(pilot: Pilot[int]) -> list[str]:
    return [m.content for m in app_of(pilot).shown.path() if m.role is Role.USER]


async def test_a_recalled_prompt_is_sent_as_it_was(make_app: MakeApp, store: Store) -> None:
    saved_conversation(store, "Odd", ODD, "Yes.")
    async with make_app().run_test() as pilot:
        composer = app_of(pilot).main.composer
        await pilot.press("up")
        await until(pilot, lambda: composer.text == ODD)
        assert composer.document.line_count == 2
        await pilot.press("enter")
        await ended(pilot)
        assert asked(pilot) == [ODD]


async def test_a_pasted_prompt_is_sent_as_it_was(make_app: MakeApp) -> None:
    async with make_app().run_test() as pilot:
        pilot.app.post_message(events.Paste(ODD))
        await pilot.press("!")
        await pilot.press("enter")
        await ended(pilot)
        assert asked(pilot) == [ODD + "!"]


@pytest.mark.parametrize("text", [ODD, "a\r\nb\r\nc", "a\rb", "a\r\nb\nc\r", "\r\n"])
async def test_a_draft_comes_back_as_it_was_with_its_caret(make_app: MakeApp, text: str) -> None:
    async with make_app().run_test() as pilot:
        composer = app_of(pilot).main.composer
        carets = [n for n in range(len(text) + 1) if text[max(0, n - 1) : n + 1] != "\r\n"]
        for caret in carets:
            composer.fill(text, caret)
            assert (composer.text, composer.caret) == (text, caret)
        composer.fill(text)
        assert composer.caret == len(text)


async def test_odd_characters_are_painted_as_nothing(make_app: MakeApp) -> None:
    async with make_app().run_test() as pilot:
        composer = app_of(pilot).main.composer
        composer.fill(ODD)
        await pilot.pause()
        assert composer.size.height == 2
        painted = "".join(composer.render_line(y).text.rstrip() + "/" for y in range(2))
        shown = painted.replace("\u2028", "").replace("\u2029", "")  # they take no cell
        assert shown.strip() == "onetwothreefourfivesixseven/eight/"
