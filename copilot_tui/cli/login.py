"""login, logout: keys, cookies and tokens, kept in the system's keyring.

What is typed is not shown, and nothing of it is ever printed.
"""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Final

from copilot_tui import config
from copilot_tui.backends import signing
from copilot_tui.backends.accounts import is_copilot
from copilot_tui.cli import output
from copilot_tui.cli.parser import common_options
from copilot_tui.config_file import nearest
from copilot_tui.errors import UsageError

if TYPE_CHECKING:
    import argparse
    from pathlib import Path

    from copilot_tui.config import BackendConfig, Config


def run(given: argparse.Namespace) -> int:
    """Sign in, or out. Raises CopilotTuiError."""
    loaded = config.load(common_options(given))
    backend = _backend(loaded, given.backend_name)
    _RUN[given.command](loaded, backend)
    return 0


def _backend(loaded: Config, name: str | None) -> BackendConfig:
    """The backend that is meant: the named one, or the chosen one."""
    if name is not None and name not in loaded.backends:
        raise UsageError(
            f"there is no backend {name}{nearest(name, loaded.backends)}",
            f"A new one is a table [backends.{name}] with a base_url in {loaded.config_file}",
        )
    return loaded.backends[name] if name else loaded.backend


def _log_in(loaded: Config, backend: BackendConfig) -> None:
    signing.check(backend, loaded.config_file)
    if is_copilot(backend) and _is_terminal():
        _log_in_by_cli(backend, loaded.credentials_file)
    else:
        secret = _read_secret(backend)
        output.notice(signing.keep(backend, secret, loaded.credentials_file))
    for name in signing.that_win(backend):
        output.notice(f"{name} is set, and wins over it")


def _log_in_by_cli(backend: BackendConfig, file: Path) -> None:
    import asyncio

    from copilot_tui.backends.sdk import login

    asyncio.run(login.log_in(backend, os.environ, output.text, _show_code, may_ask=True))
    signing.take_from_cli(backend, file)
    output.notice("signed in to Copilot")


def _show_code(code: str) -> None:
    output.notice("")
    for line in signing.code_in_a_frame(code):
        output.notice(f"    {line}")
    output.notice("")


def _log_out(loaded: Config, backend: BackendConfig) -> None:
    if backend.kind == "demo":
        signing.check(backend, loaded.config_file)
    was_there = signing.forget(backend, loaded.credentials_file)
    said = "signed out of" if was_there else "nobody was signed in to"
    output.notice(f"{said} {backend.name}")
    for name in signing.that_win(backend):
        output.notice(f"{name} is still set, and used")


_RUN: Final = {"login": _log_in, "logout": _log_out}


def _is_terminal() -> bool:
    return sys.stdin is not None and sys.stdin.isatty()


def _read_secret(backend: BackendConfig) -> str:
    """What is typed or piped in. Raises UsageError, which does not repeat it."""
    if _is_terminal():
        from getpass import getpass

        try:
            given = getpass(f"{backend.name}: {signing.wanted(backend)} (is not shown): ")
        except EOFError:
            given = ""
    elif sys.stdin is None:
        given = ""
    else:  # bytes that are no text are found out like any other that no key has
        raw = sys.stdin.buffer.read(signing.SECRET_LIMIT + 1)
        given = raw.decode("utf-8", "replace")
    return signing.cleaned(given, backend)
