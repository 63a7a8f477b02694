"""What the next start finds, and that nothing is left then which was to be mended."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from copilot_tui import document
from copilot_tui.conversation import Conversation
from copilot_tui.store import Disk, Store
from copilot_tui.store.library import TRASH_DAYS
from tests.store.samples import Clock

KNOWN: Final = {"conversations", "trash", "drafts", "state"}
"""Folders of the store with files that stay."""


@dataclass
class Seen:
    """What the next start finds."""

    listed: dict[str, Conversation] = field(default_factory=dict)
    trashed: dict[str, Conversation] = field(default_factory=dict)
    drafts: dict[str, str] = field(default_factory=dict)

    def place(self, id_: str) -> str:
        """Where this conversation is."""
        found = [name for name in ("listed", "trashed") if id_ in vars(self)[name]]
        return " and ".join(found) or "nowhere"

    def text(self, id_: str) -> list[str]:
        """The shown branch of a conversation, wherever it is."""
        found = self.listed.get(id_) or self.trashed.get(id_)
        return [message.content for message in found.path()] if found else []


def open_store(root: Path, clock: Clock, disk: Disk | None = None) -> Store:
    # A file stands where the index would be, so that it is made in memory.
    no_cache = root.parent / "no-cache"
    no_cache.touch()
    return Store(root / "data", no_cache, now=clock, disk=disk)


def start(root: Path) -> Seen:
    """Open the store an hour after the cut; what is in it, when nothing is left to be mended."""
    clock = Clock()
    clock.moment = datetime.now(clock.moment.tzinfo) + timedelta(hours=1)
    store = open_store(root, clock)
    store.recover()
    store.purge_trash(TRASH_DAYS)
    seen = Seen()
    for row in store.summaries():
        seen.listed[row.id] = store.load(row.id)
    assert store.problems() == []
    for row in store.trashed():
        path = root / "data" / "trash" / f"{row.id}.json"
        seen.trashed[row.id] = document.loads(path.read_bytes(), path.name)
    _read_drafts(root, seen)
    _assert_tidy(root)
    return seen


def _read_drafts(root: Path, seen: Seen) -> None:
    for path in sorted((root / "data" / "drafts").glob("[!.]*")):
        data = path.read_bytes()
        if data.startswith(b"{"):
            seen.drafts[path.stem] = json.loads(data)["text"]
        else:
            seen.drafts[path.name] = data.decode()


def _assert_tidy(root: Path) -> None:
    for path in (root / "data").rglob("*"):
        if path.is_file() and path.parent.name != "locks":
            assert path.parent.name in KNOWN, path
            assert not path.name.startswith("."), path
