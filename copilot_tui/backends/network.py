"""The way to a server: the proxy, the certificates, and how often its socket is read."""

from __future__ import annotations

import asyncio
import ipaddress
import os
import ssl
import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterable
from contextlib import aclosing
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

import httpcore
import httpx

from copilot_tui.config import is_loopback
from copilot_tui.errors import ConnectionFailed

if TYPE_CHECKING:
    from copilot_tui.config import BackendConfig

READS_PER_SECOND: Final = 120
"""More than a screen shows. Fewer, larger reads cost less than a wake-up for every token."""

READ_BURST: Final = 6
"""Reads that are never delayed: the head of an answer and its first words."""

LARGE_READ: Final = 16 * 1024
"""A read of so many bytes is worth its wake-up; the next follows without a pause."""


def proxy_for(url: str, config: BackendConfig) -> str | None:
    """The proxy for an address: the configuration's own, else the environment's (or the system's).

    NO_PROXY counts, also with networks (10.0.0.0/8). This machine itself is never asked for through
    a proxy of the environment, which would look for the server on the wrong machine; a proxy that
    stands in the configuration is taken at its word.
    """
    if config.proxy:
        return _with_scheme(config.proxy)
    parts = urlsplit(url)
    host = parts.hostname or ""
    proxies = getproxies()
    proxy = proxies.get(parts.scheme) or proxies.get("all")
    if not proxy or is_loopback(host) or proxy_bypass(parts.netloc.rpartition("@")[2]):
        return None
    if _in_networks(host, proxies.get("no", "")):
        return None
    return _with_scheme(proxy)


def _with_scheme(proxy: str) -> str:
    """`host:port` is an http proxy, and desktops write socks:// for SOCKS 5."""
    if "://" not in proxy:
        return f"http://{proxy}"
    return "socks5" + proxy[5:] if proxy.startswith("socks://") else proxy


def _in_networks(host: str, no_proxy: str) -> bool:
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return False
    for entry in no_proxy.split(","):
        try:
            if "/" in entry and address in ipaddress.ip_network(entry.strip(), strict=False):
                return True
        except ValueError:
            continue
    return False


def tls_context(config: BackendConfig) -> ssl.SSLContext:
    """The system's certificates, ca_file and SSL_CERT_FILE. Raises ConnectionFailed."""
    import truststore  # a server on this machine needs no certificate

    context = truststore.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    for origin, path in (
        ("ca_file", config.ca_file),
        ("SSL_CERT_FILE", os.environ.get("SSL_CERT_FILE", "")),
    ):
        if not path:
            continue
        try:
            context.load_verify_locations(os.path.expanduser(path))
        except OSError as error:  # ssl.SSLError, for a file that is no certificate, is one too
            raise ConnectionFailed(
                f"the certificates in {path} cannot be read: {error.strerror or error}",
                f"{origin} must name a PEM file of certificates.",
            ) from error
    return context


def make_client(config: BackendConfig, timeout: httpx.Timeout) -> httpx.AsyncClient:
    """The client for one server. Slow the first time where TLS is spoken: it reads certificates."""
    proxy = proxy_for(config.base_url, config)
    # Without TLS no certificate is read; a redirect never leads from http to https.
    speaks_tls = any(url.startswith("https:") for url in (config.base_url, proxy or ""))
    context = tls_context(config) if speaks_tls else ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    route: httpx.Proxy | None = None
    if proxy is not None:
        on_top = context if proxy.startswith("https:") else None
        route = httpx.Proxy(proxy, ssl_context=on_top)
    transport = httpx.AsyncHTTPTransport(
        verify=context,
        proxy=route,
        trust_env=False,
        limits=httpx.Limits(max_connections=None, keepalive_expiry=20.0),
    )
    pace_reads(transport, config.connect_timeout_s)
    return httpx.AsyncClient(transport=transport, timeout=timeout, trust_env=False)


def pace_reads(transport: httpx.AsyncHTTPTransport, handshake_timeout_s: float) -> bool:
    """Let the transport's sockets be read at the pace of a screen; False: they are read as ever.

    There is no public way to give httpx a network backend, so this looks for the one it has.
    """
    pool: Any = getattr(transport, "_pool", None)
    inner = getattr(pool, "_network_backend", None)
    if not isinstance(inner, httpcore.AsyncNetworkBackend):
        return False
    pool._network_backend = _PacedBackend(inner, handshake_timeout_s)
    return True


async def joined_reads(
    parts: AsyncGenerator[bytes, None], stream: PacedStream
) -> AsyncGenerator[bytes, None]:
    """The parts of a body, those that one read of the socket brought joined into one.

    A server sends every token as a chunk of HTTP of its own, and each comes out of httpx alone;
    only the stream knows when the last of a read is out. So a task takes the parts, and the stream
    stops it before the next read until what was gathered is taken.
    """
    gathered: list[bytes] = []
    ready, taken = asyncio.Event(), asyncio.Event()

    async def hand_over() -> None:
        if gathered:
            taken.clear()
            ready.set()
            await taken.wait()

    async def gather() -> None:
        try:
            async with aclosing(parts):
                async for part in parts:
                    gathered.append(part)
        finally:
            ready.set()

    stream.before_read = hand_over
    gathering = asyncio.create_task(gather())
    try:
        while True:
            await ready.wait()
            ready.clear()
            if gathered:
                whole = b"".join(gathered)
                gathered.clear()
                yield whole
                taken.set()
            if gathering.done():
                gathering.result()
                return
    finally:
        stream.before_read = None
        gathering.cancel()
        await asyncio.wait([gathering])


class _PacedBackend(httpcore.AsyncNetworkBackend):
    """A network backend whose streams are read at the pace of a screen."""

    def __init__(self, inner: httpcore.AsyncNetworkBackend, handshake_timeout_s: float) -> None:
        self._inner = inner
        self._handshake_timeout_s = handshake_timeout_s

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109  httpcore's signature
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        """A connection whose reads are paced."""
        stream = await self._inner.connect_tcp(host, port, timeout, local_address, socket_options)
        return PacedStream(stream, self._handshake_timeout_s)

    async def sleep(self, seconds: float) -> None:
        """Wait, as the loop does."""
        await self._inner.sleep(seconds)


class PacedStream(httpcore.AsyncNetworkStream):
    """A stream that is read at most READS_PER_SECOND times a second, after a burst.

    What comes in the meantime is joined by the kernel into the next read. A stream slower than that
    is never delayed, nor is one that fills its reads.
    """

    def __init__(self, inner: httpcore.AsyncNetworkStream, handshake_timeout_s: float) -> None:
        self._inner = inner
        self._handshake_timeout_s = handshake_timeout_s
        self._credit = float(READ_BURST)
        self._counted_at = time.monotonic()
        self.before_read: Callable[[], Awaitable[object]] | None = None
        """Called when all that was read is used up."""

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:  # noqa: ASYNC109
        """The next bytes, or b"" at the end."""
        if self.before_read is not None:
            await self.before_read()
        now = time.monotonic()
        credit = self._credit + (now - self._counted_at) * READS_PER_SECOND
        if credit < 1:
            await asyncio.sleep((1 - credit) / READS_PER_SECOND)
            now, credit = time.monotonic(), 1.0
        self._counted_at = now
        self._credit = min(credit, READ_BURST) - 1
        if timeout is None:
            return await self._read_handshake(max_bytes)
        received = await self._inner.read(max_bytes, timeout)
        if len(received) >= LARGE_READ:
            self._credit += 1
        return received

    async def _read_handshake(self, max_bytes: int) -> bytes:
        # httpcore sets no time for what a SOCKS proxy says, and leaves the socket open if it fails.
        try:
            return await self._inner.read(max_bytes, self._handshake_timeout_s)
        except BaseException:
            await self.aclose()
            raise

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:  # noqa: ASYNC109
        """Send everything; what is read next is not delayed."""
        self._credit = float(READ_BURST)  # a new request: its answer is waited for
        await self._inner.write(buffer, timeout)

    async def aclose(self) -> None:
        """Close the socket."""
        await self._inner.aclose()

    async def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,  # noqa: ASYNC109
    ) -> httpcore.AsyncNetworkStream:
        """The same stream, encrypted."""
        try:
            stream = await self._inner.start_tls(ssl_context, server_hostname, timeout)
        except BaseException:
            await self.aclose()  # below, who leaves a handshake that hangs leaves the socket open
            raise
        return PacedStream(stream, self._handshake_timeout_s)

    def get_extra_info(self, info: str) -> Any:  # noqa: ANN401  httpcore's signature
        """What the stream below knows: its addresses, its socket."""
        return self._inner.get_extra_info(info)
