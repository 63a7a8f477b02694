"""Replies that no model should write: the app stays awake, and the store keeps their exact text."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from statistics import median
from typing import Final

from copilot_tui.conversation import Message, Role
from copilot_tui.tui.transcript.markdown import warm_up
from tests.benchmarks import corpus, transcript
from tests.benchmarks.deltas import END
from tests.benchmarks.stage import Row, Stage, as_the_app, ms
from tests.benchmarks.streams import LONG, echo_ms

CONTROLS: Final = "".join(map(chr, (*range(1, 32), *range(127, 160), *range(0x202A, 0x202F))))

TEXTS: Final[dict[str, Callable[[], str]]] = {
    "line": lambda: "x" * 5_000_000,
    "rows": lambda: "| a | b |\n|---|---|\n" + "| one | two |\n" * 5_000,
    "quotes": lambda: "> " * 10_000 + "deep",
    "unclosed": lambda: corpus.reply("fence", 1_000_000),
    "controls": lambda: CONTROLS * 200,
}
"""Kind → its text; see `deltas`, which also knows "empty", deltas without any."""

NAMES: Final = {
    "line": "a line of 5 MB",
    "rows": "a table of 5,000 rows",
    "quotes": "10,000 nested quotes",
    "unclosed": "an unclosed fence of 1 MB",
    "controls": "control characters",
    "empty": "100,000 empty deltas",
}

WHOLE_S: Final = 40.0
"""So long a reply may take until it is saved."""


def measure(stage: Stage) -> Iterator[Row]:
    """The latest key while each of them arrives."""
    for kind, name in NAMES.items():
        text = TEXTS[kind]() if kind in TEXTS else ""
        count = 100_000 if kind == "empty" else 0
        data = stage.store_of(f"bad-{kind}", [])
        url = stage.server.url(kind, start=len(text), count=count)
        with stage.app(data, url) as program:
            program.settle(1.0)
            program.type("go")
            program.drain(0.2)
            program.type("\r")
            keys = echo_ms(program, stage.size(120, 60), 0.015)
            took = _whole_s(data, text + END)
        whole = f"exact on disk {took:.1f} s later" if took is not None else "NOT on disk"
        yield Row("Bad", f"the latest key in {name}", max(keys), 100, f"{ms(keys)}; {whole}", "ms")


def shown(stage: Stage) -> Iterator[Row]:
    """How long the loop stands still when a long reply is shown, and when its width changes."""
    yield from asyncio.run(_shown(stage))


async def _shown(stage: Stage) -> list[Row]:
    rows = []
    warm_up()
    app = transcript.PaneApp()
    pane = app.transcript
    async with app.run_test(size=(120, 40)):
        as_the_app()
        for kind in corpus.KINDS:
            message = Message(id="reply", role=Role.ASSISTANT, content=corpus.reply(kind, LONG))
            stored, live, resized = [], [], []
            for _ in range(stage.rounds(5, 3)):
                show_live = partial(pane.show, [message], live=["reply"])
                live.append(await transcript.stall_ms(app, show_live))
                stored.append(await transcript.stall_ms(app, partial(pane.show, [message])))
                for _ in range(2):
                    resized.append(await transcript.stall_ms(app, pane.toggle_code_wrap))
            worst = max(map(median, (stored, live, resized)))
            raw = f"stored {ms(stored)}; live {ms(live)}; drawn anew {ms(resized)}"
            what = f"the loop stands still to show a {kind} of 200 kB"
            rows.append(Row("Bad", what, worst, 100, raw, "ms"))
    return rows


def _whole_s(data: Path, text: str) -> float | None:
    """Seconds until the reply is saved with exactly this text; None: it never is."""
    began = time.monotonic()
    while time.monotonic() - began < WHOLE_S:
        for path in data.glob("conversations/*.json"):
            if json.loads(path.read_bytes())["messages"][-1]["content"] == text:
                return time.monotonic() - began
        time.sleep(0.1)
    return None
