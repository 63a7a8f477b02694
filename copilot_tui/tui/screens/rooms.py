"""The main screen's rooms: sidebar | transcript over composer over status line, by the width."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from copilot_tui.config_ui import is_accessible
from copilot_tui.tui.actions import shown_key
from copilot_tui.tui.layout import AIRY, GUTTER, NARROW, prompt_margins, sidebar_columns
from copilot_tui.tui.palette import Palette
from copilot_tui.tui.screens.at_once import AtOnceScreen
from copilot_tui.tui.transcript import Transcript
from copilot_tui.tui.widgets.composer import Composer
from copilot_tui.tui.widgets.sidebar import Sidebar
from copilot_tui.tui.widgets.status import StatusLine

if TYPE_CHECKING:
    from textual import events
    from textual.app import ComposeResult
    from textual.geometry import Size
    from textual.widget import AwaitMount, Widget

    from copilot_tui.config import Config


class Rooms(AtOnceScreen):
    """Lays out the widgets. Below NARROW columns the sidebar is hidden until it is asked for, and
    then stands alone.
    """

    def __init__(self, config: Config) -> None:
        super().__init__()
        self._configured = config
        self._wants_sidebar: bool | None = None
        """What the user last chose; None: nothing yet, so the width decides."""
        self._columns = 0
        """Columns beside the sidebar."""
        self._margins = (0, 0)
        """Columns left and right of the prompt, where the text is centred."""

    def compose(self) -> ComposeResult:
        """The four rooms."""
        # Now, so that the first frame is laid out once, and has the sidebar if there is room.
        self._set_layout_classes(self.app.size)
        ui = self._configured.ui
        yield Sidebar(
            archive_key=self.key("archived"),
            words=bool(os.environ.get("NO_COLOR")) or is_accessible(os.environ),
            still=ui.reduced_motion,
            id="sidebar",
        )
        yield Transcript(
            Palette.from_theme(self.app.current_theme),
            welcome=self._welcome(),
            failed_help=f"{self.key('send')} tries again",
            continue_help=f"{self.key('continue')} goes on",
            sign_in_help=f"{self.key('sign-in')} signs in",
            reading_width=ui.reading_width,
            still=ui.reduced_motion,
            id="transcript",
        )
        yield self._in_column(Composer(id="composer"))
        yield self._in_column(StatusLine(id="status"))

    def mount_above_prompt(self, widget: Widget) -> AwaitMount:
        """Put a widget over the prompt, as wide as that is."""
        return self.mount(self._in_column(widget), before="#composer")

    def _in_column(self, widget: Widget) -> Widget:
        """Let a widget have its text below the messages', where they are centred."""
        left, right = self._margins
        if not (left or right or widget.is_attached):
            return widget
        if isinstance(widget, StatusLine):
            widget.styles.padding = (0, 1 + right, 0, GUTTER + left)
        else:
            # Not margins: all children would get less width by the widest of them.
            widget.styles.offset = (left, 0)
            widget.styles.width = self._columns - left - right if left or right else None
        return widget

    def size_sidebar(self, sidebar: Sidebar) -> None:
        """As wide as it is set; what stands alone takes all."""
        if (wanted := self._configured.ui.sidebar_width) is not None:
            width = None if self.has_class("-narrow") else wanted
            styles = sidebar.styles
            styles.width = styles.min_width = styles.max_width = width

    def on_screen_suspend(self) -> None:
        """Something stands over it, and has the keys: no caret waits for them here."""
        self.composer.show_cursor = False

    def on_screen_resume(self, event: events.ScreenResume) -> None:
        """It has the keys again; besides what the screen itself does then."""
        if self.is_mounted:
            self.composer.show_cursor = True

    def _welcome(self) -> str:
        config = self._configured
        where = "the demo, which needs no server," if config.demo else config.backend.name
        lines = (
            f"Ask anything: {where} answers.",
            "",
            f"{self.key('send')} sends · {self.key('new-line')} makes a line",
            f"{self.key('new')} starts a new conversation · {self.key('help')} shows all keys",
        )
        return "\n".join(lines)

    @property
    def sidebar(self) -> Sidebar:
        """The list of conversations."""
        return self.query_one("#sidebar", Sidebar)

    @property
    def transcript(self) -> Transcript:
        """The messages of the shown conversation."""
        return self.query_one("#transcript", Transcript)

    @property
    def composer(self) -> Composer:
        """The prompt."""
        return self.query_one("#composer", Composer)

    @property
    def status(self) -> StatusLine:
        """The line at the bottom."""
        return self.query_one("#status", StatusLine)

    def key(self, action_id: str) -> str:
        """The key of an action as it is set, to be shown."""
        return shown_key(action_id, self._configured.keys)

    # Layout

    def on_resize(self, event: events.Resize) -> None:
        """Choose the layout for the size."""
        self._lay_out(event.size)

    def _lay_out(self, size: Size) -> None:
        before = self._margins, self._columns
        if self._set_layout_classes(size):
            self.update_node_styles()
            self.size_sidebar(self.sidebar)
        if (self._margins, self._columns) != before:
            for widget in self.children:
                if not isinstance(widget, (Sidebar, Transcript)):
                    self._in_column(widget)
        if not self.has_class("-sidebar") and self.sidebar.has_focus:
            self.composer.focus()

    def _set_layout_classes(self, size: Size) -> bool:
        """Whether any has changed; the style sheets are still to be applied then."""
        before = self.classes
        width = size.width
        narrow = width < NARROW
        shown = self._wants_sidebar if self._wants_sidebar is not None else not narrow
        ui = self._configured.ui
        beside = sidebar_columns(width, ui.sidebar_width) if shown and not narrow else 0
        self._columns = width - beside
        self._margins = prompt_margins(self._columns, ui.reading_width)
        self.set_class(narrow, "-narrow", update=False)
        self.set_class(size.height >= AIRY, "-airy", update=False)
        self.set_class(shown, "-sidebar", update=False)
        return self.classes != before

    def action_sidebar(self) -> None:
        """Show or hide the sidebar; in a narrow window it comes with the focus."""
        shown = not self.has_class("-sidebar")
        self._wants_sidebar = shown
        self._lay_out(self.size)
        if shown and self.has_class("-narrow"):
            self.sidebar.focus()

    def close_narrow_sidebar(self) -> bool:
        """Go back to the transcript where the sidebar covers it; whether it did."""
        if self.has_class("-narrow") and self.has_class("-sidebar"):
            self._wants_sidebar = None
            self._lay_out(self.size)
            return True
        return False
