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


def paced(things: Iterable[_T]) -> Iterator[_T]:
    """The same things, with pauses between them."""
    worked_since = time.perf_counter()
    for each in things:
        if time.perf_counter() - worked_since > WORK_S:
            time.sleep(PAUSE_S)
            worked_since = time.perf_counter()
        yield each
