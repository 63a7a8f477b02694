"""One prompt may wait behind a reply: it is sent when that is whole, and never lost."""

from __future__ import annotations

from typing import TYPE_CHECKING

from copilot_tui.conversation import Status
from copilot_tui.errors import StoreError
from copilot_tui.tui.desk import last_reply

if TYPE_CHECKING:
    from copilot_tui.conversation import Attachment, Conversation
    from copilot_tui.tui.controllers.answers import Answers
    from copilot_tui.tui.controllers.keeping import Keeping
    from copilot_tui.tui.controllers.watching import Watching
    from copilot_tui.tui.desk.unsent import Waiting
    from copilot_tui.tui.screens.host import Host


class Queueing:
    """What Enter does with a prompt: it is sent, or waits."""

    def __init__(self, app: Host, answers: Answers, keeping: Keeping, watching: Watching) -> None:
        self._app = app
        self._answers = answers
        self._keeping = keeping
        self._watching = watching
        self._desk = app.desk

    def send_prompt(self, files: tuple[Attachment, ...] = ()) -> None:
        """Send what the prompt holds; behind what others wrote, and behind a reply that streams."""
        app = self._app
        if self._is_answering(app.shown.id):
            self._queue(app.shown, files)
        elif self._watching.is_behind(app.shown):
            # Not beside it, which would be another branch.
            app.hold_keys()
            app.run_worker(self._send_behind(app.shown, files), group="send", exit_on_error=False)
        else:
            self._send(app.shown, files)

    def _is_answering(self, conversation_id: str) -> bool:
        desk = self._desk
        return conversation_id in desk.turns or conversation_id in desk.places.elsewhere

    async def _send_behind(self, conversation: Conversation, files: tuple[Attachment, ...]) -> None:
        try:
            await self._watching.look_now()
            if conversation is not self._app.shown:
                return
            if self._is_answering(conversation.id):
                self._queue(conversation, files)
            else:
                self._send(conversation, files)
        except StoreError as error:
            self._app.say(error.in_one_line, warn=True)
        finally:
            await self._app.release_keys()

    def _send(self, conversation: Conversation, files: tuple[Attachment, ...]) -> None:
        composer = self._app.main.composer
        if self._answers.send(conversation, composer.text, files=files):
            self._app.prompt_was_taken()

    def _queue(self, conversation: Conversation, files: tuple[Attachment, ...]) -> None:
        app = self._app
        if conversation.id in self._desk.drafts.unsent.queued:
            key = app.main.key("escape")
            app.say(f"One prompt waits already; {key} brings it back", warn=True, local=True)
            self.show(is_wanted_twice=True)  # which no countdown in the status line covers
            return
        if self._answers.is_newer(conversation):
            return
        text = app.main.composer.text
        self._desk.drafts.queue(conversation, text, files)
        app.prompt_was_taken()
        self._keeping.keep_draft()
        self.show()

    def show(self, *, is_wanted_twice: bool = False) -> None:
        """Show what waits in the shown conversation, or that nothing does.

        `is_wanted_twice`: another prompt was to wait, too, which cannot be.
        """
        shown = self._app.shown
        waiting = self._desk.drafts.unsent.queued.get(shown.id)
        if waiting is not None and not self._is_answering(shown.id):
            self._give_back(shown)  # as after a deletion that was undone: nothing calls it any more
            return
        self._app.refresh_status()  # which says what Escape does
        lines = self._app.main.query("#queued")
        if waiting is None and not lines:
            return
        from copilot_tui.tui.widgets.queued import QueuedLine

        if not lines:
            line = QueuedLine(id="queued")
            self._app.main.mount_above_prompt(line)
        else:
            line = lines.first(QueuedLine)
        help = f"{self._app.main.key('escape')} brings it back"
        label = "Only one can wait: " if is_wanted_twice else ""
        line.show(waiting and _in_words(waiting), help, label=label)

    def take_back(self) -> bool:
        """Put what waits in the shown conversation back into the prompt; whether anything did."""
        shown = self._app.shown
        if shown.id not in self._desk.drafts.unsent.queued:
            return False
        self._give_back(shown)
        return True

    def _give_back(self, conversation: Conversation) -> None:
        """What waits stands before what was typed since."""
        is_shown = conversation is self._app.shown
        if is_shown:
            self._keeping.keep_draft()
        draft = self._desk.drafts.unqueue(conversation.id)
        if is_shown:
            if not draft.editing:
                self._app.main.composer.fill(draft.text, draft.caret)
                self._app.show_attached()
            self.show()

    def ended(self, conversation: Conversation) -> None:
        """A reply is no longer awaited: send what waits behind it, if it is whole."""
        if conversation.id not in self._desk.drafts.unsent.queued or self._is_answering(
            conversation.id
        ):
            return
        reply = last_reply(conversation)
        is_whole = reply is not None and reply.status is Status.COMPLETE and reply.error is None
        waiting = self._desk.drafts.unsent.queued[conversation.id]
        if is_whole and self._answers.send_queued(conversation, waiting):
            self.show()
            return
        self._give_back(conversation)
        self._app.refresh_sidebar()
        where = "" if conversation is self._app.shown else f" of “{conversation.title}”"
        self._app.say(
            f"The reply did not end well, so the prompt behind it{where} was not sent", warn=True
        )

    def ended_elsewhere(self, conversation_id: str) -> None:
        """The same, for a reply that another window or a shell has awaited."""
        if conversation_id in self._desk.drafts.unsent.queued:
            self._app.run_worker(
                self._ended_elsewhere(conversation_id), group="send", exit_on_error=False
            )

    async def _ended_elsewhere(self, conversation_id: str) -> None:
        try:
            self.ended(await self._desk.load(conversation_id))
        except StoreError as error:
            self._app.say(error.in_one_line, warn=True)


def _in_words(waiting: Waiting) -> str:
    return " · ".join(
        [*([waiting.text] if waiting.text.strip() else []), *(each.name for each in waiting.files)]
    )
