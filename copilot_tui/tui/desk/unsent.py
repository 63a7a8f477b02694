"""Prompts that are written and not sent: none of them is lost, whatever ends the program."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from copilot_tui.conversation import Attachment
    from copilot_tui.store import Draft

_BETWEEN = "\n\n"


class Waiting(NamedTuple):
    """A prompt that waits, with its files as they were when it was written."""

    text: str
    files: tuple[Attachment, ...] = ()
    paths: tuple[str, ...] = ()
    """Where the files are, for the draft that this may become again."""


class Unsent:
    """What waits behind a reply, by conversation id."""

    def __init__(self) -> None:
        self.queued: dict[str, Waiting] = {}
        self.leaving: dict[str, Waiting] = {}
        """What was queued, is sent, and is not in the conversation on disk yet."""

    def leave(self, conversation_id: str) -> None:
        """What waits is sent now."""
        self.leaving[conversation_id] = self.queued.pop(conversation_id)

    def with_draft(self, conversation_id: str, draft: Draft | None) -> Draft | None:
        """All that is not sent, as one draft: what waits stands before what is written behind it.

        So it is on disk, and so it comes back after a crash.
        """
        first = self.queued.get(conversation_id, self.leaving.get(conversation_id))
        if first is None:
            return draft
        return _joined(first, draft)

    def take_back(self, conversation_id: str, draft: Draft | None) -> Draft:
        """The draft with what waits before it, which waits no more."""
        return _joined(self.queued.pop(conversation_id), draft)


def _joined(waiting: Waiting, draft: Draft | None) -> Draft:
    from copilot_tui.store import Draft

    first, paths = waiting.text, waiting.paths
    if draft is None:
        return Draft(text=first, caret=len(first), attachments=paths)
    before = first + _BETWEEN if first else ""
    if draft.editing:  # of another message; the prompt comes back after the edit
        aside = before + draft.aside if draft.aside else first
        files = _each_once(paths + draft.aside_attachments)
        return replace(draft, aside=aside, aside_caret=None, aside_attachments=files)
    caret = len(draft.text) if draft.caret is None else draft.caret
    return replace(
        draft,
        text=before + draft.text,
        caret=len(before) + caret,
        attachments=_each_once(paths + draft.attachments),
    )


def _each_once(paths: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(paths))
