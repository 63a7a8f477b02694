"""Many kills, spread over all that they may meet, two programs at a time."""

from __future__ import annotations

import sys
import traceback
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from statistics import median
from typing import Final

from tests.crash.paced import PacedServer, pacing
from tests.crash.room import Metronome, Room

AT_ONCE: Final = 2

KillOf = Callable[[Room, int], None]


@dataclass
class Tally:
    """What the kills of one kind have shown."""

    what: str
    kills: int
    landed: int = 0
    losses: dict[str, list[float]] = field(default_factory=dict)
    broken: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        lost = "".join(
            f"; {what} lost at most {max(each):.2f} s, in the median {median(each):.2f} s"
            for what, each in self.losses.items()
        )
        return (
            f"{self.what:<14} {self.kills} kills, {self.landed} met it alive, "
            f"{len(self.broken)} broke a promise{lost}"
        )


def killed(kinds: Sequence[KillOf], times: int, folder: Path, seed: int) -> list[Tally]:
    """Kill programs so many times in all; each kind on a store of its own."""
    shares = [len(range(number, times, len(kinds))) for number in range(len(kinds))]
    with (
        pacing([]) as server,
        Metronome() as metronome,
        ThreadPoolExecutor(AT_ONCE) as threads,
    ):

        def one(number: int) -> Tally:
            return _tally(kinds[number], shares[number], folder, seed + number, server, metronome)

        return list(threads.map(one, range(len(kinds))))


def _tally(
    kind: KillOf, times: int, folder: Path, seed: int, server: PacedServer, metronome: Metronome
) -> Tally:
    name = kind.__name__.replace("_", " ")
    tally = Tally(name, times)
    room = Room(folder / name, Random(seed), server, metronome)
    for number in range(times):
        try:
            kind(room, number)
        except Exception:  # noqa: BLE001  every kill is counted, whatever it shows
            tally.broken.append(f"{name} {number}: {traceback.format_exc()}")
            print(tally.broken[-1], file=sys.stderr)
    tally.landed, tally.losses = room.landed, room.losses
    return tally
