from __future__ import annotations

import os
import sqlite3
import stat
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from copilot_tui.errors import NotFound, StoreError, UnreadableDocument
from copilot_tui.store.files import Disk, Stamp
from copilot_tui.store.index import VERSION, Index
from copilot_tui.store.summary import Summary


def row(id_: str, title: str = "A talk", *tags: str) -> Summary:
    return Summary(id_, title, "2026", f"2026-{id_}", None, "m", 2, True, False, tags)


class Folder:
    """Files that are only told of, and how often each was read."""

    def __init__(self) -> None:
        self.files: dict[str, tuple[Stamp, Summary | StoreError]] = {}
        self.read: list[str] = []

    def put(self, id_: str, stamp: int, found: Summary | StoreError) -> None:
        self.files[id_] = (Stamp(stamp, 1, 1), found)

    def stamps(self) -> dict[str, Stamp]:
        return {id_: stamp for id_, (stamp, _) in self.files.items()}

    def __call__(self, id_: str) -> Summary:
        self.read.append(id_)
        found = self.files[id_][1]
        if isinstance(found, StoreError):
            raise found
        return found


@pytest.fixture
def folder() -> Folder:
    return Folder()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "cache" / "index.sqlite3"


@pytest.fixture
def index(path: Path) -> Iterator[Index]:
    index = Index(path, Disk())
    yield index
    index.close()


@pytest.fixture
def reopen(path: Path) -> Iterator[Callable[[], Index]]:
    opened: list[Index] = []

    def reopen() -> Index:
        opened.append(Index(path, Disk()))
        return opened[-1]

    yield reopen
    for each in opened:
        each.close()


def test_only_what_changed_is_read_again(index: Index, folder: Folder) -> None:
    folder.put("a", 1, row("a"))
    folder.put("b", 1, row("b", "B", "tag", "Ü"))
    assert index.sync(folder.stamps(), folder).summaries == [row("b", "B", "tag", "Ü"), row("a")]
    folder.put("a", 2, row("a", "New"))
    del folder.files["b"]
    assert index.sync(folder.stamps(), folder).summaries == [row("a", "New")]
    assert folder.read == ["a", "b", "a"]


def test_the_rows_are_known_without_a_look_at_the_folder(
    index: Index, folder: Folder, reopen: Callable[[], Index]
) -> None:
    folder.put("a", 1, row("a"))
    index.sync(folder.stamps(), folder)
    assert reopen().known() == [row("a")]
    assert folder.read == ["a"]


def test_an_index_that_is_not_there_knows_nothing_and_is_not_made(index: Index, path: Path) -> None:
    assert index.known() == []
    assert not path.parent.exists()


def test_an_unreadable_file_is_remembered_until_it_changes(
    index: Index, folder: Folder, reopen: Callable[[], Index]
) -> None:
    folder.put("a", 1, UnreadableDocument("a.json is torn", "left alone"))
    problems = index.sync(folder.stamps(), folder).problems
    assert [(str(each), each.hint) for each in problems] == [("a.json is torn", "left alone")]
    problems = reopen().sync(folder.stamps(), folder).problems
    assert [(str(each), each.hint) for each in problems] == [("a.json is torn", "left alone")]
    assert folder.read == ["a"]
    folder.put("a", 2, row("a"))
    assert index.sync(folder.stamps(), folder) == ([row("a")], [])


def test_a_file_that_became_unreadable_loses_its_row(index: Index, folder: Folder) -> None:
    folder.put("a", 1, row("a"))
    index.sync(folder.stamps(), folder)
    folder.put("a", 2, UnreadableDocument("torn"))
    listing = index.sync(folder.stamps(), folder)
    assert listing.summaries == []
    assert len(listing.problems) == 1


def test_a_passing_failure_is_tried_again(index: Index, folder: Folder) -> None:
    folder.put("a", 1, StoreError("permission denied"))
    assert [str(each) for each in index.sync(folder.stamps(), folder).problems] == [
        "permission denied"
    ]
    folder.put("a", 1, row("a"))
    assert index.sync(folder.stamps(), folder) == ([row("a")], [])


def test_a_file_that_goes_while_it_is_read_is_no_problem(index: Index, folder: Folder) -> None:
    folder.put("a", 1, NotFound("gone"))
    assert index.sync(folder.stamps(), folder) == ([], [])


def test_what_is_put_is_not_read_again(index: Index, folder: Folder) -> None:
    index.put(row("a"), Stamp(1, 1, 1))  # not open: nothing happens
    index.sync({}, folder)
    folder.put("a", 2**64 - 1, row("a"))
    index.put(row("a"), folder.stamps()["a"])
    assert index.sync(folder.stamps(), folder).summaries == [row("a")]
    assert folder.read == []


def test_half_a_surrogate_pair_in_a_title_is_shown_as_a_question_mark(
    index: Index, folder: Folder
) -> None:
    folder.put("a", 1, row("a", "x\ud800y", "\udfff"))
    assert index.sync(folder.stamps(), folder).summaries[0].title == "x?y"


def corrupt(path: Path) -> None:
    path.write_bytes(b"this is no database" * 1000)


def truncate(path: Path) -> None:
    with path.open("r+b") as file:
        file.truncate(5000)


def age(path: Path) -> None:
    with closing(sqlite3.connect(path)) as database:
        database.execute(f"PRAGMA user_version = {VERSION + 1}")


def strip(path: Path) -> None:
    with closing(sqlite3.connect(path)) as database:
        database.execute("DROP TABLE problems")


def foreign(path: Path) -> None:
    path.unlink()
    with closing(sqlite3.connect(path)) as database:
        database.execute("CREATE TABLE conversations (other)")


@pytest.mark.parametrize("damage", [corrupt, truncate, age, strip, foreign])
def test_a_damaged_index_is_built_anew(
    index: Index,
    folder: Folder,
    path: Path,
    damage: Callable[[Path], None],
    reopen: Callable[[], Index],
) -> None:
    for place in range(200):
        folder.put(f"{place:03}", 1, row(f"{place:03}", "title" * 20))
    expected = index.sync(folder.stamps(), folder)
    index.close()
    damage(path)
    assert reopen().sync(folder.stamps(), folder) == expected
    folder.read.clear()
    assert reopen().sync(folder.stamps(), folder) == expected
    assert folder.read == []


def test_a_locked_index_is_done_without(
    path: Path, folder: Folder, reopen: Callable[[], Index], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("copilot_tui.store.index.BUSY_MS", 1)
    folder.put("a", 1, row("a"))
    reopen().sync(folder.stamps(), folder)
    folder.put("b", 1, row("b"))
    with closing(sqlite3.connect(path)) as database:
        database.execute("BEGIN EXCLUSIVE")
        assert reopen().sync(folder.stamps(), folder).summaries == [row("b"), row("a")]
        database.rollback()
    assert reopen().known() == [row("a")]


@pytest.mark.parametrize("kind", ["file", "folder"])
def test_where_no_index_can_be_the_files_are_read(
    path: Path, folder: Folder, reopen: Callable[[], Index], kind: str
) -> None:
    if kind == "file":
        path.parent.write_text("in the way")
    else:
        path.mkdir(parents=True)
    folder.put("a", 1, row("a"))
    index = reopen()
    assert index.sync(folder.stamps(), folder).summaries == [row("a")]
    assert index.sync(folder.stamps(), folder).summaries == [row("a")]
    assert folder.read == ["a"]


@pytest.mark.skipif(sys.platform == "win32", reason="modes are POSIX's")
def test_the_index_is_the_owners_alone(index: Index, folder: Folder, path: Path) -> None:
    before = os.umask(0)
    try:
        folder.put("a", 1, row("a"))
        index.sync(folder.stamps(), folder)
    finally:
        os.umask(before)
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert {stat.S_IMODE(each.stat().st_mode) for each in path.parent.iterdir()} == {0o600}
    assert len(list(path.parent.iterdir())) == 3
