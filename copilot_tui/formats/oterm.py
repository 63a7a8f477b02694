"""oterm's store: store.db, tables `chat` and `message`.

Checked against a store that oterm 0.26.1 made. It keeps no times, so the file's own stands in for
them, and a regenerated reply overwrites the one before under the same id: a message's id here comes
from its text, so that after another import both are there.
"""

from __future__ import annotations

import json
import re
from itertools import groupby
from operator import itemgetter
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
)
from copilot_tui.formats.sqlite import Database, text

if TYPE_CHECKING:
    from collections.abc import Iterator

PROGRAM: Final = "oterm"

_ROLES: Final = {"user": Role.USER, "assistant": Role.ASSISTANT, "system": Role.SYSTEM}

_THOUGHT: Final = re.compile(r"\s*<think>(.*?)</think>\s*", re.DOTALL)

_SETTINGS: Final = ("temperature", "top_p", "max_tokens")


def recognises(tables: dict[str, set[str]]) -> bool:
    """Whether these tables are oterm's."""
    return {"name", "model"} <= tables.get("chat", set()) and {
        "chat_id", "author", "text",
    } <= tables.get("message", set())  # fmt: skip


def read(database: Database) -> Iterator[Item]:
    """Every chat of the store."""
    chat, message = database.tables["chat"], database.tables["message"]
    system = "c.system" if "system" in chat else "NULL"
    parameters = "c.parameters" if "parameters" in chat else "NULL"
    images = "m.images" if "images" in message else "NULL"
    rows = database.rows(
        f"SELECT c.id, c.name, c.model, {system}, {parameters}, m.id, m.author, m.text, {images}"
        " FROM chat c LEFT JOIN message m ON m.chat_id = c.id ORDER BY c.id, m.id"
    )
    for _, found in groupby(rows, key=itemgetter(0)):
        yield _read_chat(list(found), database.changed_at)


def _read_chat(rows: list[tuple[object, ...]], changed_at: str) -> Item:
    id_, name, model, system, parameters = rows[0][:5]
    first = text(rows[0][7])
    origin = Origin(
        program=PROGRAM,
        # Ids begin at 1 in every store; the first prompt tells one machine's from another's.
        key=f"{text(id_)} {first}",
        title=text(name),
        created_at=changed_at,
        updated_at=changed_at,
        model=text(model) or None,
        system=text(system),
        settings=_settings(parameters),
    )
    turns: list[Turn] = []
    for message_id, author, said, images in (row[5:] for row in rows):
        if message_id is not None:
            turns.append(_turn(turns, text(author), text(said), images, origin.model))
    conversation = conversation_of(origin, turns)
    if not conversation.messages:
        return Skipped(conversation.title, "there is no message in it", is_fault=False)
    return Found(conversation, PROGRAM)


def _turn(before: list[Turn], author: str, said: str, images: object, model: str | None) -> Turn:
    parent = before[-1].key if before else None
    role = _ROLES.get(author)
    reasoning = ""
    if role is Role.ASSISTANT and (thought := _THOUGHT.match(said)):
        reasoning, said = thought[1].strip(), said[thought.end() :]
    for _ in range(_count(images)):
        if "[Image #" not in said:
            said = f"{said}\n[image]" if said else "[image]"
    return Turn(
        key=chained_key(parent, author, said),
        parent=parent,
        role=role,
        text=said,
        reasoning=reasoning,
        model=model if role is Role.ASSISTANT else None,
    )


def _count(images: object) -> int:
    found = _json(images)
    return min(len(found), 100) if isinstance(found, list) else 0


def _settings(parameters: object) -> dict[str, Any]:
    found = _json(parameters)
    if not isinstance(found, dict):
        return {}
    return {name: found[name] for name in _SETTINGS if type(found.get(name)) in (int, float)}


def _json(value: object) -> object:
    try:
        return json.loads(text(value) or "null", parse_constant=lambda _: None)
    except (ValueError, RecursionError):
        return None
