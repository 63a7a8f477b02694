"""Asking before a key travels unencrypted."""

from __future__ import annotations

from typing import TYPE_CHECKING

from copilot_tui.config import address_of

if TYPE_CHECKING:
    from copilot_tui.tui.controllers.answers import Answers
    from copilot_tui.tui.screens.host import Host


class Consent:
    """The one question there is, for the conversation that is shown."""

    def __init__(self, app: Host, answers: Answers) -> None:
        self._app = app
        self._answers = answers

    def ask(self, conversation_id: str) -> None:
        """Ask, if its reply is in sight; of any other the reply itself says what to do."""
        app = self._app
        if app.shown.id == conversation_id and app.screen is app.main:
            app.run_worker(self._ask(), group="consent", exclusive=True, exit_on_error=False)

    async def _ask(self) -> None:
        from copilot_tui.tui.screens.consent import ConsentScreen

        app = self._app
        conversation = app.shown
        backend = app.desk.answerers.config_of(conversation)
        address = address_of(backend.api_url or backend.base_url)
        if await app.push_screen_wait(ConsentScreen(backend.name, address)):
            await app.desk.allow_http(backend.name)
            if app.shown is conversation:
                self._answers.try_again()
