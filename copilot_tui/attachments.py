"""Files that go with a prompt: read from disk within bounds, and told to whoever reads text."""

from __future__ import annotations

import os
import re
import stat
from contextlib import suppress
from typing import TYPE_CHECKING, Final

from copilot_tui.conversation import Attachment
from copilot_tui.errors import AttachmentError
from copilot_tui.terminal_text import one_line

if TYPE_CHECKING:
    from collections.abc import Iterable

    from copilot_tui.conversation import Message

TEXT_LIMIT: Final = 1024 * 1024
IMAGE_LIMIT: Final = 10 * 1024 * 1024
"""Bytes of one file."""

MOST: Final = 20
"""Files of one prompt."""

_HEAD: Final = 16
"""Bytes that tell an image from everything else."""

_PLAIN: Final = "text/plain"
_FENCES: Final = re.compile(r"`{3,}")


def read(path: str | os.PathLike[str]) -> Attachment:
    """The file, ready to be sent. Raises AttachmentError, with one sentence that says why not.

    Never waits for a pipe or a device, and never reads more than the limits allow.
    """
    shown = one_line(os.fspath(path)) or "''"
    try:
        content, size = _content(os.path.expanduser(path), shown)
    except (OSError, ValueError) as error:  # ValueError: a NUL in the name
        raise AttachmentError(_why_not(error, shown)) from error
    name = _name(os.path.basename(os.path.abspath(os.path.expanduser(path))))
    if media_type := _image_type(content[:_HEAD]):
        if size > IMAGE_LIMIT:
            raise AttachmentError(f"{shown} is {_mb(size)}: an image may have {_mb(IMAGE_LIMIT)}")
        from base64 import b64encode

        return Attachment(name, media_type, size, data=b64encode(content).decode("ascii"))
    if b"\0" in content:
        raise AttachmentError(f"{shown} is neither text nor a PNG, JPEG, GIF or WebP image")
    if size > TEXT_LIMIT:
        raise AttachmentError(f"{shown} is {_mb(size)}: a text may have {_mb(TEXT_LIMIT)}")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise AttachmentError(
            f"{shown} is neither UTF-8 text nor a PNG, JPEG, GIF or WebP image"
        ) from None
    return Attachment(name, _PLAIN, size, text=text)


def _content(path: str | os.PathLike[str], shown: str) -> tuple[bytes, int]:
    """What is in a regular file, and its size; of one beyond all limits only the beginning."""
    _require_file(os.stat(path), shown)  # before it is opened: a device may act on that
    flags = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
    descriptor = os.open(path, flags)
    with open(descriptor, "rb") as file:
        _require_file(os.fstat(descriptor), shown)  # it may have been replaced meanwhile
        content = file.read(IMAGE_LIMIT + 1)
        return content, max(len(content), os.fstat(descriptor).st_size)


def _require_file(found: os.stat_result, shown: str) -> None:
    if stat.S_ISDIR(found.st_mode):
        raise AttachmentError(f"{shown} is a folder; only files can be attached")
    if not stat.S_ISREG(found.st_mode):
        raise AttachmentError(f"{shown} is no regular file")


def _why_not(error: OSError | ValueError, shown: str) -> str:
    if isinstance(error, FileNotFoundError | NotADirectoryError | ValueError):
        return f"there is no file {shown}"
    return f"{shown} cannot be read: {error.strerror or error}"


def _name(name: str) -> str:
    # Bytes that are no UTF-8 are lone surrogates in Python, which no document can hold.
    return one_line("".join("�" if "\ud800" <= c <= "\udfff" else c for c in name)) or "file"


def _mb(size: int) -> str:
    return f"{size / (1024 * 1024):.3g} MB"


def _image_type(head: bytes) -> str:
    """By what it begins with, since a name proves nothing; empty: it is no image that is sent."""
    if head.startswith(b"\x89PNG\r\n\x1a\n"):
        return "image/png"
    if head.startswith(b"\xff\xd8\xff"):
        return "image/jpeg"
    if head.startswith((b"GIF87a", b"GIF89a")):
        return "image/gif"
    if head.startswith(b"RIFF") and head[8:12] == b"WEBP":
        return "image/webp"
    return ""


def images(messages: Iterable[Message]) -> list[Attachment]:
    """The images that go with these messages."""
    return [
        each
        for message in messages
        for each in message.attachments
        if each.data is not None and each.media_type.startswith("image/")
    ]


def told(message: Message, *, names_images: bool = True) -> str:
    """What a message says to a model: its text, and below it the texts that are attached.

    `names_images`: a line stands for each image, where the wire has no other place for it.
    """
    if not message.attachments:
        return message.content
    parts = [message.content] if message.content.strip() else []
    shown_apart = [] if names_images else images([message])
    for each in message.attachments:
        if each.text is not None:
            parts.append(_fenced(each.name, each.text))
        elif each not in shown_apart:
            parts.append(f"[{each.media_type}: {one_line(each.name)}]")
    return "\n\n".join(parts)


def _fenced(name: str, text: str) -> str:
    """The name, and the text between fences that are longer than any in it."""
    longest = max(map(len, _FENCES.findall(text)), default=2)
    fence = "`" * (longest + 1)
    end = "" if not text or text.endswith("\n") else "\n"
    return f"{one_line(name)}:\n{fence}\n{text}{end}{fence}"


def title_words(prompt: str, attachments: Iterable[Attachment]) -> str:
    """What gives a conversation its title: the prompt, or without one the first file's name."""
    if prompt.strip():
        return prompt
    return next((each.name for each in attachments), prompt)


def completed(typed: str, most: int = 200) -> list[str]:
    """Paths that begin as it is typed, folders with a slash at their end; none that is hidden,
    unless a dot asks for it. What cannot be listed has none.
    """
    folder, start = os.path.split(typed)
    found: list[tuple[str, bool]] = []
    with suppress(OSError, ValueError), os.scandir(os.path.expanduser(folder) or ".") as entries:
        for entry in entries:
            name = entry.name
            is_meant = name.startswith(start) and (start or not name.startswith("."))
            if is_meant and name.isprintable():
                found.append((name, _is_folder(entry)))
                if len(found) >= most:
                    break
    return [os.path.join(folder, name) + ("/" if is_dir else "") for name, is_dir in sorted(found)]


def _is_folder(entry: os.DirEntry[str]) -> bool:
    with suppress(OSError):
        return entry.is_dir()
    return False
