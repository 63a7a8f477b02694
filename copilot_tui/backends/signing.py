"""Signing in and out: what is asked for, what is kept of it, and what is said.

The same for `copilot-tui login` and for the app. A secret is never in a message.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Final

from copilot_tui import credentials, keyring_store
from copilot_tui.backends.accounts import is_copilot
from copilot_tui.config import address_of
from copilot_tui.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from copilot_tui.config import BackendConfig

SECRET_LIMIT: Final = 16_384
"""Characters; a whole Cookie header of GitHub's has about two thousand."""

DEVICE_PAGE: Final = "https://github.com/login/device"


def check(backend: BackendConfig, config_file: Path) -> None:
    """Raises UsageError where nobody can sign in."""
    if backend.kind == "demo":
        raise UsageError("the demo needs no sign-in", "Name a backend: copilot-tui login openai")
    if not backend.owns_address:
        raise UsageError(
            "a key is kept for the address in the configuration, and not for another one",
            f"Write base_url under [backends.{backend.name}] in {config_file}",
        )


def wanted(backend: BackendConfig) -> str:
    """What is to be typed or pasted."""
    if backend.kind == "github-web":
        return "the cookie of github.com as user_session=VALUE, or a token"
    if is_copilot(backend):
        return 'a token with the permission "Copilot Requests"'
    return "the key"


def cleaned(given: str, backend: BackendConfig) -> str:
    """What was typed, as it is kept. Raises UsageError, which does not repeat it."""
    secret = given.strip().removeprefix("Cookie:").strip()
    if not secret:
        raise UsageError("nothing was given", f"Type or pipe in {wanted(backend)}.")
    first = " " if backend.kind == "github-web" else "!"  # a Cookie header has spaces
    if len(secret) > SECRET_LIMIT or not all(first <= letter <= "~" for letter in secret):
        raise UsageError(
            "that holds a space, a line break or another character that no key has, or is too long",
            "It was probably copied together with something else.",
        )
    return secret


def place(file: Path) -> str:
    """Where a secret will be kept. Slow the first time: it looks for the keyring."""
    if keyring_store.has_keyring():
        return "in the system keyring"
    return f"in {file}, which only you can read, as there is no system keyring"


def keep(backend: BackendConfig, secret: str, file: Path) -> str:
    """Keep a secret, and say where. Waits for the keyring. Raises CopilotTuiError."""
    trouble = keyring_store.keep(file, backend.name, secret, address_of(backend.base_url))
    if not trouble:
        return f"kept for {backend.name} in the system keyring"
    return (
        f"{trouble}: what you gave for {backend.name} is kept as plain text in {file}, which only "
        "you can read"
    )


def forget(backend: BackendConfig, file: Path) -> bool:
    """Sign out; whether somebody was signed in. Waits for the keyring. Raises CopilotTuiError."""
    was_there = keyring_store.forget(file, backend.name)
    if is_copilot(backend):
        from copilot_tui.backends.sdk import login

        was_there |= login.log_out()
    return was_there


def take_from_cli(backend: BackendConfig, file: Path) -> None:
    """The CLI has signed in: a token that was kept before must not win over that. Waits for the
    keyring. Raises CopilotTuiError.
    """
    keyring_store.forget(file, backend.name)


def that_win(backend: BackendConfig, environ: Mapping[str, str] = os.environ) -> list[str]:
    """What is set and asked before what is kept. Raises CopilotTuiError."""
    names = [credentials.ENVIRONMENT_KEY] if backend.is_chosen else []
    names += [backend.api_key_env] if backend.api_key_env else []
    found = [name for name in names if environ.get(name)]
    if backend.api_key_command:
        found.append("api_key_command")
    file = backend.credentials_file
    is_kept = file is not None and backend.name in keyring_store.sign_ins(file)
    if is_copilot(backend) and not is_kept:
        from copilot_tui.backends.sdk.sign_in import variable_in_use

        found += filter(None, [variable_in_use(environ)])
    return found


def code_in_a_frame(code: str) -> list[str]:
    """A device code, large."""
    width = 2 * len(code) + 5
    return [f"┌{'─' * width}┐", f"│   {' '.join(code)}   │", f"└{'─' * width}┘"]
