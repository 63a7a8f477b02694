"""Earlier prompts, to be sent again: what the search finds of the user's own words, whole."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final, NamedTuple

from copilot_tui.conversation import Role
from copilot_tui.search_query import Query, parse
from copilot_tui.store.files import Stamp
from copilot_tui.store.matching import hit_of, is_meant, newest_of
from copilot_tui.store.texts import page_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from copilot_tui.conversation import Conversation
    from copilot_tui.store.found import Hit
    from copilot_tui.store.texts import Text

CHARS_MOST: Final = 4 << 20
"""Of all prompts that are given at a time: a prompt may be a whole file."""

FILES_MOST: Final = 200
"""Conversations, those changed last, that are read because the index does not know them yet."""

_NO_STAMP: Final = Stamp(0, 0, 0)


class Prompt(NamedTuple):
    """Something that the user has asked."""

    text: str
    """As it was sent."""
    hit: Hit
    """Where it stands, and what is shown of it."""


class Prompts(NamedTuple):
    """Some prompts, the newest first, each text once."""

    prompts: list[Prompt]
    more: bool = False
    """There may be others, if more are asked for."""
    unread: int = 0
    """Conversations that the index does not know yet."""


def query_for(words: str) -> Query:
    """What to look for: prompts with these words, or all."""
    return replace(parse(words), role=Role.USER.value)


def distinct(texts: Iterable[Text], query: Query) -> list[Prompt]:
    """Each text once, where it stands first."""
    found: dict[str, Prompt] = {}
    for each in texts:
        if each.text not in found and each.text.strip():
            found[each.text] = Prompt(each.text, hit_of(each, query))
    return list(found.values())


def prompts_of(conversation: Conversation, words: str = "") -> list[Prompt]:
    """Those of one conversation, on all its branches."""
    query = query_for(words)
    page = page_of(conversation, _NO_STAMP)
    return distinct(newest_of(text for text in page.texts if is_meant(text, query)), query)
