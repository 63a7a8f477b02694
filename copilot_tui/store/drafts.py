"""What is kept beside a conversation: the unsent prompt, and where it was left."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field, fields
from typing import Any


@dataclass(frozen=True)
class Draft:
    """A prompt that was not sent yet."""

    text: str
    caret: int | None = None
    """Characters before the cursor; None: it is at the end."""
    extra: dict[str, Any] = field(default_factory=dict)
    """Keys of the file that this version does not know."""


@dataclass(frozen=True)
class ViewState:
    """Where a conversation was left."""

    message_id: str | None = None
    """The message at the top of the view; None: the view follows the end."""
    line: int = 0
    """Lines of that message above the view."""
    unread: bool = False
    """Something came since it was last shown."""
    extra: dict[str, Any] = field(default_factory=dict)
    """Keys of the file that this version does not know."""


_TYPES: dict[str, tuple[type, ...]] = {
    "text": (str,),
    "caret": (int, type(None)),
    "message_id": (str, type(None)),
    "line": (int,),
    "unread": (bool,),
}


def to_json(kept: Draft | ViewState) -> dict[str, Any]:
    """The file's object."""
    found = asdict(kept)
    return {**found.pop("extra"), **found}


def draft_from(raw: object) -> Draft:
    """Raises ValueError."""
    known, extra = _divided(raw, Draft)
    if "text" not in known:
        raise ValueError("it has no text")
    return Draft(**known, extra=extra)


def view_state_from(raw: object) -> ViewState:
    """Raises ValueError."""
    known, extra = _divided(raw, ViewState)
    return ViewState(**known, extra=extra)


def _divided(raw: object, kind: type[Draft | ViewState]) -> tuple[dict[str, Any], dict[str, Any]]:
    if not isinstance(raw, dict):
        raise ValueError("it is not an object")
    names = {each.name for each in fields(kind)} - {"extra"}
    known = {key: value for key, value in raw.items() if key in names}
    for key, value in known.items():
        if type(value) not in _TYPES[key]:
            raise ValueError(f"{key} is {value!r}")
    return known, {key: value for key, value in raw.items() if key not in names}
