"""A real g4f server with one provider that remembers. Runs in an environment of `venvs`.

    PYTHON g4f_server.py     prints its address, and serves until its stdin is closed

The provider answers as `Copilot` and as `Mem`: "NEW <id> <what it got>" to a conversation that it
does not know and "REUSE <id> <what it got>" to one that it does. Besides what g4f serves there are:

    POST /test/forget       forget every conversation and every request
    POST /test/hold         the next reply stops after its first words, until the client goes away
    GET  /test/held-ended   answers when such a reply has ended: {"ended": true}
    GET  /test/requests     the bodies of the requests for replies, as g4f was given them
"""

from __future__ import annotations

import asyncio
import json
import socket
import sys
import threading
from collections.abc import AsyncIterator, Awaitable, Callable, MutableMapping
from itertools import count
from typing import Any

import g4f.debug
import uvicorn

g4f.debug.version_check = False  # asks the network for newer versions

from g4f.Provider.base_provider import AsyncGeneratorProvider  # noqa: E402
from g4f.providers.response import JsonConversation  # noqa: E402

Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]


class Memory:
    """What the server knows, and what the tests want to know of it."""

    def __init__(self) -> None:
        self.held_ended = asyncio.Event()
        self.forget()

    def forget(self) -> None:
        """Begin anew."""
        self.heard: dict[str, list[str]] = {}
        self.requests: list[Any] = []
        self.ids = count(1)
        self.hold_next = False
        self.held_ended.clear()


MEMORY = Memory()


class Conversation(JsonConversation):  # type: ignore[misc]  # g4f is not installed where mypy runs
    """What g4f stores for its client (0.4), or hands out to it (8.8)."""

    def __init__(self, conversation_id: str) -> None:
        self.conversation_id = conversation_id


class Copilot(AsyncGeneratorProvider):  # type: ignore[misc]  # g4f is not installed where mypy runs
    """A provider that tells what it got, and whether it knows the conversation."""

    label = "Copilot"
    url = "http://localhost"
    working = True
    supports_stream = True
    supports_message_history = True
    default_model = ""

    @classmethod
    async def create_async_generator(
        cls,
        model: str,
        messages: list[dict[str, Any]],
        conversation: Conversation | None = None,
        **_: object,
    ) -> AsyncIterator[Any]:
        """Yield the conversation, if it is new, and then the reply."""
        known = conversation is not None and conversation.conversation_id in MEMORY.heard
        if conversation is None or not known:
            conversation = Conversation(f"srv-{next(MEMORY.ids)}")
            yield conversation
        heard = MEMORY.heard.setdefault(conversation.conversation_id, [])
        before = list(heard)
        heard.append(messages[-1]["content"])
        yield f"{'REUSE' if known else 'NEW'} {conversation.conversation_id} "
        if MEMORY.hold_next:
            MEMORY.hold_next = False
            try:
                await asyncio.Event().wait()
            finally:
                MEMORY.held_ended.set()
        got = [[message["role"], message["content"]] for message in messages]
        yield json.dumps({"heard before": before, "got": got}, ensure_ascii=False)


class WithTestPaths:
    """g4f's application, and the paths for the tests in front of it."""

    def __init__(self, app: Callable[[Any, Receive, Send], Awaitable[None]]) -> None:
        self._app = app

    async def __call__(self, scope: MutableMapping[str, Any], receive: Receive, send: Send) -> None:
        """An ASGI application."""
        path = scope.get("path", "")
        if path.startswith("/test/"):
            await self._answer_test(path.removeprefix("/test/"), send)
        elif path.endswith("/chat/completions"):
            await self._app(scope, await _recorded(receive), send)
        else:
            await self._app(scope, receive, send)

    async def _answer_test(self, wish: str, send: Send) -> None:
        answer: Any = None
        if wish == "forget":
            MEMORY.forget()
            _forget_in_g4f()
        elif wish == "hold":
            MEMORY.hold_next = True
        elif wish == "held-ended":
            await asyncio.wait_for(MEMORY.held_ended.wait(), 10)
            answer = {"ended": True}
        elif wish == "requests":
            answer = MEMORY.requests
        headers = [(b"content-type", b"application/json")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": json.dumps(answer).encode()})


async def _recorded(receive: Receive) -> Receive:
    """Note the body of a request; what is given back hands it out as if nobody had read it."""
    seen = []
    while True:
        seen.append(message := await receive())
        if message["type"] != "http.request" or not message.get("more_body"):
            break
    MEMORY.requests.append(json.loads(b"".join(part.get("body", b"") for part in seen)))
    waiting = iter(seen)

    async def again() -> MutableMapping[str, Any]:
        return next(waiting, None) or await receive()

    return again


def _forget_in_g4f() -> None:
    """8.8 also keeps conversations by what was said in them, for all clients together."""
    from g4f.tools import run_tools

    getattr(run_tools, "_conversation_cache", {}).clear()


def _register() -> None:
    try:
        from g4f.Provider import ProviderLoader

        known = ProviderLoader.loaded
    except ImportError:  # 0.4
        from g4f.Provider import ProviderUtils

        known = ProviderUtils.convert
    for name in ("Copilot", "Mem"):
        known[name] = known[name.lower()] = Copilot


def _end_with_stdin(server: uvicorn.Server) -> None:
    sys.stdin.read()
    server.should_exit = server.force_exit = True


async def main() -> None:
    """Serve on a free port."""
    _register()
    from g4f.api import AppConfig, create_app

    AppConfig.ignore_cookie_files = True
    config = uvicorn.Config(WithTestPaths(create_app()), log_level="warning")
    server = uvicorn.Server(config)
    listening = socket.create_server(("127.0.0.1", 0))
    threading.Thread(target=_end_with_stdin, args=(server,), daemon=True).start()
    print(f"http://127.0.0.1:{listening.getsockname()[1]}", flush=True)
    await server.serve(sockets=[listening])


if __name__ == "__main__":
    asyncio.run(main())
