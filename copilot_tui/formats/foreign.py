"""What another program wrote, as a conversation of ours.

Every reader gives `Turn`s: a tree as the other program kept it, with whatever ids it uses. Here it
becomes a tree of messages. The ids are uuid4 in form and derived from the other program's, so an
import that is done again finds what it made before. The work of tools between a prompt and its
reply is no message of its own: it stands in the reply's reasoning, which is shown folded and never
sent.
"""

from __future__ import annotations

import hashlib
import json
import uuid
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from copilot_tui.conversation import (
    UNTITLED,
    Conversation,
    Message,
    Role,
    Status,
    timestamp,
    title_from,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

MAX_TITLE: Final = 200
"""Characters that are kept of a foreign title."""

SOURCE_KEY: Final = "imported"
"""The key of the document that says from which program a conversation came, and its id there."""


@dataclass(frozen=True)
class Found:
    """A conversation that was read."""

    conversation: Conversation
    program: str
    """Who wrote it; our own name for our own documents."""
    hidden: int = 0
    """Messages with a text that were left out because their own program never shows them."""
    note: str = ""
    """What was changed to take it in, in a few words."""

    @property
    def is_own(self) -> bool:
        """Whether this program wrote it."""
        return self.program == OWN


OWN: Final = "copilot-tui"


@dataclass(frozen=True)
class Skipped:
    """Something that was not read, and why."""

    what: str
    """Its title, or its place in the file."""
    why: str
    is_fault: bool = True
    """False: there was nothing in it to import."""


Item = Found | Skipped


@dataclass(kw_only=True)
class Turn:
    """One entry of another program's conversation."""

    key: str
    """Its id there."""
    parent: str | None
    role: Role | None
    """None: a step on the way to a reply, such as the call of a tool and what it gave."""
    text: str
    reasoning: str = ""
    created_at: str = ""
    status: Status = Status.COMPLETE
    model: str | None = None
    finish_reason: str | None = None
    usage: dict[str, Any] | None = None
    elapsed_s: float | None = None


@dataclass(kw_only=True)
class Origin:
    """A conversation of another program, without its messages."""

    program: str
    key: str
    """Its id there."""
    title: str = ""
    created_at: str = ""
    updated_at: str = ""
    model: str | None = None
    system: str | None = None
    archived: bool = False
    settings: dict[str, Any] | None = None
    head: str | None = None
    """The key of the turn that ends the shown branch; None: the last one."""


def derived_id(*parts: str) -> str:
    """An id in the form of a uuid4 that is the same for the same parts on every machine."""
    digest = hashlib.sha256(json.dumps(["copilot-tui", *parts]).encode()).digest()
    return str(uuid.UUID(bytes=digest[:16], version=4))


def chained_key(parent: str | None, *parts: str) -> str:
    """A key for an entry that has no lasting id: from its content and all that stands above it.

    An entry that was written anew becomes another version, and the old one stays.
    """
    return derived_id("chain", parent or "", *parts)


def utc(value: object) -> str:
    """Seconds since 1970, or ISO 8601 (without an offset: UTC), as a time of ours; "" for what is
    no time.
    """
    try:
        if isinstance(value, str):
            moment = datetime.fromisoformat(value)
            return timestamp(moment if moment.tzinfo else moment.replace(tzinfo=UTC))
        if isinstance(value, int | float):
            return timestamp(datetime.fromtimestamp(value, UTC))
    except (ValueError, OverflowError, OSError):
        return ""
    return ""


def conversation_of(origin: Origin, turns: Iterable[Turn]) -> Conversation:
    """The conversation that these turns make. It has no messages if there is nothing in them."""
    source = {"from": origin.program, "id": origin.key}
    made = Conversation(
        id=derived_id(origin.program, origin.key),
        created_at=origin.created_at,
        model=origin.model,
        system=origin.system or None,
        archived=origin.archived,
        settings=origin.settings or {},
        extra={SOURCE_KEY: source},
    )
    tree = _Tree(made, origin, turns)
    tree.grow()
    made.head = tree.shown.get(origin.head or "") or made.head
    made.title = " ".join(origin.title.split())[:MAX_TITLE] or _title_of(made)
    times = [message.created_at for message in made.messages.values() if message.created_at]
    made.created_at = made.created_at or min(times, default=origin.updated_at)
    made.updated_at = origin.updated_at or max(times, default=made.created_at)
    return made


def _title_of(conversation: Conversation) -> str:
    prompts = (m.content for m in conversation.messages.values() if m.role is Role.USER)
    return title_from(next(prompts, UNTITLED))


_Steps = tuple[Any, str] | None
"""The texts of the steps since the last message, newest first: a list that branches can share."""


class _Tree:
    """Grows a conversation's messages from turns, whatever their order and their parents are."""

    def __init__(self, conversation: Conversation, origin: Origin, turns: Iterable[Turn]) -> None:
        self._conversation = conversation
        self._origin = origin
        self._turns = {turn.key: turn for turn in turns}
        self._below: dict[str | None, list[str]] = {}
        for turn in self._turns.values():
            above = turn.parent if turn.parent in self._turns else None
            self._below.setdefault(above, []).append(turn.key)
        self.shown: dict[str, str | None] = {}
        """The message at or next above each turn."""

    def grow(self) -> None:
        # Turns that no root leads to go round in a circle, which is cut where it is met.
        for key in [*self._below.get(None, ()), *self._turns]:
            self._grow_from(key)

    def _grow_from(self, root: str) -> None:
        waiting: list[tuple[str, str | None, _Steps]] = [(root, None, None)]
        while waiting:
            key, parent_id, steps = waiting.pop()
            if key in self.shown:
                continue
            parent_id, steps = self._placed(self._turns[key], parent_id, steps)
            self.shown[key] = parent_id
            below = self._below.get(key, ())
            waiting.extend((child, parent_id, steps) for child in reversed(below))

    def _placed(
        self, turn: Turn, parent_id: str | None, steps: _Steps
    ) -> tuple[str | None, _Steps]:
        """Put the turn below this message; what its own children stand below."""
        if turn.role is None or not (turn.text or turn.reasoning):
            steps = (steps, turn.text) if turn.text else steps
            if steps is None or self._below.get(turn.key):
                return parent_id, steps
            return self._add_steps(turn, parent_id, steps), None
        if self._is_system_prompt(turn, parent_id):
            self._conversation.system = turn.text
            return parent_id, steps
        if turn.role is Role.ASSISTANT:
            turn.reasoning = "\n\n".join(filter(None, (_joined(steps), turn.reasoning)))
        elif steps is not None:
            parent_id = self._add_steps(turn, parent_id, steps)
        return self._add(turn, turn.role, parent_id, turn.key), None

    def _is_system_prompt(self, turn: Turn, parent_id: str | None) -> bool:
        return (
            turn.role is Role.SYSTEM
            and parent_id is None
            and not self._conversation.messages
            and not self._conversation.system
        )

    def _add(self, turn: Turn, role: Role, parent_id: str | None, key: str) -> str:
        message = Message(
            id=derived_id(self._origin.program, self._origin.key, key),
            role=role,
            content=turn.text,
            parent_id=parent_id,
            created_at=turn.created_at,
            status=turn.status,
            model=turn.model,
            reasoning=turn.reasoning,
            finish_reason=turn.finish_reason,
            usage=turn.usage,
            elapsed_s=turn.elapsed_s,
        )
        return self._conversation.add(message).id

    def _add_steps(self, turn: Turn, parent_id: str | None, steps: _Steps) -> str:
        """A reply of its own for steps that led to none."""
        reply = Turn(
            key=turn.key,
            parent=None,
            role=Role.ASSISTANT,
            text=_joined(steps),
            created_at=turn.created_at,
            model=turn.model,
        )
        return self._add(reply, Role.ASSISTANT, parent_id, f"{turn.key} steps")


def _joined(steps: _Steps) -> str:
    texts = []
    while steps is not None:
        steps, text = steps
        texts.append(text)
    return "\n\n".join(reversed(texts))


def fenced(text: str, language: str = "") -> str:
    """The text as a block of code, whatever stands in it."""
    fence = "```"
    while fence in text:
        fence += "`"
    return f"{fence}{language}\n{text}\n{fence}"
