"""Signing in to Copilot by the CLI's own way: a code that is typed at GitHub in a browser."""

from __future__ import annotations

import asyncio
import codecs
import json
import os
import re
from asyncio.subprocess import DEVNULL, PIPE, STDOUT
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import TYPE_CHECKING, Final

from copilot_tui import keyring_store
from copilot_tui.backends.sdk import runtime, sign_in
from copilot_tui.backends.sdk.words import in_one_line
from copilot_tui.errors import ConnectionFailed, CopilotTuiError

if TYPE_CHECKING:
    from asyncio.subprocess import Process
    from pathlib import Path

    from copilot_tui.config import BackendConfig

_DEVICE_CODE: Final = re.compile(r"\b[A-Z0-9]{4}-[A-Z0-9]{4}\b")
AGAIN_HINT: Final = (
    "Check the network and --proxy, and try again; or set COPILOT_GITHUB_TOKEN to a token with the "
    'permission "Copilot Requests".'
)
LOCKED_HINT: Final = (
    "Unlock the system keyring and try again; or pipe a token with the permission "
    '"Copilot Requests" into copilot-tui login copilot.'
)
NO_KEYRING: Final = (
    "There is no system keyring: the Copilot CLI keeps the sign-in as plain text in {file}, which "
    "only you can read"
)
_PLAIN: Final = "storeTokenPlaintext"
"""A setting of the CLI's."""
_SIGNED_IN: Final = re.compile(r"^Signed in successfully", re.MULTILINE)
_LAST_WORD: Final = re.compile(
    rf"{_SIGNED_IN.pattern}|^Login (?:failed|succeeded, but)", re.MULTILINE
)
"""After these the CLI does nothing but end."""
_END_S: Final = 3.0
"""How long it may take for that. Node.js, in which it is written, can hang as it ends, for ever:
once in about a hundred times on a busy machine."""
_KEPT_MOST: Final = 16_384
"""Characters of what the CLI says that are looked through for the code."""


async def log_in(
    config: BackendConfig,
    environ: Mapping[str, str],
    show: Callable[[str], object],
    show_code: Callable[[str], object],
    *,
    may_ask: bool = False,
) -> None:
    """Let the CLI sign in; it keeps the token itself. Cancelled, it is ended.

    `show` is given what the CLI says, as it comes, and `show_code` the device code, once. With
    `may_ask` it has our terminal to ask on. Raises ConnectionFailed.
    """
    path = await asyncio.to_thread(runtime.cli_program, environ)
    has_keyring = await asyncio.to_thread(keyring_store.has_keyring)
    home = sign_in.own_home()
    env = runtime.environment(config, environ, cache=None)
    env["COPILOT_HOME"] = str(home)
    try:
        home.mkdir(mode=0o700, parents=True, exist_ok=True)
        if not has_keyring:
            _allow_file(home / "settings.json")
            show(f"{NO_KEYRING.format(file=home / 'config.json')}\n")
        process = await asyncio.create_subprocess_exec(
            *path,
            "login",
            *_host(environ),
            env=env,
            stdin=None if may_ask else DEVNULL,
            stdout=PIPE,
            stderr=STDOUT,
        )
    except OSError as error:
        raise ConnectionFailed(
            f"the Copilot CLI ({path[0]}) cannot be run: {error.strerror}", runtime.CLI_HINT
        ) from error
    try:
        said = await _listened_to(process, show, show_code)
        with suppress(TimeoutError):
            await asyncio.wait_for(process.wait(), _END_S)
    finally:
        status = process.returncode
        if status is None:
            with suppress(ProcessLookupError):
                process.kill()
            await process.wait()
    if status or (status is None and not _SIGNED_IN.search(said)):
        words = in_one_line(said.strip().rpartition("\n")[2])
        raise ConnectionFailed(
            "the Copilot CLI could not sign in"
            + (f" (status {status})" if status else "")
            + (f": {words}" if words else ""),
            LOCKED_HINT if "token was not saved" in words else AGAIN_HINT,
        )


def _allow_file(settings: Path) -> None:
    """Let the CLI keep the sign-in in its own file, as we do where there is no keyring; asked for
    it, it would refuse, since what it says goes through us. Raises OSError.
    """
    found: object = {}
    if settings.exists():
        try:
            found = json.loads(settings.read_text("utf-8", "replace"))
        except ValueError:  # the CLI knows comments, too; then it is somebody's own
            return
    if isinstance(found, dict) and _PLAIN not in found:
        with os.fdopen(
            os.open(settings, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb"
        ) as file:
            file.write(json.dumps({**found, _PLAIN: True}).encode())


def _host(environ: Mapping[str, str]) -> list[str]:
    """An enterprise's own GitHub, which `login` takes as an option alone."""
    host = environ.get("COPILOT_GH_HOST") or environ.get("GH_HOST") or ""
    return ["--host", f"https://{host}"] if host and host != "github.com" else []


async def _listened_to(
    process: Process, show: Callable[[str], object], show_code: Callable[[str], object]
) -> str:
    """What the CLI says until it ends, or should have ended; the last of it."""
    assert process.stdout is not None
    said = ""
    has_code = False
    decoder = codecs.getincrementaldecoder("utf-8")("replace")
    with suppress(TimeoutError):
        async with asyncio.timeout(None) as limit:
            while piece := await process.stdout.read(4096):
                text = decoder.decode(piece)
                show(text)
                said = (said + text)[-_KEPT_MOST:]
                if not has_code and (code := _DEVICE_CODE.search(said)):
                    has_code = True
                    show_code(code[0])
                if limit.when() is None and _LAST_WORD.search(said):
                    limit.reschedule(asyncio.get_running_loop().time() + _END_S)
    return said


def log_out() -> bool:
    """Forget the sign-in of our own folder; whether there was one. Raises CopilotTuiError.

    The user's own Copilot CLI stays signed in.
    """
    home = sign_in.own_home()
    if not sign_in.has_sign_in(home):
        return False
    file = home / "config.json"
    try:
        file.unlink(missing_ok=True)
    except OSError as error:
        raise CopilotTuiError(f"{file} cannot be removed: {error.strerror}") from None
    return True
