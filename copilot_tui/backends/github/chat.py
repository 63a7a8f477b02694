"""GitHub's chat on github.com, as its web page speaks it: token, thread, message.

The protocol is a captured one: GitHub documents it nowhere and may change it any day.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import AsyncExitStack, aclosing
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, TypeVar
from urllib.parse import quote

from copilot_tui.backends import Delta
from copilot_tui.backends.completions import RETRIED, Sleep, let_end, patiently, unbegun
from copilot_tui.backends.github import words
from copilot_tui.backends.github.auth import (
    Credentials,
    CredentialSource,
    Tokens,
    is_header_text,
    login_in,
    token_of,
)
from copilot_tui.backends.github.events import EventReader
from copilot_tui.backends.github.service import PAGE_URL
from copilot_tui.backends.listing import listed_models
from copilot_tui.backends.transport import Transport
from copilot_tui.conversation import utc_now
from copilot_tui.errors import BackendError, BadReply, CutOff, RedirectRefused, Refused

if TYPE_CHECKING:
    from datetime import datetime

    from copilot_tui.backends import Model
    from copilot_tui.backends.transport import Answer
    from copilot_tui.config import BackendConfig

HEADERS: Final = {
    "User-Agent": "Mozilla/5.0 (X11; Ubuntu; Linux x86_64; rv:133.0) Gecko/20100101 Firefox/133.0",
    "Accept": "application/json",
    "Accept-Language": "en-US,en;q=0.5",
    "Referer": PAGE_URL,
    "GitHub-Verified-Fetch": "true",
    "X-Requested-With": "XMLHttpRequest",
    "Origin": "https://github.com",
    "Sec-Fetch-Dest": "empty",
    "Sec-Fetch-Mode": "cors",
    "Sec-Fetch-Site": "same-origin",
    "Priority": "u=1",
}
"""What the web page sends with everything; the token's address answers nobody else."""

_NOTHING: Final = Delta()
_Asked = TypeVar("_Asked")


@dataclass(frozen=True)
class Prompt:
    """One message to a thread."""

    content: str
    model: str
    thread_id: str | None = None
    """None: a thread is made for it."""
    parent_message_id: str = ""
    """The reply that this follows; empty: the thread's own choice."""


class Chat:
    """One account's chat. Renews its token unseen."""

    def __init__(
        self,
        config: BackendConfig,
        credentials: CredentialSource,
        *,
        tokens: Tokens | None = None,
        now: Callable[[], datetime] = utc_now,
        sleep: Sleep = asyncio.sleep,
    ) -> None:
        self._config = config
        self._credentials = credentials
        self._tokens = tokens or Tokens()
        self._now = now
        self._sleep = sleep
        self._who: Credentials | None = None
        self._bearer = ""
        self._renewing = asyncio.Lock()
        self._gate = Transport(
            config._replace(base_url=config.token_url), self._cookie, headers=HEADERS, now=now
        )
        self._api = Transport(
            config._replace(base_url=config.api_url),
            self._authorization,
            headers=HEADERS,
            now=now,
            beside=self._gate,
        )

    async def ask(self, prompt: Prompt) -> AsyncGenerator[Delta, None]:
        """The reply, one Delta for every read of the socket. Raises BackendError.

        The thread's id comes in a `wire` before the prompt is sent, the reply's own as
        `parent_message_id` with its end.
        """
        try:
            async with aclosing(self._ask(prompt)) as deltas:
                async for delta in deltas:
                    yield delta
        except BackendError as error:
            waits = isinstance(error, Refused) and error.status in RETRIED and error.retry_after_s
            if isinstance(error, Refused) and not waits:
                error.hint = words.refusal_hint(error.status, self._config.name)
            error.hint = error.hint.replace("base_url", "api_url")
            raise

    async def models(self) -> list[Model]:
        """What the account may use, as far as it is known how the service lists it. Raises
        BackendError.
        """
        return listed_models(await self._renewing_once(self._listed), self._api.masked)

    async def _listed(self) -> object:
        return await self._api.get_json(f"{self._config.api_url}/github/chat/models")

    async def who(self) -> tuple[str, datetime | None]:
        """The account's name and when its token ends, as far as they are known. Raises
        BackendError.
        """
        await self._authorise()
        assert self._who is not None
        if self._who.token:
            return "", None
        cookies = self._who.cookies
        return login_in(cookies), self._tokens.until(self._config.token_url, cookies)

    async def _ask(self, prompt: Prompt) -> AsyncGenerator[Delta, None]:
        async with AsyncExitStack() as stack:
            thread_id = prompt.thread_id
            if thread_id is None:
                async with aclosing(self._call(self._new_thread)) as steps:
                    async for step in steps:
                        if isinstance(step, Delta):
                            yield step
                        else:
                            thread_id = step
            assert thread_id is not None  # it is the last step
            yield Delta(model=prompt.model, wire={"conversation_id": thread_id})
            in_path = quote(thread_id, safe="", errors="replace")
            url = f"{self._config.api_url}/github/chat/threads/{in_path}/messages"
            body = message_body(prompt, thread_id)
            answer: Answer | None = None
            opening = self._call(
                lambda: stack.enter_async_context(self._api.open_stream(url, body))
            )
            async with aclosing(opening):
                async for attempt in opening:
                    if isinstance(attempt, Delta):
                        yield attempt
                    else:
                        answer = attempt
            assert answer is not None  # it is the last step
            async with aclosing(self._read(answer)) as deltas:
                async for delta in deltas:
                    yield delta

    async def _read(self, answer: Answer) -> AsyncGenerator[Delta, None]:
        reader = EventReader(self._api.masked)
        async with aclosing(answer.chunks()) as chunks:
            try:
                async for chunk in chunks:
                    if (delta := reader.take(chunk)) != _NOTHING:
                        yield delta
                    if reader.is_over:
                        break
            except CutOff as error:
                if not reader.has_spoken:
                    raise unbegun(error) from error
                raise
            if not reader.is_over:
                yield reader.end()
            if reader.failure is not None:
                raise reader.failure
            await let_end(chunks)

    async def _new_thread(self) -> str:
        answer = await self._api.post_json(f"{self._config.api_url}/github/chat/threads")
        return thread_of(answer)

    async def _call(
        self, send: Callable[[], Awaitable[_Asked]]
    ) -> AsyncGenerator[Delta | _Asked, None]:
        """Send with a good token, patiently."""
        steps = patiently(lambda: self._renewing_once(send), self._config.max_wait_s, self._sleep)
        async with aclosing(steps):
            async for step in steps:
                yield step

    async def _renewing_once(self, send: Callable[[], Awaitable[_Asked]]) -> _Asked:
        used = await self._authorise()
        try:
            return await send()
        except Refused as error:
            if error.status != 401:
                raise
        await self._authorise(refused=used)
        try:
            return await send()
        except Refused as error:
            if error.status != 401:
                raise
            is_ready = bool(self._who and self._who.token)
            raise words.token_refused(self._config.name, is_ready=is_ready) from error

    async def _authorise(self, refused: str = "") -> str:
        """Make sure of a token other than the one that was refused, and give it."""
        async with self._renewing:
            if refused and self._who is not None:
                self._tokens.forget(self._config.token_url, self._who.cookies, refused)
                if self._who.token == refused:
                    self._who = None  # it may have been replaced where it is kept
            if self._who is None:
                self._who = await asyncio.to_thread(self._credentials)
                self._gate.forget_keys()
            token = self._who.token or await self._made_token(self._who.cookies)
            if token == refused:
                raise words.token_refused(self._config.name, is_ready=bool(self._who.token))
            if token != self._bearer:
                self._bearer = token
                self._api.forget_keys()
            return token

    async def _made_token(self, cookies: str) -> str:
        url = self._config.token_url
        if kept := self._tokens.good(url, cookies, self._now()):
            return kept
        try:
            token = token_of(await self._gate.post_json(url), self._now())
        except Refused as error:
            if error.status not in (401, 403, 404):
                raise
            self._who = None  # who signs in again is asked for anew
            raise words.no_token(error, self._config.name) from error
        except RedirectRefused as error:
            told = words.sent_away(str(error), self._config.name)
            if told is None:
                raise
            self._who = None
            raise told from error
        except BackendError as error:
            error.hint = error.hint.replace("base_url", "token_url")
            raise
        self._tokens.keep(url, cookies, token)
        return token.value

    def _cookie(self, _: BackendConfig) -> dict[str, str]:
        return {"Cookie": self._who.cookies} if self._who is not None else {}

    def _authorization(self, _: BackendConfig) -> dict[str, str]:
        return {"Authorization": f"GitHub-Bearer {self._bearer}"}

    async def aclose(self) -> None:
        """Give back every socket."""
        await self._gate.aclose()
        await self._api.aclose()


def message_body(prompt: Prompt, thread_id: str) -> dict[str, Any]:
    """What is sent to a thread."""
    parent = prompt.parent_message_id
    return {
        "content": prompt.content,
        "intent": "conversation",
        "references": [],
        "context": [],
        "currentURL": f"{PAGE_URL}/c/{thread_id}",
        "streaming": True,
        "confirmations": [],
        "customInstructions": [],
        "model": prompt.model,
        "mode": "immersive",
        **({"parentMessageID": parent} if parent else {}),
    }


def thread_of(answer: object) -> str:
    """The id in the answer to a new thread: `thread_id`, or `thread` with an `id`. BadReply."""
    if isinstance(answer, dict):
        thread = answer.get("thread")
        inner = (thread.get("id"), thread.get("thread_id")) if isinstance(thread, dict) else ()
        for found in (answer.get("thread_id"), *inner):
            if isinstance(found, str) and found and is_header_text(found):
                return found
    raise BadReply("GitHub's answer names no thread", "Check api_url.")
