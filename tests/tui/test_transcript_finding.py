"""Finding words as they are seen: over wrapped lines, in any case, in code and thoughts."""

from __future__ import annotations

import pytest
from rich.cells import set_cell_size
from textual.geometry import Offset

from copilot_tui.tui.transcript.needle import Needle
from tests.tui.test_transcript import TranscriptApp, prompt, reply, screen

ROOM = "\n\n".join(["between"] * 30)


def marked(app: TranscriptApp) -> list[tuple[int, int, str]]:
    """Line of the pane, column and text of what is marked."""
    pane = app.transcript
    palette = pane._painter.palette
    assert palette is not None
    found = []
    for y, strip in enumerate(pane.render_lines(pane.size.region)):
        x = 0
        for text, style, _ in strip:
            here = style is not None and style.bgcolor == palette.found.bgcolor
            there = style is not None and style.underline and style.color == palette.marked.color
            if here or there:
                found.append((y, x, text))
            x += len(text)
    return found


def texts(app: TranscriptApp) -> list[str]:
    return [text for _, _, text in marked(app)]


@pytest.mark.parametrize(
    ("source", "words", "found"),
    [
        ("some words beta gamma end", "beta gamma", ["beta", "gamma"]),
        ("some words beta\ngamma end", "BETA  gamma", ["beta", "gamma"]),
        ("- x\n  - some words b**eta**\n    `gamma`", "eta gamma", ["eta", "gamma"]),
        ("> some words *beta*\n> gamma", "beta gamma", ["beta", "gamma"]),
        ("**Note:** this", "note: THIS", ["Note:", " this"]),
        ("Die Straße STRASSE", "strasse", ["Straße", "STRASSE"]),
        ("Die Straße STRASSE", "Straße", ["Straße", "STRASSE"]),
        ("In İstanbul", "İSTANBUL", ["İstanbul"]),
        ("ﬁ and cafe\u0301 café", "CAFE\u0301", ["cafe\u0301", "café"]),
        ("ﬁ and cafe\u0301 café", "Fi", ["ﬁ"]),
        ("漢字" * 9 + "世界" + "漢字", "漢世界漢", []),
        ("漢字" * 7 + "世界漢字", "字世界漢", ["字世", "界漢"]),
        ("👩‍👩‍👧 family 👩‍👩‍👧", "👩‍👩‍👧", ["👩‍👩‍👧", "👩‍👩‍👧"]),
        ("a.b a*b \\*x", "a.b", ["a.b"]),
        ("end of one\n\nbegin of two", "one begin", []),
        ("no m here", "m", ["m"]),  # and not the name of the model
        ("anything", "   ", []),
    ],
)
async def test_words_are_found_as_they_are_seen(source: str, words: str, found: list[str]) -> None:
    app = TranscriptApp()
    async with app.run_test(size=(19, 20)):
        app.transcript.show([prompt("?", "a"), reply(source, "b")])
        pieces = "".join(texts(app)).split()
        assert not pieces
        count = app.transcript.find(words)
        shown = "".join(texts(app)).replace(" ", "")
        assert shown == "".join(found).replace(" ", "")
        assert (count > 0) == bool(found)
        app.transcript.find("")
        assert not marked(app)


async def test_n_goes_to_matches_that_are_broken_and_to_such_as_are_not_and_back_again() -> None:
    app = TranscriptApp()
    words = f"alpha beta {ROOM} and some alpha\nbeta {ROOM}\n\n> *alpha*\n> beta {ROOM}"
    async with app.run_test(size=(24, 12)):
        app.transcript.show([prompt("alpha beta", "a"), reply(words, "b"), reply(words, "c")])
        app.transcript.action_scroll_home()
        assert app.transcript.find("alpha beta") == 7
        there = [app.transcript._finder.found]
        for _ in range(6):
            assert app.transcript.find_next()
            assert "".join(texts(app)).replace(" ", "").startswith("alphabeta")
            there.append(app.transcript._finder.found)
        assert there == sorted(set(there), key=lambda place: place or (0, 0))
        assert app.transcript.find_next()
        assert app.transcript._finder.found == there[0]
        back = []
        for _ in range(7):
            app.transcript.find_next(-1)
            back.append(app.transcript._finder.found)
        assert back == there[::-1]


async def test_what_no_line_shows_is_found_at_its_block() -> None:
    app = TranscriptApp()
    table = "| a | b |\n|---|---|\n| one two | x |"
    async with app.run_test(size=(40, 12)):
        text = f"First\n\n[a link](https://hidden.example)\n\n{ROOM}\n\n{table}\n\n{ROOM}"
        app.transcript.show([reply(text, "b")])
        app.transcript.action_scroll_home()
        assert app.transcript.find("hidden.example") == 1
        assert app.transcript._finder.found == (0, 4)
        assert "a link" in screen(app)[4]
        assert app.transcript.find("two | x") == 1
        assert any("one two │ x" in row for row in screen(app))


async def test_thoughts_unfold_where_they_alone_have_the_words() -> None:
    app = TranscriptApp()
    messages = [
        reply("<think>deep secret</think>An answer", "a"),
        reply("Plain answer", "b", reasoning="another secret thought", reasoning_s=2.0),
    ]
    async with app.run_test(size=(40, 20)):
        app.transcript.show(messages)
        assert app.transcript.find("thought") == 1
        assert texts(app) == ["thought"]
        app.transcript.toggle_reasoning()
        assert app.transcript.find("answer") == 2
        assert not any("secret" in row for row in screen(app))  # they stay folded
        assert app.transcript.find("Thought for") == 0
        assert app.transcript.find("secret") == 2
        assert texts(app) == ["secret", "secret"]
        assert app.transcript.find_next()
        assert app.transcript._finder.found == (1, 2)


CODE = f"short\n{'0123456789' * 10}needle end\n世界世界 needle {'x' * 100} needle"


async def test_code_scrolls_sideways_to_the_match_and_the_mark_lies_on_it() -> None:
    app = TranscriptApp()
    async with app.run_test(size=(40, 12)):
        app.transcript.show([reply(f"```\n{CODE}\n```", "b")])
        assert app.transcript.find("needle") == 3
        y, x, text = marked(app)[0]
        assert (text, screen(app)[y][x : x + 6]) == ("needle", "needle")
        assert app.transcript.find_next()
        assert [text for row, _, text in marked(app) if row == y + 1] == ["needle"]
        for _ in range(20):  # wherever it is scrolled to
            for row, column, text in marked(app):
                assert column >= 3
                assert screen(app)[row][column : column + len(text)] == text
                assert "needle".endswith(text) or "needle".startswith(text)
            app.transcript.action_code_right()
        app.transcript.find("short")
        assert texts(app) == ["short"]


async def test_a_word_in_code_that_is_scrolled_is_selected_where_it_is_clicked() -> None:
    app = TranscriptApp()
    words = "世界 " + " ".join(f"word{number}" for number in range(40))
    async with app.run_test(size=(40, 12)):
        app.transcript.show([reply(f"```\n{words}\n```\n\n```\n{'y ' * 30}\n```", "b")])
        for shift in range(0, 240, 8):
            row = screen(app)[2]
            for column in range(3, 37):
                app.transcript._painter.shift = shift
                app.transcript._painter.forget()
                row = screen(app)[2]
                place = len(set_cell_size(row, column + 1)) - 1
                if place < len(row) and row[place] not in " ›":
                    app.transcript.select_at(Offset(column, 2), whole=False)
                    assert app.transcript.selected_source() in words.split()
                    shown = row[: place + 1].split()[-1] + row[place + 1 :].partition(" ")[0]
                    assert shown.rstrip("›") in app.transcript.selected_source()
        assert "y y" in screen(app)[4]  # it is shorter, and scrolled no further than its end
        app.transcript.select_at(Offset(36, 4), whole=False)
        assert app.transcript.selected_source() == "y"


@pytest.mark.parametrize("mark", ["*", "`", " ", "* ", "a ", "a\n", "\n> ", "_a", "世"])
@pytest.mark.parametrize("words", ["* b", " b", "a b", "` ` `", "a  a b", "世 b", "> > b"])
def test_a_text_of_one_mark_alone_is_looked_through_in_one_go(mark: str, words: str) -> None:
    needle = Needle(words)
    text = mark * 300_000
    assert needle.count(text) == 0
    assert not list(needle.spans(text))
    assert needle.count(f"{text}\n\n{words.strip()} ") == 1
