"""login, logout: keys, cookies and tokens, kept in the system's keyring.

What is typed is not shown, and nothing of it is ever printed.
"""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Final

from copilot_tui import config, credentials, keyring_store
from copilot_tui.cli import output
from copilot_tui.cli.parser import common_options
from copilot_tui.config_file import nearest
from copilot_tui.errors import UsageError

if TYPE_CHECKING:
    import argparse

    from copilot_tui.config import BackendConfig, Config

_SECRET_LIMIT: Final = 16_384
"""Characters; a whole Cookie header of GitHub's has about two thousand."""


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
    backend = loaded.backends[name] if name else loaded.backend
    if backend.kind == "demo":
        raise UsageError("the demo needs no sign-in", "Name a backend: copilot-tui login openai")
    return backend


def _log_in(loaded: Config, backend: BackendConfig) -> None:
    if not backend.owns_address:
        raise UsageError(
            "a key is kept for the address in the configuration, and not for another one",
            f"Write base_url under [backends.{backend.name}] in {loaded.config_file}",
        )
    if _is_copilot(backend) and _is_terminal():
        _log_in_by_cli(backend)
        return
    secret = _read_secret(backend)
    address = config.address_of(backend.base_url)
    trouble = keyring_store.keep(loaded.credentials_file, backend.name, secret, address)
    if trouble:
        output.notice(
            f"{trouble}: what you gave for {backend.name} is kept as plain text in "
            f"{loaded.credentials_file}, which only you can read"
        )
    else:
        output.notice(f"kept for {backend.name} in the system keyring")
    for name in _that_win(backend):
        output.notice(f"{name} is set, and wins over it")


def _log_in_by_cli(backend: BackendConfig) -> None:
    from copilot_tui.backends.sdk import login

    login.log_in(backend, os.environ, output.text, _show_code)
    output.notice("signed in to Copilot")
    for name in _that_win(backend):
        output.notice(f"{name} is set, and wins over it")


def _show_code(code: str) -> None:
    output.notice("")
    output.notice(f"    ┌{'─' * (2 * len(code) + 5)}┐")
    output.notice(f"    │   {' '.join(code)}   │")
    output.notice(f"    └{'─' * (2 * len(code) + 5)}┘")
    output.notice("")


def _log_out(loaded: Config, backend: BackendConfig) -> None:
    was_there = keyring_store.forget(loaded.credentials_file, backend.name)
    if _is_copilot(backend):
        from copilot_tui.backends.sdk import login

        was_there |= login.log_out()
    said = "signed out of" if was_there else "nobody was signed in to"
    output.notice(f"{said} {backend.name}")
    for name in _that_win(backend):
        output.notice(f"{name} is still set, and used")


_RUN: Final = {"login": _log_in, "logout": _log_out}


def _is_copilot(backend: BackendConfig) -> bool:
    """Whether GitHub's own service answers, by its CLI."""
    return backend.kind == "copilot-sdk" and not backend.base_url


def _that_win(backend: BackendConfig) -> list[str]:
    """The variables that are set and asked before what is kept."""
    names = [credentials.ENVIRONMENT_KEY] if backend.is_chosen else []
    names += [backend.api_key_env] if backend.api_key_env else []
    if _is_copilot(backend):
        from copilot_tui.backends.sdk.sign_in import TOKEN_VARIABLES

        names += TOKEN_VARIABLES
    return [name for name in names if os.environ.get(name)]


def _is_terminal() -> bool:
    return sys.stdin is not None and sys.stdin.isatty()


def _wanted(backend: BackendConfig) -> str:
    if backend.kind == "github-web":
        return "the cookie of github.com as user_session=VALUE, or a token"
    if _is_copilot(backend):
        return 'a token with the permission "Copilot Requests"'
    return "the key"


def _read_secret(backend: BackendConfig) -> str:
    """What is typed or piped in. Raises UsageError, which does not repeat it."""
    wanted = _wanted(backend)
    if _is_terminal():
        from getpass import getpass

        try:
            secret = getpass(f"{backend.name}: {wanted} (is not shown): ").strip()
        except EOFError:
            secret = ""
    else:
        secret = sys.stdin.read(_SECRET_LIMIT + 1).strip() if sys.stdin is not None else ""
    if not secret:
        raise UsageError("nothing was given", f"Type or pipe in {wanted}.")
    secret = secret.removeprefix("Cookie:").strip()
    if len(secret) > _SECRET_LIMIT or not all(" " <= letter <= "~" for letter in secret):
        raise UsageError(
            "that holds a line break or another character that no key has, or is too long",
            "It was probably copied together with something else.",
        )
    return secret
