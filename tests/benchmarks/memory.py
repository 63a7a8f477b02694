"""What stays in memory after a long day: P13's turns, 20 MB of text, fifty long conversations."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from typing import Final

from tests.benchmarks import corpus
from tests.benchmarks.deltas import END
from tests.benchmarks.program import APP, Program, running
from tests.benchmarks.stage import READY, Row, Stage, conversation_of

TURNS_EACH: Final = 100
"""Turns in one conversation, before the next is begun."""

NEXT: Final = "\x1b[6;5~"
"""Ctrl+PageDown: the next conversation."""


def _turn(program: Program) -> None:
    """Send a prompt and read the reply; tried again while the one before is being saved."""
    program.type("q")
    for _ in range(40):
        program.type("\r")
        with suppress(TimeoutError):
            program.wait_for(END, 1.0)
            return
    raise TimeoutError("no turn is answered any more")


def turns(stage: Stage) -> Iterator[Row]:
    """P13: many short turns."""
    count = stage.size(2_000, 60)
    data = stage.store_of("turns", [])
    with stage.app(data, stage.server.url(count=40)) as program:
        for _ in range(5):  # what the first turns import is not what turns leave
            _turn(program)
        program.settle()
        before = program.rss_mb()
        for number in range(count):
            if number % TURNS_EACH == 0:
                program.drain(0.3)
                program.type("\x0e")
                program.drain(0.3)
            _turn(program)
        program.settle()
        after = program.rss_mb()
    raw = f"{before:.0f} → {after:.0f} MB, {count} turns of 400 characters"
    yield Row("P13", f"memory after {count:,} turns", after - before, 30, raw, "MB")


def streamed(stage: Stage) -> Iterator[Row]:
    """Long replies, one after the other."""
    size = stage.size(4_000_000, 1_000_000)
    data = stage.store_of("streamed", [])
    with stage.app(data, stage.server.url(start=size)) as program:
        before = program.rss_mb()
        figures = []
        for _ in range(stage.rounds(5, 2)):
            program.type("\x0e")
            program.drain(0.5)
            _turn(program)
            program.settle(1.0)
            figures.append(program.rss_mb())
    total = size * len(figures) / 1e6
    raw = " → ".join(f"{each:.0f}" for each in (before, *figures)) + " MB"
    yield Row("Mem", f"memory after {total:g} MB streamed", figures[-1] - before, None, raw, "MB")


def opened(stage: Stage) -> Iterator[Row]:
    """Long conversations, opened one after the other."""
    count = stage.size(50, 8)
    shown = corpus.conversation(stage.size(1_000, 1_000))
    shown[-1].content += f"\n\n{END}"
    data = stage.store_of("many", [conversation_of(shown, number) for number in range(count)])
    megabytes = sum(path.stat().st_size for path in data.glob("conversations/*.json")) / 1e6
    with running([*APP], stage.environ(data)) as program:
        program.wait_for(READY)
        program.settle(1.0)
        figures = [program.rss_mb()]
        for number in range(count):
            program.type(NEXT)
            program.wait_for(END)
            if number in (0, count // 2, count - 1):
                program.settle(1.0)
                figures.append(program.rss_mb())
            else:
                program.drain(0.05)
    raw = " → ".join(f"{each:.0f}" for each in figures) + " MB: none, one, half, all"
    raw += f"; {megabytes:.0f} MB of documents"
    more = figures[-1] - figures[1]
    yield Row("Mem", f"memory after {count} conversations of 1,000", more, None, raw, "MB")
