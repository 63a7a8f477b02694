"""A server in a process of its own that streams replies at a rate that the address names.

    http://127.0.0.1:PORT/KIND/START/COUNT/RATE     the base_url

A request is answered with START characters in large pieces, half a second of silence if there were
any, then COUNT deltas of DELTA characters at RATE a second (0: at full speed), and END. `ended()`
is the moment at which the last delta of the latest reply was sent.
"""

from __future__ import annotations

import multiprocessing
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import cache
from multiprocessing.sharedctypes import Synchronized
from typing import Final

from tests.benchmarks import corpus
from tests.server import DONE, chunk, finish

DELTA: Final = 10
"""Characters of one delta; a model's token has about four."""

END: Final = "ЖЖЖ"
"""The last word of every reply; it is in no other text."""

_PIECE: Final = 4_000
_PAUSE_S: Final = 0.5
_BATCH: Final = 200
_HEAD: Final = (
    b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n"
    b"Transfer-Encoding: chunked\r\nConnection: close\r\n\r\n"
)


class Deltas:
    """The server, from outside."""

    def __init__(self, url: str, ended: Synchronized[float]) -> None:
        self._url = url
        self._ended = ended

    def url(self, kind: str = "mixed", *, start: int = 0, count: int = 0, rate: float = 0) -> str:
        """The base_url of such replies."""
        return f"{self._url}/{kind}/{start}/{count}/{rate}"

    def ended(self) -> float:
        """The moment of the last delta of the reply that ended last, by `time.time`."""
        return self._ended.value


@contextmanager
def serving() -> Iterator[Deltas]:
    """The server for the time of a `with` block."""
    listener = socket.create_server(("127.0.0.1", 0), backlog=64)
    ended: Synchronized[float] = multiprocessing.Value("d", 0.0)
    process = multiprocessing.Process(target=_listen, args=(listener, ended), daemon=True)
    process.start()
    try:
        yield Deltas(f"http://127.0.0.1:{listener.getsockname()[1]}", ended)
    finally:
        process.terminate()
        process.join()
        listener.close()


def _listen(listener: socket.socket, ended: Synchronized[float]) -> None:
    while True:
        connection, _ = listener.accept()
        threading.Thread(target=_answer, args=(connection, ended), daemon=True).start()


def _answer(connection: socket.socket, ended: Synchronized[float]) -> None:
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    with suppress(OSError), connection, connection.makefile("rb") as reader:  # the client may go
        path = reader.readline().split()[1].decode()
        length = 0
        while line := reader.readline().strip():
            if line.lower().startswith(b"content-length:"):
                length = int(line.split(b":")[1])
        reader.read(length)
        connection.sendall(_HEAD)
        _, kind, start, count, rate, *_ = path.split("/")
        first, rest = _events(kind, int(start), int(count))
        if first:
            connection.sendall(b"".join(first))
            time.sleep(_PAUSE_S)
        _send(connection, rest, float(rate))
        ended.value = time.time()
        last = (chunk(END), finish(), DONE)
        connection.sendall(b"".join(map(_framed, last)) + b"0\r\n\r\n")


def _send(connection: socket.socket, pieces: list[bytes], rate: float) -> None:
    if not rate:
        for at in range(0, len(pieces), _BATCH):
            connection.sendall(b"".join(pieces[at : at + _BATCH]))
        return
    began = time.perf_counter()
    for number, piece in enumerate(pieces):
        if (early := began + number / rate - time.perf_counter()) > 0:
            time.sleep(early)
        connection.sendall(piece)


@cache
def _events(kind: str, start: int, count: int) -> tuple[list[bytes], list[bytes]]:
    from tests.benchmarks import bad  # which needs this module

    if kind in bad.TEXTS:
        text = bad.TEXTS[kind]()
    elif kind == "empty":
        text = ""
    else:
        text = corpus.reply(kind, start + count * DELTA + 1)
    first = [text[at : min(at + _PIECE, start)] for at in range(0, start, _PIECE)]
    rest = [text[start + at * DELTA : start + (at + 1) * DELTA] for at in range(count)]
    more = {"id": "chatcmpl-7fIqj08Lnnhu4spHxlg06aRYnOor", "created": 1795234441, "model": "m"}
    return (
        [_framed(chunk(piece, **more)) for piece in first],
        [_framed(chunk(piece, **more)) for piece in rest],
    )


def _framed(piece: bytes) -> bytes:
    return b"%x\r\n%b\r\n" % (len(piece), piece)
