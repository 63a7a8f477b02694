"""A server on loopback that streams deltas at random moments, and notes when it sent each one."""

from __future__ import annotations

import json
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from random import Random
from typing import Final

from tests.server import DONE, PATIENCE_S, chunk, finish

DELTAS: Final = 10_000
"""More than are ever sent: the last delta always lies behind the kill."""

MODELS: Final = ("paced-a", "paced-b")
"""Two that answer one client side by side."""


@dataclass
class Sending:
    """What one client gets, and what it was sent."""

    random: Random
    silent_after: int | None
    """How many deltas come before the server says nothing more; None: they never end."""
    whole_after: int | None = None
    """How many deltas make a whole reply; None: it never becomes one."""
    log: list[tuple[float, str]] = field(default_factory=list)
    """When each delta had been handed to the system (time.monotonic), and its text."""
    asked: threading.Event = field(default_factory=threading.Event)
    """The request is here; what it asks is on the client's disk."""
    begun: threading.Event = field(default_factory=threading.Event)
    is_silent: threading.Event = field(default_factory=threading.Event)
    is_whole: threading.Event = field(default_factory=threading.Event)
    over: threading.Event = field(default_factory=threading.Event)
    is_ended: bool = False
    """It begins to say that this is all."""
    beside: Sending | None = None
    """What the second of the models sends to the same client."""

    def before(self, moment: float) -> str:
        """All text that was sent before this moment."""
        return "".join(text for sent_at, text in self.log if sent_at < moment)

    def first_after(self, length: int, otherwise: float) -> float:
        """When the first delta was sent of which something lies behind so many characters."""
        for sent_at, text in self.log:
            length -= len(text)
            if length < 0:
                return sent_at
        return otherwise

    def serve(self, connection: socket.socket) -> None:
        """Send deltas until the server falls silent, or the client is killed."""
        for number in range(DELTAS):
            if number == self.silent_after:
                self.is_silent.set()
                self.over.wait(PATIENCE_S)
                return
            if number == self.whole_after:
                self._end(connection)
                return
            text = f"{number} " + "word " * self.random.randrange(8)
            event = chunk(text)
            connection.sendall(b"%x\r\n%b\r\n" % (len(event), event))
            self.log.append((time.monotonic(), text))
            if number == 0:
                self.begun.set()
            if self.over.wait(self.random.choice((0.0, 0.002, 0.02, 0.06))):
                return

    def _end(self, connection: socket.socket) -> None:
        self.is_ended = True
        for piece in (finish(), DONE):
            connection.sendall(b"%x\r\n%b\r\n" % (len(piece), piece))
        connection.sendall(b"0\r\n\r\n")
        self.is_whole.set()


class PacedServer:
    """One `Sending` for each first part of the path: base URL …/3/v1 gets the third."""

    def __init__(self, sendings: list[Sending]) -> None:
        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                listed = json.dumps({"data": [{"id": model} for model in MODELS]}).encode()
                self.send_response(200)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(listed)))
                self.end_headers()
                self.wfile.write(listed)

            def do_POST(self) -> None:
                length = int(self.headers["content-length"])
                body = self.rfile.read(length)
                if len(body) < length:
                    return  # the client was killed while it asked
                asked = json.loads(body)
                sending = sendings[int(self.path.split("/")[1])]
                if sending.beside is not None and asked["model"] == MODELS[1]:
                    sending = sending.beside
                sending.asked.set()
                self.send_response(200)
                self.send_header("Content-Type", "text/event-stream")
                self.send_header("Transfer-Encoding", "chunked")
                self.end_headers()
                self.close_connection = True
                with suppress(OSError):  # the client was killed
                    sending.serve(self.connection)

            def log_message(self, format: str, *args: object) -> None:
                """Be quiet."""

        self.http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._sendings = sendings
        self._lock = threading.Lock()

    def add(self, sending: Sending) -> int:
        """Serve one more; the number of its client."""
        with self._lock:
            self._sendings.append(sending)
            return len(self._sendings) - 1

    def url(self, number: int) -> str:
        """The base URL of a client."""
        return f"http://127.0.0.1:{self.http.server_port}/{number}/v1"


@contextmanager
def pacing(sendings: list[Sending]) -> Iterator[PacedServer]:
    """The server, for the time of a `with` block."""
    server = PacedServer(sendings)
    thread = threading.Thread(target=server.http.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield server
    finally:
        for sending in sendings:
            for each in filter(None, (sending, sending.beside)):
                each.over.set()
        server.http.shutdown()
        thread.join(PATIENCE_S)
        server.http.server_close()
