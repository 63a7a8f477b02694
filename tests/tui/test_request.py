from __future__ import annotations

import asyncio
import json
import shlex
import subprocess
from pathlib import Path

import pytest
from textual.widgets import Label, Static

from copilot_tui.backends import create
from copilot_tui.backends.preview import preview
from copilot_tui.config import Config, load
from copilot_tui.conversation import new_conversation, utc_now
from copilot_tui.replies import new_turn
from copilot_tui.store import Store
from copilot_tui.tui.app import CopilotApp
from copilot_tui.tui.desk import Desk
from copilot_tui.tui.terminal import clipboard
from tests.server import DONE, Server, chunk, finish
from tests.tui.conftest import MakeApp
from tests.tui.test_app import app_of, ended, send, until


def configured(tmp_path: Path, server: Server, kind: str) -> Config:
    file = tmp_path / "config.toml"
    file.write_text(
        f'backend = "work"\n[backends.work]\nkind = "{kind}"\nmodel = "m"\n'
        f'base_url = "{server.url}/v1"\napi_key_env = "MADE_UP_KEY"\n'
    )
    found = load({"config": str(file), "data_dir": str(tmp_path / "data")}, {})
    return found._replace(cache_dir=tmp_path / "cache")


@pytest.mark.parametrize("kind", ["openai", "g4f"])
async def test_what_is_shown_is_what_is_sent_and_never_the_key(
    tmp_path: Path, server: Server, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    monkeypatch.setenv("MADE_UP_KEY", "made-up-secret")
    server.stream(chunk("one"), finish(), DONE)
    server.stream(chunk("two"), finish(), DONE)
    config = configured(tmp_path, server, kind)
    copied: list[str] = []

    async def note(text: str) -> clipboard.Outcome:
        copied.append(text)
        return clipboard.Outcome((), asks_terminal=False)

    monkeypatch.setattr(clipboard, "copy", note)
    store = Store(config.data_dir, config.cache_dir)
    app = CopilotApp(Desk(config, store, make_backend=create))
    async with app.run_test(size=(110, 40)) as pilot:
        await send(pilot, "first")
        await ended(pilot)
        await pilot.press(*"it's second")
        before = len(app.shown.messages)
        await pilot.press("alt+s")
        await until(pilot, lambda: app.screen is not app.main and app.screen.query(Static))
        labels = "\n".join(str(each.content) for each in app.screen.query(Label))
        body = str(app.screen.query_one("VerticalScroll Static", Static).content)
        assert f"POST {server.url}/v1/chat/completions" in labels
        assert "3 messages" in labels
        assert "tokens" in labels
        assert "made-up-secret" not in labels + body
        await pilot.press("c")
        await until(pilot, lambda: copied)
        assert len(app.shown.messages) == before  # nothing is added by looking
        await pilot.press("enter")
        await ended(pilot)
    [_, sent] = [request for request in server.requests if request.method == "POST"]
    assert json.loads(body) == sent.json
    assert "made-up-secret" not in copied[0]
    words = shlex.split(copied[0].replace("\\\n", " "))
    assert json.loads(words[words.index("-d") + 1]) == sent.json
    # A shell sends the very same.
    printed = await asyncio.to_thread(
        subprocess.run,
        ["sh", "-c", copied[0].replace("curl -N", "printf '%s\\n'")],
        env={"MADE_UP_KEY": "made-up-secret", "PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert "Authorization: Bearer made-up-secret" in printed.stdout


def test_what_is_left_out_is_said(tmp_path: Path, server: Server) -> None:
    config = configured(tmp_path, server, "openai").backend
    conversation = new_conversation(now=utc_now())
    first = new_turn(conversation, "first", backend_name="work")
    conversation.settings = {"context": "newest"}
    turn = new_turn(conversation, "second", backend_name="work")
    found = preview(turn.request, config, {})
    assert first.reply.content == ""
    assert found.messages == 1
    assert any("1 reply without a word" in note for note in found.notes)
    assert any("which the server remembers" in note for note in found.notes)


@pytest.mark.parametrize("name", ["github", "copilot", "demo"])
def test_where_no_curl_could_send_the_same_none_is_offered(name: str) -> None:
    config = load({"backend": name}, {}).backend
    turn = new_turn(new_conversation(now=utc_now()), "hello", backend_name=name)
    found = preview(turn.request, config, {})
    assert not (found.is_curl and found.url)
    assert found.is_nothing is (name == "demo")
    assert "hello" in found.text or "Nothing is sent" in found.where


def test_the_system_prompt_is_among_what_the_cli_is_given() -> None:
    config = load({"backend": "copilot"}, {}).backend
    conversation = new_conversation(now=utc_now())
    conversation.system = "Be brief."
    found = preview(new_turn(conversation, "hello", backend_name="copilot").request, config)
    assert '"system": "Be brief."' in found.text
    assert any("the date" in note for note in found.notes)


async def test_of_the_demo_nothing_is_counted_that_is_not_sent(make_app: MakeApp) -> None:
    async with make_app().run_test() as pilot:
        app = app_of(pilot)
        await pilot.press("alt+s")
        await until(pilot, lambda: app.screen is not app.main and app.screen.query(Label))
        said = "\n".join(str(each.content) for each in app.screen.query(Label))
        assert said == "Nothing is sent: the demo answers by itself\nEscape closes"
        await pilot.press("escape")
        await until(pilot, lambda: app.screen is app.main)
