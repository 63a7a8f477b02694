"""Signals before there is an app."""

from __future__ import annotations

import subprocess
import sys

import pytest

SWALLOWED = """
import os, signal, time
from copilot_tui.tui.terminal.signals import Signals
class Swallows:
    def __del__(self):
        os.kill(os.getpid(), signal.SIGTERM)
        time.sleep(0)  # here the handler runs, and what it raises is ignored
with Signals():
    Swallows()
    time.sleep(60)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")
def test_a_signal_whose_exception_was_ignored_ends_the_program_all_the_same() -> None:
    ended = subprocess.run([sys.executable, "-c", SWALLOWED], capture_output=True, timeout=30)
    assert ended.returncode == 143
    assert b"ignored" in ended.stderr
