"""The one line at the bottom: what answers, what is going on, and the keys to know."""

from __future__ import annotations

from rich.cells import cell_len, set_cell_size
from rich.segment import Segment
from rich.style import Style
from textual.reactive import reactive
from textual.strip import Strip
from textual.widget import Widget

from copilot_tui.terminal_text import one_line


class StatusLine(Widget):
    """A notice when there is one, else the backend; hints on the right as far as there is room."""

    DEFAULT_CSS = """
    StatusLine {
        height: 1;
        padding: 0 1 0 2;
        color: $text-muted;
        background: $panel;
    }
    """
    ALLOW_SELECT = False

    backend = reactive("")
    """What answers here: backend, provider, model."""
    activity = reactive("")
    """What is going on here: waiting, streaming, how long."""
    notice = reactive("")
    """Something said for a while; stands before the rest."""
    is_warning = reactive(False)
    hints = reactive[tuple[str, ...]](())
    """Keys worth knowing, the most useful first."""

    def render_line(self, y: int) -> Strip:
        """The line, fitted: hints go first when there is no room, then the end of the rest."""
        style = self.rich_style
        width = self.size.width
        left = self.notice or " · ".join(part for part in (self.activity, self.backend) if part)
        left = one_line(left)
        used = cell_len(left)
        right = ""
        for hint in self.hints:
            longer = f"{right}   {hint}" if right else hint
            if used + 3 + cell_len(longer) > width:
                break
            right = longer
        if not right:
            left = left if used <= width else set_cell_size(left, max(0, width - 1)) + "…"
            right_at = cell_len(left)
        else:
            right_at = width - cell_len(right)
        style_left = style + Style(bold=True) if self.notice and self.is_warning else style
        gap = " " * max(0, right_at - cell_len(left))
        segments = [Segment(left, style_left), Segment(gap, style), Segment(right, style)]
        return Strip(segments).adjust_cell_length(width, style)
