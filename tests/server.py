"""A real HTTP server on loopback that says, byte for byte, what a test tells it to.

    server.stream(chunk("Hel"), gate, chunk("lo"), finish(), DONE)   # an event stream
    server.answer({"data": [{"id": "m"}]}, path="/v1/models")        # an answer with a body
    server.answer("<title>Oops</title>", status=502)
    server.raw(b"HTTP/1.1 200 OK\\r\\n\\r\\ndata: …")                 # every byte, the head too

Each call scripts one answer; a request takes the first unused one whose path fits (None fits
every path), and `repeat=True` never uses it up. A request without a script is answered with 599.
What a stream is made of:

    bytes     sent at once, as one chunk of HTTP
    Gate()    waits until the test opens it: `await gate.reached()`, `gate.open()`
    CUT       closes the socket here, in the middle of the body
    RESET     the same with a reset instead of an orderly close
    HANG      sends nothing more, until the client goes away

`server.requests` are the requests in the order they came: method, path, headers (lower case),
body, json, and `await request.gone()`: whether the client closes its socket. `server.url` has
no path; `server.connections` counts sockets.
"""

from __future__ import annotations

import asyncio
import json
import selectors
import socket
import ssl
import struct
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, BinaryIO, Final

PATIENCE_S: Final = 10.0
"""How long a test waits for what must happen; never reached when it does."""


class End(Enum):
    """How a scripted answer may end, other than well."""

    CUT = "cut"
    RESET = "reset"
    HANG = "hang"


CUT: Final = End.CUT
RESET: Final = End.RESET
HANG: Final = End.HANG


class Gate:
    """A place in a script where the server waits for the test."""

    def __init__(self) -> None:
        self.is_reached = threading.Event()
        self.is_open = threading.Event()

    async def reached(self) -> None:
        """Return when the server stands at the gate."""
        assert await asyncio.to_thread(self.is_reached.wait, PATIENCE_S)

    def open(self) -> None:
        """Let the server go on."""
        self.is_open.set()


Step = bytes | Gate | End


@dataclass
class Request:
    """What a client sent."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes
    client_gone: threading.Event = field(default_factory=threading.Event)

    @property
    def json(self) -> dict[str, Any]:
        """The body, parsed."""
        parsed: dict[str, Any] = json.loads(self.body)
        return parsed

    async def gone(self) -> bool:
        """Whether the client closes its socket (waits for it)."""
        return await asyncio.to_thread(self.client_gone.wait, PATIENCE_S)


@dataclass
class _Script:
    head: bytes
    steps: tuple[Step, ...]
    is_chunked: bool
    path: str | None
    repeat: bool


class Server:
    """See the top of the module."""

    def __init__(self, tls: ssl.SSLContext | None = None) -> None:
        self.requests: list[Request] = []
        self.connections = 0
        self._tls = tls
        self._scripts: list[_Script] = []
        self._lock = threading.Lock()
        self._stopping = threading.Event()
        self._sockets: set[socket.socket] = set()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self.url = f"{'https' if tls else 'http'}://127.0.0.1:{self.port}"
        self._threads = [threading.Thread(target=self._listen, daemon=True)]
        self._threads[0].start()

    # What a test says.

    def stream(
        self,
        *steps: Step,
        status: int = 200,
        headers: Mapping[str, str] | None = None,
        path: str | None = None,
        repeat: bool = False,
    ) -> None:
        """Script an event stream in HTTP chunks."""
        lines = {"Content-Type": "text/event-stream", "Transfer-Encoding": "chunked"}
        self._add(_head(status, {**lines, **(headers or {})}), steps, True, path, repeat)

    def answer(
        self,
        body: object = b"",
        *,
        status: int = 200,
        headers: Mapping[str, str] | None = None,
        path: str | None = None,
        repeat: bool = False,
    ) -> None:
        """Script an answer of known length: bytes, text, or anything else as JSON."""
        kind = "text/html" if isinstance(body, str) else "application/json"
        if isinstance(body, str):
            body = body.encode()
        elif not isinstance(body, bytes):
            body = json.dumps(body).encode()
        lines = {"Content-Type": kind, "Content-Length": str(len(body)), **(headers or {})}
        self._add(_head(status, lines), (body,), False, path, repeat)

    def raw(self, *steps: Step, path: str | None = None) -> None:
        """Script every byte, the head included; the socket is closed at the end."""
        self._add(b"", (*steps, CUT), False, path, False)

    def _add(
        self, head: bytes, steps: tuple[Step, ...], chunked: bool, path: str | None, repeat: bool
    ) -> None:
        with self._lock:
            self._scripts.append(_Script(head, steps, chunked, path, repeat))

    def close(self) -> None:
        """Stop serving; whoever hangs is let go."""
        self._stopping.set()
        # Closing a listener does not wake who accepts from it; a caller does.
        socket.create_connection(("127.0.0.1", self.port)).close()
        self._threads[0].join(PATIENCE_S)
        self._listener.close()
        with self._lock:
            for connection in self._sockets:
                _shut(connection)
        for thread in self._threads[1:]:
            thread.join(PATIENCE_S)

    # What a client meets.

    def _listen(self) -> None:
        while True:
            connection, _ = self._listener.accept()
            if self._stopping.is_set():
                connection.close()
                return
            with self._lock:
                self.connections += 1
                self._sockets.add(connection)
            thread = threading.Thread(target=self._serve, args=(connection,), daemon=True)
            self._threads.append(thread)
            thread.start()

    def _serve(self, connection: socket.socket) -> None:
        request: Request | None = None
        try:
            if self._tls is not None:
                plain, connection = connection, self._tls.wrap_socket(connection, server_side=True)
                with self._lock:
                    self._sockets.discard(plain)
                    self._sockets.add(connection)
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            with connection.makefile("rb") as reader:
                while (request := _read_request(reader)) is not None:
                    self.requests.append(request)
                    if not self._play(self._script_for(request), connection, request):
                        break
        except OSError:  # the client went away: what the tests of cancelling want
            if request is not None:
                request.client_gone.set()
        finally:
            for seen in self.requests:
                if seen is request:
                    seen.client_gone.set()
            with self._lock:
                self._sockets.discard(connection)
            connection.close()

    def _script_for(self, request: Request) -> _Script:
        with self._lock:
            for script in self._scripts:
                if script.path in (None, request.path):
                    if not script.repeat:
                        self._scripts.remove(script)
                    return script
        body = json.dumps({"error": {"message": f"no script for {request.path}"}}).encode()
        return _Script(_head(599, {"Content-Length": str(len(body))}), (body,), False, None, False)

    def _play(self, script: _Script, connection: socket.socket, request: Request) -> bool:
        """Whether the connection can be used again."""
        connection.sendall(script.head)
        for step in script.steps:
            if isinstance(step, bytes):
                framed = b"%x\r\n%b\r\n" % (len(step), step)
                connection.sendall(framed if script.is_chunked else step)
            elif not self._pause(step, connection, request):
                return False
        if script.is_chunked:
            connection.sendall(b"0\r\n\r\n")
        return True

    def _pause(self, step: Gate | End, connection: socket.socket, request: Request) -> bool:
        """Whether the script goes on."""
        if isinstance(step, Gate):
            step.is_reached.set()
            return self._wait(connection, request, step.is_open)
        if step is HANG:
            self._wait(connection, request, threading.Event())
        elif step is RESET:
            no_lingering = struct.pack("ii", 1, 0)
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, no_lingering)
        return False

    def _wait(self, connection: socket.socket, request: Request, until: threading.Event) -> bool:
        """Wait for the event; False: the client went away first, or the server is closing."""
        while not until.wait(0.005):
            if self._stopping.is_set():
                return False
            if is_readable(connection) and _is_closed(connection):
                request.client_gone.set()
                return False
        return True


def is_readable(file: socket.socket | int, timeout_s: float = 0.0) -> bool:
    """Whether there is something to be read, or its end; `select.select` knows but 1024 files."""
    with selectors.DefaultSelector() as selector:
        selector.register(file, selectors.EVENT_READ)
        return bool(selector.select(timeout_s))


def _is_closed(connection: socket.socket) -> bool:
    if isinstance(connection, ssl.SSLSocket):
        return not connection.recv(1)
    return not connection.recv(1, socket.MSG_PEEK)


def _shut(connection: socket.socket) -> None:
    try:
        connection.shutdown(socket.SHUT_RDWR)
    except OSError:
        connection.close()


def _head(status: int, headers: Mapping[str, str]) -> bytes:
    lines = [
        f"HTTP/1.1 {status} Scripted",
        *(f"{name}: {value}" for name, value in headers.items()),
    ]
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


def _read_request(reader: BinaryIO) -> Request | None:
    first = reader.readline().decode("latin-1").split()
    if len(first) < 2:
        return None
    headers: dict[str, str] = {}
    while line := reader.readline().decode("latin-1").strip():
        name, _, value = line.partition(":")
        headers[name.lower()] = value.strip()
    body = reader.read(int(headers.get("content-length", 0)))
    return Request(first[0], first[1], headers, body)


@contextmanager
def serving(tls: ssl.SSLContext | None = None) -> Iterator[Server]:
    """A server for the time of a `with` block."""
    server = Server(tls)
    try:
        yield server
    finally:
        server.close()


# Events as an OpenAI-compatible server writes them.

DONE: Final = b"data: [DONE]\n\n"


def event(value: object) -> bytes:
    """One event with this JSON in it."""
    return b"data: " + json.dumps(value, ensure_ascii=False).encode() + b"\n\n"


def chunk(content: str, **top: object) -> bytes:
    """One chunk of a reply; `top` stands beside its choices: usage, conversation, model…"""
    return delta(top=top, content=content)


def delta(
    *, finish: str | None = None, top: Mapping[str, object] | None = None, **fields: object
) -> bytes:
    """One chunk whose delta has these fields: reasoning, refusal, tool_calls…"""
    choice = {"index": 0, "delta": fields, "finish_reason": finish}
    return event({"object": "chat.completion.chunk", "choices": [choice], **(top or {})})


def finish(reason: str = "stop", **top: object) -> bytes:
    """The chunk that says why the reply ends."""
    return delta(finish=reason, top=top)
