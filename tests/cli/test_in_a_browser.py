"""The app as textual-serve runs it: a browser is its terminal, and pipes lead there."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from copilot_tui.store import Store
from tests.cli.conftest import PYTHON, Program
from tests.server import PATIENCE_S

with_signals = pytest.mark.skipif(sys.platform == "win32", reason="ends the program by a signal")


@dataclass
class Served:
    """One session. A read that gets nothing is ended by the guard of the tests."""

    process: subprocess.Popen[bytes]

    def send(self, kind: bytes, payload: bytes) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(kind + len(payload).to_bytes(4, "big") + payload)
        self.process.stdin.flush()

    def type(self, keys: str) -> None:
        self.send(b"D", keys.encode())

    def tell(self, **meta: str) -> None:
        self.send(b"M", json.dumps(meta).encode())

    def packet(self) -> tuple[bytes, bytes]:
        assert self.process.stdout is not None
        head = self.process.stdout.read(5)
        return head[:1], self.process.stdout.read(int.from_bytes(head[1:], "big"))

    def shows(self, words: str) -> None:
        painted = b""
        while words.encode() not in painted:
            kind, payload = self.packet()
            assert kind, f"the app has ended, and shown {painted!r}"
            painted += payload if kind == b"D" else b""

    def told(self, kind: str) -> dict[str, object]:
        while True:
            letter, payload = self.packet()
            assert letter, "the app has ended"
            if letter == b"M" and (meta := json.loads(payload))["type"] == kind:
                return dict(meta)

    def ended(self) -> int:
        assert self.process.stdout is not None
        self.process.stdout.read()  # or it would wait for who reads
        return self.process.wait(PATIENCE_S)


@pytest.fixture
def served(program: Program) -> Iterator[Served]:
    environ = {
        "TEXTUAL_DRIVER": "textual.drivers.web_driver:WebDriver",
        "COLUMNS": "100",
        "ROWS": "30",
    }
    process = subprocess.Popen(
        (*PYTHON, "--backend", "demo"),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={**program.environ, **environ},
    )
    with process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"__GANGLION__\n"
        session = Served(process)
        session.shows("Ask anything")
        yield session
        process.kill()


def half_a_prompt(served: Served) -> None:
    served.type("\x1b[200~half a prompt\x1b[201~")
    served.shows("half a prompt")


def drafts(store: Store) -> list[str]:
    found = [store.draft(id_) for id_ in store.drafts()]
    return [draft.text for draft in found if draft is not None]


def test_closing_the_page_saves_what_was_typed(served: Served, store: Store) -> None:
    half_a_prompt(served)
    served.tell(type="quit")
    assert served.ended() == 0
    assert drafts(store) == ["half a prompt"]


def test_ctrl_q_in_the_page_ends_the_session_and_saves(served: Served, store: Store) -> None:
    half_a_prompt(served)
    served.type("\x11")
    served.told("exit")
    assert served.ended() == 0
    assert drafts(store) == ["half a prompt"]


@with_signals
@pytest.mark.parametrize(("name", "status"), [("SIGTERM", 143), ("SIGINT", 130), ("SIGHUP", 129)])
def test_a_signal_ends_a_session_as_it_ends_the_app(
    served: Served, store: Store, name: str, status: int
) -> None:
    half_a_prompt(served)
    served.process.send_signal(signal.Signals[name])
    assert served.ended() == status
    assert drafts(store) == ["half a prompt"]


def test_a_server_that_was_killed_leaves_no_session_behind(served: Served, store: Store) -> None:
    half_a_prompt(served)
    assert served.process.stdin is not None
    served.process.stdin.close()
    assert served.ended() == 129
    assert drafts(store) == ["half a prompt"]


def test_what_was_typed_just_before_the_end_is_saved(served: Served, store: Store) -> None:
    for letter in "words":
        served.type(letter)
    assert served.process.stdin is not None
    served.process.stdin.close()
    assert served.ended() == 129
    assert drafts(store) == ["words"]


def test_a_server_that_neither_reads_nor_writes_any_more_costs_no_word(
    served: Served, store: Store
) -> None:
    half_a_prompt(served)
    assert served.process.stdin is not None
    assert served.process.stdout is not None
    served.process.stdout.close()
    served.process.stdin.close()
    assert served.process.wait(PATIENCE_S) == 129
    assert drafts(store) == ["half a prompt"]
    assert served.process.stderr is not None
    assert served.process.stderr.read() == b""
