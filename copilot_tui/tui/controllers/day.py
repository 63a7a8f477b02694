"""The day: the list's groups go by it, and a program that is open all day meets the next one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from datetime import date

    from copilot_tui.tui.screens.host import Host

LOOK_S: Final = 20.0


class Day:
    """Looks at the calendar now and then: a machine that slept through midnight rings no bell."""

    def __init__(self, app: Host) -> None:
        self._app = app
        self._shown = self._today()

    def begin(self) -> None:
        """Look from now on."""
        self._app.set_interval(LOOK_S, self.look)

    def look(self) -> None:
        """Group the list anew if this is another day."""
        today = self._today()
        if today != self._shown:
            self._shown = today
            self._app.refresh_sidebar()

    def _today(self) -> date:
        return self._app.desk.now().astimezone().date()
