"""What the transcript costs: python -m tests.benchmarks.transcript [--quick]

CPU time of this process, in a headless app of 120x40 that holds nothing but the pane. A bar stands
behind its figure.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from functools import partial
from statistics import mean, median
from time import perf_counter, process_time

from textual import screen
from textual._context import active_app
from textual.app import App, ComposeResult
from textual.pilot import Pilot

from copilot_tui.conversation import Message, Role
from copilot_tui.tui import PAINTS_PER_SECOND
from copilot_tui.tui.transcript import Transcript
from copilot_tui.tui.transcript.markdown import warm_up
from tests.benchmarks import corpus

DELTA = 10
"""Characters of one delta; a model's token has about four."""

RATE = 1_000
"""Deltas a second."""

FRAME_RATE = 30
FRAME_DELTAS = RATE // FRAME_RATE
FRAMES = 24
"""So many are one look at a reply that grows."""

TURN = 6
"""So many frames of one size, and then as many of the other."""

SIZE = 200_000


class PaneApp(App[None]):
    """Nothing but the pane."""

    def __init__(self) -> None:
        super().__init__()
        # Read when a screen is made; the environment would change the baselines', too.
        screen.UPDATE_PERIOD = 1 / PAINTS_PER_SECOND  # type: ignore[misc]
        self.transcript = Transcript()

    def compose(self) -> ComposeResult:
        """The pane."""
        yield self.transcript


def report(name: str, value: float, unit: str, bar: str = "") -> None:
    """One line of the table."""
    print(f"{name:<52} {value:9.2f} {unit:<4} {bar}", flush=True)


async def cpu_ms(work: Callable[[], Awaitable[object]]) -> float:
    """CPU milliseconds of some work."""
    gc.collect()
    began = process_time()
    await work()
    return (process_time() - began) * 1000


async def opening(app: PaneApp, pilot: Pilot[None], count: int) -> float:
    """CPU of showing a conversation until it is painted."""
    messages = corpus.conversation(count)

    async def show() -> None:
        app.transcript.show(messages)
        await pilot.pause()

    return await cpu_ms(show)


async def paging(
    app: PaneApp, pilot: Pilot[None], messages: Sequence[Message], pages: int
) -> tuple[list[float], list[float]]:
    """CPU of pages upwards and of resizes."""
    app.transcript.show(messages)
    await pilot.pause()
    gc.collect()
    gc.freeze()  # as the app does it; to look at all messages empties the processor's cache

    async def page_up() -> None:
        app.transcript.action_page_up()
        await pilot.pause()

    async def resize() -> None:
        for width in (100, 120):  # which do not cost the same
            await pilot.resize_terminal(width, 40)
            await pilot.pause()

    ups = [await cpu_ms(page_up) for _ in range(pages)]
    return ups, [await cpu_ms(resize) / 2 for _ in range(pages // 2)]


async def pages_of(
    app: PaneApp, pilot: Pilot[None], counts: tuple[int, int], pages: int, rounds: int
) -> list[tuple[float, float]]:
    """Medians of both for the last so many messages of one conversation, in turns; of each page the
    least of all rounds, as in growth().
    """
    messages = corpus.conversation(max(counts))
    found: list[tuple[list[list[float]], list[list[float]]]] = [([], []) for _ in counts]
    for number in range(rounds):
        for place in (0, 1) if number % 2 else (1, 0):
            ups, resizes = await paging(app, pilot, messages[-counts[place] :], pages)
            found[place][0].append(ups)
            found[place][1].append(resizes)
    return [(median(least_of(ups)), median(least_of(resizes))) for ups, resizes in found]


def least_of(rounds: Sequence[Sequence[float]]) -> list[float]:
    """Of everything that was done in each round the least that it took."""
    return [min(one) for one in zip(*rounds, strict=True)]


def scene(kind: str, size: int, frames: int = FRAMES) -> tuple[str, str]:
    """A reply of at least so many characters, and how it goes on: in the same words at any size."""
    length = frames * FRAME_DELTAS * DELTA
    more = corpus.reply(kind, length + 1_000, seed=5)
    if not size:
        return "", more[:length]
    if kind in ("fence", "table"):  # which are open, and begin only once
        more = more.split("\n", 1 if kind == "fence" else 2)[-1]
    more = more[:length]
    joint = {"mixed": "\n\n", "paragraph": " "}.get(kind, "\n")
    return corpus.reply(kind, size) + joint, more


async def growing(
    pane: Transcript,
    before: str,
    more: str,
    frame: Callable[[], AbstractContextManager[object]],
) -> AsyncGenerator[None, None]:
    """Let a reply in a full screen grow by whole frames, each within a context of its own.

    A frame is what RATE deltas a second are to a terminal that is drawn FRAME_RATE times in one.
    The clock has no part in it, so that the same is done in every run.
    """
    above = Message(id="prompt", role=Role.USER, content="A long prompt.\n" * 40)
    message = Message(id="reply", role=Role.ASSISTANT, content=before)
    pane.show([above, message], live={"reply"})
    for _ in range(3):  # the first frames after a change of scene are not those of a stream
        await drawn(pane)
    gc.collect()
    gc.freeze()
    for number in range(len(more) // (FRAME_DELTAS * DELTA) * FRAME_DELTAS):
        if number % FRAME_DELTAS == 0:
            context = ExitStack()
            context.enter_context(frame())
        message.append(more[number * DELTA : (number + 1) * DELTA])
        is_last = number % FRAME_DELTAS == FRAME_DELTAS - 1
        pane.grow("reply", at_once=is_last)
        if is_last:
            await drawn(pane)
            context.close()
            yield


async def drawn(pane: Transcript) -> None:
    """Wait until all that has come is on the screen."""
    while pane.is_drawing_due:  # noqa: ASYNC110  the pane has no event for it
        await asyncio.sleep(0.001)
    painted = asyncio.Event()
    pane.call_after_refresh(painted.set)
    await painted.wait()


@contextmanager
def cpu_of(found: list[float]) -> Iterator[None]:
    """Put the CPU milliseconds of a block of code to those found."""
    began = process_time()
    yield
    found.append((process_time() - began) * 1000)


async def growth(
    apps: tuple[PaneApp, PaneApp], kind: str, sizes: tuple[int, int], rounds: int, frames: int
) -> list[float]:
    """CPU microseconds of a delta at both sizes, each in an app of its own.

    The two take turns every few frames, for a machine that others use as well is faster at one time
    than at another. Each round does the same, frame by frame: the least that a frame took is what
    it takes where no other process empties the processor's caches.
    """
    found: list[list[list[float]]] = [[], []]
    for number in range(rounds):
        costs: tuple[list[float], list[float]] = ([], [])
        replies = [
            growing(app.transcript, *scene(kind, size, frames), partial(cpu_of, cost))
            for app, size, cost in zip(apps, sizes, costs, strict=True)
        ]
        for turn in range(0, frames, TURN):
            for place in (0, 1) if (number + turn // TURN) % 2 else (1, 0):
                with active(apps[place]):
                    for _ in range(TURN):
                        await anext(replies[place])
        for place, cost in enumerate(costs):
            await replies[place].aclose()
            found[place].append(cost)
    return [mean(least_of(each)) * 1000 / FRAME_DELTAS for each in found]


@contextmanager
def active(app: PaneApp) -> Iterator[None]:
    """Of several apps in one loop, this is the one that widgets find."""
    token = active_app.set(app)
    try:
        yield
    finally:
        active_app.reset(token)


async def stall_ms(app: PaneApp, act: Callable[[], object], least_s: float = 0.2) -> float:
    """The longest time for which nobody else has the loop, from an act until all is drawn."""
    last = perf_counter()
    longest, until = 0.0, last + least_s
    act()
    while last < until or app.transcript.is_drawing_due:
        await asyncio.sleep(0.001)
        now = perf_counter()
        longest, last = max(longest, now - last), now
    return longest * 1000


async def blast(app: PaneApp, pilot: Pilot[None], deltas: int) -> float:
    """CPU of a reply at full speed."""
    text = corpus.reply("mixed", deltas * DELTA)
    message = Message(id="reply", role=Role.ASSISTANT)
    app.transcript.show([message], live={"reply"})
    await pilot.pause()

    async def work() -> None:
        for number in range(deltas):
            message.append(text[number * DELTA : (number + 1) * DELTA])
            app.transcript.grow("reply")
            if number % 40 == 0:
                await asyncio.sleep(0)
        app.transcript.finish("reply")
        await pilot.pause()

    return await cpu_ms(work)


async def run(quick: bool) -> None:
    """Measure everything and print it."""
    pages = 10 if quick else 20
    warm_up()
    app = PaneApp()
    async with app.run_test(size=(120, 40)) as pilot:
        await opening(app, pilot, 20)
        small, large = await opening(app, pilot, 20), await opening(app, pilot, 10_000)
        report("open 20 messages", small, "ms")
        report("open 10,000 messages", large, "ms")
        few, many = await pages_of(app, pilot, (100, 10_000), pages, 3)
        (up_100, resize_100), (up, resize) = few, many
        report("page up in 10,000 messages", up, "ms", "P9: <= 15")
        report("  against 100 messages", up / up_100, "x", "P9: <= 1.1")
        report("resize, 10,000 messages", resize, "ms", "P9: <= 30")
        report("  against 100 messages", resize / resize_100, "x", "P9: <= 1.1")
        report("20,000 deltas at full speed", await blast(app, pilot, 20_000), "ms")
        other = PaneApp()
        async with other.run_test(size=(120, 40)):
            for kind in corpus.KINDS:
                rounds = 3 if quick else 7
                low, high = await growth((app, other), kind, (0, SIZE), rounds, 2 * FRAMES)
                report(f"a delta at {SIZE // 1000} kB, {kind}", high, "us")
                report("  against one at 0 bytes", high / low, "x", "P6: <= 1.1")


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="shorter, less exact")
    asyncio.run(run(parser.parse_args().quick))


if __name__ == "__main__":
    main()
