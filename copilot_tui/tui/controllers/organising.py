"""What is noted of whole conversations: settings, tags, pinned or archived."""

from __future__ import annotations

from collections.abc import Coroutine
from typing import TYPE_CHECKING

from copilot_tui.errors import StoreError

if TYPE_CHECKING:
    from copilot_tui.conversation import Conversation
    from copilot_tui.tui.controllers.answers import Answers
    from copilot_tui.tui.controllers.undoing import Undoing
    from copilot_tui.tui.screens.host import Host


class Organising:
    """What its keys do with one conversation."""

    def __init__(self, app: Host, answers: Answers, undoing: Undoing) -> None:
        self._app = app
        self._answers = answers
        self._undoing = undoing
        self._desk = app.desk

    def ask_for_settings(self) -> None:
        """Let the user change what is set for the shown conversation."""
        conversation = self._app.shown
        if self._answers.is_newer(conversation):
            return
        self._app.hold_keys()
        self._app.run_worker(
            self._set(conversation), group="settings", exclusive=True, exit_on_error=False
        )

    async def _set(self, conversation: Conversation) -> None:
        from copilot_tui.tui.desk.settings import Settings
        from copilot_tui.tui.screens.settings import SettingsScreen

        present = Settings.of(conversation)
        wanted = await self._app.push_screen_wait(SettingsScreen(present))
        if wanted is None:
            return
        wanted.apply_to(conversation)
        self._changed(conversation)
        self._app.say("Set, and used from the next prompt on")

    def pin(self, conversation_id: str) -> None:
        """Keep a conversation on top of the sidebar, or no longer."""
        self._run(self._pin(conversation_id))

    def archive(self, conversation_id: str) -> None:
        """Put a conversation away, or take it out of the archive."""
        self._run(self._archive(conversation_id))

    def _run(self, work: Coroutine[None, None, None]) -> None:
        self._app.run_worker(work, group="organise", exit_on_error=False)

    async def _loaded(self, conversation_id: str) -> Conversation | None:
        """The conversation, if there is something of it to be noted."""
        app = self._app
        try:
            conversation = await self._desk.load(conversation_id)
        except StoreError as error:
            app.say(error.in_one_line, warn=True)
            return None
        if self._answers.is_newer(conversation):
            return None
        if self._desk.is_blank(conversation):
            app.say("There is nothing here yet to keep")
            return None
        return conversation

    async def _pin(self, conversation_id: str) -> None:
        conversation = await self._loaded(conversation_id)
        if conversation is not None:
            conversation.pinned = not conversation.pinned
            self._changed(conversation, touch=False)
            self._app.say("Pinned on top" if conversation.pinned else "No longer pinned")

    async def _archive(self, conversation_id: str) -> None:
        app = self._app
        following = app.main.sidebar.neighbour(1) or app.main.sidebar.neighbour(-1)
        conversation = await self._loaded(conversation_id)
        if conversation is None:
            return
        conversation.archived = not conversation.archived
        self._changed(conversation, touch=False)
        if not conversation.archived:
            app.say("Out of the archive")
            return
        if conversation is app.shown:
            app.show_instead(following)
        self._undoing.offer(
            lambda: self._run(self._take_out(conversation_id)), "takes it out of the archive again"
        )

    async def _take_out(self, conversation_id: str) -> None:
        conversation = await self._loaded(conversation_id)
        if conversation is not None and conversation.archived:  # else it is out by other means
            await self._archive(conversation_id)

    def _changed(self, conversation: Conversation, *, touch: bool = True) -> None:
        if touch:
            conversation.touch(self._desk.now())
        self._desk.shelf.note(conversation)
        self._app.refresh_sidebar()
        self._app.save(conversation, touch=touch)
