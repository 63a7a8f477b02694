from __future__ import annotations

import threading

from copilot_tui.errors import StoreError
from copilot_tui.tui.desk.safekeeping import Safekeeping


class Disk:
    """A disk that is full until it is told otherwise."""

    def __init__(self, *, full: bool = False) -> None:
        self.full = full
        self.written: list[str] = []

    def write(self, text: str) -> None:
        if self.full:
            raise StoreError("no space left")
        self.written.append(text)


def test_what_could_not_be_written_is_tried_again_and_said() -> None:
    disk, said = Disk(full=True), list[StoreError]()
    keeping = Safekeeping("test", said.append)
    keeping.keep("draft", lambda: disk.write("words")).result(10)
    assert keeping.holds("draft")
    assert keeping.has_failed
    assert [str(error) for error in said] == ["no space left"]
    disk.full = False
    keeping.close()
    assert disk.written == ["words"]
    assert not keeping.holds("draft")


def test_of_several_writes_of_one_thing_the_last_counts() -> None:
    disk, gate, entered = Disk(), threading.Event(), threading.Event()
    keeping = Safekeeping("test", lambda _: None)

    def slow() -> None:
        entered.set()
        gate.wait(10)
        disk.write("first")

    keeping.keep("draft", slow)
    entered.wait(10)
    keeping.keep("draft", lambda: disk.write("second"))
    last = keeping.keep("draft", lambda: disk.write("third"))
    gate.set()
    last.result(10)
    keeping.close()
    assert disk.written == ["first", "third"]


def test_a_newer_write_replaces_one_that_has_failed() -> None:
    disk = Disk(full=True)
    keeping = Safekeeping("test", lambda _: None)
    keeping.keep("draft", lambda: disk.write("old")).result(10)
    disk.full = False
    keeping.keep("draft", lambda: disk.write("new")).result(10)
    keeping.close()
    assert disk.written == ["new"]
