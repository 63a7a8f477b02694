"""The messages under each other: which are drawn, and how far."""

from __future__ import annotations

from textual.theme import BUILTIN_THEMES

from copilot_tui.conversation import Message, Role
from copilot_tui.tui.palette import Palette
from copilot_tui.tui.transcript.look import Look
from copilot_tui.tui.transcript.stack import Stack

PALETTE = Palette.from_theme(BUILTIN_THEMES["textual-dark"])
LONG = "\n\n".join(f"- item {number}\n\n  `more`" for number in range(900))
"""So long that its blocks are drawn when they are seen, and higher than it is thought to be."""


def stack_of(*texts: str) -> Stack:
    stack = Stack(lambda: 0.0)
    messages = [
        Message(id=str(number), role=Role.ASSISTANT, content=text)
        for number, text in enumerate(texts)
    ]
    stack.fill(messages, ())
    stack.use(Look(PALETTE, 40))
    return stack


def test_what_is_looked_at_stays_drawn_while_others_come_and_go() -> None:
    stack = stack_of(*("words" for _ in range(900)))
    first = stack.entry(0)
    for index in range(1, 900):
        stack.entry(index)
        assert stack.entry(0) is first
    assert len(stack.drawn) <= 300


def test_all_in_sight_is_drawn_and_nothing_beyond() -> None:
    stack = stack_of("One", LONG, "Three")
    assert stack.draw_down(0, 0, 50)
    units = stack.entry(1).document.units
    drawn = [unit.lines is not None for unit in units]
    top = stack.heights.before(1) + len(stack.entry(1).head)
    count = drawn.count(True)
    assert drawn == [True] * count + [False] * (len(units) - count)
    assert 50 < top + sum(unit.height for unit in units[:count]) <= 50 + 5
    assert not stack.draw_down(0, 0, 10_000)
    height = stack.heights.total
    assert height < 10_000
    assert stack.draw_down(0, 0, height - 1)
    assert not stack.draw_down(0, 0, height)
