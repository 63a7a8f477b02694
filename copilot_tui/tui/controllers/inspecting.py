"""Alt+S: the request that Enter would send."""

from __future__ import annotations

import asyncio
from copy import copy
from dataclasses import replace
from typing import TYPE_CHECKING

from copilot_tui.errors import CopilotTuiError

if TYPE_CHECKING:
    from copilot_tui.backends.preview import Preview
    from copilot_tui.conversation import Conversation
    from copilot_tui.tui.controllers.copying import Copying
    from copilot_tui.tui.controllers.editing import Editing
    from copilot_tui.tui.screens.host import Host


class Inspecting:
    """Shows what will be sent, and lets it be copied as curl."""

    def __init__(self, app: Host, copying: Copying, editing: Editing) -> None:
        self._app = app
        self._copying = copying
        self._editing = editing

    def open(self) -> None:
        """Show it."""
        self._app.hold_keys()
        self._app.run_worker(self._show(), group="request", exclusive=True, exit_on_error=False)

    async def _show(self) -> None:
        from copilot_tui.tui.screens.request import RequestScreen

        app = self._app
        # Copies: nothing is added or changed by looking.
        messages = {id_: copy(each) for id_, each in app.shown.messages.items()}
        conversation = replace(app.shown, messages=messages)
        editing = self._editing.message
        prompt = app.main.composer.text
        try:
            preview = await asyncio.to_thread(
                self._preview,
                conversation,
                prompt,
                editing.id if editing is not None else None,
                app.desk.drafts.attached(app.shown),
            )
        except CopilotTuiError as error:
            app.say(error.in_one_line, warn=True)
            await app.release_keys()
            return
        if await app.push_screen_wait(RequestScreen(preview)):
            self._copying.copy(preview.curl, "the request as curl")

    def _preview(
        self,
        conversation: Conversation,
        prompt: str,
        instead_of: str | None,
        attached: tuple[str, ...],
    ) -> Preview:
        from copilot_tui.backends.preview import preview
        from copilot_tui.tui.controllers.attaching import read_all

        desk = self._app.desk
        files = read_all(attached)
        turn = desk.turns.planned(conversation, prompt, instead_of=instead_of, files=files)
        request = turn.request
        # Its own empty reply is no message that is left out.
        conversation.discard(turn.reply.id)
        return preview(request, desk.answerers.config_of(conversation))
