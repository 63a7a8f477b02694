from __future__ import annotations

import os
import selectors
import sys
import time

import pytest

if sys.platform == "win32":
    pytest.skip("pseudo-terminals are Unix", allow_module_level=True)

from copilot_tui.tui.terminal.unix_driver import WakingSelector

LONG_S = 30.0


def test_a_selector_that_is_woken_waits_no_more_and_gives_no_key() -> None:
    waiting = WakingSelector()
    waiting.wake()
    began = time.monotonic()
    assert waiting.select(LONG_S) == []
    assert waiting.select(LONG_S) == []
    assert time.monotonic() - began < LONG_S
    waiting.close()


def test_a_selector_gives_the_keyboard_when_something_is_typed() -> None:
    keyboard, typing = os.pipe()
    waiting = WakingSelector()
    waiting.register(keyboard, selectors.EVENT_READ)
    os.write(typing, b"a")
    assert [key.fd for key, _ in waiting.select(LONG_S)] == [keyboard]
    waiting.close()
    os.close(keyboard)
    os.close(typing)


def test_waking_a_closed_selector_does_nothing() -> None:
    waiting = WakingSelector()
    waiting.close()
    again = os.pipe()  # takes the numbers that were closed
    waiting.wake()
    os.set_blocking(again[0], False)
    with pytest.raises(BlockingIOError):
        os.read(again[0], 1)
    for fd in again:
        os.close(fd)
