from __future__ import annotations

import os
import sys
import threading
import time
from collections.abc import Iterator

import pytest

if sys.platform == "win32":
    pytest.skip("pseudo-terminals are Unix", allow_module_level=True)

import termios

from copilot_tui.checkup import terminal as checkup
from copilot_tui.tui.terminal import Terminal, background_is_dark


class Pty:
    """Both ends of a pseudo-terminal; ours is the keyboard and the screen."""

    def __init__(self) -> None:
        self.keyboard, program = os.openpty()
        self.stream = os.fdopen(program, "r+b", buffering=0)

    def terminal(self) -> Terminal:
        return Terminal(self.stream, self.stream)

    def type(self, keys: bytes) -> None:
        os.write(self.keyboard, keys)

    def screen(self) -> bytes:
        return os.read(self.keyboard, 65536)


@pytest.fixture
def pty(monkeypatch: pytest.MonkeyPatch) -> Iterator[Pty]:
    pty = Pty()
    monkeypatch.setenv("TERM", "xterm-256color")
    yield pty
    pty.stream.close()
    os.close(pty.keyboard)


def test_what_was_typed_before_and_after_is_kept_and_enter_stays_enter(pty: Pty) -> None:
    pty.type(b"typed early\r")
    with pty.terminal() as terminal:
        pty.type(b"and late\r")
        typed = b""
        while len(typed) < 21:
            typed += terminal.collect()
    assert typed == b"typed early\rand late\r"


def test_nothing_typed_while_loading_is_echoed(pty: Pty) -> None:
    with pty.terminal():
        pty.type(b"secret")
        before = pty.screen()
    assert b"secret" not in before


def test_the_terminal_is_given_back_as_it_was(pty: Pty) -> None:
    before = termios.tcgetattr(pty.stream.fileno())
    with pty.terminal() as terminal:
        assert terminal.attributes == before
        assert termios.tcgetattr(pty.stream.fileno()) != before
    assert termios.tcgetattr(pty.stream.fileno()) == before


@pytest.mark.parametrize(
    ("answer", "dark"),
    [
        (b"\x1b]11;rgb:1e1e/1e1e/2e2e\x1b\\", True),
        (b"\x1b]11;rgb:ff/ff/ff\x07", False),
        (b"\x1b]11;rgba:f/f/e/f\x1b\\", False),
    ],
)
def test_the_background_is_asked_for_and_its_answer_is_not_typed(
    pty: Pty, answer: bytes, dark: bool
) -> None:
    with pty.terminal() as terminal:
        assert b"\x1b]11;?" in pty.screen()
        pty.type(b"a" + answer + b"b")
        typed = b""
        while len(typed) < 2:
            is_dark = background_is_dark(terminal)
            typed += terminal.collect()
    assert typed == b"ab"
    assert is_dark is dark


@pytest.mark.parametrize("cut", range(1, 25))
def test_an_answer_that_comes_late_and_in_pieces_is_not_typed_either(pty: Pty, cut: int) -> None:
    answer = "\x1b]11;rgb:1e1e/1e1e/2e2e\x1b\\"
    with pty.terminal() as terminal:
        assert terminal.collect() == b""
        came = terminal.without_answer("a" + answer[:cut]) + terminal.without_answer(
            answer[cut:] + "b"
        )
        after = terminal.without_answer("\x1b[A")
    if cut == 1:  # a lone escape is a key, and does not wait
        assert came.startswith("a\x1b")
    else:
        assert came == "ab"
    assert after == "\x1b[A"


def test_colorfgbg_is_asked_where_the_terminal_is_silent(
    pty: Pty, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLORFGBG", "0;15")
    assert background_is_dark(pty.terminal()) is False
    monkeypatch.setenv("COLORFGBG", "15;0")
    assert background_is_dark(pty.terminal()) is True


def test_no_terminal_is_left_alone() -> None:
    reader, writer = os.pipe()
    with os.fdopen(reader, "rb") as stream, Terminal(stream) as terminal:
        assert terminal.attributes is None
        assert terminal.collect() == b""
    os.close(writer)


def test_a_terminal_that_hangs_up_in_a_question_is_not_waited_for(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    patience_s = 60.0
    monkeypatch.setattr(checkup, "ANSWER_S", patience_s)
    master, slave = os.openpty()

    def hang_up() -> None:
        os.read(master, 1)
        os.close(master)

    hanging_up = threading.Thread(target=hang_up)
    hanging_up.start()
    began = time.monotonic()
    with os.fdopen(slave, "r+b", buffering=0) as stream:
        monkeypatch.setattr(sys, "stdin", stream)
        monkeypatch.setattr(sys, "stdout", stream)
        assert checkup.ask({"TERM": "xterm"}) == checkup.Answers(is_terminal=True)
    hanging_up.join()
    assert time.monotonic() - began < patience_s / 2
