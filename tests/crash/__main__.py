"""Kill the app and its commands at random moments, and look what is left.

    python -m tests.crash [--kills 200] [--seed 1]
    python -m tests.crash --contention      twenty `ask` on one conversation, a hundred on others

So many kills of the app and as many of `ask` and the other commands. Ends with 1 if one of them
broke a promise.
"""

from __future__ import annotations

import argparse
import os
import tempfile
import time
from pathlib import Path
from random import Random

from tests.crash.app_kills import APP_KILLS
from tests.crash.ask_kills import ASK_KILLS
from tests.crash.contention import on_different_conversations, on_one_conversation
from tests.crash.paced import pacing
from tests.crash.room import Metronome, Room
from tests.crash.rounds import killed


def main() -> int:
    """Print the figures; 1 if a promise was broken."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--kills", type=int, default=200, help="of the app, and of the commands")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--contention", action="store_true", help="many programs at once instead")
    given = parser.parse_args()
    broken = 0
    for name in [each for each in os.environ if each.startswith("COPILOT_TUI_")]:
        del os.environ[name]
    if given.contention:
        return contend(given.seed)
    for what, kinds in (("the app", APP_KILLS), ("ask and the commands", ASK_KILLS)):
        began = time.monotonic()
        with tempfile.TemporaryDirectory() as folder:
            tallies = killed(kinds, given.kills, Path(folder), given.seed)
        print(*tallies, sep="\n")
        broken += sum(len(each.broken) for each in tallies)
        landed = sum(each.landed for each in tallies)
        print(
            f"{what}: {given.kills} kills, {landed} met it alive, "
            f"{sum(len(each.broken) for each in tallies)} broke a promise; "
            f"{time.monotonic() - began:.0f} s",
            flush=True,
        )
    return 1 if broken else 0


def contend(seed: int) -> int:
    """Many programs at once; raises AssertionError if a turn is lost or there twice."""
    with (
        tempfile.TemporaryDirectory() as folder,
        pacing([]) as server,
        Metronome() as metronome,
    ):
        for what, work, times in (
            ("one conversation", on_one_conversation, 20),
            ("conversations of their own", on_different_conversations, 100),
        ):
            began = time.monotonic()
            work(Room(Path(folder) / what, Random(seed), server, metronome), times)
            print(f"{times} ask on {what}: every turn once; {time.monotonic() - began:.0f} s")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
