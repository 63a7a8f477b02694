"""What a conversation can be written as, and read from: one table each way.

An export is made from the conversation, never from the screen. What is imported is told by its
content, never by its name.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from enum import Enum, auto
from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from copilot_tui.conversation import Conversation
    from copilot_tui.formats.foreign import Item

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

    def dump(self, conversation: Conversation, *, every_branch: bool = False) -> bytes:
        """The conversation in this format, in UTF-8; of its branches the shown one, or all.

        JSON always has all of them.
        """
        dump: Callable[..., bytes] = import_module(self.module).dump
        return dump(conversation, every_branch=every_branch)


EXPORTS: Final[dict[str, Export]] = {
    "markdown": Export("copilot_tui.formats.markdown", ".md"),
    "json": Export("copilot_tui.formats.json", ".json"),
    "html": Export("copilot_tui.formats.html", ".html"),
}
"""By name. Only the module of the chosen one is imported."""


class Kind(Enum):
    """What a file is made of."""

    JSON = auto()
    """`recognises` and `read` take one object of it."""
    SQLITE = auto()
    """`recognises` takes its tables with their columns, `read` the database."""
    TEXT = auto()
    """`recognises` takes the whole; `read` also the file's name and when it was changed."""


@dataclass(frozen=True)
class Import:
    """One program's format."""

    module: str
    kind: Kind

    def recognises(self, content: object) -> bool:
        """Whether this is it."""
        return bool(import_module(self.module).recognises(content))

    def read(self, *content: Any) -> Iterator[Item]:  # noqa: ANN401  what `kind` says
        """The conversations in it, and what was skipped."""
        read: Callable[..., Iterator[Item]] = import_module(self.module).read
        return read(*content)


IMPORTS: Final[dict[str, Import]] = {
    "copilot-tui": Import("copilot_tui.formats.own", Kind.JSON),
    "ChatGPT": Import("copilot_tui.formats.chatgpt", Kind.JSON),
    "elia": Import("copilot_tui.formats.elia", Kind.SQLITE),
    "oterm": Import("copilot_tui.formats.oterm", Kind.SQLITE),
    "llm": Import("copilot_tui.formats.llm", Kind.SQLITE),
    "aichat": Import("copilot_tui.formats.aichat", Kind.TEXT),
}
"""By the name of the program."""


def importers(kind: Kind) -> list[Import]:
    """Those that can read a file of this kind."""
    return [each for each in IMPORTS.values() if each.kind is kind]


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
