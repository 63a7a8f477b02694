"""A SOCKS 5 proxy on loopback that connects to one place, whatever host it is asked for."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager


class SocksProxy:
    """Counts the hosts that it was asked for."""

    def __init__(self, port: int) -> None:
        """`port`: where everything really goes."""
        self.asked_for: list[str] = []
        self.url = ""
        self._port = port
        self._serving: set[asyncio.Task[None]] = set()

    def accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Take a connection."""
        self._serving.add(asyncio.create_task(self.serve(reader, writer)))

    async def ended(self) -> None:
        """Return when nobody is connected any more."""
        await asyncio.gather(*self._serving)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection: no authentication, CONNECT to a host name (RFC 1928)."""
        await reader.readexactly((await reader.readexactly(2))[1])
        writer.write(b"\x05\x00")
        assert (await reader.readexactly(4)) == b"\x05\x01\x00\x03"
        name = await reader.readexactly((await reader.readexactly(1))[0])
        self.asked_for.append(name.decode())
        await reader.readexactly(2)
        there = await asyncio.open_connection("127.0.0.1", self._port)
        writer.write(b"\x05\x00\x00\x01" + bytes(6))
        await asyncio.gather(_relay(reader, there[1]), _relay(there[0], writer))


async def _relay(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while received := await reader.read(65536):
        writer.write(received)
    writer.close()
    await writer.wait_closed()


@asynccontextmanager
async def socks_proxy(port: int) -> AsyncIterator[SocksProxy]:
    """The proxy for the time of an `async with` block."""
    proxy = SocksProxy(port)
    async with await asyncio.start_server(proxy.accept, "127.0.0.1", 0) as running:
        proxy.url = f"socks5://127.0.0.1:{running.sockets[0].getsockname()[1]}"
        yield proxy
        await proxy.ended()
