"""The text of a reply in progress, append only: DATA_DIR/journal/<conversation id>.<message
id>.jsonl

The first line says what the reply is, each further one brings text {"t": …} or reasoning {"r": …},
or says that the reply was begun anew {"anew": true}.
A lock beside it is held as long as the writer lives; a journal whose lock is free is one of a dead
process, or of a reply that was left in the middle, and is folded into its conversation.
"""

from __future__ import annotations

import json
import os
import uuid
from contextlib import suppress
from threading import Lock
from typing import TYPE_CHECKING, Any, Final, NamedTuple, Protocol

from copilot_tui import document
from copilot_tui.conversation import Conversation, Message, Role, Status
from copilot_tui.errors import StoreError, UnreadableDocument
from copilot_tui.store.files import Disk, told
from copilot_tui.store.locks import LifeLock

if TYPE_CHECKING:
    from pathlib import Path

SUFFIX: Final = ".jsonl"
LOCK_SUFFIX: Final = ".lock"

INTERRUPTED: Final = "cut off: the program ended before the reply did"
"""The error of a reply that a dead process left."""

_END: Final = b'{"end": "closed"}\n'
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
            text, reasoning = "".join(self._text), "".join(self._reasoning)
            if self._descriptor < 0 or not (text or reasoning):
                return
            # A torn line is closed, and all of it written again: a reader drops what does not
            # parse.
            line = b"\n" if self._is_torn else b""
            line += _line({"anew": True}) if self._is_anew else b""
            line += _line({"t": text}) if text else b""
            line += _line({"r": reasoning}) if reasoning else b""
            taken = len(self._text), len(self._reasoning)
            self._is_torn = True
            with told(_CANNOT):
                self._disk.write_all(self._descriptor, line)
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
        """See Journal. May be called again."""
        self._end(remove=True)

    def _end(self, *, remove: bool) -> None:
        with self._lock:
            if self._descriptor < 0:
                return
            descriptor, self._descriptor = self._descriptor, -1
        with suppress(OSError):  # what cannot be closed or removed is folded in later, and harmless
            try:
                if not remove:
                    self._disk.write_all(descriptor, b"\n" * self._is_torn + _END)
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

    def sync(self) -> None:
        """Nothing."""

    def close(self) -> None:
        """Nothing."""

    def discard(self) -> None:
        """Nothing."""


class Left(NamedTuple):
    """What a journal holds."""

    conversation: Conversation
    """Without its messages; should the document be gone, this is what is left of it."""
    reply: Message
    is_closed: bool
    """The writer stopped it, and was not killed."""


def journal_path(folder: Path, conversation_id: str, message_id: str) -> Path:
    """Where the journal of this reply is. A message's id may be anything, and names no file as it
    is.
    """
    name = message_id
    if not document.is_id(message_id):
        name = str(uuid.uuid5(uuid.NAMESPACE_URL, ascii(message_id)))
    return folder / f"{conversation_id}.{name}{SUFFIX}"


_UTF8: Final = ("utf-8", "backslashreplace")


def _line(value: dict[str, Any]) -> bytes:
    return (document.dump_value(value) + "\n").encode(*_UTF8)


def _header(conversation: Conversation, reply: Message) -> bytes:
    frame = {
        key: getattr(conversation, key)
        for key in ("id", "title", "title_source", "created_at", "updated_at", "backend", "model")
    }
    message = document.message_to_json(reply)
    return _line({"version": document.VERSION, "conversation": frame, "reply": message})


def read_journal(data: bytes, name: str) -> Left | None:
    """What a journal holds; None: the first line is not whole, so nothing was promised yet.

    Lines that are torn are left out. Raises UnreadableDocument for what is no journal of this
    version.
    """
    first, found, rest = data.partition(b"\n")
    if not found or _has_holes(first):
        return None
    try:
        header = json.loads(first)
        frame = {
            **header["conversation"],
            "version": header["version"],
            "messages": [header["reply"]],
        }
    except (ValueError, TypeError, KeyError, RecursionError):
        raise document.unreadable(name, "it is no journal of a reply") from None
    left = document.loads(document.dump_value(frame).encode(*_UTF8), name)
    if document.is_newer(left):
        raise UnreadableDocument(f"{name} was written by a newer version of copilot-tui")
    reply = next(iter(left.messages.values()))
    is_closed = rest.endswith(_END)
    for line in rest.removesuffix(_END).split(b"\n"):
        with suppress(ValueError, TypeError, AttributeError, RecursionError):
            value = json.loads(line)
            if value.get("anew"):
                reply.content = reply.reasoning = ""
            for key, append in (("t", reply.append), ("r", reply.append_reasoning)):
                if isinstance(text := value.get(key), str):
                    append(text)
    left.replace_messages([])
    return Left(left, reply, is_closed)


def _has_holes(line: bytes) -> bool:
    """Whether these are bytes of ours with zeros between, which a power cut leaves where a write
    did not come to the disk.
    """
    rest = line.replace(b"\0", b"")
    return len(rest) < len(line) and all(byte >= 0x20 for byte in rest)


def fold(conversation: Conversation, left: Left) -> bool:
    """Put a dead writer's reply into its conversation; whether that changed anything."""
    reply = left.reply
    if reply.id in conversation.deleted:
        return False
    error = None if left.is_closed else INTERRUPTED
    present = conversation.messages.get(reply.id)
    if present is None:
        reply.status, reply.error = Status.PARTIAL, error
        head = conversation.head
        conversation.add(reply)
        if head != reply.parent_id and head is not None:
            conversation.head = head  # somebody went on elsewhere
        return True
    if present.status is not Status.PARTIAL or present.role is not Role.ASSISTANT:
        return False
    is_longer = len(reply.content) > len(present.content)
    is_more = is_longer or len(reply.reasoning) > len(present.reasoning)
    if is_longer:
        present.content = reply.content
    if len(reply.reasoning) > len(present.reasoning):
        present.reasoning = reply.reasoning
    # One that was saved when it ended has its time: it was stopped, and not cut off.
    if present.elapsed_s is None and left.is_closed:
        present.elapsed_s = reply.elapsed_s or 0.0
        return True
    if present.error is None and error is not None and (is_more or present.elapsed_s is None):
        present.error = error
        return True
    return is_more
