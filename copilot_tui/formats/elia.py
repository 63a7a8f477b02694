"""elia's store: elia.sqlite, tables `chat` and `message`.

Checked against a store that elia-chat 1.10.0 made. Its chats are lists; `parent_id` is in the
schema and is followed where it is set.
"""

from __future__ import annotations

from itertools import groupby
from operator import itemgetter
from typing import TYPE_CHECKING, Final

from copilot_tui.conversation import Role
from copilot_tui.formats.foreign import Found, Item, Origin, Skipped, Turn, conversation_of, utc
from copilot_tui.formats.sqlite import Database, text

if TYPE_CHECKING:
    from collections.abc import Iterator

PROGRAM: Final = "elia"

_ROLES: Final = {role.value: role for role in Role}


def recognises(tables: dict[str, set[str]]) -> bool:
    """Whether these tables are elia's."""
    return {"model", "title", "started_at"} <= tables.get("chat", set()) and {
        "chat_id", "role", "content", "timestamp",
    } <= tables.get("message", set())  # fmt: skip


def read(database: Database) -> Iterator[Item]:
    """Every chat of the store."""
    archived = "c.archived" if "archived" in database.tables["chat"] else "0"
    parent = "m.parent_id" if "parent_id" in database.tables["message"] else "NULL"
    model = "m.model" if "model" in database.tables["message"] else "NULL"
    rows = database.rows(
        f"SELECT c.id, c.title, c.model, c.started_at, {archived}, m.id, {parent}, m.role,"
        f" m.content, m.timestamp, {model}"
        " FROM chat c LEFT JOIN message m ON m.chat_id = c.id ORDER BY c.id, m.id"
    )
    for _, chat in groupby(rows, key=itemgetter(0)):
        yield _read_chat(list(chat))


def _read_chat(rows: list[tuple[object, ...]]) -> Item:
    id_, title, model, started_at, archived = rows[0][:5]
    # Ids begin at 1 in every store; the moment of the start tells one machine's from another's.
    origin = Origin(
        program=PROGRAM,
        key=f"{text(id_)} {text(started_at)}",
        title=text(title),
        created_at=utc(started_at),
        model=text(model) or None,
        archived=bool(archived),
    )
    turns = []
    before = None
    for message_id, parent, role, content, when, used in (row[5:] for row in rows):
        if message_id is None:
            continue
        speaker = _ROLES.get(text(role))
        turns.append(
            Turn(
                key=text(message_id),
                parent=text(parent) if parent is not None else before,
                role=speaker,
                text=text(content),
                created_at=utc(when),
                model=(text(used) or None) if speaker is Role.ASSISTANT else None,
            )
        )
        before = text(message_id)
    conversation = conversation_of(origin, turns)
    if not conversation.messages:
        return Skipped(conversation.title, "there is no message in it", is_fault=False)
    return Found(conversation, PROGRAM)
