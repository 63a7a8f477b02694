"""Reading by the keyboard alone: links, jumps, selecting."""

from __future__ import annotations

from tests.tui.test_transcript import TranscriptApp, flushed, prompt, reply

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
