"""What a conversation can be written as: one table of formats.

An export is made from the conversation, never from the screen, and carries the exact text of every
message.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable

    from copilot_tui.conversation import Conversation

FILE_NAME_LENGTH: Final = 100
"""Bytes of a file name that come from the title; file systems allow 255 for the whole."""

_RESERVED: Final = frozenset("<>:\"/\\|?*%!$&`'")
"""What Windows refuses in a file name, and what shells would read as something else."""


@dataclass(frozen=True)
class Export:
    """One format."""

    module: str
    """Its `dump` gives the whole file."""
    suffix: str

    def dump(self, conversation: Conversation) -> bytes:
        """The conversation in this format, in UTF-8."""
        dump: Callable[[Conversation], bytes] = import_module(self.module).dump
        return dump(conversation)


EXPORTS: Final[dict[str, Export]] = {
    "markdown": Export("copilot_tui.formats.markdown", ".md"),
    "json": Export("copilot_tui.formats.json", ".json"),
}
"""By name. Only the module of the chosen one is imported."""


def file_name(conversation: Conversation, suffix: str) -> str:
    """A name for the file that tells what is in it, and is safe in every file system and shell.

    The start of the id keeps two conversations of one title apart.
    """
    title = unicodedata.normalize("NFC", conversation.title)
    words = "".join(map(_safe, title)).replace("-", " ").split()
    stem = "-".join(words).strip(".-").encode()[:FILE_NAME_LENGTH].decode(errors="ignore")
    short_id = "".join(c for c in conversation.id if c.isascii() and c.isalnum())[:8]
    return "-".join(filter(None, (stem.strip(".-"), short_id))) + suffix


def _safe(character: str) -> str:
    if character in _RESERVED or unicodedata.category(character)[0] in "CZ":
        return " "
    return character
