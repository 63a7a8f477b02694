from __future__ import annotations

import sys
import tracemalloc
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from types import FrameType

import markdown_it
import pytest

from copilot_tui.pieces import Pieces
from copilot_tui.tui.palette import Palette
from copilot_tui.tui.themes import DARK
from copilot_tui.tui.transcript import markdown, wrap
from copilot_tui.tui.transcript.blocks import Blocks
from copilot_tui.tui.transcript.lines import Frame
from copilot_tui.tui.transcript.streamer import Streamer
from tests.benchmarks import corpus
from tests.benchmarks.transcript import FRAMES, growing, scene
from tests.tui.test_transcript import TranscriptApp

LONG = 200_000
MEDIUM = 40_000
"""From here on columns have their widths, and paragraphs are drawn piece by piece."""

WATCHED = tuple(str(Path(str(each.__file__)).parent) for each in (markdown, markdown_it))
CALLS = {
    Frame.paint.__code__: "lines painted",
    wrap.wrap.__code__: "texts wrapped",
    vars(Pieces)["text"].fget.__code__: "whole texts copied",
}
READ = {
    markdown.parse_blocks.__code__: "source",
    markdown.parse_inline.__code__: "content",
    markdown.closed_inline.__code__: "content",
}
"""What reads text, and the name of the text there."""


class Work:
    """What is done for a reply, in counts that are the same in every run."""

    def __init__(self) -> None:
        self.done: Counter[str] = Counter()

    @contextmanager
    def counted(self) -> Iterator[None]:
        sys.setprofile(self._see)
        try:
            yield
        finally:
            sys.setprofile(None)

    def _see(self, frame: FrameType, event: str, _argument: object) -> None:
        code = frame.f_code
        if event != "call":
            return
        if code in CALLS:
            self.done[CALLS[code]] += 1
        if code in READ:
            self.done[f"characters read by {code.co_name}"] += len(frame.f_locals[READ[code]])
        if code.co_filename.startswith(WATCHED):
            self.done["calls"] += 1


async def work_of(kind: str, size: int) -> Counter[str]:
    app, work = TranscriptApp(), Work()
    async with app.run_test(size=(120, 40)):
        async for _ in growing(app.transcript, *scene(kind, size), work.counted):
            pass
    return work.done


@pytest.mark.parametrize("kind", corpus.KINDS)
async def test_a_delta_makes_no_more_work_in_a_long_reply_than_in_a_short_one(kind: str) -> None:
    short, medium, long = [await work_of(kind, size) for size in (0, MEDIUM, LONG)]
    assert long["lines painted"] > FRAMES
    assert long["whole texts copied"] == 0
    for what, count in long.items():
        assert count <= 1.03 * medium[what], what
    # 1,500 characters of a paragraph are drawn as a whole, and then piece by piece.
    most = 1.3 if kind == "paragraph" else 1.05
    assert long["calls"] <= most * short["calls"]


@pytest.mark.parametrize("kind", corpus.KINDS)
def test_what_comes_next_copies_nothing_of_a_long_reply(kind: str) -> None:
    """Copies are no calls: they show in the memory that is taken meanwhile, and given back."""
    before, more = scene(kind, 2 * LONG)
    streamer = Streamer(Blocks(Palette.from_theme(DARK), 100))
    streamer.feed(before)
    streamer.flush()
    taken = []
    tracemalloc.start()
    try:
        for start in range(0, len(more), 330):
            now, _ = tracemalloc.get_traced_memory()
            tracemalloc.reset_peak()
            streamer.feed(more[start : start + 330])
            streamer.flush()
            taken.append(tracemalloc.get_traced_memory()[1] - now)
    finally:
        tracemalloc.stop()
    assert median(taken) < LONG
