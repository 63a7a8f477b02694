"""SIGINT, SIGTERM and SIGHUP end the app as Ctrl+Q does, with the status that shells expect.

The handlers are Python's own and not the event loop's: they also run while the app is still being
imported, and while the loop waits for a terminal that does not read.
"""

from __future__ import annotations

import signal

TYPE_CHECKING = False  # typing's own; importing that takes longer than the start has
if TYPE_CHECKING:
    from collections.abc import Callable
    from types import FrameType, TracebackType
    from typing import Any, Final

_ENDING: Final = ("SIGINT", "SIGTERM", "SIGHUP")

_INSIST_S: Final = 1.0

HUNG_UP_STATUS: Final = 129
"""What a shell says of a program that SIGHUP ended: its terminal is gone."""


class Signals:
    """Listens in a `with` block; before there is an app, a signal raises SystemExit."""

    def __init__(self) -> None:
        self._before: dict[int, Any] = {}
        self._leave: Callable[[int], object] | None = None
        self._again = 0
        """The status to leave with, if what was raised for it was swallowed."""

    def __enter__(self) -> Signals:
        for name in _ENDING:
            number = getattr(signal, name, None)  # Windows knows no SIGHUP
            # What was ignored when the program started stays so: nohup.
            if number is not None and signal.getsignal(number) is not signal.SIG_IGN:
                self._before[number] = signal.signal(number, self._on_signal)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if self._again:
            signal.setitimer(signal.ITIMER_REAL, 0)
        while self._before:
            number, handler = self._before.popitem()
            signal.signal(number, handler)

    def leave_with(self, leave: Callable[[int], object]) -> None:
        """From now on a signal calls this in the event loop, with the exit status."""
        self._leave = leave

    def _on_signal(self, number: int, frame: FrameType | None) -> None:
        status = 128 + number
        if self._leave is None:
            self._insist(status)
            raise SystemExit(status)
        import asyncio  # not before: the terminal is to be taken first of all

        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:  # not yet, or no more
            raise SystemExit(status) from None
        loop.call_soon_threadsafe(self._leave, status)

    def _insist(self, status: int) -> None:
        """Ask once more: Python ignores what is raised within the callback of a weak reference, and
        imports have some.
        """
        if not self._again and hasattr(signal, "setitimer"):
            self._again = status
            self._before[signal.SIGALRM] = signal.signal(signal.SIGALRM, self._on_alarm)
            signal.setitimer(signal.ITIMER_REAL, _INSIST_S)

    def _on_alarm(self, number: int, frame: FrameType | None) -> None:
        self._on_signal(self._again - 128, frame)
