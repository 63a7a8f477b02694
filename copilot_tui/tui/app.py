"""CopilotApp: puts desk and screen together. Replies run in its workers; it alone changes
things.
"""

from __future__ import annotations

import asyncio
import gc
import sys
from contextlib import suppress
from functools import cached_property
from typing import TYPE_CHECKING, ClassVar, cast

from textual import events
from textual.app import App, SystemCommand
from textual.worker import Worker, WorkerState

from copilot_tui.errors import CopilotTuiError, StoreError
from copilot_tui.tui import messages
from copilot_tui.tui.actions import ACTIONS
from copilot_tui.tui.answers import Answers, defect_in, in_one_line
from copilot_tui.tui.choosing import Choosing
from copilot_tui.tui.comparing import Comparing
from copilot_tui.tui.composer import ASK, ASK_PRIVATELY, Composer
from copilot_tui.tui.consent import Consent
from copilot_tui.tui.copying import Copying
from copilot_tui.tui.deleting import Deleting
from copilot_tui.tui.desk import Desk
from copilot_tui.tui.editing import Editing
from copilot_tui.tui.keeping import Keeping
from copilot_tui.tui.library import Library
from copilot_tui.tui.notifying import Notifying
from copilot_tui.tui.organising import Organising
from copilot_tui.tui.palette import Palette
from copilot_tui.tui.queueing import Queueing
from copilot_tui.tui.screens.main import MainScreen
from copilot_tui.tui.searching import Searching
from copilot_tui.tui.themes import DARK, LIGHT
from copilot_tui.tui.transcript import Place
from copilot_tui.tui.undoing import Undoing
from copilot_tui.tui.versions import Versions, versions_shown
from copilot_tui.tui.watching import Watching

if TYPE_CHECKING:
    from collections.abc import Awaitable, Iterable

    from textual.binding import BindingType
    from textual.driver import Driver
    from textual.screen import Screen
    from textual.timer import Timer

    from copilot_tui.config import BackendConfig
    from copilot_tui.conversation import Attachment, Conversation
    from copilot_tui.tui.attaching import Attaching
    from copilot_tui.tui.reaching import Reaching
    from copilot_tui.tui.recalling import Recalling
    from copilot_tui.tui.signing_in import SigningIn
    from copilot_tui.tui.titling import Titling

NOTICE_S = 8.0

RETRY_S = 2.0
"""How often what could not be written is tried again."""

HELD_MOST_S = 2.0
"""Keys wait at most this long for a conversation to be read; the disk may hang, and Ctrl+Q not."""

BACKENDS_MOST_S = 3.0
"""How long the end waits for a backend that is slow to let go."""

SETTLE_DELAY_S = 0.1
"""After the first frame the keys come first; the list of conversations after them."""


SWITCH_S = 0.0005
"""How long a thread in the background keeps the interpreter from a key; Python's own is 5 ms."""


class CopilotApp(App[int]):
    """The program that people keep open all day."""

    CSS_PATH = "app.tcss"
    TITLE = "copilot-tui"
    ENABLE_COMMAND_PALETTE = True
    COMMAND_PALETTE_BINDING = "ctrl+shift+f12"  # ours is an action like every other
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
        self.desk = desk
        self.shown: Conversation = desk.new()
        desk.shown_id = self.shown.id
        self.answers = Answers(self)
        self.copying = Copying(self)
        self.deleting = Deleting(self)
        self.editing = Editing(self)
        self.undoing = Undoing(self)
        self.versions = Versions(self)
        self.consent = Consent(self)
        self.choosing = Choosing(self)
        self.comparing = Comparing(self)
        self.keeping = Keeping(self)
        self.library = Library(self)
        self.organising = Organising(self)
        self.queueing = Queueing(self)
        self.searching = Searching(self)
        self.watching = Watching(self)
        self._first_prompt = prompt
        self._continue_last = continue_last
        self._held_timer: Timer | None = None
        self._retry_timer: Timer | None = None
        desk.filing.on_trouble = self._in_trouble
        desk.places.on_change = self._waiting_changed
        self._held: list[events.Event] | None = []
        """Keys for a prompt that is not there yet: at the start, and while a conversation is read.
        None: it is there.
        """
        self._notice_timer: Timer | None = None
        self._notice_is_local = False
        self._was_shown = self._is_leaving = False
        self._leave_first: int | None = None
        self.fault: Exception | None = None
        """A defect that ended the app."""
        self.register_theme(DARK)
        self.register_theme(LIGHT)
        # Not by assignment, which would read all style sheets once more when the app runs.
        self.set_reactive(App.theme, DARK.name if dark else LIGHT.name)
        self.update_classes({"-dark-mode": dark, "-light-mode": not dark}, update=False)
        self.stylesheet.set_variables(self.get_css_variables())
        self.set_keymap(desk.config.keys)

    @cached_property
    def signing_in(self) -> SigningIn:
        """Signing in and out, made when it is first wanted."""
        from copilot_tui.tui.signing_in import SigningIn

        return SigningIn(self)

    @cached_property
    def recalling(self) -> Recalling:
        """Earlier prompts, when the first of them is wanted."""
        from copilot_tui.tui.recalling import Recalling

        return Recalling(self)

    @cached_property
    def reaching(self) -> Reaching:
        """What is offered where nothing answers, made when that first happens."""
        from copilot_tui.tui.reaching import Reaching

        return Reaching(self)

    @cached_property
    def attaching(self) -> Attaching:
        """The files of the prompt, made when one is first wanted."""
        from copilot_tui.tui.attaching import Attaching

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
        return MainScreen()

    @property
    def main(self) -> MainScreen:
        """The main screen, also while something stands over it."""
        return cast("MainScreen", self.screen_stack[0])

    def main_is_there(self) -> None:
        """Show the empty conversation; everything else comes after the first frame."""
        self.show_messages(None)
        self.watch(self.main.transcript, "scroll_y", self.keeping.scrolled, init=False)
        # Twice: the first call is the screen's, and what it posted would end there.
        self.call_after_refresh(self.call_later, self._after_first_frame)

    async def _after_first_frame(self) -> None:
        self.main.set_focus(self.main.composer)  # at once, where focus() is a message
        self._was_shown = True
        if not self._continue_last:
            await self._begin()
            _collect_from_now_on()
        # A key that comes while a thread computes asks for the interpreter several times over.
        sys.setswitchinterval(SWITCH_S)
        if self._leave_first is not None:
            self.leave(self._leave_first)
        else:
            self.run_worker(self._settle_in(), group="start", exit_on_error=False)

    async def _begin(self) -> None:
        """Take up the work where the user wants it: with --prompt, and with what was typed."""
        if self._held_timer is not None:
            self._held_timer.stop()
            self._held_timer = None
        prompt, self._first_prompt = self._first_prompt, None
        if prompt is not None:
            self.answers.send(self.shown, prompt)
        held, self._held = self._held or [], None
        for event in held:
            await self.on_event(event)

    def hold_keys(self) -> None:
        """A screen is about to open: what is typed from now on is meant for it."""
        if self._held is None:
            self._held = []
        if self._held_timer is not None:
            self._held_timer.stop()
        self._held_timer = self.set_timer(HELD_MOST_S, self._take_held_text)

    async def release_keys(self) -> None:
        """What was to be there is there."""
        if not self._is_showing:
            await self._begin()

    def _take_held_text(self) -> None:
        """Put what waits into the prompt, as text alone: an Enter in it was meant for elsewhere."""
        held, self._held = self._held or [], None
        for event in held:
            if isinstance(event, events.Paste):
                self.main.composer.insert(event.text)
            elif isinstance(event, events.Key) and event.is_printable and event.character:
                self.main.composer.insert(event.character)

    async def _continue(self) -> None:
        """Show the conversation that changed last; what was typed until then is meant for it."""
        try:
            await self.desk.shelf.read()
            rows = [row for row in self.desk.shelf.rows if not row.archived]
            if rows:
                await self._show(max(rows, key=lambda row: row.updated_at).id)
        finally:
            _collect_from_now_on()  # and not while ten thousand messages are read
            self.call_later(self._begin)

    async def _settle_in(self) -> None:
        """Read the list, fold in what a crash left, and import what the first reply needs."""
        try:
            if not self._continue_last and self._first_prompt is None:
                await asyncio.sleep(SETTLE_DELAY_S)
            if self._continue_last:
                await self._continue()
            await self.desk.shelf.read(at_once=True)
            self.refresh_sidebar()
            await asyncio.to_thread(_warm_up, self.desk.config.backend)
            recovered = await asyncio.to_thread(self.desk.store.recover)
            await self.desk.shelf.read()
            self.refresh_sidebar()
            left = (
                set(recovered) - self.desk.turns.asked
            )  # what was stopped just now is not of last time
            if left:
                what = "a reply" if len(left) == 1 else f"{len(left)} replies"
                self.say(f"Kept what had come of {what} when the program ended last")
            await self.desk.shelf.read_marks()
            self.refresh_sidebar()
            for problem in self.desk.store.problems()[:1]:
                self.say(str(problem), warn=True)
            await asyncio.to_thread(self.desk.store.purge_trash)
        except StoreError as error:
            self.say(in_one_line(error), warn=True)
        finally:
            self.searching.begin()
            self.watching.begin()

    async def on_event(self, event: events.Event) -> None:
        """Hold what is typed until the prompt can take it."""
        if (
            self._held is not None
            and isinstance(event, events.Key | events.Paste)
            and not event.is_forwarded
        ):
            self._held.append(event)
            return
        if isinstance(event, events.Key) and not event.is_forwarded:
            self.desk.filing.give_way()
        if isinstance(event, events.Key) and not event.is_forwarded and not event.is_printable:
            await self._take_what_was_typed()
        await super().on_event(event)

    async def _take_what_was_typed(self) -> None:
        """Let the prompt take the characters before this key.

        They wait in its own queue, while a command acts at once: a fast Enter would send half a
        prompt.
        """
        if isinstance(self.focused, Composer):
            taken = asyncio.Event()
            if self.focused.call_later(taken.set):
                await taken.wait()

    async def on_worker_state_changed(self, event: Worker.StateChanged) -> None:
        """A worker that fails with what is no error of ours has met a defect: it is said."""
        if event.worker.group == "show" and event.worker.is_finished and not self._is_showing:
            await self._begin()
        self.tell_defect(event)

    def tell_defect(self, event: Worker.StateChanged) -> None:
        """Say what a worker has failed with, the app's own or one of a screen."""
        if event.state is WorkerState.ERROR:
            self.say(defect_in(event.worker.error), warn=True)

    async def action_quit(self) -> None:
        """Ctrl+Q."""
        self.leave(0)

    def leave(self, status: int) -> None:
        """Save drafts and places, and go; the text of replies that stream is in their journals."""
        if not self._was_shown:
            self._leave_first = status  # a half-made screen can neither be left nor asked for texts
        elif not self._is_leaving:
            self._is_leaving = True
            self._keep_everything()
            self.exit(status)

    def _keep_everything(self) -> None:
        if self._held:
            self._take_held_text()
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
        """Show a conversation, from wherever it is."""
        if conversation_id == self.shown.id:
            self.main.close_narrow_sidebar()
            self.main.composer.focus()
            return
        self.hold_keys()
        self.run_worker(
            self._show(conversation_id), group="show", exclusive=True, exit_on_error=False
        )

    @property
    def _is_showing(self) -> bool:
        return any(each.group == "show" and not each.is_finished for each in self.workers)

    async def _show(self, conversation_id: str) -> None:
        try:
            conversation = await self.desk.load(conversation_id)
            state = await self.desk.view_state(conversation_id)
        except StoreError as error:
            self.say(in_one_line(error), warn=True)
            return
        place = None
        if state is not None and state.message_id:
            place = Place(state.message_id, state.line, state.block)
        self.take_up(conversation, place)

    def show_new(self) -> None:
        """Show a new, empty conversation."""
        if self.desk.is_blank(self.shown) and not self.main.composer.text:
            self.main.close_narrow_sidebar()
            self.main.composer.focus()
            return
        self.take_up(self.desk.new(), None)

    def show_new_private(self) -> None:
        """Show a new conversation that is never on disk."""
        try:
            private = self.desk.new_private()
        except StoreError as error:
            self.say(in_one_line(error), warn=True)
            return
        self.take_up(private, None)
        self.say("Private: nothing of this conversation is saved; it ends with the program")

    def take_up(self, conversation: Conversation, place: Place | None) -> None:
        """Show this conversation instead of the one before, whose draft and place are kept."""
        self.keeping.keep_both()
        before, self.shown = self.shown, conversation
        self.desk.shown_id = conversation.id
        self.desk.drop_if_blank(before)
        self.desk.shelf.unread.discard(conversation.id)
        self.desk.shelf.failed.discard(conversation.id)
        self._forget_local_notice()
        self.show_messages(place)
        draft = self.desk.drafts.get(conversation.id)
        self.main.composer.fill(draft.text if draft else "", draft.caret if draft else None)
        self.show_attached()
        self.queueing.show()
        self.keeping.scrolled()  # other windows are told that it was looked at
        self.main.close_narrow_sidebar()
        self.main.composer.focus()
        self.refresh_sidebar()

    def show_messages(self, place: Place | None) -> None:
        """Put the shown branch into the transcript; without a place: its end."""
        conversation = self.shown
        live = {turn.reply.id for turn in self.desk.turns.of(conversation.id)}
        self.main.transcript.show(
            conversation.path(),
            live=live or self.watching.live,
            place=place,
            versions=versions_shown(conversation),
        )
        self.main.sidebar.show_current(conversation.id)
        self.refresh_status()

    def refresh_sidebar(self) -> None:
        """Show the list, the shown one and the marks as they are."""
        self.main.sidebar.show_rows(self.desk.shelf.rows, now=self.desk.now())
        self.main.sidebar.show_current(self.shown.id)
        self.main.sidebar.show_marks(self.desk.shelf.marks())

    def refresh_status(self) -> None:
        """Show what answers here and what is going on."""
        status = self.main.status
        present = self.desk.answerers.present_choice(self.shown)
        parts = (present.backend, present.provider, present.model)
        is_private = self.desk.filing.is_private(self.shown.id)
        status.backend = " · ".join(filter(None, ("private" if is_private else "", *parts)))
        self.main.composer.placeholder = ASK_PRIVATELY if is_private else ASK
        turn = self.desk.turns.get(self.shown.id)
        key = self.main.key
        if turn is not None:
            waits = self.shown.id in self.desk.places.waiting
            doing = "waiting for a place" if waits else "answering"
            status.activity = " · ".join(filter(None, (doing, self.editing.show())))
            status.hints = (f"{key('escape')} stops", f"{key('new')} new", f"{key('help')} keys")
        else:
            elsewhere = self.shown.id in self.desk.places.elsewhere
            status.activity = self.editing.show()
            if elsewhere and not status.activity:
                status.activity = "answering in another window"
            status.activity = status.activity or self.comparing.words()
            status.hints = (f"{key('help')} keys", f"{key('new')} new", f"{key('new-line')} line")

    def say(
        self, text: str, *, warn: bool = False, seconds: float = NOTICE_S, local: bool = False
    ) -> None:
        """Say something in the status line, for a while.

        `local`: it is about the shown reply, and over when that has ended or is not shown any more.
        """
        status = self.main.status
        self._notice_is_local = local
        status.notice, status.is_warning = text, warn
        if self._notice_timer is not None:
            self._notice_timer.stop()
        self._notice_timer = self.set_timer(seconds, self._unsay)

    def _forget_local_notice(self) -> None:
        if self._notice_is_local:
            self._unsay()

    def _unsay(self) -> None:
        self.main.status.notice = ""

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
        self._forget_local_notice()
        behind = self.recalling.behind() if "recalling" in vars(self) else ""
        self.main.composer.fill(behind)
        self.show_attached()

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
            self._forget_local_notice()
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

    @cached_property
    def titling(self) -> Titling:
        """Titles by the model, where they are wanted."""
        from copilot_tui.tui.titling import Titling

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
        self.post_message(messages.Trouble(in_one_line(error)))  # from any thread

    def on_trouble(self, message: messages.Trouble) -> None:
        """Something could not be written: say it, and try again until it is."""
        self.say(f"{message.text} Nothing is lost yet: it is tried again.", warn=True)
        if self._retry_timer is None:
            self._retry_timer = self.set_interval(RETRY_S, self._retry)

    def _retry(self) -> None:
        if not self.desk.filing.retry() and self._retry_timer is not None:
            self._retry_timer.stop()
            self._retry_timer = None

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
            self.say(in_one_line(error), warn=True)

    # The library

    def on_conversation_picked(self, message: messages.ConversationPicked) -> None:
        """Show what was picked in the sidebar."""
        self.show(message.conversation_id)

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
        self.hold_keys()
        from copilot_tui.tui.screens.help import HelpScreen

        self.push_screen(HelpScreen(self.desk.config.keys))

    def get_system_commands(self, screen: Screen[object]) -> Iterable[SystemCommand]:
        """The command palette: every action that is one."""
        for action in ACTIONS:
            if action.palette:
                callback = getattr(self.main, f"action_{action.action}")
                yield SystemCommand(action.name, action.help.replace("`", ""), callback)


def _warm_up(backend: BackendConfig) -> None:
    """Import what the first reply needs."""
    from copilot_tui import backends, replies  # noqa: F401
    from copilot_tui.tui.transcript.markdown import warm_up

    backends.warm_up(backend)
    warm_up()
    import filelock  # noqa: F401
    import textual.command  # noqa: F401  Ctrl+P; see tui.late


def _collect_from_now_on() -> None:
    """What lives now lives to the end; the collector need not look at it, now or later."""
    gc.freeze()
    gc.set_threshold(20_000, 50, 1_000)
    gc.enable()
