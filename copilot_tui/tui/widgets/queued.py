"""What waits with the prompt, in one line above the composer."""

from __future__ import annotations

from rich.cells import cell_len, set_cell_size
from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip
from textual.widget import Widget

from copilot_tui.terminal_text import one_line


class QueuedLine(Widget):
    """Shows what waits; not there while nothing does."""

    DEFAULT_CSS = """
    QueuedLine {
        display: none;
        height: 1;
        padding: 0 1 0 2;
        color: $text-muted;
        background: $surface;
        &.-waits { display: block; }
    }
    """
    ALLOW_SELECT = False

    def __init__(self, *, id: str, label: str = "Waits: ", text_first: bool = False) -> None:
        """`text_first`: what to press gives way to the text, and not the other way round."""
        super().__init__(id=id)
        self._label = self._usual_label = label
        self._text_first = text_first
        self._text = self._help = ""

    def show(self, text: str | None, help: str, *, label: str = "") -> None:
        """Show this prompt, behind `label` if there is one; None: nothing waits."""
        self.set_class(text is not None, "-waits")
        self._text, self._help = one_line(text or ""), help
        self._label = label or self._usual_label
        self.refresh()

    def render_line(self, y: int) -> Strip:
        """The line: the prompt gives way, and what to press stays, or the other way round."""
        style, width = self.rich_style, self.size.width
        label, help = self._label, f"  {self._help}"
        room = width - len(label) - cell_len(help)
        if room < (cell_len(self._text) if self._text_first else 10):
            room, help = width - len(label), ""
        text = self._text
        if cell_len(text) > room:
            text = set_cell_size(text, max(0, room - 1)) + "…"
        text = set_cell_size(text, max(0, room))
        segments = [
            Segment(label, style + Style(bold=True)),
            Segment(text, style),
            Segment(help, style),
        ]
        return Strip(segments).adjust_cell_length(width, style)
