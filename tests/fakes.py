"""Stand-ins at the seams: a backend that plays a script, and says when it waits."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator

from copilot_tui.backends import Delta, Model, ReplyRequest
from copilot_tui.backends.accounts import Account
from copilot_tui.errors import BackendError


class Hold:
    """A place in a script where the backend waits; set `go` to let it on."""

    def __init__(self) -> None:
        self.reached = asyncio.Event()
        self.go = asyncio.Event()


Step = str | Delta | Hold | BackendError


class FakeBackend:
    """Answers the n-th request with the n-th script, the last one over and over.

    A `str` is a delta of text; a `BackendError` is raised. A script that does not end with an
    error is complete, unless `complete` is False.
    """

    name = "fake"

    def __init__(self, *scripts: list[Step], complete: bool = True) -> None:
        self.scripts = list(scripts) or [["Hello"]]
        self.complete = complete
        self.requests: list[ReplyRequest] = []
        self.is_closed = False
        self.account_is = Account()
        self.listed = [Model("fake-1"), Model("fake-2")]
        self.by_provider: dict[str, list[Model]] = {}
        self.closed = 0
        """How many streams were closed before their end."""

    async def stream(self, request: ReplyRequest) -> AsyncGenerator[Delta, None]:
        self.requests.append(request)
        script = self.scripts[min(len(self.requests), len(self.scripts)) - 1]
        ended = False
        try:
            for step in script:
                match step:
                    case Hold():
                        step.reached.set()
                        await step.go.wait()
                    case BackendError():
                        ended = True
                        raise step
                    case Delta():
                        yield step
                    case str():
                        yield Delta(text=step)
            if self.complete:
                yield Delta(complete=True, finish_reason="stop")
            ended = True
        finally:
            self.closed += not ended

    async def models(self) -> list[Model]:
        return self.listed

    async def models_of(self, provider: str) -> list[Model]:
        return self.by_provider[provider]

    async def account(self) -> Account:
        return self.account_is

    async def aclose(self) -> None:
        self.is_closed = True
