"""A server that asks for patience: the seconds are counted down, and Escape waits for none."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from textual.message import Message

from copilot_tui.config import Config, load
from copilot_tui.conversation import Status
from copilot_tui.store import Store
from copilot_tui.tui.app import CopilotApp
from copilot_tui.tui.desk import Desk
from copilot_tui.tui.messages import ReplyEnded
from tests.server import DONE, HANG, Server, chunk, finish
from tests.tui.test_app import app_of, ended, send, stored, until

ESCAPE_S = 0.2
"""From Escape to the end of the reply."""

LONG_WORDS = "Rate limit reached for the model in this organisation. " * 8


@pytest.fixture
def make_asking(data_dir: Path, cache_dir: Path, server: Server) -> Callable[[], CopilotApp]:
    given = {"data_dir": str(data_dir), "backend": "openai", "base_url": f"{server.url}/v1"}
    config: Config = load({**given, "model": "m"}, {})._replace(cache_dir=cache_dir)
    return lambda: CopilotApp(Desk(config, Store(data_dir, cache_dir)))


def busy(server: Server, seconds: int) -> None:
    """Refuse the next request, and say when to come back."""
    body = {"error": {"message": LONG_WORDS}}
    server.answer(body, status=429, headers={"Retry-After": str(seconds)})


@pytest.mark.parametrize("size", [(80, 24), (40, 12)])
async def test_escape_ends_the_countdown_at_once_and_nothing_is_asked_again(
    make_asking: Callable[[], CopilotApp], store: Store, server: Server, size: tuple[int, int]
) -> None:
    busy(server, 30)
    over_at: list[float] = []

    def note(message: Message) -> None:
        if isinstance(message, ReplyEnded):
            over_at.append(time.monotonic())

    async with make_asking().run_test(size=size, message_hook=note) as pilot:
        app = app_of(pilot)
        await send(pilot, "hi")
        seen = [f"trying again in {seconds} s" for seconds in (30, 29)]
        for words in seen:
            await until(pilot, lambda words=words: words in app.main.status.render_line(0).text)  # type: ignore[misc]
        began = time.monotonic()
        await pilot.press("escape")
        await ended(pilot)
        assert over_at[0] - began < ESCAPE_S
        assert "trying again" not in app.main.status.render_line(0).text
    assert len(server.requests) == 1
    reply = stored(store, "hi").head_message
    assert reply is not None
    assert (reply.content, reply.status, reply.error) == ("", Status.PARTIAL, None)


async def test_after_the_countdown_the_reply_comes(
    make_asking: Callable[[], CopilotApp], store: Store, server: Server
) -> None:
    busy(server, 1)
    server.stream(chunk("here I am"), finish(), DONE)
    async with make_asking().run_test() as pilot:
        await send(pilot, "hi")
        await ended(pilot)
        assert "trying again" not in app_of(pilot).main.status.render_line(0).text
    reply = stored(store, "hi").head_message
    assert reply is not None
    assert (reply.content, reply.status) == ("here I am", Status.COMPLETE)


@pytest.mark.parametrize("begun", [b"", chunk("half ")], ids=["before a word", "in the middle"])
async def test_while_a_server_is_silent_the_seconds_are_counted_and_escape_closes_the_socket(
    make_asking: Callable[[], CopilotApp], store: Store, server: Server, begun: bytes
) -> None:
    server.stream(*filter(None, [begun]), HANG)
    async with make_asking().run_test(size=(80, 24)) as pilot:
        status = app_of(pilot).main.status
        await send(pilot, "hi")
        for words in ("answering · 1 s", "answering · 2 s"):
            await until(pilot, lambda words=words: words in status.render_line(0).text)  # type: ignore[misc]
        began = time.monotonic()
        gone = asyncio.create_task(server.requests[0].gone())
        await pilot.press("escape")
        assert await gone
        assert time.monotonic() - began < ESCAPE_S
        await ended(pilot)
        assert "answering" not in status.render_line(0).text
    reply = stored(store, "hi").head_message
    assert reply is not None
    assert (reply.content, reply.status) == ("half " if begun else "", Status.PARTIAL)
