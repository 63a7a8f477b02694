"""Keys that wait for what they are meant for: the prompt at the start, a conversation that is read,
a screen that opens.
"""

from __future__ import annotations

from inspect import isawaitable
from typing import TYPE_CHECKING, Final

from textual import events

from copilot_tui.tui.widgets.composer import Composer
from copilot_tui.tui.widgets.keys import taken_by

if TYPE_CHECKING:
    from collections.abc import Callable

    from textual.timer import Timer

    from copilot_tui.tui.screens.host import Host

HELD_MOST_S: Final = 2.0
"""Keys wait at most this long for a conversation to be read; the disk may hang, and Ctrl+Q not."""


class HeldKeys:
    """What is typed before it can be taken. At the start all is held."""

    def __init__(self, app: Host) -> None:
        self._app = app
        self._timer: Timer | None = None
        self._held: list[events.Event] | None = []
        """None: nothing is waited for."""
        self._holds = 0
        """How often it was said that something is about to open."""

    def hold(self) -> None:
        """A screen is about to open: what is typed from now on is meant for it."""
        self._holds += 1
        if self._held is None:
            self._held = []
        if self._timer is not None:
            self._timer.stop()
        self._timer = self._app.set_timer(HELD_MOST_S, self.take_text)

    def take(self, event: events.Event) -> bool:
        """Hold this, if it is something typed and others wait; whether it is held."""
        if self._held is None or not isinstance(event, events.Key | events.Paste):
            return False
        self._held.append(event)
        return True

    async def release_behind(self, command: Callable[[], object]) -> None:
        """Do this command; what waits is for what it opens, or takes place if it opens nothing."""
        before = self._holds
        if isawaitable(done := command()):
            await done
        if self._holds == before:
            await self.release()

    async def release(self) -> None:
        """What was to be there is there, unless a conversation is read."""
        if not self._app.is_reading:
            await self.give()

    async def give(self) -> None:
        """Let all take place that waits."""
        if self._timer is not None:
            self._timer.stop()
            self._timer = None
        held, self._held = self._held or [], None
        for event in held:
            await self._app.on_event(event)

    def take_text(self) -> None:
        """Put what waits into the prompt, as text alone: an Enter in it was meant for elsewhere."""
        held, self._held = self._held or [], None
        composer = self._app.main.composer
        for event in held:
            if isinstance(event, events.Paste):
                composer.insert(event.text)
            elif isinstance(event, events.Key) and event.is_printable and event.character:
                composer.insert(event.character)

    async def take_characters_before(self) -> None:
        """Let the prompt take the characters before a key that is a command.

        They wait in its own queue, while a command acts at once: a fast Enter would send half a
        prompt.
        """
        if isinstance(self._app.focused, Composer):
            await taken_by(self._app.focused)
