"""What will be sent: where to, how much, what is left out, and every word of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Final

from rich.text import Text
from textual.binding import Binding, BindingType
from textual.containers import Vertical, VerticalScroll
from textual.widgets import Label, Static

from copilot_tui.terminal_text import harmless, one_line
from copilot_tui.tui.screens.dialog import Dialog

if TYPE_CHECKING:
    from textual.app import ComposeResult

    from copilot_tui.backends.preview import Preview

SHOWN_CHARS: Final = 20_000
"""Of a longer request the beginning and the end are shown."""


class RequestScreen(Dialog[bool]):
    """Gives whether it is to be copied as curl."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("c", "copy", "Copy as curl", show=False),
        Binding("escape,ctrl+c,q,enter", "leave", "Close", show=False),
        Binding("up", "scroll(-1)", show=False),
        Binding("down", "scroll(1)", show=False),
        Binding("pageup", "scroll(-10)", show=False),
        Binding("pagedown", "scroll(10)", show=False),
    ]
    DEFAULT_CSS = """
    RequestScreen {
        align: center middle;
        background: $background 60%;
        & #request { width: 100; max-width: 96%; height: 90%; padding: 1 2;
            background: $surface; border: round $primary; }
        & #request.-nothing { height: auto; }
        & Label { width: 100%; height: auto; }
        & #request-head { text-style: bold; }
        & #request-notes { color: $warning; }
        & VerticalScroll { height: 1fr; margin: 1 0; scrollbar-size-vertical: 1; }
        & Static { width: 100%; height: auto; }
        &.-short #request { width: 100%; max-width: 100%; height: 100%; max-height: 100%;
            padding: 0 1; border: none; }
        &.-short #request.-nothing { height: auto; }
        &.-short VerticalScroll { margin: 0; }
    }
    """

    def __init__(self, preview: Preview) -> None:
        super().__init__()
        self._preview = preview

    def compose(self) -> ComposeResult:
        """All there is to know."""
        found = self._preview
        with Vertical(id="request", classes="-nothing" if found.is_nothing else ""):
            where = f"POST {found.url}" if found.url else found.where
            yield Label(Text(one_line(where)), id="request-head")
            if found.is_nothing:
                yield Label("Escape closes", classes="hint")
                return
            count = "1 message" if found.messages == 1 else f"{found.messages:,} messages"
            yield Label(f"{count} · {found.size:,} bytes · about {found.tokens:,} tokens")
            if found.notes:
                notes = "\n".join(one_line(note) for note in found.notes)
                yield Label(Text(notes), id="request-notes")
            with VerticalScroll(can_focus=False):
                yield Static(Text(_cut(harmless(found.text))))
            copies = "c copies it as curl, the key as a variable · " if found.is_curl else ""
            copies = copies if found.url else ""
            yield Label(f"{copies}↑ ↓ scroll · Escape closes", classes="hint")

    def action_scroll(self, lines: int) -> None:
        """Up and Down."""
        self.query_one(VerticalScroll).scroll_relative(y=lines, animate=False)

    def action_copy(self) -> None:
        """`c`."""
        if self._preview.is_curl and self._preview.url:
            self.dismiss(True)

    def action_leave(self) -> None:
        """Escape."""
        self.dismiss(False)


def _cut(text: str) -> str:
    if len(text) <= SHOWN_CHARS:
        return text
    half = SHOWN_CHARS // 2
    return f"{text[:half]}\n\n… {len(text) - SHOWN_CHARS:,} more characters …\n\n{text[-half:]}"
