"""Which session a prompt goes to, and what is sent there."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

from copilot_tui.attachments import told
from copilot_tui.backends import spoken
from copilot_tui.backends.branches import CARRIED, NOT_KNOWN, fold, memory
from copilot_tui.backends.sdk.events import event_name
from copilot_tui.conversation import Role

if TYPE_CHECKING:
    from collections.abc import Iterable

    from copilot_tui.backends import ReplyRequest
    from copilot_tui.backends.sdk.events import Event
    from copilot_tui.conversation import Message


PLAIN_SYSTEM: Final = "You are a helpful assistant. Answer in Markdown."
"""In place of the CLI's own prompt: 20 kB about writing code."""


class Plan(NamedTuple):
    """Where a prompt goes."""

    session_id: str | None
    """None: a new session."""
    turn: int
    """How many turns the session has with this one."""
    prompt: str
    notice: str | None = None
    last: str = ""
    """The reply that the session ends with."""

    def is_held_by(self, events: Iterable[Event]) -> bool:
        """Whether the session that has these events ends as it should: it may have been on its way
        to the disk when it was killed.
        """
        said = [(event_name(event), event.data) for event in events]
        prompts = sum(name == "user.message" for name, _ in said)
        replies = [data.content for name, data in said if name == "assistant.message"]
        return prompts == self.turn - 1 and replies[-1:] == [self.last]

    def wire(self, session_id: str, server: str) -> dict[str, Any]:
        """What the reply keeps, to find its session again."""
        return {"conversation_id": session_id, "server": server, "turn": self.turn}


def plan_turn(request: ReplyRequest, server: str) -> Plan:
    """Go on with the session that holds exactly this branch, or begin a new one.

    The CLI keeps a prompt whose reply failed or was stopped, and not what came of the reply; so
    such a session is left, as is one that another branch went on with.
    """

    def is_ours(reply: Message) -> bool:
        return reply.wire.get("server") == server and isinstance(reply.wire.get("turn"), int)

    last = memory(request, is_ours, None).known
    if last is None:
        return plan_anew(request)
    session_id = last.wire["conversation_id"]
    in_session = {
        reply.id
        for reply in request.conversation.replies()
        if is_ours(reply) and reply.wire["conversation_id"] == session_id
    }
    on_path = [m for m in request.path if m.role is Role.ASSISTANT and m.id in in_session]
    is_exact = len(in_session) == len(on_path) == last.wire["turn"] and on_path[-1] is last
    if not is_exact or request.path[-2:-1] != (last,):
        return plan_anew(request)
    turn = last.wire["turn"] + 1
    return Plan(session_id, turn, told(request.path[-1]), last=last.content)


def plan_anew(request: ReplyRequest) -> Plan:
    """A new session, which is told what was said before."""
    branch = spoken(request.path)
    prompt = told(request.path[-1])
    has_past = sum(message.role is not Role.SYSTEM for message in branch) > 1
    if not has_past:
        return Plan(None, 1, prompt)
    if request.context == "newest":
        return Plan(None, 1, prompt, NOT_KNOWN)
    return Plan(None, 1, fold(branch, None), CARRIED)
