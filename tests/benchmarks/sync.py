"""What other programs do to the store while the app is open: thousands of files at once, one turn.

A sync tool brings its files as they do: each is made under another name and then renamed.
"""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from statistics import median
from typing import Final

from copilot_tui import document
from copilot_tui.conversation import Status
from copilot_tui.replies import new_turn, settle
from copilot_tui.store import Store
from tests.benchmarks import corpus
from tests.benchmarks.program import PATIENCE_S, Program
from tests.benchmarks.stage import NOW, Row, Stage, conversation_of, many_conversations, ms
from tests.benchmarks.streams import echo_ms

MARK: Final = "ЩЩЩ"
"""A word that is nowhere else, not even among the keys."""

COPY: Final = """
import os, sys
source, target = sys.argv[1:]
for name in sorted(os.listdir(source)):
    beside = os.path.join(target, f".syncthing.{name}.tmp")
    os.link(os.path.join(source, name), beside)
    os.rename(beside, os.path.join(target, name))
"""

SHOWN_NUMBER: Final = 1_000_000
"""Of the conversation that is shown; those that arrive are counted from 0 on."""


def measure(stage: Stage) -> Iterator[Row]:
    """Keys and delays, with the store of 10,000 that has arrived by then."""
    shown = conversation_of(corpus.conversation(4), SHOWN_NUMBER, NOW + timedelta(days=1))
    data = stage.store_of("synced", [shown])
    arriving = _arriving(stage)
    count = len(list(arriving.iterdir()))
    with stage.app(data, "", "--continue") as program:
        idle = echo_ms(program, stage.size(120, 60))
        yield from _arrived(stage, program, data, arriving, idle)
        _all_are_listed(program, count + 1)
        yield from _one_changed(stage, program, data, shown.id, idle)


def _arriving(stage: Stage) -> Path:
    """A folder with what a sync tool brings; the last of it, by name, has a title of its own."""
    folder = stage.folder / "arriving"
    folder.mkdir()
    made = many_conversations(stage.size(10_000, 10_000))
    last = max(made, key=lambda each: each.id)
    last.title, last.pinned = MARK, True
    for each in made:
        (folder / f"{each.id}.json").write_bytes(document.dumps(each))
    return folder


def _arrived(
    stage: Stage, program: Program, data: Path, arriving: Path, idle: list[float]
) -> Iterator[Row]:
    busy: list[float] = []
    copied_s = None
    program.look_out_for(MARK)
    began = time.perf_counter()
    command = [sys.executable, "-c", COPY, str(arriving), str(data / "conversations")]
    with subprocess.Popen(command) as copying:
        while program.seen_at is None and time.perf_counter() - began < PATIENCE_S:
            busy += echo_ms(program, 5)
            if copied_s is None and copying.poll() is not None:
                copied_s = time.perf_counter() - began
    if program.seen_at is None:
        raise TimeoutError(f"{MARK} is not in the list")
    busy += echo_ms(program, stage.size(60, 30))
    raw = f"idle p50 {median(idle):.1f}, busy p50 {median(busy):.1f}, worst {max(busy):.1f} ms; "
    raw += f"{len(busy)} keys"
    late = max(busy) - median(idle)
    yield Row("SYNC", "the latest key while 10,000 conversations arrive", late, 20, raw, "ms")
    raw = f"copied within {copied_s:.1f} s" if copied_s is not None else ""
    yield Row("SYNC", "  and until all are in the list", program.seen_at - began, None, raw, "s")


def _all_are_listed(program: Program, count: int) -> None:
    """Read how many there are from the line that narrows the list."""
    program.type("\t")
    program.drain(0.2)
    program.type("/")
    program.wait_for(f"/▏ {count}")
    program.type("\x1b")
    program.drain(0.3)
    program.type("\x1b")
    program.drain(0.3)


def _one_changed(
    stage: Stage, program: Program, data: Path, id_: str, idle: list[float]
) -> Iterator[Row]:
    store = Store(data, stage.folder / "cache-of-the-other")
    turns, parts, busy = [], [], []
    for number in range(stage.rounds(6, 3)):
        turn = new_turn(store.load(id_), f"{MARK} asks {number}", backend_name="demo")
        turn.reply.content, turn.reply.status = f"{MARK} answers {number}", Status.COMPLETE
        store.save(turn.conversation)
        saved = time.perf_counter()
        turns.append(program.wait_for(turn.reply.content) - saved)
        busy += echo_ms(program, 20)
        parts += _streamed(store, program, id_, f"{MARK} streams {number}")
        busy += echo_ms(program, 20)
    store.close()
    raw = f"{ms([1000 * each for each in turns])}"
    yield Row("SYNC", "a turn that another process saves is shown", max(turns), 2, raw, "s")
    raw = f"{ms([1000 * each for each in parts])}"
    yield Row("SYNC", "the text of a reply that it streams is shown", max(parts), 2, raw, "s")
    raw = f"idle p50 {median(idle):.1f}, busy p50 {median(busy):.1f}, worst {max(busy):.1f} ms"
    late = max(busy) - median(idle)
    yield Row("SYNC", "  and the latest key meanwhile, 10,000 stored", late, 20, raw, "ms")


def _streamed(store: Store, program: Program, id_: str, text: str) -> list[float]:
    """A reply as `ask` writes it, in three parts; after how many seconds each of them is shown."""
    turn = new_turn(store.load(id_), "again", backend_name="demo")
    store.save(turn.conversation)
    journal = store.open_journal(turn.conversation, turn.reply)
    found = []
    for part in "abc":
        turn.reply.append(f"{text}{part}\n\n")
        journal.append(f"{text}{part}\n\n")
        journal.flush()
        written = time.perf_counter()
        found.append(program.wait_for(f"{text}{part}") - written)
    turn.reply.status, turn.journal = Status.COMPLETE, journal
    settle(turn, store)
    return found
