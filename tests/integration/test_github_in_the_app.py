"""GitHub's chat in the app, against a mock of a captured protocol; never tried against GitHub."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from textual.widgets import Label

from copilot_tui.backends.branches import PREAMBLE
from copilot_tui.config import Config, load
from copilot_tui.conversation import Status
from copilot_tui.store import Store
from copilot_tui.tui.app import CopilotApp
from copilot_tui.tui.desk import Desk
from copilot_tui.tui.screens.reach import CardScreen
from tests.integration.conftest import PATIENCE_S
from tests.integration.test_two_turns_in_the_app import Sitting
from tests.mocks.github_chat import GithubChat, content, github_chat
from tests.server import HANG


@pytest.fixture
def github() -> Iterator[GithubChat]:
    with github_chat() as running:
        yield running


def configuration(github: GithubChat, folder: Path) -> Config:
    path = folder / "config.toml"
    path.write_text(
        f'[backends.github]\ntoken_url = "{github.token_url}"\napi_url = "{github.url}"\n'
    )
    options = {"config": str(path), "data_dir": str(folder / "data"), "backend": "github"}
    return load(options, {})


@asynccontextmanager
async def sitting(config: Config, folder: Path) -> AsyncIterator[Sitting]:
    app = CopilotApp(Desk(config, Store(config.data_dir, folder / "cache")))
    person = Sitting(app, "full")
    async with app.run_test(message_hook=person.note) as person.pilot:
        await app.workers.wait_for_complete()
        yield person


async def test_two_turns_are_one_thread_and_another_version_is_a_thread_of_its_own(
    github: GithubChat, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COPILOT_TUI_API_KEY", "user_session=session-secret")
    async with sitting(configuration(github, tmp_path), tmp_path) as person:
        await person.send("u1")
        first = await person.reply()
        github.expire_tokens()
        await person.send("u2")
        second = await person.reply()
        await person.press_for_a_reply("ctrl+r")
        other = await person.reply()
    replies = (first, second, other)
    assert [reply.content for reply in replies] == ["reply 1", "reply 2", "reply 3"]
    assert {reply.status for reply in replies} == {Status.COMPLETE}
    assert [reply.wire["conversation_id"] for reply in replies] == [
        "thread-1",
        "thread-1",
        "thread-2",
    ]
    assert github.prompts[1]["parentMessageID"] == "reply-1"
    assert github.prompts[2]["content"].startswith(PREAMBLE)


async def test_a_stopped_reply_is_kept_and_its_socket_closed(
    github: GithubChat, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COPILOT_TUI_API_KEY", "user_session=session-secret")
    github.says(content("half"), HANG)
    async with sitting(configuration(github, tmp_path), tmp_path) as person:
        await person.send("u1")
        async with asyncio.timeout(PATIENCE_S):
            while not person.app.shown.head_message.content:  # type: ignore[union-attr]  # it is there
                await person.pilot.pause()
        await person.pilot.press("escape")
        stopped = await person.reply()
    assert (stopped.content, stopped.status) == ("half", Status.PARTIAL)
    assert stopped.wire["conversation_id"] == "thread-1"
    assert await github.requests[-1].gone()


async def test_without_a_sign_in_the_app_says_what_to_do(
    github: GithubChat, tmp_path: Path
) -> None:
    async with sitting(configuration(github, tmp_path), tmp_path) as person:
        person.app.main.composer.insert("u1")
        await person.pilot.press("enter")
        async with asyncio.timeout(PATIENCE_S):
            while not isinstance(card := person.app.screen, CardScreen):
                await person.pilot.pause()
        says = card.query_one("Label.title", Label).content
        await person.pilot.press("escape")  # the card waits for a choice, and the reply for it
        failed = await person.reply()
    assert failed.status is Status.ERROR
    assert failed.error is not None
    assert "obody is signed in to GitHub" in str(says)
    assert "nobody is signed in to GitHub" in failed.error
    assert "copilot-tui login github" in (failed.hint or "")
    assert github.requests == []
