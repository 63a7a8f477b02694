"""What a search has found, two lines each. Lines are made when they are seen."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Final

from rich.cells import cell_len, set_cell_size
from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.geometry import Region, Size
from textual.message import Message
from textual.scroll_view import ScrollView
from textual.strip import Strip

from copilot_tui.conversation import local_time
from copilot_tui.search_text import marks
from copilot_tui.terminal_text import one_line

if TYPE_CHECKING:
    from copilot_tui.store import Hit

LINES: Final = 2
QUIET_SHARE: Final = 0.72
"""How much of the text's colour is in what stands beside it: more than 4.5:1 on every theme."""
PICKED_SHARE: Final = 0.14

_WHO: Final = {"user": "You", "assistant": "Reply", "system": "System", "title": "Title"}


class Hits(ScrollView):
    """The list, with a cursor that its owner moves: the focus stays where the words are typed."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {"hits--lit"}
    DEFAULT_CSS = """
    Hits {
        height: 1fr;
        background: $surface;
        color: $foreground;
        overflow-x: hidden;
        scrollbar-size-vertical: 1;
        & > .hits--lit { background: $warning; color: $background; text-style: bold; }
    }
    """
    ALLOW_SELECT = False

    @dataclass
    class Clicked(Message):
        """The user wants to see this one."""

        hit: Hit

    def __init__(self, *, id: str) -> None:
        super().__init__(id=id)
        self._hits: list[Hit] = []
        self._needles: tuple[str, ...] = ()
        self._cursor = 0

    def show(self, hits: Sequence[Hit], needles: tuple[str, ...]) -> None:
        """Replace the list; the cursor stays on its hit, if that is still there."""
        before = self.picked
        self._hits = list(hits)
        self._needles = needles
        self._cursor = self._hits.index(before) if before in self._hits else 0
        self.virtual_size = Size(self.size.width, LINES * len(self._hits))
        self._reveal()
        self.refresh()

    def forget_cursor(self) -> None:
        """Other words: the next list begins with its first hit."""
        self._cursor = 0

    @property
    def picked(self) -> Hit | None:
        """The hit under the cursor."""
        return self._hits[self._cursor] if self._cursor < len(self._hits) else None

    @property
    def count(self) -> int:
        """How many there are."""
        return len(self._hits)

    @property
    def is_at_end(self) -> bool:
        """Whether the cursor is on the last hit."""
        return self._cursor >= len(self._hits) - 1

    @property
    def page(self) -> int:
        """Hits that are seen at a time."""
        return max(1, self.size.height // LINES - 1)

    def move(self, step: int) -> None:
        """Move the cursor by so many hits."""
        if self._hits:
            self._cursor = max(0, min(self._cursor + step, len(self._hits) - 1))
            self._reveal()
            self.refresh()

    def _reveal(self) -> None:
        region = Region(0, LINES * self._cursor, 1, LINES)
        self.scroll_to_region(region, animate=False, force=True)

    def on_resize(self) -> None:
        """The lines are as wide as the list."""
        self.virtual_size = Size(self.size.width, LINES * len(self._hits))

    def on_click(self, event: events.Click) -> None:
        """A click opens the hit."""
        index = (event.y + self.scroll_offset.y) // LINES
        if index < len(self._hits):
            self.post_message(self.Clicked(self._hits[index]))

    # Lines

    def render_line(self, y: int) -> Strip:
        """One line of the viewport."""
        width = self.size.width
        index, line = divmod(y + self.scroll_offset.y, LINES)
        base, quiet = self._styles(is_picked=index == self._cursor)
        if index >= len(self._hits):
            return Strip.blank(width, self.rich_style)
        hit, room = self._hits[index], max(1, width - 3)
        bar = Segment("▌ " if index == self._cursor else "  ", base)
        drawn = self._snippet(hit, room, base) if line else self._heading(hit, room, base, quiet)
        return Strip([bar, *drawn]).adjust_cell_length(width, base)

    def _styles(self, *, is_picked: bool) -> tuple[Style, Style]:
        """Of text, and of what is beside it."""
        _, _, background, colour = self.colors
        if is_picked:
            background = background.blend(colour, PICKED_SHARE)
        quiet = background.blend(colour, QUIET_SHARE)
        return Style(color=colour.hex6, bgcolor=background.hex6), Style(
            color=quiet.hex6, bgcolor=background.hex6
        )

    def _heading(self, hit: Hit, width: int, base: Style, quiet: Style) -> list[Segment]:
        about = f"  {_WHO.get(hit.role, hit.role)} · {one_line(local_time(hit.created_at))}"
        room = max(1, width - cell_len(about))
        title = one_line(hit.title) or "—"
        if cell_len(title) > room:
            title = set_cell_size(title, room - 1) + "…"
        return [
            *self._lit(title, base + Style(bold=True)),
            Segment(about, quiet),
        ]

    def _snippet(self, hit: Hit, width: int, base: Style) -> list[Segment]:
        text = one_line(hit.snippet)
        if cell_len(text) > width and (found := marks(text, self._needles)):
            start = max(0, found[0][0] - width // 3)
            text = f"…{text[start:]}" if start else text
        if cell_len(text) > width:
            text = set_cell_size(text, max(0, width - 1)) + "…"
        return self._lit(text, base)

    def _lit(self, text: str, style: Style) -> list[Segment]:
        lit = self.get_component_rich_style("hits--lit", partial=True)
        segments: list[Segment] = []
        end = 0
        for first, last in marks(text, self._needles):
            segments += [Segment(text[end:first], style), Segment(text[first:last], style + lit)]
            end = last
        return [*segments, Segment(text[end:], style)]
