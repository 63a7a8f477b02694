"""What is kept beside a conversation: the unsent prompt, and where it was left."""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass, field, fields
from typing import TYPE_CHECKING, Any, Final, TypeVar

from copilot_tui import document
from copilot_tui.errors import UnreadableDocument
from copilot_tui.store.documents import SUFFIX, checked
from copilot_tui.store.files import Disk, told

if TYPE_CHECKING:
    from pathlib import Path


@dataclass(frozen=True)
class Draft:
    """A prompt that was not sent yet."""

    text: str
    caret: int | None = None
    """Characters before the cursor; None: it is at the end."""
    editing: str | None = None
    """The id of the sent message that this is to be another version of; None: of none."""
    aside: str = ""
    """The unsent prompt that stood here before, and comes back after."""
    aside_caret: int | None = None
    attachments: tuple[str, ...] = ()
    """Paths of the files that go with it; they are read when it is sent."""
    aside_attachments: tuple[str, ...] = ()
    extra: dict[str, Any] = field(default_factory=dict)
    """Keys of the file that this version does not know."""

    @property
    def is_empty(self) -> bool:
        """Whether nothing in it has to be kept."""
        return not (self.text or self.aside or self.attachments or self.aside_attachments)

    @property
    def put_aside(self) -> Draft | None:
        """What stands in the prompt again when the edit is over; None: nothing."""
        if not (self.aside.strip() or self.aside_attachments):
            return None
        return Draft(self.aside, self.aside_caret, attachments=self.aside_attachments)


@dataclass(frozen=True)
class ViewState:
    """Where a conversation was left."""

    message_id: str | None = None
    """The message at the top of the view; None: the view follows the end."""
    line: int = 0
    """Lines of that message above the view, or of its block."""
    block: int | None = None
    """The block of a long message, which is counted from; None: the message is."""
    unread: bool = False
    """Something came since it was last shown."""
    extra: dict[str, Any] = field(default_factory=dict)
    """Keys of the file that this version does not know."""


_Kept = TypeVar("_Kept", Draft, ViewState)

_TYPES: Final[dict[str, tuple[type, ...]]] = {
    "text": (str,),
    "caret": (int, type(None)),
    "editing": (str, type(None)),
    "aside": (str,),
    "aside_caret": (int, type(None)),
    "attachments": (list,),
    "aside_attachments": (list,),
    "message_id": (str, type(None)),
    "line": (int,),
    "block": (int, type(None)),
    "unread": (bool,),
}


class Beside:
    """DATA_DIR/drafts and DATA_DIR/state; the last writer of a file counts."""

    def __init__(self, data_dir: Path, disk: Disk) -> None:
        self.drafts = data_dir / "drafts"
        self.states = data_dir / "state"
        self._disk = disk

    def draft(self, conversation_id: str) -> Draft | None:
        """See Store."""
        path = self.drafts / f"{checked(conversation_id)}{SUFFIX}"
        try:
            return self._read(path, Draft)
        except ValueError as error:
            aside = path.with_suffix(f".unreadable-{os.urandom(2).hex()}")
            with told(f"the draft {path.name} cannot be set aside"):
                self._disk.move(path, aside)
            raise UnreadableDocument(
                f"the draft {path.name} cannot be read: {error}", f"It is kept as {aside}"
            ) from None

    def save_draft(self, conversation_id: str, draft: Draft | None) -> None:
        """See Store."""
        path = self.drafts / f"{checked(conversation_id)}{SUFFIX}"
        with told("the draft cannot be saved"):
            if draft is None or draft.is_empty:
                self._disk.remove(path)
            else:
                self._disk.write_atomic(path, [_encoded(draft)])

    def view_state(self, conversation_id: str) -> ViewState | None:
        """See Store."""
        try:
            return self._read(self.states / f"{checked(conversation_id)}{SUFFIX}", ViewState)
        except ValueError:
            return None  # nobody's words; the next one takes its place

    def save_view_state(self, conversation_id: str, state: ViewState) -> None:
        """See Store."""
        path = self.states / f"{checked(conversation_id)}{SUFFIX}"
        with told("the scroll position cannot be saved"):
            self._disk.write_atomic(path, [_encoded(state)], durable=False)

    def forget(self, conversation_id: str) -> None:
        """Remove both. Raises OSError."""
        for folder in (self.drafts, self.states):
            self._disk.remove(folder / f"{checked(conversation_id)}{SUFFIX}")

    def _read(self, path: Path, kind: type[_Kept]) -> _Kept | None:
        """What is in a file; None: there is none. Raises ValueError."""
        with told(f"{path.name} cannot be read"):
            try:
                data, _ = self._disk.read(path)
            except FileNotFoundError:
                return None
        try:
            raw = json.loads(data)
        except RecursionError:
            raise ValueError("it is nested too deeply") from None
        if not isinstance(raw, dict):
            raise ValueError("it is not an object")
        names = {each.name for each in fields(kind)} - {"extra"}
        known = {key: value for key, value in raw.items() if key in names}
        for key, value in known.items():
            if type(value) not in _TYPES[key]:
                raise ValueError(f"{key} is {value!r:.40}")
            if isinstance(value, list):
                known[key] = _paths(key, value)
        if kind is Draft and "text" not in known:
            raise ValueError("it has no text")
        return kind(**known, extra={key: raw[key] for key in raw if key not in names})


def _paths(key: str, values: list[Any]) -> tuple[str, ...]:
    if not all(isinstance(each, str) for each in values):
        raise ValueError(f"{key} is {values!r:.40}")
    return tuple(values)


def _encoded(kept: Draft | ViewState) -> bytes:
    found = asdict(kept)
    raw = {**found.pop("extra"), **found}
    return document.dump_value(raw).encode("utf-8", "backslashreplace") + b"\n"
