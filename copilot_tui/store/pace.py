"""Long work in a thread that leaves the interpreter to the others now and then."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Final, TypeVar

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_T = TypeVar("_T")

WORK_S: Final = 0.002
"""How long a key waits for us at most."""

PAUSE_S: Final = 0.00005
"""Long enough for another thread to wake. Only to let go of the interpreter would not do: we would
have it back before the other one is awake, until it has asked for 5 ms.
"""

STEP_S: Final = 0.0005
"""How much is done all the same while keys come one upon the other."""

WAY_S: Final = 0.012
"""How long a key may take from its arrival until it is painted."""


class Pace:
    """How fast work in the background may go. Any thread may use it."""

    def __init__(self) -> None:
        self._way_until = 0.0

    def give_way(self) -> None:
        """Something that cannot wait begins: what is paced all but stands still for WAY_S."""
        self._way_until = time.perf_counter() + WAY_S

    def paced(self, things: Iterable[_T]) -> Iterator[_T]:
        """The same things, with pauses between them; some work is done between any two pauses."""
        worked_since = time.perf_counter()
        for each in things:
            now = time.perf_counter()
            way_s = self._way_until - now
            if now - worked_since > (STEP_S if way_s > 0 else WORK_S):
                time.sleep(min(WAY_S, max(PAUSE_S, way_s)))
                worked_since = time.perf_counter()
            yield each
