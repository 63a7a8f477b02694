"""The backend `copilot` in the app: one CLI for all conversations, as long as the app runs."""

from __future__ import annotations

import asyncio
import gc
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from textual.message import Message as TextualMessage
from textual.pilot import Pilot

from copilot_tui.backends.sdk import CopilotSdk, runtime
from copilot_tui.config import BackendConfig, Config
from copilot_tui.conversation import Message, Status
from copilot_tui.store import Store
from copilot_tui.tui.app import CopilotApp
from copilot_tui.tui.desk import Desk
from copilot_tui.tui.messages import ReplyChanged, ReplyEnded
from tests.backends.asking import Gathered, Tree, gather
from tests.integration.conftest import PATIENCE_S
from tests.integration.sdk.conftest import KEY
from tests.integration.sdk.test_copilot_cli import END, bodies, said
from tests.integration.venvs import Venv
from tests.server import Gate, Server, chunk

pytestmark = [
    pytest.mark.sdk,
    # The SDK leaves the pipes of its process to the garbage collector.
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
]


class Sitting:
    """Somebody at the keyboard."""

    def __init__(self, app: CopilotApp) -> None:
        self.app = app
        self.changed = asyncio.Event()
        self.ended = asyncio.Event()
        self.pilot: Pilot[int]

    def note(self, message: TextualMessage) -> None:
        if isinstance(message, ReplyChanged):
            self.changed.set()
        elif isinstance(message, ReplyEnded):
            self.ended.set()

    async def send(self, prompt: str) -> None:
        """Send a prompt; return when the reply has begun."""
        self.changed.clear()
        self.ended.clear()
        self.app.main.composer.insert(prompt)
        await self.pilot.press("enter")
        await asyncio.wait_for(self.changed.wait(), PATIENCE_S)

    async def reply(self) -> Message:
        """The last reply, when it has ended."""
        await asyncio.wait_for(self.ended.wait(), PATIENCE_S)
        await self.app.workers.wait_for_complete()
        head = self.app.shown.head_message
        assert head is not None
        return head


@asynccontextmanager
async def sitting(
    upstream: Server, folder: Path, environ: dict[str, str]
) -> AsyncIterator[Sitting]:
    chosen = BackendConfig("copilot", kind="copilot-sdk", base_url=f"{upstream.url}/v1")
    config = Config(
        backend=chosen,
        backends={"copilot": chosen},
        data_dir=folder / "data",
        cache_dir=folder / "cache",
        config_file=folder / "config.toml",
        keys={},
    )
    backend = CopilotSdk(chosen, key=lambda _: KEY, environ=environ)
    store = Store(config.data_dir, config.cache_dir)
    app = CopilotApp(Desk(config, store, make_backend=lambda _: backend))
    there = Sitting(app)
    try:
        async with app.run_test(message_hook=there.note) as pilot:
            there.pilot = pilot
            yield there
    finally:
        await backend.aclose()


def forget_the_sdk() -> None:
    """What was imported of it, so that the next import looks for it."""
    for name in [name for name in sys.modules if name.split(".")[0] == "copilot"]:
        del sys.modules[name]


@pytest.fixture
def environ(sdk: Venv, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, str]]:
    """The SDK can be imported, and what it keeps is in the test's folder."""
    monkeypatch.syspath_prepend(str(sdk.site_packages))
    monkeypatch.setenv("COPILOT_SKIP_CLI_DOWNLOAD", "1")
    forget_the_sdk()
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data-home"))
    cache = str(sdk.folder / "cache")
    yield {"PATH": "", "HOME": str(tmp_path), "COPILOT_CACHE_HOME": cache}
    gc.collect()  # what the SDK left, while its warnings are expected
    forget_the_sdk()  # what runs after this has none


async def test_two_turns_and_a_stop(
    upstream: Server, tmp_path: Path, environ: dict[str, str]
) -> None:
    gate = Gate()
    upstream.stream(chunk("Hel"), chunk("lo"), *END)
    upstream.stream(chunk("You are Heiner."), *END)
    upstream.stream(chunk("Half"), gate, *END)
    async with sitting(upstream, tmp_path, environ) as there:
        await there.send("I am Heiner.")
        first = await there.reply()
        assert (first.content, first.status) == ("Hello", Status.COMPLETE)
        await there.send("Who am I?")
        second = await there.reply()
        assert (second.content, second.status) == ("You are Heiner.", Status.COMPLETE)
        assert second.wire["conversation_id"] == first.wire["conversation_id"]
        await there.send("Tell me a story.")
        await there.pilot.press("escape")
        stopped = await there.reply()
        assert (stopped.content, stopped.status) == ("Half", Status.PARTIAL)
        assert await upstream.requests[-1].gone()
    assert said(bodies(upstream)[1])[1:] == [
        ("user", "I am Heiner."),
        ("assistant", "Hello"),
        ("user", "Who am I?"),
    ]


async def test_two_clis_take_turns_in_one_conversation_and_neither_forgets(
    upstream: Server, environ: dict[str, str]
) -> None:
    words = ["one", "two", "three"]
    for word in words:
        upstream.stream(chunk(f"reply {word}"), *END)
    chosen = BackendConfig("copilot", kind="copilot-sdk", base_url=f"{upstream.url}/v1")
    app, shell = (CopilotSdk(chosen, key=lambda _: KEY, environ=environ) for _ in range(2))
    tree = Tree()
    try:
        for word, backend in zip(words, (app, shell, app), strict=True):
            tree.user(word)
            gathered = await asyncio.wait_for(gather(backend.stream(tree.request())), PATIENCE_S)
            tree.reply(whole(gathered), **(gathered.deltas[0].wire or {}))
    finally:
        await app.aclose()
        await shell.aclose()
    # In the same session, or folded into another if the first is not on disk yet.
    told = " ".join(content for role, content in said(bodies(upstream)[-1]) if role == "user")
    assert all(word in told for word in words)


async def test_a_cli_that_was_killed_between_two_turns_is_not_missed(
    upstream: Server, environ: dict[str, str]
) -> None:
    for word in ("one", "two"):
        upstream.stream(chunk(f"reply {word}"), *END)
    chosen = BackendConfig("copilot", kind="copilot-sdk", base_url=f"{upstream.url}/v1")
    clients: list[Any] = []

    async def start(*given: Any) -> Any:
        clients.append(await runtime.start(*given))
        return clients[-1]

    backend = CopilotSdk(chosen, key=lambda _: KEY, environ=environ, start=start)
    tree = Tree()
    try:
        tree.user("one")
        gathered = await asyncio.wait_for(gather(backend.stream(tree.request())), PATIENCE_S)
        tree.reply(whole(gathered), **(gathered.deltas[0].wire or {}))
        cli = clients[0]._process
        cli.kill()
        await asyncio.to_thread(cli.wait, PATIENCE_S)
        tree.user("two")
        gathered = await asyncio.wait_for(gather(backend.stream(tree.request())), PATIENCE_S)
    finally:
        await backend.aclose()
    assert whole(gathered) == "reply two"
    assert len(clients) == 2


def whole(gathered: Gathered) -> str:
    """The reply's text; it must have come."""
    assert gathered.error is None
    return gathered.text
