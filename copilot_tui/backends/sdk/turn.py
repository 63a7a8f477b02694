"""The events of one turn, from the SDK's callbacks to deltas."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from typing import TYPE_CHECKING, Final

from copilot_tui.errors import BackendError, ConnectionFailed, CutOff, TimedOut

if TYPE_CHECKING:
    from copilot_tui.backends import Delta
    from copilot_tui.backends.sdk.events import Event, TurnReader
    from copilot_tui.backends.sdk.runtime import Client, Session

PULSE_S: Final = 5.0
"""In a silence this long the CLI is asked whether it lives."""

AFTER_ERROR_S: Final = 2.0
"""How long the end of a turn is waited for that has already failed."""


class Turn:
    """Listens to a session from its making until `close`."""

    def __init__(
        self, session: Session, reader: TurnReader, *, read_timeout_s: float, pulse_s: float
    ) -> None:
        self.reader = reader
        self._queue: asyncio.Queue[Event] = asyncio.Queue()
        self._read_timeout_s = read_timeout_s
        self._pulse_s = pulse_s
        loop = asyncio.get_running_loop()

        def hear(event: Event) -> None:  # in whichever thread the SDK reads
            loop.call_soon_threadsafe(self._queue.put_nowait, event)

        self.close = session.on(hear)
        """Listen no more."""

    async def deltas(self, client: Client) -> AsyncGenerator[Delta, None]:
        """All that is said until the session is idle again; what came together is one delta.

        Raises TimedOut, and ConnectionFailed or CutOff when the CLI is gone.
        """
        while not self.reader.is_over:
            event = await self._next(client)
            if event is None:  # it failed, and nothing more comes
                return
            self.reader.take(event)
            while not self._queue.empty():
                self.reader.take(self._queue.get_nowait())
            if delta := self.reader.delta():
                yield delta

    async def _next(self, client: Client) -> Event | None:
        silent_s = 0.0
        while True:
            failed = self.reader.failure is not None
            wait_s = min(self._pulse_s, AFTER_ERROR_S) if failed else self._pulse_s
            try:
                return await asyncio.wait_for(self._queue.get(), wait_s)
            except TimeoutError:
                silent_s += wait_s
            if failed:
                return None
            if silent_s >= self._read_timeout_s:
                raise TimedOut(
                    f"the Copilot CLI was silent for {self._read_timeout_s:g} s",
                    "A longer time is read_timeout_s in the configuration.",
                )
            await self._feel_the_pulse(client)

    async def _feel_the_pulse(self, client: Client) -> None:
        try:
            await asyncio.wait_for(client.ping(), self._pulse_s)
        except Exception as error:
            raise self._gone() from error

    def _gone(self) -> BackendError:
        if self.reader.has_text:
            return CutOff("cut off: the Copilot CLI has ended", "What came is kept.")
        return ConnectionFailed("the Copilot CLI has ended", "Try again: it is started anew.")
