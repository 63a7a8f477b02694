"""A disk that is really full, and folders that really cannot be written."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from copilot_tui.conversation import Conversation, new_conversation
from copilot_tui.errors import StoreError
from copilot_tui.store import Draft, Store
from tests.store.samples import Clock, add_empty_reply, add_turn

if sys.platform == "win32":
    pytest.skip("mounts and modes of Linux", allow_module_level=True)

SMALL = "256k"


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of its own with room for next to nothing."""
    folder = tmp_path / "small"
    folder.mkdir(0o700)
    command = ["mount", "-t", "tmpfs", "-o", f"size={SMALL},mode=0700", "tmpfs", str(folder)]
    try:
        made = subprocess.run(command, capture_output=True, text=True)
    except FileNotFoundError:
        pytest.skip("there is no mount here")
    if made.returncode:
        pytest.skip(f"a file system cannot be mounted here: {made.stderr.strip()}")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


def fill(folder: Path, *, leave: int) -> Path:
    """Fill the disk but for so many bytes."""
    filler = folder / "filler"
    room = os.statvfs(folder)
    with filler.open("wb") as file:
        file.write(b"x" * max(0, room.f_bavail * room.f_frsize - leave))
    return filler


@pytest.mark.parametrize("leave", [0, 4096, 8192, 16384])
def test_on_a_full_disk_nothing_is_lost_and_all_is_saved_when_there_is_room(
    small_disk: Path, tmp_path: Path, leave: int
) -> None:
    store = Store(small_disk / "data", tmp_path / "cache", now=Clock())
    conversation = new_conversation(now=Clock()())
    add_turn(conversation, "hello", "word " * 2000)
    store.save(conversation)
    store.save_draft(conversation.id, Draft("a draft"))
    reply = add_empty_reply(conversation)
    store.save(conversation)
    journal = store.open_journal(conversation, reply)
    filler = fill(small_disk, leave=leave)

    text = "streamed " * 4000
    journal.append(text)
    with pytest.raises(StoreError, match="the disk is full"):
        journal.flush()
    add_turn(conversation, "more", "word " * 9000)
    with pytest.raises(StoreError, match="the disk is full"):
        store.save(conversation)
    with pytest.raises(StoreError, match="the disk is full"):
        store.save_draft(conversation.id, Draft("a longer draft " * 2000))
    other = Store(small_disk / "data", tmp_path / "other-cache")
    assert other.load(conversation.id).path()[1].content == "word " * 2000
    assert other.draft(conversation.id) == Draft("a draft")

    filler.unlink()
    journal.flush()
    journal.close()
    store.save(conversation)
    store.save_draft(conversation.id, Draft("a longer draft " * 2000))
    assert other.load(conversation.id).messages[reply.id].content == text
    assert other.draft(conversation.id) == Draft("a longer draft " * 2000)
    assert [each.name for each in small_disk.rglob("*.tmp")] == []
    store.close()
    other.close()


@pytest.mark.skipif(
    sys.platform != "win32" and os.geteuid() == 0, reason="root may write everywhere"
)
def test_in_a_folder_that_cannot_be_written_all_is_readable_and_it_is_said(
    store: Store, conversation: Conversation
) -> None:
    store.save(conversation)
    folder = store.data_dir / "conversations"
    folder.chmod(0o500)
    add_turn(conversation, "more", "yes")
    try:
        with pytest.raises(StoreError, match="permission denied"):
            store.save(conversation)
        with pytest.raises(StoreError, match="permission denied"):
            store.delete(conversation.id)
        assert len(store.load(conversation.id).messages) == 2
    finally:
        folder.chmod(0o700)
    store.save(conversation)
    assert len(store.load(conversation.id).messages) == 4
