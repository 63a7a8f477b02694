"""What one message looks like: a prompt in its block, a reply under its name."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, ClassVar, Final, NamedTuple
from weakref import ref

from rich.cells import cell_len, set_cell_size
from rich.segment import Segment
from rich.style import Style

from copilot_tui.conversation import Role, local_time
from copilot_tui.terminal_text import harmless, one_line
from copilot_tui.tui.transcript.document import Document, draw
from copilot_tui.tui.transcript.foot import foot
from copilot_tui.tui.transcript.lines import Line
from copilot_tui.tui.transcript.parts import portion
from copilot_tui.tui.transcript.selection import copied_code, copied_unit, part_source
from copilot_tui.tui.transcript.streamer import Streamer
from copilot_tui.tui.transcript.thoughts import (
    Thoughts,
    answer_start,
    last_thoughts,
    thought_for,
    thoughts,
)

if TYPE_CHECKING:
    from copilot_tui.conversation import Message
    from copilot_tui.tui.transcript.look import Look
    from copilot_tui.tui.transcript.needle import Needle

_WORD: Final = re.compile(r"\w[\w'’-]*|[^\w\s]+")

_LONG_BLOCK: Final = 12_000
"""A block of more characters takes long to draw, and it is drawn as a whole."""

_LONG_TEXT: Final = 400_000
_MANY_LINES: Final = 2_000
"""A text of more characters, or lines, takes long to read."""

PULSE: Final = "⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏"


class Anchor(NamedTuple):
    """A line of a message, as the part of the source that it shows."""

    block: int
    whole: int
    """Of code and tables: the lines of the source that begin in the block up to this line."""
    characters: int
    """Above it, behind the beginning of the last of those. Less than 0: it is one of the lines
    above the text (an empty one, a caption), the first of them -1.
    """

    def row_in(self, lines: Sequence[Line]) -> int:
        """Which of the lines of the block it is."""
        last = len(lines) - 1
        if self.characters < 0:
            return max(0, min(-1 - self.characters, last))
        row = 0
        whole = lines[0].source_lines if lines else 0
        while row < last and whole < self.whole:
            row += 1
            whole += lines[row].source_lines
        left = self.characters
        while (
            row < last
            and left >= (size := lines[row].size + len(lines[row].joint))
            and not lines[row + 1].source_lines
        ):
            left -= size
            row += 1
        return row


class Entry:
    """One message in the transcript: its head, its body and its foot, as lines.

    It exists while its lines are needed; the message is all that lasts.
    """

    TAKE_MOST: ClassVar = 12_288
    """Characters of a live reply that are read at once. A blast is read by and by, and so is what
    had come before it is shown; no key waits for all of it.
    """

    __slots__ = (
        "__weakref__",
        "answer",
        "document",
        "foot",
        "head",
        "live_since",
        "message",
        "on_moved",
        "streamer",
        "taken",
        "thinking",
        "thoughts",
    )

    def __init__(
        self,
        message: Message,
        *,
        live_since: float | None = None,
        on_moved: Callable[[int, int], object] = lambda row, by: None,
    ) -> None:
        """`on_moved`: see Document; the line is counted from the head."""
        self.message = message
        self.on_moved = on_moved
        self.live_since = live_since
        """When it was first seen to stream, by the pane's clock; None: it does not."""
        self.streamer: Streamer | None = None
        self.document = Document(plain=[])
        self.head: list[Line] = []
        self.foot: list[Line] = []
        self.answer: int | None = 0
        """Where the answer begins in the content, behind thoughts; None: they have no end yet."""
        self.taken = 0
        """Characters of the content that the streamer has."""
        self.thinking = 0
        """Characters of the reasoning that the head shows."""
        self.thoughts: Thoughts | None = None
        """None: they are folded."""

    @property
    def is_live(self) -> bool:
        """Whether it streams."""
        return self.live_since is not None

    @property
    def height(self) -> int:
        """Lines that it takes, as far as is known: a part that was never seen is estimated."""
        return len(self.head) + self.document.height + len(self.foot)

    def line(self, index: int) -> Line | None:
        """One of its lines."""
        if index < len(self.head):
            return self.head[index]
        index -= len(self.head)
        if index < self.document.height:
            return self.document.line(index)
        index -= self.document.height
        return self.foot[index] if index < len(self.foot) else None

    def draw_below(self, row: int, count: int) -> None:
        """Draw so many lines from this one on; what stands above it stays where it is."""
        row -= len(self.head)
        self.document.draw_below(max(0, row), count + min(0, row))

    def draw_above(self, row: int, count: int) -> int:
        """Draw so many lines above this one; gives where it stands now."""
        within = row - len(self.head)
        body = min(within, self.document.height)
        return row + self.document.draw_above(body, count) - body if body > 0 else row

    def _use(self, document: Document) -> None:
        self.document = document
        # Weakly: what holds itself goes when the collector comes, which is seldom, and holds much.
        entry = ref(self)

        def moved(row: int, by: int) -> None:
            if (alive := entry()) is not None:
                alive.on_moved(row + len(alive.head), by)

        document.on_moved = moved

    def draw(self, look: Look, now: float, *, by_and_by: bool = False) -> None:
        """Draw it from its message. `by_and_by`: one that takes long is only begun, as one that
        streams is, and goes on with `take` until it is not behind any more, and then `end`.
        """
        if self.message.role is not Role.ASSISTANT:
            self._draw_prompt(look)
            return
        if self.is_live or not self._draw_stored(look, by_and_by=by_and_by):
            self.streamer = Streamer(look.blocks)
            self._use(self.streamer.document)
            self.taken = 0
            self.take(self.TAKE_MOST)
        self.draw_head(look, now)
        self.foot = foot(self.message, look) if self.streamer is None else []

    def _draw_stored(self, look: Look, *, by_and_by: bool) -> bool:
        """Draw it at once; False: it would take long."""
        content = self.message.content
        self.answer = answer_start(content, has_ended=True)
        answer = content[self.answer :] if self.answer is not None else ""
        if by_and_by and (len(answer) > _LONG_TEXT or answer.count("\n") > _MANY_LINES):
            return False
        document = draw(harmless(answer), look.blocks)
        if by_and_by and any(unit.end - unit.start > _LONG_BLOCK for unit in document.units):
            return False
        self._use(document)
        return True

    @property
    def is_behind(self) -> bool:
        """More has come than the streamer has."""
        return (
            self.streamer is not None
            and self.answer is not None
            and self.message.content_size > self.taken
        )

    def take(self, most: int | None = None) -> int | None:
        """Let the streamer have what has come; the first line of the body that changed.

        `most`: so many characters of it, and the rest another time.
        """
        if self.streamer is None:
            return None
        message = self.message
        if not self.taken:
            self.answer = answer_start(message.content, has_ended=not self.is_live)
            self.taken = self.answer or 0
        size = message.content_size
        if self.answer is not None and size > self.taken:
            part = message.content_part(self.taken, size if most is None else self.taken + most)
            part = part if most is None else part[: portion(part)]
            self.streamer.feed(harmless(part))
            self.taken += len(part)
        return self.streamer.flush()

    def end(self, look: Look, now: float) -> None:
        """The reply has ended: its last words, and a foot if something is to be said."""
        self.live_since = None
        self.take()
        if self.streamer is not None:
            self.streamer.close()
        self.streamer = None
        self.draw_head(look, now)
        self.foot = foot(self.message, look)

    def draw_foot(self, look: Look) -> bool:
        """Draw what stands below it again; whether it has another height now."""
        before = len(self.foot)
        if self.message.role is Role.ASSISTANT and self.streamer is None:
            self.foot = foot(self.message, look)
        return len(self.foot) != before

    def source_between(self, first: tuple[int, int], last: tuple[int, int]) -> str:
        """The source between two places, each a line and a character in it."""
        above = len(self.head)
        low = (first[0] - above, first[1]) if first[0] >= above else (0, 0)
        rows = self.document.height
        high = (last[0] - above, last[1]) if last[0] - above < rows else (rows - 1, 1 << 30)
        if high[0] < 0 or low[0] >= rows:
            return ""
        return part_source(self.document, low, high)

    def blocks(self, row: int, rows: int) -> Iterator[tuple[int, int, str]]:
        """The blocks in so many lines from this one on that may be copied, and the code within
        them: first line, the line behind the last, and the source.
        """
        document, above = self.document, len(self.head)
        if not document.height:
            return
        if document.plain is not None:
            yield above, above + document.height, self.message.content
            return
        self.draw_below(row, rows)
        number = document.find(max(0, row - above))[0]
        while number < len(document.units):
            unit = document.units[number]
            start = above + document.top(number)
            if start >= row + rows:
                return
            top = start + (unit.height > 1 and unit.gap and number > 0)
            yield top, start + unit.height, copied_unit(document, number)
            for first, last in document.code_in(number):
                code = copied_code(document, number, first, last)
                if (
                    below := max(start + first, top + 1)
                ) < start + last:  # beside that of the whole
                    yield below, start + last, code
            number += 1

    def rows_with(self, needle: Needle) -> list[int]:
        """The lines in which a match begins; blocks without one are not drawn. A block whose
        source alone has it (in an address, over cells of a table) is found at its first line.
        """
        document = self.document
        rows = needle.rows(self.head)
        above = len(self.head)
        rows += [above + row for row in needle.rows(document.plain or [])]
        source = document.source
        numbers = [
            number
            for number, unit in enumerate(document.units)
            if needle.is_in(source[unit.start : unit.end])
        ]
        for number in numbers:
            document.lines_of(number)
        for number in numbers:
            found = needle.rows(document.lines_of(number))
            found = found or [int(document.units[number].gap and number > 0)]
            rows += [above + document.top(number) + row for row in found]
        return rows or [0]  # it ends where one block does, and another begins

    def found_on(self, row: int, needle: Needle) -> list[tuple[int, int]]:
        """Where matches are on a line: characters of its text, those of its decoration before."""
        lines, row = self._beside(row)
        if row >= len(lines):
            return []
        first, last = lines[row].indent, lines[row].indent + lines[row].size
        spans = needle.on_line(lines, row)
        return [(max(start, first), min(end, last)) for start, end in spans]

    def _beside(self, row: int) -> tuple[Sequence[Line], int]:
        """The lines that a text may go on over, and which of them this one is."""
        if row < len(self.head):
            return self.head, row
        row -= len(self.head)
        if row >= self.document.height:
            return self.foot, row - self.document.height
        _, row, lines = self._block_at(row)
        return lines, row

    def anchor(self, row: int) -> Anchor | None:
        """A line as the part of the source that it shows, which holds at any width."""
        row -= len(self.head)
        if not 0 <= row < self.document.height:
            return None
        number, row, lines = self._block_at(row)
        whole = above = 0
        for line in lines[:row]:
            if line.source_lines:
                whole, above = whole + line.source_lines, 0
            above += line.size + len(line.joint)
        if line_begins := lines[row].source_lines:
            whole, above = whole + line_begins, 0
        is_before = not (whole or above or lines[row].size)
        return Anchor(number, whole, -1 - row if is_before else above)

    def table_anchor(self, row: int) -> Anchor | None:
        """The same for a row of a table, which may get other widths while it grows; else None."""
        within = row - len(self.head)
        units = self.document.units
        if not units or not 0 <= within < self.document.height:
            return None
        is_table = units[self.document.find(within)[0]].kind == "table"
        return self.anchor(row) if is_table else None

    def row_of(self, anchor: Anchor) -> int:
        """The line of an anchor."""
        document = self.document
        if document.plain is not None:
            top, lines = 0, document.plain
        else:
            number = min(anchor.block, len(document.units) - 1)
            lines = document.lines_of(number) if number >= 0 else []
            top = document.top(max(0, number))
        return len(self.head) + top + anchor.row_in(lines)

    def reaches(self, block: int, row: Callable[[Sequence[Line]], int]) -> bool:
        """Whether it is drawn so far: the line of a block that is found among those drawn."""
        units = self.document.units
        if not self.is_behind or len(units) > block + 1:
            return True
        drawn = units[block].lines if len(units) > block else None
        return drawn is not None and row(drawn) < len(drawn) - 1

    def block_at(self, row: int) -> tuple[int, int] | None:
        """The block of a line, and the line in it; None: the line itself says enough."""
        document = self.document
        row -= len(self.head)
        if not document.is_long or not 0 <= row < document.height:
            return None
        return document.find(row)

    def row_in(self, block: int, row: int) -> int:
        """The line that is this one in a block."""
        document = self.document
        if not document.units:
            return 0
        block = min(block, len(document.units) - 1)
        row = min(row, len(document.lines_of(block)) - 1)
        return len(self.head) + document.top(block) + row

    def _block_at(self, row: int) -> tuple[int, int, list[Line]]:
        """The block that a line of the body is in: its number, the line in it, its lines."""
        document = self.document
        if document.plain is not None:
            return 0, row, document.plain
        number, row = document.find(row)
        lines = document.lines_of(number)
        return number, min(row, len(lines) - 1), lines

    def around(
        self, row: int, column: int, *, whole: bool
    ) -> tuple[tuple[int, int], tuple[int, int]] | None:
        """The word at a place, or the whole block: first and last line and character."""
        line = self.line(row)
        if line is None:
            return None
        if whole:
            for start, end, _ in self.blocks(row, 1):
                last = self.line(end - 1)
                if start <= row < end and last is not None:
                    return (start, 0), (end - 1, last.indent + last.size)
            return None
        place = len(set_cell_size(line.text, max(0, column)))
        for word in _WORD.finditer(line.text):
            if word.start() <= place < word.end():
                return (row, word.start()), (row, word.end())
        return None

    def _draw_prompt(self, look: Look) -> None:
        palette = look.palette
        style = palette.prompt_base
        self.head = [look.blocks.blank(), *self._versions(look, style)]
        text = harmless(self.message.content)
        body = look.plain(text, style) if text else []
        if body and self.message.attachments:
            body[-1].joint = ""
        for attachment in self.message.attachments:
            name = one_line(attachment.name)
            files = look.plain(
                f"▣ {name}  {shown_size(attachment.size)}", style + Style(color=palette.muted)
            )
            for line in files:
                line.size, line.joint = 0, ""  # they are no part of the text, nor of a copy
            body += files
        for line in body:
            line.gutter = look.prompt_bar
        self._use(Document(text, plain=body))

    def _versions(self, look: Look, style: Style) -> list[Line]:
        """Above a prompt that was edited: which version it is."""
        if self.message.id not in look.versions:
            return []
        shown, count = look.versions[self.message.id]
        muted = style + Style(color=look.palette.muted)
        lines = look.plain(f"◂ {shown}/{count} ▸", muted)
        for line in lines:
            line.gutter = look.prompt_bar
        return lines

    def draw_head(self, look: Look, now: float) -> None:
        """The line with the name, and the reasoning below it."""
        self.head = [look.blocks.blank(), self._title(look, now), *self._reasoning(look)]

    def turn(self, look: Look, now: float) -> None:
        """Draw the line with the name alone, whose mark turns."""
        blank, _, *reasoning = self.head
        self.head = [blank, self._title(look, now), *reasoning]

    def _title(self, look: Look, now: float) -> Line:
        blocks = look.blocks
        quiet = blocks.palette.quiet
        message = self.message
        segments = [Segment(one_line(message.model or message.backend or "") or "Reply", look.name)]
        if message.id in look.versions:
            shown, count = look.versions[message.id]
            segments.append(Segment(f"  ◂ {shown}/{count} ▸", quiet))
            when = one_line(local_time(message.created_at))
            segments.append(Segment(f"  {when}" if when else "", quiet))
        if self.live_since is not None:
            waited = max(0.0, now - self.live_since)
            mark = "▸" if look.still else PULSE[int(now * 8) % len(PULSE)]
            text = f"  {mark}" if self.taken else f"  {mark} {int(waited)} s"
            segments.append(Segment(text, quiet))
        cells = sum(cell_len(segment.text) for segment in segments)
        title = Line(segments, cells, fill=blocks.palette.base)
        title.gutter = look.reply_mark
        return title

    def _reasoning(self, look: Look) -> list[Line]:
        message = self.message
        self.thinking = len(message.reasoning)
        text = thoughts(message, self.answer)
        if not text.strip():
            return []
        if look.reasoning_open:
            if self.thoughts is None:
                self.thoughts = Thoughts(look)
            lines = self.thoughts.lines(text)
        elif self.is_live and not self.taken:
            lines = last_thoughts(text, look)
        else:
            said = f"▸ {thought_for(message.reasoning_s)}"
            lines = look.plain(said, look.palette.quiet)
            for line in lines:
                line.size = 0  # it is no text of the message
        return [*lines, look.blocks.blank()]


def shown_size(size: int) -> str:
    """Bytes, in short."""
    if size < 1000:
        return f"{size} B"
    return f"{size / 1000:.1f} kB" if size < 999_950 else f"{size / 1_000_000:.1f} MB"
