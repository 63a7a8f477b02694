"""What is written and not sent, by conversation: drafts, edits, and prompts that wait."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from copilot_tui.conversation import Attachment, Conversation, Message
    from copilot_tui.store import Draft
    from copilot_tui.tui.desk import Desk
    from copilot_tui.tui.desk.unsent import Unsent


class Drafts(Mapping[str, "Draft"]):
    """The drafts that were read or written, by conversation id; each change goes to the disk."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._filing = desk.filing
        self._drafts: dict[str, Draft] = {}

    def __getitem__(self, conversation_id: str) -> Draft:
        return self._drafts[conversation_id]

    def __iter__(self) -> Iterator[str]:
        return iter(self._drafts)

    def __len__(self) -> int:
        return len(self._drafts)

    @cached_property
    def unsent(self) -> Unsent:
        """The prompts that wait behind a reply."""
        from copilot_tui.tui.desk.unsent import Unsent

        return Unsent()

    def found(self, conversation_id: str, draft: Draft) -> None:
        """This was on disk; what was written since is newer."""
        if conversation_id not in self.unsent.queued:
            self._drafts.setdefault(conversation_id, draft)

    def attached(self, conversation: Conversation) -> tuple[str, ...]:
        """Paths of the files that go with the prompt."""
        draft = self.get(conversation.id)
        return draft.attachments if draft is not None else ()

    def keep(
        self,
        conversation: Conversation,
        text: str,
        caret: int,
        attached: tuple[str, ...] | None = None,
    ) -> None:
        """Save the composer's text with its caret and its files (None: those that are there); a
        conversation that is only a draft is saved too.
        """
        before = self.get(conversation.id)
        files = self.attached(conversation) if attached is None else attached
        draft = None
        if before is not None and before.editing:
            draft = replace(before, text=text, caret=caret, attachments=files)
        elif text.strip() or files:
            from copilot_tui.store import Draft

            draft = Draft(text=text, caret=caret, attachments=files)
        if draft == before:
            return
        if draft is None:
            self._drafts.pop(conversation.id, None)
        else:
            self._drafts[conversation.id] = draft
        if draft is not None and conversation.id not in self._filing.known:
            self._filing.begin_with_draft(conversation.id)
            conversation.touch(self._desk.now())
            self._desk.shelf.note(conversation)
        whole = self.unsent.with_draft(conversation.id, draft)
        self._filing.keep_draft(conversation.id, whole, newly=conversation)

    def _write(self, conversation_id: str) -> None:
        whole = self.unsent.with_draft(conversation_id, self.get(conversation_id))
        self._filing.keep_draft(conversation_id, whole)

    # A prompt that waits, or is on its way

    def queue(
        self, conversation: Conversation, prompt: str, files: tuple[Attachment, ...] = ()
    ) -> None:
        """Let a prompt wait behind the reply; until it is sent it is a draft to the disk."""
        from copilot_tui.tui.desk.unsent import Waiting

        paths = self.attached(conversation)
        self.unsent.queued[conversation.id] = Waiting(prompt, files, paths)
        self._drafts.pop(conversation.id, None)
        self._write(conversation.id)

    def unqueue(self, conversation_id: str) -> Draft:
        """It waits no more: it stands in the draft, which this gives, before what was there."""
        draft = self.unsent.take_back(conversation_id, self.get(conversation_id))
        self._drafts[conversation_id] = draft
        self._write(conversation_id)
        return draft

    def is_sent(self, conversation_id: str, *, has_waited: bool) -> None:
        """The draft, or the prompt that was queued, is sent; on disk it stays until the prompt is
        there.
        """
        if has_waited:
            self.unsent.leave(conversation_id)
        else:
            self._bring_back_aside(conversation_id)

    def prompt_is_saved(self, conversation_id: str) -> None:
        """What was sent is in the conversation on disk."""
        self.unsent.leaving.pop(conversation_id, None)
        self._write(conversation_id)

    # Another version of a message

    def edited(self, conversation: Conversation) -> Message | None:
        """The sent message that the draft is to be another version of."""
        draft = self.get(conversation.id)
        return conversation.messages.get(draft.editing or "") if draft is not None else None

    def begin_edit(self, conversation: Conversation, message: Message) -> None:
        """Let the draft be another version of this message; the draft that is there is put
        aside.
        """
        from copilot_tui.store import Draft

        before = self.get(conversation.id) or Draft("")
        if not before.editing:
            before = Draft(
                "",
                aside=before.text,
                aside_caret=before.caret,
                aside_attachments=before.attachments,
            )
        draft = replace(
            before, text=message.content, caret=None, editing=message.id, attachments=()
        )
        self._drafts[conversation.id] = draft
        self._write(conversation.id)

    def end_edit(self, conversation: Conversation) -> None:
        """Bring back the draft that was put aside."""
        self._bring_back_aside(conversation.id)
        self._write(conversation.id)

    def _bring_back_aside(self, conversation_id: str) -> None:
        draft = self._drafts.pop(conversation_id, None)
        if draft is not None and draft.put_aside is not None:
            self._drafts[conversation_id] = draft.put_aside
