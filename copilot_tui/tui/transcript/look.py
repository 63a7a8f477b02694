"""What all messages in the transcript share: the column, the colours, and what the app says."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from rich.segment import Segment
from rich.style import Style

from copilot_tui.tui.transcript.lines import TAB_STOP, Line, keep_tabs
from copilot_tui.tui.transcript.wrap import wrap

if TYPE_CHECKING:
    from collections.abc import Sequence

    from copilot_tui.tui.palette import Palette
    from copilot_tui.tui.transcript.blocks import Blocks
    from copilot_tui.tui.transcript.wrap import Row


class Look:
    """What all entries share: the column, the colours and what the app says about them."""

    def __init__(
        self, palette: Palette, width: int, *, wrap_code: bool = False, colours: bool = True
    ) -> None:
        self.palette = palette
        self.width = width
        self.wrap_code = wrap_code
        self.colours = colours
        """False: code is not highlighted."""
        self.reasoning_open = False
        self.still = False
        """Nothing turns."""
        self.failed_help = ""
        self.continue_help = ""
        self.sign_in_help = ""
        self.versions: dict[str, tuple[int, int]] = {}
        self.last_id = ""
        """The message at the end, which alone can be tried again or gone on with."""
        self.prompt_bar = Segment(
            "▌ ", Style(color=palette.prompt, bgcolor=palette.prompt_background)
        )
        self.error_bar = Segment("▌ ", Style(color=palette.error, bgcolor=palette.background))
        self.reply_mark = Segment("● ", palette.base + Style(color=palette.accent))
        self.name = palette.quiet + Style(bold=True)
        self.title = palette.base + Style(color=palette.accent, bold=True)

    @cached_property
    def blocks(self) -> Blocks:
        """Draws the blocks of messages; the first frame of a new conversation needs none."""
        from copilot_tui.tui.transcript.blocks import Blocks

        return Blocks(self.palette, self.width, wrap_code=self.wrap_code, colours=self.colours)

    def plain(self, text: str, style: Style) -> list[Line]:
        """Text that is shown as it was written, wrapped."""
        lines = plain_lines(wrap([(text.expandtabs(TAB_STOP), style)], self.width), style)
        lines[-1].joint = "\n"
        keep_tabs(lines, text)
        return lines

    def welcome(self, text: str) -> list[Line]:
        """The words in an empty transcript: the first line is its title."""
        title, _, rest = text.partition("\n")
        lines = self.plain(title, self.title)
        return [*lines, *self.plain(rest, self.palette.quiet)] if rest else lines


def plain_lines(rows: Sequence[Row], style: Style) -> list[Line]:
    """Rows of text that is shown as it was written."""
    return [
        Line(row.segments, row.cells, fill=style, size=row.size, joint=row.joint) for row in rows
    ]
