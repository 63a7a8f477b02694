"""llm's store: logs.db, of both generations.

Since 0.36 a conversation is a thread that points into a tree of messages, which threads share
where they say the same; before, it was a list of prompts with their responses, and those rows stay
where they are after an update, also of a conversation that is gone on with as a thread. So that
both give the same messages, a message's id comes from what it says and from all above it. Checked
against stores that llm 0.27 and 0.36 made, and one of 0.27 that 0.36 went on with.
"""

from __future__ import annotations

import json
from functools import lru_cache
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
    utc,
)
from copilot_tui.formats.sqlite import Database, text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

PROGRAM: Final = "llm"

_ROLES: Final = {role.value: role for role in Role}

_THREAD_TABLES: Final = ("threads", "turns", "messages", "parts")

_CHAIN: Final = """
WITH RECURSIVE tips(hash) AS (
  SELECT tip_message_hash FROM turns WHERE thread_id = ?1
  UNION SELECT tip_message_hash FROM threads WHERE id = ?1
), chain(hash) AS (
  SELECT hash FROM tips WHERE hash IS NOT NULL
  UNION SELECT m.parent_hash FROM chain JOIN messages m ON m.hash = chain.hash
        WHERE m.parent_hash IS NOT NULL
)
SELECT m.hash, m.parent_hash, m.role, p.type, p.text, p.payload
FROM chain JOIN messages m ON m.hash = chain.hash LEFT JOIN parts p ON p.message_hash = m.hash
ORDER BY m.rowid, p.position
"""


def recognises(tables: dict[str, set[str]]) -> bool:
    """Whether these tables are llm's."""
    return _has_threads(tables) or _has_responses(tables)


def read(database: Database) -> Iterator[Item]:
    """Every conversation of the store."""
    threads: list[tuple[Any, ...]] = []
    if _has_threads(database.tables):
        query = "SELECT id, name, tip_message_hash, datetime_utc FROM threads ORDER BY rowid"
        threads = list(database.rows(query))
    ids = {text(id_) for id_, *_ in threads}
    begun: dict[str, tuple[Origin, list[Turn]]] = {}
    contents = _Contents(database)
    if _has_responses(database.tables):
        for origin, turns in _responses(database, contents):
            if origin.key in ids:
                begun[origin.key] = origin, turns
            else:
                yield _found(origin, turns)
    reader = _Threads(database, contents)
    for id_, name, tip, when in threads:
        origin = Origin(program=PROGRAM, key=text(id_), title=text(name), created_at=utc(when))
        before = begun.pop(origin.key, None)
        if before is not None:
            origin.title, origin.created_at = before[0].title, before[0].created_at
        yield _found(origin, reader.turns(origin, text(tip), before[1] if before else []))


def _found(origin: Origin, turns: list[Turn]) -> Item:
    conversation = conversation_of(origin, turns)
    if not conversation.messages:
        return Skipped(conversation.title, "there is no message in it", is_fault=False)
    return Found(conversation, PROGRAM)


def _has_threads(tables: dict[str, set[str]]) -> bool:
    return all(name in tables for name in _THREAD_TABLES) and "parent_hash" in tables["messages"]


def _has_responses(tables: dict[str, set[str]]) -> bool:
    return "name" in tables.get("conversations", set()) and {
        "prompt", "response", "conversation_id",
    } <= tables.get("responses", set())  # fmt: skip


class _Contents:
    """What is kept once for all prompts that have it: fragments, which may be whole books, and
    attachments.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self.fragment: Callable[[object], str] = lru_cache(maxsize=32)(self._fragment)
        """The text of the fragment with this number."""

    def _fragment(self, number: object) -> str:
        rows = self._database.rows("SELECT content FROM fragments WHERE id = ?", number)
        return next((text(content) for (content,) in rows), "")

    def attachment(self, id_: object) -> str:
        """A note about an attachment: where it was, or of what type it is."""
        rows = self._database.rows(
            "SELECT coalesce(path, url, type) FROM attachments WHERE id = ?", text(id_)
        )
        name = next((text(name) for (name,) in rows), "")
        return f"[attachment: {name}]" if name else "[attachment]"


# Threads


class _Threads:
    """Reads what threads point at."""

    def __init__(self, database: Database, contents: _Contents) -> None:
        self._database = database
        self._contents = contents

    def turns(self, origin: Origin, tip: str, before: list[Turn]) -> list[Turn]:
        """The turns of one thread, after those from before it was a thread; completes `origin`."""
        keys: dict[str, str | None] = {}
        """Of each message's hash; None for a system prompt, which is above all and no message."""
        made = {turn.key: turn for turn in before}
        for hash_, rows in groupby(self._database.rows(_CHAIN, origin.key), key=itemgetter(0)):
            turn = self._turn(list(rows), keys)
            if turn.role is Role.SYSTEM and turn.parent is None:
                origin.system = origin.system or turn.text
                keys[text(hash_)] = None
            else:
                keys[text(hash_)] = turn.key
                made.setdefault(turn.key, turn)
        calls = self._database.rows(
            "SELECT parent_message_hash, tip_message_hash, coalesce(resolved_model, model),"
            " input_tokens, output_tokens, duration_ms, datetime_utc FROM turns"
            " WHERE thread_id = ? ORDER BY datetime_utc",
            origin.key,
        )
        for parent, end, *call in calls:
            _note_call(made, keys.get(text(parent)), keys.get(text(end)), call)
            origin.model = text(call[0]) or origin.model
        origin.head = keys.get(tip)
        return list(made.values())

    def _turn(self, rows: list[tuple[Any, ...]], keys: dict[str, str | None]) -> Turn:
        _, above, role = rows[0][:3]
        said: list[str] = []
        thought: list[str] = []
        notes: list[str] = []
        for kind, literal, payload in (row[3:] for row in rows):
            content = self._part(kind, literal, _json(payload))
            is_aside = kind in ("reasoning", "tool_call", "tool_result")
            (notes if kind == "attachment" else thought if is_aside else said).append(content)
        speaker = _ROLES.get(text(role))
        if speaker is Role.ASSISTANT and not any(said):
            speaker = None  # it called a tool and said nothing
        if speaker is None:
            said, thought = [*said, *thought], []
        return _turn(
            keys.get(text(above)), speaker, "\n\n".join(filter(None, said)), notes,
            reasoning="\n\n".join(filter(None, thought)),
        )  # fmt: skip

    def _part(self, kind: object, literal: object, payload: dict[str, Any]) -> str:
        if kind in ("text", "reasoning"):
            if literal is not None:
                return text(literal)
            pieces = payload.get("text_ref")
            if isinstance(pieces, list):
                return "".join(map(self._piece, pieces))
            return text(payload.get("text"))
        if kind == "tool_call":
            arguments = json.dumps(payload.get("arguments"), ensure_ascii=False)
            return f"{text(payload.get('name'))}({arguments})"
        if kind == "tool_result":
            return f"{text(payload.get('name'))}:\n\n{text(payload.get('output'))}"
        if kind == "attachment":
            reference = payload.get("attachment")
            id_ = reference.get("id") if isinstance(reference, dict) else None
            return self._contents.attachment(id_)
        return ""

    def _piece(self, piece: object) -> str:
        if not isinstance(piece, dict):
            return ""
        number = piece.get("fragment")
        if isinstance(number, int):
            return self._contents.fragment(number)
        return text(piece.get("literal"))


def _turn(
    parent: str | None, speaker: Role | None, said: str, notes: list[str], *, reasoning: str = ""
) -> Turn:
    return Turn(
        key=chained_key(parent, speaker.value if speaker else "", said),
        parent=parent,
        role=speaker,
        text="\n\n".join(filter(None, (said, *notes))),
        reasoning=reasoning,
    )


def _note_call(
    turns: dict[str, Turn], parent: str | None, tip: str | None, call: list[Any]
) -> None:
    """Tell the messages that one call of the model made, and those that it was given, when it was
    and who answered.
    """
    model, tokens_in, tokens_out, duration, when = call
    made = _above(turns, tip, until=parent)
    for turn in made:
        turn.model = text(model) or None
    if made:
        made[0].usage = _usage(tokens_in, tokens_out)
        made[0].elapsed_s = _seconds(duration)
    for turn in (*made, *_above(turns, parent, until=None)):
        turn.created_at = utc(when)


def _above(turns: dict[str, Turn], key: str | None, *, until: str | None) -> list[Turn]:
    """The turns from this one upwards that have no time yet; not `until`."""
    found: dict[str, Turn] = {}
    while key is not None and key != until and key in turns and key not in found:
        if turns[key].created_at:
            break
        found[key] = turns[key]
        key = turns[key].parent
    return list(found.values())


# Prompts with their responses


def _responses(database: Database, contents: _Contents) -> Iterator[tuple[Origin, list[Turn]]]:
    columns = database.tables["responses"]
    wanted = (
        "id", "prompt", "system", "response", "model", "resolved_model", "reasoning",
        "duration_ms", "datetime_utc", "input_tokens", "output_tokens",
    )  # fmt: skip
    selected = ", ".join(f"r.{name}" if name in columns else "NULL" for name in wanted)
    rows = database.rows(
        f"SELECT coalesce(r.conversation_id, r.id), c.name, {selected} FROM responses r"
        " LEFT JOIN conversations c ON c.id = r.conversation_id ORDER BY 1, r.datetime_utc, r.rowid"
    )
    fragments = _links(database, "fragments", "prompt_fragments", "fragment_id")
    attachments = _links(database, "attachments", "prompt_attachments", "attachment_id")
    for id_, found in groupby(rows, key=itemgetter(0)):
        origin = Origin(program=PROGRAM, key=text(id_))
        turns: list[Turn] = []
        for row in found:
            key, prompt = text(row[2]), text(row[3])
            given = [*map(contents.fragment, fragments.get(key, ())), prompt]
            notes = [contents.attachment(each) for each in attachments.get(key, ())]
            asked = _turn(
                turns[-1].key if turns else None, Role.USER, "\n".join(filter(None, given)), notes
            )
            turns += (asked, _answered(asked, row))
            origin.title = text(row[1])
            origin.system = origin.system or text(row[4])
            origin.model = turns[-1].model or origin.model
        origin.created_at = turns[0].created_at
        yield origin, turns


def _links(database: Database, table: str, links: str, column: str) -> dict[str, list[object]]:
    """The ids of what went with each prompt besides its own text, by the id of the response."""
    found: dict[str, list[object]] = {}
    if {table, links} <= database.tables.keys():
        rows = database.rows(
            f'SELECT response_id, {column} FROM {links} ORDER BY response_id, "order"'
        )
        for id_, each in rows:
            found.setdefault(text(id_), []).append(each)
    return found


def _answered(asked: Turn, row: tuple[Any, ...]) -> Turn:
    """The response in this row; the prompt has its time."""
    response, model, resolved, thought, duration, when, tokens_in, tokens_out = row[5:]
    answered = _turn(asked.key, Role.ASSISTANT, text(response), [], reasoning=text(thought))
    asked.created_at = answered.created_at = utc(when)
    answered.model = text(resolved) or text(model) or None
    answered.usage = _usage(tokens_in, tokens_out)
    answered.elapsed_s = _seconds(duration)
    return answered


def _seconds(duration_ms: object) -> float | None:
    return duration_ms / 1000 if isinstance(duration_ms, int) else None


def _usage(tokens_in: object, tokens_out: object) -> dict[str, Any] | None:
    counted = {"prompt_tokens": tokens_in, "completion_tokens": tokens_out}
    return {name: count for name, count in counted.items() if isinstance(count, int)} or None


def _json(value: object) -> dict[str, Any]:
    try:
        found = json.loads(text(value) or "null", parse_constant=lambda _: None)
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}
