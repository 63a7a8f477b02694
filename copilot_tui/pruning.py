"""Deleting messages from a conversation's tree, and taking that back."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from copilot_tui.conversation import Role

if TYPE_CHECKING:
    from copilot_tui.conversation import Conversation, Message


@dataclass
class Deletion:
    """What was deleted, and what else changed by it."""

    messages: list[Message]
    order: list[str]
    """The ids of all messages that there were."""
    head: str | None
    new_head: str | None
    parents: dict[str, str | None] = field(default_factory=dict)
    """Where the messages hung that moved up."""
    wires: dict[str, dict[str, Any]] = field(default_factory=dict)
    """What replies knew of threads in which the deleted messages stand."""


def message_alone(conversation: Conversation, message_id: str) -> list[str]:
    """What goes with a message: nothing; with one of several versions all that follows on it."""
    if len(conversation.siblings(message_id)) > 1:
        return _with_all_below(conversation, message_id)
    return [message_id]


def whole_turn(conversation: Conversation, message_id: str) -> list[str]:
    """The prompt of this message and all replies to it; of a version all that follows on it."""
    message = conversation.messages[message_id]
    above = conversation.messages.get(message.parent_id or "")
    if message.role is not Role.USER and above is not None and above.role is Role.USER:
        message = above
    if len(conversation.siblings(message.id)) > 1:
        return _with_all_below(conversation, message.id)
    replies = [m.id for m in conversation.children(message.id) if m.role is Role.ASSISTANT]
    return [message.id, *replies]


def _with_all_below(conversation: Conversation, message_id: str) -> list[str]:
    found = {message_id: None}
    waiting = [message_id]
    while waiting:
        for child in conversation.children(waiting.pop()):
            if child.id not in found:
                found[child.id] = None
                waiting.append(child.id)
    return list(found)


def delete(conversation: Conversation, ids: list[str]) -> Deletion:
    """Delete these messages. What hangs below them moves up to what is left above.

    Threads of servers in which they stand are left: the next request begins new ones.
    """
    gone = dict.fromkeys(ids)
    beside = _version_beside(conversation, gone)
    deletion = Deletion(
        messages=[conversation.messages[id_] for id_ in gone],
        order=list(conversation.messages),
        head=conversation.head,
        new_head=_left_above(conversation, conversation.head, gone),
    )
    threads = _threads(conversation, gone)
    left = [m for m in conversation.messages.values() if m.id not in gone]
    for message in left:
        if message.parent_id in gone:
            deletion.parents[message.id] = message.parent_id
            message.parent_id = _left_above(conversation, message.parent_id, gone)
        if message.wire.get("conversation_id") in threads:
            deletion.wires[message.id] = message.wire
            message.wire = {}
    conversation.deleted = [*conversation.deleted, *gone]
    conversation.head = deletion.new_head
    conversation.replace_messages(left)
    if beside is not None and deletion.head in gone:
        conversation.select(beside)
    deletion.new_head = conversation.head
    return deletion


def take_back(conversation: Conversation, deletion: Deletion) -> None:
    """Bring back what was deleted, where it was. What was added since stays where it is."""
    back = {message.id: message for message in deletion.messages}
    present = {**conversation.messages, **back}
    for id_, parent_id in deletion.parents.items():
        if id_ in present:
            present[id_].parent_id = parent_id
    for id_, wire in deletion.wires.items():
        if id_ in present and not present[id_].wire:
            present[id_].wire = wire
    order = dict.fromkeys([*deletion.order, *present])
    conversation.deleted = [id_ for id_ in conversation.deleted if id_ not in back]
    is_where_it_was = conversation.head == deletion.new_head
    conversation.replace_messages([present[id_] for id_ in order if id_ in present])
    if is_where_it_was:
        conversation.head = deletion.head


def _left_above(
    conversation: Conversation, message_id: str | None, gone: dict[str, None]
) -> str | None:
    seen = set()
    while message_id in gone and message_id not in seen:
        seen.add(message_id)
        message_id = conversation.messages[message_id].parent_id
    return message_id if message_id in conversation.messages and message_id not in gone else None


def _version_beside(conversation: Conversation, gone: dict[str, None]) -> str | None:
    """The version to be shown instead of the deleted one: the one before it, or after it."""
    first = conversation.messages[next(iter(gone))]
    versions = [message.id for message in conversation.siblings(first.id)]
    at = versions.index(first.id)
    others = [*reversed(versions[:at]), *versions[at + 1 :]]
    return next((id_ for id_ in others if id_ not in gone), None)


def _threads(conversation: Conversation, gone: dict[str, None]) -> set[object]:
    """The ids of threads that know of what is deleted."""
    knowing = [
        message
        for message in conversation.messages.values()
        if message.id in gone or message.parent_id in gone
    ]
    return {message.wire.get("conversation_id") for message in knowing} - {None}
