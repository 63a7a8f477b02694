"""Ctrl+O: the user chooses who answers from now on, and may sign in there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from copilot_tui.tui.actions import keys_of

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from copilot_tui.conversation import Conversation
    from copilot_tui.tui.controllers.comparing import Comparing
    from copilot_tui.tui.desk.catalog import Choice
    from copilot_tui.tui.screens.host import Host


class Choosing:
    """Backend and model of the shown conversation."""

    def __init__(
        self, app: Host, comparing: Comparing, sign_in: Callable[[str], Awaitable[bool]]
    ) -> None:
        self._app = app
        self._comparing = comparing
        self._sign_in = sign_in
        self._desk = app.desk

    def pick(self) -> None:
        """Let the user choose who answers from now on."""
        self._app.hold_keys()
        work = self._pick(self._app.shown)
        self._app.run_worker(work, group="pick", exclusive=True, exit_on_error=False)

    async def _pick(self, conversation: Conversation) -> None:
        from copilot_tui.tui.desk.catalog import SignInWanted
        from copilot_tui.tui.screens.picker import PickerScreen, Several

        desk = self._desk
        present = desk.answerers.present_choice(conversation)
        backends = desk.config.backends
        if desk.config.demo:  # which contacts nothing
            backends = {present.backend: desk.config.backend}
        key = keys_of("sign-in", desk.config.keys)
        looked_at = ""
        while True:
            screen = PickerScreen(
                desk.answerers.catalog,
                backends,
                present,
                backend=looked_at,
                marked=self._comparing.asked(conversation.id),
                sign_in_key=key,
            )
            chosen = await self._app.push_screen_wait(screen)
            if not isinstance(chosen, SignInWanted):
                break
            looked_at = chosen.backend
            await self._sign_in(looked_at)
        if isinstance(chosen, Several):
            self._comparing.ask(conversation.id, chosen.choices)
            await self.choose(conversation, chosen.choices[0])
        elif chosen is not None:
            self._comparing.ask(conversation.id, ())
            await self.choose(conversation, chosen)

    async def choose(self, conversation: Conversation, choice: Choice) -> None:
        """Let this backend and model answer from now on."""
        desk = self._desk
        desk.answerers.choose(conversation, choice)
        self._app.refresh_status()
        if not desk.filing.is_private(conversation.id):
            await desk.answerers.catalog.note(choice)
        if conversation.messages:
            self._app.save(conversation)
