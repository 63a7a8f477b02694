"""Who is signed in, and which keys were found: named by their variables, never shown."""

from __future__ import annotations

import stat
import sys
from typing import TYPE_CHECKING, Final

from copilot_tui import credentials, keyring_store
from copilot_tui.backends.accounts import sign_in_of
from copilot_tui.checkup import Finding, wrong
from copilot_tui.errors import CopilotTuiError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from copilot_tui.config import Config

SUBJECT: Final = "sign-in"


def examine(loaded: Config, environ: Mapping[str, str]) -> Iterator[Finding]:
    """The chosen backend's sign-in, what `login` keeps, and what the environment holds."""
    file = loaded.credentials_file
    try:
        kept = keyring_store.sign_ins(file)
        account = sign_in_of(loaded.backend, environ)
    except CopilotTuiError as error:
        yield wrong(SUBJECT, str(error), error.hint)
        return
    name = loaded.backend.name
    words = account.words() or "no key, and none is wanted"
    if account.is_wanted and not account.is_signed_in:
        yield wrong(SUBJECT, f"{name}: {words}", f"copilot-tui login {name}")
    else:
        yield Finding(SUBJECT, f"{name}: {words}")
    others = sorted(
        f"{each.name} ({'the system keyring' if each.place == 'keyring' else file})"
        for each in kept.values()
    )
    if others:
        yield Finding(SUBJECT, f"kept by login: {', '.join(others)}")
    if is_open(file):
        yield wrong(SUBJECT, f"{file} can be read by others", "copilot-tui doctor --repair")
    if found := [variable for variable in _variables(loaded) if environ.get(variable)]:
        yield Finding(SUBJECT, f"in the environment: {', '.join(found)}")


def is_open(file: Path) -> bool:
    """Whether others may read it."""
    try:
        return sys.platform != "win32" and bool(stat.S_IMODE(file.stat().st_mode) & 0o077)
    except OSError:
        return False


def repair(loaded: Config) -> Iterator[str]:
    """Close the file to others; what was done."""
    file = loaded.credentials_file
    if is_open(file):
        try:
            file.chmod(0o600)
        except OSError as error:
            yield f"{file} stays open to others: {error.strerror}"
        else:
            yield f"closed to others: {file}"


def _variables(loaded: Config) -> list[str]:
    from copilot_tui.backends.sdk.sign_in import TOKEN_VARIABLES

    named = [credentials.ENVIRONMENT_KEY]
    for backend in loaded.backends.values():
        named += [backend.api_key_env, backend.server_key_env]
    return list(dict.fromkeys(name for name in (*named, *TOKEN_VARIABLES) if name))
