"""A sample of what `python -m tests.crash` does: a kill in the midst of everything."""

from __future__ import annotations

import sys
from pathlib import Path
from random import Random

import pytest

if sys.platform == "win32":
    pytest.skip("kills through Unix signals", allow_module_level=True)

from copilot_tui.conversation import Status
from tests.crash.app_kills import APP_KILLS, assert_kept
from tests.crash.ask_kills import ASK_KILLS
from tests.crash.paced import Sending, pacing
from tests.crash.room import Metronome, Room
from tests.crash.rounds import KillOf, killed

pytestmark = pytest.mark.pty

SEED = 20261121


@pytest.mark.parametrize("kinds", [APP_KILLS, ASK_KILLS], ids=["the app", "the commands"])
def test_a_kill_in_the_midst_of_anything_breaks_no_promise(
    tmp_path: Path, kinds: tuple[KillOf, ...]
) -> None:
    tallies = killed(kinds, len(kinds), tmp_path, SEED)
    assert [tally.broken for tally in tallies] == [[]] * len(kinds)
    assert sum(tally.landed for tally in tallies) > len(kinds) // 2


def test_what_is_lost_is_seen(tmp_path: Path) -> None:
    with pacing([]) as server, Metronome() as metronome:
        room = Room(tmp_path / "room", Random(SEED), server, metronome)
        room.look()
        sending = Sending(room.random, None)
        sending.log = [(1.0, "kept "), (2.0, "and lost")]
        store = room.open()
        conversation = store.load(room.stock[0])
        prompt, reply = conversation.path()
        reply.content = "kept "
        store.save(conversation)
        store.close()
        with pytest.raises(AssertionError, match="the text of"):
            room.look()
        room.claims.clear()
        with pytest.raises(AssertionError, match="had not ended is said to be whole"):
            assert_kept(room, sending, prompt.content, killed_at=3.0)
        sending.is_ended = True
        with pytest.raises(AssertionError, match="said to be whole is not"):
            assert_kept(room, sending, prompt.content, killed_at=3.0)
        store = room.open()
        conversation = store.load(room.stock[0])
        conversation.path()[1].status, conversation.path()[1].error = Status.PARTIAL, "cut off"
        store.save(conversation)
        store.close()
        with pytest.raises(AssertionError, match="5 of 13 characters of the reply are there"):
            assert_kept(room, sending, prompt.content, killed_at=3.0)
        assert_kept(room, sending, prompt.content, killed_at=2.4)
