"""The two turns of g4f's own example, through the app, against both generations of g4f."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from textual.message import Message as TextualMessage
from textual.pilot import Pilot

from copilot_tui.config import BackendConfig, Config
from copilot_tui.conversation import Message, Role, Status
from copilot_tui.store import Store
from copilot_tui.tui.app import CopilotApp
from copilot_tui.tui.desk import Desk
from copilot_tui.tui.messages import ReplyChanged, ReplyEnded
from tests.integration.conftest import PATIENCE_S
from tests.integration.exchange import HELLO, NAME, assistant, five_keys, remembered, user
from tests.integration.servers import RememberingServer
from tests.integration.venvs import FIRST

pytestmark = pytest.mark.g4f

both_contexts = pytest.mark.parametrize("context", ["full", "newest"])


class Sitting:
    """Somebody at the keyboard of the app."""

    def __init__(self, app: CopilotApp, context: str) -> None:
        self.app = app
        self._context = context
        self._changed = asyncio.Event()
        self._ended = asyncio.Event()
        self.pilot: Pilot[int]

    def note(self, message: TextualMessage) -> None:
        """See every message of the app."""
        if isinstance(message, ReplyChanged):
            self._changed.set()
        elif isinstance(message, ReplyEnded):
            self._ended.set()

    async def send(self, prompt: str) -> None:
        """Type a prompt and send it; return when the reply has begun."""
        self.app.shown.settings["context"] = self._context
        self.app.main.composer.insert(prompt)
        await self.press_for_a_reply("enter")

    async def press_for_a_reply(self, key: str) -> None:
        """Press a key that starts a reply; return when the reply has begun."""
        self._changed.clear()
        self._ended.clear()
        await self.pilot.press(key)
        await asyncio.wait_for(self._changed.wait(), PATIENCE_S)

    async def reply(self) -> Message:
        """The last reply, when it has ended."""
        await asyncio.wait_for(self._ended.wait(), PATIENCE_S)
        await asyncio.wait_for(self.app.workers.wait_for_complete(), PATIENCE_S)
        head = self.app.shown.head_message
        assert head is not None
        assert head.role is Role.ASSISTANT
        return head


@asynccontextmanager
async def sitting(memory: RememberingServer, folder: Path, context: str) -> AsyncIterator[Sitting]:
    backend = BackendConfig(name="g4f", kind="g4f", base_url=memory.base_url, provider="Copilot")
    config = Config(
        backend=backend,
        backends={"g4f": backend},
        data_dir=folder / "data",
        cache_dir=folder / "cache",
        config_file=folder / "config.toml",
        keys={},
    )
    app = CopilotApp(Desk(config, Store(config.data_dir, config.cache_dir)))
    person = Sitting(app, context)
    async with app.run_test(message_hook=person.note) as person.pilot:
        await app.workers.wait_for_complete()
        yield person


@both_contexts
async def test_the_second_turn_is_answered_by_a_server_that_remembers_the_first(
    memory: RememberingServer, tmp_path: Path, context: str
) -> None:
    async with sitting(memory, tmp_path, context) as person:
        await person.send(HELLO)
        first = await person.reply()
        await person.send(NAME)
        second = await person.reply()
        own_id = person.app.shown.id
    assert (first.status, second.status) == (Status.COMPLETE, Status.COMPLETE)
    assert remembered(first.content) == ("NEW", "srv-1", [])
    assert remembered(second.content) == ("REUSE", "srv-1", [HELLO])
    whole = [user(HELLO), assistant(first.content), user(NAME)]
    echo = {} if memory.venv is FIRST else {"conversation": {"conversation_id": "srv-1"}}
    assert memory.requests == [
        five_keys(own_id, user(HELLO)),
        five_keys(own_id, *(whole if context == "full" else [user(NAME)])) | echo,
    ]


@both_contexts
async def test_after_a_stopped_first_reply_the_second_turn_still_knows_what_it_can(
    memory: RememberingServer, tmp_path: Path, context: str
) -> None:
    async with sitting(memory, tmp_path, context) as person:
        memory.hold_next_reply()
        await person.send(HELLO)
        await person.pilot.press("escape")
        stopped = await person.reply()
        await asyncio.to_thread(memory.wait_for_the_held_reply_to_end)
        await person.send(NAME)
        second = await person.reply()
        own_id = person.app.shown.id
    assert (stopped.content, stopped.status) == ("NEW srv-1 ", Status.PARTIAL)
    request = memory.requests[1]
    (message,) = request["messages"]
    assert request == five_keys(own_id, message)
    if context == "newest":
        assert message == user(NAME)
    else:
        parts = [message["content"].find(part) for part in (HELLO, stopped.content, NAME)]
        assert -1 < parts[0] < parts[1] < parts[2]
    if memory.venv is FIRST:
        assert remembered(second.content) == ("REUSE", "srv-1", [HELLO])
    else:
        assert remembered(second.content) == ("NEW", "srv-2", [])


async def test_a_regenerated_reply_is_a_branch_that_the_server_has_not_heard_of(
    memory: RememberingServer, tmp_path: Path
) -> None:
    async with sitting(memory, tmp_path, "full") as person:
        await person.send(HELLO)
        first = await person.reply()
        await person.press_for_a_reply("ctrl+r")
        other = await person.reply()
        await person.send(NAME)
        second = await person.reply()
    assert remembered(first.content) == ("NEW", "srv-1", [])
    assert remembered(other.content) == ("NEW", "srv-2", [])
    assert remembered(second.content) == ("REUSE", "srv-2", [HELLO])
    first_id, *other_ids = [request["conversation_id"] for request in memory.requests]
    assert len(set(other_ids)) == 1
    assert first_id not in other_ids
