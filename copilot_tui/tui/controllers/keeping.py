"""Keeping what is typed, and where one reads: on disk within a second, and at every parting."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from textual.timer import Timer

    from copilot_tui.tui.screens.host import Host

DELAY_S: Final = 0.4
"""What is typed is on disk at most a second later."""


class Keeping:
    """The draft and the place of the shown conversation."""

    def __init__(self, app: Host) -> None:
        self._app = app
        self._desk = app.desk
        self._draft_timer: Timer | None = None
        self._place_timer: Timer | None = None

    def typed(self) -> None:
        """Something was typed: it is on disk within a second."""
        if self._draft_timer is None:
            self._draft_timer = self._app.set_timer(DELAY_S, self.keep_draft)

    def scrolled(self) -> None:
        """The place in the text is on disk as soon as a draft would be."""
        if self._place_timer is None:
            self._place_timer = self._app.set_timer(DELAY_S, self.keep_place)

    def keep_both(self) -> None:
        """The shown conversation is about to be left."""
        self.keep_place()
        self.keep_draft()

    def keep_draft(self) -> None:
        """Bring the composer's text to disk."""
        if self._draft_timer is not None:
            self._draft_timer.stop()
            self._draft_timer = None
        if not self._app.is_running:
            return
        shown = self._app.shown
        had = shown.id in self._desk.drafts
        self._desk.drafts.keep(shown, *self._app.unsent)
        if had != (shown.id in self._desk.drafts):
            self._app.refresh_sidebar()

    def keep_place(self) -> None:
        """Bring the place in the transcript to disk."""
        if self._place_timer is not None:
            self._place_timer.stop()
            self._place_timer = None
        if not self._app.is_running:  # a timer's last call; what leaves has kept everything before
            return
        from copilot_tui.store import ViewState

        place = self._app.main.transcript.place
        state = ViewState(place.message_id, place.line, place.block) if place else ViewState()
        self._desk.filing.keep_view(self._app.shown.id, state)
