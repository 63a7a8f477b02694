"""A conversation as a list shows it."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable

    from copilot_tui.conversation import Conversation


class Summary(NamedTuple):
    """One row of the list of conversations."""

    id: str
    title: str
    created_at: str
    updated_at: str
    backend: str | None
    model: str | None
    messages: int
    """How many there are, on all branches."""
    pinned: bool
    archived: bool
    tags: tuple[str, ...]


def summary_of(conversation: Conversation) -> Summary:
    """The row of this conversation."""
    return Summary(
        conversation.id,
        conversation.title,
        conversation.created_at,
        conversation.updated_at,
        conversation.backend,
        conversation.model,
        len(conversation.messages),
        conversation.pinned,
        conversation.archived,
        tuple(conversation.tags),
    )


def newest_first(summaries: Iterable[Summary]) -> list[Summary]:
    """By the time of the last change, then by id."""
    return sorted(summaries, key=lambda each: (each.updated_at, each.id), reverse=True)
