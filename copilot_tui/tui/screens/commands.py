"""The command palette: Textual's own, with an input that may be given foreign text."""

from __future__ import annotations

from textual.app import ComposeResult
from textual.command import CommandInput, CommandList, CommandPalette, SearchIcon
from textual.containers import Horizontal, Vertical
from textual.widgets import LoadingIndicator

from copilot_tui.tui.inputs import HarmlessInput


class _Input(CommandInput, HarmlessInput):
    """Looks as the palette's own: style sheets know a class by the first that it is made from."""


class Commands(CommandPalette):
    """Every action that has a name."""

    def compose(self) -> ComposeResult:
        """What Textual's own has, with another input."""
        with Vertical(id="--container"):
            with Horizontal(id="--input"):
                yield SearchIcon()
                yield _Input(placeholder=self._placeholder, select_on_focus=False)
            with Vertical(id="--results"):
                yield CommandList()
                yield LoadingIndicator()
