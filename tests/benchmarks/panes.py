"""Long conversations, the sidebar, the prompt and the disk: P3, P6, P9, P10, P11, P15."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Iterator
from statistics import median
from typing import Final

from copilot_tui.tui.transcript.growing import PULSE_S
from copilot_tui.tui.transcript.markdown import warm_up
from tests.benchmarks import corpus, transcript
from tests.benchmarks.deltas import END
from tests.benchmarks.program import APP, Program, running
from tests.benchmarks.stage import Row, Stage, conversation_of, ms, ratio
from tests.benchmarks.streams import KEYS, echo_ms

INPUT: Final = """
from textual.app import App
from textual.widgets import Input
class Bare(App):
    def compose(self):
        yield Input()
Bare().run()
"""

PASTED: Final = 100_000
START_S: Final = 3.5
"""After its first frame the app has done all that belongs to the start."""
TICKS_A_SECOND: Final = 2 / PULSE_S
"""Of the mark in the list, and of the one over the reply."""


def opening(stage: Stage) -> Iterator[Row]:
    """P3: a start on a conversation, to its last word. Both end in the same words, for what those
    import (a language's lexer) has nothing to do with what stands before them.
    """
    count = stage.size(10_000, 10_000)
    shown = corpus.conversation(count)
    shown[-1].content += f"\n\n{END}"
    stores = {
        "short": stage.store_of("short", [conversation_of(shown[-2:])]),
        "long": stage.store_of("long", [conversation_of(shown)]),
    }
    cpu: dict[str, list[float]] = {name: [] for name in stores}
    rss: dict[str, list[float]] = {name: [] for name in stores}
    for _ in range(stage.rounds(9, 7)):
        for name, data in stores.items():
            with running([*APP, "--continue"], stage.environ(data)) as program:
                program.wait_for(END)
                cpu[name].append(program.cpu_ms())
                if len(rss[name]) < 3:  # which scatters less, and has to be waited for
                    program.settle()
                    rss[name].append(program.rss_mb())
    yield Row(
        "P3",
        f"start on a conversation of {count:,} messages / of 2",
        ratio(cpu["long"], cpu["short"]),
        1.25,
        f"CPU {ms(cpu['long'])} / {ms(cpu['short'])}",
    )
    more = median(rss["long"]) - median(rss["short"])
    raw = f"{median(rss['long']):.0f} MB / {median(rss['short']):.0f} MB"
    yield Row("P3", "  and its memory", more, 15, raw, "MB")


async def pane(stage: Stage) -> list[Row]:
    """P6 and P9, in a headless app that holds nothing but the transcript."""
    rows = []
    pages, rounds = stage.rounds(20, 8), stage.rounds(4, 3)
    many = stage.size(10_000, 10_000)
    warm_up()
    app = transcript.PaneApp()
    async with app.run_test(size=(120, 40)) as pilot:
        found = await transcript.pages_of(app, pilot, (100, many), pages, rounds)
        (up_100, resize_100), (up, resize) = found
        of = f"in {many:,} messages"
        rows.append(Row("P9", f"page up {of}", up, 15, f"CPU, {rounds * pages} pages", "ms"))
        rows.append(Row("P9", "  / in 100 messages", up / up_100, 1.1, f"{up:.1f} / {up_100:.1f}"))
        rows.append(Row("P9", f"resize {of}", resize, 30, "CPU", "ms"))
        raw = f"{resize:.1f} / {resize_100:.1f} ms"
        rows.append(Row("P9", "  / with 100 messages", resize / resize_100, 1.1, raw))
        other = transcript.PaneApp()
        async with other.run_test(size=(120, 40)):
            for kind in corpus.KINDS:
                rows.append(await _growing(stage, (app, other), kind))
    return rows


async def _growing(
    stage: Stage, apps: tuple[transcript.PaneApp, transcript.PaneApp], kind: str
) -> Row:
    sizes = (0, stage.size(transcript.SIZE, transcript.SIZE))
    rounds = stage.rounds(7, 3)
    frames = stage.size(3, 1) * transcript.FRAMES
    low, high = await transcript.growth(apps, kind, sizes, rounds, frames)
    raw = f"CPU {high:.0f} / {low:.0f} µs"
    return Row("P6", f"a delta at 200 kB / at 0, {kind}", high / low, 1.1, raw)


def key_ms(program: Program, text: str) -> list[float]:
    """CPU of each of these keys, typed one after the other."""
    found = []
    for key in text:
        before = program.cpu_ms()
        program.type(key)
        program.drain(0.12)
        found.append(program.cpu_ms() - before)
    return found


def sidebar(stage: Stage) -> Iterator[Row]:
    """P10: narrowing the list, and the marks that turn."""
    words = "harbourcrates"
    with running([sys.executable, "-c", INPUT]) as program:
        program.settle()
        bare = key_ms(program, words)
    with stage.app(stage.large_store) as program:
        program.type("\t")
        program.drain(0.2)
        program.type("/")
        program.wait_for("/")
        program.drain(0.3)
        ours = key_ms(program, words)
    yield Row(
        "P10",
        "a key that narrows 10,000 conversations / one in a bare Input",
        median(ours) / median(bare),
        3,
        f"CPU {ms(ours)} / {ms(bare)}",
    )
    seconds = stage.size(6, 2)
    with stage.app(stage.empty_store, stage.server.url(count=60, rate=0.1)) as program:
        program.drain(START_S)
        idle = program.cpu_ms()
        program.drain(seconds)
        idle = program.cpu_ms() - idle
        program.type("go")
        program.drain(0.2)
        program.type("\r")
        program.drain(1.5)
        before = program.cpu_ms()
        painted = program.drain(seconds)
        ticks = seconds * TICKS_A_SECOND
        each = (program.cpu_ms() - before - idle) / ticks
    raw = f"{ticks:.0f} ticks of list and reply, and the seconds of the status line"
    yield Row("P10", "a tick of the marks that turn", each, 1.5, raw, "ms")
    yield Row("P10", "  and its bytes", painted / ticks, 250, f"{painted:,} bytes", "B")


def pasting(stage: Stage) -> Iterator[Row]:
    """P11: a large paste, and the key after it."""
    line = corpus.reply("paragraph", 78).replace("\n", " ")[:78]
    text = "\r".join([line] * (PASTED // 79)) + "\r" + END
    pasted, after, idle = [], [], []
    for _ in range(stage.rounds(5, 1)):
        with stage.app(stage.empty_store) as program:
            idle += key_ms(program, KEYS[:8])
            program.type("\x15")
            program.drain(0.2)
            before = program.cpu_ms()
            _paste(program, text)
            program.wait_for(END)
            pasted.append(program.cpu_ms() - before)
            program.settle(1.0)
            after += key_ms(program, KEYS[:8])
    yield Row("P11", "100 kB pasted", median(pasted), 150, f"CPU {ms(pasted)}", "ms")
    raw = f"CPU {ms(after)} / {ms(idle)}"
    yield Row(
        "P11", "  the key after it / into an empty prompt", median(after) / median(idle), 1.2, raw
    )


def _paste(program: Program, text: str) -> None:
    """In pieces, since a terminal takes only so much at once."""
    data = f"\x1b[200~{text}\x1b[201~".encode()
    for at in range(0, len(data), 2_048):
        program.type(data[at : at + 2_048])
        program.drain(0.0005)


def saving(stage: Stage) -> Iterator[Row]:
    """P15: a turn in a conversation of 10 MB, and the keys meanwhile."""
    shown = corpus.conversation(stage.size(10_000, 10_000))
    for message in shown:
        message.content += message.content[:300]
    shown[-1].content += f"\n\n{END}"
    data = stage.store_of("huge", [conversation_of(shown)])
    [path] = data.glob("conversations/*.json")
    url = stage.server.url(count=300, rate=1_000)
    with running([*APP, "--continue"], stage.environ(data, url)) as program:
        program.wait_for(END)
        program.settle()
        idle = echo_ms(program, stage.size(120, 60))
        program.type("go")
        program.drain(0.2)
        program.type("\r")
        busy = echo_ms(program, stage.size(120, 60))
    late = max(busy) - median(idle)
    raw = f"{path.stat().st_size / 1e6:.1f} MB; idle p50 {median(idle):.1f}, "
    raw += f"busy p50 {median(busy):.1f}, worst {max(busy):.1f} ms"
    yield Row("P15", "the latest key while a turn is saved in 10 MB", late, 20, raw, "ms")


def measure_pane(stage: Stage) -> Iterator[Row]:
    """P6 and P9."""
    yield from asyncio.run(pane(stage))
