"""Names of conflict copies: what sync programs call the second version of a file."""

from __future__ import annotations

import re
from typing import Final

from copilot_tui import document

_COPY: Final = re.compile(
    r"(?P<id>[0-9a-f-]{36})"
    r"(\.sync-conflict-[0-9A-Za-z-]+"  # Syncthing
    # Dropbox: (NAME's conflicted copy 2026-01-31), in the words of the user's language
    r"|[ _]\(.+\))"
    r"\.json",
    re.IGNORECASE,
)

_SECOND: Final = re.compile(r"(?P<id>[0-9a-f-]{36}).+\.json", re.IGNORECASE)
"""What people, OneDrive and others make beside it: `…-LAPTOP.json`, `… - Copy.json`."""


def is_copy(name: str) -> bool:
    """Whether this is the name of a conflict copy of a conversation."""
    return original_of(name) is not None


def is_second_version(name: str) -> bool:
    """Whether this is named after a conversation, as a conflict copy or in another way, in which
    somebody may have meant to keep it.
    """
    return _id_in(_SECOND, name) is not None


def original_of(name: str) -> str | None:
    """The id of the conversation that this is a conflict copy of; None: it is none."""
    return _id_in(_COPY, name)


def _id_in(pattern: re.Pattern[str], name: str) -> str | None:
    found = pattern.fullmatch(name)
    return found["id"] if found is not None and document.is_id(found["id"]) else None
