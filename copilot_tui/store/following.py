"""The text of a reply that another process writes, read from its journal as that grows."""

from __future__ import annotations

import json
import os
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from copilot_tui.store.files import Disk, told

if TYPE_CHECKING:
    from pathlib import Path

READ_BYTES: Final = 1 << 20
"""One look takes at most so much."""


class Grown(NamedTuple):
    """What a journal says by now."""

    reply_id: str | None
    """None: its first line is not there yet."""
    text: str
    reasoning: str
    is_whole: bool
    """It is all that there is, and not what comes behind the last look."""
    is_anew: bool
    """The reply was begun anew: what came before is void."""
    text_at: int
    reasoning_at: int
    """Where in the reply they begin, in characters."""


class Follower:
    """Reads one journal from its beginning, a piece with each look."""

    def __init__(self, path: Path, disk: Disk) -> None:
        self._path = path
        self._disk = disk
        self._at = 0
        self._rest = b""
        self._sizes = (0, 0)
        """Characters of text and reasoning that were read."""
        self.reply_id: str | None = None

    def read(self) -> Grown | None:
        """What has come; None: the journal is gone, so the reply is in its conversation."""
        is_first = self.reply_id is None
        texts: list[str] = []
        reasonings: list[str] = []
        with told(f"{self._path.name} cannot be read"):
            data = self._more()
        if data is None:
            return None
        *lines, self._rest = (self._rest + data).split(b"\n")
        is_anew = False
        for line in lines:
            with suppress(ValueError, TypeError, KeyError, AttributeError, RecursionError):
                value: dict[str, Any] = json.loads(line)
                if self.reply_id is None:
                    self.reply_id = str(value["reply"]["id"])
                    continue
                if value.get("anew"):
                    texts.clear()
                    reasonings.clear()
                    is_anew = True
                texts.append(str(value.get("t", "")))
                reasonings.append(str(value.get("r", "")))
        text, reasoning = "".join(texts), "".join(reasonings)
        places = (0, 0) if is_anew else self._sizes
        self._sizes = places[0] + len(text), places[1] + len(reasoning)
        return Grown(self.reply_id, text, reasoning, is_first or is_anew, is_anew, *places)

    def _more(self) -> bytes | None:
        try:
            descriptor = self._disk.open(self._path, os.O_RDONLY)
        except FileNotFoundError:
            return None
        try:
            os.lseek(descriptor, self._at, os.SEEK_SET)
            data = os.read(descriptor, READ_BYTES)
        finally:
            self._disk.close(descriptor)
        self._at += len(data)
        return data
