"""llm's store: logs.db, of both generations.

Since 0.36 a conversation is a thread that points into a tree of messages, which threads share
where they say the same; before, it was a list of prompts with their responses, and such rows stay
where they are after an update. Checked against stores that llm 0.36 and 0.27 made.
"""

from __future__ import annotations

import json
from functools import lru_cache
from itertools import groupby
from operator import itemgetter
from typing import TYPE_CHECKING, Any, Final

from copilot_tui.conversation import Role
from copilot_tui.formats.foreign import Found, Item, Origin, Skipped, Turn, conversation_of, utc
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
    threads: set[str] = set()
    if _has_threads(database.tables):
        fragment = _fragments(database)
        named = database.rows(
            "SELECT id, name, tip_message_hash, datetime_utc FROM threads ORDER BY rowid"
        )
        for id_, name, tip, when in list(named):
            threads.add(text(id_))
            yield _thread(database, (text(id_), text(name), text(tip), utc(when)), fragment)
    if _has_responses(database.tables):
        # A conversation that was gone on with after the update is a thread with all its messages.
        yield from _responses(database, threads)


def _has_threads(tables: dict[str, set[str]]) -> bool:
    return all(name in tables for name in _THREAD_TABLES) and "parent_hash" in tables["messages"]


def _has_responses(tables: dict[str, set[str]]) -> bool:
    return "name" in tables.get("conversations", set()) and {
        "prompt", "response", "conversation_id",
    } <= tables.get("responses", set())  # fmt: skip


def _fragments(database: Database) -> Callable[[object], str]:
    @lru_cache(maxsize=32)
    def fragment(id_: object) -> str:
        rows = database.rows("SELECT content FROM fragments WHERE id = ?", id_)
        return next((text(content) for (content,) in rows), "")

    return fragment


# Threads


def _thread(
    database: Database, about: tuple[str, str, str, str], fragment: Callable[[object], str]
) -> Item:
    id_, name, tip, when = about
    origin = Origin(program=PROGRAM, key=id_, title=name, created_at=when, head=tip)
    turns: dict[str, Turn] = {}
    for key, rows in groupby(database.rows(_CHAIN, id_), key=itemgetter(0)):
        parts = list(rows)
        turns[text(key)] = _of_parts(text(key), parts, fragment)
    calls = database.rows(
        "SELECT parent_message_hash, tip_message_hash, coalesce(resolved_model, model),"
        " input_tokens, output_tokens, duration_ms, datetime_utc FROM turns WHERE thread_id = ?"
        " ORDER BY datetime_utc",
        id_,
    )
    for call in calls:
        _note_call(turns, call)
        origin.model = text(call[2]) or origin.model
    conversation = conversation_of(origin, turns.values())
    if not conversation.messages:
        return Skipped(conversation.title, "there is no message in it", is_fault=False)
    return Found(conversation, PROGRAM)


def _of_parts(key: str, rows: list[tuple[Any, ...]], fragment: Callable[[object], str]) -> Turn:
    _, parent, role = rows[0][:3]
    said: list[str] = []
    thought: list[str] = []
    for kind, literal, payload in (row[3:] for row in rows):
        content = _part(kind, literal, _json(payload), fragment)
        is_aside = kind in ("reasoning", "tool_call", "tool_result")
        (thought if is_aside else said).append(content)
    speaker = _ROLES.get(text(role))
    if speaker is Role.ASSISTANT and not any(said):
        speaker = None  # it called a tool and said nothing
    if speaker is None:
        said, thought = [*said, *thought], []
    return Turn(
        key=key,
        parent=text(parent) or None,
        role=speaker,
        text="\n\n".join(filter(None, said)),
        reasoning="\n\n".join(filter(None, thought)),
    )


def _part(
    kind: object, literal: object, payload: dict[str, Any], fragment: Callable[[object], str]
) -> str:
    if kind in ("text", "reasoning"):
        if literal is not None:
            return text(literal)
        pieces = payload.get("text_ref")
        if isinstance(pieces, list):
            return "".join(_piece(piece, fragment) for piece in pieces)
        return text(payload.get("text"))
    if kind == "tool_call":
        arguments = json.dumps(payload.get("arguments"), ensure_ascii=False)
        return f"{text(payload.get('name'))}({arguments})"
    if kind == "tool_result":
        return f"{text(payload.get('name'))}:\n\n{text(payload.get('output'))}"
    return "[attachment]" if kind == "attachment" else ""


def _piece(piece: object, fragment: Callable[[object], str]) -> str:
    if not isinstance(piece, dict):
        return ""
    number = piece.get("fragment")
    return fragment(number) if isinstance(number, int) else text(piece.get("literal"))


def _note_call(turns: dict[str, Turn], call: tuple[Any, ...]) -> None:
    """Tell the messages that one call of the model made, and those that it was given, when it was
    and who answered.
    """
    parent, tip, model, tokens_in, tokens_out, duration, when = call
    made = _above(turns, text(tip), until=text(parent))
    for turn in made:
        turn.created_at = turn.created_at or utc(when)
        turn.model = text(model) or None
    if made:
        made[0].usage = _usage(tokens_in, tokens_out)
        made[0].elapsed_s = duration / 1000 if isinstance(duration, int) else None
    for turn in _above(turns, text(parent), until=None):
        if turn.created_at:
            break
        turn.created_at = utc(when)


def _above(turns: dict[str, Turn], key: str, *, until: str | None) -> list[Turn]:
    """The turns from this one upwards, to one with a time or to `until`."""
    found: list[Turn] = []
    seen = set()
    while key != until and key in turns and key not in seen:
        seen.add(key)
        found.append(turns[key])
        if turns[key].created_at:
            break
        key = turns[key].parent or ""
    return found


# Prompts with their responses


def _responses(database: Database, threads: set[str]) -> Iterator[Item]:
    columns = database.tables["responses"]
    wanted = [
        name if name in columns else f"NULL AS {name}"
        for name in (
            "id", "prompt", "system", "response", "model", "resolved_model", "reasoning",
            "duration_ms", "datetime_utc", "input_tokens", "output_tokens",
        )
    ]  # fmt: skip
    selected = ", ".join(f"r.{name}" if "NULL" not in name else name for name in wanted)
    rows = database.rows(
        f"SELECT coalesce(r.conversation_id, r.id), c.name, {selected} FROM responses r"
        " LEFT JOIN conversations c ON c.id = r.conversation_id ORDER BY 1, r.datetime_utc, r.rowid"
    )
    given = _given(database)
    for id_, found in groupby(rows, key=itemgetter(0)):
        if text(id_) not in threads:
            yield _conversation(text(id_), list(found), given)


def _given(database: Database) -> dict[str, list[str]]:
    """What went with each prompt besides its text: fragments whole, attachments as a note."""
    found: dict[str, list[str]] = {}
    tables = database.tables
    if {"prompt_fragments", "fragments"} <= tables.keys():
        rows = database.rows(
            "SELECT p.response_id, f.content FROM prompt_fragments p"
            ' JOIN fragments f ON f.id = p.fragment_id ORDER BY p.response_id, p."order"'
        )
        for id_, content in rows:
            found.setdefault(text(id_), []).append(text(content))
    if {"prompt_attachments", "attachments"} <= tables.keys():
        rows = database.rows(
            "SELECT p.response_id, coalesce(a.path, a.url, a.type, '') FROM prompt_attachments p"
            ' JOIN attachments a ON a.id = p.attachment_id ORDER BY p.response_id, p."order"'
        )
        for id_, name in rows:
            found.setdefault(text(id_), []).append(f"[attachment: {text(name)}]")
    return found


def _conversation(id_: str, rows: list[tuple[Any, ...]], given: dict[str, list[str]]) -> Item:
    origin = Origin(program=PROGRAM, key=id_, title=text(rows[0][1]))
    turns: list[Turn] = []
    for row in rows:
        _, _, key, prompt, system, response, model, resolved, thought, duration, when = row[:11]
        origin.system = origin.system or text(system)
        origin.model = text(resolved) or text(model) or origin.model
        asked = Turn(
            key=f"{text(key)} prompt",
            parent=turns[-1].key if turns else None,
            role=Role.USER,
            text="\n".join([*given.get(text(key), ()), text(prompt)]).strip("\n"),
            created_at=utc(when),
        )
        answered = Turn(
            key=f"{text(key)} response",
            parent=asked.key,
            role=Role.ASSISTANT,
            text=text(response),
            reasoning=text(thought),
            created_at=utc(when),
            model=text(resolved) or text(model) or None,
            usage=_usage(*row[11:13]),
            elapsed_s=duration / 1000 if isinstance(duration, int) else None,
        )
        turns += (asked, answered)
    conversation = conversation_of(origin, turns)
    if not conversation.messages:
        return Skipped(conversation.title, "there is no message in it", is_fault=False)
    return Found(conversation, PROGRAM)


def _usage(tokens_in: object, tokens_out: object) -> dict[str, Any] | None:
    counted = {"prompt_tokens": tokens_in, "completion_tokens": tokens_out}
    return {name: count for name, count in counted.items() if isinstance(count, int)} or None


def _json(value: object) -> dict[str, Any]:
    try:
        found = json.loads(text(value) or "null", parse_constant=lambda _: None)
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}
