"""What a server that remembers can know of a branch, and how it is told the rest.

Such a server keeps a thread under an id, and a reply's `wire` says which: `conversation_id`. One
thread is one straight line, so that a branch which leaves it needs a thread of its own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from copilot_tui.attachments import told
from copilot_tui.conversation import Message, Role, Status

if TYPE_CHECKING:
    from copilot_tui.backends import ReplyRequest

PREAMBLE: Final = (
    "This is our conversation so far. Go on from here: answer the last message, without "
    "repeating what was said."
)
CARRIED: Final = "the earlier turns are carried in this message: the server does not know them"
NOT_KNOWN: Final = "only the newest message is sent, and the server may not know the others"

_SPEAKERS: Final = {Role.USER: "User", Role.ASSISTANT: "Assistant", Role.SYSTEM: "System"}


@dataclass(frozen=True)
class Memory:
    """What the server can know of the branch."""

    conversation_id: str | None
    """The id under which the branch goes on; None: a fresh one is needed."""
    replies: tuple[Message, ...] = ()
    """The branch's replies under this id, oldest first."""
    known: Message | None = None
    """The last whole reply of the branch, if it was given under this id. None: the server knows
    nothing, or not enough.
    """


def memory(request: ReplyRequest, made: Callable[[Message], bool], first_id: str | None) -> Memory:
    """What the server knows of the branch that ends with the prompt.

    `made` says whether a reply is one of this server's, with an id in its wire. `first_id` is the
    id of a branch that has no such reply yet, as long as no other branch uses it.
    """
    if request.is_beside:
        return Memory(None)
    replies = [message for message in request.path if message.role is Role.ASSISTANT]
    ours = [reply for reply in replies if made(reply)]
    wire_id = str(ours[-1].wire["conversation_id"]) if ours else first_id
    # What stands in the branch as said: whole replies, and pieces of one that others gave.
    told = [r for r in replies if r.status is Status.COMPLETE or (r.content and not made(r))]
    last = told[-1] if told else None
    told_by_others = last is not None and not made(last)

    asked = [
        reply
        for reply in request.conversation.replies()
        if made(reply) and reply.wire["conversation_id"] == wire_id
    ]
    completed = [reply for reply in asked if reply.status is Status.COMPLETE]
    on_path = {message.id for message in request.path}
    # A reply that was stopped does not spoil its thread for its own prompt, but for an edited one.
    told_elsewhere = any(
        reply.id not in on_path
        and (reply.status is Status.COMPLETE or reply.parent_id not in on_path)
        for reply in asked
    )
    if told_elsewhere or (told_by_others and (completed or not ours)):
        return Memory(None)
    under_id = tuple(reply for reply in ours if reply.wire["conversation_id"] == wire_id)
    return Memory(wire_id, under_id, last if last in completed else None)


def fold(branch: Iterable[Message], system: str | None) -> str:
    """A whole branch as one message: the system prompt, a preamble, and the turns by role."""
    return fold_turns(((message.role, told(message)) for message in branch), system)


def fold_turns(turns: Iterable[tuple[Role, str]], system: str | None = None) -> str:
    """The same for turns that are no messages of ours."""
    said = [f"{_SPEAKERS[role]}: {content}" for role, content in turns]
    return "\n\n".join([*([system] if system else []), PREAMBLE, *said])
