"""Finding within the shown conversation: what the bar's words and keys do to the transcript."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from copilot_tui.tui.widgets.find import FindBar

if TYPE_CHECKING:
    from copilot_tui.tui.controllers.saying import Saying
    from copilot_tui.tui.screens.host import Host


class Finding:
    """Stands between the bar, made when it is first wanted, and the transcript."""

    def __init__(self, app: Host, saying: Saying) -> None:
        self._app = app
        self._saying = saying
        self._bar = FindBar(id="find")

    @property
    def is_open(self) -> bool:
        """Whether the bar is seen."""
        return self._bar.is_open

    async def open(self) -> None:
        """Show the bar; what is typed from now on is for it."""
        self._app.hold_keys()
        if not self._bar.is_attached:
            await self._app.main.mount_above_prompt(self._bar)
        self._bar.open()
        # Twice, as for a dialog: the bar has the focus by then.
        self._bar.call_after_refresh(self._bar.app.call_later, self._app.release_keys)

    def find(self, words: str) -> None:
        """Mark these words, and say how many there are."""
        count = self._app.main.transcript.find(words)
        if words:
            times = "once" if count == 1 else f"{count} times" if count else "nowhere"
            on, back, end = map(self._app.main.key, ("next-match", "previous-match", "escape"))
            said = f"Found {times} · {on} and {back} go on, {end} ends it"
            self._app.say(said, local=True)

    async def go(self, step: Literal[1, -1]) -> None:
        """To the next match (1) or the one before (-1); where nothing was sought, ask for words."""
        if not self._app.main.transcript.find_next(step):
            await self.open()

    async def light(self, words: str) -> None:
        """Open the bar with these words in it, and mark them."""
        await self.open()
        if self._bar.value == words:
            self._app.main.transcript.find(words)
        else:
            self._bar.value = words  # the bar finds them

    def close(self) -> bool:
        """Hide the bar and the marks; whether it was open."""
        if not self.is_open:
            return False
        self._bar.close()
        self._saying.forget_local()
        self._app.main.transcript.find("")
        self._app.main.transcript.focus()
        return True
