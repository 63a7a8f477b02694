"""Editing a message that was sent: what is written anew in the prompt is another version of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from copilot_tui.conversation import Role

if TYPE_CHECKING:
    from copilot_tui.conversation import Attachment, Conversation, Message
    from copilot_tui.tui.controllers.answers import Answers
    from copilot_tui.tui.controllers.keeping import Keeping
    from copilot_tui.tui.controllers.undoing import Undoing
    from copilot_tui.tui.screens.host import Host


class Editing:
    """What Alt+E begins, and Enter or Escape ends. That it goes on is kept with the draft."""

    def __init__(self, app: Host, keeping: Keeping, answers: Answers, undoing: Undoing) -> None:
        self._app = app
        self._keeping = keeping
        self._answers = answers
        self._undoing = undoing
        self._desk = app.desk

    @property
    def message(self) -> Message | None:
        """The message of the shown conversation that is being edited; None: none is."""
        return self._desk.drafts.edited(self._app.shown)

    @property
    def is_on(self) -> bool:
        """Whether something is edited, also if another program has deleted the message since."""
        draft = self._desk.drafts.get(self._app.shown.id)
        return draft is not None and draft.editing is not None

    def show(self) -> str:
        """Mark the prompt while something is edited in it; what to say in the status line."""
        edited = self.is_on
        self._app.main.composer.set_class(edited, "-editing")
        return f"editing: {self._app.main.key('escape')} leaves it as it was" if edited else ""

    def begin(self, near: Message | None) -> None:
        """Edit the own message at or above this one; of None: the last.

        While that is in the prompt as it was: the one before it. What was changed there stays.
        """
        app = self._app
        before = self.message if near is None else None
        if before is not None and app.main.composer.text != before.content:
            app.main.composer.focus()
            return
        start = (before.parent_id or "") if before else near.id if near else None
        own = [message for message in app.shown.path(start) if message.role is Role.USER]
        if own:
            self._take_up(own[-1])
        else:
            start_is_known = near is not None or before is not None
            app.say(
                "There is no message of yours above" if start_is_known else "Nothing was sent yet"
            )

    def _take_up(self, message: Message) -> None:
        app, composer = self._app, self._app.main.composer
        if message is not self.message:
            if self.message is not None:
                self.cancel()
            self._keeping.keep_draft()
            self._desk.drafts.begin_edit(app.shown, message)
            composer.fill(message.content)
            app.show_attached()
        composer.focus()
        app.refresh_status()
        app.refresh_sidebar()

    def send(self, prompt: str, files: tuple[Attachment, ...] = ()) -> None:
        """Send what was edited as another version, or as it is if there is no other any more.

        These files go with it besides those that the message has.
        """
        app, message = self._app, self.message
        instead_of = message.id if message else None
        if self._answers.send(app.shown, prompt, instead_of=instead_of, files=files):
            self._show_draft()

    def cancel(self) -> bool:
        """Leave the message as it was; whether one was being edited."""
        app, message = self._app, self.message
        if not self.is_on:
            return False
        text, caret = app.unsent
        conversation, files = app.shown, self._desk.drafts.attached(app.shown)
        self._desk.drafts.end_edit(conversation)
        self._show_draft()
        app.refresh_status()
        app.refresh_sidebar()
        if message is not None and (files or (text.strip() and text != message.content)):
            self._undoing.offer(
                lambda: self._go_on(conversation, message, text, caret, files),
                "goes on with the edit",
            )
        return True

    def _go_on(
        self,
        conversation: Conversation,
        message: Message,
        text: str,
        caret: int,
        files: tuple[str, ...],
    ) -> None:
        app = self._app
        if app.shown.id == conversation.id:
            self._keeping.keep_draft()
        self._desk.drafts.begin_edit(conversation, message)
        self._desk.drafts.keep(conversation, text, caret, files)
        if app.shown.id != conversation.id:
            app.show(conversation.id)
            return
        self._show_draft()
        app.main.composer.focus()
        app.refresh_status()

    def _show_draft(self) -> None:
        draft = self._desk.drafts.get(self._app.shown.id)
        self._app.main.composer.fill(draft.text if draft else "", draft.caret if draft else None)
        self._app.show_attached()
