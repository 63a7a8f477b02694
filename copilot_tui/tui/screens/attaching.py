"""Alt+A: the path of a file, with the names that go on from what is typed."""

from __future__ import annotations

import asyncio
import os
from typing import TYPE_CHECKING, ClassVar, Final

from rich.text import Text
from textual import work
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.widgets import Input, Label

from copilot_tui import attachments
from copilot_tui.errors import AttachmentError
from copilot_tui.terminal_text import one_line
from copilot_tui.tui.screens.dialog import Dialog
from copilot_tui.tui.widgets.inputs import HarmlessInput

if TYPE_CHECKING:
    from textual.app import ComposeResult

LISTED: Final = 6
"""Names below the path."""


class AttachScreen(Dialog[str | None]):
    """Gives the path of a file that can be attached, or None."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,ctrl+c", "cancel", "Cancel", show=False),
        Binding("tab", "complete", "Complete", show=False),
    ]
    DEFAULT_CSS = """
    AttachScreen {
        align: center middle;
        background: $background 60%;
        & #attach { width: 84; max-width: 96%; height: auto; max-height: 90%; padding: 1 2;
            background: $surface; border: round $primary; }
        & Input { margin: 1 0; }
        & Label { width: 100%; height: auto; }
        & #attach-names { height: 6; color: $text-muted; text-wrap: nowrap;
            text-overflow: ellipsis; }
        & #attach-said { color: $warning; }
        &.-short #attach { width: 100%; max-width: 100%; max-height: 100%;
            padding: 0 1; border: none; }
        &.-short Input { margin: 0; }
        &.-short #attach-names { height: 3; }
    }
    """

    def __init__(self, typed: str) -> None:
        super().__init__()
        self._typed = typed

    def compose(self) -> ComposeResult:
        """The path, and what it may become."""
        with Vertical(id="attach"):
            yield Label("Attach a text or an image (PNG, JPEG, GIF, WebP)")
            yield HarmlessInput(
                self._typed, placeholder="~/notes.txt", compact=True, select_on_focus=False
            )
            yield Label("", id="attach-names")
            yield Label("", id="attach-said")
            yield Label("Tab completes · Enter attaches · Escape leaves it", classes="hint")

    def on_mount(self) -> None:
        """What is there to begin with."""
        self._list()

    def on_input_changed(self, event: Input.Changed) -> None:
        """Something was typed."""
        event.stop()
        self._say("")
        self._list()

    @work(exclusive=True, group="names")
    async def _list(self) -> None:
        names = await asyncio.to_thread(attachments.completed, self._path)
        shown = [_last_part(name) for name in names[:LISTED]]
        if len(names) > LISTED:
            shown[-1] = f"… {len(names) - LISTED + 1} more"
        self.query_one("#attach-names", Label).update(Text("\n".join(map(one_line, shown))))

    @property
    def _path(self) -> str:
        return self.query_one(Input).value

    async def action_complete(self) -> None:
        """Tab: as far as all names go on in the same way."""
        typed = self._path
        names = await asyncio.to_thread(attachments.completed, typed)
        common = os.path.commonprefix(names)  # noqa: RUF071  of letters, not of folders
        if self._path == typed and len(common) > len(typed):
            line = self.query_one(Input)
            line.value = common
            line.cursor_position = len(common)

    async def on_input_submitted(self, event: Input.Submitted) -> None:
        """Enter: attach it, or say why not."""
        event.stop()
        path = event.value.strip()
        if not path:
            self._say("Type the path of a file")
            return
        try:
            await asyncio.to_thread(attachments.read, path)
        except AttachmentError as error:
            self._say(str(error))
        else:
            self.dismiss(path)

    def _say(self, words: str) -> None:
        self.query_one("#attach-said", Label).update(Text(one_line(words)))

    def action_cancel(self) -> None:
        """Escape."""
        self.dismiss(None)


def _last_part(path: str) -> str:
    """The name alone; a folder's with its slash."""
    return os.path.basename(path.rstrip("/")) + ("/" if path.endswith("/") else "")
