"""The mouse: the app's, or left to the terminal, which selects text by itself then.

`_mouse`, `_enable_mouse_support` and `_disable_mouse_support` are private to Textual, whose major
version is pinned; the tests read the bytes in a real pseudo-terminal.
"""

from __future__ import annotations

from typing import Any


def is_on(driver: Any) -> bool:  # noqa: ANN401  a driver of any system, and its private parts
    """Whether the app has the mouse."""
    return bool(getattr(driver, "_mouse", False))


def turn(driver: Any, on: bool) -> None:  # noqa: ANN401
    """Take the mouse, or give it back to the terminal; nothing where there is no terminal."""
    if not hasattr(driver, "_enable_mouse_support"):
        return
    if on:
        driver._mouse = True
        driver._enable_mouse_support()
    else:
        driver._disable_mouse_support()
        driver._mouse = False
    driver.flush()
