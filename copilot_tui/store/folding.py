"""What the journal of a reply holds that nobody writes any more, and how it comes into its
conversation.
"""

from __future__ import annotations

import json
from contextlib import suppress
from typing import Any, Final, NamedTuple

from copilot_tui import document
from copilot_tui.conversation import Conversation, Message, Role, Status
from copilot_tui.errors import UnreadableDocument
from copilot_tui.store.journal import END, UTF8

INTERRUPTED: Final = "cut off: the program ended before the reply did"
"""The error of a reply that a dead process left."""


class Left(NamedTuple):
    """What a journal holds."""

    conversation: Conversation
    """Without its messages; should the document be gone, this is what is left of it."""
    reply: Message
    is_closed: bool
    """The writer stopped it, and was not killed."""
    is_whole: bool
    """The server had said that this is all of it."""


def read_journal(data: bytes, name: str) -> Left | None:
    """What a journal holds; None: the first line is not whole, so nothing was promised yet.

    Lines that are torn are left out. Raises UnreadableDocument for what is no journal of this
    version.
    """
    first, found, rest = data.partition(b"\n")
    if not found or _has_holes(first):
        return None
    try:
        header = json.loads(first)
        frame = {
            **header["conversation"],
            "version": header["version"],
            "messages": [header["reply"]],
        }
    except (ValueError, TypeError, KeyError, RecursionError):
        raise document.unreadable(name, "it is no journal of a reply") from None
    left = document.loads(document.dump_value(frame).encode(*UTF8), name)
    if document.is_newer(left):
        raise UnreadableDocument(f"{name} was written by a newer version of copilot-tui")
    reply = next(iter(left.messages.values()))
    seal: dict[str, Any] = {}
    is_closed = rest.endswith(END)
    for line in rest.removesuffix(END).split(b"\n"):
        with suppress(ValueError, TypeError, AttributeError, RecursionError):
            value = json.loads(line)
            if value.get("anew"):
                reply.content = reply.reasoning = ""
            for key, append in (("t", reply.append), ("r", reply.append_reasoning)):
                if isinstance(text := value.get(key), str):
                    append(text)
            if "whole" in value:
                seal = value
    left.replace_messages([])
    whole = _sealed(reply, seal, frame)
    return Left(left, whole or reply, is_closed, whole is not None)


def _sealed(reply: Message, seal: dict[str, Any], frame: dict[str, Any]) -> Message | None:
    """The reply with what its seal says of it; None: there is no seal, or not all of the text that
    it speaks of came to the disk.
    """
    texts = {"content": reply.content, "reasoning": reply.reasoning}
    rest = seal.get("reply")
    is_seal = seal.get("whole") == {key: len(text) for key, text in texts.items()}
    if not is_seal or not isinstance(rest, dict):
        return None
    ended = {"status": Status.COMPLETE.value, "error": None}
    message = {**rest, "id": reply.id, **texts, **ended}
    with suppress(UnreadableDocument):  # it is no seal, then
        [found] = document.from_json({**frame, "messages": [message]}, "").messages.values()
        return found
    return None


def _has_holes(line: bytes) -> bool:
    """Whether these are bytes of ours with zeros between, which a power cut leaves where a write
    did not come to the disk.
    """
    rest = line.replace(b"\0", b"")
    return len(rest) < len(line) and all(byte >= 0x20 for byte in rest)


def fold(conversation: Conversation, left: Left) -> bool:
    """Put a dead writer's reply into its conversation; whether that changed anything."""
    reply = left.reply
    if reply.id in conversation.deleted:
        return False
    present = conversation.messages.get(reply.id)
    if present is None:
        return _add(conversation, left)
    if present.status is not Status.PARTIAL or present.role is not Role.ASSISTANT:
        return False
    if left.is_whole and len(reply.content) >= len(present.content):
        reply.extra = {**present.extra, **reply.extra}
        reply.parent_id = present.parent_id  # its prompt may have been deleted meanwhile
        conversation.messages[reply.id] = reply
        return True
    return _lengthen(present, left)


def _add(conversation: Conversation, left: Left) -> bool:
    reply = left.reply
    is_begun = reply.content or reply.reasoning or left.is_whole
    if not is_begun and reply.parent_id not in conversation.messages:
        return False  # its prompt comes to the disk after its journal, and never did
    if not left.is_whole:
        reply.status, reply.error = Status.PARTIAL, None if left.is_closed else INTERRUPTED
    head = conversation.head
    conversation.add(reply)
    if head != reply.parent_id and head is not None:
        conversation.head = head  # somebody went on elsewhere
    return True


def _lengthen(present: Message, left: Left) -> bool:
    reply = left.reply
    is_longer = len(reply.content) > len(present.content)
    is_more = is_longer or len(reply.reasoning) > len(present.reasoning)
    if is_longer:
        present.content = reply.content
    if len(reply.reasoning) > len(present.reasoning):
        present.reasoning = reply.reasoning
    # One that was saved when it ended has its time: it was stopped, and not cut off.
    if present.elapsed_s is None and left.is_closed:
        present.elapsed_s = reply.elapsed_s or 0.0
        return True
    if present.error is None and not left.is_closed and (is_more or present.elapsed_s is None):
        present.error = INTERRUPTED
        return True
    return is_more
