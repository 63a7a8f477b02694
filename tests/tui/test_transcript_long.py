"""Replies so long, or so fast, that most of their blocks are drawn only when they are seen."""

from __future__ import annotations

import gc
from asyncio import sleep
from unittest.mock import patch
from weakref import ref

import pytest
from textual.pilot import Pilot
from textual.scrollbar import ScrollBar
from textual.strip import Strip

from copilot_tui.conversation import Message, Status
from copilot_tui.tui.transcript import Place, entries
from tests.tui.test_transcript import TranscriptApp, flushed, prompt, reply, screen, select

PARTS = [
    f"Paragraph {number} has *some* words, {'and **more** of them ' * (number % 9)}it seems."
    + (f"\n\n```py\nx = {number}\n\n\ny = 2\n```" if number % 5 == 0 else "")
    + ("\n\n- one\n- [two](http://two.org)" if number % 7 == 0 else "")
    for number in range(300)
]
TEXT = "\n\n".join(PARTS)
ROWS = 20


async def streamed(app: TranscriptApp, pilot: Pilot[None]) -> None:
    """Show a reply that came faster than it could be drawn."""
    message = reply("", "b")
    app.transcript.show([message], live={"b"})
    for start in range(0, len(TEXT), 9_000):
        message.append(TEXT[start : start + 9_000])
        app.transcript.grow("b")
        await flushed(app, pilot)
    app.transcript.finish("b")
    await flushed(app, pilot)


async def read_downwards(app: TranscriptApp, pilot: Pilot[None]) -> list[str]:
    app.transcript.action_scroll_home()
    await pilot.pause()
    read = screen(app)
    while app.transcript.place is not None:
        app.transcript.action_scroll_down()
        await sleep(
            0
        )  # the scrolling itself is done; a pause for a frame at every line would be long
        read.append(screen(app)[-1])
    return read


async def read_upwards(app: TranscriptApp) -> list[str]:
    read = screen(app)
    while app.transcript.place != Place("b", 0):
        app.transcript.action_scroll_up()
        await sleep(0)
        read.insert(0, screen(app)[0])
    return read


async def test_what_was_never_seen_reads_the_same_upwards_and_downwards() -> None:
    app, other = TranscriptApp(), TranscriptApp()
    async with app.run_test(size=(60, ROWS)) as pilot:
        await streamed(app, pilot)
        upwards = await read_upwards(app)
        assert await read_downwards(app, pilot) == upwards
    async with other.run_test(size=(60, ROWS)) as pilot:
        other.transcript.show([reply(TEXT, "b")])
        downwards = await read_downwards(other, pilot)
    assert downwards == upwards
    assert sum(line.lstrip(" ●▌").startswith("Paragraph ") for line in upwards) == len(PARTS)


async def test_pages_upwards_leave_out_no_line() -> None:
    app = TranscriptApp()
    async with app.run_test(size=(60, ROWS)) as pilot:
        await streamed(app, pilot)
        for _ in range(12):
            first = screen(app)[0]
            app.transcript.action_page_up()
            await pilot.pause()
            assert screen(app)[-1] == first


async def test_text_stays_where_it_is_while_blocks_above_and_below_are_found() -> None:
    app = TranscriptApp()
    async with app.run_test(size=(60, ROWS)) as pilot:
        message = reply(TEXT, "b")
        app.transcript.show([prompt("Go", "a"), message], live={"b"})
        for _ in range(5):
            app.transcript.action_page_up()
        await pilot.pause()
        before, place = screen(app), app.transcript.place
        for start in range(0, len(TEXT), 30_000):
            message.append("\n\n" + TEXT[start : start + 30_000])
            app.transcript.grow("b")
            await flushed(app, pilot)
            assert screen(app)[:-1] == before[:-1]
            assert screen(app)[-1].endswith("↓ 1 new")
        assert app.transcript.place == place


async def test_the_place_in_a_long_reply_is_kept_over_conversations_widths_and_growth() -> None:
    app = TranscriptApp()
    async with app.run_test(size=(60, ROWS)) as pilot:
        await streamed(app, pilot)
        for _ in range(9):
            app.transcript.action_page_up()
        await pilot.pause()
        before, place = screen(app), app.transcript.place
        app.transcript.show([prompt("Other", "x")])
        await pilot.pause()
        app.transcript.show([reply(TEXT, "b")], place=place)
        await pilot.pause()
        assert screen(app) == before
        await pilot.resize_terminal(100, 30)
        await pilot.pause()
        there = app.transcript.place
        assert place is not None
        assert there is not None
        assert (there.message_id, there.block) == (place.message_id, place.block) != ("b", None)


async def test_what_is_selected_stays_selected_when_blocks_above_are_first_drawn() -> None:
    app = TranscriptApp()
    async with app.run_test(size=(60, ROWS)) as pilot:
        app.transcript.show([reply(TEXT, "b")])
        await pilot.pause()
        row = next(y for y, line in enumerate(screen(app)) if "Paragraph 299" in line)
        copied = await select(app, pilot, (2, row), (30, row))
        assert copied == "Paragraph 299 has some words,"[: len(copied)] != ""
        app.transcript.find("Paragraph 150 ")
        await pilot.pause()
        assert any("Paragraph 150 " in line for line in screen(app))
        assert app.transcript.selected_source() == copied
        for _ in range(20):
            app.transcript.action_page_up()
        await pilot.pause()
        assert app.transcript.selected_source() == copied


async def test_all_of_a_long_reply_is_copied_as_its_source() -> None:
    app = TranscriptApp()
    async with app.run_test(size=(60, ROWS)) as pilot:
        await streamed(app, pilot)
        app.transcript.action_scroll_home()
        app.transcript.action_extend(1)
        for _ in range(3):
            app.transcript.action_extend(1)
        app.transcript.action_scroll_end()
        await pilot.pause()
        assert app.transcript.selected_source() == TEXT


async def test_matches_in_blocks_that_were_never_seen_are_found_in_order() -> None:
    app = TranscriptApp()
    async with app.run_test(size=(60, ROWS)) as pilot:
        await streamed(app, pilot)
        app.transcript.action_scroll_home()
        assert app.transcript.find("x = ") == len(PARTS) / 5
        found = []
        for _ in range(4):
            await pilot.pause()
            place = app.transcript.cursor
            cursor = place or app.transcript.select()
            assert cursor is not None
            found.append(app.transcript.selected_source())
            app.transcript.select()
            app.transcript.select()
            assert app.transcript.find_next()
        assert found == [f"x = {number}" for number in (0, 5, 10, 15)]
        app.transcript.find_next(-1)
        app.transcript.find_next(-1)
        assert app.transcript.select() is not None
        assert app.transcript.selected_source() == "x = 10"


async def test_hints_and_links_work_in_blocks_that_were_just_seen_first() -> None:
    app = TranscriptApp()
    async with app.run_test(size=(60, ROWS)) as pilot:
        app.transcript.show([reply(TEXT, "b")])
        app.transcript.action_scroll_home()
        app.transcript.find("Paragraph 140 ")
        await pilot.pause()
        sources = app.transcript.show_hints()
        assert PARTS[140].partition("\n")[0] in sources.values()
        assert "x = 140\n\n\ny = 2" in sources.values()
        app.transcript.hide_hints()
        assert app.transcript.mark_link(1)
        app.transcript.action_follow_link()
        await pilot.pause()
        assert app.links == ["http://two.org"]


async def test_the_scroll_bar_looks_and_answers_as_textuals_own() -> None:
    app = TranscriptApp()
    async with app.run_test(size=(60, ROWS)) as pilot:
        app.transcript.show([reply(TEXT, "b")])
        bar = app.transcript.vertical_scrollbar
        for message_rows in (0, 37, 500):
            app.transcript.action_scroll_home()
            for _ in range(message_rows):
                app.transcript.action_scroll_down()
            await pilot.pause()
            ours = bar.render_lines(bar.size.region)
            bar.refresh()
            theirs = ScrollBar.render_lines(bar, bar.size.region)
            assert [strip.text for strip in ours] == [strip.text for strip in theirs]
            assert [looks(strip) for strip in ours] == [looks(strip) for strip in theirs]


def looks(strip: Strip) -> list[tuple[object, ...]]:
    """What can be seen of a strip, and what a click on it does."""
    seen: list[tuple[object, ...]] = []
    for text, style, _ in strip:
        assert style is not None
        colours = (style.bgcolor, style.color) if style.reverse else (style.color, style.bgcolor)
        letters = colours if text.strip() else colours[1:]
        seen.append((*letters, style.meta.get("@mouse.down")))
    return seen


async def test_a_live_reply_that_is_shown_again_is_read_by_and_by() -> None:
    app, other = TranscriptApp(), TranscriptApp()
    async with app.run_test(size=(60, ROWS)) as pilot:
        app.transcript.show([reply(TEXT * 3, "b")], live={"b"})
        assert app.transcript.is_drawing_due
        assert "Paragraph 299 " not in "\n".join(screen(app))
        await flushed(app, pilot)
        shown = screen(app)
        assert app.transcript.place is None
    async with other.run_test(size=(60, ROWS)) as pilot:
        other.transcript.show([reply(TEXT * 3, "b")])
        await flushed(other, pilot)
        assert shown == screen(other)


async def test_the_place_in_a_live_reply_is_found_again_in_another_width() -> None:
    app = TranscriptApp()
    async with app.run_test(size=(60, ROWS)) as pilot:
        message = reply(TEXT * 3, "b")
        app.transcript.show([message], live={"b"})
        await flushed(app, pilot)
        for _ in range(3):
            app.transcript.action_page_up()
        await pilot.pause()
        before, place = screen(app), app.transcript.place
        app.transcript.show([prompt("Other", "x")])
        await pilot.pause()
        app.transcript.show([message], live={"b"}, place=place)
        await flushed(app, pilot)
        assert screen(app) == before
        await pilot.resize_terminal(61, ROWS)
        await pilot.resize_terminal(60, ROWS)
        await flushed(app, pilot)
        assert screen(app) == before


HUGE = {
    "table": "| a | b |\n|---|---|\n"
    + "".join(f"| row {n} | *word* {n} |\n" for n in range(3_000)),
    "paragraph": " ".join(f"Word {n} of a **paragraph**," for n in range(2_500)),
    "fence": "```py\n" + "".join(f"x_{n} = {n}\n" for n in range(4_000)) + "```",
}


async def read_at_once(messages: list[Message], pages: int) -> list[str]:
    """What stands so many pages above the end where every reply is drawn as a whole."""
    app = TranscriptApp()
    async with app.run_test(size=(60, ROWS)) as pilot:
        with patch.multiple(entries, _LONG_BLOCK=1 << 30, _LONG_TEXT=1 << 30, _MANY_LINES=1 << 30):
            app.transcript.show(messages)
            for _ in range(pages):
                app.transcript.action_page_up()
            assert not app.transcript.is_drawing_due
            await pilot.pause()
            return screen(app)


@pytest.mark.parametrize("kind", HUGE)
async def test_a_stored_block_that_takes_long_is_drawn_by_and_by(kind: str) -> None:
    app = TranscriptApp()
    async with app.run_test(size=(60, ROWS)) as pilot:
        app.transcript.show(
            [prompt("Go", "a"), reply(HUGE[kind], "b", status=Status.ERROR, error="It broke")]
        )
        assert app.transcript.is_drawing_due
        await flushed(app, pilot)
        assert app.transcript.place is None
        assert screen(app)[-2:] == ["▌ It broke", "▌ Enter tries again"]
        assert not any("new" in line for line in screen(app))
        app.transcript.show([prompt("Go", "a"), reply(HUGE[kind], "b")])
        await flushed(app, pilot)
        shown = screen(app)
    assert shown == await read_at_once([prompt("Go", "a"), reply(HUGE[kind], "b")], 0)


@pytest.mark.parametrize("kind", HUGE)
async def test_who_scrolls_up_in_a_block_that_is_being_drawn_finds_its_end_first(kind: str) -> None:
    app = TranscriptApp()
    async with app.run_test(size=(60, ROWS)) as pilot:
        app.transcript.show([prompt("Go", "a"), reply(HUGE[kind], "b")])
        app.transcript.action_page_up()
        await flushed(app, pilot)
        shown = screen(app)
        assert app.transcript.place is not None
    assert shown == await read_at_once([prompt("Go", "a"), reply(HUGE[kind], "b")], 1)


def is_due(app: TranscriptApp) -> bool:
    return app.transcript.is_drawing_due


@pytest.mark.parametrize("kind", HUGE)
async def test_a_kept_place_in_a_block_that_takes_long_is_found_by_and_by(kind: str) -> None:
    app = TranscriptApp()
    messages = [prompt("Go", "a"), reply(HUGE[kind] * 2, "b"), prompt("On", "c")]
    async with app.run_test(size=(60, ROWS)) as pilot:
        app.transcript.show(messages)
        await flushed(app, pilot)
        for _ in range(10):
            app.transcript.action_page_up()
        await pilot.pause()
        before, place = screen(app), app.transcript.place
        app.transcript.show([prompt("Other", "x")])
        app.transcript.show(messages, place=place)
        assert is_due(app), "it was drawn at once: the test shows nothing"
        assert app.transcript.place == place, "what is saved meanwhile is the kept place"
        await flushed(app, pilot)
        assert screen(app) == before
        assert app.transcript.place == place
        for width in (61, 60):
            await pilot.resize_terminal(width, ROWS)
            await flushed(app, pilot)
        assert before[0] in screen(app)[:2], (
            "the text at the top is in the first line, or begins it"
        )


async def test_keys_that_come_before_a_kept_place_is_found_count_from_there() -> None:
    app = TranscriptApp()
    messages = [reply(HUGE["fence"] * 2, "b"), prompt("On", "c")]
    async with app.run_test(size=(60, ROWS)) as pilot:
        app.transcript.show(messages)
        await flushed(app, pilot)
        for _ in range(10):
            app.transcript.action_page_up()
        await pilot.pause()
        place = app.transcript.place
        app.transcript.action_page_up()
        app.transcript.action_scroll_down()
        await pilot.pause()
        expected = screen(app)
        app.transcript.show([prompt("Other", "x")])
        app.transcript.show(messages, place=place)
        app.transcript.action_page_up()
        app.transcript.action_scroll_down()
        assert is_due(app), "it was drawn at once: the test shows nothing"
        await flushed(app, pilot)
        assert screen(app) == expected
        app.transcript.show([prompt("Other", "x")])
        app.transcript.show(messages, place=place)
        app.transcript.action_scroll_end()
        await flushed(app, pilot)
        assert app.transcript.place is None


@pytest.mark.parametrize("kind", HUGE)
async def test_who_comes_from_below_to_a_block_that_takes_long_finds_its_end(kind: str) -> None:
    app = TranscriptApp()
    after = "\n\n".join(f"Line {number}" for number in range(30))
    messages = [reply(HUGE[kind] * 2, "b"), reply(after, "c")]
    async with app.run_test(size=(60, ROWS)) as pilot:
        app.transcript.show(messages)
        for _ in range(4):
            app.transcript.action_page_up()
        assert is_due(app), "it was drawn at once: the test shows nothing"
        await flushed(app, pilot)
        upwards = screen(app)
    assert upwards == await read_at_once(messages, 4)


async def test_who_comes_from_above_to_a_block_that_takes_long_reads_on_at_once() -> None:
    app = TranscriptApp()
    messages = [prompt("Go\n" * 40, "a"), reply(HUGE["fence"] * 2, "b"), prompt("On", "c")]
    async with app.run_test(size=(60, ROWS)) as pilot:
        app.transcript.show(messages, place=Place("a", 0))
        for _ in range(4):
            app.transcript.action_page_down()
        assert is_due(app), "it was drawn at once: the test shows nothing"
        shown = screen(app)
        assert any(line.strip().startswith("x_") for line in shown)
        await flushed(app, pilot)
        assert screen(app) == shown
        while app.transcript.place is not None:
            app.transcript.action_page_down()
        assert "On" in screen(app)[-1]


async def test_of_many_long_replies_those_read_last_are_kept_and_all_read_the_same() -> None:
    app = TranscriptApp()
    messages = [reply(f"Reply {number}\n\n" + TEXT * 2, f"m{number}") for number in range(40)]
    async with app.run_test(size=(60, ROWS)) as pilot:
        app.transcript.show(messages, place=Place("m0", 0))
        starts = []
        for _ in messages:
            await pilot.pause()
            starts.append(screen(app))
            app.transcript.jump(1)
        drawn = app.transcript._stack.drawn
        held = sum(entry.message.content_size for entry in drawn.values())
        assert held < 2_000_000 + 2 * len(TEXT * 2) < sum(len(each.content) for each in messages)
        assert 8 <= len(drawn) < len(messages)
        app.transcript.action_scroll_home()
        for number in range(len(messages)):
            await pilot.pause()
            assert any(f"Reply {number}" in line for line in screen(app))
            assert screen(app) == starts[number]
            app.transcript.jump(1)


async def test_what_is_not_shown_any_more_is_gone_without_the_collector() -> None:
    app = TranscriptApp()
    async with app.run_test(size=(60, ROWS)) as pilot:
        await streamed(app, pilot)
        gc.collect()
        gc.disable()
        try:
            entry = app.transcript._stack.entry(0)
            line = entry.line(entry.height - 1)
            assert line is not None
            assert line.strip is not None, "it was not painted: the test shows nothing"
            gone: list[ref[object]] = [ref(entry), ref(line.strip)]
            del entry, line
            app.transcript.show([prompt("Other", "x")])
            await pilot.pause()
            assert [each() for each in gone] == [None, None]
        finally:
            gc.enable()
