"""Reading by the keyboard alone: links, jumps, selecting."""

from __future__ import annotations

import pytest

from copilot_tui.conversation import Role
from copilot_tui.tui.transcript import Place, Transcript
from tests.tui.test_transcript import LONG, TranscriptApp, flushed, prompt, reply, screen

LINKS = "See [one](https://a.b/1), **[two](https://a.b/2)** and https://a.b/3 there."


def marked(app: TranscriptApp) -> str:
    """The text on which the mark of the link lies."""
    pane = app.transcript
    look = pane._palette.found if pane._palette is not None else None
    assert look is not None
    return " ".join(
        segment.text
        for strip in pane.render_lines(pane.size.region)
        for segment in strip
        if segment.style is not None and segment.style.bgcolor == look.bgcolor
    )


async def test_the_links_in_sight_are_gone_through_and_enter_follows_the_marked_one() -> None:
    app = TranscriptApp()
    async with app.run_test(size=(60, 20)) as pilot:
        app.transcript.show([prompt("https://no.link", "p"), reply(LINKS, "b")])
        app.transcript.focus()
        seen = []
        for _ in range(4):
            assert app.transcript.mark_link(1)
            seen.append(marked(app))
            await pilot.press("enter")
        app.transcript.mark_link(-1)
        await pilot.press("enter")
        assert seen == ["one", "two", "https://a.b/3", "one"]
        assert app.links == [f"https://a.b/{number}" for number in (1, 2, 3, 1, 3)]


async def test_a_link_that_is_wrapped_is_one_link() -> None:
    app = TranscriptApp()
    async with app.run_test(size=(30, 20)):
        words = "many words of a link that is wrapped here and there"
        app.transcript.show([reply(f"A [{words}](https://a.b/1) and [b](https://a.b/1)", "b")])
        app.transcript.mark_link(1)
        assert marked(app) == words
        app.transcript.mark_link(1)
        assert marked(app) == "b"


async def test_enter_follows_nothing_where_no_link_is_marked_or_in_sight() -> None:
    app = TranscriptApp()
    async with app.run_test(size=(60, 20)) as pilot:
        app.transcript.show([reply("No link.", "a")])
        app.transcript.focus()
        assert not app.transcript.mark_link(1)
        await pilot.press("enter")
        app.transcript.show([reply(LINKS + "\n\nword" * 60, "b")])
        assert not app.transcript.mark_link(1)
        app.transcript.action_scroll_home()
        assert app.transcript.mark_link(-1)
        app.transcript.action_scroll_end()
        await pilot.press("enter")
        assert app.links == []


async def test_the_mark_goes_with_the_focus_and_with_the_line_that_it_lies_on() -> None:
    app = TranscriptApp()
    async with app.run_test(size=(60, 20)) as pilot:
        message = reply("[a](https://a.b/1)\n\nSee https://a.b/2", "b")
        app.transcript.show([message], live={"b"})
        app.transcript.focus()
        app.transcript.mark_link(1)
        message.append("/more")
        app.transcript.grow("b")
        await flushed(app, pilot)
        assert marked(app) == "a"
        app.transcript.mark_link(1)
        assert marked(app) == "https://a.b/2/more"
        message.append("/and/more")
        app.transcript.grow("b")
        await flushed(app, pilot)
        assert marked(app) == ""
        app.transcript.mark_link(1)
        app.transcript.blur()
        await pilot.pause()
        assert marked(app) == ""


async def test_jumps_go_from_message_to_message_and_from_prompt_to_prompt() -> None:
    app = TranscriptApp()
    async with app.run_test(size=(60, 20)):
        messages = [
            prompt(f"P{n}", f"p{n}") if n % 2 == 0 else reply(LONG, f"r{n}") for n in range(8)
        ]
        app.transcript.show(messages)

        def at() -> str:
            place = app.transcript.place
            return place.message_id if place is not None else "end"

        assert at() == "end"
        backwards = []
        for _ in range(9):
            app.transcript.jump(-1)
            backwards.append(at())
        assert backwards == ["r7", "p6", "r5", "p4", "r3", "p2", "r1", "p0", "p0"]
        assert "P0" in screen(app)[1]
        forwards = []
        for _ in range(8):
            app.transcript.jump(1)
            forwards.append(at())
        assert forwards == ["r1", "p2", "r3", "p4", "r5", "p6", "r7", "end"]
        prompts = []
        for direction in (-1, -1, -1, -1, -1, 1, 1, 1, 1):
            app.transcript.jump(direction, Role.USER)
            prompts.append(at())
        assert prompts == ["p6", "p4", "p2", "p0", "p0", "p2", "p4", "p6", "end"]


async def test_a_jump_back_goes_first_to_the_start_of_what_is_read() -> None:
    app = TranscriptApp()
    async with app.run_test(size=(60, 20)):
        app.transcript.show([reply(LONG, "a"), reply(LONG, "b"), reply(LONG, "c")])
        app.transcript.action_scroll_home()
        app.transcript.jump(1)
        start = app.transcript.place
        app.transcript.action_page_down()
        app.transcript.jump(-1)
        assert app.transcript.place == start
        app.transcript.action_scroll_up()
        assert app.transcript.place == Place("b", 0)
        app.transcript.jump(-1)
        assert app.transcript.place == Place("a", 0)


async def test_an_empty_transcript_has_nowhere_to_jump() -> None:
    app = TranscriptApp()
    async with app.run_test(size=(60, 20)):
        app.transcript.jump(-1)
        app.transcript.jump(1, Role.USER)
        assert app.transcript.place is None


async def test_lines_are_selected_by_the_arrows_and_give_their_source() -> None:
    app = TranscriptApp()
    code = "one = 1\n\n\ntwo = 2  \nthree = 3"
    async with app.run_test(size=(60, 30)) as pilot:
        app.transcript.show([prompt("Q", "q"), reply(f"**Some** words\n\n```py\n{code}\n```", "b")])
        app.transcript.focus()
        assert app.transcript.select() is not None
        assert app.transcript.selected_source() == "three = 3"
        await pilot.press("up")
        assert app.transcript.selected_source() == "two = 2  "
        cursor = app.transcript.select()
        assert cursor is not None
        assert cursor.held == cursor.line
        await pilot.press("up")
        assert app.transcript.selected_source() == "one = 1\n\n\ntwo = 2  "
        await pilot.press("down", "down")
        assert app.transcript.selected_source() == "two = 2  \nthree = 3"
        await pilot.press("home")
        assert app.transcript.selected_source().startswith("Q\n\n**Some** words\n\none = 1")
        assert app.transcript.select() is None
        assert app.transcript.selected_source() == ""


async def test_shift_and_arrows_extend_at_once_and_the_line_stays_in_sight() -> None:
    app = TranscriptApp()
    async with app.run_test(size=(60, 20)) as pilot:
        app.transcript.show([reply(LONG, "a"), reply(LONG, "b")])
        app.transcript.focus()
        app.transcript.action_scroll_home()
        await pilot.press(*["shift+down"] * 30)
        paragraphs = LONG.split("\n\n")
        assert app.transcript.selected_source() == "\n\n".join(paragraphs[:31])
        assert paragraphs[30] in screen(app)[-1]
        await pilot.press(*["shift+up"] * 40)
        assert app.transcript.selected_source() == paragraphs[0]
        assert paragraphs[0] in screen(app)[0]
        await pilot.press("pagedown")
        assert app.transcript.selected_source() == "\n\n".join(paragraphs[:11])
        app.transcript.jump(1)
        assert app.transcript.selected_source() == LONG + "\n\n" + paragraphs[0]
        await pilot.press("end")
        assert app.transcript.selected_source() == LONG + "\n\n" + LONG


async def test_what_the_mouse_selects_ends_selecting_by_the_keyboard() -> None:
    app = TranscriptApp()
    async with app.run_test(size=(60, 20)) as pilot:
        app.transcript.show([reply(LONG, "a"), reply(LONG, "b")])
        app.transcript.focus()
        app.transcript.action_scroll_home()
        app.transcript.select()
        await pilot.click(Transcript, offset=(5, 4), times=2)
        selected = app.transcript.selected_source()
        await pilot.press("down")
        assert app.transcript.selected_source() == selected == "Paragraph"
        assert app.transcript.place == Place("a", 1)


async def test_selecting_begins_at_the_match_that_was_found() -> None:
    app = TranscriptApp()
    async with app.run_test(size=(60, 20)):
        app.transcript.show([reply(LONG, "a")])
        app.transcript.action_scroll_home()
        app.transcript.find("Paragraph 7 ")
        app.transcript.select()
        assert app.transcript.selected_source().startswith("Paragraph 7 ")


async def test_an_empty_transcript_has_no_line_to_select() -> None:
    app = TranscriptApp()
    async with app.run_test(size=(60, 20)) as pilot:
        app.transcript.focus()
        assert app.transcript.select() is None
        app.transcript.show([reply("", "a")])
        await pilot.press("shift+up", "down", "home", "end")
        assert app.transcript.select() is None


@pytest.mark.parametrize(
    ("start", "end", "rows"),
    [
        ((2, 5), (59, 9), (5, 9)),  # the scrollbar, below where it began
        ((12, 9), (59, 5), (6, 9)),  # and above: the text is to the left of it
        ((2, 5), (30, 21), (5, 19)),  # what is below the pane
    ],
)
async def test_a_drag_that_leaves_the_text_selects_to_where_the_mouse_is(
    start: tuple[int, int], end: tuple[int, int], rows: tuple[int, int]
) -> None:
    app = TranscriptApp()
    async with app.run_test(size=(60, 24)) as pilot:
        app.transcript.styles.height = 20
        await pilot.pause()
        app.transcript.show([reply(LONG, "a"), reply(LONG, "b")])
        app.transcript.action_scroll_home()
        await pilot.mouse_down(Transcript, offset=start)
        await pilot.hover(Transcript, offset=end)
        await pilot.mouse_up(Transcript, offset=end)
        await pilot.pause()
        lines = [row.strip() for row in screen(app)[rows[0] : rows[1] + 1]]
        shown = [line for line in lines if line]
        selected = app.transcript.selected_source().split("\n\n")
        assert len(selected) == len(shown) > 1
        assert selected[:-1] == shown[:-1]
        assert shown[-1].startswith(selected[-1])


async def test_a_drag_from_beside_the_transcript_selects_what_is_in_sight_of_it() -> None:
    app = TranscriptApp()
    async with app.run_test(size=(60, 24)) as pilot:
        app.transcript.styles.height = 20
        await pilot.pause()
        app.transcript.show([reply(LONG, "a"), reply(LONG, "b")])
        app.transcript.action_scroll_home()
        await pilot.mouse_down(offset=(30, 22))
        await pilot.hover(offset=(0, 10))
        await pilot.mouse_up(offset=(0, 10))
        await pilot.pause()
        lines = [line for row in screen(app)[10:] if (line := row.strip())]
        assert app.transcript.selected_source().split("\n\n") == lines


async def test_a_pane_that_is_hidden_takes_every_key_and_is_at_the_end_when_it_comes() -> None:
    app = TranscriptApp()
    async with app.run_test(size=(60, 20)) as pilot:
        app.transcript.display = False
        await pilot.pause()
        app.transcript.show([prompt("P", "p"), reply(LONG, "r")])
        app.transcript.jump(-1)
        app.transcript.jump(1, Role.USER)
        app.transcript.action_page_up()
        app.transcript.action_extend(1)
        app.transcript.find("word")
        assert app.transcript.select() is None
        assert not app.transcript.mark_link(1)
        assert app.transcript.show_hints() == {}
        app.transcript.action_scroll_end()
        app.transcript.display = True
        await pilot.pause()
        assert "Paragraph 59" in screen(app)[-1]
