"""Keys: where they come from. Nothing else in the program reads one, and none is kept.

A key goes only to the server that it belongs to. COPILOT_TUI_API_KEY belongs to the chosen backend,
wherever its address points; `api_key_env`, `api_key_command` and `server_key_env` belong to the
address that stands beside them, and what `login` was given to the address that it was given for.
"""

from __future__ import annotations

import os
import time
from contextlib import suppress
from threading import Thread
from typing import TYPE_CHECKING, Final

from copilot_tui.config import address_of, default_credentials_file, is_open_way
from copilot_tui.errors import MissingKey, OpenWay

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Mapping
    from pathlib import Path

    from copilot_tui.config import BackendConfig

ENVIRONMENT_KEY: Final = "COPILOT_TUI_API_KEY"

READER: Final = "copilot-tui-key"
"""The thread that reads what a command prints."""

OUTPUT_LIMIT: Final = 64 * 1024
"""Bytes that a key's command may print."""

COMMAND_TIMEOUT_S: Final = 60.0
"""A password store may ask for a passphrase in a window of its own."""


def api_key(
    config: BackendConfig,
    environ: Mapping[str, str] = os.environ,
    *,
    timeout_s: float = COMMAND_TIMEOUT_S,
) -> str | None:
    """The key for this backend, or None: it has none, or none that may go to this address.

    May run a command and wait for it, so it is called in a thread. Raises MissingKey.
    """
    if config.is_chosen and (key := environ.get(ENVIRONMENT_KEY)):
        return _usable(key, ENVIRONMENT_KEY)
    if not config.owns_address:
        return None
    if config.api_key_env and (key := environ.get(config.api_key_env)):
        return _usable(key, config.api_key_env)
    if config.api_key_command:
        return _usable(_first_line(config, timeout_s), f"api_key_command of {config.name}")
    if config.credentials_file is not None:
        key = stored_secret(
            config.name, file=config.credentials_file, address=address_of(config.base_url)
        )
        return _usable(key, f"copilot-tui login {config.name}") if key else None
    return None


def origin_of_key(config: BackendConfig, environ: Mapping[str, str] = os.environ) -> str:
    """Where `api_key` would take the key from, in its order; empty: there is none.

    Runs no command and opens no keyring. Raises MissingKey.
    """
    if config.is_chosen and environ.get(ENVIRONMENT_KEY):
        return ENVIRONMENT_KEY
    if not config.owns_address:
        return ""
    if config.api_key_env and environ.get(config.api_key_env):
        return config.api_key_env
    if config.api_key_command:
        return "api_key_command"
    file = config.credentials_file
    if file is None or not os.path.exists(file):
        return ""
    from copilot_tui import keyring_store

    kept = keyring_store.sign_ins(file).get(config.name)
    if kept is None or kept.address != address_of(config.base_url):
        return ""
    return "the system keyring" if kept.place == "keyring" else file.name


def stored_secret(name: str, *, file: Path | None = None, address: str | None = None) -> str | None:
    """What `copilot-tui login NAME` keeps, or None: nobody signed in there.

    `file` is the configuration's credentials.json, by default the usual one's. With `address`
    (see `config.address_of`) a secret that was given for another is refused. Opens the keyring
    only for a backend that was signed in to, and may wait for its user, so it is called in a
    thread. Raises MissingKey.
    """
    file = file or default_credentials_file()
    if not os.path.exists(file):  # most have none, and do not wait for what reads it
        return None
    from copilot_tui import keyring_store

    sign_in = keyring_store.sign_ins(file).get(name)
    if sign_in is None:
        return None
    if address is not None and address != sign_in.address:
        raise MissingKey(
            f"the key kept for {name} is for {sign_in.address or 'another service'}, and does not "
            f"go to {address or 'the service itself'}",
            f"Sign in again, or out: copilot-tui login {name}, copilot-tui logout {name}",
        )
    return keyring_store.secret_of(sign_in)


def require_closed_way(config: BackendConfig) -> None:
    """Raises OpenWay if a key for this address would travel unencrypted to another machine, and
    the configuration does not allow it.
    """
    if config.allow_http or not is_open_way(config.base_url):
        return
    raise OpenWay(
        f"the key for {config.name} was not sent: everyone on the way to "
        f"{address_of(config.base_url)} could read it",
        f"Use https://, or write {'' if config.owns_address else 'base_url and '}"
        f"allow_http = true under [backends.{config.name}] in the configuration.",
    )


def server_key(config: BackendConfig, environ: Mapping[str, str] = os.environ) -> str | None:
    """The key of the g4f server itself, or None. Raises MissingKey."""
    if config.owns_address and config.server_key_env:
        key = environ.get(config.server_key_env)
        return _usable(key, config.server_key_env) if key else None
    return None


def _usable(key: str, origin: str) -> str:
    """The key, if it can stand in a header. The message never repeats it."""
    if all("!" <= character <= "~" for character in key):
        return key
    raise MissingKey(
        f"the key from {origin} holds a line break, a space or another character that no key has",
        "It was probably cut or copied together with something else; set it again.",
    )


def _first_line(config: BackendConfig, timeout_s: float) -> str:
    import subprocess  # most keys come from the environment

    command = config.api_key_command
    subject = f"api_key_command of {config.name} ({command[0]})"
    try:
        # What it prints may hold secrets, so neither stream goes anywhere.
        with subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            bufsize=0,
        ) as process:
            printed = _printed(process, timeout_s)
            if printed is None:
                raise MissingKey(f"{subject} gave no key within {timeout_s:g} s")
    except OSError as error:
        raise MissingKey(f"{subject} cannot be run: {error.strerror}") from None
    if len(printed) > OUTPUT_LIMIT:
        raise MissingKey(f"{subject} printed more than {OUTPUT_LIMIT >> 10} kB, which is no key")
    if process.returncode:
        raise MissingKey(
            f"{subject} failed with status {process.returncode}", "Run it by hand to see why."
        )
    lines = printed.decode(errors="replace").splitlines()
    if not lines or not lines[0].strip():
        raise MissingKey(f"{subject} printed no key on its first line")
    return lines[0].strip()


def _printed(process: subprocess.Popen[bytes], timeout_s: float) -> bytes | None:
    """What the command prints, to its end or a little beyond the limit; None: it takes too long.

    The command is over afterwards.
    """
    from subprocess import TimeoutExpired

    stream = process.stdout
    assert stream is not None
    found = bytearray()

    def read() -> None:
        with suppress(ValueError, OSError):  # it is closed: this comes too late
            while len(found) <= OUTPUT_LIMIT and (piece := stream.read(OUTPUT_LIMIT)):
                found.extend(piece)

    # A child of the command may hold the pipe.
    reader = Thread(target=read, name=READER, daemon=True)
    until = time.monotonic() + timeout_s
    reader.start()
    reader.join(timeout_s)
    is_late = reader.is_alive()
    if not is_late and len(found) <= OUTPUT_LIMIT:
        try:
            process.wait(max(0, until - time.monotonic()))
        except TimeoutExpired:
            is_late = True
    process.kill()
    return None if is_late else bytes(found)
