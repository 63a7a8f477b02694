"""The saved conversations, newest first, in groups by time. Lines are made when they are seen."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import ClassVar

from rich.cells import cell_len, set_cell_size
from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.binding import Binding, BindingType
from textual.geometry import Region, Size
from textual.scroll_view import ScrollView
from textual.strip import Strip
from textual.timer import Timer
from textual.widget import Widget

from copilot_tui.terminal_text import one_line
from copilot_tui.tui.actions import bindings
from copilot_tui.tui.messages import ConversationPicked, DeleteWanted, RenameWanted
from copilot_tui.tui.rows import ARCHIVE, Mark, Row, Rows, grouped
from copilot_tui.tui.transcript.growing import PULSE_S
from copilot_tui.tui.transcript.strips import strip_of

_GLYPHS = {Mark.WAITING: "…", Mark.FAILED: "!", Mark.UNREAD: "●", Mark.DRAFT: "✎"}
_SPINNER = "⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏"
_MARK_WIDTH = 3
"""Columns of a mark with the space around it."""


class Sidebar(ScrollView, can_focus=True):
    """The list. What is picked, renamed or deleted is asked of the app by messages."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "sidebar--group",
        "sidebar--shown",
        "sidebar--cursor",
        "sidebar--mark",
        "sidebar--failed",
    }
    DEFAULT_CSS = """
    Sidebar {
        background: $panel;
        color: $foreground;
        overflow-x: hidden;
        scrollbar-size-vertical: 1;
        scrollbar-background: $panel;
        scrollbar-background-hover: $panel;
        scrollbar-background-active: $panel;
        & > .sidebar--group { color: $foreground 66%; }
        & > .sidebar--shown { background: $primary 18%; color: $foreground; text-style: bold; }
        & > .sidebar--cursor { background: $primary 40%; color: $foreground; text-style: bold; }
        & > .sidebar--mark { color: $primary; }
        & > .sidebar--failed { color: $error; }
    }
    """
    ALLOW_SELECT = False
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up", "move(-1)", show=False),
        Binding("down", "move(1)", show=False),
        Binding("home", "first", show=False),
        Binding("end", "last", show=False),
        Binding("enter", "pick", show=False),
        Binding("slash", "filter", show=False),
        Binding("r", "rename", show=False),
        Binding("d", "delete", show=False),
        *bindings("sidebar"),
    ]

    def __init__(
        self, *, archive_key: str = "", words: bool = False, still: bool = False, id: str
    ) -> None:
        """`words`: marks are also said in words; `still`: nothing turns."""
        super().__init__(id=id)
        self._words = words
        self._still = still
        self._archive_key = archive_key
        self._all = Rows(())
        self._filter: str | None = None
        """What is typed to narrow the list; None: it is not narrowed."""
        self._now = datetime.now().astimezone()
        self._rows: list[Row] = []
        self._lines: list[str | int] = []
        """A group's heading, or the index of a row."""
        self._line_of: dict[str, int] = {}
        self._marks: Mapping[str, Mark] = {}
        self._shown: str | None = None
        self._cursor: str | None = None
        self._spinner: Timer | None = None
        self._tick = 0
        self._base: Style | None = None
        """The style of a line, worked out once for each look; None: again."""

    # What is shown

    def show_rows(self, rows: Sequence[Row], *, now: datetime) -> None:
        """Replace the list; the newest comes first."""
        self._all = Rows(rows)
        self._now = now
        self._lay_out()

    def _lay_out(self, *, from_top: bool = False) -> None:
        held = None if from_top else self._held()
        stood = self._cursor_index if self._cursor in self._line_of else None
        if self._filter:
            self._rows = self._all.fitting(self._filter)
        else:
            self._rows = self._all.present
        self._lines = grouped(self._rows, self._now)
        if self._filter is not None:
            self._lines.insert(0, f"/{self._filter}▏ {len(self._rows)}")
        elif self._all.archived:
            self._lines.append(f"▸ {len(self._all.archived)} archived ({self._archive_key})")
        self._line_of = {
            self._rows[line].id: y for y, line in enumerate(self._lines) if isinstance(line, int)
        }
        if self._cursor not in self._line_of:
            self._cursor = self._cursor_after(None if from_top else stood)
        self.virtual_size = Size(self.size.width, len(self._lines))
        if from_top:
            self.scroll_to(0, 0, animate=False, immediate=True)
        elif held is not None and held[0] in self._line_of:
            y = self._line_of[held[0]] - held[1]
            self.scroll_to(0, y, animate=False, immediate=True)
        if self.has_focus and self._cursor is not None:
            self._reveal(self._cursor)
        self.refresh()

    def _held(self) -> tuple[str, int] | None:
        """A row that is to stay where it is seen, whatever comes above it, and its line in sight:
        the cursor's, else the first. None: the list is at its top, and shows what comes there.
        """
        top = self.scroll_offset.y
        in_sight = range(top, top + self.size.height)
        line = self._line_of.get(self._cursor or "", -1)
        if not top or not self._lines:
            return None
        if not self.has_focus or line not in in_sight:
            line = next((y for y in in_sight if isinstance(self._at(y), int)), -1)
        entry = self._at(line)
        return (self._rows[entry].id, line - top) if isinstance(entry, int) else None

    def _at(self, line: int) -> str | int | None:
        return self._lines[line] if 0 <= line < len(self._lines) else None

    def _cursor_after(self, stood: int | None) -> str | None:
        """Where the cursor is when its row is gone, which `stood` so far from the top."""
        if stood is None and self._filter and self._rows:
            return self._rows[0].id
        if stood is None or not self._rows or not self.has_focus:
            return self._shown
        return self._rows[min(stood, len(self._rows) - 1)].id  # where one key was, the next goes on

    def show_archive(self) -> None:
        """Show what was put away, until Escape."""
        self._filter = f"{ARCHIVE} "
        self._lay_out(from_top=True)

    def show_marks(self, marks: Mapping[str, Mark]) -> None:
        """Replace the marks, by conversation id."""
        changed = [id_ for id_ in {*marks, *self._marks} if marks.get(id_) != self._marks.get(id_)]
        self._marks = dict(marks)
        for id_ in changed:
            self._refresh_row(id_)
        running = any(mark is Mark.RUNNING for mark in marks.values())
        if running and self._spinner is None and not self._still:
            self._spinner = self.set_interval(PULSE_S, self._spin)
        elif running and self._spinner is not None:
            self._spinner.resume()  # not anew: it would turn at other moments than the transcript's
        elif self._spinner is not None:
            self._spinner.pause()

    def show_current(self, conversation_id: str) -> None:
        """Mark the conversation that the transcript shows, and bring it into view."""
        before, self._shown = self._shown, conversation_id
        for id_ in (before, conversation_id):
            if id_ is not None:
                self._refresh_row(id_)
        if not self.has_focus:  # else somebody walks through the list
            self._cursor = conversation_id
            self._reveal(conversation_id)

    def neighbour(self, step: int) -> str | None:
        """The conversation `step` rows after the shown one; None: there is none."""
        if not self._rows:
            return None
        index = next((i for i, row in enumerate(self._rows) if row.id == self._shown), None)
        if index is None:
            return self._rows[0].id
        wanted = index + step
        return self._rows[wanted].id if 0 <= wanted < len(self._rows) else None

    def next_of(self, wanted: Collection[str]) -> str | None:
        """The first of these below the shown one, and then from the top; None: none is here."""
        ids = [row.id for row in self._rows]
        start = ids.index(self._shown) + 1 if self._shown in ids else 0
        return next((id_ for id_ in (*ids[start:], *ids[:start]) if id_ in wanted), None)

    @property
    def picked(self) -> str | None:
        """The conversation under the cursor."""
        return self._cursor

    # Lines

    def render_line(self, y: int) -> Strip:
        """One line of the viewport."""
        width = self.size.width
        line = y + self.scroll_offset.y
        if self._base is None:
            self._base = self.rich_style
        base = self._base
        if line >= len(self._lines):
            return Strip.blank(width, base)
        entry = self._lines[line]
        if isinstance(entry, str):
            style = self.get_component_rich_style("sidebar--group")
            shown = _end_of(entry, width - 2) if self._filter and not line else entry
            return strip_of([Segment(set_cell_size(f" {shown}", width), style)], width)
        return self._row_strip(self._rows[entry], width, base)

    def _row_strip(self, row: Row, width: int, base: Style) -> Strip:
        style = base
        if row.id == self._shown:
            style = self.get_component_rich_style("sidebar--shown")
        if row.id == self._cursor and self.has_focus:
            style = self.get_component_rich_style("sidebar--cursor")
        mark = self._marks.get(row.id)
        mark_style = style
        glyph = " "
        if mark is Mark.RUNNING:
            glyph = "▸" if self._still else _SPINNER[self._tick % len(_SPINNER)]
        elif mark is not None:
            glyph = _GLYPHS[mark]
        if mark is not None:
            name = "sidebar--failed" if mark is Mark.FAILED else "sidebar--mark"
            colour = self.get_component_rich_style(name)
            mark_style = style + Style(color=colour.color)
        word = f" {mark.value} " if self._words and mark is not None else ""
        room = max(1, width - 4 - len(word))
        title = one_line(row.title)
        if cell_len(title) > room:
            title = set_cell_size(title, room - 1) + "…"
        return strip_of(
            [
                Segment(f" {glyph} ", mark_style),
                Segment(set_cell_size(title, width - 3 - len(word)), style),
                Segment(word, mark_style),
            ],
            width,
        )

    def _spin(self) -> None:
        self._tick += 1
        for id_, mark in self._marks.items():
            if mark is Mark.RUNNING:
                self._refresh_row(id_, _MARK_WIDTH)

    def _refresh_row(self, conversation_id: str, columns: int | None = None) -> None:
        if (line := self._line_of.get(conversation_id)) is not None:
            y = line - self.scroll_offset.y
            if 0 <= y < self.size.height:
                self.refresh(Region(0, y, columns or self.size.width, 1))

    def _reveal(self, conversation_id: str) -> None:
        line = self._line_of.get(conversation_id)
        if line is None:
            return
        # A group's heading goes with its first row.
        top = line - 1 if line and isinstance(self._lines[line - 1], str) else line
        self.scroll_to_region(Region(0, top, 1, line - top + 1), animate=False, force=True)

    # Keys and mouse

    def notify_style_update(self) -> None:
        """Another theme or another state: the lines look different."""
        super().notify_style_update()
        self._base = None

    def on_resize(self) -> None:
        """The lines are as wide as the list."""
        # Not by assignment, which would lay out the whole screen again: nothing depends on it.
        self.set_reactive(Widget.virtual_size, Size(self.size.width, len(self._lines)))

    def on_focus(self) -> None:
        """The cursor is seen only with the focus."""
        if self._cursor is not None:
            self._refresh_row(self._cursor)

    def on_blur(self) -> None:
        """The cursor goes back to the conversation that is shown."""
        before, self._cursor = self._cursor, self._shown
        if before is not None:
            self._refresh_row(before)

    def _move_to(self, index: int) -> None:
        if not self._rows:
            return
        before = self._cursor
        self._cursor = self._rows[max(0, min(index, len(self._rows) - 1))].id
        if before is not None:
            self._refresh_row(before)
        self._refresh_row(self._cursor)
        self._reveal(self._cursor)

    @property
    def _cursor_index(self) -> int:
        line = self._line_of.get(self._cursor or "")
        entry = self._lines[line] if line is not None else 0
        return entry if isinstance(entry, int) else 0

    def action_move(self, step: int) -> None:
        """Move the cursor by rows."""
        self._move_to(self._cursor_index + step)

    def action_page(self, step: int) -> None:
        """Move the cursor by a page."""
        self._move_to(self._cursor_index + step * max(1, self.size.height - 1))

    def action_first(self) -> None:
        """Move the cursor to the newest."""
        self._move_to(0)

    def action_last(self) -> None:
        """Move the cursor to the oldest."""
        self._move_to(len(self._rows) - 1)

    def action_pick(self) -> None:
        """Show the conversation under the cursor."""
        if self._filter and not self._rows:
            return  # nothing is there to pick, and a second Enter is not meant for the prompt
        if self._cursor is not None:
            self.post_message(ConversationPicked(self._cursor))
        self.end_filter()

    def action_filter(self) -> None:
        """`/`: what is typed now narrows the list."""
        self._filter = ""
        self._lay_out()

    @property
    def is_narrowed(self) -> bool:
        """Whether what is typed narrows the list."""
        return self._filter is not None

    def end_filter(self) -> bool:
        """Show all again; whether the list was narrowed."""
        if self._filter is None:
            return False
        self._filter = None
        self._lay_out()
        self._reveal(self._cursor or "")
        return True

    async def on_event(self, event: events.Event) -> None:
        """While the list is being narrowed, letters are text and no commands."""
        if self._filter is not None and isinstance(event, events.Key):
            typed = event.character if event.is_printable else None
            if typed is not None or event.key in {"backspace", "ctrl+u"}:
                event.stop()
                event.prevent_default()
                kept = "" if event.key == "ctrl+u" else self._filter[:-1]
                self._filter = self._filter + typed if typed else kept
                self._lay_out(from_top=True)
                return
        await super().on_event(event)

    def action_rename(self) -> None:
        """Rename the conversation under the cursor."""
        if self._cursor is not None:
            self.post_message(RenameWanted(self._cursor))

    def action_delete(self) -> None:
        """Delete the conversation under the cursor."""
        if self._cursor is not None:
            self.post_message(DeleteWanted(self._cursor))

    def on_click(self, event: events.Click) -> None:
        """A click shows the conversation."""
        line = event.y + self.scroll_offset.y
        entry = self._lines[line] if line < len(self._lines) else None
        if isinstance(entry, int):
            self.post_message(ConversationPicked(self._rows[entry].id))
        elif entry is not None and self._filter is None and line == len(self._lines) - 1:
            self.show_archive()  # no group ends with its heading


def _end_of(text: str, width: int) -> str:
    """As much of the end of a text as there is room for: what is typed is seen."""
    start = 0
    while start < len(text) and cell_len(text[start:]) + (start > 0) > width:
        start += 1
    return f"…{text[start:]}" if start else text
