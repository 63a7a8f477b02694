"""Ctrl+G: the prompt is written in the user's editor, and replies stream on meanwhile."""

from __future__ import annotations

from typing import TYPE_CHECKING

from copilot_tui.tui.terminal import editor

if TYPE_CHECKING:
    from copilot_tui.tui.screens.host import Host


class Writing:
    """Gives the prompt to the editor, and takes back what became of it."""

    def __init__(self, app: Host) -> None:
        self._app = app

    def open(self) -> None:
        """Give the terminal to the editor."""
        self._app.run_worker(self._write(), group="editor", exclusive=True, exit_on_error=False)

    async def _write(self) -> None:
        app = self._app
        if app.is_web:
            app.say("A browser has no terminal to give to an editor", warn=True)
            return
        composer, conversation = app.main.composer, app.shown
        within = None
        if (
            app.desk.filing.is_private(conversation.id)
            and (within := editor.memory_folder()) is None
        ):
            app.say(
                "An editor would write this private prompt to the disk, so none is opened",
                warn=True,
            )
            return
        before = composer.text
        edited = await editor.edit(app, before, within)
        if edited is None:
            app.say("The editor ended with an error; the prompt is as it was", warn=True)
        elif app.shown is not conversation:
            app.desk.drafts.keep(conversation, edited, len(edited))
        elif edited != before:
            composer.fill(edited)
