"""textual-serve's server, for nobody but who has the address that is printed.

Any page in a browser, and any user of this machine, may call a port of 127.0.0.1. So the address
holds a word that is made anew for each start; it becomes a cookie, without which nothing answers.
"""

from __future__ import annotations

import asyncio
import hmac
import logging
import secrets
import signal
import socket
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from aiohttp import web
from textual_serve.server import Server

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

_PAGES: Final = Path(__file__).with_name("pages")
"""Our own page: textual-serve's asks Google for a font, and leaves the keys to whoever clicks."""

_SESSIONS_MOST_S: Final = 10.0
"""How long the end waits for sessions, each of which saves and lets go of its backend."""

_REST_MOST_S: Final = 1.0
"""How long it waits for anything else."""

_COOKIE: Final = "copilot-tui"

_HEADERS: Final = {
    # Nobody else is asked for anything; and a page that a link opens cannot reach back to this one.
    "Content-Security-Policy": "default-src 'self' 'unsafe-inline' data: blob:; "
    "connect-src 'self' ws:; frame-ancestors 'none'",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}


class _Server(Server):
    """Without its banner, which prints the command, and with an end for open pages."""

    def __init__(self, command: str, host: str, port: int) -> None:
        super().__init__(command, host, port, title="copilot-tui", templates_path=_PAGES)
        self._open = set[asyncio.Task[Any]]()

    async def on_startup(self, app: web.Application) -> None:
        """Say nothing."""

    async def handle_websocket(self, request: web.Request) -> web.WebSocketResponse:
        """Let a page's session run until the page or the server ends."""
        session = asyncio.current_task()
        assert session is not None
        self._open.add(session)
        try:
            return await super().handle_websocket(request)
        finally:
            self._open.discard(session)

    async def on_shutdown(self, app: web.Application) -> None:
        """End the sessions, each of which saves and goes; the pages would keep theirs."""
        for session in self._open:
            session.cancel()
        if self._open:
            await asyncio.wait(self._open, timeout=_SESSIONS_MOST_S)


def serve(command: str, host: str, port: int, say: Callable[[str], object]) -> int:
    """Serve until a signal; the exit status that it means. Raises OSError."""
    for name in ("textual-serve", "aiohttp"):  # their tracebacks show variables
        log = logging.getLogger(name)
        log.addHandler(logging.NullHandler())
        log.propagate = False
    return asyncio.run(_serve(command, host, port, say))


async def _serve(command: str, host: str, port: int, say: Callable[[str], object]) -> int:
    word = secrets.token_urlsafe()
    server = _Server(command, host, port)
    app = await server._make_app()  # the routes; there is no public way to them
    app.middlewares.append(_guard(server, word))
    app.on_response_prepare.append(_add_headers)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=_REST_MOST_S)
    await runner.setup()
    try:
        site = web.TCPSite(runner, host, port)
        await site.start()
        real_port = runner.addresses[0][1]
        name = socket.gethostname() if host in ("0.0.0.0", "::") else host
        shown = f"[{name}]" if ":" in name else name
        say(f"http://{shown}:{real_port}/?word={word}")
        say(
            "Open that address in a browser. It keeps Ctrl+N, Ctrl+T and Ctrl+W for itself: their "
            "commands are in the palette, Ctrl+P."
        )
        say("Ctrl+C here ends it.")
        return await _until_a_signal()
    finally:
        await runner.cleanup()


async def _add_headers(_: web.Request, response: web.StreamResponse) -> None:
    response.headers.update(_HEADERS)


def _guard(server: Server, word: str) -> Any:  # noqa: ANN401  aiohttp's own type for middlewares
    """Answers nobody without the word."""

    def is_it(given: str | None) -> bool:
        return given is not None and hmac.compare_digest(given.encode(), word.encode())

    async def guard(
        request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
    ) -> web.StreamResponse:
        if is_it(request.query.get("word")):
            found = web.HTTPFound("/")
            found.set_cookie(_COOKIE, word, httponly=True, samesite="Strict")
            raise found
        origin = request.headers.get("Origin")
        if origin is not None and origin.partition("://")[2] != request.host:
            raise web.HTTPForbidden(text="This page may not ask here.\n")
        if not is_it(request.cookies.get(_COOKIE)):
            raise web.HTTPForbidden(text="Open the address that copilot-tui serve has printed.\n")
        server.public_url = f"http://{request.host}"  # what the page is told to call
        return await handler(request)

    return web.middleware(guard)


async def _until_a_signal() -> int:
    ended: asyncio.Future[int] = asyncio.get_running_loop().create_future()

    def end(number: int) -> None:
        if not ended.done():
            ended.set_result(128 + number)

    for name in ("SIGINT", "SIGTERM", "SIGHUP"):
        with suppress(KeyError, NotImplementedError):  # Windows: Ctrl+C is a KeyboardInterrupt
            asyncio.get_running_loop().add_signal_handler(
                signal.Signals[name], end, signal.Signals[name]
            )
    return await ended
