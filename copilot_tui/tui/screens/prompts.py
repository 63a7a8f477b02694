"""Alt+H: search the prompts of all conversations, to send one again."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from copilot_tui.tui.screens.search import Asked, SearchScreen

if TYPE_CHECKING:
    from copilot_tui.store import Found


class PromptsScreen(SearchScreen):
    """All prompts, the newest first; typing narrows them. Gives the one to take."""

    PLACEHOLDER: ClassVar = "Search your earlier prompts"
    HELP: ClassVar = "Enter takes one · Escape leaves"
    FINDS_WITHOUT_WORDS: ClassVar = True

    def told(self, found: Found, asked: Asked) -> str:
        """How many there are."""
        if not found.hits:
            said = "Nothing found" if asked.words.strip() else "No earlier prompts yet"
        else:
            count = f"{len(found.hits):,}{'+' if found.more else ''}"
            said = f"{count} {'prompt' if count == '1' else 'prompts'} · {self.HELP}"
        if found.unread:
            said += f" · still reading {found.unread:,} conversations"
        return said

    def action_order(self) -> None:
        """They have no other order than their time."""
