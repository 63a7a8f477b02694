"""The driver for this terminal or browser, and the one key that Textual cannot tell.

`textual._ansi_sequences` is private; the package pins Textual's major version, and the tests press
this key as bytes in a real pseudo-terminal.
"""

from __future__ import annotations

import sys
from enum import Enum
from typing import TYPE_CHECKING

from textual._ansi_sequences import ANSI_SEQUENCES_KEYS

from copilot_tui.tui.terminal import is_in_browser

if TYPE_CHECKING:
    from textual.driver import Driver

    from copilot_tui.tui.terminal.curtain import Curtain


class _Key(Enum):
    ALT_ENTER = "alt+enter"


def driver_class(curtain: Curtain) -> type[Driver] | None:
    """The driver for what shows the app; None: Textual's own choice, as on Windows."""
    # ESC CR is Alt+Enter in most terminals; unknown, it would be read as Escape, Enter.
    ANSI_SEQUENCES_KEYS["\x1b\r"] = (_Key.ALT_ENTER,)  # type: ignore[index]  # a Mapping to readers
    if is_in_browser():
        from copilot_tui.tui.terminal.web_driver import SavingWebDriver

        return SavingWebDriver
    if curtain.terminal.attributes is None or sys.platform == "win32":
        return None

    from copilot_tui.tui.terminal.unix_driver import TypeAheadDriver

    TypeAheadDriver.take(curtain)
    return TypeAheadDriver
