"""What could not be written is said, and tried again until it is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from textual.timer import Timer

    from copilot_tui.tui.app import CopilotApp

RETRY_S: Final = 2.0
"""How often it is tried again."""


class Trouble:
    """Begins when something could not be written."""

    def __init__(self, app: CopilotApp) -> None:
        self._app = app
        self._timer: Timer | None = None

    def began(self, text: str) -> None:
        """Say it, and try again until nothing is left to be written."""
        self._app.say(f"{text} Nothing is lost yet: it is tried again.", warn=True)
        if self._timer is None:
            self._timer = self._app.set_interval(RETRY_S, self._retry)

    def _retry(self) -> None:
        if not self._app.desk.filing.retry() and self._timer is not None:
            self._timer.stop()
            self._timer = None
