"""Textual's driver with what was typed before it started, and the one key that it cannot tell.

`textual._ansi_sequences` and `textual._xterm_parser` are private; the package pins Textual's major
version, and the tests press these keys as bytes in a real pseudo-terminal.
"""

from __future__ import annotations

import sys
from enum import Enum
from typing import TYPE_CHECKING, Any

from textual._ansi_sequences import ANSI_SEQUENCES_KEYS

if TYPE_CHECKING:
    from collections.abc import Iterable

    from textual.driver import Driver
    from textual.message import Message

    from copilot_tui.tui.terminal import Terminal


class _Key(Enum):
    ALT_ENTER = "alt+enter"


def driver_class(terminal: Terminal | None) -> type[Driver] | None:
    """The driver for this terminal; None: Textual's own choice, as on Windows."""
    # ESC CR is Alt+Enter in most terminals; unknown, it would be read as Escape, Enter.
    ANSI_SEQUENCES_KEYS["\x1b\r"] = (_Key.ALT_ENTER,)  # type: ignore[index]  # a Mapping to readers
    if terminal is None or terminal.attributes is None or sys.platform == "win32":
        return None
    taken = terminal

    from textual._xterm_parser import XTermParser
    from textual.drivers import linux_driver
    from textual.drivers.linux_driver import LinuxDriver

    class PatientParser(XTermParser):
        """Drops the terminal's answer about its background when it comes late, over a slow line."""

        def feed(self, data: str) -> Iterable[Message]:
            return super().feed(taken.without_answer(data))

    vars(linux_driver)["XTermParser"] = PatientParser

    class TypeAheadDriver(LinuxDriver):
        """Gives the app first what was typed while it was loading."""

        def start_application_mode(self) -> None:
            super().start_application_mode()  # type: ignore[no-untyped-call]
            # What it noted is our own quiet mode; $EDITOR and the shell get the terminal as it was.
            self.attrs_before: list[Any] | None = taken.attributes

        def run_input_thread(self) -> None:
            typed = taken.collect()
            if typed:
                for event in PatientParser().feed(typed.decode("utf-8", "replace")):
                    self.process_message(event)
            super().run_input_thread()

    return TypeAheadDriver
