"""The program's entry: `copilot-tui` and `python -m copilot_tui`."""

from __future__ import annotations

import gc
import os
import sys

from copilot_tui import __version__

TYPE_CHECKING = False  # typing's own; importing that takes longer than the start has
if TYPE_CHECKING:
    from copilot_tui.tui.terminal.curtain import Curtain


def run() -> int:
    """Run the command that the process was started with, and give its exit status."""
    if sys.argv[1:] == ["--version"]:
        return _version()
    try:
        from copilot_tui.cli.early import interrupt_ends, looks, starts_app

        interrupt_ends()
    except KeyboardInterrupt:
        return 130
    gc.set_threshold(100_000)  # what imports make stays: collecting among it is 6 ms for nothing
    if not starts_app(sys.argv[1:]):
        return _main(None)
    from copilot_tui.tui.terminal.curtain import Curtain

    theme, sidebar_width, reading_width = looks(sys.argv[1:], os.environ)
    with Curtain(theme=theme, sidebar_width=sidebar_width, reading_width=reading_width) as curtain:
        return _main(curtain)


def _main(curtain: Curtain | None) -> int:
    from copilot_tui.cli.main import main

    return main(sys.argv[1:], curtain)


def _version() -> int:
    """Scripts and package managers ask for it, so nothing is imported, not even our own writer."""
    try:
        os.write(1, f"copilot-tui {__version__}\n".encode())
    except OSError:
        return _main(None)  # which knows how to say it, and what is no failure
    return 0


if __name__ == "__main__":
    sys.exit(run())
