from __future__ import annotations

from collections.abc import Iterator

import pytest
from textual.color import Color
from textual.pilot import Pilot
from textual.theme import Theme

from copilot_tui.conversation import Attachment
from copilot_tui.store import Store
from copilot_tui.tui.palette import READABLE, contrast
from copilot_tui.tui.screens.dialog import Dialog
from copilot_tui.tui.themes import DARK, LIGHT
from tests.tui.conftest import MakeApp
from tests.tui.test_app import app_of, saved_conversation, until

MARKS = frozenset("▌▎▂▄▁▃▅▆▇█▔▀─│┼╭╮╰╯━ ")
"""Bars, rules and borders: they are seen and not read."""

REPLY = (
    "# Heading\n\nText, `code`, **bold** and a [link](https://example.org).\n\n> A quote\n\n"
    "- item\n\n1. number\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\n$x^2$\n\n"
    "```python\ndef f(x: int) -> str:  # comment\n    return f'{x}' + 1\n```\n"
)


def unreadable(pilot: Pilot[int]) -> Iterator[str]:
    """The texts in sight that stand out too little from what is behind them."""
    screen = pilot.app.screen
    boxes = [each.region for each in screen.children if each.display]
    # Around a dialog's box all is veiled.
    box = boxes[0] if boxes and isinstance(screen, Dialog) else screen.region
    for strip in screen._compositor.render_strips()[box.y : box.bottom]:
        for segment in strip.crop(box.x, box.right):
            style = segment.style
            if set(segment.text) <= MARKS or style is None:
                continue
            assert style.color is not None, segment
            assert style.bgcolor is not None, segment
            pair = [style.color, style.bgcolor]
            front, back = (Color.from_rich_color(each) for each in pair)
            found = contrast(front, back)
            if found < READABLE - 0.05:
                yield f"{segment.text.strip()!r} {front.hex} on {back.hex}: {found:.2f}"


OPENED_BY = {
    "the empty app": (),
    "the sidebar": ("tab", "down"),
    "the sidebar's filter": ("tab", "slash", "x"),
    "find": ("tab", "tab", "slash", *"text"),
    "hints": ("alt+y",),
    "help": ("f1",),
    "commands": ("ctrl+p",),
    "the picker": ("ctrl+o",),
    "the settings": ("ctrl+t",),
    "search": ("ctrl+f", *"text"),
    "the title": ("f2",),
    "the request": ("alt+s",),
    "files": ("alt+a",),
    "prompts": ("alt+h",),
    "an edit": ("alt+e",),
    "a notice": ("ctrl+c",),
}


@pytest.mark.parametrize("theme", [DARK, LIGHT], ids=["dark", "light"])
@pytest.mark.parametrize("keys", OPENED_BY.values(), ids=OPENED_BY)
async def test_all_text_can_be_read_wherever_it_is_painted(
    make_app: MakeApp, store: Store, theme: Theme, keys: tuple[str, ...]
) -> None:
    saved_conversation(store, "older", "q", "a")
    kept = saved_conversation(store, "kept", "A prompt", REPLY)
    prompt, reply = kept.messages.values()
    prompt.attachments = [Attachment("main.py", "text/x-python", 3, text="x=1")]
    reply.reasoning = "Hm."
    store.save(kept)
    app = make_app(continue_last=True, dark=theme.dark)
    async with app.run_test(size=(120, 60)) as pilot:
        await until(pilot, lambda: app_of(pilot).shown.title == "kept")
        await pilot.press(*keys)
        await pilot.pause()
        await until(pilot, lambda: app.held_keys._held is None)
        assert not list(unreadable(pilot))
