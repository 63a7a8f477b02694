"""Textual's driver for a browser, with an end that saves: a closed page, a server that is gone."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from functools import partial
from typing import Any, Protocol, cast

from textual import events
from textual.drivers.web_driver import WebDriver

from copilot_tui.tui.terminal.signals import HUNG_UP_STATUS


class Leaving(Protocol):
    """The app, for which a closed window is the end."""

    async def leave_behind_keys(self, status: int) -> None:
        """Save all and end, once the prompt has taken what was typed before."""


class SavingWebDriver(WebDriver):
    """Where Textual's own just stops the app, this one lets it leave."""

    def __init__(self, *arguments: Any, **options: Any) -> None:  # noqa: ANN401  its base's
        super().__init__(*arguments, **options)
        self._write = partial(self._write_or_leave)
        self._loop = asyncio.get_running_loop()

    def start_application_mode(self) -> None:
        """Begin. Signals stay with the program, which ends by them as in a terminal."""
        numbers = () if sys.platform == "win32" else (signal.SIGINT, signal.SIGTERM)
        ours = {number: signal.getsignal(number) for number in numbers}
        super().start_application_mode()
        for number, handler in ours.items():
            self._loop.remove_signal_handler(number)
            signal.signal(number, handler)

    def run_input_thread(self) -> None:
        """Take what comes from the page, until there is nobody that it could come from."""
        super().run_input_thread()
        if not self.exit_event.is_set():
            self._leave(HUNG_UP_STATUS)

    def on_meta(self, packet_type: str, payload: dict[str, object]) -> None:
        """Something that the server tells."""
        if packet_type == "quit":  # the page was closed
            self._leave(0)
        else:
            super().on_meta(packet_type, payload)

    def _write_or_leave(self, data: bytes) -> int:
        try:
            return os.write(self.fileno, data)
        except OSError:  # the server is gone
            self._leave(HUNG_UP_STATUS)
            return len(data)

    def _leave(self, status: int) -> None:
        """In any thread, and behind the keys that came before."""
        app = cast("Leaving", self._app)
        self.send_message(events.Callback(callback=partial(app.leave_behind_keys, status)))
