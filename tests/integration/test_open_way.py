"""A key for an http:// address on another machine; the server here is its proxy, so that every
byte that would have gone there is seen.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from textual.widgets import Label

from copilot_tui.backends import ReplyRequest
from copilot_tui.backends.sdk import sign_in
from copilot_tui.config import BackendConfig, load
from copilot_tui.conversation import Conversation, Message, Role, Status
from copilot_tui.errors import OpenWay
from copilot_tui.store import Store
from copilot_tui.tui.app import CopilotApp
from copilot_tui.tui.desk import Desk
from copilot_tui.tui.screens.consent import ConsentScreen
from tests.cli.conftest import Program, program  # noqa: F401  a fixture
from tests.server import DONE, Server, chunk, finish
from tests.tui.test_app import send, until

KEY = "canary-7f3a"
ADDRESS = "http://llm.example.com/v1"


@pytest.fixture
def file(tmp_path: Path, server: Server) -> Path:
    path = tmp_path / "config.toml"
    path.write_text(
        f'[backends.work]\nbase_url = "{ADDRESS}"\nmodel = "m"\nproxy = "{server.url}"\n'
        'api_key_env = "WORK_KEY"\n'
    )
    return path


def answer(server: Server) -> None:
    server.stream(chunk("Here."), finish(), DONE)


def test_ask_refuses_in_one_sentence_and_nothing_is_sent(
    program: Program,  # noqa: F811
    server: Server,
    file: Path,
) -> None:
    program.environ |= {"COPILOT_TUI_CONFIG": str(file), "WORK_KEY": KEY}
    done = program.run("ask", "--backend", "work", "hello")
    assert (done.status, done.stdout) == (1, "")
    assert "the key for work was not sent: everyone on the way to http://llm" in done.stderr
    assert "allow_http = true under [backends.work]" in done.stderr
    assert KEY not in done.stderr
    assert (server.requests, server.connections) == ([], 0)
    checked = program.run("doctor", "--backend", "work")
    assert "was not sent" in checked.stdout
    assert all(KEY.encode() not in request.body for request in server.requests)
    assert not any(KEY in json.dumps(request.headers) for request in server.requests)


def test_ask_sends_the_key_where_that_is_allowed(
    program: Program,  # noqa: F811
    server: Server,
    file: Path,
) -> None:
    file.write_text(file.read_text() + "allow_http = true\n")
    program.environ |= {"COPILOT_TUI_CONFIG": str(file), "WORK_KEY": KEY}
    answer(server)
    done = program.run("ask", "--backend", "work", "hello")
    assert (done.status, done.stdout) == (0, "Here.\n")
    assert server.requests[0].headers["authorization"] == f"Bearer {KEY}"
    # It was allowed for that address, and for no other.
    program.environ["COPILOT_TUI_API_KEY"] = KEY
    done = program.run("ask", "--backend", "work", "--base-url", "http://other.example.com", "hi")
    assert (done.status, len(server.requests)) == (1, 1)
    assert "base_url and allow_http" in done.stderr


def test_without_a_key_nothing_is_asked(
    program: Program,  # noqa: F811
    server: Server,
    file: Path,
) -> None:
    program.environ["COPILOT_TUI_CONFIG"] = str(file)
    answer(server)
    assert program.run("ask", "--backend", "work", "hello").stdout == "Here.\n"


@pytest.mark.parametrize("kind", ["g4f", "github-web", "openai"])
async def test_every_kind_keeps_its_key_back(server: Server, kind: Any) -> None:
    from copilot_tui import backends

    config = BackendConfig(
        "x",
        kind=kind,
        base_url=ADDRESS,
        token_url=f"{ADDRESS}/token",
        api_url=ADDRESS,
        proxy=server.url,
        api_key_env="WORK_KEY",
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("WORK_KEY", KEY)
        backend = backends.create(config)
        try:
            conversation = Conversation(id="c")
            prompt = conversation.add(Message(id="p", role=Role.USER, content="hello"))
            with pytest.raises(OpenWay):
                async for _ in backend.stream(ReplyRequest(conversation, (prompt,), model="m")):
                    pass
        finally:
            await backend.aclose()
    assert server.connections == 0


def test_the_sdk_is_not_given_a_key_for_such_a_server() -> None:
    config = BackendConfig("x", kind="copilot-sdk", base_url=ADDRESS)
    with pytest.raises(OpenWay):
        sign_in.find(config, lambda _: KEY, {})
    assert sign_in.find(config._replace(allow_http=True), lambda _: KEY, {}).token == KEY
    assert sign_in.find(config, lambda _: None, {}).token is None


@pytest.fixture
def app(file: Path, data_dir: Path, cache_dir: Path, monkeypatch: pytest.MonkeyPatch) -> CopilotApp:
    monkeypatch.setenv("WORK_KEY", KEY)
    options = {"config": str(file), "backend": "work", "data_dir": str(data_dir)}
    config = load(options, {})._replace(cache_dir=cache_dir)
    return CopilotApp(Desk(config, Store(data_dir, cache_dir)))


async def test_the_app_asks_and_sends_only_after_a_yes(app: CopilotApp, server: Server) -> None:
    answer(server)
    async with app.run_test(size=(80, 24)) as pilot:
        await send(pilot, "hello")
        await until(pilot, lambda: isinstance(app.screen, ConsentScreen))
        assert server.connections == 0
        # What somebody goes on typing is no yes.
        await pilot.press(*"yes, so", "enter")
        assert isinstance(app.screen, ConsentScreen)
        assert server.connections == 0
        await pilot.press("ctrl+s")
        await until(pilot, lambda: server.requests and not app.desk.turns)
        last = app.shown.head_message
        assert last is not None
        assert (last.status, last.content) == (Status.COMPLETE, "Here.")
        assert server.requests[0].headers["authorization"] == f"Bearer {KEY}"
        answer(server)
        await send(pilot, "again")
        await until(pilot, lambda: len(server.requests) == 2 and not app.desk.turns)


async def test_escape_keeps_the_key_and_the_prompt(app: CopilotApp, server: Server) -> None:
    async with app.run_test(size=(40, 12)) as pilot:
        await send(pilot, "hello")
        await until(pilot, lambda: isinstance(app.screen, ConsentScreen))
        await pilot.pause()
        for label in app.screen.query(Label):  # all of it is in sight, also here
            assert app.size.region.contains_region(label.region)
        await pilot.press("escape")
        await until(pilot, lambda: app.screen is app.main)
        assert server.connections == 0
        last = app.shown.head_message
        assert last is not None
        assert last.error is not None
        assert app.shown.path()[0].content == "hello"
