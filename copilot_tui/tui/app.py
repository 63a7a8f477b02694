"""CopilotApp: puts desk and screen together. Replies run in its workers; it alone changes
things.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress
from functools import cached_property
from typing import TYPE_CHECKING, ClassVar, cast

from textual import events
from textual.app import App
from textual.worker import Worker, WorkerState

from copilot_tui.errors import CopilotTuiError, StoreError, defect_in
from copilot_tui.tui import messages, widths
from copilot_tui.tui.controllers.answers import Answers
from copilot_tui.tui.controllers.choosing import Choosing
from copilot_tui.tui.controllers.comparing import Comparing
from copilot_tui.tui.controllers.consent import Consent
from copilot_tui.tui.controllers.copying import Copying
from copilot_tui.tui.controllers.deleting import Deleting
from copilot_tui.tui.controllers.editing import Editing
from copilot_tui.tui.controllers.held_keys import HeldKeys
from copilot_tui.tui.controllers.keeping import Keeping
from copilot_tui.tui.controllers.library import Library
from copilot_tui.tui.controllers.notifying import Notifying
from copilot_tui.tui.controllers.organising import Organising
from copilot_tui.tui.controllers.queueing import Queueing
from copilot_tui.tui.controllers.reading_keys import ReadingKeys
from copilot_tui.tui.controllers.saying import Saying
from copilot_tui.tui.controllers.searching import Searching
from copilot_tui.tui.controllers.showing import Showing
from copilot_tui.tui.controllers.starting import Starting
from copilot_tui.tui.controllers.undoing import Undoing
from copilot_tui.tui.controllers.versions import Versions
from copilot_tui.tui.controllers.watching import Watching
from copilot_tui.tui.desk import Desk
from copilot_tui.tui.main_screen import MainScreen
from copilot_tui.tui.palette import Palette
from copilot_tui.tui.screens.host import NOTICE_S, Host
from copilot_tui.tui.themes import DARK, LIGHT
from copilot_tui.tui.widgets.composer import Composer

if TYPE_CHECKING:
    from collections.abc import Awaitable

    from textual.binding import BindingType
    from textual.driver import Driver

    from copilot_tui.conversation import Attachment, Conversation
    from copilot_tui.tui.controllers.attaching import Attaching
    from copilot_tui.tui.controllers.reaching import Reaching
    from copilot_tui.tui.controllers.recalling import Recalling
    from copilot_tui.tui.controllers.signing_in import SigningIn
    from copilot_tui.tui.controllers.standing import Standing
    from copilot_tui.tui.controllers.titling import Titling
    from copilot_tui.tui.controllers.trouble import Trouble
    from copilot_tui.tui.transcript import Place

widths.install()

BACKENDS_MOST_S = 3.0
"""How long the end waits for a backend that is slow to let go."""


class CopilotApp(Host):
    """The program that people keep open all day."""

    CSS_PATH = "app.tcss"
    TITLE = "copilot-tui"
    ENABLE_COMMAND_PALETTE = False  # ours is a screen of its own, and an action like every other
    BINDINGS: ClassVar[list[BindingType]] = []

    def __init__(
        self,
        desk: Desk,
        *,
        prompt: str | None = None,
        continue_last: bool = False,
        dark: bool = True,
        driver: type[Driver] | None = None,
    ) -> None:
        super().__init__(driver_class=driver)
        # The status line tells what there is to tell; so each screen has two widgets less.
        self._disable_notifications = self._disable_tooltips = True
        self.desk = desk
        self.shown = desk.new()
        desk.shown_id = self.shown.id
        self._furnish()
        self.starting = Starting(
            self,
            self.answers,
            self.held_keys,
            self.keeping,
            self.searching,
            self.showing,
            self.watching,
            prompt=prompt,
            continue_last=continue_last,
        )
        self._is_leaving = False
        self.fault: Exception | None = None
        """A defect that ended the app."""
        self.register_theme(DARK)
        self.register_theme(LIGHT)
        # Not by assignment, which would read all style sheets once more when the app runs.
        self.set_reactive(App.theme, DARK.name if dark else LIGHT.name)
        self.update_classes({"-dark-mode": dark, "-light-mode": not dark}, update=False)
        self.stylesheet.set_variables(self.get_css_variables())
        self.set_keymap(desk.config.keys)

    def _furnish(self) -> None:
        """The controllers, each after those that it needs."""
        self.undoing = Undoing(self)
        self.held_keys = HeldKeys(self)
        self.reading_keys = ReadingKeys(self)
        self.copying = Copying(self)
        self.keeping = Keeping(self)
        self.watching = Watching(self)
        self.comparing = Comparing(self)
        self.answers = Answers(self, self.comparing)
        self.editing = Editing(self, self.keeping, self.answers, self.undoing)
        self.saying = Saying(self, self.comparing, self.editing)
        self.queueing = Queueing(self, self.answers, self.keeping, self.watching)
        self.showing = Showing(self, self.keeping, self.saying, self.queueing, self.watching)
        self.choosing = Choosing(self, self.comparing, lambda name: self.signing_in.ask(name))
        self.consent = Consent(self, self.answers)
        self.deleting = Deleting(self, self.answers, self.editing, self.undoing)
        self.library = Library(self, self.answers, self.undoing)
        self.organising = Organising(self, self.answers, self.undoing)
        self.searching = Searching(self, self.answers)
        self.versions = Versions(self, self.answers)
        self.answers.on_failed = lambda turn, failure: self.reaching.failed(turn, failure)
        self.watching.on_ended_elsewhere = self.queueing.ended_elsewhere
        self.desk.filing.on_trouble = self._in_trouble
        self.desk.places.on_change = self._waiting_changed

    @cached_property
    def signing_in(self) -> SigningIn:
        """Signing in and out, made when it is first wanted."""
        from copilot_tui.tui.controllers.signing_in import SigningIn

        return SigningIn(self, self.copying, self.standing)

    @cached_property
    def recalling(self) -> Recalling:
        """Earlier prompts, when the first of them is wanted."""
        from copilot_tui.tui.controllers.recalling import Recalling

        return Recalling(self, self.searching)

    @cached_property
    def reaching(self) -> Reaching:
        """What is offered where nothing answers, made when that first happens."""
        from copilot_tui.tui.controllers.reaching import Reaching

        return Reaching(self, self.answers, self.choosing, self.copying, self.signing_in)

    @cached_property
    def attaching(self) -> Attaching:
        """The files of the prompt, made when one is first wanted."""
        from copilot_tui.tui.controllers.attaching import Attaching

        return Attaching(self)

    def show_attached(self) -> None:
        """Show the files of the prompt, where there are or were any."""
        if self.desk.drafts.attached(self.shown) or "attaching" in vars(self):
            self.attaching.show()

    def get_css_variables(self) -> dict[str, str]:
        """The theme's colours; none for the default theme, which is never shown."""
        return super().get_css_variables() if self.theme in (DARK.name, LIGHT.name) else {}

    # Start and end

    def get_default_screen(self) -> MainScreen:
        """The main screen."""
        return MainScreen(self.desk.config)

    @property
    def main(self) -> MainScreen:
        """The main screen, also while something stands over it."""
        return cast("MainScreen", self.screen_stack[0])

    async def on_event(self, event: events.Event) -> None:
        """Hold what is typed until the prompt can take it."""
        if not event.is_forwarded and self.held_keys.take(event):
            return
        if isinstance(event, events.Key) and not event.is_forwarded:
            self.desk.filing.give_way()
            if not event.is_printable:
                await self.held_keys.take_characters_before()
            if await self.reading_keys.take(event):
                return
        await super().on_event(event)

    async def on_worker_state_changed(self, event: Worker.StateChanged) -> None:
        """A worker that fails with what is no error of ours has met a defect: it is said."""
        if event.worker.group == "show" and event.worker.is_finished:
            await self.held_keys.release()
        self.tell_defect(event)

    def tell_defect(self, event: Worker.StateChanged) -> None:
        """Say what a worker has failed with, the app's own or one of a screen."""
        if event.state is WorkerState.ERROR:
            self.say(defect_in(event.worker.error), warn=True)

    async def action_quit(self) -> None:
        """Ctrl+Q; at the first it may be asked whether to drop what was typed, or is not saved."""
        asks_first = getattr(self.screen, "asks_before_end", None)
        if asks_first is not None and asks_first():
            return
        if not ("trouble" in vars(self) and self.trouble.asks_before_end()):
            self.leave(0)

    def leave(self, status: int) -> None:
        """Save drafts and places, and go; the text of replies that stream is in their journals."""
        if not self.starting.was_shown:
            # A half-made screen can neither be left nor asked for its texts.
            self.starting.leave_first = status
        elif not self._is_leaving:
            self._is_leaving = True
            self._keep_everything()
            self.exit(status)

    async def leave_behind_keys(self, status: int) -> None:
        """The same, once the prompt has taken what was typed before."""
        await self.held_keys.take_characters_before()
        self.leave(status)

    def _keep_everything(self) -> None:
        self.held_keys.take_text()
        self.keeping.keep_both()
        self.answers.keep_unbegun()
        for conversation_id in list(self.desk.turns):
            self.answers.cancel(conversation_id)

    def _fatal_error(self) -> None:
        """A defect ends the app: all is saved, and `run` says it in one line.

        Textual's own shows a traceback with its variables, keys and texts among them.
        """
        if self.fault is None:
            self.fault = self._exception
            with suppress(Exception):  # the screen may be what broke; what came before is on disk
                self._keep_everything()
        self._close_messages_no_wait()

    async def on_unmount(self) -> None:
        """Wait for the last small writes, and give back what the backends hold."""
        self.searching.close()
        with suppress(TimeoutError, CopilotTuiError):
            async with asyncio.timeout(BACKENDS_MOST_S):
                await self.desk.answerers.aclose()
        await asyncio.to_thread(self.desk.filing.close)

    # What is shown

    def show(self, conversation_id: str) -> None:
        """See Host."""
        self.showing.show(conversation_id)

    def take_up(self, conversation: Conversation, place: Place | None) -> None:
        """See Host."""
        self.showing.take_up(conversation, place)

    def show_instead(self, following: str | None) -> None:
        """See Host."""
        self.showing.show_instead(following)

    def show_messages(self, place: Place | None) -> None:
        """See Host."""
        self.showing.show_messages(place)

    @property
    def is_reading(self) -> bool:
        """See Host."""
        return self.showing.is_reading

    async def light(self, words: str) -> None:
        """See Host."""
        await self.main.finding.light(words)

    def hold_keys(self) -> None:
        """See Host."""
        self.held_keys.hold()

    async def release_keys(self) -> None:
        """See Host."""
        await self.held_keys.release()

    def stop_replies(self, conversation_id: str) -> bool:
        """See Host."""
        streams = conversation_id in self.desk.turns
        if streams:
            self.answers.cancel(conversation_id)
        return streams

    def refresh_sidebar(self) -> None:
        """Show the list, the shown one and the marks as they are."""
        self.main.sidebar.show_rows(self.desk.shelf.rows, now=self.desk.now())
        self.main.sidebar.show_current(self.shown.id)
        self.main.sidebar.show_marks(self.desk.shelf.marks())

    def refresh_status(self) -> None:
        """Show what answers here and what is going on."""
        self.saying.refresh()

    def say(
        self, text: str, *, warn: bool = False, seconds: float = NOTICE_S, local: bool = False
    ) -> None:
        """See Host."""
        self.saying.say(text, warn=warn, seconds=seconds, local=local)

    # Prompts and replies

    def send_prompt(self) -> None:
        """Enter: send; on an empty prompt after a failed reply, try again."""
        edited = self.editing.message
        has_files = edited is not None and bool(edited.attachments)
        if self.desk.drafts.attached(self.shown):
            self.attaching.send()
        elif not (self.main.composer.text.strip() or has_files):
            self.answers.try_again()
        else:
            self.send_with(())

    def send_with(self, files: tuple[Attachment, ...]) -> None:
        """Send the prompt, or let it wait, with these files."""
        if self.editing.is_on:
            self.editing.send(self.main.composer.text, files)
        else:
            self.queueing.send_prompt(files)

    def prompt_was_taken(self) -> None:
        """What was in the prompt is sent, or waits to be."""
        self.saying.forget_local()
        behind = self.recalling.behind() if "recalling" in vars(self) else ""
        self.main.composer.fill(behind)
        self.show_attached()

    def on_composer_paste_refused(self, message: Composer.PasteRefused) -> None:
        """Too much for a prompt was pasted."""
        self.attaching.refuse_paste(message.length)

    def on_composer_queued_wanted(self) -> None:
        """Backspace in an empty prompt."""
        if not (self.desk.drafts.attached(self.shown) and self.attaching.take_off()):
            self.queueing.take_back()

    def on_reply_changed(self, message: messages.ReplyChanged) -> None:
        """Let the transcript take what came."""
        for turn in self.desk.turns.of(message.conversation_id):
            if turn.conversation is self.shown:
                self.main.transcript.grow(turn.reply.id, at_once=message.is_whole)
                self.comparing.grow(turn.reply.id)

    def on_reply_ended(self, message: messages.ReplyEnded) -> None:
        """Show how it ended, and save it if the end was a stop."""
        if message.conversation_id == self.shown.id:
            self.main.transcript.finish(message.reply_id)
            self.comparing.finish(message.reply_id)
            self.saying.forget_local()
            self.refresh_status()
        self.refresh_sidebar()
        self.run_worker(
            self._told(self.desk.turns.save_stopped(message.reply_id)),
            group=f"save:{message.conversation_id}",
            exit_on_error=False,
        )
        if (conversation := self.desk.open.get(message.conversation_id)) is not None:
            if message.conversation_id not in self.desk.turns:  # of several the last
                self.notifying.ended(conversation, message.reply_id)
            if self.desk.config.ui.model_titles:
                self.titling.ended(conversation)
            self.queueing.ended(conversation)
            self.standing.ended(conversation, message.reply_id)

    @cached_property
    def standing(self) -> Standing:
        """What is left of the account's quota, after the first reply."""
        from copilot_tui.tui.controllers.standing import Standing

        return Standing(self)

    @cached_property
    def titling(self) -> Titling:
        """Titles by the model, where they are wanted."""
        from copilot_tui.tui.controllers.titling import Titling

        return Titling(self)

    def _waiting_changed(self) -> None:
        self.refresh_sidebar()
        self.refresh_status()

    def on_consent_wanted(self, message: messages.ConsentWanted) -> None:
        """Ask whether a key may travel unencrypted."""
        self.consent.ask(message.conversation_id)

    @cached_property
    def notifying(self) -> Notifying:
        """Tells of replies to who looks elsewhere."""
        return Notifying(self)

    def on_app_blur(self) -> None:
        """The terminal has lost the focus."""
        self.notifying.is_looked_at = False

    def on_app_focus(self) -> None:
        """It has it again."""
        self.notifying.is_looked_at = True

    def on_notice(self, message: messages.Notice) -> None:
        """Say it, if it is about what is shown or must be known anyway."""
        if message.conversation_id == self.shown.id:
            self.say(message.text, warn=message.is_warning, local=True)
        elif message.is_warning and (elsewhere := self.desk.open.get(message.conversation_id)):
            self.say(f"{elsewhere.title}: {message.text}", warn=True)

    def _in_trouble(self, error: StoreError) -> None:
        self.post_message(messages.Trouble(error.in_one_line))  # from any thread

    def on_trouble(self, message: messages.Trouble) -> None:
        """Something could not be written."""
        self.trouble.began(message.text)

    @cached_property
    def trouble(self) -> Trouble:
        """What is done about it, when that first happens."""
        from copilot_tui.tui.controllers.trouble import Trouble

        return Trouble(self)

    def save(self, conversation: Conversation, *, touch: bool = True) -> None:
        """Save a conversation that was changed by hand; see Desk.save."""
        self.run_worker(
            self._told(self.desk.save(conversation, touch=touch)),
            group=f"save:{conversation.id}",
            exit_on_error=False,
        )

    async def _told(self, work: Awaitable[None]) -> None:
        """Do something with the store; what goes wrong is said."""
        try:
            await work
        except StoreError as error:
            self.say(error.in_one_line, warn=True)

    # The library

    def on_conversation_picked(self, message: messages.ConversationPicked) -> None:
        """Show what was picked in the sidebar."""
        self.showing.show(message.conversation_id)

    def on_rename_wanted(self, message: messages.RenameWanted) -> None:
        """`r` in the sidebar."""
        self.library.ask_for_title(message.conversation_id)

    def on_delete_wanted(self, message: messages.DeleteWanted) -> None:
        """`d` in the sidebar."""
        self.library.delete(message.conversation_id)

    # Drafts, places, history

    def on_text_area_changed(self) -> None:
        """Something was typed."""
        self.keeping.typed()

    def on_composer_history_wanted(self, message: Composer.HistoryWanted) -> None:
        """Up and Down: earlier and later prompts."""
        self.recalling.step(message.step, message.text)

    @property
    def unsent(self) -> tuple[str, int]:
        """What was written in the prompt, and its caret; a prompt that was recalled is not that."""
        if "recalling" in vars(self):
            return self.recalling.unsent()
        return self.main.composer.text, self.main.composer.caret

    # Themes, help

    def change_theme(self) -> None:
        """From light to dark, or back."""
        self.theme = LIGHT.name if self.theme == DARK.name else DARK.name

    def search_themes(self) -> None:
        """Textual's own command for it: there are two, and its list of themes is not imported."""
        self.change_theme()

    def watch_theme(self) -> None:
        """The transcript's lines are final, so it is told the colours."""
        if self.is_running:
            self.main.transcript.use_palette(Palette.from_theme(self.current_theme))

    def show_help(self) -> None:
        """All keys."""
        self.held_keys.hold()
        from copilot_tui.tui.screens.help import HelpScreen

        self.push_screen(HelpScreen(self.desk.config.keys))
