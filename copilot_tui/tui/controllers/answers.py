"""Sending, stopping and asking again: the replies' workers belong to the app, and run here."""

from __future__ import annotations

import asyncio
import time
from contextlib import aclosing, suppress
from typing import TYPE_CHECKING, Final

from textual.worker import WorkerCancelled

from copilot_tui.conversation import Status
from copilot_tui.errors import CopilotTuiError, OpenWay, StoreError
from copilot_tui.tui import messages
from copilot_tui.tui.desk import last_reply

if TYPE_CHECKING:
    from collections.abc import Callable

    from textual.worker import Worker

    from copilot_tui.backends import Delta
    from copilot_tui.conversation import Attachment, Conversation, Message
    from copilot_tui.replies import Turn
    from copilot_tui.tui.controllers.comparing import Comparing
    from copilot_tui.tui.desk.unsent import Waiting
    from copilot_tui.tui.screens.host import Host

AFTER_STREAM_S: Final = 0.3
"""Escape does nothing this long after a reply ended: it was meant to stop it."""

LAST_FRAME_S: Final = 0.02
"""So soon the last words of a reply are painted."""


class Answers:
    """The replies of all conversations, any number at once."""

    def __init__(self, app: Host, comparing: Comparing) -> None:
        self._app = app
        self._comparing = comparing
        self._desk = app.desk
        self._ended_at = 0.0
        self.on_failed: Callable[[Turn, CopilotTuiError], None] = lambda turn, failure: None
        """Is told of a reply that failed, once that is kept."""
        self._begun: set[str] = set()
        """Ids of the replies whose workers run."""

    def send(
        self,
        conversation: Conversation,
        prompt: str,
        *,
        instead_of: str | None = None,
        files: tuple[Attachment, ...] = (),
    ) -> bool:
        """Send a prompt and its files, as another version of the message `instead_of` if there is
        one.

        False: the conversation still answers the one before.
        """
        if self.is_busy(conversation) or self.is_newer(conversation):
            return False
        turn = self._desk.turns.begin(conversation, prompt, instead_of=instead_of, files=files)
        beside = self._comparing.begin(turn)
        if instead_of is not None and conversation is self._app.shown:
            self._app.show_messages(None)
            self._work(turn)
        else:
            self._start(turn)
        self._work_beside(turn, beside)
        return True

    def send_queued(self, conversation: Conversation, waiting: Waiting) -> bool:
        """Send the prompt that waited behind a reply; False: nothing can be added here."""
        if self.is_newer(conversation):
            return False
        turn = self._desk.turns.begin(
            conversation, waiting.text, has_waited=True, files=waiting.files
        )
        beside = self._comparing.begin(turn)
        if conversation is self._app.shown:
            self._app.main.transcript.add(turn.request.path[-1])
            self._app.main.transcript.add(turn.reply, live=True)
        self._work(turn)
        self._work_beside(turn, beside)
        return True

    def _work_beside(self, turn: Turn, beside: list[Turn]) -> None:
        for each in beside:
            self._work(each)
        if beside:
            self._comparing.show([turn, *beside])

    def is_newer(self, conversation: Conversation) -> bool:
        """Whether a newer version wrote it, so that nothing can be added, which is said."""
        from copilot_tui.document import is_newer

        newer = is_newer(conversation)
        if newer:
            self._app.say(
                "A newer copilot-tui wrote this; it can be read, not gone on with", warn=True
            )
        return newer

    def is_busy(self, conversation: Conversation) -> bool:
        """Whether a reply streams there, which is said."""
        busy = conversation.id in self._desk.turns
        if conversation.id in self._desk.places.elsewhere:
            self._app.say("Another window or a shell is being answered here", warn=True)
            return True
        if busy:
            key = self._app.main.key("escape")
            self._app.say(
                f"This conversation is still answering; {key} stops it", warn=True, local=True
            )
        return busy

    def try_again(self) -> bool:
        """Ask once more for the shown reply if it failed or was cut off; whether that was so."""
        reply = last_reply(self._app.shown)
        if reply is None or reply.error is None:
            return False
        self._start_again(reply)
        return True

    def regenerate(self) -> None:
        """Another version of the last reply."""
        reply = last_reply(self._app.shown)
        if reply is None:
            self._app.say("There is no reply yet to regenerate")
        else:
            self._start_again(reply, is_for_all=True)

    def go_on(self) -> None:
        """Ask the model to go on with a reply that was cut or stopped."""
        from copilot_tui.replies import CONTINUE_PROMPT

        reply = last_reply(self._app.shown)
        if reply is None or not reply.content:
            self._app.say("There is no reply to continue")
        else:
            self.send(self._app.shown, CONTINUE_PROMPT)

    def stop(self) -> bool:
        """Stop the shown reply; whether there was something to stop, or just has been."""
        conversation_id = self._app.shown.id
        if conversation_id in self._desk.turns:
            self.cancel(conversation_id)
            return True
        return time.monotonic() - self._ended_at < AFTER_STREAM_S

    async def stop_and_wait(self, conversation: Conversation) -> None:
        """Stop a conversation's replies, and save them. Raises StoreError."""
        turns = self._desk.turns.of(conversation.id)
        if turns:
            for worker in self.cancel(conversation.id):
                with suppress(WorkerCancelled):
                    await worker.wait()
        for turn in turns:
            self._end(turn)
            await self._desk.turns.save_stopped(turn.reply.id)

    def keep_unbegun(self) -> None:
        """Save the prompts of replies whose workers had no time to begin: the app ends."""
        for id_ in self._desk.turns:
            for turn in self._desk.turns.of(id_):
                if turn.reply.id not in self._begun:
                    self._desk.turns.keep_saved(turn)

    def cancel(self, conversation_id: str) -> list[Worker[object]]:
        """Close the reply's socket. What came is kept."""
        workers = self._app.workers.cancel_group(self._app, _group(conversation_id))
        for turn in self._desk.turns.of(conversation_id):
            if turn.reply.id not in self._begun:
                # A worker that is cancelled before its first step never comes to a `finally`.
                self._app.call_later(self._end, turn)
        return workers

    def _start_again(self, reply: Message, *, is_for_all: bool = False) -> None:
        """`is_for_all`: whoever answers the next prompt together answers this one so, too."""
        if self.is_busy(self._app.shown) or self.is_newer(self._app.shown):
            return
        if reply.parent_id not in self._app.shown.messages:
            self._app.say("There is no prompt above this reply to ask again")
            return
        turn = self._desk.turns.begin_again(self._app.shown, reply.id)
        beside = self._comparing.begin(turn) if is_for_all else []
        self._app.show_messages(None)
        self._work(turn)
        self._work_beside(turn, beside)

    def _start(self, turn: Turn) -> None:
        if turn.conversation is self._app.shown:
            transcript = self._app.main.transcript
            transcript.add(turn.request.path[-1])
            transcript.add(turn.reply, live=True)
            transcript.action_scroll_end()
        self._work(turn)

    def _work(self, turn: Turn) -> None:
        self._app.refresh_sidebar()
        self._app.refresh_status()

        async def run() -> None:
            await self._run(turn)

        _: Worker[None] = self._app.run_worker(
            run,
            group=_group(turn.conversation.id),
            name="reply",
            exit_on_error=False,
        )

    async def _run(self, turn: Turn) -> None:
        """Stream one reply; never ends with an error of its own."""
        id_ = turn.conversation.id
        post = self._app.post_message
        failure: CopilotTuiError | None = None
        self._begun.add(turn.reply.id)
        try:
            async with aclosing(self._desk.turns.stream(turn)) as deltas:
                async for delta in deltas:
                    await self._tell(turn, delta)
        except CopilotTuiError as error:
            if isinstance(error, StoreError):
                post(messages.Notice(id_, error.in_one_line, is_warning=True))
                self._desk.turns.keep_saved(turn)
            if isinstance(error, OpenWay) and not self._comparing.is_open:
                post(messages.ConsentWanted(id_))
            # A reply that had ended when it could not be saved is what it is.
            has_ended = isinstance(error, StoreError) and turn.reply.elapsed_s is not None
            if turn.reply.error is None and not has_ended:
                turn.reply.status, turn.reply.error = Status.ERROR, str(error)
                turn.reply.hint = error.hint or None
            failure = error
        finally:
            self._end(turn)
        if failure is not None:
            self.on_failed(turn, failure)

    async def _tell(self, turn: Turn, delta: Delta) -> None:
        """Say what a delta has changed."""
        id_, post = turn.conversation.id, self._app.post_message
        is_shown = turn.conversation is self._app.shown
        if delta.replaces and is_shown:
            # At once: what is drawn is no beginning of what there is now.
            self._app.show_messages(self._app.main.transcript.place)
        if delta.text or delta.reasoning:
            post(messages.ReplyChanged(id_, delta.complete))
        if delta.notice:
            post(messages.Notice(id_, delta.notice))
        if delta.text and delta.complete and is_shown:
            # Saving takes its share of the interpreter: after the last frame.
            await asyncio.sleep(LAST_FRAME_S)

    def _end(self, turn: Turn) -> None:
        # No await: on quit nobody waits for us.
        self._begun.discard(turn.reply.id)
        if turn in self._desk.turns.of(turn.conversation.id):
            self._ended_at = time.monotonic()
            self._desk.turns.end(turn, shown=turn.conversation is self._app.shown)
            self._app.post_message(messages.ReplyEnded(turn.conversation.id, turn.reply.id))


def _group(conversation_id: str) -> str:
    return f"reply:{conversation_id}"
