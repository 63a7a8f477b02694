from __future__ import annotations

import errno
from pathlib import Path

from copilot_tui.conversation import Conversation, utc_now
from copilot_tui.store import Disk, Store
from copilot_tui.store.faults import BACKUP_SUFFIX, Kind, cycles, find_faults
from copilot_tui.store.locks import have_effect
from copilot_tui.store.repair import repair
from tests.store import broken

ID = "11111111-0000-4000-8000-000000000000"


class FullDisk(Disk):
    """Takes no new file."""

    def write(self, descriptor: int, data: bytes | memoryview) -> int:
        raise OSError(errno.ENOSPC, "full")


def test_without_a_backup_nothing_is_changed(
    store: Store, data_dir: Path, conversation: Conversation
) -> None:
    store.save(conversation)
    path = data_dir / "conversations" / f"{ID}.json"
    path.write_bytes(broken.encoded(ID, head="gone"))
    path.chmod(0o600)
    before = path.read_bytes()
    faults = list(find_faults(data_dir, Disk(), utc_now()))
    assert [fault.kind for fault in faults] == [Kind.NO_HEAD]
    (said,) = repair(store, faults, FullDisk())
    assert "the disk is full" in said
    assert path.read_bytes() == before
    assert not list(path.parent.glob(f"*{BACKUP_SUFFIX}*"))


def test_a_second_repair_keeps_the_first_backup(store: Store, data_dir: Path) -> None:
    folder = data_dir / "conversations"
    folder.mkdir(parents=True, mode=0o700)
    path = folder / f"{ID}.json"
    kept = []
    for head in ("gone", "lost"):
        path.write_bytes(broken.encoded(ID, head=head))
        kept.append(path.read_bytes())
        assert list(repair(store, find_faults(data_dir, Disk(), utc_now()), Disk()))
    assert sorted(each.read_bytes() for each in folder.glob(f"*{BACKUP_SUFFIX}*")) == sorted(kept)


def test_replies_to_a_deleted_message_are_nothing_wrong(store: Store, data_dir: Path) -> None:
    folder = data_dir / "conversations"
    folder.mkdir(parents=True, mode=0o700)
    path = folder / f"{ID}.json"
    links = broken.messages(("a", None), ("b", "gone"))
    path.write_bytes(broken.encoded(ID, messages=links, deleted=["gone"], head="b"))
    path.chmod(0o600)
    assert not [fault for fault in find_faults(data_dir, Disk(), utc_now()) if fault.path == path]


def test_each_circle_is_found_once() -> None:
    parents: dict[str, str | None] = {
        "a": None, "b": "a", "c": "e", "d": "c", "e": "d", "f": "e", "g": "g", "h": "gone",
    }  # fmt: skip
    assert cycles(parents) == ["c", "g"]
    long = {str(n): str(n - 1) for n in range(20_000)}
    assert cycles({**long}) == []
    assert cycles({**long, "0": "19999"}) == ["0"]


class WithoutLocks(Disk):
    """A file system that says that it has none."""

    def make_folder(self, path: Path) -> None:
        raise OSError(errno.ENOSYS, "no locks")


def test_whether_locks_have_an_effect_is_tried_and_leaves_nothing(tmp_path: Path) -> None:
    assert have_effect(tmp_path, Disk())
    assert not have_effect(tmp_path, WithoutLocks())
    assert list(tmp_path.iterdir()) == []
