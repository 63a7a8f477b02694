"""What is read stays where it is, whatever happens above, below and around it."""

from __future__ import annotations

import pytest

from copilot_tui.conversation import Message
from copilot_tui.tui.transcript import Place
from tests.tui.test_transcript import (
    LONG,
    TranscriptApp,
    flushed,
    prompt,
    reply,
    screen,
)

WORDS = "has some words that are long enough to wrap in every window that is not wide"
TABLE = "| n | words |\n|---|---|\n" + "".join(f"| {n} | row {n} {WORDS} |\n" for n in range(200))
CODE = "```python\n" + "".join(f"x{n} = {n}\n\n\n" for n in range(80)) + "```"
ITEMS = "".join(f"{n}. item {n} {WORDS}\n\n   > more **of** {n} {WORDS}\n" for n in range(60))
PARAGRAPH = " ".join(f"word{n}" for n in range(3_000))
KINDS = {"table": TABLE, "code": CODE, "list": ITEMS, "paragraph": PARAGRAPH}


@pytest.mark.parametrize("kind", KINDS)
async def test_the_same_words_are_at_the_top_after_any_changes_of_the_width(kind: str) -> None:
    app = TranscriptApp()
    pane = app.transcript
    async with app.run_test(size=(110, 24)) as pilot:
        pane.show(
            [prompt("?", "a"), reply(f"First\n\n{KINDS[kind]}\n\nLast", "b"), reply(LONG, "c")]
        )
        for line in (7, 40, 58, 101):
            pane.show(pane._stack.messages, place=Place("b", line))
            await pilot.pause()
            top = next(row for row in screen(app) if any(map(str.isdigit, row)))
            number = max((word.strip("x.word") for word in top.split()), key=str.isdigit)
            for width in (76, 40, 90, 24, 110):
                await pilot.resize_terminal(width, 24)
                await pilot.pause()
                rows = screen(app)[: 8 if width > 30 else 14]
                shown = [word.strip("x.word") for row in rows for word in row.split()]
                assert number in shown, (line, width)
            assert screen(app)[0] == top or top in screen(app)[:4]


async def test_a_blank_line_of_code_at_the_top_stays_there_when_all_is_drawn_anew() -> None:
    app = TranscriptApp()
    pane = app.transcript
    async with app.run_test(size=(60, 20)) as pilot:
        pane.show([reply(f"First\n\n{CODE}", "b"), reply(LONG, "c")])
        for line in range(2, 40):
            pane.show(pane._stack.messages, place=Place("b", line))
            await pilot.pause()
            before = screen(app)
            pane.toggle_reasoning()
            assert screen(app) == before
            pane.toggle_code_wrap()
            assert screen(app) == before


async def test_a_table_of_numbers_has_room_for_those_of_its_later_rows() -> None:
    app = TranscriptApp()
    pane = app.transcript
    async with app.run_test(size=(60, 20)) as pilot:
        pane.show([reply(TABLE, "b")])
        await pilot.pause()
        assert any(row.startswith("  199 ") for row in screen(app))


def grown(message: Message, text: str = "", reasoning: str = "") -> Message:
    message.append(text)
    message.append_reasoning(reasoning)
    return message


@pytest.mark.parametrize("is_open", [False, True])
async def test_thoughts_that_come_above_what_is_read_do_not_move_it(is_open: bool) -> None:
    app = TranscriptApp()
    pane = app.transcript
    async with app.run_test(size=(60, 20)) as pilot:
        message = reply(LONG, "b")
        pane.show([prompt("?", "a"), message], live={"b"})
        if is_open:
            pane.toggle_reasoning()
        await flushed(app, pilot)
        for _ in range(3):
            pane.action_page_up()
        await pilot.pause()
        before = screen(app)
        for _ in range(3):
            grown(message, "\n\nMore.", "A thought.\n" * 5)
            pane.grow("b")
            await flushed(app, pilot)
            assert screen(app)[:-1] == before[:-1]
            message.append_reasoning("One more.\n" * 3)
            pane._pulse()  # the mark turns
            await flushed(app, pilot)
            assert screen(app)[:-1] == before[:-1]
        message.append_reasoning("The last.\n" * 3)
        pane.finish("b")
        await flushed(app, pilot)
        assert screen(app)[:-1] == before[:-1]


async def test_what_is_selected_stays_selected_when_thoughts_come_above_it() -> None:
    app = TranscriptApp()
    pane = app.transcript
    async with app.run_test(size=(60, 20)) as pilot:
        message = reply("First words\n\nSecond words", "b")
        pane.show([message], live={"b"})
        pane.toggle_reasoning()
        await flushed(app, pilot)
        pane.select()
        assert pane.selected_source() == "Second words"
        grown(message, reasoning="A thought.\n" * 5)
        pane.grow("b")
        await flushed(app, pilot)
        assert pane.selected_source() == "Second words"


async def test_a_table_that_gets_wider_while_it_streams_keeps_the_row_that_is_read() -> None:
    app = TranscriptApp()
    pane = app.transcript
    async with app.run_test(size=(50, 12)) as pilot:
        message = reply("| a | b |\n|---|---|\n", "b")
        pane.show([message], live={"b"})
        for number in range(30):
            grown(message, f"| row {number} | {WORDS} |\n")
        pane.grow("b")
        await flushed(app, pilot)
        for _ in range(4):
            pane.action_page_up()
        await pilot.pause()
        top = next(row.split("│")[0].strip() for row in screen(app) if "row" in row)
        for number in range(30, 59):
            grown(message, f"| row {number} and {'much more ' * (number // 10)} | {WORDS} |\n")
            pane.grow("b")
            await flushed(app, pilot)
            now = " ".join(row.split("│")[0].strip() for row in screen(app)[:7])
            assert top in now


async def test_where_the_message_that_was_read_is_not_on_the_branch_its_end_is_shown() -> None:
    app = TranscriptApp()
    pane = app.transcript
    async with app.run_test(size=(60, 20)):
        pane.show([reply(LONG, "a"), reply(f"{LONG}\n\nThe end", "b")], place=Place("x", 7, 2))
        assert pane.place is None
        assert screen(app)[-1].strip() == "The end"
