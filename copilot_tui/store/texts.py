"""What a search can find, taken from a conversation."""

from __future__ import annotations

import json
from datetime import datetime
from typing import TYPE_CHECKING, Final, NamedTuple

from copilot_tui.search_query import TITLE
from copilot_tui.search_text import fold

if TYPE_CHECKING:
    from copilot_tui.conversation import Conversation
    from copilot_tui.document import Paced
    from copilot_tui.store.files import Stamp


class Text(NamedTuple):
    """A message, or the title of a conversation."""

    conversation_id: str
    title: str
    tags: str
    """JSON of the folded tags."""
    id: str | None
    """The message's; None: it is the title."""
    role: str
    created_at: str
    model: str | None
    text: str


class Page(NamedTuple):
    """What is to be found of one conversation."""

    id: str
    stamp: Stamp
    texts: list[Text]
    """None of them: the document cannot be read."""


def page_of(conversation: Conversation, stamp: Stamp, paced: Paced = iter) -> Page:
    """Title and messages, those on other branches too."""
    deleted = set(conversation.deleted)
    tags = json.dumps([fold(tag) for tag in conversation.tags])
    about = (conversation.id, conversation.title, tags)
    texts = [Text(*about, None, TITLE, conversation.updated_at, None, conversation.title)]
    for each in paced(list(conversation.messages.values())):
        if each.id not in deleted and each.content:
            model = each.model or conversation.model
            when = each.created_at or conversation.updated_at
            texts.append(Text(*about, each.id, each.role.value, when, model, each.content))
    return Page(conversation.id, stamp, texts)


_MAX_MS: Final = (1 << 43) - 1
"""In the year 2248; and 20 more bits make a rowid."""


def milliseconds(timestamp: str) -> int:
    """A time of the document since 1970; 0 for what is none."""
    try:
        found = int(datetime.fromisoformat(timestamp).timestamp() * 1000)
    except (ValueError, OverflowError, OSError):
        return 0
    return min(max(found, 0), _MAX_MS)
