from __future__ import annotations

import errno
import os
import stat
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from copilot_tui.errors import StoreError
from copilot_tui.store.files import BLOCK_BYTES, Disk, told
from tests.store.faults import OPERATIONS, FaultyDisk, count_of

posix = pytest.mark.skipif(sys.platform == "win32", reason="modes are POSIX's")


@pytest.fixture(params=[0o000, 0o022, 0o177, 0o777], ids=oct)
def umask(request: pytest.FixtureRequest) -> Iterator[int]:
    before = os.umask(request.param)
    yield request.param
    os.umask(before)


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_a_written_file_holds_all_chunks(tmp_path: Path) -> None:
    path = tmp_path / "a" / "b" / "file"
    chunks = [b"x" * (BLOCK_BYTES - 1), b"y", b"", b"z" * (3 * BLOCK_BYTES), b"end"]
    stamp = Disk().write_atomic(path, chunks)
    assert Disk().read(path) == (b"".join(chunks), stamp)
    assert Disk().stamp(path) == stamp
    assert os.listdir(path.parent) == ["file"]


def test_an_empty_file_can_be_written(tmp_path: Path) -> None:
    Disk().write_atomic(tmp_path / "file", [])
    assert (tmp_path / "file").read_bytes() == b""


def test_another_version_of_a_file_has_another_stamp(tmp_path: Path) -> None:
    first = Disk().write_atomic(tmp_path / "file", [b"1"])
    second = Disk().write_atomic(tmp_path / "file", [b"2"])
    assert first != second


@posix
@pytest.mark.usefixtures("umask")
def test_files_and_folders_are_the_owners_alone_whatever_the_umask(tmp_path: Path) -> None:
    class Watching(Disk):
        modes: list[int] = []  # noqa: RUF012  of this one test

        def write(self, descriptor: int, data: bytes | memoryview) -> int:
            self.modes.append(stat.S_IMODE(os.fstat(descriptor).st_mode))
            return super().write(descriptor, data)

    path = tmp_path / "new" / "newer" / "file"
    Watching().write_atomic(path, [b"secret"])
    assert Watching.modes == [0o600]
    assert mode(path) == 0o600
    assert mode(path.parent) == mode(path.parent.parent) == 0o700


@posix
def test_a_folder_that_is_there_keeps_its_mode(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    Disk().write_atomic(tmp_path / "file", [b"x"])
    assert mode(tmp_path) == 0o755


@pytest.mark.parametrize("operation", OPERATIONS)
@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EIO, errno.EROFS, errno.EACCES])
def test_a_failing_operation_leaves_the_old_file_whole(
    tmp_path: Path, operation: str, number: int
) -> None:
    path = tmp_path / "file"
    Disk().write_atomic(path, [b"old"])
    content = [b"new" * BLOCK_BYTES, b"newer"]
    for n in range(count_of(operation, lambda disk: disk.write_atomic(tmp_path / "x", content))):
        disk = FaultyDisk(operation, n, number)
        with pytest.raises(StoreError) as caught, told("it cannot be saved"):
            disk.write_atomic(path, content)
        assert str(caught.value).startswith("it cannot be saved: ")
        # Only the sync of the folder comes after the file has its new content.
        assert path.read_bytes() in (b"old", b"".join(content))
        assert sorted(os.listdir(tmp_path)) == ["file", "x"]
        (tmp_path / "x").unlink()
        Disk().write_atomic(tmp_path / "x", [])


def test_a_file_that_is_written_in_small_pieces_is_whole(tmp_path: Path) -> None:
    class Short(Disk):
        def write(self, descriptor: int, data: bytes | memoryview) -> int:
            return super().write(descriptor, data[:7])

    Short().write_atomic(tmp_path / "file", [b"0123456789" * 10])
    assert (tmp_path / "file").read_bytes() == b"0123456789" * 10


def test_an_interrupt_leaves_the_old_file_and_no_other(tmp_path: Path) -> None:
    def chunks() -> Iterator[bytes]:
        yield b"new"
        raise KeyboardInterrupt

    Disk().write_atomic(tmp_path / "file", [b"old"])
    with pytest.raises(KeyboardInterrupt):
        Disk().write_atomic(tmp_path / "file", chunks())
    assert (tmp_path / "file").read_bytes() == b"old"
    assert os.listdir(tmp_path) == ["file"]


@posix
def test_what_is_written_is_synced_before_it_gets_its_name(tmp_path: Path) -> None:
    done: list[str] = []

    class Watching(Disk):
        def fsync(self, descriptor: int) -> None:
            is_folder = stat.S_ISDIR(os.fstat(descriptor).st_mode)
            done.append("fsync folder" if is_folder else "fsync file")
            super().fsync(descriptor)

        def replace(self, source: Path, target: Path) -> None:
            done.append("replace")
            super().replace(source, target)

        def mkdir(self, path: Path) -> None:
            done.append("mkdir")
            super().mkdir(path)

    Watching().write_atomic(tmp_path / "new" / "file", [b"x"])
    assert done == ["mkdir", "fsync folder", "fsync file", "replace", "fsync folder"]
    done.clear()
    Watching().write_atomic(tmp_path / "new" / "file", [b"x"], durable=False)
    assert done == ["replace"]
    done.clear()
    Watching().move(tmp_path / "new" / "file", tmp_path / "file")
    assert done == ["replace", "fsync folder", "fsync folder"]


def make_folder(path: Path) -> None:
    path.mkdir()


def make_link(path: Path) -> None:
    path.symlink_to(path.parent / "elsewhere")
    (path.parent / "elsewhere").write_bytes(b"x")


def make_pipe(path: Path) -> None:
    os.mkfifo(path)


@posix
@pytest.mark.parametrize("make", [make_folder, make_link, make_pipe])
def test_what_is_no_regular_file_is_not_read(tmp_path: Path, make: Callable[[Path], None]) -> None:
    make(tmp_path / "odd")
    with pytest.raises(OSError, match="not a regular file"):
        Disk().read(tmp_path / "odd")
    assert [e.is_file for e in Disk().entries(tmp_path) if e.name == "odd"] == [False]


def test_a_folder_that_is_not_there_has_nothing_in_it(tmp_path: Path) -> None:
    assert Disk().entries(tmp_path / "nowhere") == []
    assert Disk().stamp(tmp_path / "nowhere") is None
    Disk().remove(tmp_path / "nowhere")


@pytest.mark.parametrize(
    ("number", "why"),
    [
        (errno.ENOSPC, "the disk is full"),
        (errno.EDQUOT, "your quota is used up"),
        (errno.EROFS, "the file system is read-only"),
        (errno.EACCES, "permission denied"),
        (errno.EIO, "the disk reports an error"),
        (errno.EMFILE, "too many files are open"),
        (errno.ENOSYS, "this file system has no locks"),
        (errno.ENOLCK, "this file system has no locks"),
    ],
)
def test_what_the_system_refuses_is_said_in_a_sentence_with_a_hint(number: int, why: str) -> None:
    with pytest.raises(StoreError) as caught, told("the draft cannot be saved"):
        raise OSError(number, os.strerror(number))
    assert str(caught.value) == f"the draft cannot be saved: {why}"
    assert caught.value.hint
