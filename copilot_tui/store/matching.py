"""Texts compared with a query, and put in order. No files, no database."""

from __future__ import annotations

import json
from math import log1p
from typing import TYPE_CHECKING, Final

from copilot_tui.search_query import TITLE, Query
from copilot_tui.search_text import fold, snippet
from copilot_tui.store.found import Hit, Order
from copilot_tui.store.texts import milliseconds

if TYPE_CHECKING:
    from collections.abc import Iterable

    from copilot_tui.store.texts import Text

RANKED: Final = 1000
"""The newest of all hits that the best are chosen from."""


def count_for(order: Order, limit: int) -> int:
    """How many texts are needed for this many hits, and to know whether there are more."""
    return max(limit + 1, RANKED) if order == "best" else limit + 1


def is_meant(text: Text, query: Query) -> bool:
    """Whether a text is what the query asks for."""
    if query.role is not None and text.role != query.role:
        return False
    if query.tags and not set(query.tags) <= set(json.loads(text.tags)):
        return False
    if query.models and not all(name in fold(text.model or "") for name in query.models):
        return False
    if query.after_ms is not None and milliseconds(text.created_at) < query.after_ms:
        return False
    if query.before_ms is not None and milliseconds(text.created_at) >= query.before_ms:
        return False
    return query.is_in(text.text)


def newest_of(texts: Iterable[Text]) -> list[Text]:
    """The newest first; of those of one moment, the last one."""
    return sorted(texts, key=lambda each: milliseconds(each.created_at))[::-1]


def best_of(texts: list[Text], query: Query, order: Order) -> list[Text]:
    """The texts, which are the newest first, in this order."""
    if order == "newest":
        return texts
    return sorted(texts, key=lambda each: _score(each, query), reverse=True)


def _score(text: Text, query: Query) -> float:
    """How well a text fits: whole words before pieces, many before few, short texts and titles
    before long ones.
    """
    folded = fold(text.text)
    points = 0.0
    for needle in query.needles:
        place = folded.find(needle)
        end = place + len(needle)
        starts = place <= 0 or not folded[place - 1].isalnum()
        ends = not folded[end : end + 1].isalnum()
        points += (1 + starts + ends) * log1p(folded.count(needle))
    return points / log1p(len(folded) + 100) * (2 if text.role == TITLE else 1)


def hit_of(text: Text, query: Query) -> Hit:
    """What is shown of a text."""
    return Hit(
        text.conversation_id,
        text.id,
        text.title,
        text.role,
        text.created_at,
        snippet(text.text, query.needles),
    )
