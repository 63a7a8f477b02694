"""What can be taken back with Ctrl+Z, while the notice that says so stands."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from copilot_tui.tui.screens.host import Host

UNDO_S: Final = 12.0
"""How long Ctrl+Z takes something back."""


class _Done(NamedTuple):
    undo: Callable[[], None]
    what: str
    """What is said of it: the key, and what that brings back."""
    at: float


class Undoing:
    """The last things that were done, each with what undoes it."""

    def __init__(self, app: Host) -> None:
        self._app = app
        self._done: list[_Done] = []
        """The last at the end."""

    def offer(self, undo: Callable[[], None], what: str) -> None:
        """Say what was done, and by which key it is undone: “Ctrl+Z brings back …”."""
        said = f"{self._app.main.key('undo')} {what}"
        self._done.append(_Done(undo, said, time.monotonic()))
        self._app.say(said, seconds=UNDO_S)

    def undo(self) -> bool:
        """Take back what was done last, while its notice stands; whether that was so."""
        since = time.monotonic() - UNDO_S
        # One thing after another within the time: all of them.
        if not self._done or self._done[-1].at < since:
            self._done.clear()
            return False
        done = self._done.pop()
        if self._done:
            self._done[-1] = self._done[-1]._replace(at=time.monotonic())
            self._app.say(self._done[-1].what, seconds=UNDO_S)
        elif self._app.main.status.notice == done.what:
            self._app.say("")  # it is not true any more
        done.undo()
        return True
