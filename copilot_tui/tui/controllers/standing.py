"""How the account stands: what the status line says of it, once it was asked for."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Final

from copilot_tui.errors import SIGN_IN_COMMAND, CopilotTuiError

if TYPE_CHECKING:
    from collections.abc import Callable

    from copilot_tui.conversation import Conversation
    from copilot_tui.tui.screens.host import Host

EVERY_S: Final = 60.0
"""A service is asked at most this often."""


class Standing:
    """Asks after a reply what is left of a quota; nothing at the start, and nobody but the service
    that has just answered.
    """

    def __init__(self, app: Host, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._app = app
        self._clock = clock
        self._asked_at: dict[str, float] = {}

    def ended(self, conversation: Conversation, reply_id: str) -> None:
        """A reply has ended."""
        from copilot_tui.backends.accounts import is_copilot

        reply = conversation.messages.get(reply_id)
        config = self._app.desk.config.backends.get(reply.backend or "") if reply else None
        if reply is None or config is None or not is_copilot(config):
            return
        now = self._clock()
        is_signed_out = SIGN_IN_COMMAND in (reply.hint or "")
        if is_signed_out or now - self._asked_at.get(config.name, -EVERY_S) < EVERY_S:
            return
        self._asked_at[config.name] = now
        work = self._ask(config.name)
        group = f"standing:{config.name}"
        self._app.run_worker(work, group=group, exclusive=True, exit_on_error=False)

    def forget(self, backend: str) -> None:
        """Somebody signed in there, or out: what is known is of another account."""
        self._asked_at.pop(backend, None)
        self._app.desk.answerers.catalog.forget_account(backend)
        self._app.refresh_status()

    async def _ask(self, backend: str) -> None:
        try:
            await self._app.desk.answerers.catalog.account(backend)
        except CopilotTuiError:
            return  # the next reply says what is wrong, if it concerns it
        self._app.refresh_status()
