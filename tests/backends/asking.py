"""What the tests of the backends share: a branch to ask with, and a reply gathered."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from typing import Any

from copilot_tui.backends import ContextMode, Delta, ReplyRequest
from copilot_tui.backends.openai import OpenAI
from copilot_tui.config import BackendConfig
from copilot_tui.conversation import Conversation, Message, Role, Status, new_conversation, utc_now
from copilot_tui.errors import BackendError
from tests.server import Server


class Tree:
    """A conversation that is built by saying what is said."""

    def __init__(self, **fields: Any) -> None:
        self.conversation: Conversation = new_conversation(
            now=utc_now(), make_id=lambda: "first-id", **fields
        )
        self._count = 0

    def says(self, role: Role, content: str, **fields: Any) -> Message:
        self._count += 1
        return self.conversation.add(
            Message(
                id=f"m{self._count}",
                role=role,
                content=content,
                parent_id=fields.pop("parent_id", self.conversation.head),
                **fields,
            )
        )

    def user(self, content: str, **fields: Any) -> Message:
        return self.says(Role.USER, content, **fields)

    def reply(self, content: str, status: Status = Status.COMPLETE, **wire: Any) -> Message:
        return self.says(Role.ASSISTANT, content, status=status, wire=wire)

    def request(self, context: ContextMode = "full", **fields: Any) -> ReplyRequest:
        return ReplyRequest(
            self.conversation, tuple(self.conversation.path()), context=context, **fields
        )


def hello(**fields: Any) -> ReplyRequest:
    tree = Tree()
    tree.user("hello")
    return tree.request(**fields)


def openai(server: Server, **fields: Any) -> OpenAI:
    options = {name: fields.pop(name) for name in ("key", "sleep", "grace_s") if name in fields}
    chosen: dict[str, Any] = {"base_url": f"{server.url}/v1", "model": "m", **fields}
    return OpenAI(BackendConfig(name="test", **chosen), **options)


async def no_sleep(_: float) -> None:
    """Waiting, without the waiting."""


class Gathered:
    """All that a reply said, and how it failed."""

    def __init__(self) -> None:
        self.deltas: list[Delta] = []
        self.error: BackendError | None = None

    @property
    def text(self) -> str:
        return "".join(delta.text for delta in self.deltas)

    @property
    def reasoning(self) -> str:
        return "".join(delta.reasoning for delta in self.deltas)

    @property
    def is_complete(self) -> bool:
        return any(delta.complete for delta in self.deltas)

    @property
    def notices(self) -> list[str]:
        return [delta.notice for delta in self.deltas if delta.notice]

    def last(self, field: str) -> Any:
        values = [getattr(delta, field) for delta in self.deltas if getattr(delta, field)]
        return values[-1] if values else None


async def gather(stream: AsyncGenerator[Delta, None]) -> Gathered:
    gathered = Gathered()
    try:
        async with aclosing(stream) as deltas:
            async for delta in deltas:
                gathered.deltas.append(delta)
    except BackendError as error:
        gathered.error = error
    return gathered


async def asked(server: Server, *steps: Any, **fields: Any) -> Gathered:
    """The reply to a stream of these steps."""
    server.stream(*steps)
    backend = openai(server, **fields)
    try:
        return await gather(backend.stream(hello()))
    finally:
        await backend.aclose()


def contents(messages: Sequence[dict[str, str]]) -> list[str]:
    return [message["content"] for message in messages]
