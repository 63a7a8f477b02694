"""CPU time of the wire alone, against the shortest loop that httpx and json allow.

    python -m tests.benchmarks.wire [--quick]

Both ask one server in a process of its own, in turns; the figures are microseconds of CPU for each
event, medians, and their ratio. `blast`: 20,000 events at full speed, each a chunk of HTTP.
`writes`: the same without HTTP chunks. `paced`: 1,000 events a second, each a write of its own.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import multiprocessing
import socket
import time
from collections.abc import Awaitable, Callable
from statistics import median

import httpx

from copilot_tui.backends import ReplyRequest
from copilot_tui.backends.openai import OpenAI
from copilot_tui.config import BackendConfig
from copilot_tui.conversation import Message, Role, new_conversation, utc_now
from tests.server import DONE, chunk, finish

BLAST = 20_000
RATE = 1_000
BATCH = 200


def serve(listener: socket.socket, paced: int) -> None:
    """Answer every request by its path, for ever."""
    more = {"id": "chatcmpl-7fIqj08Lnnhu4spHxlg06aRYnOor", "created": 1795234441, "model": "m"}
    events = [chunk(f"word{number % 997} ", **more) for number in range(BLAST)]
    while True:
        connection, _ = listener.accept()
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        with connection, connection.makefile("rb") as reader:
            path = reader.readline().split()[1].decode()
            length = 0
            while line := reader.readline().strip():
                if line.lower().startswith(b"content-length:"):
                    length = int(line.split(b":")[1])
            reader.read(length)
            kind = path.split("/")[1]
            chunked = b"Transfer-Encoding: chunked\r\n" if kind != "writes" else b""
            head = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n" + chunked
            connection.sendall(head + b"Connection: close\r\n\r\n")
            chosen = events[:paced] if kind == "paced" else events
            pieces = [*chosen, finish(), DONE]
            if kind != "writes":
                pieces = [b"%x\r\n%b\r\n" % (len(piece), piece) for piece in pieces]
                pieces.append(b"0\r\n\r\n")
            send(connection, pieces, kind == "paced")


def send(connection: socket.socket, pieces: list[bytes], paced: bool) -> None:
    """All at full speed, or RATE of them a second."""
    if not paced:
        for start in range(0, len(pieces), BATCH):
            connection.sendall(b"".join(pieces[start : start + BATCH]))
        return
    start_at = time.perf_counter()
    for number, piece in enumerate(pieces):
        time.sleep(max(0.0, start_at + number / RATE - time.perf_counter()))
        connection.sendall(piece)


async def bare(url: str) -> int:
    """The shortest loop: httpx, split, json."""
    texts: list[str] = []
    async with (
        httpx.AsyncClient(timeout=None, trust_env=False) as client,
        client.stream("POST", f"{url}/chat/completions", json={}) as response,
    ):
        rest = b""
        async for part in response.aiter_raw():
            lines = (rest + part).split(b"\n")
            rest = lines.pop()
            for line in lines:
                if line[:5] == b"data:" and line[6:] != b"[DONE]":
                    delta = json.loads(line[6:])["choices"][0]["delta"]
                    if "content" in delta:
                        texts.append(delta["content"])
    return len("".join(texts))


async def ours(url: str) -> int:
    """The backend, as the app uses it."""
    backend = OpenAI(BackendConfig(name="bench", base_url=url, model="m"))
    conversation = new_conversation(now=utc_now())
    conversation.add(Message(id="u", role=Role.USER, content="go"))
    texts = [
        delta.text
        async for delta in backend.stream(ReplyRequest(conversation, tuple(conversation.path())))
    ]
    await backend.aclose()
    return len("".join(texts))


def cpu_us(run: Callable[[str], Awaitable[int]], url: str, events: int) -> tuple[float, int]:
    """Microseconds of CPU for each event, and how much text came."""

    async def whole() -> int:
        return await run(url)

    started = time.process_time()
    size = asyncio.run(whole())
    return (time.process_time() - started) / events * 1e6, size


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--quick", action="store_true")
    quick = parser.parse_args().quick
    rounds, paced = (3, 2_000) if quick else (9, 4_000)
    listener = socket.create_server(("127.0.0.1", 0))
    server = multiprocessing.Process(target=serve, args=(listener, paced), daemon=True)
    server.start()
    address = f"http://127.0.0.1:{listener.getsockname()[1]}"
    for kind, events, times in (
        ("blast", BLAST, rounds),
        ("writes", BLAST, rounds),
        ("paced", paced, max(2, rounds // 3)),
    ):
        found: dict[str, list[float]] = {"bare": [], "ours": []}
        sizes = set()
        for _ in range(times):
            for name, run in (("bare", bare), ("ours", ours)):
                figure, size = cpu_us(run, f"{address}/{kind}", events)
                found[name].append(figure)
                sizes.add(size)
        assert len(sizes) == 1, sizes
        base, own = median(found["bare"]), median(found["ours"])
        print(f"{kind:7} bare {base:6.2f}  ours {own:6.2f} µs an event  {own / base:5.2f}x")
    server.terminate()


if __name__ == "__main__":
    main()
