"""How long the shell's commands take to say their first word: P14.

    python -m tests.benchmarks.shell [rounds]

Each line is a median of interleaved rounds, in milliseconds of wall time, from exec to the first
byte on stdout; and its ratio to the baseline of the same run.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Collection, Iterator
from pathlib import Path

from tests.benchmarks.stage import Row, Stage, ms
from tests.server import DONE, Server, chunk, finish, serving

BARE_SYNC = """
import httpx, json
body = {"model": "", "stream": True, "messages": [{"role": "user", "content": "hi"}]}
with httpx.stream("POST", URL, json=body) as response:
    for line in response.iter_lines():
        if line.startswith("data: {"):
            delta = json.loads(line[6:])["choices"][0]["delta"]
            print(delta.get("content") or "", end="", flush=True)
"""

BARE_ASYNC = """
import asyncio, httpx, json
body = {"model": "", "stream": True, "messages": [{"role": "user", "content": "hi"}]}
async def main():
    async with httpx.AsyncClient() as client, client.stream("POST", URL, json=body) as response:
        async for line in response.aiter_lines():
            if line.startswith("data: {"):
                delta = json.loads(line[6:])["choices"][0]["delta"]
                print(delta.get("content") or "", end="", flush=True)
asyncio.run(main())
"""

WITHOUT_CLICK = "\nimport sys; sys.modules['httpx._main'] = None\n"
"""httpx as it is where click is not installed: it then leaves its own command line out."""


def first_byte_ms(command: list[str], environ: dict[str, str]) -> float:
    """Milliseconds from exec to the first byte on stdout (or its end)."""
    started = time.perf_counter()
    with subprocess.Popen(
        command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, env=environ
    ) as process:
        assert process.stdout is not None
        os.read(process.stdout.fileno(), 1)
        elapsed = time.perf_counter() - started
        process.stdout.read()
    assert process.returncode == 0, command
    return elapsed * 1000


def commands(server: Server) -> dict[str, tuple[str, list[str]]]:
    """Name → the baseline's name, and the command."""
    url = f"{server.url}/v1"
    python, address = sys.executable, f"URL = {url + '/chat/completions'!r}"
    program = [python, "-m", "copilot_tui"]
    ask = [*program, "ask", "hi", "--base-url", url]
    return {
        "python -c pass": ("python -c pass", [python, "-c", "pass"]),
        "--version": ("python -c pass", [*program, "--version"]),
        "bare httpx, async": ("bare httpx, async", [python, "-c", address + BARE_ASYNC]),
        "bare httpx, sync": ("bare httpx, async", [python, "-c", address + BARE_SYNC]),
        "ask": ("bare httpx, async", ask),
        "ask --private": ("bare httpx, async", [*ask, "--private"]),
        "async, no click": (
            "async, no click",
            [python, "-c", address + WITHOUT_CLICK + BARE_ASYNC],
        ),
        "sync, no click": ("async, no click", [python, "-c", address + WITHOUT_CLICK + BARE_SYNC]),
        "ask, no click": ("async, no click", ask),
    }


BARS: dict[str, float] = {"--version": 1.5, "ask": 1.15}


def found_ms(
    rounds: int, names: Collection[str] = ()
) -> tuple[dict[str, list[float]], dict[str, str]]:
    """Milliseconds by name, and the name of each one's baseline. `names`: of these alone."""
    with serving() as server, tempfile.TemporaryDirectory() as folder:
        server.stream(chunk("Hello"), finish(), DONE, repeat=True)
        environ = {**os.environ, "COPILOT_TUI_DATA_DIR": str(Path(folder, "data"))}
        table = commands(server)
        wanted = {*names, *(table[name][0] for name in names)} or table.keys()
        table = {name: each for name, each in table.items() if name in wanted}
        found: dict[str, list[float]] = {name: [] for name in table}
        for _ in range(rounds):
            for name, (_, command) in table.items():
                found[name].append(first_byte_ms(command, environ))
    return found, {name: baseline for name, (baseline, _) in table.items()}


def measure(stage: Stage) -> Iterator[Row]:
    """P14."""
    found, baselines = found_ms(stage.rounds(15, 7), BARS)
    for name, limit in BARS.items():
        own, base = found[name], found[baselines[name]]
        yield Row(
            "P14",
            f"{name}: exec to the first byte / {baselines[name]}",
            statistics.median(own) / statistics.median(base),
            limit,
            f"wall {ms(own)} / {ms(base)}",
        )


def main(rounds: int = 15) -> None:
    """Measure and print all of them."""
    found, baselines = found_ms(rounds)
    medians = {name: statistics.median(times) for name, times in found.items()}
    for name, baseline in baselines.items():
        ratio = medians[name] / medians[baseline]
        print(f"{name:<20} {medians[name]:7.1f} ms   {ratio:.2f}x of {baseline}")


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
