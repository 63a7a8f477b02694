"""Signals where no event loop runs: before the app, and after it."""

from __future__ import annotations

import subprocess
import sys

import pytest

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")

GOT = """
import os, signal, sys, time
from copilot_tui.tui.terminal.signals import Signals
signals = Signals(lambda: os.write(1, b"given back\\n"))
signals.listen()
def get(number):
    os.kill(os.getpid(), number)
    time.sleep(0)  # here the handler runs
"""

SWALLOWS = """
class Swallows:
    def __del__(self):
        get(signal.SIGTERM)  # Python would ignore what is raised here
Swallows()
"""

NO_LOOP = """
signals.leave_with(lambda status: os.write(1, b"left by the app"))
signals.at_end(lambda: os.write(1, b"removed"))
get(signal.SIGHUP)
"""

IN_THE_LOOP = """
import asyncio
async def app():
    left = asyncio.Event()
    def leave(status):
        os.write(1, b"%d" % status)
        left.set()
    signals.leave_with(leave)
    get(signal.SIGINT)
    await left.wait()
asyncio.run(app())
"""

IGNORED = """
signal.signal(signal.SIGHUP, signal.SIG_IGN)
from copilot_tui.tui.terminal.signals import Signals
Signals(lambda: None).listen()
get(signal.SIGHUP)
os.write(1, b"goes on")
"""


@pytest.mark.parametrize(
    ("happens", "status", "said"),
    [
        pytest.param("get(signal.SIGINT)", 130, b"given back\n", id="before the app"),
        pytest.param(SWALLOWS, 143, b"given back\n", id="where nothing can be raised"),
        pytest.param(NO_LOOP, 129, b"given back\nremoved", id="before its loop, or behind it"),
        pytest.param(IN_THE_LOOP, 0, b"130", id="in its loop"),
        pytest.param(IGNORED, 0, b"goes on", id="ignored from the start"),
    ],
)
def test_a_signal_ends_the_program_and_leaves_nothing_behind(
    happens: str, status: int, said: bytes
) -> None:
    program = [sys.executable, "-c", GOT + happens]
    ended = subprocess.run(program, capture_output=True, timeout=60)
    assert (ended.returncode, ended.stdout, ended.stderr) == (status, said, b"")
