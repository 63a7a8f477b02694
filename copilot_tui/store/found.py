"""What a search gives."""

from __future__ import annotations

from typing import Final, Literal, NamedTuple

Order = Literal["newest", "best"]
"""Which hits come first."""

LIMIT: Final = 50
"""Hits that a screen shows at first."""


class Hit(NamedTuple):
    """A message that was found, or a title."""

    conversation_id: str
    message_id: str | None
    """None: it is the title."""
    title: str
    role: str
    """user, assistant, system; or title."""
    created_at: str
    snippet: str
    """A piece of the text, on one line, with the words in it."""


class Found(NamedTuple):
    """The hits, and what there is besides."""

    hits: list[Hit]
    more: bool = False
    """There are more than were asked for."""
    unread: int = 0
    """Conversations that the index does not know yet and that were not looked through."""


def never() -> bool:
    """Nobody has lost interest in the search."""
    return False
