from __future__ import annotations

from time import monotonic

import pytest

from copilot_tui.conversation import Status
from copilot_tui.store import ViewState
from tests.pty.conftest import Desktop
from tests.pty.emulator import Emulator
from tests.server import DONE, Server, chunk, finish

pytestmark = pytest.mark.pty

QUIT = b"\x11"
LEFT = b"\x1b[D"
PAGE_UP = b"\x1b[5~"


def leave(window: Emulator, how: str) -> None:
    if how == "quit":
        window.type(QUIT)
        assert window.ended() == 0
    else:
        window.kill()


@pytest.mark.parametrize(
    "text", ["one line", "zwei\nZeilen", "漢字\u3000かな", "👩\u200d👩\u200d👧\xa0!"]
)
def test_typed_text_survives_a_kill_one_second_later(desktop: Desktop, text: str) -> None:
    window = desktop.start()
    for character in text:
        window.type(character.encode())
    typed_at = monotonic()
    window.wait_for(lambda: monotonic() > typed_at + 1)
    window.kill()
    assert desktop.drafts() == [(text, len(text))]


def test_a_draft_is_on_disk_within_a_second_while_somebody_types_on(desktop: Desktop) -> None:
    window = desktop.start()
    typed: list[float] = []

    def type_one() -> bool:
        window.type(b"x")
        typed.append(monotonic())
        return typed[-1] - typed[0] > 2.5

    window.wait_for(type_one)
    killed_at = monotonic()
    window.kill()
    [(text, _)] = desktop.drafts()
    assert len(text) >= sum(moment < killed_at - 1 for moment in typed)


@pytest.mark.parametrize("how", ["quit", "kill"])
def test_the_draft_and_its_caret_come_back(desktop: Desktop, how: str) -> None:
    window = desktop.start()
    window.type(b"first line\nsecnd")
    window.type(LEFT * 2)
    window.wait_for(lambda: desktop.drafts() == [("first line\nsecnd", 14)])
    leave(window, how)
    window = desktop.open("--continue")
    window.wait_for_text("first line", "secnd")
    window.type(b"o")
    window.wait_for(lambda: desktop.drafts() == [("first line\nsecond", 15)])


def test_a_draft_that_was_sent_does_not_come_back(desktop: Desktop, server: Server) -> None:
    server.stream(chunk("Hello"), finish(), DONE)
    window = desktop.start()
    window.type(b"to be sent")
    window.wait_for(lambda: desktop.drafts())
    window.type(b"\r")
    window.wait_for_text("Hello")
    window.wait_for(lambda: not desktop.drafts(), "the draft to go")
    window.wait_for(lambda: reply_of(desktop) is Status.COMPLETE, "the reply on disk")
    window.kill()
    window = desktop.open("--continue")
    window.wait_for_text("Hello", "Ask anything")


def reply_of(desktop: Desktop) -> Status:
    (conversation,) = desktop.conversations()
    reply = conversation.head_message
    assert reply is not None
    return reply.status


@pytest.mark.parametrize("how", ["quit", "kill"])
@pytest.mark.parametrize("size", [(80, 24), (120, 40)])
def test_the_place_in_the_text_comes_back(
    desktop: Desktop, server: Server, how: str, size: tuple[int, int]
) -> None:
    text = "\n\n".join(f"paragraph {number}" for number in range(200))
    server.stream(chunk(text), finish(), DONE)
    window = desktop.start(size=size)
    window.type(b"long\r")
    window.wait_for_text("paragraph 199")
    window.type(PAGE_UP)  # once: of several places an earlier one may be on disk at the kill
    window.wait_for(lambda: "paragraph 199" not in window.text, "the end to scroll away")
    window.wait_for(lambda: any(is_set(desktop, each.id) for each in desktop.store.summaries()))
    shown = [line for line in window.text.splitlines() if "paragraph" in line]
    leave(window, how)
    window = desktop.open("--continue", size=size)
    window.wait_for_text(*(line.strip() for line in shown[:3]))
    assert "paragraph 199" not in window.text


def is_set(desktop: Desktop, conversation_id: str) -> bool:
    state = desktop.store.view_state(conversation_id)
    return state is not None and state != ViewState() and state.message_id is not None
