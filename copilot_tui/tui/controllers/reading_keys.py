"""Keys while something is read: each has done its work before the next one is looked at."""

from __future__ import annotations

from typing import TYPE_CHECKING

from copilot_tui.tui.transcript import Transcript
from copilot_tui.tui.widgets.sidebar import Sidebar

if TYPE_CHECKING:
    from textual import events
    from textual.widget import Widget

    from copilot_tui.tui.screens.host import Host


class ReadingKeys:
    """Textual asks what a letter is bound to when it has come up from the focused widget, and may
    by then have given the next letters to that widget: of a fast `/code` the `d` was a command.
    """

    def __init__(self, app: Host) -> None:
        self._app = app

    async def take(self, event: events.Key) -> bool:
        """Do what the key does here; False: it is for whatever has the focus now."""
        app, main = self._app, self._app.main
        if app.screen is not main or not _is_reading(app.focused):
            return False
        app.app_focus = True
        if await app._check_bindings(event.key, priority=True):
            return True
        if await app._check_bindings(event.key):
            return True
        if event.is_printable:
            main.set_focus(main.composer)
        return False


def _is_reading(widget: Widget | None) -> bool:
    if isinstance(widget, Sidebar):
        return not widget.is_narrowed  # what is typed there is text
    return isinstance(widget, Transcript)
