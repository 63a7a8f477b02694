"""The line at the bottom: what answers, what is going on, and the keys to know."""

from __future__ import annotations

from typing import Final

from rich.cells import cell_len, set_cell_size
from rich.segment import Segment
from rich.style import Style
from textual.reactive import reactive
from textual.strip import Strip
from textual.widget import Widget

from copilot_tui.terminal_text import one_line
from copilot_tui.tui.transcript.wrap import breaks

MOST_LINES: Final = 3
"""Lines of a notice."""

SECOND_S: Final = 1.0
"""How often what is counted in seconds is shown anew."""


class StatusLine(Widget):
    """A notice when there is one, else the backend; hints on the right as far as there is room.

    A notice that is longer than the line takes more lines while it stands.
    """

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

    def watch_notice(self) -> None:
        """Take as many lines as it needs."""
        self._fit()

    def on_resize(self) -> None:
        """Another width, other lines."""
        self._fit()

    def _fit(self) -> None:
        height = len(self._notice_lines) or 1
        if height != (self.size.height or 1):
            self.styles.height = height

    @property
    def _notice_lines(self) -> list[str]:
        """The notice on its lines: none if there is none, or it fits on one beside the hints."""
        width = self.size.width
        text = one_line(self.notice)
        if not width or cell_len(text) <= width:
            return []
        return _fitted(text, width)

    def render_line(self, y: int) -> Strip:
        """A line of a long notice, or the only line."""
        lines = self._notice_lines[: self.size.height]
        if not lines:
            return self._only_line()
        style = self.rich_style + Style(bold=self.is_warning or None)
        strip = Strip([Segment(lines[y] if y < len(lines) else "", style)])
        return strip.adjust_cell_length(self.size.width, self.rich_style)

    def _only_line(self) -> Strip:
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


def _fitted(text: str, width: int) -> list[str]:
    """The text on its lines; what is too long for all of them is left out of its middle."""
    lines = _lines(text, width)
    if len(lines) <= MOST_LINES:
        return lines
    head = lines[0]
    rest = text[len(head) :]
    room = width * (MOST_LINES - 1)
    start = len(rest) - room  # no character is narrower than a cell, but for marks
    while start < len(rest):
        space = rest.find(" ", start)
        tail = rest[space + 1 if 0 <= space < len(rest) - width else start :]
        fitted = _lines(f"… {tail}", width)
        if len(fitted) < MOST_LINES:
            return [head, *fitted]
        start += 1
    return lines[:MOST_LINES]


def _lines(text: str, width: int) -> list[str]:
    return [text[start:end] for start, end, _ in breaks(text, width)]


def duration(seconds: float) -> str:
    """How long it takes so far; nothing is said of the first second."""
    whole = int(seconds)
    if whole < 1:
        return ""
    return f"{whole} s" if whole < 120 else f"{whole // 60} min {whole % 60} s"
