"""What is painted again when something changes: enough, and little more."""

from __future__ import annotations

from typing import Any

from textual.geometry import Region
from textual.pilot import Pilot

from copilot_tui.tui.transcript import Transcript
from tests.tui.test_transcript import TranscriptApp, flushed, prompt, reply

TEXT = (
    "First words\nof a paragraph that goes on over the edge of the pane, and on.\n\n"
    "- one\n- two\n\n| a | b |\n|---|---|\n| c | d |\n\n```py\nx = 1\n```\n\nLast *words*."
)


class WatchedTranscript(Transcript):
    """Knows what the screen shows of it: the lines as they were when they were last painted."""

    def __init__(self, **rest: Any) -> None:
        super().__init__(**rest)
        self.shown: list[str] = []
        self.waiting: list[Region] = []

    def refresh(self, *regions: Region, **rest: Any) -> WatchedTranscript:
        self.waiting += regions or [Region(0, 0, 1000, 1000)]
        super().refresh(*regions, **rest)
        return self

    def paint(self) -> int:
        """Paint what waits for it; how many cells that are."""
        lines = [strip.text for strip in self.render_lines(self.size.region)]
        self.shown = self.shown or [""] * len(lines)
        cells = 0
        for each in self.waiting:
            region = each.intersection(self.size.region)
            cells += region.area
            for y in range(region.y, region.bottom):
                old, new = self.shown[y].ljust(region.right), lines[y]
                self.shown[y] = old[: region.x] + new[region.x : region.right] + old[region.right :]
        self.waiting.clear()
        return cells


class WatchedApp(TranscriptApp):
    def __init__(self) -> None:
        super().__init__()
        self.transcript: WatchedTranscript = WatchedTranscript(clock=lambda: self.now)

    def check(self) -> int:
        cells = self.transcript.paint()
        lines = self.transcript.render_lines(self.transcript.size.region)
        assert [line.rstrip() for line in self.transcript.shown] == [
            strip.text.rstrip() for strip in lines
        ]
        return cells


async def grown(app: WatchedApp, pilot: Pilot[None]) -> None:
    """Let a reply grow in all its stages, and look at the screen after each."""
    messages = [prompt("Go", "a"), reply("", "b"), reply("", "c")]
    app.transcript.show(messages, live={"b", "c"})
    await pilot.pause()
    for start in range(0, len(TEXT), 11):
        for message in messages[1:]:
            message.append(TEXT[start : start + 11])
            app.transcript.grow(message.id)
            await flushed(app, pilot)
            app.check()
            app.now += 0.125
            app.transcript._pulse()
            app.check()
    for message in messages[1:]:
        app.transcript.finish(message.id)
        await flushed(app, pilot)
        app.check()


async def test_the_screen_shows_replies_that_grow_above_each_other_as_they_are() -> None:
    app = WatchedApp()
    async with app.run_test(size=(40, 60)) as pilot:
        await grown(app, pilot)


async def test_the_screen_shows_replies_that_outgrow_it_as_they_are() -> None:
    app = WatchedApp()
    async with app.run_test(size=(40, 12)) as pilot:
        await grown(app, pilot)


async def test_thoughts_that_have_come_when_the_mark_turns_are_painted() -> None:
    app = WatchedApp()
    async with app.run_test(size=(80, 40)) as pilot:
        message = reply("", "b", reasoning="One thought")
        app.transcript.show([prompt("Go", "a"), message], live={"b"})
        await pilot.pause()
        app.check()
        message.append_reasoning(" more")
        app.now = 0.125
        app.transcript._pulse()
        app.check()
        assert any("One thought more" in line for line in app.transcript.shown)


async def test_a_word_in_a_short_reply_paints_its_own_lines_alone() -> None:
    app = WatchedApp()
    async with app.run_test(size=(80, 40)) as pilot:
        message = reply("One word", "b")
        app.transcript.show([prompt("Go", "a"), message], live={"b"})
        await pilot.pause()
        app.check()
        message.append(" and another")
        app.transcript.grow("b")
        await flushed(app, pilot)
        assert app.check() <= 2 * 80


async def test_the_mark_of_a_live_reply_turns_in_a_few_cells() -> None:
    app = WatchedApp()
    async with app.run_test(size=(80, 40)) as pilot:
        app.transcript.show([prompt("Go", "a"), reply("Words", "b")], live={"b"})
        await pilot.pause()
        app.check()
        app.now = 0.125
        app.transcript._pulse()
        assert app.check() == 1
        app.transcript._pulse()
        assert app.check() == 0


async def test_a_mark_that_turns_breaks_no_thoughts_into_lines_again() -> None:
    app = WatchedApp()
    async with app.run_test(size=(40, 12)) as pilot:
        thinking = reply("", "b")
        app.transcript.toggle_reasoning()
        app.transcript.show([prompt("Go", "a"), thinking], live={"b"})
        thinking.append_reasoning("one thought and then another " * 20)
        app.transcript.grow("b")
        await flushed(app, pilot)
        app.check()
        _, title, *thoughts = app.transcript._stack.drawn[1].head
        app.now += 0.125
        app.transcript._pulse()
        _, turned, *after = app.transcript._stack.drawn[1].head
        assert turned.text != title.text
        assert [id(line) for line in after] == [id(line) for line in thoughts]
        app.check()
