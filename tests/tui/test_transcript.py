"""The pane in a small app of its own."""

from __future__ import annotations

import pytest
from rich.cells import cell_len
from textual.app import App, ComposeResult
from textual.events import MouseDown, MouseMove, MouseUp
from textual.geometry import Offset
from textual.pilot import Pilot
from textual.theme import BUILTIN_THEMES

from copilot_tui.conversation import Attachment, Message, Role, Status
from copilot_tui.tui.palette import Palette
from copilot_tui.tui.transcript import Place, Transcript
from copilot_tui.tui.transcript.pane import FRAME_S

LONG = "\n\n".join(f"Paragraph {number} with some words in it." for number in range(60))
CODE = 'def f():\n\treturn "x"   \n\n\n    # äöü 世界\n' + "x = " + "1 + " * 60 + "1"


class TranscriptApp(App[None]):
    def __init__(self) -> None:
        super().__init__()
        self.now = 0.0
        self.transcript = Transcript(
            welcome="Hello\nAsk.", failed_help="Enter tries again", clock=lambda: self.now
        )
        self.links: list[str] = []

    def compose(self) -> ComposeResult:
        yield self.transcript

    def on_transcript_link_activated(self, event: Transcript.LinkActivated) -> None:
        self.links.append(event.url)


def prompt(text: str, name: str) -> Message:
    return Message(id=name, role=Role.USER, content=text)


def reply(text: str, name: str, **fields: object) -> Message:
    return Message(id=name, role=Role.ASSISTANT, content=text, model="m", **fields)  # type: ignore[arg-type]


def screen(app: TranscriptApp) -> list[str]:
    pane = app.transcript
    return [strip.text.rstrip() for strip in pane.render_lines(pane.size.region)]


async def flushed(app: TranscriptApp, pilot: Pilot[None]) -> None:
    """Let the pane draw what has come; the frame's timer is the loop's, so it is awaited."""
    pane = app.transcript
    while pane.is_drawing_due:
        await pilot.pause(FRAME_S)
    await pilot.pause()


async def test_an_empty_transcript_says_welcome() -> None:
    app = TranscriptApp()
    async with app.run_test(size=(40, 12)):
        app.transcript.show([])
        assert [line.strip() for line in screen(app) if line] == ["Hello", "Ask."]


async def test_the_end_is_followed_while_a_reply_grows() -> None:
    app = TranscriptApp()
    async with app.run_test(size=(60, 20)) as pilot:
        message = reply(LONG, "b")
        app.transcript.show([prompt("Go", "a"), message], live={"b"})
        for number in range(5):
            message.append(f"\n\nNew {number}")
            app.transcript.grow("b")
            await flushed(app, pilot)
            assert screen(app)[-1].strip() == f"New {number}"
        assert app.transcript.place is None


async def test_what_is_read_never_moves_while_a_reply_grows_and_a_badge_counts() -> None:
    app = TranscriptApp()
    async with app.run_test(size=(60, 20)) as pilot:
        message = reply(LONG, "b")
        app.transcript.show([prompt("Go", "a"), message], live={"b"})
        app.transcript.action_page_up()
        app.transcript.action_page_up()
        before, place = screen(app), app.transcript.place
        message.append("\n\nMore\n\n" * 30)
        app.transcript.grow("b")
        await flushed(app, pilot)
        app.transcript.add(prompt("Next", "c"))
        await pilot.pause()
        assert screen(app)[:-1] == before[:-1]
        assert screen(app)[-1].endswith("↓ 2 new")
        assert app.transcript.place == place
        await pilot.click(Transcript, offset=(54, 19))
        assert app.transcript.place is None
        assert screen(app)[-1] == "▌ Next"


async def test_what_was_scrolled_past_is_not_counted_as_new_any_more() -> None:
    app = TranscriptApp()
    async with app.run_test(size=(60, 20)) as pilot:
        app.transcript.show([reply(LONG, "a"), reply(LONG, "b")])
        app.transcript.action_page_up()
        for name in ("c", "d", "e"):
            app.transcript.add(reply("\n\n".join([f"new {name}"] * 12), name))
        await pilot.pause()
        assert screen(app)[-1].endswith("↓ 3 new")
        counted = []
        while app.transcript.place is not None:
            app.transcript.action_scroll_down()
            last = screen(app)[-1].partition("↓")[2]
            counted.append(int(last.split()[0]) if last else 0)
        assert counted == sorted(counted, reverse=True)
        assert set(counted) == {0, 1, 2, 3}
        assert counted.count(0) == 1  # only where the end is in sight


async def test_the_place_is_kept_over_a_change_of_width_and_over_conversations() -> None:
    app = TranscriptApp()
    async with app.run_test(size=(60, 20)) as pilot:
        first = [prompt("Go", "a"), reply(LONG, "b"), prompt("On", "c"), reply(LONG, "d")]
        app.transcript.show(first, place=Place("d", 42))
        top = screen(app)[0]
        assert top.strip().startswith("Paragraph")
        await pilot.resize_terminal(100, 30)
        await pilot.pause()
        assert screen(app)[0].strip() == top.strip()
        place = app.transcript.place
        app.transcript.show([prompt("Other", "x")])
        await pilot.pause()
        assert app.transcript.place is None
        app.transcript.show(first, place=place)
        assert screen(app)[0].strip() == top.strip()


async def test_a_reply_that_ends_stays_as_it_was_drawn() -> None:
    app = TranscriptApp()
    async with app.run_test(size=(60, 30)) as pilot:
        message = reply("", "b")
        app.transcript.show([prompt("Go", "a"), message], live={"b"})
        assert "0 s" in screen(app)[3]
        message.append("Some *text*\n\n```py\nx = 1\n")
        app.transcript.grow("b")
        await flushed(app, pilot)
        streamed = screen(app)[5:]
        app.transcript.finish("b")
        assert screen(app)[5:] == streamed
        app.transcript.show([prompt("Go", "a"), message])
        assert screen(app)[5:] == streamed


@pytest.mark.parametrize("keys", ["pageup", "home", "up"])
async def test_keys_scroll(keys: str) -> None:
    app = TranscriptApp()
    async with app.run_test(size=(60, 20)) as pilot:
        app.transcript.show([prompt("Go", "a"), reply(LONG, "b")])
        app.transcript.focus()
        await pilot.press(keys)
        assert app.transcript.place is not None
        await pilot.press("end")
        assert app.transcript.place is None
        assert screen(app)[-1].strip() == "Paragraph 59 with some words in it."


@pytest.mark.parametrize("height", range(10, 31))
async def test_pages_go_up_to_the_beginning_and_down_to_the_end(height: int) -> None:
    app = TranscriptApp()
    async with app.run_test(size=(60, height)):
        app.transcript.show([reply("One\n\nTwo", str(number)) for number in range(60)])
        seen: list[Place | None] = []
        while app.transcript.place != Place("0", 0):
            app.transcript.action_page_up()
            assert app.transcript.place not in seen
            seen.append(app.transcript.place)
        while app.transcript.place is not None:
            app.transcript.action_page_down()
            assert len(seen) < 100
            seen.append(app.transcript.place)
        assert screen(app)[-1].strip() == "Two"


async def test_the_scrollbar_can_be_dragged_and_clicked() -> None:
    app = TranscriptApp()
    async with app.run_test(size=(60, 20)) as pilot:
        app.transcript.show([reply(LONG, str(number)) for number in range(9)])
        await pilot.mouse_down(Transcript, offset=(59, 19))
        await pilot.hover(Transcript, offset=(59, 9))
        await pilot.mouse_up(Transcript, offset=(59, 9))
        await pilot.pause()
        place = app.transcript.place
        assert place is not None
        assert place.message_id in "345"
        await pilot.click(Transcript, offset=(59, 1))
        await pilot.pause()
        assert app.transcript.place != place


async def test_the_scrollbar_leads_to_every_part_of_many_messages() -> None:
    app = TranscriptApp()
    async with app.run_test(size=(60, 20)) as pilot:
        messages = [reply(f"Reply {n}\n\n" + "text " * (n % 90), str(n)) for n in range(2000)]
        app.transcript.show(messages)
        assert screen(app)[-1].strip().startswith("text")
        app.transcript.scroll_to(y=app.transcript.max_scroll_y // 2, animate=False)
        await pilot.pause()
        place = app.transcript.place
        assert place is not None
        assert 800 < int(place.message_id) < 1200
        app.transcript.scroll_to(y=0, animate=False)
        await pilot.pause()
        assert app.transcript.place == Place("0", 0)


async def test_a_failed_reply_says_why_and_what_to_press() -> None:
    app = TranscriptApp()
    async with app.run_test(size=(60, 20)):
        failed = reply("Half", "b", status=Status.ERROR, error="it broke", hint="Mend it.")
        cut = reply("Half", "c", status=Status.PARTIAL, error="cut off")
        app.transcript.show([cut, failed])
        text = "\n".join(screen(app))
        for words in ("it broke", "Mend it.", "Enter tries again", "cut off"):
            assert words in text


async def test_only_the_last_reply_says_what_to_press_for_keys_mean_that_one() -> None:
    app = TranscriptApp()
    async with app.run_test(size=(60, 20)) as pilot:
        failed = [reply("", name, status=Status.ERROR, error="it broke") for name in "bd"]
        app.transcript.show(failed)
        assert "\n".join(screen(app)).count("Enter tries again") == 1
        assert [line for line in screen(app) if line][-1] == "▌ Enter tries again"
        app.transcript.add(prompt("Once more", "e"))
        await pilot.pause()
        text = "\n".join(screen(app))
        assert text.count("it broke") == 2
        assert "Enter tries again" not in text
        before = screen(app)
        app.transcript.show([*failed, prompt("Once more", "e")])
        assert screen(app) == before


async def test_reasoning_is_folded_until_it_is_asked_for() -> None:
    app = TranscriptApp()
    async with app.run_test(size=(60, 20)):
        app.transcript.show([reply("Yes", "b", reasoning="because of this")])
        assert "because of this" not in "\n".join(screen(app))
        app.transcript.toggle_reasoning()
        assert "because of this" in "\n".join(screen(app))


async def test_thoughts_show_while_nothing_else_has_come_and_then_their_seconds() -> None:
    app = TranscriptApp()
    async with app.run_test(size=(60, 20)) as pilot:
        message = reply("", "b")
        app.transcript.show([message], live={"b"})
        message.append_reasoning("First I look at it. " * 40 + "Then I see.")
        app.transcript.grow("b")
        await flushed(app, pilot)
        assert "Then I see." in "\n".join(screen(app))
        message.reasoning_s = 3.2
        message.append("Yes.")
        app.transcript.grow("b")
        await flushed(app, pilot)
        assert [line.strip() for line in screen(app)[2:5]] == ["▸ Thought for 3 s", "", "Yes."]


async def test_thoughts_in_the_content_show_while_they_grow_and_are_folded_then() -> None:
    app = TranscriptApp()
    async with app.run_test(size=(60, 20)) as pilot:
        message = reply("", "b")
        app.transcript.show([message], live={"b"})
        message.append("<think>\nI look ")
        app.transcript.grow("b")
        await flushed(app, pilot)
        message.append("at it.")
        app.transcript.grow("b")
        await flushed(app, pilot)
        assert [line.strip() for line in screen(app)[2:4]] == ["I look at it.", ""]
        message.append("\n</think>\n\nYes.")
        app.transcript.grow("b")
        await flushed(app, pilot)
        app.transcript.finish("b")
        await flushed(app, pilot)
        assert [line.strip() for line in screen(app)[2:5]] == ["▸ Thoughts", "", "Yes."]


async def test_the_badge_counts_a_reply_that_grows_far_below() -> None:
    app = TranscriptApp()
    async with app.run_test(size=(60, 20)) as pilot:
        last = reply("", "last")
        many = [reply(LONG, str(number)) for number in range(400)]
        app.transcript.show([*many, last], live={"last"}, place=Place("3", 0))
        last.append("Word.")
        app.transcript.grow("last")
        await flushed(app, pilot)
        assert screen(app)[-1].endswith("↓ 1 new")
        app.transcript.finish("last")
        app.transcript.action_scroll_end()
        assert screen(app)[-1].strip() == "Word."


async def select(
    app: TranscriptApp, pilot: Pilot[None], start: tuple[int, int], end: tuple[int, int]
) -> str:
    await pilot.mouse_down(Transcript, offset=start)
    await pilot.hover(Transcript, offset=end)
    await pilot.mouse_up(Transcript, offset=end)
    return app.transcript.selected_source()


async def test_selected_code_is_byte_equal() -> None:
    app = TranscriptApp()
    async with app.run_test(size=(60, 20)) as pilot:
        app.transcript.show([reply(f"Look:\n\n```python\n{CODE}\n```\n\nDone", "b")])
        rows = screen(app)
        top = next(y for y, row in enumerate(rows) if "def f" in row)
        copied = await select(app, pilot, (2, top), (57, top + 5))
        assert copied == CODE


async def test_a_selected_paragraph_has_no_newlines_of_the_wrapping() -> None:
    app = TranscriptApp()
    words = "word " * 60 + "end"
    async with app.run_test(size=(40, 30)) as pilot:
        app.transcript.show([reply(f"# Title\n\n{words}\n\nAfter", "b")])
        rows = screen(app)
        first = next(y for y, row in enumerate(rows) if "word" in row)
        last = max(y for y, row in enumerate(rows) if "word" in row)
        assert await select(app, pilot, (2, first), (37, last)) == words
        assert await select(app, pilot, (7, first), (10, first + 1)) == words[5:44]


async def test_a_selection_across_messages_copies_their_markdown() -> None:
    app = TranscriptApp()
    async with app.run_test(size=(60, 30)) as pilot:
        sources = ["How\n    much?", "1. **a**\n2. b\n\n| x | y |\n|---|---|\n| 1 | 2 |", "Bye"]
        app.transcript.show(
            [prompt(sources[0], "a"), reply(sources[1], "b"), prompt(sources[2], "c")]
        )
        assert await select(app, pilot, (0, 0), (57, 29)) == "\n\n".join(sources)
        rows = screen(app)
        item = next(y for y, row in enumerate(rows) if "1. a" in row)
        assert await select(app, pilot, (0, item), (57, item + 1)) == "1. **a**\n2. b"


async def test_a_selection_stays_on_its_words_while_the_reply_grows() -> None:
    app = TranscriptApp()
    async with app.run_test(size=(60, 20)) as pilot:
        message = reply(LONG, "b")
        app.transcript.show([message], live={"b"})
        copied = await select(app, pilot, (2, 1), (11, 1))
        message.append("\n\nmore" * 9)
        app.transcript.grow("b")
        await flushed(app, pilot)
        assert app.transcript.selected_source() == copied != ""


async def test_two_clicks_select_a_word_and_three_a_block() -> None:
    app = TranscriptApp()
    async with app.run_test(size=(60, 20)) as pilot:
        app.transcript.show([reply("One **two** three", "b")])
        await pilot.click(Transcript, offset=(7, 2), times=2)
        assert app.transcript.selected_source() == "two"
        await pilot.click(Transcript, offset=(7, 2), times=3)
        assert app.transcript.selected_source() == "One **two** three"


async def test_a_link_is_told_upwards() -> None:
    app = TranscriptApp()
    async with app.run_test(size=(60, 20)) as pilot:
        app.transcript.show([reply("[here](https://a.b/c) or (https://d.e/f).", "b")])
        await pilot.click(Transcript, offset=(3, 2))
        await pilot.click(Transcript, offset=(12, 2))
        assert app.links == ["https://a.b/c", "https://d.e/f"]


async def test_a_selection_that_ends_on_a_link_does_not_follow_it() -> None:
    app = TranscriptApp()
    async with app.run_test(size=(60, 20)) as pilot:
        app.transcript.show([reply("words [here](https://a.b/c) end", "b")])
        await pilot.pause()
        for kind, x in ((MouseDown, 2), (MouseMove, 6), (MouseMove, 10), (MouseUp, 10)):
            # not by the pilot, whose mouse clicks only when it is told to
            app.post_message(kind(None, x, 2, 1, 0, 1, False, False, False, screen_x=x, screen_y=2))
            await pilot.pause()
        assert app.transcript.selected_source() == "words her"
        assert app.links == []


async def test_hints_copy_blocks() -> None:
    app = TranscriptApp()
    async with app.run_test(size=(60, 20)):
        app.transcript.show([reply(f"One\n\n```py\n{CODE}\n```\n\n- *x*\n- y", "b")])
        hints = app.transcript.show_hints()
        assert list(hints.values()) == ["One", CODE, "- *x*", "- y"]
        assert screen(app)[2].startswith("a")
        app.transcript.hide_hints()
        assert not screen(app)[2].startswith("a")


async def test_find_goes_from_match_to_match() -> None:
    app = TranscriptApp()
    async with app.run_test(size=(60, 20)):
        app.transcript.show([reply(LONG, "a"), reply(f"{LONG}\n\nA NEEDLE", "b"), reply("x", "c")])
        assert app.transcript.find("needle") == 1
        assert any("A NEEDLE" in row for row in screen(app))
        assert app.transcript.find("paragraph 5 ") == 2
        first = app.transcript.place
        assert app.transcript.find_next()
        assert app.transcript.place != first
        assert app.transcript.find("nothing of the kind") == 0


async def test_long_code_scrolls_sideways_or_wraps() -> None:
    app = TranscriptApp()
    async with app.run_test(size=(60, 30)) as pilot:
        app.transcript.show([reply(f"```python\n{CODE}\n```", "b")])
        app.transcript.focus()
        row = next(y for y, row in enumerate(screen(app)) if "x = 1" in row)
        assert screen(app)[row].rstrip().endswith("›")
        for _ in range(40):
            await pilot.press("right")
        assert screen(app)[row].rstrip().endswith("1 + 1")
        await pilot.press("w")
        assert sum("1 + 1" in text for text in screen(app)) > 3
        assert not any("›" in text for text in screen(app))


async def test_no_control_character_reaches_the_strips() -> None:
    app = TranscriptApp()
    evil = "".join(
        map(chr, [*range(32), *range(0x7F, 0xA0), *range(0x202A, 0x202F), *range(0x2066, 0x206A)])
    )
    text = f"a{evil}b\n\n```\nc{evil}d\n```\n\n| e{evil} |\n|---|\n"
    async with app.run_test(size=(60, 60)):
        file = Attachment(name=f"x{evil}", media_type="text/plain", size=1)
        app.transcript.show(
            [
                Message(id="a", role=Role.USER, content=text, attachments=[file]),
                reply(text, "b", reasoning=evil, status=Status.ERROR, error=evil, hint=evil),
            ]
        )
        app.transcript.toggle_reasoning()
        shown = "".join(
            strip.text for strip in app.transcript.render_lines(app.transcript.size.region)
        )
        assert shown
        assert not set(shown) & set(evil)


@pytest.mark.parametrize("width", [40, 60, 120])
async def test_every_line_is_as_wide_as_the_pane(width: int) -> None:
    app = TranscriptApp()
    text = (
        "世界👩‍🚀 e\u0301\u200b ⚠️ 🇬🇧\n" * 9
        + "\n| 世 | 🦊 |\n|---|---|\n| e\u0301 | ไทย |\n\n```\n世界"
        + "界" * 99
    )
    async with app.run_test(size=(width, 50)):
        app.transcript.show([prompt(text, "a"), reply(text, "b")])
        pane = app.transcript
        for strip in pane.render_lines(pane.size.region):
            assert cell_len(strip.text) == strip.cell_length == pane.scrollable_content_region.width


async def test_another_palette_keeps_the_place() -> None:
    app = TranscriptApp()
    async with app.run_test(size=(60, 20)):
        app.transcript.show([reply(LONG, "b")], place=Place("b", 20))
        before = screen(app)
        light = Palette.from_theme(BUILTIN_THEMES["textual-light"])
        app.transcript.use_palette(light)
        assert screen(app) == before
        style = app.transcript.render_lines(app.transcript.size.region)[0]._segments[0].style
        assert style is not None
        assert style.bgcolor is not None
        assert style.bgcolor.name == light.background.lower()


async def test_the_offset_of_a_character_survives_the_measuring_above_it() -> None:
    app = TranscriptApp()
    async with app.run_test(size=(60, 20)):
        app.transcript.show([reply(LONG, str(n)) for n in range(20)], place=Place("10", 5))
        meta = app.transcript.render_line(3)._segments[-1].style
        assert meta is not None
        assert Offset(*meta.meta["offset"]).y >> 24 == 10
