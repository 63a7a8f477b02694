"""Text from elsewhere that would control the terminal if it were painted as it is."""

from __future__ import annotations

import pytest

from copilot_tui.conversation import (
    Message,
    Role,
    TitleSource,
    new_conversation,
    new_id,
    utc_now,
)
from tests.pty.conftest import Desktop
from tests.pty.emulator import Emulator, Picture
from tests.server import DONE, Server, chunk, finish

pytestmark = pytest.mark.pty

HOSTILE = "evil\x1b]0;OWNED\x07\u202ereversed\x9b31mred\u2066turned\x08"
HARMFUL = [b"OWNED\x07", b"\x1b]0;OWNED", *(c.encode() for c in "\u202e\x9b\u2066")]


def save_hostile(desktop: Desktop, *, title: str = "harmless", prompt: str = "harmless") -> None:
    conversation = new_conversation(now=utc_now())
    conversation.title, conversation.title_source = title, TitleSource.USER
    asked = conversation.add(Message(id=new_id(), role=Role.USER, content=prompt))
    conversation.add(
        Message(id=new_id(), role=Role.ASSISTANT, parent_id=asked.id, content="An answer.")
    )
    desktop.store.save(conversation)


def test_nothing_is_shifted_by_characters_that_terminals_draw_in_other_widths(
    desktop: Desktop,
) -> None:
    save_hostile(desktop, title="⚠️ 👍🏽 👩‍🚀 x", prompt="Row\n" * 6)
    window = desktop.start("--continue", size=(100, 24))
    window.wait_for_text("An answer.")
    window.type(b"\x1b[21~\x1b[21~")  # F10 paints every line as a whole
    window.wait_for(lambda: window.painted.count("👩‍🚀".encode()) >= 3)
    picture = Picture((100, 24))
    picture.feed(window.known_painted())
    bars = {(x, y) for (x, y), cell in picture.cells.items() if cell.data == "▌"}
    assert len(bars) >= 7  # of the prompt's lines, and of the one that is written
    assert {x for x, _ in bars} == {27}
    assert any("⚠" in picture.line(y) for _, y in bars)


def assert_nothing_harmful_is_painted(window: Emulator) -> None:
    assert [found for found in HARMFUL if found in window.painted] == []


def test_a_hostile_prompt_that_is_recalled_is_painted_harmless_and_sent_as_it_was(
    desktop: Desktop, server: Server
) -> None:
    server.stream(chunk("Hello"), finish(), DONE)
    save_hostile(desktop, prompt=HOSTILE)
    window = desktop.start("--continue")
    window.wait_for_text("An answer.")
    window.type(b"\x1b[A")
    window.wait_for(lambda: window.text.count("31mred") == 2, "the prompt twice")
    window.type(b"!")
    window.wait_for_text("turned!")
    window.type(b"\r")
    window.wait_for(lambda: server.requests)
    assert server.requests[0].json["messages"][-1]["content"] == HOSTILE + "!"
    assert_nothing_harmful_is_painted(window)


def test_a_hostile_title_is_harmless_in_the_dialog_that_renames(desktop: Desktop) -> None:
    save_hostile(desktop, title=HOSTILE)
    window = desktop.start("--continue")
    window.wait_for_text("An answer.")
    window.type(b"\x1bOQ")
    window.wait_for_text("Title of the conversation", "Enter saves")
    assert_nothing_harmful_is_painted(window)


@pytest.mark.parametrize(
    ("keys", "opened"),
    [
        pytest.param(b"", "Ask anything", id="the prompt"),
        pytest.param(b"\x06", "Search all conversations", id="search"),
        pytest.param(b"\x0f", "Type to narrow", id="the picker"),
        pytest.param(b"\x10", "Type a command's name", id="the palette"),
        pytest.param(b"\x1bOQ", "Title of the conversation", id="rename"),
        pytest.param(b"\x1b[<0;60;10M\x1b[<0;60;10m/", "Find in this conversation", id="find"),
    ],
)
def test_what_is_pasted_is_painted_harmless(desktop: Desktop, keys: bytes, opened: str) -> None:
    save_hostile(desktop)
    window = desktop.start("--continue")
    window.wait_for_text("An answer.")
    window.type(keys)
    window.wait_for_text(opened)
    window.type(b"\x1b[200~abc\xc2\x9b31m\xe2\x80\xaered\xe2\x81\xa6\x1b[201~")
    window.wait_for_text("31mred")
    assert_nothing_harmful_is_painted(window)
