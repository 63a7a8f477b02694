"""One command from its arguments to its exit status; every error becomes one line here."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Final

from copilot_tui.cli import early, output
from copilot_tui.errors import CopilotTuiError

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable, Sequence

    from copilot_tui.tui.terminal.curtain import Curtain

INTERRUPTED_STATUS: Final = 130

_MODULES: Final = {
    "ask": "ask",
    "list": "library",
    "show": "library",
    "search": "search",
    "rename": "library",
    "delete": "library",
    "restore": "library",
    "export": "transfer",
    "import": "importing",
    "models": "models",
    "login": "login",
    "logout": "login",
    "config": "configuration",
    "completion": "completion",
    "serve": "serve",
    "doctor": "doctor",
}
"""Command → the module of this package whose `run` does it. Only that one is imported."""


def main(argv: Sequence[str], curtain: Curtain | None = None) -> int:
    """Run the command that `argv` names; gives the exit status and never raises.

    The curtain is what stands on the screen until the app does; an error is said without it.
    """
    output.prepare()
    try:
        try:
            return _run(argv, curtain)
        finally:
            if curtain is not None:
                curtain.lift()
    except output.StdoutClosed:
        return output.STDOUT_CLOSED_STATUS
    except KeyboardInterrupt:
        return INTERRUPTED_STATUS
    except CopilotTuiError as error:
        return _failed(error, argv)
    except Exception as error:  # noqa: BLE001  the outer edge: never a traceback on the terminal
        if _is_interrupt(error):
            return INTERRUPTED_STATUS
        fault = CopilotTuiError(
            f"a fault in the program itself: {type(error).__name__}: {error}",
            "Nothing that was saved is lost. Please report it with the command that you gave.",
        )
        return _failed(fault, argv)


def _run(argv: Sequence[str], curtain: Curtain | None) -> int:
    if not argv:
        from copilot_tui.cli.app import run_plain

        return run_plain(curtain)
    from copilot_tui.cli.parser import parse

    try:
        given = parse(argv)
    except SystemExit as ended:  # argparse has written --help or --version
        return int(ended.code or 0)
    if given.command is None:
        from copilot_tui.cli.app import run as run_app

        return run_app(given, curtain)
    run: Callable[[argparse.Namespace], int] = import_module(
        f"copilot_tui.cli.{_MODULES[given.command]}"
    ).run
    if given.command != "ask":  # which listens to signals by itself
        early.interrupt_raises()
    return run(given)


def _is_interrupt(error: Exception) -> bool:
    """Ctrl+C within an import may come out wrapped: before 3.12 Python makes a RuntimeError of
    whatever leaves a `__set_name__`, and every enum has some.
    """
    return isinstance(error.__cause__, KeyboardInterrupt)


def _failed(error: CopilotTuiError, argv: Sequence[str]) -> int:
    output.failure(str(error), error.hint)
    if "--json" in argv:
        try:
            output.json_line({"type": "error", "message": str(error), "hint": error.hint})
        except (output.StdoutClosed, output.StdoutFailed):
            return error.exit_status
    return error.exit_status
