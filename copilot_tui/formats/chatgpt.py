"""ChatGPT's conversations.json: the tree of each conversation, with all its branches.

Source: the data export of the settings page. Its form is not documented by its maker; what is read
here is what exports of 2023 to 2026 have. Images, files and sounds are not part of the file, so a
note stands in their place.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from copilot_tui.conversation import Role, Status
from copilot_tui.formats.foreign import (
    Found,
    Item,
    Origin,
    Skipped,
    Turn,
    conversation_of,
    derived_id,
    fenced,
    utc,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

PROGRAM: Final = "ChatGPT"

_MARKER: Final = re.compile("\ue200[^\ue201]*\ue201")
"""Where a citation stands: private characters around the name of a source."""

_DETAILS: Final = {"stop": "stop", "max_tokens": "length"}


def recognises(value: dict[str, Any]) -> bool:
    """Whether it is a conversation of ChatGPT's export."""
    return isinstance(value.get("mapping"), dict)


def read(value: dict[str, Any]) -> Iterator[Item]:
    """The conversation in this object."""
    mapping: dict[str, Any] = value["mapping"]
    key = value.get("conversation_id") or value.get("id")
    origin = Origin(
        program=PROGRAM,
        key=str(key) if key else derived_id(PROGRAM, *sorted(mapping)),
        title=_text(value.get("title")),
        created_at=utc(value.get("create_time")),
        updated_at=utc(value.get("update_time")),
        model=_text(value.get("default_model_slug")) or None,
        archived=value.get("is_archived") is True,
        head=_text(value.get("current_node")) or None,
    )
    turns, hidden = [], 0
    for id_, node in mapping.items():
        if isinstance(node, dict):
            turns.append(turn := _turn(id_, node))
            if _is_hidden(node):
                hidden += bool(turn.text)
                turn.text = ""
    conversation = conversation_of(origin, turns)
    if conversation.messages:
        yield Found(conversation, PROGRAM, hidden)
    else:
        yield Skipped(conversation.title, "there is no message in it", is_fault=False)


def _turn(key: str, node: dict[str, Any]) -> Turn:
    message = _dict(node.get("message"))
    author, content = _dict(message.get("author")), _dict(message.get("content"))
    metadata = _dict(message.get("metadata"))
    speaker = _text(author.get("role"))
    role = _role(speaker, message, content)
    text = _with_attachments(_content(content), metadata, content)
    if role is None and text:
        who = author.get("name") if speaker == "tool" else message.get("recipient")
        text = f"{who}:\n\n{text}" if who not in (None, "", "all") else text
    details = _text(_dict(metadata.get("finish_details")).get("type"))
    is_cut = role is Role.ASSISTANT and (
        details == "interrupted" or message.get("status") == "in_progress"
    )
    return Turn(
        key=key,
        parent=_text(node.get("parent")) or None,
        role=role,
        text=_without_markers(text, metadata),
        created_at=utc(message.get("create_time")),
        status=Status.PARTIAL if is_cut else Status.COMPLETE,
        model=(_text(metadata.get("model_slug")) or None) if role is not Role.USER else None,
        finish_reason=_DETAILS.get(details) if role is Role.ASSISTANT else None,
    )


def _role(speaker: str, message: dict[str, Any], content: dict[str, Any]) -> Role | None:
    kind = content.get("content_type")
    if speaker == "assistant":
        is_call = message.get("recipient") not in (None, "all")
        return None if is_call or kind in ("thoughts", "reasoning_recap") else Role.ASSISTANT
    if speaker == "tool":  # a picture that a tool made is what was asked for
        return Role.ASSISTANT if _has_image(content) else None
    return {"user": Role.USER, "system": Role.SYSTEM}.get(speaker)


def _is_hidden(node: dict[str, Any]) -> bool:
    metadata = _dict(_dict(node.get("message")).get("metadata"))
    return metadata.get("is_visually_hidden_from_conversation") is True


def _has_image(content: dict[str, Any]) -> bool:
    return any(_dict(p).get("content_type") == "image_asset_pointer" for p in _parts(content))


def _content(content: dict[str, Any]) -> str:
    """What the message says, with a note for what is not text."""
    kind, text = content.get("content_type"), _text(content.get("text"))
    if kind == "code":
        language = _text(content.get("language"))
        is_name = re.fullmatch(r"[\w+#.-]{1,30}", language) and language != "unknown"
        return fenced(text, language if is_name else "") if text else ""
    if kind == "execution_output":
        return fenced(text) if text else ""
    if kind == "thoughts":
        thoughts = [_dict(each) for each in _list(content.get("thoughts"))]
        lines = (_text(each.get("content")) or _text(each.get("summary")) for each in thoughts)
        return "\n\n".join(filter(None, lines))
    if kind == "tether_quote":
        heading = " ".join(filter(None, (_text(content.get("title")), _text(content.get("url")))))
        return "\n".join(filter(None, (heading, text)))
    parts = _parts(content)
    if parts:
        return "\n".join(filter(None, map(_part, parts)))
    others = (text, _text(content.get("result")), _text(content.get("content")))
    return next(filter(None, others), "")


def _part(part: object) -> str:
    if isinstance(part, str):
        return part
    fields = _dict(part)
    kind = _text(fields.get("content_type"))
    if kind == "image_asset_pointer":
        made = _dict(_dict(fields.get("metadata")).get("dalle"))
        prompt = " ".join(_text(made.get("prompt")).split())
        return f"[image: {prompt}]" if prompt else "[image]"
    if kind == "audio_transcription":
        return _text(fields.get("text"))
    if kind in ("audio_asset_pointer", "real_time_user_audio_video_asset_pointer"):
        return "[audio]"
    return _text(fields.get("text")) or (f"[{kind}]" if kind else "")


def _with_attachments(text: str, metadata: dict[str, Any], content: dict[str, Any]) -> str:
    """The text with the names of the files that went with it."""
    files = [_dict(each) for each in _list(metadata.get("attachments"))]
    pointers = [_text(_dict(part).get("asset_pointer")) for part in _parts(content)]
    notes = []
    for file in files:
        name, id_ = " ".join(_text(file.get("name")).split()), _text(file.get("id"))
        is_image = bool(id_) and any(pointer.endswith(id_) for pointer in pointers)
        if is_image and name:
            text = text.replace("[image]", f"[image: {name}]", 1)
        elif name:
            notes.append(f"[attached: {name}]")
    return "\n".join(filter(None, (text, *notes)))


def _without_markers(text: str, metadata: dict[str, Any]) -> str:
    """The text with its citations as ChatGPT shows them: a link, or nothing."""
    if "\ue200" not in text:
        return text
    shown = {}
    for each in map(_dict, _list(metadata.get("content_references"))):
        shown[_text(each.get("matched_text"))] = _text(each.get("alt"))
    return _MARKER.sub(lambda marker: shown.get(marker[0], ""), text)


def _parts(content: dict[str, Any]) -> list[Any]:
    return _list(content.get("parts"))


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def _dict(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []
