"""What a reply shows of its thoughts, and that they are no part of its answer."""

from __future__ import annotations

import pytest
from textual.theme import BUILTIN_THEMES

from copilot_tui.conversation import Message, Role
from copilot_tui.terminal_text import harmless
from copilot_tui.tui.palette import Palette
from copilot_tui.tui.transcript.entries import Entry
from copilot_tui.tui.transcript.lines import Line
from copilot_tui.tui.transcript.look import Look
from copilot_tui.tui.transcript.thoughts import answer_start, thoughts

PALETTE = Palette.from_theme(BUILTIN_THEMES["textual-dark"])
TAGGED = "<think>\nIt is even.\n</think>\n\n**Yes**, it is.\n\n- two\n"


def look(*, is_open: bool = False) -> Look:
    shared = Look(PALETTE, 60)
    shared.reasoning_open = is_open
    return shared


def reply(content: str, **fields: object) -> Message:
    return Message(id="b", role=Role.ASSISTANT, content=content, model="m", **fields)  # type: ignore[arg-type]


def shown(entry: Entry) -> list[str]:
    lines = [entry.line(index) for index in range(entry.height)]
    return [line.text.rstrip() for line in lines if line is not None][2:]


def drawn(message: Message, *, is_open: bool = False) -> Entry:
    entry = Entry(message)
    entry.draw(look(is_open=is_open), 0.0)
    return entry


@pytest.mark.parametrize(
    ("content", "start"),
    [
        ("", 0),
        ("Yes", 0),
        ("a <think>b</think>", 0),
        ("<think>a</think>b", 16),
        ("\n <think>a</think>b", 18),
        ("<think>a", None),
        ("<thi", 0),
        ("<thinking>", 0),
    ],
)
def test_an_answer_begins_behind_the_thoughts(content: str, start: int | None) -> None:
    assert answer_start(content, has_ended=True) == start


@pytest.mark.parametrize("content", ["", " ", "<", "\n<thin", "<think>", "<think>a</thin"])
def test_where_an_answer_begins_is_not_known_too_early(content: str) -> None:
    assert answer_start(content, has_ended=False) is None


def test_thoughts_in_the_content_are_folded() -> None:
    message = reply(TAGGED)
    assert shown(drawn(message)) == ["▸ Thoughts", "", "Yes, it is.", "", "• two"]
    assert message.content == TAGGED


def test_thoughts_are_shown_when_asked_for_with_those_that_came_apart() -> None:
    entry = drawn(reply(TAGGED, reasoning="First."), is_open=True)
    assert shown(entry)[:5] == ["First.", "", "It is even.", "", "Yes, it is."]


def test_copied_blocks_have_no_thoughts() -> None:
    entry = drawn(reply(TAGGED))
    copied = [text for _, _, text in entry.blocks(0, entry.height)]
    assert copied == ["**Yes**, it is.", "- two"]


def test_thoughts_without_an_end_are_no_answer() -> None:
    entry = drawn(reply("<think>\nIt is"))
    assert shown(entry) == ["▸ Thoughts", ""]
    assert list(entry.blocks(0, entry.height)) == []


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (None, "▸ Thoughts"),
        (3.2, "▸ Thought for 3 s"),
        (0.4, "▸ Thought for a moment"),
    ],
)
def test_the_seconds_are_those_of_the_message(seconds: float | None, said: str) -> None:
    message = reply("Yes", reasoning="because", reasoning_s=seconds)
    assert shown(drawn(message))[0] == said


def test_thoughts_that_stream_are_seen_until_the_answer_comes() -> None:
    message = reply("")
    shared = look()
    entry = Entry(message, live_since=0.0)
    entry.draw(shared, 0.0)
    for piece in TAGGED:
        message.append(piece)
        entry.take()
        entry.draw_head(shared, 1.0)
        words = "\n".join(shown(entry))
        assert "<" not in words
        if message.content.endswith("even."):
            assert words == "It is even.\n"
    assert shown(entry)[0] == "▸ Thoughts"
    entry.end(shared, 1.0)
    assert shown(entry) == shown(drawn(message))


@pytest.mark.parametrize("content", ["<thi", "<think>half", "< b", "<thinker> x"])
def test_a_reply_that_ends_early_shows_what_the_whole_shows(content: str) -> None:
    message = reply("")
    shared = look()
    entry = Entry(message, live_since=0.0)
    entry.draw(shared, 0.0)
    for piece in content:
        message.append(piece)
        entry.take()
        entry.draw_head(shared, 1.0)
    entry.end(shared, 1.0)
    assert shown(entry) == shown(drawn(message))


GROWING = [
    "First, a thought that is longer than a line of sixty characters, and then another.\n\n",
    "\tTabs\tin it,\tand\n a\tb  \n\n\n",
    "世界、你好。長い文です，改行。\x1b[31m 👩‍🚀 e\u0301 " + "word " * 40,
    "\n\n",
    "The end.\n\n",
]


@pytest.mark.parametrize("step", [1, 2, 7, 61])
@pytest.mark.parametrize("is_tagged", [True, False])
def test_open_thoughts_that_grow_look_at_every_moment_like_the_whole(
    step: int, is_tagged: bool
) -> None:
    message = reply("")
    shared = look(is_open=True)
    entry = Entry(message, live_since=0.0)
    entry.draw(shared, 0.0)
    text = "\n" + "".join(GROWING)
    if is_tagged:
        text = f"<think>{text}</think>answer"
    for start in range(0, len(text), step):
        piece = text[start : start + step]
        if is_tagged:
            message.append(piece)
        else:
            message.append_reasoning(piece)
        entry.take()
        entry.draw_head(shared, 0.0)
        whole = Entry(message, live_since=0.0)
        whole.draw(shared, 0.0)
        assert [seen(line) for line in entry.head] == [seen(line) for line in whole.head]
        plain = thoughts(message, entry.answer)
        expected = shared.plain(harmless(plain).strip("\n"), PALETTE.quiet) if plain.strip() else []
        assert [line.text for line in entry.head[2:-1]] == [line.text for line in expected]
        assert [line.joint for line in entry.head[2:-1]] == [line.joint for line in expected]


def seen(line: Line) -> tuple[object, ...]:
    """What a line shows, and what a copy takes of it."""
    text = "".join(segment.text for segment in line.segments)
    return text, {segment.style for segment in line.segments}, line.cells, line.size, line.joint


def test_of_open_thoughts_that_grow_only_the_new_ones_are_wrapped() -> None:
    message = reply("")
    shared = look(is_open=True)
    entry = Entry(message, live_since=0.0)
    entry.draw(shared, 0.0)
    message.append_reasoning("Many words are thought of here. " * 100)
    entry.draw_head(shared, 0.0)
    first = entry.head[2:30]
    message.append_reasoning("And more. " * 50)
    entry.draw_head(shared, 0.0)
    assert all(kept is line for kept, line in zip(entry.head[2:30], first, strict=True))
