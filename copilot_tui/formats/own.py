"""Our own documents, as `export --format json` writes them and the store keeps them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from copilot_tui import document
from copilot_tui.errors import UnreadableDocument
from copilot_tui.formats.foreign import OWN, Found, Item, Skipped, derived_id

if TYPE_CHECKING:
    from collections.abc import Iterator


def recognises(value: dict[str, Any]) -> bool:
    """Whether it is meant as one of our documents."""
    return "version" in value and isinstance(value.get("messages"), list)


def read(value: dict[str, Any]) -> Iterator[Item]:
    """The conversation in this document."""
    title = str(value.get("title") or value.get("id") or "a document")
    try:
        conversation = document.from_json(value, "it")
    except UnreadableDocument as error:
        yield Skipped(title, str(error))
        return
    if document.is_newer(conversation):
        yield Skipped(title, "it was written by a newer version of copilot-tui; update this one")
        return
    note = ""
    if not document.is_id(conversation.id):
        note = f"its id {conversation.id[:40]!r} is none of this program; it has a new one"
        conversation.id = derived_id(OWN, conversation.id)
    yield Found(conversation, OWN, note=note)
