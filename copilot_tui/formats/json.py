"""The document itself: nothing is lost, and the program can read it again."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from copilot_tui import document

if TYPE_CHECKING:
    from copilot_tui.conversation import Conversation


def dump(conversation: Conversation, *, every_branch: bool = True) -> bytes:
    """All branches, all fields; also of a document that a newer version wrote."""
    if document.is_newer(conversation):
        text = json.dumps(document.to_json(conversation), ensure_ascii=False, indent=1) + "\n"
        return text.encode("utf-8", "backslashreplace")
    return document.dumps(conversation)
