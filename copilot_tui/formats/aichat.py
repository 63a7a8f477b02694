"""aichat's sessions (YAML, one file each) and its messages.md, where single questions go.

Source: what aichat 0.1 to 0.30 write, by their source code: `model`, `temperature`, `top_p`,
`compressed_messages` and `messages` of a session, each with `role` and `content`; and in
messages.md `# CHAT: summary [time]`, the prompt, a rule, the reply, a rule.
"""

from __future__ import annotations

import json
import math
import re
from typing import TYPE_CHECKING, Any, Final

from copilot_tui.conversation import Role
from copilot_tui.formats.foreign import (
    Found,
    Item,
    Origin,
    Skipped,
    Turn,
    chained_key,
    conversation_of,
    utc,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

PROGRAM: Final = "aichat"

_SESSION: Final = re.compile(r"^messages:(?:\s|$)", re.MULTILINE)

_MODEL: Final = re.compile(r"^model:\s", re.MULTILINE)

_CHAT: Final = re.compile(r"^# CHAT: (.*) \[(\d{4}-[^\]\n]*)\](?: \(.*\))?$", re.MULTILINE)

_RULE: Final = "\n--------\n"

_AUTONAME: Final = re.compile(r"(\d{8}T\d{6})-")

_THOUGHT: Final = re.compile(r"<think>\n?(.*?)\n?</think>\s*", re.DOTALL)

_ROLES: Final = {role.value: role for role in Role}

_SETTINGS: Final = ("temperature", "top_p")

_DEPTH_MOST: Final = 100
"""Levels of a session; aichat writes five."""


def recognises(content: str) -> bool:
    """Whether this text is a session, or the list of single questions."""
    is_session = _SESSION.search(content) and _MODEL.search(content)
    return bool(is_session or _CHAT.match(content.lstrip("\n")))


def read(content: str, name: str, changed_at: str) -> Iterator[Item]:
    """The session, or every question; `name` is the file's without its suffix."""
    if _CHAT.match(content.lstrip("\n")):
        yield from _chats(content)
    else:
        yield _session(content, name, changed_at)


# Sessions


def _session(content: str, name: str, changed_at: str) -> Item:
    fields = _yaml(content)
    if isinstance(fields, str):
        return Skipped(name, fields)
    messages = [
        message
        for key in ("compressed_messages", "messages")
        for message in _list(fields.get(key))
        if isinstance(message, dict)
    ]
    autoname = _AUTONAME.match(name)
    turns: list[Turn] = []
    for message in messages:
        turns += _turns(turns, message, _text(fields.get("model")))
    prompts = (turn.text for turn in turns if turn.role is Role.USER)
    origin = Origin(
        program=PROGRAM,
        # A session has no id, and its name is free again when it was deleted.
        key=f"{name} {next(prompts, '')}",
        title=name[autoname.end() :] if autoname else name,
        created_at=(utc(autoname[1]) if autoname else "") or changed_at,
        updated_at=changed_at,
        model=_text(fields.get("model")) or None,
        settings=_settings(fields),
    )
    conversation = conversation_of(origin, turns)
    if not conversation.messages:
        return Skipped(name, "there is no message in it", is_fault=False)
    return Found(conversation, PROGRAM)


def _yaml(content: str) -> dict[str, Any] | str:
    """The fields, every scalar as the text it is; or why there are none."""
    import yaml

    # Text stays text: `yes` is a word that somebody said, and no bool.
    loader = getattr(yaml, "CBaseLoader", yaml.BaseLoader)
    try:
        if fault := _fault(yaml.parse(content, Loader=loader)):
            return fault
        found = yaml.load(content, Loader=loader)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f" (line {mark.line + 1})" if mark is not None else ""
        return f"it is no YAML{where}"
    except (RecursionError, ValueError):
        return "it is nested too deeply, or no YAML"
    return found if isinstance(found, dict) else "it is no session"


def _fault(events: Iterable[object]) -> str:
    """Why nothing is to be built from these; empty: it may be. The loader in C builds on the stack,
    level by level, and ends the program when that is used up; and aliases can stand for more than
    any memory holds.
    """
    from yaml import AliasEvent, CollectionEndEvent, CollectionStartEvent

    depth = 0
    for event in events:
        if isinstance(event, AliasEvent):
            return "it has aliases, which no session has"
        depth += isinstance(event, CollectionStartEvent) - isinstance(event, CollectionEndEvent)
        if depth > _DEPTH_MOST:
            return "it is nested too deeply"
    return ""


def _turns(before: list[Turn], message: dict[str, Any], model: str) -> Iterator[Turn]:
    speaker = _ROLES.get(_text(message.get("role")))
    content = message.get("content")
    reasoning = ""
    if isinstance(content, dict):  # calls of tools, with what they gave
        results = content.get("tool_results")
        reasoning = json.dumps(results, ensure_ascii=False, indent=1) if results else ""
        said = _text(content.get("text"))
    elif isinstance(content, list):
        said = "\n".join(filter(None, map(_part, content)))
    else:
        said = _text(content)
    if speaker is Role.ASSISTANT and (thought := _THOUGHT.match(said)):
        reasoning, said = thought[1], said[thought.end() :]
    if speaker is Role.ASSISTANT and not said:
        speaker, said, reasoning = None, reasoning, ""
    parent = before[-1].key if before else None
    yield Turn(
        key=chained_key(parent, _text(message.get("role")), said),
        parent=parent,
        role=speaker,
        text=said,
        reasoning=reasoning,
        model=model or None if speaker is Role.ASSISTANT else None,
    )


def _part(part: object) -> str:
    if not isinstance(part, dict):
        return ""
    if part.get("type") == "text":
        return _text(part.get("text"))
    image = part.get("image_url")
    url = _text(image.get("url")) if isinstance(image, dict) else ""
    return "[image]" if not url or url.startswith("data:") else f"[image: {url}]"


def _settings(fields: dict[str, Any]) -> dict[str, Any]:
    found = {}
    for name in _SETTINGS:
        try:
            value = float(_text(fields.get(name)))
        except ValueError:
            continue
        if math.isfinite(value):
            found[name] = value
    return found


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []


# Single questions


def _chats(content: str) -> Iterator[Item]:
    heads = list(_CHAT.finditer(content))
    for head, following in zip(heads, [*heads[1:], None], strict=True):
        body = content[head.end() + 1 : following.start() if following else len(content)]
        prompt, rule, reply = body.partition(_RULE)
        reply = reply.rstrip("\n").removesuffix("--------").rstrip("\n")
        title, when = head[1], utc(head[2])
        if not rule:
            yield Skipped(title, "its reply is missing")
            continue
        thought = _THOUGHT.match(reply)
        asked = Turn(key="prompt", parent=None, role=Role.USER, text=prompt, created_at=when)
        answered = Turn(
            key="reply",
            parent="prompt",
            role=Role.ASSISTANT,
            text=reply[thought.end() :] if thought else reply,
            reasoning=thought[1] if thought else "",
            created_at=when,
        )
        origin = Origin(program=PROGRAM, key=f"{head[2]} {prompt}", title=title, created_at=when)
        yield Found(conversation_of(origin, (asked, answered)), PROGRAM)
