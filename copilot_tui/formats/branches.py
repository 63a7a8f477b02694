"""A tree of messages as lists that can be read one after another."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from copilot_tui.conversation import Conversation, Message


@dataclass(frozen=True)
class Branch:
    """Messages that follow each other."""

    after: Message | None
    """The message of an earlier branch that the first one follows; None: it begins the tree."""
    messages: list[Message]


def branches(conversation: Conversation, *, every_branch: bool) -> Iterator[Branch]:
    """The shown branch, and then what the others have that came in none before; each message
    once.
    """
    shown = conversation.path()
    yield Branch(None, shown)
    if not every_branch:
        return
    done = {message.id for message in shown}
    for message in conversation.messages.values():
        if message.id not in done:
            top = _top(conversation, message, done)
            found = list(_down(conversation, top, done))
            yield Branch(conversation.messages.get(top.parent_id or ""), found)


def _top(conversation: Conversation, message: Message, done: set[str]) -> Message:
    """The highest message above this one that is still to come."""
    seen = {message.id}
    while (above := conversation.messages.get(message.parent_id or "")) is not None:
        if above.id in done or above.id in seen:
            break
        seen.add(above.id)
        message = above
    return message


def _down(conversation: Conversation, message: Message, done: set[str]) -> Iterator[Message]:
    """This message and the newest ones below it; they are noted as done."""
    while True:
        done.add(message.id)
        yield message
        below = [each for each in conversation.children(message.id) if each.id not in done]
        if not below:
            return
        message = below[-1]
