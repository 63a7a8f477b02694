"""A line to type in, which may be given foreign text."""

from __future__ import annotations

from typing import Final

from textual.widgets import Input

from copilot_tui.terminal_text import harmless

_SPACES: Final = str.maketrans("\t\n", "  ")


class HarmlessInput(Input):
    """Textual paints an input's value as it is; this one takes nothing that controls a terminal."""

    def validate_value(self, value: str) -> str:
        """What becomes of a value that is set."""
        return harmless(value).translate(_SPACES)

    def replace(self, text: str, start: int, end: int) -> None:
        """Type or paste this; the cursor is behind what is left of it."""
        super().replace(harmless(text), start, end)
