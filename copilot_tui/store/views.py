"""What each live Conversation knows of its file: a save need not read what did not change."""

from __future__ import annotations

import weakref
from dataclasses import dataclass
from typing import TYPE_CHECKING

from copilot_tui.conversation import Conversation
from copilot_tui.store.merge import outline

if TYPE_CHECKING:
    from copilot_tui.store.files import Stamp


@dataclass(frozen=True)
class View:
    """What one live object knows of its file."""

    stamp: Stamp
    """The file when the object was last read from it or written to it."""
    base: Conversation
    """The object then, without its messages."""
    on_disk: Conversation | None = None
    """What is in the file, if there is more in it than in the object."""


class Views:
    """The view of each live object, for as long as it lives."""

    def __init__(self) -> None:
        self._views: dict[int, tuple[weakref.ref[Conversation], View]] = {}

    def of(self, conversation: Conversation) -> View | None:
        """What this very object knows; None: it was never read nor written."""
        found = self._views.get(id(conversation))
        return found[1] if found is not None and found[0]() is conversation else None

    def note(self, conversation: Conversation, view: View) -> None:
        """Remember what the object knows now."""
        key, views = id(conversation), self._views

        def forget(gone: weakref.ref[Conversation]) -> None:
            if key in views and views[key][0] is gone:
                del views[key]

        views[key] = (weakref.ref(conversation, forget), view)


def has_news(whole: Conversation, conversation: Conversation, base: Conversation) -> bool:
    """Whether what was written is more than the object has."""
    if whole is conversation:
        return False
    if any(conversation.messages.get(id_) is not each for id_, each in whole.messages.items()):
        return True
    return outline(whole) != base
