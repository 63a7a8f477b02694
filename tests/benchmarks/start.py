"""The start and the end: P1, P2, P11's type-ahead, P16, and quitting."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from statistics import median
from typing import Final, NamedTuple

from tests.benchmarks.program import APP, running
from tests.benchmarks.stage import READY, Row, Stage, ms, ratio

HELLO: Final = """
from textual.app import App
from textual.widgets import Static
class Hello(App):
    def compose(self):
        yield Static("Hello, world")
    def on_key(self, event):
        self.query_one(Static).update(event.character or "")
Hello().run()
"""
"""The least that Textual can be asked for, and a key that is seen."""

KEY: Final = "ж"

PROMPT: Final = "sk anything\x1b[0m"
"""The prompt's own words, less the first letter, where the caret is: the first frame's last line
but one.
"""


class Start(NamedTuple):
    """One start, in milliseconds."""

    cpu: float
    """From exec to an echoed key, typed when the app itself has painted."""
    first: float
    """Wall time from exec until layout and prompt are on the screen."""
    own: float
    """Wall time from exec until the app itself has painted them."""


def start_ms(command: list[str], environ: dict[str, str], shown: list[str]) -> Start:
    """Start it; `shown` is what tells the first frame, and then the app's own."""
    with running(command, environ) as program:
        moments = [program.wait_for(each) - program.started for each in shown]
        program.type(KEY)
        program.wait_for(KEY)
        program.kill()
        return Start(program.cpu_ms(), moments[0] * 1000, moments[-1] * 1000)


def pass_ms() -> float:
    """Wall time of `python -c pass`."""
    with running([sys.executable, "-c", "pass"]) as program:
        program.wait()
        return (time.perf_counter() - program.started) * 1000


def quit_ms(stage: Stage) -> float:
    """Wall time from Ctrl+Q to the end of the process."""
    with stage.app(stage.large_store) as program:
        program.type("\x11")
        began = time.perf_counter()
        program.wait()
        return (time.perf_counter() - began) * 1000


def type_ahead(stage: Stage) -> tuple[int, int]:
    """Keys typed from exec on, and how many of them the prompt has in the end."""
    keys = "абвгдеёзийклмнопрстуфхцчшщъыьэюя"
    with running(APP, stage.environ(stage.large_store)) as program:
        for key in keys:
            program.type(key)
            program.drain(0.012)
        program.settle()
        program.resize(100, 40)  # all is painted again, the prompt in one piece
        written = b""
        until = time.perf_counter() + 1.0
        while time.perf_counter() < until:
            written += program.read(0.1)
        text = written.decode("utf-8", "replace")
        kept = max((n for n in range(len(keys) + 1) if keys[:n] in text), default=0)
    return len(keys), kept


def measure(stage: Stage) -> Iterator[Row]:
    """The rows of the start."""
    found: dict[str, list[Start]] = {"hello": [], "empty": [], "large": []}
    bare: list[float] = []
    commands = {
        "hello": ([sys.executable, "-c", HELLO], {}, ["Hello, world"]),
        "empty": ([*APP], stage.environ(stage.empty_store), [PROMPT, READY]),
        "large": ([*APP], stage.environ(stage.large_store), [PROMPT, READY]),
    }
    for _ in range(stage.rounds(21, 9)):
        for name, each in commands.items():
            found[name].append(start_ms(*each))
        bare.append(pass_ms())
    cpu = {name: [each.cpu for each in times] for name, times in found.items()}
    first = [each.first for each in found["large"]]
    own = [each.own for each in found["large"]]
    yield Row(
        "P1",
        "start to an echoed key, 10,000 stored / hello-world Textual",
        ratio(cpu["large"], cpu["hello"]),
        1.20,
        f"CPU {ms(cpu['large'])} / {ms(cpu['hello'])}",
    )
    yield Row(
        "P2",
        "start, 10,000 stored / empty store",
        ratio(cpu["large"], cpu["empty"]),
        1.05,
        f"CPU {ms(cpu['large'])} / {ms(cpu['empty'])}",
    )
    yield Row(
        "P16",
        "exec to the first frame / python -c pass",
        ratio(first, bare),
        3.0,
        f"wall {ms(first)} / {ms(bare)}; the app's own {ms(own)}, "
        f"hello-world {ms([each.own for each in found['hello']])}",
    )
    typed, kept = type_ahead(stage)
    yield Row(
        "P11",
        "keys kept of those typed from exec on",
        kept / typed,
        1,
        f"{kept}/{typed}",
        at_least=True,
    )
    rounds = [quit_ms(stage) for _ in range(stage.rounds(11, 3))]
    yield Row("Quit", "Ctrl+Q to the end of the process", median(rounds), 100, ms(rounds), "ms")
