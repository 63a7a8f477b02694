"""Two writers on one conversation: what both wrote is kept."""

from __future__ import annotations

from copy import deepcopy
from dataclasses import dataclass, fields, replace
from typing import TYPE_CHECKING, Any, Final

from copilot_tui.conversation import Conversation, Message, Status, TitleSource

if TYPE_CHECKING:
    from collections.abc import Iterable

_RANK: Final = {Status.COMPLETE: 2, Status.ERROR: 1, Status.PARTIAL: 0}

_PLAIN_FIELDS: Final = ("backend", "model", "system", "tags", "pinned", "archived", "head")
_ABSENT: Final = object()


def outline(conversation: Conversation) -> Conversation:
    """A copy of all but the messages: what a later merge compares with."""
    return replace(
        conversation,
        messages={},
        settings=deepcopy(conversation.settings),
        extra=deepcopy(conversation.extra),
        tags=list(conversation.tags),
        deleted=list(conversation.deleted),
    )


def better(mine: Message, theirs: Message) -> Message:
    """Of two versions of a message: complete before error before partial, then the longer text."""
    return theirs if _worth(theirs) > _worth(mine) else mine


def _worth(message: Message) -> tuple[int, int, int]:
    return _RANK[message.status], len(message.content), len(message.reasoning)


def merge(base: Conversation | None, mine: Conversation, theirs: Conversation) -> Conversation:
    """What both say; where they differ, whoever changed it since `base`, and of two changes mine.

    Messages are kept by their ids, all but those that either has deleted. Base, mine and theirs
    stay as they are.
    """
    deleted = _deleted(base, mine, theirs)
    messages = _messages(mine, theirs, frozenset(deleted))
    title, source = _title(base, mine, theirs)
    merged = Conversation(
        id=mine.id,
        title=title,
        title_source=source,
        created_at=min(filter(None, (mine.created_at, theirs.created_at)), default=""),
        updated_at=max(mine.updated_at, theirs.updated_at),
        deleted=deleted,
        messages={message.id: message for message in messages},
        settings=_dict_of_three(base, mine, theirs, "settings"),
        extra=_dict_of_three(base, mine, theirs, "extra"),
    )
    for name in _PLAIN_FIELDS:
        setattr(merged, name, _of_three(base, mine, theirs, name))
    merged.head = _surviving(merged.head, merged.messages, mine, theirs)
    if merged.head is None:
        merged.head = next(reversed(merged.messages), None)
    return merged


def _deleted(base: Conversation | None, mine: Conversation, theirs: Conversation) -> list[str]:
    """What either has deleted, but what either has taken back since `base`."""
    both = set(mine.deleted) & set(theirs.deleted)
    taken_back = set(base.deleted) - both if base is not None else set()
    return [id_ for id_ in dict.fromkeys((*theirs.deleted, *mine.deleted)) if id_ not in taken_back]


def _of_three(
    base: Conversation | None, mine: Conversation, theirs: Conversation, name: str
) -> Any:  # noqa: ANN401
    value = getattr(mine, name)
    return getattr(theirs, name) if base is not None and value == getattr(base, name) else value


def _dict_of_three(
    base: Conversation | None, mine: Conversation, theirs: Conversation, name: str
) -> dict[str, Any]:
    before: dict[str, Any] = getattr(base, name) if base is not None else {}
    mine_: dict[str, Any] = getattr(mine, name)
    merged: dict[str, Any] = dict(getattr(theirs, name))
    for key in before.keys() | mine_.keys():
        value = mine_.get(key, _ABSENT)
        if value == before.get(key, _ABSENT):
            continue  # theirs, changed or not
        if value is _ABSENT:
            merged.pop(key, None)
        else:
            merged[key] = value
    return merged


def _title(
    base: Conversation | None, mine: Conversation, theirs: Conversation
) -> tuple[str, TitleSource]:
    ours, others = (mine.title, mine.title_source), (theirs.title, theirs.title_source)
    if base is not None and ours == (base.title, base.title_source):
        return others
    # One that the user chose is final.
    is_chosen_there = others[1] is TitleSource.USER and ours[1] is TitleSource.AUTO
    return others if is_chosen_there else ours


def _messages(
    mine: Conversation, theirs: Conversation, deleted: frozenset[str]
) -> Iterable[Message]:
    ours = {message.id: message for message in list(mine.messages.values())}
    kept: dict[str, Message] = {}
    for message in (*ours.values(), *theirs.messages.values()):
        if message.id in deleted or message.id in kept:
            continue
        other = theirs.messages.get(message.id)
        if message.id in ours and other is not None and other is not message:
            message = _one_of_two(message, other)
        kept[message.id] = message
    for message in kept.values():
        if message.parent_id in deleted:
            above = _surviving(message.parent_id, kept, mine, theirs)
            kept[message.id] = replace(message, parent_id=above)
    # By time, so that both writers' files come out the same; of equals mine come first.
    return sorted(kept.values(), key=lambda message: message.created_at)


def _one_of_two(mine: Message, theirs: Message) -> Message:
    best = better(mine, theirs)
    rest = theirs if best is mine else mine
    unknown = {**rest.extra, **best.extra}
    return best if unknown == best.extra else replace(best, extra=unknown)


def _surviving(
    message_id: str | None,
    kept: dict[str, Message],
    mine: Conversation,
    theirs: Conversation,
) -> str | None:
    """This message, or the nearest one above it that was kept."""
    seen = set()
    while message_id is not None and message_id not in kept and message_id not in seen:
        seen.add(message_id)
        message = mine.messages.get(message_id) or theirs.messages.get(message_id)
        message_id = message.parent_id if message is not None else None
    return message_id if message_id in kept else None


@dataclass(frozen=True)
class Saved:
    """What a save did besides writing."""

    trashed: bool = False
    """The conversation is in the trash, and the copy there was written."""
    on_disk: Conversation | None = None
    """What was written, if others' changes came in that the saved object does not have yet."""
    base: Conversation | None = None
    """The saved object at that moment, without its messages."""

    @property
    def merged(self) -> bool:
        """Whether others' changes came in; `apply_to` brings them into the object."""
        return self.on_disk is not None

    def apply_to(self, conversation: Conversation) -> None:
        """Bring others' changes into the object that was saved, where its owner lives (the event
        loop).

        Messages that are there keep their identity, so a reply goes on growing in its own. Not to
        apply it loses nothing: the store keeps both sides together until it is done.
        """
        if self.on_disk is None:
            return
        merged = merge(self.base, conversation, self.on_disk)
        messages = [_into(conversation.messages.get(m.id), m) for m in merged.messages.values()]
        for each in fields(Conversation):
            if each.init and each.name != "messages":
                setattr(conversation, each.name, getattr(merged, each.name))
        conversation.replace_messages(messages)


def _into(present: Message | None, message: Message) -> Message:
    """The message that is there, brought up to date; or the new one."""
    if present is None or present is message:
        return message
    for each in fields(Message):
        value = getattr(message, each.name)
        if getattr(present, each.name) != value:
            setattr(present, each.name, value)
    return present
