"""Deleting a message or a turn: at once, and Ctrl+Z takes it back."""

from __future__ import annotations

from typing import TYPE_CHECKING

from copilot_tui.conversation import Role
from copilot_tui.errors import StoreError

if TYPE_CHECKING:
    from copilot_tui.conversation import Conversation, Message
    from copilot_tui.pruning import Deletion
    from copilot_tui.tui.controllers.answers import Answers
    from copilot_tui.tui.controllers.editing import Editing
    from copilot_tui.tui.controllers.undoing import Undoing
    from copilot_tui.tui.screens.host import Host


class Deleting:
    """What is deleted inside a conversation stays deleted, also where it is merged with others."""

    def __init__(self, app: Host, answers: Answers, editing: Editing, undoing: Undoing) -> None:
        self._app = app
        self._answers = answers
        self._editing = editing
        self._undoing = undoing

    def delete_message(self, near: Message | None) -> None:
        """Delete this message; of None: the last."""
        from copilot_tui.pruning import message_alone

        message = near or self._app.shown.head_message
        self._delete(message_alone(self._app.shown, message.id) if message else [])

    def delete_turn(self, near: Message | None) -> None:
        """Delete the prompt of this message with its replies; of None: of the last."""
        from copilot_tui.pruning import whole_turn

        message = near or self._app.shown.head_message
        self._delete(whole_turn(self._app.shown, message.id) if message else [])

    def _delete(self, ids: list[str]) -> None:
        from copilot_tui.pruning import delete

        app, conversation = self._app, self._app.shown
        if not ids:
            app.say("There is no message to delete")
            return
        if self._answers.is_busy(conversation) or self._answers.is_newer(conversation):
            return
        edited = self._editing.message
        if edited is not None and edited.id in ids:
            self._editing.cancel()
        deletion = delete(conversation, ids)
        self._show(conversation)
        self._undoing.offer(
            lambda: self._take_back(conversation.id, deletion), f"brings back {_named(deletion)}"
        )

    def _take_back(self, conversation_id: str, deletion: Deletion) -> None:
        self._app.run_worker(
            self._bring_back(conversation_id, deletion), group="delete", exit_on_error=False
        )

    async def _bring_back(self, conversation_id: str, deletion: Deletion) -> None:
        from copilot_tui.pruning import take_back

        try:
            conversation = await self._app.desk.load(conversation_id)
        except StoreError as error:
            self._app.say(error.in_one_line, warn=True)
            return
        take_back(conversation, deletion)
        self._show(conversation)

    def _show(self, conversation: Conversation) -> None:
        app = self._app
        if conversation is app.shown:
            top = app.main.transcript.place
            is_left = top is not None and top.message_id in conversation.messages
            app.show_messages(top if is_left else None)
        app.save(conversation)


def _named(deletion: Deletion) -> str:
    messages = deletion.messages
    if len(messages) == 1:
        return "your message" if messages[0].role is Role.USER else "the reply"
    return f"{len(messages)} messages"
