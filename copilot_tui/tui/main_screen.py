"""What the keys do on the main screen. What changes something is the app's."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, ClassVar, Literal, cast

from textual import events
from textual.binding import BindingType

from copilot_tui.conversation import Role
from copilot_tui.tui.actions import READING_ALONE, bindings
from copilot_tui.tui.screens.rooms import Rooms

if TYPE_CHECKING:
    from textual.worker import Worker

    from copilot_tui.conversation import Message
    from copilot_tui.tui.actions import Action
    from copilot_tui.tui.app import CopilotApp
    from copilot_tui.tui.controllers.finding import Finding
    from copilot_tui.tui.transcript import Transcript
    from copilot_tui.tui.widgets.find import FindBar


class MainScreen(Rooms):
    """Answers the keys of ACTIONS in its rooms."""

    BINDINGS: ClassVar[list[BindingType]] = [*bindings("screen"), *bindings("transcript")]
    AUTO_FOCUS = "#composer"

    @property
    def desk_app(self) -> CopilotApp:
        """The app, by its own type."""
        return cast("CopilotApp", self.app)

    def on_mount(self) -> None:
        """Everything is there now."""
        self.size_sidebar(self.sidebar)
        self.desk_app.starting.main_is_there()

    def on_worker_state_changed(self, event: Worker.StateChanged) -> None:
        """A defect in one of its workers is said as one of the app's."""
        self.desk_app.tell_defect(event)

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

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Whether its key does something now: in the sidebar, `x` must not delete what is not
        looked at.
        """
        return action not in READING_ALONE or not self.sidebar.has_focus

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
        self.desk_app.showing.show_new()

    def action_next(self) -> None:
        """Alt+Down."""
        self._go(1)

    def action_previous(self) -> None:
        """Alt+Up."""
        self._go(-1)

    def _go(self, step: int) -> None:
        if (wanted := self.sidebar.neighbour(step)) is not None:
            self.desk_app.showing.show(wanted)

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
        from copilot_tui.tui.controllers.importing import Importing

        Importing(self.desk_app).open()

    def action_export(self) -> None:
        """In the palette."""
        from copilot_tui.tui.controllers.exporting import Exporting

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
        if "finding" in vars(self) and self.finding.close():
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
        from copilot_tui.tui.controllers.inspecting import Inspecting

        Inspecting(self.desk_app, self.desk_app.copying, self.desk_app.editing).open()

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

    def action_hints(self) -> None:
        """Alt+Y."""
        self.desk_app.copying.choose_block()

    # Finding

    def action_search(self) -> None:
        """Ctrl+F."""
        self.desk_app.searching.open()

    @cached_property
    def finding(self) -> Finding:
        """What `/` finds in the transcript, made when it is first wanted."""
        from copilot_tui.tui.controllers.finding import Finding

        return Finding(self.desk_app, self.desk_app.saying)

    async def action_find(self) -> None:
        """`/` in the transcript."""
        await self.finding.open()

    def on_find_bar_wanted(self, message: FindBar.Wanted) -> None:
        """Something else is to be found."""
        self.finding.find(message.words)

    async def on_find_bar_step_wanted(self, message: FindBar.StepWanted) -> None:
        """Up and Down in the bar."""
        await self.finding.go(message.step)

    def on_find_bar_left(self, message: FindBar.Left) -> None:
        """Enter in the bar."""
        if message.closed:
            self.finding.close()
        else:
            self.transcript.focus()

    async def action_next_match(self) -> None:
        """`n`."""
        await self.finding.go(1)

    async def action_previous_match(self) -> None:
        """`N`."""
        await self.finding.go(-1)

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

    def on_transcript_link_activated(self, message: Transcript.LinkActivated) -> None:
        """A link is wanted."""
        from copilot_tui.tui.controllers.following import Following

        Following(self.desk_app, self.desk_app.copying).follow(message.url)

    def action_page_up(self) -> None:
        """PageUp."""
        if self.sidebar.has_focus:
            self.sidebar.action_page(-1)
        else:
            self.transcript.action_page_up()

    def action_page_down(self) -> None:
        """PageDown."""
        if self.sidebar.has_focus:
            self.sidebar.action_page(1)
        else:
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
        self.desk_app.showing.show_new_private()

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
        self.desk_app.held_keys.hold()
        from copilot_tui.tui.screens.commands import CommandsScreen

        self.app.push_screen(CommandsScreen(self.desk_app.desk.config.keys), self._do_command)

    def _do_command(self, command: Action | None) -> None:
        if command is not None:
            do = getattr(self, f"action_{command.action}")
            self.call_later(self.desk_app.held_keys.release_behind, do)

    def action_mouse(self) -> None:
        """In the palette."""
        from copilot_tui.tui.terminal import mouse

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
            self.desk_app.showing.show(wanted)

    def action_theme(self) -> None:
        """F10."""
        self.desk_app.change_theme()

    def action_help(self) -> None:
        """F1."""
        self.desk_app.show_help()

    async def action_quit(self) -> None:
        """Ctrl+Q."""
        await self.desk_app.action_quit()

    def action_editor(self) -> None:
        """Ctrl+G."""
        from copilot_tui.tui.controllers.writing import Writing

        Writing(self.desk_app).open()
