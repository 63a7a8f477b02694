"""A text that grows at its end, drawn so that only its open block is looked at again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from copilot_tui.tui.transcript.document import Document, draw

if TYPE_CHECKING:
    from copilot_tui.tui.transcript.blocks import Blocks


class Streamer:
    """Takes text and keeps the lines of all that came; what has settled is never drawn again."""

    def __init__(self, blocks: Blocks) -> None:
        self.blocks = blocks
        self.document = Document("")
        self._pending: list[str] = []

    def feed(self, text: str) -> None:
        """Take text; it is drawn by the next flush."""
        self._pending.append(text)

    def flush(self) -> int | None:
        """Draw what has come. Gives the first line that changed; None: nothing did."""
        if not self._pending:
            return None
        source = self.document.source + "".join(self._pending)
        self._pending.clear()
        self.document = draw(source, self.blocks)
        return 0
