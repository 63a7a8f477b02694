"""GitHub's chat for the app and `ask`: which thread a branch goes on in, and what it is told.

A thread holds what was said in it, so that a prompt that follows is sent alone, with the id of the
reply before it. Where the thread cannot know the branch, a new one gets the whole of it folded into
one message; a turn that was stopped is carried in the next prompt.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from typing import TYPE_CHECKING

from copilot_tui.attachments import told
from copilot_tui.backends import Delta, Model, ReplyRequest, spoken
from copilot_tui.backends.accounts import Account, sign_in_of
from copilot_tui.backends.branches import CARRIED, NOT_KNOWN, Memory, fold, memory
from copilot_tui.backends.completions import Sleep
from copilot_tui.backends.github.auth import Credentials, configured
from copilot_tui.backends.github.chat import Chat, Prompt
from copilot_tui.backends.github.service import DEFAULT_MODEL, MODELS
from copilot_tui.backends.images import notice_of
from copilot_tui.conversation import Message, Role, utc_now
from copilot_tui.errors import BackendError, Refused

if TYPE_CHECKING:
    from datetime import datetime

    from copilot_tui.config import BackendConfig

THREAD_IS_GONE = "GitHub no longer has this thread: a new one carries the earlier turns"


@dataclass(frozen=True)
class Plan:
    """One message to a thread, and what is said about it."""

    prompt: Prompt
    notice: str | None = None


def plan(request: ReplyRequest, config: BackendConfig, *, is_lost: bool = False) -> Plan:
    """The message for a prompt. `is_lost`: the thread that the branch had is no more."""

    def made(message: Message) -> bool:
        wire = message.wire
        return bool(wire.get("conversation_id")) and wire.get("server") == config.api_url

    # A first reply that failed has made a thread; it is still empty, and serves again.
    threads = (
        reply.wire["conversation_id"] for reply in request.conversation.replies() if made(reply)
    )
    past = Memory(None) if is_lost else memory(request, made, next(threads, None))
    branch = spoken(request.path)
    parent_id = str(past.known.wire.get("parent_message_id") or "") if past.known else ""
    # Without its id a reply cannot be followed, and the thread would know nothing of the branch.
    is_known = bool(parent_id)
    unknown = branch[branch.index(past.known) + 1 :] if past.known and is_known else branch
    said = [message for message in unknown if message.role is not Role.SYSTEM]
    if request.context == "newest":
        sent, notice = branch[-1:], None if is_known or len(said) == 1 else NOT_KNOWN
    else:
        sent, notice = unknown, CARRIED if len(said) > 1 else None
    prompt = Prompt(
        content=_content(sent, None if is_known else request.system),
        model=request.model or config.model or DEFAULT_MODEL,
        thread_id=past.conversation_id,
        parent_message_id=parent_id,
    )
    return Plan(prompt, notice)


def _content(messages: Sequence[Message], system: str | None) -> str:
    """One message as it is, with the instructions before it; several folded into one."""
    if sum(message.role is not Role.SYSTEM for message in messages) > 1:
        return fold(messages, system)
    return "\n\n".join([*([system] if system else []), *map(told, messages)])


class GithubWeb:
    """A backend for one account of GitHub Copilot."""

    def __init__(
        self,
        config: BackendConfig,
        *,
        credentials: Callable[[BackendConfig], Credentials] = configured,
        now: Callable[[], datetime] = utc_now,
        sleep: Sleep = asyncio.sleep,
    ) -> None:
        self.name = config.name
        self.list_is_ours = False
        self._config = config
        self._chat = Chat(config, lambda: credentials(config), now=now, sleep=sleep)

    async def stream(self, request: ReplyRequest) -> AsyncGenerator[Delta, None]:
        """The reply, one Delta for every read of the socket."""
        if notice := notice_of(request):
            yield Delta(notice=notice)
        chosen = plan(request, self._config)
        try:
            async with aclosing(self._told(chosen)) as deltas:
                async for delta in deltas:
                    yield delta
        except Refused as error:
            if error.status != 404 or chosen.prompt.thread_id is None:
                raise
        else:
            return
        again = plan(request, self._config, is_lost=True)
        yield Delta(notice=THREAD_IS_GONE)
        async with aclosing(self._told(again)) as deltas:
            async for delta in deltas:
                yield delta

    async def _told(self, chosen: Plan) -> AsyncGenerator[Delta, None]:
        """The reply to one message, its server and its notice in what it says first."""
        if chosen.notice:
            yield Delta(notice=chosen.notice)
        async with aclosing(self._chat.ask(chosen.prompt)) as deltas:
            async for delta in deltas:
                if delta.wire and "conversation_id" in delta.wire:
                    wire = {**delta.wire, "server": self._config.api_url}
                    yield delta._replace(wire=wire)
                else:
                    yield delta

    async def models(self) -> list[Model]:
        """What the service lists for this account; else a list that is part of this program."""
        try:
            listed = await self._chat.models()
        except BackendError:
            listed = []  # that there is such a list is documented nowhere
        self.list_is_ours = not listed
        return listed or list(MODELS)

    async def account(self) -> Account:
        """Who is signed in, and until when the present token lasts. Raises BackendError."""
        known = await asyncio.to_thread(sign_in_of, self._config)
        login, until = await self._chat.who()
        return known._replace(login=login, until=until, renews=until is not None)

    async def aclose(self) -> None:
        """Give back every socket."""
        await self._chat.aclose()


def create(config: BackendConfig) -> GithubWeb:
    """The backend that this configuration describes."""
    return GithubWeb(config)
