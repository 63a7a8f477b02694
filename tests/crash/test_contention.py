from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from random import Random

import pytest

if sys.platform == "win32":
    pytest.skip("the harness is for pseudo-terminals", allow_module_level=True)

from copilot_tui.conversation import Status
from copilot_tui.store.journal import SUFFIX
from tests.crash.app_kills import opened
from tests.crash.contention import (
    Asked,
    all_at_once,
    ask,
    assert_each_turn_is_there_once,
    on_different_conversations,
    on_one_conversation,
)
from tests.crash.paced import Sending, pacing
from tests.crash.room import Metronome, Room, replies_to
from tests.pty.emulator import Emulator

pytestmark = pytest.mark.pty

QUIT = b"\x11"


@pytest.fixture
def room(tmp_path: Path) -> Iterator[Room]:
    with pacing([]) as server, Metronome() as metronome:
        yield Room(tmp_path / "room", Random(20261121), server, metronome)


def test_many_who_ask_in_one_conversation_lose_no_turn(room: Room) -> None:
    on_one_conversation(room, 6)


def test_many_who_ask_in_conversations_of_their_own_lose_no_turn(room: Room) -> None:
    on_different_conversations(room, 10)


def test_the_app_and_ask_on_one_conversation_lose_no_turn(room: Room) -> None:
    sending = Sending(room.random, None, 3)
    with opened(room, "--continue", sending=sending) as window:
        window.wait_for_text("reply of")
        id_ = room.stock[-1]
        asked = all_at_once(
            [lambda n=n: ask(room, f"{n} beside the app", "--conversation", id_) for n in range(3)]  # type: ignore[misc]
        )
        window.type(b"from the app\r")
        window.wait_for(sending.is_whole.is_set)
        asked.append(ask(room, "after the app", "--conversation", id_))
        window.type(QUIT)
        assert window.ended() == 0
    turns = [each for each in asked if isinstance(each, Asked)]
    app = Asked("from the app", 0, "", sending.before(float("inf")))
    assert_each_turn_is_there_once(room, [*turns, app])


def are_whole(room: Room) -> bool:
    """Whether all replies have come to their end, as far as their programs know, saved or not."""
    for journal in (room.folder / "data" / "journal").glob(f"*{SUFFIX}"):
        with suppress(FileNotFoundError):  # it is saved
            if b'"whole"' not in journal.read_bytes():
                return False
    return True


def sent(window: Emulator, sending: Sending) -> bool:
    """Whether the prompt is on its way. While another window is answered it stays: Enter again."""
    if not sending.asked.is_set():
        window.type(b"\r")
    return sending.asked.is_set()


def test_two_apps_on_one_conversation_lose_no_turn(room: Room) -> None:
    sendings = [Sending(room.random, None, 3) for _ in range(2)]
    with (
        opened(room, "--continue", sending=sendings[0]) as one,
        opened(room, "--continue", sending=sendings[1]) as other,
    ):
        for window, name in ((one, b"one"), (other, b"other")):
            window.wait_for_text("reply of")
            window.type(b"from " + name + b"\r")
        for window, sending in zip((one, other), sendings, strict=True):
            window.wait_for(lambda: sent(window, sending))  # noqa: B023  it is called here and now
            window.wait_for(sending.is_whole.is_set)
            window.wait_for(lambda: are_whole(room), "the replies' ends")
            window.type(QUIT)
            assert window.ended() == 0
    turns = [
        Asked(f"from {name}", 0, "", sending.before(float("inf")))
        for name, sending in zip(("one", "other"), sendings, strict=True)
    ]
    assert_each_turn_is_there_once(room, turns)


def test_a_turn_that_is_there_twice_or_not_at_all_is_seen(room: Room) -> None:
    turn = Asked("prompt of stock 0", 0, "", "reply of stock 0")
    assert_each_turn_is_there_once(room, [turn])
    assert replies_to(turn.prompt, room.look()) == [turn.reply]
    with pytest.raises(AssertionError, match="nowhere"):
        assert_each_turn_is_there_once(room, [Asked("nowhere", 0, "", "x")])
    store = room.open()
    conversation = store.load(room.stock[1])
    for message in conversation.messages.values():
        message.content = message.content.replace("stock 1", "stock 0")
        assert message.status is Status.COMPLETE
    store.save(conversation)
    store.close()
    room.claims.clear()
    with pytest.raises(AssertionError, match="prompt of stock 0"):
        assert_each_turn_is_there_once(room, [turn])
