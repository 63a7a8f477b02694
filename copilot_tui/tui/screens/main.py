"""The main screen: sidebar | transcript over composer over status line. It shows; the app acts."""

from __future__ import annotations

import asyncio
import os
from time import monotonic
from typing import TYPE_CHECKING, ClassVar, Final, Literal, cast

from textual import events, work
from textual.binding import BindingType
from textual.screen import Screen
from textual.strip import Strip
from textual.worker import Worker

from copilot_tui.config_ui import is_accessible
from copilot_tui.conversation import Role
from copilot_tui.tui.actions import bindings, shown_key
from copilot_tui.tui.composer import Composer
from copilot_tui.tui.palette import Palette
from copilot_tui.tui.sidebar import Sidebar
from copilot_tui.tui.status import StatusLine
from copilot_tui.tui.transcript import Transcript

if TYPE_CHECKING:
    from textual.app import ComposeResult
    from textual.geometry import Region

    from copilot_tui.conversation import Message
    from copilot_tui.tui.app import CopilotApp
    from copilot_tui.tui.find import FindBar

PAINT_S: Final = 0.004
"""What changes so soon after a paint waits for Textual's clock."""

OPENED_SCHEMES: Final = frozenset({"http", "https", "mailto"})
"""Links that may leave the program; a server may write any other."""

NARROW: int = 72
"""Columns below which the sidebar is hidden until it is asked for, and then stands alone."""


def open_in_browser(url: str) -> bool:
    """Open an address in a browser with a window of its own; whether there was one.

    A browser of the terminal, as over SSH, would start in the middle of the app.
    """
    import webbrowser

    try:
        browser = webbrowser.get()
    except webbrowser.Error:
        return False
    return type(browser) is not webbrowser.GenericBrowser and browser.open(url)


class MainScreen(Screen[None]):
    """Lays out the widgets and answers the keys of ACTIONS."""

    BINDINGS: ClassVar[list[BindingType]] = [*bindings("screen"), *bindings("transcript")]
    AUTO_FOCUS = "#composer"

    def __init__(self) -> None:
        super().__init__()
        self._painted_at = 0.0
        self._wants_sidebar: bool | None = None
        """What the user last chose; None: nothing yet, so the width decides."""
        self._was_shown = False

    def compose(self) -> ComposeResult:
        """The four rooms."""
        # Now, so that the first frame is laid out once, and has the sidebar if there is room.
        self._set_layout_classes(self.app.size.width)
        ui = self.desk_app.desk.config.ui
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
        yield Composer(id="composer")
        yield StatusLine(id="status")

    def _size_sidebar(self, sidebar: Sidebar) -> None:
        """As wide as it is set; what stands alone takes all."""
        if (wanted := self.desk_app.desk.config.ui.sidebar_width) is not None:
            width = None if self.has_class("-narrow") else wanted
            styles = sidebar.styles
            styles.width = styles.min_width = styles.max_width = width

    def render_lines(self, crop: Region) -> list[Strip]:
        """The background, which the rooms cover: Textual asks for it with every frame."""
        blank = Strip.blank(crop.width, self.rich_style)
        for line_filter in self.get_line_filters():
            blank = blank.apply_filter(line_filter, self.background_colors[1])
        return [blank] * crop.height

    def on_screen_resume(self, event: events.ScreenResume) -> None:
        """Here comes the first frame, or the main screen again."""
        # At first, all was styled a moment ago, when it was composed.
        event.refresh_styles = self._was_shown
        self._was_shown = True

    async def _on_idle(self, event: events.Idle) -> None:
        """Paint at once what a key or a frame of a reply has changed.

        Textual waits for the next tick of a clock, so that a key that follows a frame by a moment
        is seen after up to 33 ms. Only paints that follow each other closely still wait for it.
        """
        is_due = monotonic() - self._painted_at > PAINT_S
        if is_due and self._dirty_widgets and self.is_current and not self.app._batch_count:
            event.prevent_default()
            self._on_timer_update()

    def _on_timer_update(self) -> None:
        super()._on_timer_update()
        self._painted_at = monotonic()

    def on_mount(self) -> None:
        """Everything is there now."""
        self._size_sidebar(self.sidebar)
        self.desk_app.main_is_there()

    def _welcome(self) -> str:
        config = self.desk_app.desk.config
        where = "the demo, which needs no server," if config.demo else config.backend.name
        lines = (
            f"Ask anything: {where} answers.",
            "",
            f"{self.key('send')} sends · {self.key('new-line')} makes a line",
            f"{self.key('new')} starts a new conversation · {self.key('help')} shows all keys",
        )
        return "\n".join(lines)

    @property
    def desk_app(self) -> CopilotApp:
        """The app, by its own type."""
        return cast("CopilotApp", self.app)

    def on_worker_state_changed(self, event: Worker.StateChanged) -> None:
        """A defect in one of its workers is said as one of the app's."""
        self.desk_app.tell_defect(event)

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
    def find_bar(self) -> FindBar:
        """Where `/` finds in the transcript; there is none until it is first wanted."""
        return cast("FindBar", self.query_one("#find"))

    @property
    def status(self) -> StatusLine:
        """The line at the bottom."""
        return self.query_one("#status", StatusLine)

    # Layout

    def on_resize(self, event: events.Resize) -> None:
        """Choose the layout for the width."""
        self._lay_out(event.size.width)

    def _lay_out(self, width: int) -> None:
        if self._set_layout_classes(width):
            self.update_node_styles()
            self._size_sidebar(self.sidebar)
        if not self.has_class("-sidebar") and self.sidebar.has_focus:
            self.composer.focus()

    def _set_layout_classes(self, width: int) -> bool:
        """Whether any has changed; the style sheets are still to be applied then."""
        before = self.classes
        narrow = width < NARROW
        shown = self._wants_sidebar if self._wants_sidebar is not None else not narrow
        self.set_class(narrow, "-narrow", update=False)
        self.set_class(shown, "-sidebar", update=False)
        return self.classes != before

    def action_sidebar(self) -> None:
        """Show or hide the sidebar; in a narrow window it comes with the focus."""
        shown = not self.has_class("-sidebar")
        self._wants_sidebar = shown
        self._lay_out(self.size.width)
        if shown and self.has_class("-narrow"):
            self.sidebar.focus()

    def close_narrow_sidebar(self) -> bool:
        """Go back to the transcript where the sidebar covers it; whether it did."""
        if self.has_class("-narrow") and self.has_class("-sidebar"):
            self._wants_sidebar = None
            self._lay_out(self.size.width)
            return True
        return False

    # Keys. What changes something is the app's.

    def action_focus_next_room(self) -> None:
        """Tab. An action of ours, and so at once: the next key is for the room that has it then.

        Behind a word with @ in the prompt, it asks for the file that the word begins.
        """
        has_at = self.composer.has_focus and "@" in self.composer.text
        if not (has_at and self.desk_app.attaching.open(at_word=True)):
            self.focus_next()

    def action_focus_previous_room(self) -> None:
        """Shift+Tab."""
        self.focus_previous()

    def on_key(self, event: events.Key) -> None:
        """What is typed while something is read, and is no command there, goes to the prompt."""
        is_text = event.is_printable and event.character is not None
        if is_text and event.key not in self.active_bindings:
            event.stop()
            self.composer.focus()
            self.composer.insert(event.character or "")

    def on_paste(self, event: events.Paste) -> None:
        """So does what is pasted."""
        if not event.text.strip() or self.composer.has_focus:
            return
        self.composer.focus()
        self.composer.insert(event.text.replace("\r\n", "\n").replace("\r", "\n"))

    def action_send(self) -> None:
        """Enter in the prompt."""
        self.desk_app.send_prompt()

    def action_prompts(self) -> None:
        """Alt+H."""
        self.desk_app.recalling.search()

    def action_new(self) -> None:
        """Ctrl+N."""
        self.desk_app.show_new()

    def action_next(self) -> None:
        """Alt+Down."""
        self._go(1)

    def action_previous(self) -> None:
        """Alt+Up."""
        self._go(-1)

    def _go(self, step: int) -> None:
        if (wanted := self.sidebar.neighbour(step)) is not None:
            self.desk_app.show(wanted)

    def action_rename(self) -> None:
        """F2."""
        self.desk_app.library.ask_for_title(self._meant())

    def action_delete(self) -> None:
        """F8."""
        self.desk_app.library.delete(self._meant())

    def _meant(self) -> str:
        """The conversation under the sidebar's cursor if it has the focus, else the shown one."""
        picked = self.sidebar.picked if self.sidebar.has_focus else None
        return picked or self.desk_app.shown.id

    def action_import(self) -> None:
        """In the palette."""
        from copilot_tui.tui.importing import Importing

        Importing(self.desk_app).open()

    def action_export(self) -> None:
        """In the palette."""
        from copilot_tui.tui.exporting import Exporting

        Exporting(self.desk_app).open()

    def action_merge_copies(self) -> None:
        """In the palette."""
        self.desk_app.watching.merge_copies()

    def action_undo(self) -> None:
        """Ctrl+Z: the deletion while its notice stands, else the prompt's own undo."""
        if not self.desk_app.undoing.undo():
            self.composer.undo()

    def action_escape(self) -> None:
        """Escape, from the innermost to the outermost."""
        if self.selections:
            self.clear_selection()
            return
        if self.transcript.unmark_link():
            return
        if self.query("#find.-open"):
            self._close_find()
            return
        if self.sidebar.end_filter():
            return
        if self.close_narrow_sidebar():
            self.composer.focus()
            return
        is_answering = self.desk_app.shown.id in self.desk_app.desk.turns
        if not is_answering and self.desk_app.editing.cancel():
            self.composer.focus()
            return
        if self.desk_app.queueing.take_back() or self.desk_app.answers.stop():
            return
        self.composer.focus()

    def action_attach(self) -> None:
        """Alt+A."""
        self.desk_app.attaching.open()

    def action_detach(self) -> None:
        """In the palette."""
        if not self.desk_app.attaching.take_off():
            self.desk_app.say("No file is attached")

    def action_edit(self) -> None:
        """Alt+E."""
        self.desk_app.editing.begin(self._read)

    @property
    def _read(self) -> Message | None:
        """The message that is read; None: the transcript has not the focus."""
        return self.transcript.current if self.transcript.has_focus else None

    def action_regenerate(self) -> None:
        """Ctrl+R."""
        self.desk_app.answers.regenerate()

    def action_older_version(self) -> None:
        """Alt+Left."""
        self.desk_app.versions.show(-1, self._read)

    def action_newer_version(self) -> None:
        """Alt+Right."""
        self.desk_app.versions.show(1, self._read)

    def action_continue(self) -> None:
        """Alt+C."""
        self.desk_app.answers.go_on()

    def action_request(self) -> None:
        """Alt+S."""
        from copilot_tui.tui.inspecting import Inspecting

        Inspecting(self.desk_app).open()

    def action_reasoning(self) -> None:
        """Alt+R."""
        self.transcript.toggle_reasoning()

    def action_copy_reply(self) -> None:
        """Ctrl+Y."""
        self.desk_app.copying.copy_reply()

    def action_copy(self) -> None:
        """Ctrl+C."""
        selected = self.composer.selected_text or self.transcript.selected_source()
        if selected:
            self.desk_app.copying.copy(selected, "the selection")
        else:
            self.desk_app.say(f"{self.key('quit')} quits; everything is saved")

    def action_select(self) -> None:
        """`v`."""
        cursor = self.transcript.select()
        self.transcript.focus()
        if cursor is None:
            return
        on, copy, end = map(self.key, ("select", "copy", "escape"))
        arrows = f"↑ ↓ choose the line, {on} holds it" if not cursor.held else "↑ ↓ extend it"
        self.desk_app.say(f"{arrows} · {copy} copies · {end} ends")

    @work(group="hints", exclusive=True, exit_on_error=False)
    async def action_hints(self) -> None:
        """Alt+Y."""
        from copilot_tui.tui.screens.hints import HintsScreen

        sources = self.transcript.show_hints()
        if not sources:
            self.desk_app.say("There is no block in sight to copy")
            return
        self.desk_app.hold_keys()
        try:
            letter = await self.app.push_screen_wait(HintsScreen(sources))
        finally:
            self.transcript.hide_hints()
        if letter is not None:
            self.desk_app.copying.copy(sources[letter], "the block")

    # Finding

    def action_search(self) -> None:
        """Ctrl+F."""
        self.desk_app.searching.open()

    async def action_find(self) -> None:
        """`/` in the transcript."""
        if not self.query("#find"):
            from copilot_tui.tui.find import FindBar

            await self.mount(FindBar(id="find"), before="#composer")
        self.find_bar.open()

    def on_find_bar_wanted(self, message: FindBar.Wanted) -> None:
        """Something else is to be found."""
        count = self.transcript.find(message.words)
        if message.words:
            times = "once" if count == 1 else f"{count} times" if count else "nowhere"
            on, back, end = map(self.key, ("next-match", "previous-match", "escape"))
            self.desk_app.say(f"Found {times} · {on} and {back} go on, {end} ends it")

    def on_find_bar_step_wanted(self, message: FindBar.StepWanted) -> None:
        """Up and Down in the bar."""
        self.transcript.find_next(1 if message.step > 0 else -1)

    def on_find_bar_left(self, message: FindBar.Left) -> None:
        """Enter in the bar."""
        if message.closed:
            self._close_find()
        else:
            self.transcript.focus()

    def _close_find(self) -> None:
        self.find_bar.close()
        self.transcript.find("")
        self.transcript.focus()

    async def action_next_match(self) -> None:
        """`n`."""
        if not self.transcript.find_next(1):
            await self.action_find()

    async def action_previous_match(self) -> None:
        """`N`."""
        if not self.transcript.find_next(-1):
            await self.action_find()

    def action_wrap_code(self) -> None:
        """`w`."""
        self.transcript.toggle_code_wrap()

    def action_next_message(self) -> None:
        """`}`."""
        self.transcript.jump(1)

    def action_previous_message(self) -> None:
        """`{`."""
        self.transcript.jump(-1)

    def action_next_prompt(self) -> None:
        """Alt+PageDown."""
        self.transcript.jump(1, Role.USER)

    def action_previous_prompt(self) -> None:
        """Alt+PageUp."""
        self.transcript.jump(-1, Role.USER)

    def action_next_link(self) -> None:
        """`]`."""
        self._mark_link(1)

    def action_previous_link(self) -> None:
        """`[`."""
        self._mark_link(-1)

    def _mark_link(self, direction: Literal[1, -1]) -> None:
        if self.transcript.mark_link(direction):
            self.transcript.focus()

    @work(group="link", exclusive=True, exit_on_error=False)
    async def on_transcript_link_activated(self, message: Transcript.LinkActivated) -> None:
        """A link is opened after a look at its address."""
        from copilot_tui.tui.screens.link import LinkScreen

        url = message.url
        opens = url.partition(":")[0].lower() in OPENED_SCHEMES
        answer = await self.app.push_screen_wait(LinkScreen(url, opens=opens))
        if answer == "open":
            # In a thread: a browser may take its time to start.
            if not await asyncio.to_thread(open_in_browser, url):
                self.desk_app.say("There is no browser to open it with; its address can be copied")
        elif answer == "copy":
            self.desk_app.copying.copy(url, "the address")

    def action_page_up(self) -> None:
        """PageUp."""
        self.transcript.action_page_up()

    def action_page_down(self) -> None:
        """PageDown."""
        self.transcript.action_page_down()

    def action_top(self) -> None:
        """Ctrl+Home."""
        self.transcript.action_scroll_home()

    def action_bottom(self) -> None:
        """Ctrl+End."""
        self.transcript.action_scroll_end()

    def action_models(self) -> None:
        """Ctrl+O."""
        self.desk_app.choosing.pick()

    def action_sign_in(self) -> None:
        """Alt+I."""
        self.desk_app.signing_in.sign_in()

    def action_sign_out(self) -> None:
        """In the palette."""
        self.desk_app.signing_in.sign_out()

    def action_difference(self) -> None:
        """`d` in the transcript."""
        self.desk_app.versions.show_difference(self._read)

    def action_new_private(self) -> None:
        """Chosen in the palette."""
        self.desk_app.show_new_private()

    def action_delete_message(self) -> None:
        """`x` in the transcript."""
        self.desk_app.deleting.delete_message(self._read)

    def action_delete_turn(self) -> None:
        """`X` in the transcript."""
        self.desk_app.deleting.delete_turn(self._read)

    def action_pin(self) -> None:
        """`p` in the sidebar."""
        self.desk_app.organising.pin(self._meant())

    def action_archive(self) -> None:
        """`a` in the sidebar."""
        self.desk_app.organising.archive(self._meant())

    def action_archived(self) -> None:
        """`A` in the sidebar."""
        if not self.has_class("-sidebar"):
            self.action_sidebar()
        self.sidebar.focus()
        self.sidebar.show_archive()

    def action_trash(self) -> None:
        """Chosen in the palette."""
        self.desk_app.library.pick_from_trash()

    def action_settings(self) -> None:
        """Ctrl+T."""
        self.desk_app.organising.ask_for_settings()

    def action_palette(self) -> None:
        """Ctrl+P."""
        self.app.action_command_palette()

    def action_mouse(self) -> None:
        """In the palette."""
        from copilot_tui.tui import mouse

        driver = self.app._driver
        on = not mouse.is_on(driver)
        mouse.turn(driver, on)
        self.desk_app.say("The mouse is the app's" if on else "The mouse is the terminal's")

    def on_text_selected(self) -> None:
        """A selection by the mouse has ended."""
        if self.desk_app.desk.config.ui.auto_copy and (text := self.transcript.selected_source()):
            self.desk_app.copying.copy(text, "the selection")

    def action_unread(self) -> None:
        """Alt+U."""
        desk = self.desk_app.desk
        wanted = self.sidebar.next_of(desk.shelf.unread | desk.shelf.failed)
        if wanted is None:
            self.desk_app.say("Nothing is unread")
        else:
            self.desk_app.show(wanted)

    def action_theme(self) -> None:
        """F10."""
        self.desk_app.change_theme()

    def action_help(self) -> None:
        """F1."""
        self.desk_app.show_help()

    async def action_quit(self) -> None:
        """Ctrl+Q."""
        await self.desk_app.action_quit()

    @work(group="editor", exclusive=True, exit_on_error=False)
    async def action_editor(self) -> None:
        """Ctrl+G: replies stream on while the editor has the terminal."""
        from copilot_tui.tui.editor import edit, memory_folder

        composer, conversation = self.composer, self.desk_app.shown
        within = None
        if (
            self.desk_app.desk.filing.is_private(conversation.id)
            and (within := memory_folder()) is None
        ):
            self.desk_app.say(
                "An editor would write this private prompt to the disk, so none is opened",
                warn=True,
            )
            return
        before = composer.text
        edited = await edit(self.app, before, within)
        if edited is None:
            self.desk_app.say("The editor ended with an error; the prompt is as it was", warn=True)
        elif self.desk_app.shown is not conversation:
            self.desk_app.desk.drafts.keep(conversation, edited, len(edited))
        elif edited != before:
            composer.fill(edited)

    def key(self, action_id: str) -> str:
        """The key of an action as it is set, to be shown."""
        return shown_key(action_id, self.desk_app.desk.config.keys)
