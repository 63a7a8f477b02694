"""Conversation <-> JSON document version 1.

One message stands on one line, so that a conversation is read and written message by message: no
step holds the interpreter for longer than one message takes, and a diff shows messages. What the
program does not know is kept at every level.

A document that could not be written back without loss (wrong types, a role that does not exist,
two messages with one id) is unreadable: it is named and left alone. Harmless oddities are read as
what they must have meant: a head that is not there becomes the newest message, NaN and Infinity
(which are no JSON) become null.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any, Final, TypeVar

from copilot_tui.conversation import (
    Attachment,
    Conversation,
    Message,
    Role,
    Status,
    TitleSource,
)
from copilot_tui.errors import NewerDocument, UnreadableDocument

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    Paced = Callable[[Iterable[Any]], Iterator[Any]]
    """Gives the things one after the other, with pauses where others need them."""

_T = TypeVar("_T")

VERSION: Final = 1

MAX_DEPTH: Final = 100
"""Levels of lists and objects inside one unknown key; what is deeper could be read and not written
back.
"""

SLICE_CHARS: Final = 1 << 18
"""A longer string is encoded in slices of this many characters, each in about a millisecond."""

READ_CHARS: Final = 1 << 15
"""So much is decoded at once: what is small takes the same memory again and again, where the system
gives, and takes back, each large piece page by page.
"""

_STR: Final = (str,)
_STR_OR_NULL: Final = (str, type(None))
_BOOL: Final = (bool,)
_DICT: Final = (dict,)
_DICT_OR_NULL: Final = (dict, type(None))
_LIST: Final = (list,)

_TOP_TYPES: Final[Mapping[str, tuple[type, ...]]] = {
    "id": _STR,
    "title": _STR,
    "title_source": _STR,
    "created_at": _STR,
    "updated_at": _STR,
    "backend": _STR_OR_NULL,
    "model": _STR_OR_NULL,
    "system": _STR_OR_NULL,
    "settings": _DICT,
    "tags": _LIST,
    "pinned": _BOOL,
    "archived": _BOOL,
    "deleted": _LIST,
    "head": _STR_OR_NULL,
    "messages": _LIST,
}
_MESSAGE_TYPES: Final[Mapping[str, tuple[type, ...]]] = {
    "id": _STR,
    "parent_id": _STR_OR_NULL,
    "role": _STR,
    "content": _STR,
    "created_at": _STR,
    "status": _STR,
    "error": _STR_OR_NULL,
    "hint": _STR_OR_NULL,
    "model": _STR_OR_NULL,
    "backend": _STR_OR_NULL,
    "reasoning": _STR_OR_NULL,
    "finish_reason": _STR_OR_NULL,
    "usage": _DICT_OR_NULL,
    "elapsed_s": (float, int, type(None)),
    "reasoning_s": (float, int, type(None)),
    "attachments": _LIST,
    "wire": _DICT_OR_NULL,
}
_ATTACHMENT_TYPES: Final[Mapping[str, tuple[type, ...]]] = {
    "name": _STR,
    "media_type": _STR,
    "size": (int,),
    "text": _STR_OR_NULL,
    "data": _STR_OR_NULL,
}
_REQUIRED: Final = frozenset(("id", "messages"))
_REQUIRED_OF_MESSAGE: Final = frozenset(("id", "role", "content"))
_REQUIRED_OF_ATTACHMENT: Final = frozenset(("name", "media_type", "size"))
_TYPE_NAMES: Final = {
    str: "a string",
    bool: "true or false",
    dict: "an object",
    list: "a list",
    int: "a number",
    float: "a number",
    type(None): "null",
}
_ROLES: Final = {role.value: role for role in Role}
_STATUSES: Final = {status.value: status for status in Status}
_TITLE_SOURCES: Final = {source.value: source for source in TitleSource}

_MESSAGES_LINE: Final = b'\n"messages": [\n'
_END: Final = b"]\n}\n"


def is_newer(conversation: Conversation) -> bool:
    """Whether it was written by a newer version of the program: it may be shown, and is never
    written.
    """
    version = conversation.extra.get("version", VERSION)
    return isinstance(version, int) and version > VERSION


def newer(conversation: Conversation) -> NewerDocument:
    """The error for an attempt to write what a newer version wrote."""
    return NewerDocument(
        f"conversation {conversation.id} was written by a newer version of copilot-tui",
        "It can be read and not changed. Update copilot-tui to go on with it.",
    )


def is_id(text: str) -> bool:
    """Whether it has the one spelling of an id that may name a file."""
    return _ID.fullmatch(text) is not None


_ID: Final = re.compile("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


# Writing


def lines(conversation: Conversation) -> Iterator[bytes]:
    """The document in chunks: all but the messages first, then message by message, then the end.

    The messages are those that are there when the first chunk is asked for; each is encoded when
    its turn comes, so a reply may grow meanwhile. Raises NewerDocument.
    """
    if is_newer(conversation):
        raise newer(conversation)
    messages = list(conversation.messages.values())
    fields = ",\n".join(
        f"{dump_value(key)}: {dump_value(value)}" for key, value in _top(conversation).items()
    )
    yield b"{\n" + _bytes(fields) + b"," + _MESSAGES_LINE
    for place, message in enumerate(messages, start=1):
        yield from message_chunks(message)
        yield b",\n" if place < len(messages) else b"\n"
    yield _END


def dumps(conversation: Conversation) -> bytes:
    """The whole document at once."""
    return b"".join(lines(conversation))


def to_json(conversation: Conversation) -> dict[str, Any]:
    """The document as plain dicts and lists, for `show --json` and export; also that of a newer
    version.
    """
    top = _top(conversation)
    top["messages"] = [message_to_json(message) for message in conversation.messages.values()]
    return top


def _top(conversation: Conversation) -> dict[str, Any]:
    known = {key: getattr(conversation, key) for key in _TOP_TYPES if key != "messages"}
    return {"version": VERSION, **known, **conversation.extra}


def message_to_json(message: Message) -> dict[str, Any]:
    """A message as its object of the document; keys that need not be there are left out when
    empty.
    """
    # Before its text: a reply that ends meanwhile, in another thread, is not whole with less.
    status = message.status.value
    found: dict[str, Any] = {
        "id": message.id,
        "parent_id": message.parent_id,
        "role": message.role.value,
        "content": message.content,
        "created_at": message.created_at,
        "status": status,
        "error": message.error,
    }
    for key in ("hint", "model", "backend", "finish_reason", "usage", "elapsed_s", "reasoning_s"):
        value = getattr(message, key)
        if value is not None:
            found[key] = value
    if reasoning := message.reasoning:
        found["reasoning"] = reasoning
    if message.attachments:
        found["attachments"] = [_attachment_to_json(each) for each in message.attachments]
    if message.wire:
        found["wire"] = message.wire
    found.update(message.extra)
    return found


def _attachment_to_json(attachment: Attachment) -> dict[str, Any]:
    found: dict[str, Any] = {
        "name": attachment.name,
        "media_type": attachment.media_type,
        "size": attachment.size,
    }
    if attachment.text is not None:
        found["text"] = attachment.text
    if attachment.data is not None:
        found["data"] = attachment.data
    found.update(attachment.extra)
    return found


def message_chunks(message: Message) -> Iterator[bytes]:
    """A message as one line without its end; a long one in several pieces."""
    found = message_to_json(message)
    if len(found["content"]) + len(found.get("reasoning", "")) > SLICE_CHARS or message.attachments:
        yield from map(_bytes, _sliced(found))
    else:
        yield _bytes(dump_value(found))


def _sliced(value: object) -> Iterator[str]:
    """JSON in pieces, none of which takes long to make. Escapes know no neighbours, so a string
    may be cut.
    """
    if isinstance(value, str) and len(value) > SLICE_CHARS:
        yield '"'
        for start in range(0, len(value), SLICE_CHARS):
            yield dump_value(value[start : start + SLICE_CHARS])[1:-1]
        yield '"'
    elif isinstance(value, dict):
        yield from _joined(
            "{", ((dump_value(str(key)) + ": ", each) for key, each in value.items()), "}"
        )
    elif isinstance(value, list):
        yield from _joined("[", (("", each) for each in value), "]")
    else:
        yield dump_value(value)


def _joined(opening: str, items: Iterator[tuple[str, object]], closing: str) -> Iterator[str]:
    before = opening
    for key, value in items:
        yield before + key
        yield from _sliced(value)
        before = ", "
    yield (opening if before == opening else "") + closing


def dump_value(value: object) -> str:
    """A JSON value on one line. NaN and Infinity become null."""
    try:
        return _ENCODER.encode(value)
    except ValueError:  # NaN or Infinity, which are no JSON
        return _ENCODER.encode(_finite(value))


def _finite(value: object) -> object:
    if isinstance(value, float):
        return value if value - value == 0 else None
    if isinstance(value, dict):
        return {key: _finite(each) for key, each in value.items()}
    if isinstance(value, list):
        return [_finite(each) for each in value]
    return value


def _bytes(text: str) -> bytes:
    # Half a surrogate pair is all that UTF-8 cannot take, and Python's \udc80 is just JSON's
    # escape for it.
    return text.encode("utf-8", "backslashreplace")


_ENCODER: Final = json.JSONEncoder(ensure_ascii=False, allow_nan=False)


# Reading


def loads(data: bytes, name: str = "the document", paced: Paced = iter) -> Conversation:
    """The conversation in these bytes; `name` is what errors call it. Raises UnreadableDocument.

    One of a newer version is read as far as it is understood; `is_newer` then says so. `paced`
    gives the messages their turns, where nobody waits for them.
    """
    try:
        data = data.removeprefix(b"\xef\xbb\xbf")
        try:
            return _read_by_lines(data, paced)
        except (_Wrong, ValueError, TypeError):
            # Another layout, or a mistake: the whole decides, and names its place.
            return from_json(_DECODER.decode(data.decode()), name)
    except RecursionError:
        raise unreadable(name, "it is nested too deeply") from None
    except UnicodeDecodeError as error:
        raise unreadable(name, f"it is not UTF-8 (byte {error.start})") from None
    except ValueError as error:
        raise unreadable(name, f"it is not JSON ({error})" if data else "it is empty") from None


def from_json(value: object, name: str) -> Conversation:
    """The conversation in a document that was parsed already. Raises UnreadableDocument."""
    try:
        return _conversation(value)
    except _Wrong as wrong:
        raise unreadable(name, str(wrong)) from None


def unreadable(name: str, why: str) -> UnreadableDocument:
    """The error for a file that cannot be understood and is left alone."""
    return UnreadableDocument(
        f"{name} cannot be read: {why}", "The file is left as it is; the others are not affected."
    )


class _Wrong(Exception):
    """What is wrong with a document: a claim about `place`, a path of keys."""

    def __init__(self, place: str, claim: str) -> None:
        super().__init__(place, claim)
        self.place = place
        self.claim = claim

    def below(self, parent: str) -> _Wrong:
        """The same, seen from further up."""
        return _Wrong(f"{parent}.{self.place}" if self.place else parent, self.claim)

    def __str__(self) -> str:
        return f"{self.place or 'it'} {self.claim}"


def _no_constant(_name: str) -> None:
    """null for NaN and Infinity."""


_DECODER: Final = json.JSONDecoder(parse_constant=_no_constant)


def _read_by_lines(data: bytes, paced: Paced) -> Conversation:
    """The conversation in a document that is laid out as `lines` does it.

    Raises _Wrong, ValueError or TypeError if it is not, or if something is wrong with it.
    """
    place = data.find(_MESSAGES_LINE)
    if place < 0 or not data.endswith(_END):
        raise ValueError("another layout")
    top = _DECODER.decode((data[:place] + b'\n"messages": []}').decode())
    return _conversation(top, paced(_messages_of(data, place + len(_MESSAGES_LINE))))


def _messages_of(data: bytes, start: int) -> Iterator[object]:
    """What the lines from here to the end hold; never all of it at once.

    Raises ValueError or TypeError if they are not such lines.
    """
    stop = len(data) - len(_END)
    is_first = True
    while start < stop:
        comma = data.find(b",\n", start + READ_CHARS, stop)
        end = comma if comma >= 0 else stop
        yield from _DECODER.decode(f"[{data[start:end].decode()}]")
        is_first = False
        start = end + len(b",\n")
    if not is_first and start == stop:
        raise ValueError("a comma too many")


def _conversation(raw: object, messages: Iterable[object] | None = None) -> Conversation:
    """`messages`: those of the document, if they do not stand in `raw`."""
    fields, extra = _checked(raw, _TOP_TYPES, _REQUIRED)
    version = extra.pop("version", None)
    if type(version) is not int or version < 1:
        raise _Wrong("version", "is missing" if version is None else f"is {version!r}")
    is_lenient = version > VERSION
    if is_lenient:
        extra["version"] = version
    _check_depth("settings", fields.get("settings"))
    for key in ("tags", "deleted"):
        if not all(type(each) is str for each in fields.get(key, ())):
            raise _Wrong(key, "must be a list of strings")
    if "title_source" in fields:
        fields["title_source"] = _member(
            _TITLE_SOURCES, fields, "title_source", TitleSource.USER if is_lenient else None
        )
    raws = fields["messages"] if messages is None else messages
    fields["messages"] = found = _messages(raws, is_lenient)
    if fields.get("head") not in found:
        fields["head"] = next(reversed(found), None)
    return Conversation(**fields, extra=extra)


def _messages(raws: Iterable[object], is_lenient: bool) -> dict[str, Message]:
    found: dict[str, Message] = {}
    for each in raws:
        try:
            message = _message(each, is_lenient)
            if message.id in found:
                raise _Wrong("id", f"is that of another message, {message.id!r}")
        except _Wrong as wrong:
            # Nothing was left out so far, so what is found counts the place.
            raise wrong.below(f"messages[{len(found)}]") from None
        parent = found.get(message.parent_id or "")
        if parent is not None:
            message.parent_id = parent.id  # the same words; one of them is enough to keep
        found[message.id] = message
    return found


def _checked(
    raw: object, types: Mapping[str, tuple[type, ...]], required: frozenset[str]
) -> tuple[dict[str, Any], dict[str, Any]]:
    """The keys that are known, of the right types, and those that are not."""
    if type(raw) is not dict:
        raise _Wrong("", "is not an object")
    fields: dict[str, Any] = {}
    extra: dict[str, Any] = {}
    for key, value in raw.items():
        allowed = types.get(key)
        if allowed is None:
            _check_depth(key, value)
            extra[key] = value
        elif type(value) not in allowed:
            names = " or ".join(dict.fromkeys(_TYPE_NAMES[each] for each in allowed))
            raise _Wrong(key, f"must be {names}")
        else:
            fields[key] = value
    for key in types:
        if key in required and key not in fields:
            raise _Wrong(key, "is missing")
    return fields, extra


def _check_depth(key: str, value: object) -> None:
    if is_too_deep(value):
        raise _Wrong(key, "is nested too deeply")


def is_too_deep(value: object) -> bool:
    """Whether a document that holds this value could not be read any more."""
    level = [value] if isinstance(value, dict | list) else []
    depth = 0
    while level:
        depth += 1
        if depth > MAX_DEPTH:
            return True
        level = [
            below
            for each in level
            for below in (each.values() if isinstance(each, dict) else each)
            if isinstance(below, dict | list)
        ]
    return False


def _message(raw: object, is_lenient: bool) -> Message:
    fields: dict[str, Any] = raw if type(raw) is dict else {}
    extra: dict[str, Any] = {}
    message = Message.of(fields, _MESSAGE_TYPES)
    if message is None or not ("id" in fields and "role" in fields and "content" in fields):
        fields, extra = _checked(raw, _MESSAGE_TYPES, _REQUIRED_OF_MESSAGE)
        message = Message.of(fields, _MESSAGE_TYPES)
        assert message is not None
    role, status = _ROLES.get(message.role), _STATUSES.get(message.status)
    # A newer version's document may say what this one does not know.
    if role is None:
        role = _member(_ROLES, fields, "role", Role.SYSTEM if is_lenient else None)
    if status is None:
        status = _member(_STATUSES, fields, "status", Status.PARTIAL if is_lenient else None)
    message.role, message.status = role, status
    if "attachments" in fields:
        message.attachments = [_attachment(each) for each in fields["attachments"]]
    if "usage" in fields:
        _check_depth("usage", fields["usage"])
    if "wire" in fields:
        _check_depth("wire", fields["wire"])
    if extra:
        message.extra = extra
    return message


def _attachment(raw: object) -> Attachment:
    try:
        fields, extra = _checked(raw, _ATTACHMENT_TYPES, _REQUIRED_OF_ATTACHMENT)
    except _Wrong as wrong:
        raise wrong.below("attachments") from None
    return Attachment(**fields, extra=extra)


def _member(known: Mapping[str, _T], fields: dict[str, Any], key: str, other: _T | None) -> _T:
    """The member with this value; for one that does not exist `other`."""
    found = known.get(fields[key], other)
    if found is None:
        raise _Wrong(key, f"is {fields[key]!r}, which is none of {', '.join(known)}")
    return found
