"""SIGINT, SIGTERM and SIGHUP end the app as Ctrl+Q does, with the status that shells expect.

The handlers are Python's own and not the event loop's: they also run while the app is still being
imported, and while the loop waits for a terminal that does not read.
"""

from __future__ import annotations

import os
import signal

TYPE_CHECKING = False  # typing's own; importing that takes longer than the start has
if TYPE_CHECKING:
    from collections.abc import Callable
    from types import FrameType
    from typing import Final

_ENDING: Final = ("SIGINT", "SIGTERM", "SIGHUP")

HUNG_UP_STATUS: Final = 129
"""What a shell says of a program that SIGHUP ended: its terminal is gone."""


class Signals:
    """Where no event loop runs, before the app and after it, a signal ends the process on the spot.

    There is nothing to save then. And nothing is raised: Python ignores what is raised within the
    callback of a weak reference, or wraps it, and imports have some.
    """

    def __init__(self, give_back: Callable[[], object]) -> None:
        self._leave: Callable[[int], object] | None = None
        self._at_end = [give_back]

    def listen(self) -> None:
        """From now to the end of the process."""
        for name in _ENDING:
            number = getattr(signal, name, None)  # Windows knows no SIGHUP
            # What was ignored when the program started stays so: nohup.
            if number is not None and signal.getsignal(number) is not signal.SIG_IGN:
                signal.signal(number, self._on_signal)

    def leave_with(self, leave: Callable[[int], object]) -> None:
        """From now on a signal calls this in the event loop, with the exit status."""
        self._leave = leave

    def at_end(self, undo: Callable[[], object]) -> None:
        """Do this, too, where a signal ends the process. It may have been done, or half."""
        self._at_end.append(undo)

    def _on_signal(self, number: int, frame: FrameType | None) -> None:
        status = 128 + number
        if not self._leaves(status):
            for undo in self._at_end:
                undo()
            os._exit(status)

    def _leaves(self, status: int) -> bool:
        """Let the app leave in its event loop; whether there are both."""
        if self._leave is None:
            return False
        import asyncio  # not before: the terminal is to be taken first of all

        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:  # not yet, or no more
            return False
        loop.call_soon_threadsafe(self._leave, status)
        return True
