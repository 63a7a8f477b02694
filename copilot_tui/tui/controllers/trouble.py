"""What could not be written is said, and tried again until it is."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Final

from copilot_tui.tui.screens.host import NOTICE_S

if TYPE_CHECKING:
    from textual.timer import Timer

    from copilot_tui.tui.screens.host import Host

RETRY_S: Final = 2.0
"""How often it is tried again."""


class Trouble:
    """Begins when something could not be written."""

    def __init__(self, app: Host) -> None:
        self._app = app
        self._timer: Timer | None = None
        self._text = ""
        self._warned_at: float | None = None

    @property
    def lasts(self) -> bool:
        """Whether something is still to be written."""
        return self._timer is not None

    def began(self, text: str) -> None:
        """Say it, and try again until nothing is left to be written."""
        self._text = text
        self._app.say(f"{text} Nothing is lost yet: it is tried again.", warn=True)
        if self._timer is None:
            self._timer = self._app.set_interval(RETRY_S, self._retry)

    def asks_before_end(self) -> bool:
        """Say what leaving now would lose, unless that was just said; whether it was to be said."""
        now = time.monotonic()
        is_said = self._warned_at is not None and now - self._warned_at < NOTICE_S
        if is_said or self._app.desk.filing.failure is None:
            return False
        self._warned_at = now
        key = self._app.main.key("quit")
        self._app.say(f"Not all is saved: {key} again leaves all the same. {self._text}", warn=True)
        return True

    def _retry(self) -> None:
        if not self._app.desk.filing.retry() and self._timer is not None:
            self._timer.stop()
            self._timer = None
