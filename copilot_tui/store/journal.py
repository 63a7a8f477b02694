"""The text of a reply in progress, append only: DATA_DIR/journal/<conversation id>.<message
id>.jsonl

The first line says what the reply is, each further one brings text {"t": …} or reasoning {"r": …},
or says that the reply was begun anew {"anew": true}, or that it is whole {"whole": …, "reply": …}:
so many characters of each, and what else is known of it.
A lock beside it is held as long as the writer lives; a journal whose lock is free is one of a dead
process, or of a reply that was left in the middle, and is folded into its conversation: `folding`.
"""

from __future__ import annotations

import os
import uuid
from contextlib import suppress
from threading import Lock
from typing import TYPE_CHECKING, Any, Final, Protocol

from copilot_tui import document
from copilot_tui.errors import StoreError
from copilot_tui.store.files import Disk, told
from copilot_tui.store.locks import LifeLock

if TYPE_CHECKING:
    from pathlib import Path

    from copilot_tui.conversation import Conversation, Message

SUFFIX: Final = ".jsonl"
LOCK_SUFFIX: Final = ".lock"

UTF8: Final = ("utf-8", "backslashreplace")

END: Final = b'{"end": "closed"}\n'
"""The last line of a journal whose writer stopped of its own will."""

_CANNOT: Final = "the reply cannot be kept on disk"


class Journal(Protocol):
    """Where a reply's text goes while it comes."""

    def append(self, text: str, reasoning: str = "") -> None:
        """Note what has come; it is on disk with the next `flush`."""
        ...

    def begin_again(self) -> None:
        """What was noted so far is void: the reply was begun anew."""
        ...

    def flush(self) -> None:
        """Write what waits: small, and fit for the event loop. Raises StoreError and keeps what
        waits.
        """
        ...

    def seal(self, reply: Message) -> None:
        """Note that the reply is whole as it stands, and write that with what waits. Raises
        StoreError.
        """
        ...

    def sync(self) -> None:
        """Make what was written survive a power cut: waits for the disk, so in a thread. Raises
        StoreError.
        """
        ...

    def close(self) -> None:
        """Write no more; whoever loads the conversation next folds in what is here."""
        ...

    def discard(self) -> None:
        """The reply is saved elsewhere: remove the journal."""
        ...


class FileJournal:
    """A journal on disk."""

    def __init__(self, path: Path, conversation: Conversation, reply: Message, disk: Disk) -> None:
        self._path = path
        self._disk = disk
        self._lock = Lock()
        self._text: list[str] = []
        self._reasoning: list[str] = []
        self._is_torn = False
        """The last write failed somewhere in a line."""
        self._is_anew = False
        """What is on disk is void, which is yet to be written."""
        self._descriptor = -1
        self._life = LifeLock(path.with_suffix(LOCK_SUFFIX), disk)
        with told(_CANNOT):
            if not self._life.take():
                raise StoreError("another program writes this very reply")
            try:
                self._descriptor = disk.create(path)
                disk.write_all(self._descriptor, _header(conversation, reply))
                disk.sync_folder(path.parent)
            except BaseException:
                if self._descriptor >= 0:
                    self.discard()
                else:
                    self._life.release(remove=True)
                raise

    def append(self, text: str, reasoning: str = "") -> None:
        """See Journal."""
        if text:
            self._text.append(text)
        if reasoning:
            self._reasoning.append(reasoning)

    def begin_again(self) -> None:
        """See Journal."""
        with self._lock:
            self._text.clear()
            self._reasoning.clear()
            self._is_anew = True

    def flush(self) -> None:
        """See Journal."""
        with self._lock:
            self._write()

    def seal(self, reply: Message) -> None:
        """See Journal."""
        with self._lock:
            self._write(_seal(reply))

    def _write(self, last: bytes = b"") -> None:
        text, reasoning = "".join(self._text), "".join(self._reasoning)
        if self._descriptor < 0 or not (text or reasoning or last):
            return
        # A torn line is closed, and all of it written again: a reader drops what does not parse.
        line = b"\n" if self._is_torn else b""
        line += _line({"anew": True}) if self._is_anew else b""
        line += _line({"t": text}) if text else b""
        line += _line({"r": reasoning}) if reasoning else b""
        taken = len(self._text), len(self._reasoning)
        self._is_torn = True
        with told(_CANNOT):
            self._disk.write_all(self._descriptor, line + last)
        self._is_torn = self._is_anew = False
        del self._text[: taken[0]], self._reasoning[: taken[1]]

    def sync(self) -> None:
        """See Journal."""
        with self._lock:
            if self._descriptor < 0:
                return
            descriptor = os.dup(self._descriptor)  # the loop may close ours while the disk works
        with told(_CANNOT):
            try:
                self._disk.fsync(descriptor)
            finally:
                self._disk.close(descriptor)

    def close(self) -> None:
        """See Journal. May be called again."""
        self._end(remove=False)

    def discard(self) -> None:
        """See Journal. May be called again, and after `close`."""
        self._end(remove=True)
        with suppress(OSError):
            # Whoever folds it in now removes it.
            if self._disk.stamp(self._path) is not None and self._life.take():
                self._disk.remove(self._path)
                self._life.release(remove=True)

    def _end(self, *, remove: bool) -> None:
        with self._lock:
            if self._descriptor < 0:
                return
            descriptor, self._descriptor = self._descriptor, -1
        with suppress(OSError):  # what cannot be closed or removed is folded in later, and harmless
            try:
                if not remove:
                    self._disk.write_all(descriptor, b"\n" * self._is_torn + END)
            finally:
                self._disk.close(descriptor)
            if remove:
                self._disk.remove(self._path)
        self._life.release(remove=remove)


class NoJournal:
    """A journal for conversations that are never on disk."""

    def append(self, text: str, reasoning: str = "") -> None:
        """Nothing."""

    def begin_again(self) -> None:
        """Nothing."""

    def flush(self) -> None:
        """Nothing."""

    def seal(self, reply: Message) -> None:
        """Nothing."""

    def sync(self) -> None:
        """Nothing."""

    def close(self) -> None:
        """Nothing."""

    def discard(self) -> None:
        """Nothing."""


def journal_path(folder: Path, conversation_id: str, message_id: str) -> Path:
    """Where the journal of this reply is. A message's id may be anything, and names no file as it
    is.
    """
    name = message_id
    if not document.is_id(message_id):
        name = str(uuid.uuid5(uuid.NAMESPACE_URL, ascii(message_id)))
    return folder / f"{conversation_id}.{name}{SUFFIX}"


def _line(value: dict[str, Any]) -> bytes:
    return (document.dump_value(value) + "\n").encode(*UTF8)


def _header(conversation: Conversation, reply: Message) -> bytes:
    frame = {
        key: getattr(conversation, key)
        for key in ("id", "title", "title_source", "created_at", "updated_at", "backend", "model")
    }
    message = document.message_to_json(reply)
    return _line({"version": document.VERSION, "conversation": frame, "reply": message})


def _seal(reply: Message) -> bytes:
    found = document.message_to_json(reply)
    sizes = {key: len(found.pop(key, "")) for key in ("content", "reasoning")}
    return _line({"whole": sizes, "reply": found})
