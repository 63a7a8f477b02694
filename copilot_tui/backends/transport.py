"""Requests to one server: redirects, refusals and streams.

The only place that lets httpx's errors in; each leaves it as a BackendError.
"""

from __future__ import annotations

import asyncio
import json
import os
import time
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Mapping
from contextlib import aclosing, asynccontextmanager, suppress
from typing import TYPE_CHECKING, Any, Final, cast

import httpx

from copilot_tui import __version__
from copilot_tui.backends import network
from copilot_tui.backends.failures import (
    OUTSIDE_ERRORS,
    as_backend_error,
    is_address,
    shown,
    status_hint,
    status_name,
)
from copilot_tui.backends.request_body import as_json
from copilot_tui.backends.server_words import (
    address_secrets,
    body_words,
    retry_after_s,
    without_secrets,
)
from copilot_tui.conversation import utc_now
from copilot_tui.credentials import require_closed_way
from copilot_tui.errors import (
    BackendError,
    BadReply,
    ConfigError,
    ConnectionFailed,
    CutOff,
    MissingKey,
    RedirectRefused,
    Refused,
)

if TYPE_CHECKING:
    from datetime import datetime

    from copilot_tui.config import BackendConfig

REDIRECT_LIMIT: Final = 5
WRITE_TIMEOUT_S: Final = 60.0
LIST_TIMEOUT_S: Final = 30.0
"""Seconds of silence in what is no reply: a list of models."""
ERROR_BODY_LIMIT: Final = 64 * 1024
ERROR_BODY_TIMEOUT_S: Final = 5.0
BODY_LIMIT: Final = 32 * 1024 * 1024
TURN_S: Final = 0.004
"""In a blast, everything else in the loop gets its turn this often."""

LOG_VARIABLE: Final = "COPILOT_TUI_LOG"
"""Names the file of `request_log`."""

KeyHeaders = Callable[["BackendConfig"], Mapping[str, str]]
"""Gives the headers that carry keys; may run a command. Raises MissingKey."""


class Transport:
    """One server's client, made when it is first needed."""

    def __init__(
        self,
        config: BackendConfig,
        key_headers: KeyHeaders,
        *,
        headers: Mapping[str, str] | None = None,
        now: Callable[[], datetime] = utc_now,
        beside: Transport | None = None,
    ) -> None:
        """`headers`: what this server wants over the usual ones; nothing secret. `beside`: another
        of the same sign-in, whose secrets are masked in what this server says, too.
        """
        self.config = config
        self._key_headers = key_headers
        self._own_headers = headers or {}
        self._now = now
        self._client: httpx.AsyncClient | None = None
        self._headers: dict[str, str] = {}
        self._forgotten = 0
        """How often the keys were to be read again."""
        self._secrets: set[str] = set() if beside is None else beside._secrets
        self._opening = asyncio.Lock()
        self._log = os.environ.get(LOG_VARIABLE, "")
        """Where every request is noted; empty: nowhere."""

    @asynccontextmanager
    async def open_stream(self, url: str, body: Mapping[str, Any]) -> AsyncIterator[Answer]:
        """POST the body as JSON; what comes back with a status of 2xx. Leaving closes the socket.

        Raises ConnectionFailed, TimedOut, Refused, RedirectRefused, BadReply, MissingKey.
        """
        response = await self._send("POST", url, await as_json(body), self._timeout())
        began = time.monotonic()
        try:
            yield Answer(response, self)
        finally:
            await response.aclose()
            if self._log:
                self._note(f"POST {shown(url)}: its stream was closed", began)

    async def get_json(self, url: str) -> object:
        """The JSON at an address. Raises BackendError."""
        return await self._json("GET", url, None)

    async def post_json(self, url: str, body: Mapping[str, Any] | None = None) -> object:
        """The JSON that answers a POST, which may have no body. Raises BackendError."""
        return await self._json("POST", url, None if body is None else await as_json(body))

    async def _json(self, method: str, url: str, content: list[bytes] | None) -> object:
        response = await self._send(method, url, content, self._timeout(LIST_TIMEOUT_S))
        try:
            body = await Answer(response, self).read(BODY_LIMIT)
        finally:
            await response.aclose()
        try:
            return json.loads(body)
        except (ValueError, RecursionError) as error:
            words = body_words(body[:ERROR_BODY_LIMIT], self.masked)
            raise BadReply(
                f"{shown(url)} did not answer with JSON: {words}", "Check base_url."
            ) from error

    def forget_keys(self) -> None:
        """Read the keys again before the next request."""
        self._headers = {}
        self._forgotten += 1

    async def aclose(self) -> None:
        """Give back every socket."""
        client, self._client = self._client, None
        if client is not None:
            await client.aclose()

    def masked(self, text: str) -> str:
        """The text without our own keys and passwords, should a server echo one."""
        return without_secrets(text, self._secrets)

    async def _send(
        self, method: str, url: str, content: list[bytes] | None, limits: httpx.Timeout
    ) -> httpx.Response:
        """Send, and follow redirects within the server. The response is 2xx, its body unread."""
        client, headers = await self._open()
        for _ in range(REDIRECT_LIMIT + 1):
            response = await self._send_once(client, method, url, headers, content, limits)
            try:
                if response.is_success:
                    _check_encoding(response)
                    return response
                if not response.has_redirect_location:
                    raise await self._refusal(response)
                url = self._next_address(response)
            except BaseException:
                await response.aclose()
                raise
            await response.aclose()
        raise RedirectRefused(
            f"{shown(url)} redirected more than {REDIRECT_LIMIT} times", "Check base_url."
        )

    async def _send_once(
        self,
        client: httpx.AsyncClient,
        method: str,
        url: str,
        headers: Mapping[str, str],
        content: list[bytes] | None,
        limits: httpx.Timeout,
    ) -> httpx.Response:
        began = time.monotonic()
        outcome = "left"
        try:
            request = client.build_request(
                method,
                url,
                headers={**headers, **_length(content)},
                timeout=limits,
                content=None if content is None else _sent(content),
            )
            response = await client.send(request, stream=True, follow_redirects=False)
            outcome = str(response.status_code)
            return response
        except OUTSIDE_ERRORS as error:
            failure = self.failure(error)
            outcome = str(failure)
            raise failure from error
        finally:
            if self._log:
                self._note(f"{method} {shown(url)}: {outcome}", began)

    def _note(self, words: str, began: float) -> None:
        """A line of the log that was asked for. It could be written when the client was made; who
        leaves is not held up if it cannot be any more.
        """
        from copilot_tui.backends.request_log import note

        taken_ms = (time.monotonic() - began) * 1000
        with suppress(ConnectionFailed):
            note(self._log, self.masked(f"{words}, after {taken_ms:.0f} ms"))

    async def _open(self) -> tuple[httpx.AsyncClient, Mapping[str, str]]:
        """The client and its headers: keys read and certificates loaded, both off the loop."""
        async with self._opening:
            while not (headers := self._headers):
                forgotten = self._forgotten
                read = await asyncio.to_thread(self._read_keys)
                if forgotten == self._forgotten:  # or else what was read is old by now
                    self._headers = read
            if self._client is None:
                self._client = await asyncio.to_thread(self._make)
            return self._client, headers

    def _read_keys(self) -> dict[str, str]:
        try:
            keys = dict(self._key_headers(self.config))
        except ConfigError as error:
            raise MissingKey(str(error), error.hint) from error
        if any(keys.values()):
            require_closed_way(self.config)
        self._secrets.update(s for name, value in keys.items() for s in _secrets_in(name, value))
        return {
            "User-Agent": f"copilot-tui/{__version__}",
            "Accept": "text/event-stream, application/json",
            "Accept-Encoding": "identity",
            "Content-Type": "application/json",
            **self._own_headers,
            **keys,
        }

    def _make(self) -> httpx.AsyncClient:
        if not is_address(self.config.base_url):
            raise self.failure(httpx.InvalidURL(self.config.base_url))
        proxy = network.proxy_for(self.config.base_url, self.config)
        for address in filter(None, (self.config.base_url, proxy)):
            self._secrets |= address_secrets(address)
        if self._log:
            from copilot_tui.backends.request_log import note

            note(self._log, self.masked(f"requests to {shown(self.config.base_url)} begin"))
        try:
            return network.make_client(self.config, self._timeout())
        except (*OUTSIDE_ERRORS, ValueError) as error:  # ValueError: a proxy of an unknown kind
            raise self.failure(error) from error

    def _timeout(self, read_at_most_s: float = float("inf")) -> httpx.Timeout:
        config = self.config
        return httpx.Timeout(
            connect=config.connect_timeout_s,
            read=min(config.read_timeout_s, read_at_most_s),
            write=WRITE_TIMEOUT_S,
            pool=None,
        )

    def _next_address(self, response: httpx.Response) -> str:
        here, location = response.url, response.headers["location"]
        try:
            there = here.join(location)
        except httpx.InvalidURL:
            there = httpx.URL()
        same = (there.scheme, there.host, there.port) == (here.scheme, here.host, here.port)
        if response.status_code in (307, 308) and same:
            return str(there.copy_with(userinfo=here.userinfo))
        target = shown(str(there)) if there.host else location
        raise RedirectRefused(
            f"{shown(str(here))} redirects ({response.status_code}) to {self.masked(target)}, "
            "and neither prompt nor key goes there",
            "If that is the right address, set it as base_url.",
        )

    async def _refusal(self, response: httpx.Response) -> Refused:
        body = b""
        # The status is known; a body that breaks or never ends must not hide it.
        with suppress(TimeoutError, BackendError):
            async with asyncio.timeout(ERROR_BODY_TIMEOUT_S):
                body = await Answer(response, self).read(ERROR_BODY_LIMIT, whole=False)
        status = response.status_code
        if status == 401:
            self.forget_keys()  # the key may be renewed by now
        wait_s = retry_after_s(response.headers.get("retry-after"), self._now())
        words = body_words(body, self.masked)
        return Refused(
            status,
            f"the server answered {status_name(status)}" + (f": {words}" if words else ""),
            status_hint(status, self.config, wait_s),
            retry_after_s=wait_s,
        )

    def failure(self, error: Exception) -> BackendError:
        """The sentence for an error from below."""
        return as_backend_error(error, self.config)


class Answer:
    """An answer with a good status, whose body comes."""

    def __init__(self, response: httpx.Response, transport: Transport) -> None:
        self._response = response
        self._transport = transport
        self.content_type: str = response.headers.get("content-type", "").lower()

    async def chunks(self) -> AsyncGenerator[bytes, None]:
        """The body's bytes, decoded: what every read of the socket brings.

        Raises CutOff once some have come, else ConnectionFailed or TimedOut; BadReply.
        """
        received = False
        asked_at = turn_at = time.monotonic()
        try:
            async with aclosing(self._parts()) as parts:
                async for part in parts:
                    now = time.monotonic()
                    if now - asked_at > 0.001:  # it was waited for, so everything had its turn
                        turn_at = now
                    elif now - turn_at > TURN_S:
                        await asyncio.sleep(0)
                        turn_at = time.monotonic()
                    received = True
                    yield part
                    asked_at = time.monotonic()
        except OUTSIDE_ERRORS as error:
            failure = self._transport.failure(error)
            if received and not isinstance(failure, BadReply):
                raise CutOff(f"cut off: {failure}", "What came is kept.") from error
            raise failure from error

    def _parts(self) -> AsyncGenerator[bytes, None]:
        response = self._response
        is_plain = response.headers.get("content-encoding", "identity").strip() == "identity"
        # httpx names the type too widely; both are generators, and are closed as such.
        source = response.aiter_raw() if is_plain else response.aiter_bytes()
        parts = cast("AsyncGenerator[bytes, None]", source)
        stream = response.extensions.get("network_stream")
        if isinstance(stream, network.PacedStream):
            return network.joined_reads(parts, stream)
        return parts

    async def read(self, limit: int, *, whole: bool = True) -> bytes:
        """The body, or (not `whole`) the beginning of it. Raises BadReply if it is longer."""
        body = bytearray()
        async with aclosing(self.chunks()) as chunks:
            async for chunk in chunks:
                body += chunk
                if len(body) > limit:
                    if whole:
                        raise BadReply(f"the answer is longer than {limit // 1024 // 1024} MB")
                    break
        return bytes(body[:limit])


def _length(content: list[bytes] | None) -> dict[str, str]:
    """The header without which what comes in pieces would be sent without its length."""
    if content is None:
        return {}
    return {"Content-Length": str(sum(map(len, content)))}


async def _sent(content: list[bytes]) -> AsyncIterator[bytes]:
    for piece in content:
        yield piece


def _secrets_in(name: str, value: str) -> list[str]:
    """What must not be shown of a header: every cookie's value, or what follows the scheme.

    A scheme is a word before a space (Bearer); a key itself holds none.
    """
    if name != "Cookie":
        return [value.rpartition(" ")[2]] if value else []
    values = (cookie.partition("=")[2].strip() for cookie in value.split(";"))
    return [value for value in values if len(value) > 3]  # logged_in=yes is no secret


def _check_encoding(response: httpx.Response) -> None:
    named = response.headers.get("content-encoding", "").lower().split(",")
    unknown = {name.strip() for name in named} - {"", "identity", "gzip", "deflate"}
    if unknown:
        raise BadReply(
            f"the server sends its answer compressed as {', '.join(sorted(unknown))}, which was "
            "not asked for and is not understood",
            "A proxy in between may do this; --proxy and NO_PROXY choose the way.",
        )
