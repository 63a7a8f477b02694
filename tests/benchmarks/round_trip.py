"""A store of 100,000 messages through the commands: searched, shown, exported, imported again.

    python -m tests.benchmarks --only TRIP

Each is a process of its own, from exec to its end. What comes back must be the same documents.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from tests.benchmarks import search
from tests.benchmarks.program import APP
from tests.benchmarks.stage import Row, Stage

WATCH: Final = """
import resource, subprocess, sys, time
began = time.perf_counter()
subprocess.run(sys.argv[1:], check=True, stdout=subprocess.DEVNULL)
took_s = time.perf_counter() - began
print(took_s, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
"""
"""A small process between: the memory of whoever starts another counts as that one's, too."""


def measure(stage: Stage) -> Iterator[Row]:
    """Seconds and the most memory of each command, and how many documents differ at the end."""
    data, other, out = (stage.folder / "trip" / name for name in ("data", "other", "out"))
    texts = search.fill(data, stage.size(search.MESSAGES, 20_000))
    for folder in (data, data / "conversations"):
        folder.chmod(0o700)
    of = f"of {len(texts):,} messages"
    for what, command in (
        (f"search {of}, the first time", ("search", search.RARE)),
        ("  and again", ("search", search.RARE)),
        ("show last", ("show", "last")),
        (f"export --all --format json {of}", ("export", "--all", "--format=json", "-o", str(out))),
        ("import of it into an empty store", ("import", str(out), "--data-dir", str(other))),
        ("  and again", ("import", str(out), "--data-dir", str(other))),
    ):
        seconds, megabytes = _ran(command, stage.environ(data))
        yield Row("TRIP", what, seconds, None, f"at most {megabytes:.0f} MB", "s")
    before, after = _documents(data), _documents(other)
    names = {*before, *after}
    different = sum(before.get(name) != after.get(name) for name in names)
    yield Row("TRIP", "documents that differ then", different, 0, f"of {len(names):,}", "")


def _ran(command: tuple[str, ...], environ: dict[str, str]) -> tuple[float, float]:
    ran = subprocess.run(
        [sys.executable, "-c", WATCH, *APP, *command],
        env={**os.environ, **environ},
        check=True,
        capture_output=True,
        text=True,
    )
    seconds, kilobytes = ran.stdout.split()
    return float(seconds), int(kilobytes) / 1024


def _documents(data: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in data.glob("conversations/*.json")}
