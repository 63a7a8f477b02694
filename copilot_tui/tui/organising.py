"""What is noted of whole conversations: settings, tags, pinned or archived."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from copilot_tui.conversation import Conversation
    from copilot_tui.tui.app import CopilotApp


class Organising:
    """What its keys do with one conversation."""

    def __init__(self, app: CopilotApp) -> None:
        self._app = app
        self._desk = app.desk

    def ask_for_settings(self) -> None:
        """Let the user change what is set for the shown conversation."""
        conversation = self._app.shown
        if self._app.answers.is_newer(conversation):
            return
        self._app.hold_keys()
        self._app.run_worker(
            self._set(conversation), group="settings", exclusive=True, exit_on_error=False
        )

    async def _set(self, conversation: Conversation) -> None:
        from copilot_tui.tui.screens.settings import SettingsScreen
        from copilot_tui.tui.settings import Settings

        present = Settings.of(conversation)
        wanted = await self._app.push_screen_wait(SettingsScreen(present))
        if wanted is None:
            return
        wanted.apply_to(conversation)
        self._changed(conversation)
        self._app.say("Set, and used from the next prompt on")

    def _changed(self, conversation: Conversation) -> None:
        conversation.touch(self._desk.now())
        self._desk.note_row(conversation)
        self._app.refresh_sidebar()
        self._app.save(conversation)
