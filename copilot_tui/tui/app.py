"""CopilotApp: puts desk and screen together. Replies run in its workers; it alone changes
things.
"""

from __future__ import annotations

import asyncio
import gc
import time
from contextlib import aclosing
from typing import TYPE_CHECKING, ClassVar, cast

from textual import events
from textual.app import App, SystemCommand

from copilot_tui.conversation import Role, Status, TitleSource
from copilot_tui.errors import CopilotTuiError, StoreError
from copilot_tui.store import ViewState
from copilot_tui.tui import messages
from copilot_tui.tui.actions import ACTIONS
from copilot_tui.tui.composer import Composer
from copilot_tui.tui.desk import Desk, last_reply
from copilot_tui.tui.palette import Palette
from copilot_tui.tui.screens.main import MainScreen
from copilot_tui.tui.themes import DARK, LIGHT
from copilot_tui.tui.transcript import Place, warm_up

if TYPE_CHECKING:
    from collections.abc import Iterable

    from textual.binding import BindingType
    from textual.driver import Driver
    from textual.screen import Screen
    from textual.timer import Timer

    from copilot_tui.conversation import Conversation, Message
    from copilot_tui.replies import Turn

DRAFT_DELAY_S = 0.4
"""What is typed is on disk at most a second later."""

NOTICE_S = 8.0
UNDO_S = 12.0
"""How long Ctrl+Z brings a deleted conversation back; `restore` does for thirty days."""

AFTER_STREAM_S = 0.3
"""Escape does nothing this long after a reply ended: it was meant to stop it."""


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
        self._first_prompt = prompt
        self._continue_last = continue_last
        self._held: list[events.Event] | None = []
        """Keys typed before the prompt has the focus; None: it has."""
        self._draft_timer: Timer | None = None
        self._notice_timer: Timer | None = None
        self._clock: Timer | None = None
        self._deleted: tuple[str, str, float] | None = None
        self._ended_at = 0.0
        self._history: int | None = None
        self.register_theme(DARK)
        self.register_theme(LIGHT)
        self.theme = DARK.name if dark else LIGHT.name
        self.set_keymap(desk.config.keys)

    # Start and end

    def get_default_screen(self) -> MainScreen:
        """The main screen."""
        return MainScreen()

    @property
    def main(self) -> MainScreen:
        """The main screen, also while something stands over it."""
        return cast("MainScreen", self.screen_stack[0])

    def on_mount(self) -> None:
        """Show the empty conversation; everything else comes after the first frame."""
        self.main.transcript.use_palette(Palette.of(self))
        self.main.transcript.failed_help = f"{self.main.key('send')} tries again"
        self._show_messages(None)
        self.call_after_refresh(self._after_first_frame)

    async def _after_first_frame(self) -> None:
        self.main.composer.focus()
        held, self._held = self._held or [], None
        for event in held:
            await self.on_event(event)
        # What lives now lives to the end; the collector need not look at it again.
        gc.collect()
        gc.freeze()
        gc.set_threshold(20_000, 50, 1_000)
        gc.enable()
        if self._first_prompt is not None:
            self._send(self.shown, self._first_prompt)
        self.run_worker(self._settle_in(), group="start", exit_on_error=False)

    async def _settle_in(self) -> None:
        """Read the list, fold in what a crash left, and import what the first reply needs."""
        try:
            await asyncio.to_thread(warm_up)
            await self.desk.read_rows(at_once=True)
            self._refresh_sidebar()
            if self._continue_last and self.desk.rows:
                newest = max(self.desk.rows, key=lambda row: row.updated_at)
                self.show(newest.id)
            recovered = await self.desk.in_order(self.desk.store.recover)
            await self.desk.read_rows()
            self._refresh_sidebar()
            if self._continue_last and self.desk.rows and self.desk.is_blank(self.shown):
                self.show(max(self.desk.rows, key=lambda row: row.updated_at).id)
            if recovered:
                self.say(f"Recovered {len(recovered)} unfinished replies from the last time")
            for problem in self.desk.store.problems()[:1]:
                self.say(str(problem), warn=True)
            await self.desk.in_order(self.desk.store.purge_trash)
        except StoreError as error:
            self.say(_in_one_line(error), warn=True)

    async def on_event(self, event: events.Event) -> None:
        """Hold what is typed until the prompt can take it."""
        if (
            self._held is not None
            and isinstance(event, events.Key | events.Paste)
            and not event.is_forwarded
        ):
            self._held.append(event)
            return
        await super().on_event(event)

    async def action_quit(self) -> None:
        """Save drafts and places, and go; the text of replies that stream is in their journals."""
        self._keep_place()
        self._keep_draft()
        for turn in self.desk.turns.values():
            self.workers.cancel_group(self, _group(turn.conversation.id))
        self.exit(0)

    async def on_unmount(self) -> None:
        """Wait for the last small writes."""
        self.desk.close()

    # What is shown

    def show(self, conversation_id: str) -> None:
        """Show a conversation, from wherever it is."""
        if conversation_id == self.shown.id:
            self.main.close_narrow_sidebar()
            self.main.composer.focus()
            return
        self.run_worker(
            self._show(conversation_id), group="show", exclusive=True, exit_on_error=False
        )

    async def _show(self, conversation_id: str) -> None:
        try:
            conversation = await self.desk.load(conversation_id)
            state = await self.desk.view_state(conversation_id)
        except StoreError as error:
            self.say(_in_one_line(error), warn=True)
            return
        place = Place(state.message_id, state.line) if state and state.message_id else None
        self._take_up(conversation, place)

    def show_new(self) -> None:
        """Show a new, empty conversation."""
        if self.desk.is_blank(self.shown) and not self.main.composer.text:
            self.main.close_narrow_sidebar()
            self.main.composer.focus()
            return
        self._take_up(self.desk.new(), None)

    def _take_up(self, conversation: Conversation, place: Place | None) -> None:
        self._keep_place()
        self._keep_draft()
        before, self.shown = self.shown, conversation
        self.desk.drop_if_blank(before)
        self.desk.unread.discard(conversation.id)
        self.desk.failed.discard(conversation.id)
        self._history = None
        self._show_messages(place)
        draft = self.desk.drafts.get(conversation.id)
        self.main.composer.fill(draft.text if draft else "", draft.caret if draft else None)
        self.main.close_narrow_sidebar()
        self.main.composer.focus()
        self._refresh_sidebar()

    def _show_messages(self, place: Place | None) -> None:
        conversation = self.shown
        turn = self.desk.turns.get(conversation.id)
        self.main.transcript.show(
            conversation.path(),
            live={turn.reply.id} if turn else (),
            place=place,
            versions=_versions(conversation),
        )
        self.main.sidebar.show_current(conversation.id)
        self._refresh_status()

    def _refresh_sidebar(self) -> None:
        self.main.sidebar.show_rows(self.desk.rows, now=self.desk.now())
        self.main.sidebar.show_current(self.shown.id)
        self.main.sidebar.show_marks(self.desk.marks())

    def _refresh_status(self) -> None:
        status = self.main.status
        config = self.desk.backend_config(self.shown)
        model = self.shown.model or config.model
        status.backend = " · ".join(part for part in (config.name, config.provider, model) if part)
        turn = self.desk.turns.get(self.shown.id)
        key = self.main.key
        if turn is not None:
            status.activity = "answering"
            status.hints = (f"{key('escape')} stops", f"{key('new')} new", f"{key('help')} keys")
        else:
            status.activity = ""
            status.hints = (f"{key('help')} keys", f"{key('new')} new", f"{key('new-line')} line")

    def say(self, text: str, *, warn: bool = False, seconds: float = NOTICE_S) -> None:
        """Say something in the status line, for a while."""
        status = self.main.status
        status.notice, status.is_warning = text, warn
        if self._notice_timer is not None:
            self._notice_timer.stop()
        self._notice_timer = self.set_timer(seconds, self._unsay)

    def _unsay(self) -> None:
        self.main.status.notice = ""

    # Prompts and replies

    def on_composer_submitted(self, message: Composer.Submitted) -> None:
        """Enter: send; on an empty prompt after a failed reply, try again."""
        if message.text.strip():
            if self._send(self.shown, message.text):
                self.main.composer.take()
                self._keep_draft()
        elif (reply := last_reply(self.shown)) and reply.status is not Status.COMPLETE:
            self._start_again(reply)

    def _send(self, conversation: Conversation, prompt: str) -> bool:
        if self._is_busy(conversation):
            return False
        self._history = None
        self._start(self.desk.begin(conversation, prompt))
        return True

    def _is_busy(self, conversation: Conversation) -> bool:
        busy = conversation.id in self.desk.turns
        if busy:
            self.say("This conversation is still answering; Escape stops it", warn=True)
        return busy

    def regenerate(self) -> None:
        """Another version of the last reply."""
        reply = last_reply(self.shown)
        if reply is None:
            self.say("There is no reply yet to regenerate")
        elif not self._is_busy(self.shown):
            self._start_again(reply)

    def continue_reply(self) -> None:
        """Ask the model to go on."""
        from copilot_tui.replies import CONTINUE_PROMPT

        reply = last_reply(self.shown)
        if reply is None or not reply.content:
            self.say("There is no reply to continue")
        else:
            self._send(self.shown, CONTINUE_PROMPT)

    def _start_again(self, reply: Message) -> None:
        if self._is_busy(self.shown):
            return
        turn = self.desk.begin_again(self.shown, reply.id)
        self._show_messages(None)
        self._start(turn, is_shown_already=True)

    def _start(self, turn: Turn, *, is_shown_already: bool = False) -> None:
        conversation = turn.conversation
        if conversation is self.shown and not is_shown_already:
            self.main.transcript.add(turn.request.path[-1])
            self.main.transcript.add(turn.reply, live=True)
        self.main.transcript.action_scroll_end()
        self._refresh_sidebar()
        self._refresh_status()
        self.run_worker(
            self._run(turn), group=_group(conversation.id), name="reply", exit_on_error=False
        )

    async def _run(self, turn: Turn) -> None:
        """Stream one reply; never ends with an error of its own."""
        id_ = turn.conversation.id
        try:
            async with aclosing(self.desk.stream(turn)) as deltas:
                async for delta in deltas:
                    if delta.text or delta.reasoning:
                        self.post_message(messages.ReplyChanged(id_))
                    if delta.notice:
                        self.post_message(messages.Notice(id_, delta.notice))
        except CopilotTuiError as error:
            if isinstance(error, StoreError):
                self.post_message(messages.Notice(id_, _in_one_line(error)))
            if turn.reply.error is None:
                turn.reply.status, turn.reply.error = Status.ERROR, str(error)
                turn.reply.hint = error.hint or None
        finally:
            self._end(turn)

    def _end(self, turn: Turn) -> None:
        # No await: on quit nobody waits for us.
        self._ended_at = time.monotonic()
        conversation = turn.conversation
        self.desk.end(turn, shown=conversation is self.shown)
        self.post_message(messages.ReplyEnded(conversation.id, turn.reply.id))

    def on_reply_changed(self, message: messages.ReplyChanged) -> None:
        """Let the transcript take what came."""
        turn = self.desk.turns.get(message.conversation_id)
        if turn is not None and turn.conversation is self.shown:
            self.main.transcript.grow(turn.reply.id)

    def on_reply_ended(self, message: messages.ReplyEnded) -> None:
        """Show how it ended, and save it if the end was a stop."""
        if message.conversation_id == self.shown.id:
            self.main.transcript.finish(message.reply_id)
            self._refresh_status()
        self._refresh_sidebar()
        conversation = self.desk.open.get(message.conversation_id)
        if conversation is not None:
            reply = conversation.messages[message.reply_id]
            if reply.status is Status.PARTIAL and reply.error is None:
                self._save(conversation)

    def on_notice(self, message: messages.Notice) -> None:
        """Say it, if it is about what is shown."""
        if message.conversation_id == self.shown.id:
            self.say(message.text)

    def stop_shown(self) -> bool:
        """Stop the shown reply; whether there was something to stop, or just has been."""
        if self.shown.id in self.desk.turns:
            self.workers.cancel_group(self, _group(self.shown.id))
            return True
        return time.monotonic() - self._ended_at < AFTER_STREAM_S

    def show_version(self, step: int) -> None:
        """Show the version before or after the one on the shown branch, nearest to its end."""
        conversation = self.shown
        if self._is_busy(conversation):
            return
        for message in reversed(conversation.path()):
            versions = conversation.siblings(message.id)
            if len(versions) > 1:
                index = versions.index(message) + step
                if 0 <= index < len(versions):
                    conversation.select(versions[index].id)
                    self._show_messages(None)
                    self._save(conversation)
                return
        self.say(f"There is one version; {self.main.key('regenerate')} makes another")

    def _save(self, conversation: Conversation) -> None:
        conversation.touch(self.desk.now())
        self.run_worker(
            self._save_in_order(conversation), group=f"save:{conversation.id}", exit_on_error=False
        )

    async def _save_in_order(self, conversation: Conversation) -> None:
        try:
            await self.desk.in_order(self.desk.store.save, conversation)
        except StoreError as error:
            self.say(_in_one_line(error), warn=True)

    # The library

    def on_conversation_picked(self, message: messages.ConversationPicked) -> None:
        """Show what was picked in the sidebar."""
        self.show(message.conversation_id)

    def on_rename_wanted(self, message: messages.RenameWanted) -> None:
        """`r` in the sidebar."""
        self.ask_for_title(message.conversation_id)

    def on_delete_wanted(self, message: messages.DeleteWanted) -> None:
        """`d` in the sidebar."""
        self.delete(message.conversation_id)

    def ask_for_title(self, conversation_id: str) -> None:
        """Let the user type another title."""
        self.run_worker(
            self._rename(conversation_id), group="rename", exclusive=True, exit_on_error=False
        )

    async def _rename(self, conversation_id: str) -> None:
        from copilot_tui.tui.screens.rename import RenameScreen

        try:
            conversation = await self.desk.load(conversation_id)
        except StoreError as error:
            self.say(_in_one_line(error), warn=True)
            return
        title = await self.push_screen_wait(RenameScreen(conversation.title))
        if title is None:
            return
        conversation.title, conversation.title_source = title, TitleSource.USER
        self.desk.note_row(conversation)
        self._refresh_sidebar()
        if conversation.messages:
            self._save(conversation)

    def delete(self, conversation_id: str) -> None:
        """Move a conversation to the trash; a notice offers to bring it back."""
        conversation = self.desk.open.get(conversation_id)
        if conversation is not None and self.desk.is_blank(conversation):
            self.say("There is nothing to delete yet")
            return
        self.run_worker(self._delete(conversation_id), group="delete", exit_on_error=False)

    async def _delete(self, conversation_id: str) -> None:
        try:
            conversation = await self.desk.load(conversation_id)
            if conversation_id in self.desk.turns:
                workers = self.workers.cancel_group(self, _group(conversation_id))
                await self.workers.wait_for_complete(workers)
                await self.desk.in_order(self.desk.store.save, conversation)
            await self.desk.in_order(self.desk.store.delete, conversation_id)
        except StoreError as error:
            self.say(_in_one_line(error), warn=True)
            return
        following = self.main.sidebar.neighbour(1) or self.main.sidebar.neighbour(-1)
        self.desk.forget_row(conversation_id)
        self._deleted = (conversation_id, conversation.title, time.monotonic())
        if conversation is self.shown or conversation_id == self.shown.id:
            self.shown = self.desk.new()
            self._take_up(self.shown, None)
            if following is not None and following != conversation_id:
                self.show(following)
        self._refresh_sidebar()
        self.say(
            f"Deleted “{conversation.title}” · {self.main.key('undo')} brings it back",
            seconds=UNDO_S,
        )

    def undo_delete(self) -> bool:
        """Bring back what was deleted last, while its notice stands; whether that was so."""
        if self._deleted is None or time.monotonic() - self._deleted[2] > UNDO_S:
            return False
        conversation_id, title, _ = self._deleted
        self._deleted = None
        self.run_worker(self._restore(conversation_id, title), group="delete", exit_on_error=False)
        return True

    async def _restore(self, conversation_id: str, title: str) -> None:
        try:
            await self.desk.in_order(self.desk.store.restore, conversation_id)
            await self.desk.read_rows()
        except StoreError as error:
            self.say(_in_one_line(error), warn=True)
            return
        self.show(conversation_id)
        self.say(f"“{title}” is back")

    # Drafts, places, history

    def on_text_area_changed(self) -> None:
        """Something was typed: it is on disk within a second."""
        if self._draft_timer is None:
            self._draft_timer = self.set_timer(DRAFT_DELAY_S, self._keep_draft)

    def _keep_draft(self) -> None:
        if self._draft_timer is not None:
            self._draft_timer.stop()
            self._draft_timer = None
        composer = self.main.composer
        had = self.shown.id in self.desk.drafts
        self.desk.keep_draft(self.shown, composer.text, composer.caret)
        if had != (self.shown.id in self.desk.drafts):
            self._refresh_sidebar()

    def _keep_place(self) -> None:
        place = self.main.transcript.place
        state = ViewState(
            message_id=place.message_id if place else None, line=place.line if place else 0
        )
        self.desk.keep_view(self.shown.id, state)

    def on_composer_history_wanted(self, message: Composer.HistoryWanted) -> None:
        """Up and Down: earlier and later prompts of this conversation."""
        prompts = [m.content for m in self.shown.path() if m.role is Role.USER]
        at = len(prompts) if self._history is None else self._history
        wanted = at + message.step
        if self._history is None and (message.step > 0 or self.main.composer.text.strip()):
            return
        if 0 <= wanted < len(prompts):
            self._history = wanted
            self.main.composer.fill(prompts[wanted])
        elif wanted >= len(prompts):
            self._history = None
            self.main.composer.fill("")

    # Copying, themes, help

    def copy(self, text: str, what: str) -> None:
        """Put text on the clipboard, through the terminal."""
        self.copy_to_clipboard(text)
        self.say(f"Sent {what} to the terminal's clipboard (OSC 52), {len(text):,} characters")

    def copy_reply(self) -> None:
        """Copy the last reply as it came."""
        replies = [m for m in self.shown.path() if m.role is Role.ASSISTANT and m.content]
        if replies:
            self.copy(replies[-1].content, "the last reply")
        else:
            self.say("There is no reply yet to copy")

    def change_theme(self) -> None:
        """From light to dark, or back."""
        self.theme = LIGHT.name if self.theme == DARK.name else DARK.name

    def watch_theme(self) -> None:
        """The transcript's lines are final, so it is told the colours."""
        if self.screen_stack:
            self.main.transcript.use_palette(Palette.of(self))

    def show_help(self) -> None:
        """All keys."""
        from copilot_tui.tui.screens.help import HelpScreen

        self.push_screen(HelpScreen(self.desk.config.keys))

    def get_system_commands(self, screen: Screen[object]) -> Iterable[SystemCommand]:
        """The command palette: every action that is one."""
        for action in ACTIONS:
            if action.palette:
                callback = getattr(self.main, f"action_{action.action}")
                yield SystemCommand(action.name, action.help, callback)


def _group(conversation_id: str) -> str:
    return f"reply:{conversation_id}"


def _in_one_line(error: CopilotTuiError) -> str:
    return f"{error}. {error.hint}" if error.hint else str(error)


def _versions(conversation: Conversation) -> dict[str, tuple[int, int]]:
    """Which version of how many each message of the shown branch is, where there are several."""
    found: dict[str, tuple[int, int]] = {}
    for message in conversation.path():
        siblings = conversation.siblings(message.id)
        if len(siblings) > 1:
            found[message.id] = (siblings.index(message) + 1, len(siblings))
    return found
