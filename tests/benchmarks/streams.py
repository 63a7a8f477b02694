"""Replies as they stream through the whole app: P4, P5, P7, P8, P13."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from statistics import median, quantiles
from typing import Final

from tests.benchmarks.deltas import DELTA, END
from tests.benchmarks.program import Program
from tests.benchmarks.stage import Row, Stage, ms, ratio

KEYS: Final = "абвгдеёзийклмнопрстуфхцчшщъыьэюя"
"""Letters that no reply has."""

LONG: Final = 200_000

INDEXED_S: Final = 4.0
"""After a reply the search's index is in step; the app looks every three seconds whether it may."""


def bare_ms(url: str) -> float:
    """CPU of the shortest loop that reads such a reply."""
    command = [sys.executable, "-m", "tests.benchmarks.bare", url]
    return float(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def reply_ms(stage: Stage, url: str) -> float:
    """CPU of the app from Enter until the reply's last word is painted and all is saved."""
    with stage.app(stage.empty_store, url) as program:
        before = program.cpu_ms()
        program.type("go")
        program.type("\r")
        program.wait_for(END)
        program.settle()
        return program.cpu_ms() - before


def echo_ms(program: Program, count: int, interval_s: float = 0.025) -> list[float]:
    """From a key to its appearance, for so many keys; the prompt is emptied now and then."""
    found = []
    for number in range(count):
        key = KEYS[number % len(KEYS)]
        began = time.perf_counter()
        program.type(key)
        found.append((program.wait_for(key) - began) * 1000)
        if key == KEYS[-1]:
            program.type("\x15")
            program.drain(0.1)
        program.drain(interval_s)
    program.type("\x15")
    program.drain(0.1)
    return found


def p99(values: list[float]) -> float:
    """The 99th percentile."""
    return quantiles(values, n=100, method="inclusive")[98] if len(values) > 1 else values[0]


def full_speed(stage: Stage) -> Iterator[Row]:
    """P4 and P5: the whole app against the loop that shows nothing."""
    seconds = stage.size(4, 2)
    for bar, what, count, rate, limit, rounds in (
        ("P4", "20,000 deltas at full speed", stage.size(20_000, 20_000), 0, 1.7, (7, 2)),
        ("P5", "1,000 deltas a second", 1_000 * seconds, 1_000, 1.8, (5, 2)),
    ):
        url = stage.server.url(count=count, rate=rate)
        app, bare = [], []
        for _ in range(stage.rounds(*rounds)):
            app.append(reply_ms(stage, url))
            bare.append(bare_ms(url))
        yield Row(
            bar,
            f"{what} / bare httpx and json",
            ratio(app, bare),
            limit,
            f"CPU {ms(app)} / {ms(bare)}",
        )


def delivered(stage: Stage) -> Iterator[Row]:
    """P7: the share that is on the screen, or on disk, when the last delta is sent."""
    seconds = stage.size(5, 3)
    url = stage.server.url(start=LONG, count=2_000 * seconds, rate=2_000)
    lags = []
    for _ in range(stage.rounds(5, 1)):
        with stage.app(stage.empty_store, url) as program:
            program.type("go")
            program.type("\r")
            program.wait_for(END)
            lags.append((time.time() - stage.server.ended()) * 1000)
    yield Row(
        "P7",
        "2,000 deltas/s into 200 kB: shown when the last is sent",
        100 * (1 - median(lags) / 1000 / seconds),
        99,
        f"last word {ms(lags)} after it was sent, of {seconds} s",
        "%",
        at_least=True,
    )
    count = stage.size(8, 8)
    data = stage.store_of("eight", [])
    with stage.app(data, stage.server.url(start=LONG, count=250 * seconds, rate=250)) as program:
        for _ in range(count):
            program.type("go")
            program.drain(0.05)
            program.type("\r")
            program.drain(0.02)
            program.type("\x0e")
            program.drain(0.02)
        paths = _complete(program, data, count)
        lag = max(path.stat().st_mtime for path in paths) - stage.server.ended()
    yield Row(
        "P7",
        f"{count} replies of 250/s at once: saved when the last is sent",
        100 * (1 - max(0.0, lag) / seconds),
        99,
        f"the last is on disk {lag * 1000:.0f} ms after it was sent",
        "%",
        at_least=True,
    )


def _complete(program: Program, data: Path, count: int) -> list[Path]:
    """The documents, when so many of them have whole replies."""
    until = time.monotonic() + 60
    while time.monotonic() < until:
        program.drain(0.25)
        paths = list(data.glob("conversations/*.json"))
        whole = [path for path in paths if END in path.read_text()[-4_000:]]
        if len(whole) == count:
            return whole
    raise TimeoutError(f"{len(whole)} of {count} replies are whole")


def echoes(stage: Stage) -> Iterator[Row]:
    """P8 and P13: keys, and pauses of the collector, while a reply streams."""
    count = stage.size(300, 60)
    watched = stage.folder / "pauses"
    url = stage.server.url(start=LONG, count=stage.size(15_000, 5_000), rate=1_000)
    with stage.app(stage.large_store, url, watched=watched) as program:
        program.settle(1.0)  # the search index of a new store is made in the background
        idle = echo_ms(program, count)
        program.type("go")
        program.type("\r")
        program.drain(2.0)
        began = time.time()
        busy = echo_ms(program, count)
        is_over = stage.server.ended() > began
        pauses = _pauses(watched, began)
    raw = f"idle p50 {median(idle):.1f} p99 {p99(idle):.1f}, streaming p50 {median(busy):.1f} "
    raw += f"p99 {p99(busy):.1f} ms" + (" (the stream ended early)" if is_over else "")
    what = "key echo at 1,000 deltas/s into 200 kB"
    yield Row("P8", f"{what}: p50 / idle", median(busy) / median(idle), 2, raw)
    yield Row("P8", f"{what}: p99", p99(busy), 60, raw, "ms")
    yield Row("P8", f"{what}: p99 / idle", p99(busy) / p99(idle), 4.5, raw)
    yield Row(
        "P13",
        "longest pause of the collector while streaming",
        max((pause for pause, _ in pauses), default=0.0),
        15,
        "generation: " + ", ".join(f"{each[1]}: {each[0]:.1f}" for each in sorted(pauses)[-3:]),
        "ms",
    )
    blasted: list[float] = []
    url = stage.server.url(count=stage.size(60_000, 40_000))
    for _ in range(stage.rounds(3, 1)):
        with stage.app(stage.empty_store, url) as program:
            program.type("go")
            program.type("\r")
            began = time.time()
            while stage.server.ended() < began and len(blasted) < 2_000:
                blasted += echo_ms(program, 5, 0.01)
    raw = f"{len(blasted)} keys, p50 {median(blasted):.1f}, worst {max(blasted):.1f} ms"
    yield Row("P8", "key echo in a blast at full speed: p99", p99(blasted), 100, raw, "ms")


def _pauses(watched: Path, since: float) -> list[tuple[float, int]]:
    lines = [line.split() for line in watched.read_text().splitlines()] if watched.exists() else []
    return [(float(pause), int(number)) for at, pause, number in lines if float(at) > since]


def written(stage: Stage) -> Iterator[Row]:
    """P15: bytes that go to the disk for one reply, those of the search's index among them."""
    count = stage.size(20_000, 10_000)
    data = stage.store_of("written", [])
    with stage.app(data, stage.server.url(count=count, rate=10_000)) as program:
        before = program.written() - program.painted
        program.type("go")
        program.type("\r")
        program.wait_for(END)
        program.drain(INDEXED_S)
        total = program.written() - program.painted - before
    [path] = data.glob("conversations/*.json")
    document = path.stat().st_size
    reply = len(json.loads(path.read_text())["messages"][-1]["content"].encode())
    assert reply >= count * DELTA
    yield Row(
        "P15",
        "bytes written for a reply, less twice the document, / its size",
        (total - 2 * document) / reply,
        2.5,
        f"{total:,} bytes, document {document:,}, reply {reply:,}",
    )
