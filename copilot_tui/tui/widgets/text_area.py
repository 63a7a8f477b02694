"""A text area that may be given foreign text."""

from __future__ import annotations

from typing import Final

from rich.segment import Segment
from rich.text import Text
from textual import events
from textual.document._document_navigator import DocumentNavigator
from textual.document._wrapped_document import WrappedDocument
from textual.strip import Strip
from textual.widgets import TextArea

from copilot_tui.terminal_text import harmless
from copilot_tui.tui.widgets.exact_document import ExactDocument

_LEFT_OUT_BY_RICH: Final = str.maketrans("\x07\x08\x0b\x0c\r", "\0" * 5)


class HarmlessTextArea(TextArea):
    """Keeps the text exact, and paints nothing of it that controls a terminal."""

    document: ExactDocument

    def _set_document(self, text: str, language: str | None) -> None:
        """Begin with this text. No language is known here."""
        self.document = ExactDocument(text)
        self.wrapped_document = WrappedDocument(self.document, tab_width=self.indent_width)
        self.navigator = DocumentNavigator(self.wrapped_document)
        self.move_cursor((0, 0))
        self._rewrap_and_refresh_virtual_size()

    def get_line(self, line_index: int) -> Text:
        """A line, as long as it is: the cursor counts what Rich would leave out."""
        line = self.document.get_line(line_index).translate(_LEFT_OUT_BY_RICH)
        return Text(line, end="", no_wrap=True)

    def render_line(self, y: int) -> Strip:
        """A line as it is painted. The text itself stays exact: a prompt may come from a file."""
        strip = super().render_line(y)
        if all(segment.text.isprintable() for segment in strip):
            return strip
        harmless_segments = [Segment(harmless(text), style) for text, style, _ in strip]
        return Strip(harmless_segments, strip.cell_length)  # what is taken out has no width

    async def _on_paste(self, event: events.Paste) -> None:
        # Terminals send CR for the line ends of a paste; the text area would keep it as it is.
        if "\r" in event.text:
            event.text = event.text.replace("\r\n", "\n").replace("\r", "\n")
        # Textual calls the text area's own handler next; called from here it would paste twice.
