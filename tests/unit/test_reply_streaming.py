"""A message that streams: thoughts, line ends and answer, cut anywhere, look as the stored one."""

from __future__ import annotations

import pytest
from textual.theme import BUILTIN_THEMES

from copilot_tui.conversation import Message, Role
from copilot_tui.tui.palette import Palette
from copilot_tui.tui.transcript.entries import Entry
from copilot_tui.tui.transcript.look import Look
from tests.unit.test_markdown_streaming import CORPUS

PALETTE = Palette.from_theme(BUILTIN_THEMES["textual-dark"])

REPLIES = {
    "thoughts": (
        "<think>\nIt is *even*.\n\n- so\n</think>\n\n# Yes\n\n1. two\n2. <think>not\n"
        "</think>"
    ),
    "line ends": (
        "One\r\ntwo\r\n\r\n- a\r\n- b\r\n\r\n```py\r\nx = 1\r\n```\r\n| a | b |\r\n"
        "|---|---|\r\n| c |\r\n"
    ),
    "controls": "a \x1b[31mred\x1b[0m \u202eb\n\n- \x07c\n\n`\x00d`\n",
    "everything": "<think>Hm</think>" + "\n\n".join(CORPUS.values()),
}  # fmt: skip


def look(*, is_open: bool, width: int) -> Look:
    shared = Look(PALETTE, width, colours=False)
    shared.reasoning_open = is_open
    return shared


def seen(entry: Entry) -> list[tuple[str, set[object]]]:
    lines = [*entry.head[2:], *entry.document.lines]
    return [(line.text, {segment.style for segment in line.segments}) for line in lines]


def reply(content: str) -> Message:
    return Message(id="b", role=Role.ASSISTANT, content=content, model="m")


@pytest.mark.parametrize("width", [40, 80, 120])
@pytest.mark.parametrize("is_open", [True, False])
@pytest.mark.parametrize("name", REPLIES)
def test_a_reply_cut_anywhere_looks_as_the_stored_one(name: str, is_open: bool, width: int) -> None:
    content = REPLIES[name]
    shared = look(is_open=is_open, width=width)
    message = reply("")
    entry = Entry(message, live_since=0.0)
    entry.draw(shared, 0.0)
    step = 1 if len(content) < 500 else 7
    for position in range(0, len(content), step):
        message.append(content[position : position + step])
        entry.take()
        entry.draw_head(shared, 0.0)
        if position % 5 == 0:
            whole = Entry(reply(message.content), live_since=0.0)
            whole.draw(shared, 0.0)
            whole.take()
            whole.draw_head(shared, 0.0)
            assert seen(entry) == seen(whole), message.content
    entry.end(shared, 0.0)
    stored = Entry(reply(content))
    stored.draw(shared, 0.0)
    assert seen(entry) == seen(stored)
