"""The lines of a long prompt, as they are wrapped: what a key costs does not grow with the text."""

from __future__ import annotations

from typing import NamedTuple, Self

from rich.cells import cell_len
from textual.document._document import EditResult, Location
from textual.document._edit import Edit
from textual.document._wrapped_document import WrappedDocument
from textual.geometry import Offset, Region

from copilot_tui.tui.widgets.text_area import HarmlessTextArea

MANY_LINES = 50
"""A change of so many lines is worth a look at all of them."""


class PromptLines(WrappedDocument):
    """Textual's, which counts all lines several times for each key, and wraps what fits."""

    @property
    def height(self) -> int:
        """Lines on the screen."""
        return len(self._offset_to_line_info)

    def wrap(self, width: int, tab_width: int | None = None) -> None:
        """Wrap all; nothing is to be done where every line fits."""
        if not self._fits(width):
            super().wrap(width, tab_width)
            return
        self._width = width
        self._tab_width = tab_width or self._tab_width
        lines = self.document.lines
        self._wrap_offsets = [[] for _ in lines]
        self._offset_to_line_info = [(index, 0) for index in range(len(lines))]
        self._line_index_to_offsets = [[index] for index in range(len(lines))]
        self._tab_width_cache = [[0] if line else [] for line in lines]

    def _fits(self, width: int) -> bool:
        return all(
            "\t" not in line and (not width or cell_len(line) <= width)
            for line in self.document.lines
        )

    def wrap_range(self, start: Location, old_end: Location, new_end: Location) -> None:
        """Wrap what was changed."""
        rows = start[0], old_end[0], new_end[0]
        if max(rows) - min(rows) > MANY_LINES and self._fits(self._width):
            self.wrap(self._width)
        else:
            super().wrap_range(start, old_end, new_end)


class _View(NamedTuple):
    """What all lines of the prompt look different by."""

    height: int
    scroll_offset: Offset
    bracket: tuple[int, int] | None


class LongTextArea(HarmlessTextArea):
    """A text area in which a key costs the same in a short text and in a long one."""

    _holds_repaint = False

    @property
    def wrapped_document(self) -> WrappedDocument:
        """The lines as they are wrapped."""
        return self._prompt_lines

    @wrapped_document.setter
    def wrapped_document(self, wrapped: WrappedDocument) -> None:
        self._prompt_lines = PromptLines(wrapped.document, tab_width=self.indent_width)

    def edit(self, edit: Edit) -> EditResult:
        """Change the text. Textual paints all lines again, where mostly one has changed."""
        row = edit.from_location[0]
        before = self._view
        is_small = edit.to_location[0] == row and "\n" not in edit.text and before.height > 1
        self._holds_repaint = is_small and self.selection.is_empty
        try:
            result = super().edit(edit)
        finally:
            held, self._holds_repaint = self._holds_repaint, False
        if held and self._view == before and before.bracket is None:
            self.refresh_lines(
                self.wrapped_document.location_to_offset((row, 0)).y,
                len(self.wrapped_document.get_offsets(row)) + 1,
            )
        elif held:
            self.refresh()
        return result

    @property
    def _view(self) -> _View:
        height = self.wrapped_document.height
        return _View(height, self.scroll_offset, self._matching_bracket_location)

    def refresh(
        self,
        *regions: Region,
        repaint: bool = True,
        layout: bool = False,
        recompose: bool = False,
    ) -> Self:
        """Paint again; `edit` knows better what."""
        if self._holds_repaint and not (regions or layout or recompose):
            return self
        return super().refresh(*regions, repaint=repaint, layout=layout, recompose=recompose)
