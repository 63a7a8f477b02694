"""`d`: what differs between two versions, word by word."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, ClassVar, Final

from rich.text import Text
from textual import work
from textual.binding import Binding, BindingType
from textual.containers import Vertical, VerticalScroll
from textual.widgets import Label, Static

from copilot_tui.conversation import local_time
from copilot_tui.difference import Change, Piece, difference
from copilot_tui.terminal_text import harmless, one_line
from copilot_tui.tui.screens.dialog import Dialog

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textual.app import ComposeResult

    from copilot_tui.conversation import Message

AROUND: Final = 2
"""Lines that are shown around a change."""

SHOWN_MOST: Final = 60_000
"""Characters; to lay out many more would take longer than a key may."""

_BRACKETS: Final = {Change.GONE: ("[-", "-]"), Change.NEW: ("{+", "+}")}


class DifferenceScreen(Dialog[None]):
    """Shows a version against the one before it; Left and Right go to other versions."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,ctrl+c,d,q", "close", show=False),
        Binding("left", "step(-1)", show=False),
        Binding("right", "step(1)", show=False),
    ]

    DEFAULT_CSS = """
    DifferenceScreen {
        align: center middle; background: $background 60%;
        #difference {
            width: 108; max-width: 96%; height: 96%;
            padding: 0 1; background: $surface; border: round $primary;
        }
        #difference-of { text-style: bold; width: 100%; height: auto; }
        VerticalScroll { height: 1fr; margin: 1 0 0 0; scrollbar-size-vertical: 1; }
        Static { width: 100%; height: auto; }
    }
    """

    def __init__(self, versions: Sequence[Message], shown: int) -> None:
        super().__init__()
        self._versions = versions
        self._newer = max(1, shown)
        """The index of the version that is compared with the one before it."""

    def compose(self) -> ComposeResult:
        """Which versions, and what differs."""
        with Vertical(id="difference"):
            yield Label(id="difference-of", markup=False)
            with VerticalScroll():
                yield Static(id="difference-text", markup=False)
            other = "← → other versions · " if len(self._versions) > 2 else ""
            yield Label(f"{other}Escape closes this", classes="hint", markup=False)

    def on_mount(self) -> None:
        """Compare."""
        self.query_one(VerticalScroll).focus()
        self._compare()

    def action_step(self, step: int) -> None:
        """Left and Right."""
        wanted = self._newer + step
        if 1 <= wanted < len(self._versions):
            self._newer = wanted
            self._compare()

    def action_close(self) -> None:
        """Escape."""
        self.dismiss(None)

    @work(exclusive=True, group="difference", exit_on_error=False)
    async def _compare(self) -> None:
        old, new = self._versions[self._newer - 1 : self._newer + 1]
        of = f"{_named(self._newer, old)} → {_named(self._newer + 1, new)}"
        self.query_one("#difference-of", Label).update(of)
        shown = self.query_one("#difference-text", Static)
        shown.update("Comparing …")
        # In a thread: long texts take a while.
        pieces = await asyncio.to_thread(difference, harmless(old.content), harmless(new.content))
        theme = self.app.current_theme
        styles = {
            Change.GONE: f"strike {theme.error}",
            Change.NEW: f"underline {theme.success}",
            Change.SAME: "",
        }
        shown.update(drawn(pieces, styles))
        for scroll in self.query(VerticalScroll):  # none: it was closed meanwhile
            scroll.scroll_home(animate=False)


def drawn(pieces: Sequence[Piece], styles: dict[Change, str]) -> Text:
    """The changes with what stands around them; marked by more than colour."""
    text = Text()
    if all(piece.change is Change.SAME for piece in pieces):
        return text.append("The two versions say the same")
    for index, piece in enumerate(pieces):
        if len(text) > SHOWN_MOST:
            return text.append("\n… and so on: the rest is too long to be shown here", "dim")
        if piece.change is Change.SAME:
            is_last = index == len(pieces) - 1
            text.append(_shortened(piece.text, is_first=index == 0, is_last=is_last))
        else:
            begin, end = _BRACKETS[piece.change]
            shown = piece.text[:SHOWN_MOST]
            text.append(f"{begin}{shown}{end}", styles[piece.change])
    return text


def _shortened(same: str, *, is_first: bool, is_last: bool) -> str:
    """What is the same in both, without the lines that are far from any change."""
    lines = same.splitlines(keepends=True)
    above = 0 if is_first else AROUND + 1
    below = 0 if is_last else AROUND + 1
    left_out = len(lines) - above - below
    if left_out <= 1:
        return same[: SHOWN_MOST // 2]
    before, after = "".join(lines[:above]), "".join(lines[len(lines) - below :])
    return f"{before}· · · {left_out} lines are the same · · ·\n{after}"


def _named(number: int, version: Message) -> str:
    by = version.model or version.backend or ""
    return one_line(" ".join(filter(None, (f"{number}.", by, local_time(version.created_at)))))
