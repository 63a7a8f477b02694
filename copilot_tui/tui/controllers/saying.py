"""The status line: what answers, what goes on, and what is said for a while."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from copilot_tui.tui.screens.host import NOTICE_S
from copilot_tui.tui.widgets.composer import ASK, ASK_PRIVATELY
from copilot_tui.tui.widgets.status import SECOND_S, StatusLine, duration

if TYPE_CHECKING:
    from textual.timer import Timer

    from copilot_tui.tui.controllers.comparing import Comparing
    from copilot_tui.tui.controllers.editing import Editing
    from copilot_tui.tui.screens.host import Host


class Saying:
    """Finds the words of the status line."""

    def __init__(self, app: Host, comparing: Comparing, editing: Editing) -> None:
        self._app = app
        self._comparing = comparing
        self._editing = editing
        self._desk = app.desk
        self._timer: Timer | None = None
        self._is_local = False
        self._second: Timer | None = None
        """Runs while seconds are counted."""

    def say(
        self, text: str, *, warn: bool = False, seconds: float = NOTICE_S, local: bool = False
    ) -> None:
        """Say something in the status line, for a while.

        `local`: it is about the shown reply, and over when that has ended or is not shown any more.
        """
        lines = self._app.main.query(StatusLine) if self._app.is_running else None
        if not lines:
            return  # the app ends, and nobody reads it any more
        status = lines.first()
        self._is_local = local
        status.notice, status.is_warning = text, warn
        if self._timer is not None:
            self._timer.stop()
        self._timer = self._app.set_timer(seconds, self._unsay)

    def forget_local(self) -> None:
        """What was said of the shown reply is over."""
        if self._is_local:
            self._unsay()

    def _unsay(self) -> None:
        self._app.main.status.notice = ""

    def refresh(self) -> None:
        """Show what answers here and what is going on."""
        app, desk = self._app, self._desk
        status, key = app.main.status, app.main.key
        present = desk.answerers.present_choice(app.shown)
        standing = self._standing(present.backend)
        who = self._comparing.names() or (present.backend, present.provider, present.model)
        parts = (*who, *standing)
        is_private = desk.filing.is_private(app.shown.id)
        status.backend = " · ".join(filter(None, ("private" if is_private else "", *parts)))
        app.main.composer.placeholder = ASK_PRIVATELY if is_private else ASK
        if app.shown.id in desk.turns:
            waits = app.shown.id in desk.places.waiting
            doing = "waiting for a place" if waits else "answering"
            taken = duration(time.monotonic() - desk.turns[app.shown.id].began_at)
            status.activity = " · ".join(filter(None, (doing, taken, self._editing.show())))
            if self._second is None:
                self._second = app.set_timer(SECOND_S, self._count)
            status.hints = (self._escape_hint(), f"{key('new')} new", f"{key('help')} keys")
        else:
            elsewhere = app.shown.id in desk.places.elsewhere
            status.activity = self._editing.show()
            if elsewhere and not status.activity:
                status.activity = "answering in another window"
            status.activity = status.activity or self._comparing.words()
            status.hints = (f"{key('help')} keys", f"{key('new')} new", f"{key('new-line')} line")

    def _standing(self, present: str) -> list[str]:
        """What is to be known of the accounts that answer; of several with their names."""
        catalog = self._desk.answerers.catalog
        asked = [each.backend for each in self._comparing.asked(self._app.shown.id)] or [present]
        told = {name: catalog.standing(name) for name in asked}
        return [
            f"{name}: {words}" if len(told) > 1 else words
            for name, each in told.items()
            for words in each
        ]

    def _count(self) -> None:
        self._second = None
        if self._app.is_running and self._app.shown.id in self._desk.turns:
            self.refresh()

    def _escape_hint(self) -> str:
        """What the next Escape does while a reply streams."""
        waits = self._app.shown.id in self._app.desk.drafts.unsent.queued
        what = "brings the prompt back" if waits else "stops"
        return f"{self._app.main.key('escape')} {what}"
