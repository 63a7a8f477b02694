"""The prompt: a plain text area that grows to ten lines."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Final
from unicodedata import category

from textual import events
from textual.binding import BindingType
from textual.message import Message

from copilot_tui.tui.actions import bindings
from copilot_tui.tui.widgets.prompt_lines import LongTextArea

ASK: Final = "Ask anything"
ASK_PRIVATELY: Final = "Ask anything: it is not saved"


PASTE_LIMIT: Final = 1024 * 1024
"""Characters of a prompt that something was pasted into; more goes along as a file."""


class Composer(LongTextArea, inherit_css=False):
    """Where prompts are written. What its keys do is in ACTIONS; Enter is the screen's.

    Its looks are written out here: the start would read TextArea's for two milliseconds, and most
    of them are for what a prompt does not have.
    """

    BINDINGS: ClassVar[list[BindingType]] = [*bindings("prompt")]
    COMPONENT_CLASSES: ClassVar[set[str]] = LongTextArea.COMPONENT_CLASSES

    DEFAULT_CSS = """
    Composer {
        width: 1fr;
        height: auto;
        max-height: 10;
        padding: 0 1;
        layout: vertical;
        overflow: auto auto;
        pointer: text;
        color: $foreground;
        background: $surface;
        scrollbar-size: 1 1;
        scrollbar-color: $scrollbar;
        scrollbar-color-hover: $scrollbar-hover;
        scrollbar-color-active: $scrollbar-active;
        scrollbar-background: $scrollbar-background;
        scrollbar-background-hover: $scrollbar-background-hover;
        scrollbar-background-active: $scrollbar-background-active;
        & .text-area--cursor {
            color: $input-cursor-foreground;
            background: $input-cursor-background;
        }
        & .text-area--selection {
            color: $input-selection-foreground;
            background: $input-selection-background;
        }
        & .text-area--matching-bracket { background: $foreground 30%; }
        & .text-area--placeholder { color: $foreground 66%; }
    }
    """

    @dataclass(eq=False, repr=False)
    class HistoryWanted(Message):
        """The user wants an earlier (-1) or later (+1) prompt."""

        step: int
        text: str
        """What stood in the composer then; what was typed since is not to be replaced."""

    @dataclass(eq=False, repr=False)
    class PasteRefused(Message):
        """It would have made the prompt longer than PASTE_LIMIT."""

        length: int
        """Characters of what was pasted."""

    @dataclass(eq=False, repr=False)
    class QueuedWanted(Message):
        """The user wants back the prompt that waits."""

    def __init__(self, *, id: str) -> None:
        super().__init__(
            id=id,
            highlight_cursor_line=False,
            show_line_numbers=False,
            placeholder=ASK,
        )
        self.fills = 0
        """How often another draft was put in; what was recalled before belongs to that."""

    @property
    def _draw_cursor(self) -> bool:
        return self.show_cursor and super()._draw_cursor

    @property
    def caret(self) -> int:
        """Characters of the text before the cursor."""
        return self.document.get_index_from_location(self.cursor_location)

    def fill(self, text: str, caret: int | None = None) -> None:
        """Show this draft, with the cursor after `caret` characters (None: at its end)."""
        self.fills += 1
        self.load_text(text)
        place = len(text) if caret is None else min(caret, len(text))
        self.move_cursor(self.document.get_location_from_index(place))

    def recall(self, text: str) -> None:
        """Show another prompt instead, which one undo takes back."""
        self.history.checkpoint()
        self.replace(text, (0, 0), self.document.end, maintain_selection_offset=False)
        self.history.checkpoint()

    def action_new_line(self) -> None:
        """Ctrl+J and its kin."""
        self._type("\n")

    def _type(self, text: str) -> None:
        if (result := self._replace_via_keyboard(text, *self.selection)) is not None:
            self.move_cursor(result.end_location)

    async def _on_paste(self, event: events.Paste) -> None:
        if len(self.text) + len(event.text) > PASTE_LIMIT:
            event.prevent_default()
            event.stop()
            self.post_message(self.PasteRefused(len(event.text)))

    async def _on_key(self, event: events.Key) -> None:
        # The wide space of CJK keyboards, the no-break space, and what joins emoji: to Textual they
        # are not printable, and it would drop them.
        typed = event.character or ""
        if len(typed) == 1 and not typed.isprintable() and category(typed) in {"Zs", "Cf"}:
            event.prevent_default()
            event.stop()
            self._type(typed)

    def action_earlier_prompt(self) -> None:
        """Ctrl+Up: wherever the cursor is."""
        self.post_message(self.HistoryWanted(-1, self.text))

    def action_later_prompt(self) -> None:
        """Ctrl+Down."""
        self.post_message(self.HistoryWanted(+1, self.text))

    def action_delete_left(self) -> None:
        """Backspace: in an empty prompt, what waits to be sent comes back."""
        if self.text:
            super().action_delete_left()
        else:
            self.post_message(self.QueuedWanted())

    def action_cursor_up(self, select: bool = False) -> None:
        """Up: on the first line, the prompt before."""
        if not select and self._screen_line == 0:
            self.action_earlier_prompt()
        else:
            super().action_cursor_up(select)

    def action_cursor_down(self, select: bool = False) -> None:
        """Down: on the last line, the prompt after."""
        if not select and self._screen_line == self.wrapped_document.height - 1:
            self.action_later_prompt()
        else:
            super().action_cursor_down(select)

    @property
    def _screen_line(self) -> int:
        return self.wrapped_document.location_to_offset(self.cursor_location).y
