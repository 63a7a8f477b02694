"""Conversations from files into the store.

Each one is written whole before the next is read, so whatever ends an import leaves a store that is
whole, and to run it again brings in the rest: what is there already is left as it is.
"""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from enum import StrEnum
from itertools import chain, islice
from typing import TYPE_CHECKING, Final

from copilot_tui.conversation import Conversation
from copilot_tui.errors import NewerDocument, NotFound, UnreadableDocument
from copilot_tui.formats.foreign import SOURCE_KEY, Found, Item, Skipped, derived_id
from copilot_tui.formats.sources import UNKNOWN, Source, files_of
from copilot_tui.store import merge

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable, Iterator
    from pathlib import Path

    from copilot_tui.store import Store

COUNTED: Final = 100_000
"""Files that are counted before the first is read; of more it is not said how far it is."""

_CHOSEN_HERE: Final = ("backend", "model", "system", "settings", "tags", "pinned", "archived")
"""What the user may have changed since a first import, and another program does not know."""


class Outcome(StrEnum):
    """What became of one conversation."""

    IMPORTED = "imported"
    MERGED = "merged"
    """It was there with other messages; now it has those of both."""
    UNCHANGED = "unchanged"
    """It was there already."""
    SKIPPED = "skipped"


@dataclass(frozen=True)
class Entry:
    """One line of the report."""

    file: Path
    outcome: Outcome
    title: str
    """Of a conversation; else the place in the file, or nothing for the whole file."""
    id: str | None = None
    """The conversation's id in the store."""
    program: str = ""
    """Who wrote it."""
    why: str = ""
    """Why it was skipped, or what was changed to take it in."""
    is_fault: bool = False
    """It was meant to be imported and could not be."""
    hidden: int = 0
    """Messages that were left out because their program never shows them."""


def import_files(
    store: Store, paths: Iterable[Path]
) -> Generator[tuple[Source, Entry], None, None]:
    """Bring in what is in these files and folders, conversation by conversation.

    Nothing more is done when no more is asked for. Raises StoreError when the store cannot be
    written; what came before is in it.
    """
    trashed = frozenset(summary.id for summary in store.trashed())
    for path in paths:
        is_folder, is_known = path.is_dir(), False
        for source in _sources(path):
            file = source.path
            for item in source.items():
                entry = _entry(store, file, item, trashed)
                if is_folder and entry.why == UNKNOWN:  # other things may lie in a folder
                    entry = replace(entry, is_fault=False)
                else:
                    is_known = True
                yield source, entry
        if is_folder and not is_known:
            yield Source(path), Entry(path, Outcome.SKIPPED, "", why=UNKNOWN, is_fault=True)


def _sources(path: Path) -> Iterator[Source]:
    """The files of a folder, each with its place among them if they can be counted at once."""
    files = files_of(path)
    counted = list(islice(files, COUNTED))
    count = len(counted) if len(counted) < COUNTED else None
    for number, file in enumerate(chain(counted, files)):
        yield Source(file, number=number, count=count)


def _entry(store: Store, file: Path, item: Item, trashed: frozenset[str]) -> Entry:
    if isinstance(item, Skipped):
        return Entry(file, Outcome.SKIPPED, item.what, why=item.why, is_fault=item.is_fault)
    conversation = item.conversation
    entry = Entry(
        file,
        Outcome.IMPORTED,
        conversation.title,
        program=item.program,
        why=item.note,
        hidden=item.hidden,
    )
    try:
        outcome, why = _bring_in(store, item, trashed)
    except (UnreadableDocument, NewerDocument) as error:
        return replace(entry, outcome=Outcome.SKIPPED, why=str(error), is_fault=True)
    return replace(entry, outcome=outcome, id=conversation.id, why=why or entry.why)


def _bring_in(store: Store, found: Found, trashed: frozenset[str]) -> tuple[Outcome, str]:
    """Bring in one conversation; what became of it, and what is to be said of that."""
    conversation, note = found.conversation, ""
    present = _present(store, conversation.id)
    if present is not None and _is_another(present, conversation):
        first = next(iter(conversation.messages))
        conversation.id = derived_id("another", conversation.id, first)
        present = _present(store, conversation.id)
        note = "its id belongs to another conversation here, so it has a new one"
    if present is not None:
        changed = _take_in(store, present, conversation, is_own=found.is_own)
        return (Outcome.MERGED if changed else Outcome.UNCHANGED), note
    if conversation.id in trashed:
        hint = f"it is in the trash; bring it back with: copilot-tui restore {conversation.id}"
        return Outcome.SKIPPED, hint
    store.save(conversation)
    return Outcome.IMPORTED, note


def _present(store: Store, conversation_id: str) -> Conversation | None:
    try:
        return store.load(conversation_id)
    except NotFound:
        return None


def _is_another(present: Conversation, incoming: Conversation) -> bool:
    """Whether only the id is common to the two."""
    if not present.messages or not incoming.messages:
        return False
    source = present.extra.get(SOURCE_KEY)
    if source is not None and source == incoming.extra.get(SOURCE_KEY):
        return False
    ours = {*present.messages, *present.deleted}
    return ours.isdisjoint({*incoming.messages, *incoming.deleted})


def _take_in(store: Store, present: Conversation, incoming: Conversation, *, is_own: bool) -> bool:
    """Add what the conversation in the store has not; whether there was anything."""
    if incoming == present:
        return False
    if not is_own:
        chosen = {name: getattr(present, name) for name in _CHOSEN_HERE}
        incoming = replace(incoming, **chosen)
    older, newer = sorted(
        (incoming, present), key=lambda each: (each.updated_at, len(each.messages))
    )
    merged = merge(None, newer, older)
    # Of a foreign one only messages are news: its times may be no more than its file's.
    if merged == present or (not is_own and merged.messages == present.messages):
        return False
    for each in fields(Conversation):
        if each.init and each.name != "messages":
            setattr(present, each.name, getattr(merged, each.name))
    present.replace_messages(merged.messages.values())
    store.save(present)
    return True
