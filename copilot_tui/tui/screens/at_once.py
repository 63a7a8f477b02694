"""A screen that paints what a key has changed at once."""

from __future__ import annotations

from time import monotonic
from typing import TYPE_CHECKING, Final

from textual._compositor import Compositor
from textual.geometry import Region
from textual.screen import Screen
from textual.strip import Strip

if TYPE_CHECKING:
    from collections.abc import Iterable

    from textual import events

PAINT_S: Final = 0.004
"""What changes so soon after a paint waits for Textual's clock."""


class _SparseCompositor(Compositor):
    """Asks the widgets for no more than is painted.

    Textual asks each that can be seen for all its lines, whatever small part of one has changed.
    """

    def _get_renders(
        self, crop: Region | None = None
    ) -> Iterable[tuple[Region, Region, list[Strip]]]:
        if crop is None:
            yield from super()._get_renders(None)
            return
        painted = Region(0, crop.y, self.size.width, crop.height)
        for widget, (region, clip) in self.visible_widgets.items():
            seen = clip.intersection(painted)
            part = region.intersection(seen)
            if part and part.overlaps(crop):
                yield region, seen, widget.render_lines(part.translate(-region.offset))


class AtOnceScreen(Screen[None]):
    """A screen that stays, and that its rooms cover."""

    def __init__(self) -> None:
        super().__init__()
        self._compositor = _SparseCompositor()
        self._painted_at = 0.0
        self._was_shown = False

    def render_lines(self, crop: Region) -> list[Strip]:
        """The background, which the rooms cover: Textual asks for it with every frame."""
        blank = Strip.blank(crop.width, self.rich_style)
        for line_filter in self.get_line_filters():
            blank = blank.apply_filter(line_filter, self.background_colors[1])
        return [blank] * crop.height

    def on_screen_resume(self, event: events.ScreenResume) -> None:
        """Here comes the first frame, or the screen again."""
        # At first, all was styled a moment ago, when it was composed.
        event.refresh_styles = self._was_shown
        self._was_shown = True

    async def _on_idle(self, event: events.Idle) -> None:
        """Paint at once what a key or a frame of a reply has changed.

        Textual waits for the next tick of a clock, so that a key that follows a frame by a moment
        is seen after up to 33 ms. Only paints that follow each other closely still wait for it.
        """
        is_due = monotonic() - self._painted_at > PAINT_S
        if is_due and self._dirty_widgets and self.is_current and not self.app._batch_count:
            event.prevent_default()
            self._on_timer_update()

    def _on_timer_update(self) -> None:
        super()._on_timer_update()
        self._painted_at = monotonic()
