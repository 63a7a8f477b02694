"""A conversation: a tree of messages, of which one branch is shown.

Knows nothing of files, screens or sockets. Times are ISO 8601 strings in UTC, kept as they were
written.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from copy import copy
from dataclasses import dataclass, field, fields, replace
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, Final, Generic, NamedTuple, TypeVar, cast

from copilot_tui.pieces import Pieces

_T = TypeVar("_T")

TITLE_LENGTH: Final = 60
"""Characters of the first prompt that become the title, cut at a word."""

UNTITLED: Final = "New conversation"


class Role(StrEnum):
    """Who speaks."""

    USER = "user"
    ASSISTANT = "assistant"
    SYSTEM = "system"


class Status(StrEnum):
    """How a message ended. A reply is partial until it is proven complete."""

    COMPLETE = "complete"
    PARTIAL = "partial"
    ERROR = "error"


class TitleSource(StrEnum):
    """Who chose the title; one that the user chose is final."""

    AUTO = "auto"
    USER = "user"


def new_id() -> str:
    """A fresh uuid4 in its usual spelling."""
    return str(uuid.uuid4())


def utc_now() -> datetime:
    """The present moment; the clock that everything takes unless a test gives another."""
    return datetime.now(UTC)


def timestamp(moment: datetime) -> str:
    """ISO 8601 in UTC with milliseconds: 2026-11-21T06:27:35.123Z."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").removesuffix("+00:00") + "Z"


def local_time(written: str) -> str:
    """A time of the document as the clock on the wall says it, to the minute."""
    try:
        return datetime.fromisoformat(written).astimezone().strftime("%Y-%m-%d %H:%M")
    except (ValueError, OverflowError):
        return written


class GrowingText:
    """A `str` field to which `append_to` adds in constant time.

    A reply of 200 kB arrives in 20,000 pieces; `+=` on an attribute would copy it 20,000 times.
    The pieces are joined when the field is read. Setting the field lets go of the pieces.
    """

    def __set_name__(self, owner: type, name: str) -> None:
        self._slot = f"_{name}"

    def __get__(self, instance: object | None, owner: type | None = None) -> str:
        if instance is None:
            return ""  # the dataclass field's default
        # Not by way of `__dict__`: to ask for it makes one, and thousands of messages are held.
        held: str | Pieces = getattr(instance, self._slot, "")
        return held if isinstance(held, str) else held.text

    def __set__(self, instance: object, value: str) -> None:
        setattr(instance, self._slot, value)

    def append_to(self, instance: object, text: str) -> None:
        """Add `text` at the end of the instance's field."""
        held: str | Pieces = getattr(instance, self._slot, "")
        if isinstance(held, str):  # most messages never grow
            held = Pieces(held)
            setattr(instance, self._slot, held)
        held.append(text)

    def size_of(self, instance: object) -> int:
        """Its length."""
        held: str | Pieces = getattr(instance, self._slot, "")
        return len(held) if isinstance(held, str) else held.size

    def part_of(self, instance: object, start: int, end: int) -> str:
        """A part of it, at a cost that goes by the part alone."""
        held: str | Pieces = getattr(instance, self._slot, "")
        return held[start:end] if isinstance(held, str) else held.part(start, end)


class Container(Generic[_T]):
    """A field that is empty in most messages: it is made when it is first looked at."""

    def __init__(self, make: Callable[[], _T]) -> None:
        self._make = make

    def __set_name__(self, owner: type, name: str) -> None:
        self._slot = f"_{name}"

    def __get__(self, instance: object | None, owner: type | None = None) -> _T:
        if instance is None:
            return cast("_T", None)  # the dataclass field's default
        held: _T | None = getattr(instance, self._slot, None)
        if held is None:
            held = vars(instance).setdefault(self._slot, self._make())  # in one step, for threads
        return held

    def __set__(self, instance: object, value: _T) -> None:
        if value is not None:
            setattr(instance, self._slot, value)


class Attachment(NamedTuple):
    """A file that goes with a message: its text, or its bytes in base64."""

    name: str
    media_type: str
    size: int
    """Bytes of the file."""
    text: str | None = None
    data: str | None = None
    extra: Mapping[str, Any] = {}
    """Keys of the document that this version does not know."""


@dataclass(kw_only=True)
class Message:
    """One prompt, reply or instruction."""

    id: str
    role: Role
    content: GrowingText = GrowingText()
    parent_id: str | None = None
    created_at: str = ""
    status: Status = Status.COMPLETE
    error: str | None = None
    """What went wrong, in plain words; never part of `content`."""
    hint: str | None = None
    """How to mend it."""
    model: str | None = None
    backend: str | None = None
    reasoning: GrowingText = GrowingText()
    reasoning_s: float | None = None
    """Seconds from the first word of the reasoning to the first of the answer."""
    finish_reason: str | None = None
    """Why the model stopped, in the server's word."""
    usage: dict[str, Any] | None = None
    """Token counts as the server gave them."""
    elapsed_s: float | None = None
    """Seconds from the request to the reply's end."""
    attachments: Container[list[Attachment]] = Container(list)
    wire: Container[dict[str, Any]] = Container(dict)
    """What the backend needs to go on: conversation_id, conversation, server, provider."""
    extra: Container[dict[str, Any]] = Container(dict)
    """Keys of the document that this version does not know."""

    @classmethod
    def of(cls, values: dict[str, Any], types: Mapping[str, tuple[type, ...]]) -> Message | None:
        """The message with these values of a document; None: not all of them have these types.

        Role and status are as they stand there: who asks makes them what they are. What is null or
        not there keeps its default, which stays in the class: thousands of messages are made at
        once, and each has but a few fields of its own.
        """
        message = cls.__new__(cls)
        names: Collection[str] = values
        if taken := message._take_usual(values):
            if taken == len(values):
                return message
            names = values.keys() - _USUAL
        try:
            for name in names:
                value = values[name]
                if type(value) not in types[name]:
                    return None
                if value is not None:
                    setattr(message, _SLOTS[name], value)
        except KeyError:
            return None
        return message

    def _take_usual(self, values: dict[str, Any]) -> int:
        """Take what stands in nearly every message of this program's documents, in a third of the
        time that it takes name by name. Gives how many of the values that were.
        """
        try:
            id_, parent_id, role = values["id"], values["parent_id"], values["role"]
            content, created_at, status = values["content"], values["created_at"], values["status"]
            error, model = values["error"], values.get("model")
        except KeyError:
            return 0
        if error is not None or not (
            type(id_) is type(role) is type(content) is type(created_at) is type(status) is str
        ):
            return 0
        if parent_id is not None:
            if type(parent_id) is not str:
                return 0
            self.parent_id = parent_id
        if model is not None:
            if type(model) is not str:
                return 0
            self.model = model
        self.id, self.created_at = id_, created_at
        self.role, self.status = role, status  # type: ignore[assignment]  # see `of`
        setattr(self, _CONTENT_SLOT, content)
        return len(_USUAL) - (model is None and "model" not in values)

    def snapshot(self) -> Message:
        """As it is at this moment, and stays."""
        taken = copy(self)
        taken.content, taken.reasoning = self.content, self.reasoning  # not the growing pieces
        return taken

    def append(self, text: str) -> None:
        """Add a piece to the content, in constant time."""
        _CONTENT.append_to(self, text)

    @property
    def content_size(self) -> int:
        """Characters of the content, as far as it has come. Asked by the thread that appends."""
        return _CONTENT.size_of(self)

    def content_part(self, start: int, end: int) -> str:
        """What `content[start:end]` is; of a reply that grows, without a copy of the rest."""
        return _CONTENT.part_of(self, start, end)

    def append_reasoning(self, text: str) -> None:
        """Add a piece to the reasoning, in constant time."""
        _REASONING.append_to(self, text)


_CONTENT: Final[GrowingText] = vars(Message)["content"]
_REASONING: Final[GrowingText] = vars(Message)["reasoning"]


_USUAL: Final = frozenset(
    ("id", "parent_id", "role", "content", "created_at", "status", "error", "model")
)

_CONTENT_SLOT: Final = "_content"
_SLOTS: Final = {
    **{each.name: each.name for each in fields(Message)},
    **{name: f"_{name}" for name in ("content", "reasoning", "wire")},
}
"""Where the value of a field is kept: its descriptor, which knows too, takes five times as long."""


@dataclass(kw_only=True)
class Conversation:
    """A tree of messages with a title and settings of its own."""

    id: str
    title: str = UNTITLED
    title_source: TitleSource = TitleSource.AUTO
    created_at: str = ""
    updated_at: str = ""
    backend: str | None = None
    model: str | None = None
    system: str | None = None
    """The system prompt; None: none was set."""
    settings: dict[str, Any] = field(default_factory=dict)
    """temperature, top_p, max_tokens, reasoning_effort, context: only what was set."""
    tags: list[str] = field(default_factory=list)
    pinned: bool = False
    archived: bool = False
    deleted: list[str] = field(default_factory=list)
    """Ids of messages that were deleted, so that a merge does not bring them back."""
    head: str | None = None
    """The message that ends the shown branch."""
    messages: dict[str, Message] = field(default_factory=dict)
    """By id, in the order in which they were added."""
    extra: dict[str, Any] = field(default_factory=dict)
    """Keys of the document that this version does not know."""
    _known_children: dict[str | None, list[str]] | None = field(
        default=None, init=False, repr=False, compare=False
    )

    @property
    def _children(self) -> dict[str | None, list[str]]:
        """Made when it is first needed: to show a conversation without branches takes none."""
        if self._known_children is None:
            found: dict[str | None, list[str]] = {}
            for message in list(self.messages.values()):
                found.setdefault(message.parent_id, []).append(message.id)
            self._known_children = found
        return self._known_children

    def add(self, message: Message) -> Message:
        """Put a message into the tree and make it the head."""
        if self._known_children is not None:
            self._known_children.setdefault(message.parent_id, []).append(message.id)
        self.messages[message.id] = message
        self.head = message.id
        return message

    def discard(self, message_id: str) -> None:
        """Take out a message that has no children, as if it had never been there."""
        message = self.messages.pop(message_id)
        if self._known_children is not None:
            self._known_children[message.parent_id].remove(message_id)
        if self.head == message_id:
            self.head = message.parent_id

    def replace_messages(self, messages: Iterable[Message]) -> None:
        """Take these messages instead of the present ones; the head stays if it is among them."""
        self.messages = {message.id: message for message in messages}
        self._known_children = None
        if self.head not in self.messages:
            self.head = next(reversed(self.messages), None)

    def snapshot(self) -> Conversation:
        """As it is at this moment, for another thread: a reply that streams grows on in this one
        alone.
        """
        messages = {
            id_: message.snapshot() if message.status is Status.PARTIAL else message
            for id_, message in self.messages.items()
        }
        return replace(self, messages=messages)

    @property
    def head_message(self) -> Message | None:
        """The message that ends the shown branch."""
        return self.messages.get(self.head) if self.head is not None else None

    def path(self, end: str | None = None) -> list[Message]:
        """The messages from the root to `end` (default: the head), both included.

        A parent that is missing, or that was met already (a damaged document), ends the walk.
        """
        end = end if end is not None else self.head
        if end == next(reversed(self.messages), None) and self.has_one_branch():
            return list(self.messages.values())
        found: dict[str, Message] = {}
        message = self.messages.get(end or "")
        while message is not None and message.id not in found:
            found[message.id] = message
            message = self.messages.get(message.parent_id or "")
        return list(reversed(found.values()))

    def has_one_branch(self) -> bool:
        """Whether each message follows the one that was added before it, as nearly always."""
        messages = list(self.messages.values())
        parents = [message.parent_id for message in messages]
        return parents[:1] in ([], [None]) and parents[1:] == [each.id for each in messages[:-1]]

    def children(self, message_id: str | None) -> list[Message]:
        """The messages that follow this one, oldest first; of None: the roots."""
        return [self.messages[child] for child in self._children.get(message_id, ())]

    def siblings(self, message_id: str) -> list[Message]:
        """All versions of a message, itself included, oldest first."""
        return self.children(self.messages[message_id].parent_id)

    def is_answered(self, message_id: str) -> bool:
        """Whether anything came of a prompt: a word of a reply, or what was said after it."""
        return any(
            reply.role is not Role.ASSISTANT
            or reply.content
            or reply.reasoning
            or self._children.get(reply.id)
            for reply in self.children(message_id)
        )

    def select(self, message_id: str) -> None:
        """Show the branch that goes through this message: down to the newest leaf below it."""
        seen = {message_id}
        while below := [child for child in self._children.get(message_id, ()) if child not in seen]:
            message_id = below[-1]
            seen.add(message_id)
        self.head = message_id

    def replies(self) -> Iterator[Message]:
        """Every assistant message of every branch; of those that are there now, so that any
        thread may walk them.
        """
        return (m for m in list(self.messages.values()) if m.role is Role.ASSISTANT)

    def touch(self, now: datetime) -> None:
        """Note that something changed."""
        self.updated_at = timestamp(now)


def new_conversation(*, now: datetime, make_id: Callable[[], str] = new_id) -> Conversation:
    """An empty conversation."""
    created = timestamp(now)
    return Conversation(id=make_id(), created_at=created, updated_at=created)


def title_from(prompt: str) -> str:
    """A title from the first line of a prompt, cut at a word."""
    line = next((line for line in map(str.strip, prompt.splitlines()) if line), "")
    line = " ".join(line.split())
    if len(line) <= TITLE_LENGTH:
        return line or UNTITLED
    cut = line[:TITLE_LENGTH].rsplit(" ", 1)[0] if " " in line[:TITLE_LENGTH] else ""
    return (cut or line[: TITLE_LENGTH - 1]).rstrip(" ,.;:-") + "…"
