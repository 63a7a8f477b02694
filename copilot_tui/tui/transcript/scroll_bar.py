"""The transcript's scroll bar: Textual's own, but painted in one go.

It changes with every frame of a reply that streams, and Textual would draw each of its rows as a
text of its own, at a third of the cost of the whole frame.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.scrollbar import ScrollBar, ScrollBarRender
from textual.strip import Strip

if TYPE_CHECKING:
    from rich.segment import Segment
    from textual.geometry import Region


class TranscriptScrollBar(ScrollBar):
    """Gives final strips."""

    def render_lines(self, crop: Region) -> list[Strip]:
        """The strips of a part of the bar."""
        rendered = self.render()
        assert isinstance(rendered, ScrollBarRender)
        style = self.app.console.get_style(rendered.style)
        assert style.color is not None
        assert style.bgcolor is not None
        segments = ScrollBarRender.render_bar(
            size=self.size.height,
            virtual_size=rendered.virtual_size,
            window_size=rendered.window_size,
            position=rendered.position,
            thickness=self.size.width,
            back_color=style.bgcolor,
            bar_color=style.color,
        ).segments
        few: dict[int, Strip] = {}  # there are at most five different ones
        strips = [self._strip(segment, few) for segment in segments]
        return strips[crop.y : crop.bottom]

    def _strip(self, segment: Segment, few: dict[int, Strip]) -> Strip:
        strip = few.get(id(segment))
        if strip is None:
            strip = Strip([segment], self.size.width)
            background = self.background_colors[1]
            for line_filter in self.get_line_filters():
                strip = strip.apply_filter(line_filter, background)
            few[id(segment)] = strip
        return strip
