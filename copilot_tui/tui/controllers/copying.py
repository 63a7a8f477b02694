"""Copying: text goes to the clipboard, and the status line says by which way."""

from __future__ import annotations

from typing import TYPE_CHECKING

from copilot_tui.conversation import Role

if TYPE_CHECKING:
    from copilot_tui.tui.screens.host import Host


class Copying:
    """What the keys that copy do."""

    def __init__(self, app: Host) -> None:
        self._app = app

    def copy(self, text: str, what: str) -> None:
        """Put text on the clipboard, and say by which way."""
        self._app.run_worker(self._copy(text, what), group="copy", exit_on_error=False)

    async def _copy(self, text: str, what: str) -> None:
        from copilot_tui.tui.terminal import clipboard

        if self._app.is_web:  # the clipboard is the browser's, and only the page can reach it
            self._ask_terminal(text)
            self._app.say(f"Sent {what}, {len(text):,} characters, to the browser")
            return
        outcome = await clipboard.copy(text)
        if outcome.asks_terminal:
            self._ask_terminal(text)
        self._app.say(outcome.sentence(what, text))

    def _ask_terminal(self, text: str) -> None:
        self._app.copy_to_clipboard(text.encode("utf-8", "replace").decode())

    def copy_reply(self) -> None:
        """Copy the last reply as it came."""
        replies = [m for m in self._app.shown.path() if m.role is Role.ASSISTANT and m.content]
        if replies:
            self.copy(replies[-1].content, "the last reply")
        else:
            self._app.say("There is no reply yet to copy")

    def choose_block(self) -> None:
        """Put a letter on every block in sight, and copy the block whose letter is typed."""
        app, transcript = self._app, self._app.main.transcript
        sources = transcript.show_hints()
        if not sources:
            app.say("There is no block in sight to copy")
            return
        app.hold_keys()
        app.run_worker(
            self._copy_chosen(sources), group="hints", exclusive=True, exit_on_error=False
        )

    async def _copy_chosen(self, sources: dict[str, str]) -> None:
        from copilot_tui.tui.screens.hints import HintsScreen

        try:
            letter = await self._app.push_screen_wait(HintsScreen(sources))
        finally:
            self._app.main.transcript.hide_hints()
        if letter is not None:
            self.copy(sources[letter], "the block")
