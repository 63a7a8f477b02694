"""Alt+Y: a letter on every block, and the letter copies the block's source."""

from __future__ import annotations

from typing import TYPE_CHECKING

from copilot_tui.tui.screens.dialog import Dialog

if TYPE_CHECKING:
    from collections.abc import Collection

    from textual import events


class HintsScreen(Dialog[str | None]):
    """Waits for one key over the transcript: a letter that stands there, or anything else."""

    def __init__(self, letters: Collection[str]) -> None:
        super().__init__()
        self._letters = letters

    def on_key(self, event: events.Key) -> None:
        """Give the letter, or None."""
        event.stop()
        self.dismiss(event.character if event.character in self._letters else None)

    def on_click(self) -> None:
        """A click means something else."""
        self.dismiss(None)
