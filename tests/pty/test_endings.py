from __future__ import annotations

import os
import signal
import sys
from statistics import median
from time import monotonic

import pytest

from copilot_tui.conversation import Role, Status
from tests.pty.conftest import PROGRAM, Desktop
from tests.pty.emulator import Emulator
from tests.server import HANG, Gate, Server, chunk

pytestmark = pytest.mark.pty

QUIT = b"\x11"
SHOWN_AT_FIRST = {7, 25}
"""Lines wrap and the cursor is shown: what a terminal begins with."""

ENDINGS = [
    pytest.param(signal.SIGINT, 130, id="SIGINT"),
    pytest.param(signal.SIGTERM, 143, id="SIGTERM"),
    pytest.param(signal.SIGHUP, 129, id="SIGHUP"),
]

DEFECT = """
import sys
from copilot_tui.__main__ import run
from copilot_tui.tui.main_screen import MainScreen

def broken(self):
    secret = "sk-do-not-show"
    raise LookupError("what nobody thought of")

MainScreen.action_help = broken
sys.exit(run())
"""


def assert_given_back(window: Emulator) -> None:
    assert window.modes <= SHOWN_AT_FIRST
    assert 25 in window.modes
    assert window.kitty_flags == 0
    assert window.settings == window.settings_before


def streaming(desktop: Desktop, server: Server) -> Emulator:
    """The app, with a reply that does not end and a draft that was just typed."""
    server.stream(chunk("half a reply"), HANG)
    window = desktop.start()
    window.type(b"hello\r")
    window.wait_for_text("half a reply", "Escape stops")
    window.type(b"unsent")
    window.wait_for_text("unsent")
    return window


def assert_saved(desktop: Desktop) -> None:
    [conversation] = desktop.conversations()
    prompt, reply = conversation.path()
    assert (prompt.role, prompt.content) == (Role.USER, "hello")
    assert (reply.content, reply.status) == ("half a reply", Status.PARTIAL)
    assert desktop.drafts() == [("unsent", 6)]


def test_ctrl_q_saves_and_gives_the_terminal_back(desktop: Desktop, server: Server) -> None:
    window = streaming(desktop, server)
    window.type(QUIT)
    assert window.ended() == 0
    assert_given_back(window)
    assert_saved(desktop)


@pytest.mark.parametrize(("number", "status"), ENDINGS)
def test_a_signal_saves_and_gives_the_terminal_back(
    desktop: Desktop, server: Server, number: int, status: int
) -> None:
    window = streaming(desktop, server)
    window.signal(number)
    assert window.ended() == status
    assert_given_back(window)
    assert_saved(desktop)
    assert "Traceback" not in window.text


@pytest.mark.parametrize(("number", "status"), ENDINGS)
@pytest.mark.parametrize(
    "sign",
    [
        pytest.param(b"\x1b]11;?", id="the terminal was taken"),
        pytest.param(b"\x1b[?1049h", id="the other screen was taken"),
        pytest.param(b"\x1b[?2004h", id="the first frame is to come"),
    ],
)
def test_a_signal_while_it_starts_gives_the_terminal_back(
    desktop: Desktop, sign: bytes, number: int, status: int
) -> None:
    window = desktop.open()
    window.wait_for(lambda: sign in window.painted)
    window.signal(number)
    assert window.ended() == status
    assert window.settings == window.settings_before
    assert window.modes <= SHOWN_AT_FIRST
    assert window.kitty_flags == 0
    assert b"Traceback" not in window.painted


def test_a_stopped_program_lends_the_terminal_and_takes_it_back(
    desktop: Desktop, server: Server
) -> None:
    window = streaming(desktop, server)
    window.signal(signal.SIGTSTP)
    window.wait_for(lambda: has_stopped(window), "the program to stop")
    window.wait_for(lambda: 1049 not in window.modes, "its last words")
    assert_given_back(window)
    window.clear()
    window.signal(signal.SIGCONT)
    window.wait_for_text("half a reply", "unsent", "Escape stops")
    window.type(b"!" + QUIT)
    assert window.ended() == 0
    assert_given_back(window)
    assert desktop.drafts() == [("unsent!", 7)]


def has_stopped(window: Emulator) -> bool:
    waiting = os.WSTOPPED | os.WNOHANG | os.WNOWAIT
    return os.waitid(os.P_PID, window.process.pid, waiting) is not None


def test_a_closed_window_ends_it_and_all_is_saved(desktop: Desktop, server: Server) -> None:
    window = streaming(desktop, server)
    window.hang_up()
    assert window.ended() == 129
    assert_saved(desktop)


def test_a_closed_window_ends_it_also_when_sighup_is_ignored(
    desktop: Desktop, server: Server
) -> None:
    server.stream(chunk("half a reply"), HANG)
    window = desktop.open(program=("sh", "-c", 'trap "" HUP; exec "$@"', "sh", *PROGRAM))
    window.wait_until_ready()
    window.type(b"hello\r")
    window.wait_for_text("half a reply")
    window.type(b"unsent")
    window.wait_for_text("unsent")
    window.hang_up()
    assert window.ended() == 129
    assert_saved(desktop)


def stalled(desktop: Desktop, server: Server) -> Emulator:
    """The app with a long reply that still streams, in a terminal that reads nothing any more."""
    gate = Gate()
    paragraphs = [chunk(f"\n\nparagraph {number} of a long reply") for number in range(1000)]
    server.stream(chunk("half a reply"), gate, *paragraphs, HANG)
    window = desktop.start(size=(120, 40))
    window.type(b"hello\r")
    window.wait_for_text("half a reply")
    window.stall()
    gate.open()
    journal = desktop.store.data_dir / "journal"
    last = "paragraph 999 of a long reply"
    window.wait_for(lambda: any(last in file.read_text() for file in journal.glob("*.jsonl")))
    for character in b"unsent":
        window.type(bytes([character]))
    window.wait_for(lambda: desktop.drafts() == [("unsent", 6)])
    return window


@pytest.mark.parametrize(("number", "status"), ENDINGS)
def test_a_signal_ends_it_though_the_terminal_does_not_read(
    desktop: Desktop, server: Server, number: int, status: int
) -> None:
    window = stalled(desktop, server)
    window.signal(number)
    assert window.ended() == status
    assert window.settings == window.settings_before
    [conversation] = desktop.conversations()
    assert conversation.path()[-1].content.endswith("paragraph 999 of a long reply")
    assert desktop.drafts() == [("unsent", 6)]


def test_a_terminal_that_reads_again_shows_all_as_it_is(desktop: Desktop, server: Server) -> None:
    window = stalled(desktop, server)
    ticks = monotonic()
    window.wait_for(lambda: monotonic() > ticks + 4, "more frames than are kept for it")
    window.go_on()
    window.wait_for_text("paragraph 999 of a long reply", "unsent", "Escape stops", "Today")
    window.type(b"\x0e")
    window.wait_for_text("Ask anything", "F1 keys")
    window.wait_for(lambda: "paragraph" not in window.text, "the other conversation to go")
    window.type(QUIT)
    assert window.ended() == 0
    assert_given_back(window)


def test_a_defect_ends_it_in_one_line_with_all_saved(desktop: Desktop, server: Server) -> None:
    server.stream(chunk("half a reply"), HANG)
    window = desktop.open(program=(sys.executable, "-c", DEFECT), size=(120, 40))
    window.wait_until_ready()
    window.type(b"hello\r")
    window.wait_for_text("half a reply")
    window.type(b"unsent\x1bOP")
    assert window.ended() == 1
    assert_given_back(window)
    assert_saved(desktop)
    after = bytes(window.painted).rpartition(b"\x1b[?1049l")[2]
    assert b"a fault in the program itself: LookupError: what nobody thought of" in after
    assert b"Traceback" not in after
    assert b"sk-do-not-show" not in after


def test_quitting_while_replies_stream_takes_no_time(desktop: Desktop, server: Server) -> None:
    server.stream(chunk("half a reply"), HANG, repeat=True)
    seconds = []
    for _ in range(5):
        window = desktop.start()
        for prompt in (b"one\r\x0e", b"two\r"):
            window.type(prompt)
        window.wait_for_text("half a reply", "Escape stops")
        before = monotonic()
        window.type(QUIT)
        assert window.ended() == 0
        seconds.append(monotonic() - before)
    print(f"from Ctrl+Q to the end: {median(seconds) * 1000:.0f} ms, {sorted(seconds)}")
    assert median(seconds) < 2.0
    replies = [each.path()[-1] for each in desktop.conversations()]
    assert [(each.content, each.status) for each in replies] == [
        ("half a reply", Status.PARTIAL)
    ] * 10
    window = desktop.open("--continue")
    window.wait_for_text("half a reply", "Stopped")
