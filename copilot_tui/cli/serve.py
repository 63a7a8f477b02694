"""serve: the app in a web browser, by textual-serve (the extra `web`)."""

from __future__ import annotations

import shlex
import subprocess
import sys
from importlib.util import find_spec
from typing import TYPE_CHECKING, Final

from copilot_tui import config
from copilot_tui.cli import output
from copilot_tui.cli.parser import common_options
from copilot_tui.config import is_loopback
from copilot_tui.errors import CopilotTuiError, UsageError

if TYPE_CHECKING:
    import argparse

HOST: Final = "127.0.0.1"
PORT: Final = 8000

_MOST_PORT: Final = 65535


class NotServed(CopilotTuiError):
    """The app cannot be served."""


def run(given: argparse.Namespace) -> int:
    """Serve until it is interrupted. Raises CopilotTuiError."""
    host: str = getattr(given, "host", HOST)
    port: int = getattr(given, "port", PORT)
    if not 0 <= port <= _MOST_PORT:
        raise UsageError(f"there is no port {port}", "Such as: copilot-tui serve --port 8000")
    options = common_options(given)
    config.load(options)  # what is wrong with it is said here, and not in the browser
    if find_spec("textual_serve") is None:
        raise NotServed(
            "serve needs textual-serve, which is not installed",
            'Install it: pip install "copilot-tui[web]"',
        )
    from copilot_tui.cli import web

    if not is_loopback(host):
        output.notice(
            f"{host} is more than this machine: whoever learns the address below reads your "
            "conversations and asks in your name, and it travels unencrypted"
        )
    try:
        return web.serve(_command(options), host, port, output.line)
    except OSError as error:
        raise NotServed(
            f"nothing can be served at {host}, port {port}: {error.strerror or error}",
            "Another port: copilot-tui serve --port N",
        ) from error


def _command(options: dict[str, str]) -> str:
    """The app with the same options, as a line for the system's shell."""
    words = [sys.executable, "-m", "copilot_tui"]
    for name, value in options.items():
        words.append(f"--{name.replace('_', '-')}={value}")
    return subprocess.list2cmdline(words) if sys.platform == "win32" else shlex.join(words)
