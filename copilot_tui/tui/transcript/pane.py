"""The transcript: one scrolling widget that draws its messages line by line.

Only what is near the viewport is drawn; the rest has an estimated height. The position is kept as a
message and a line in it, so an estimate that turns out wrong never moves what is read.

It is built in layers, each of which knows only those below it: Canvas paints, Scrolling places the
viewport, Marking and Selecting lie over it, Growing lets replies grow; the pane has the messages.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from time import monotonic
from typing import TYPE_CHECKING, ClassVar

from textual import events
from textual.binding import Binding, BindingType
from textual.message import Message as Event

from copilot_tui.tui.layout import READING_WIDTH
from copilot_tui.tui.palette import Palette
from copilot_tui.tui.transcript.canvas import FRAME_S
from copilot_tui.tui.transcript.growing import Growing
from copilot_tui.tui.transcript.lines import Frame
from copilot_tui.tui.transcript.look import Look
from copilot_tui.tui.transcript.scrolling import Place

if TYPE_CHECKING:
    from copilot_tui.conversation import Message

__all__ = ["FRAME_S", "Place", "Transcript"]


class Transcript(Growing, can_focus=True):
    """The messages of one branch."""

    DEFAULT_CSS = """
    Transcript {
        height: 1fr;
        overflow-x: hidden;
        overflow-y: scroll;
        scrollbar-size-vertical: 1;
    }
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("w", "code_wrap", "Wrap code", show=False),
        Binding("enter", "follow_link", "Follow the link", show=False),
    ]

    @dataclass(eq=False, repr=False)
    class LinkActivated(Event):
        """A link was clicked, or Enter pressed on it."""

        url: str

    def __init__(
        self,
        palette: Palette | None = None,
        *,
        welcome: str = "",
        failed_help: str = "",
        continue_help: str = "",
        sign_in_help: str = "",
        reading_width: int = READING_WIDTH,
        still: bool = False,
        clock: Callable[[], float] = monotonic,
        id: str | None = None,
        classes: str | None = None,
    ) -> None:
        super().__init__(clock=clock, id=id, classes=classes)
        self.reading_width = reading_width
        self.still = still
        self.welcome = welcome
        self.failed_help = failed_help
        self.continue_help = continue_help
        self.sign_in_help = sign_in_help
        self._palette = palette
        self._versions: dict[str, tuple[int, int]] = {}
        self._top_block: int | None = None
        """The block that the line at the top is counted in, until all is laid out."""
        self._reasoning_open = False
        self._wrap_code = False

    def show(
        self,
        messages: Sequence[Message],
        *,
        live: Collection[str] = (),
        place: Place | None = None,
        versions: Mapping[str, tuple[int, int]] = {},
    ) -> None:
        """Show this branch instead of what was shown; `live` are replies that stream now.

        Without a place, or where its message is on another branch: its end.
        """
        self._stack.fill(messages, live)
        if place is not None and place.message_id not in self._stack.index:
            place = None
        self._versions = dict(versions)
        self._forget_marks()
        self._following = place is None
        self._top = (self._stack.index[place.message_id], place.line) if place else (0, 0)
        self._top_block = place.block if place else None
        self._pulse_while_live()
        self._lay_out()

    def add(self, message: Message, *, live: bool = False) -> None:
        """Put one more message at the end."""
        index = self._stack.append(message, live=live)
        self._pulse_while_live()
        if self._painter.frame is None:
            return
        if not self._following:
            self._unseen.add(index)
        self._restore()

    def drop(self, message_ids: Iterable[str]) -> None:
        """Take messages out; what is read stays where it is if it is not among them."""
        gone = set(message_ids)
        place, stack = self.place, self._stack
        kept = [message for message in stack.messages if message.id not in gone]
        if len(kept) == len(stack):
            return
        stack.fill(kept, [stack.messages[index].id for index in stack.live])
        self._forget_marks()
        if place is not None:
            self._top = (stack.index.get(place.message_id, len(kept) - 1), place.line)
            self._top_block = place.block
        self._lay_out()

    def use_palette(self, palette: Palette) -> None:
        """Draw with other colours."""
        self._palette = palette
        self._lay_out()

    def toggle_reasoning(self) -> None:
        """Show or fold what the models thought."""
        self._deselect()
        self._reasoning_open = not self._reasoning_open
        self._lay_out()

    def find(self, words: str) -> int:
        """Mark these words and go to the first match; thoughts unfold if they alone have them."""
        count = super().find(words)
        if not count and not self._reasoning_open and self._finder.is_in_thoughts():
            self.toggle_reasoning()
            count = super().find(words)
        return count

    def toggle_code_wrap(self) -> None:
        """Break long lines of code, or let them be scrolled sideways."""
        self._deselect()
        self._wrap_code = not self._wrap_code
        self._painter.shift = 0
        self._lay_out()

    def action_code_wrap(self) -> None:
        """Break long lines of code, or not."""
        self.toggle_code_wrap()

    def _forget_marks(self) -> None:
        self._growing.clear()
        self._ending.clear()
        self._stored.clear()
        self._goal, self._asked_lines = None, 0
        self._unseen.clear()
        self._painter.hints.clear()
        self._painter.link = None
        self._painter.shift = 0
        self._finder.found = None
        self._deselect()

    def _lay_out(self) -> None:
        """Forget all lines and go back to the same place."""
        width = self.scrollable_content_region.width
        self._painter.forget()
        self._painter.link = None
        if width <= 0 or not self.is_mounted:
            self._painter.frame = None
            return
        anchor, place = None, self.place
        index, line = self._top
        if self._goal is not None and self._goal.anchor is not None:
            anchor = self._goal.anchor
        elif self._goal is not None and place is not None and place.block is not None:
            line, self._top_block = place.line, place.block
        elif not self._following and (entry := self._stack.drawn.get(index)) is not None:
            anchor = entry.anchor(line)
        palette = self._palette = self._palette or Palette.from_theme(self.app.current_theme)
        frame = Frame.fit(width, self.reading_width, palette.base)
        self._painter.frame, self._painter.palette = frame, palette
        look = Look(palette, frame.text, wrap_code=self._wrap_code)
        look.still = self.still
        look.failed_help = self.failed_help
        look.continue_help = self.continue_help
        look.sign_in_help = self.sign_in_help
        look.reasoning_open = self._reasoning_open
        look.versions = self._versions
        self._stack.use(look)
        block = self._top_block
        if anchor is not None:
            self._seek(
                index,
                lambda entry: entry.reaches(anchor.block, anchor.row_in),
                lambda entry: entry.row_of(anchor),
                place,
                anchor,
            )
        elif block is not None and self._stack.messages:
            self._seek(
                index,
                lambda entry: entry.reaches(block, lambda _: line),
                lambda entry: entry.row_in(block, line),
                Place(self._stack.messages[index].id, line, block),
            )
        self._top_block = None
        self._restore()
        self.refresh()

    def on_resize(self) -> None:
        """Another width: all lines break anew. Another height: the same place."""
        self._painter.hints.clear()
        frame = self._painter.frame
        if frame is None or frame.width != self.scrollable_content_region.width:
            self._deselect()  # its lines are no longer those lines
            self._lay_out()
        else:
            self._restore()

    def action_follow_link(self) -> None:
        """Enter: the link that is marked, if it still stands there."""
        link = self._painter.link
        if link is not None and link in self._links():
            self.post_message(self.LinkActivated(link.url))

    async def _on_click(self, event: events.Click) -> None:
        """Follow a link, go to the end by the badge, select a word (twice) or a block (thrice)."""
        event.prevent_default()
        style = event.style
        if event.chain == 1:
            if self.text_selection is not None:
                return  # it was the end of a drag
            if style.link:
                self.post_message(self.LinkActivated(style.link))
            elif self._unseen and self._is_on_badge(event):
                self._to_end()
            return
        if self._painter.frame is None or not self._stack.messages:
            return
        self.select_at(event.offset, whole=event.chain > 2)

    def _is_on_badge(self, event: events.Click) -> bool:
        return event.y == self.size.height - 1 and event.x in self._badge_columns
