"""How many replies a backend gives at once; the rest wait for a place, first come first served."""

from __future__ import annotations

import asyncio
from collections import deque
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable
    from contextlib import AbstractAsyncContextManager

    from copilot_tui.config import BackendConfig


class Places:
    """The places of one backend."""

    def __init__(self, most: int) -> None:
        self._free = most
        self._waiting: deque[asyncio.Future[None]] = deque()

    @property
    def is_full(self) -> bool:
        """Whether the next one has to wait."""
        return self._free <= 0

    async def take(self) -> None:
        """Come back with a place, which is to be given back."""
        if self._free > 0:
            self._free -= 1
            return
        turn = asyncio.get_running_loop().create_future()
        self._waiting.append(turn)
        try:
            await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled():
                self.give_back()  # it had just been handed over
            else:
                self._waiting.remove(turn)
            raise

    def give_back(self) -> None:
        """Hand the place to whoever has waited longest."""
        while self._waiting:
            turn = self._waiting.popleft()
            if not turn.done():
                turn.set_result(None)
                return
        self._free += 1

    @asynccontextmanager
    async def taken(self, waits: Callable[[bool], None]) -> AsyncGenerator[None, None]:
        """A place for as long as the body lasts; `waits` is told when that has to be waited for,
        and when the waiting is over.
        """
        must_wait = self.is_full
        if must_wait:
            waits(True)
        try:
            await self.take()
        finally:
            if must_wait:
                waits(False)
        try:
            yield
        finally:
            self.give_back()


class AllPlaces:
    """The places of all backends, and who waits for one."""

    def __init__(self) -> None:
        self._waiting: dict[str, str] = {}
        """Ids of the replies that wait, with those of their conversations."""
        self.elsewhere: set[str] = set()
        """Ids of the conversations that another process writes a reply into now."""
        self.on_change: Callable[[], None] = lambda: None
        """Called when one begins or ends to wait."""
        self._places: dict[str, Places] = {}

    @property
    def waiting(self) -> set[str]:
        """Ids of the conversations in which a reply waits."""
        return set(self._waiting.values())

    def has_to_wait(self, reply_id: str) -> bool:
        """Whether this reply waits for a place."""
        return reply_id in self._waiting

    def of(
        self, backend: BackendConfig, conversation_id: str, reply_id: str
    ) -> AbstractAsyncContextManager[None]:
        """A place at this backend for this reply."""

        def waits(begins: bool) -> None:
            if begins:
                self._waiting[reply_id] = conversation_id
            else:
                self._waiting.pop(reply_id, None)
            self.on_change()

        return self._at(backend).taken(waits)

    def unseen(self, backend: BackendConfig) -> AbstractAsyncContextManager[None]:
        """A place for what no user waits for, such as a title."""
        return self._at(backend).taken(lambda _: None)

    def _at(self, backend: BackendConfig) -> Places:
        return self._places.setdefault(backend.name, Places(backend.max_replies))
