"""Signing in to Copilot by the CLI's own way: a code that is typed at GitHub in a browser."""

from __future__ import annotations

import codecs
import re
import subprocess
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Final

from copilot_tui.backends.sdk import runtime, sign_in
from copilot_tui.backends.sdk.words import SIGN_IN_HINT
from copilot_tui.errors import ConnectionFailed

if TYPE_CHECKING:
    from copilot_tui.config import BackendConfig

_DEVICE_CODE: Final = re.compile(r"\b[A-Z0-9]{4}-[A-Z0-9]{4}\b")


def log_in(
    config: BackendConfig,
    environ: Mapping[str, str],
    show: Callable[[str], object],
    show_code: Callable[[str], object],
) -> None:
    """Let the CLI sign in; it keeps the token itself. Raises ConnectionFailed.

    `show` is given what the CLI says, as it comes, and `show_code` the device code, once.
    """
    path = runtime.cli_program(environ)
    home = sign_in.own_home()
    home.mkdir(mode=0o700, parents=True, exist_ok=True)
    env = runtime.environment(config, environ, cache=None)
    env["COPILOT_HOME"] = str(home)
    try:
        with subprocess.Popen(
            [*path, "login"], env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, bufsize=0
        ) as process:
            assert process.stdout is not None
            said = ""
            decoder = codecs.getincrementaldecoder("utf-8")("replace")
            while piece := process.stdout.read(4096):
                text = decoder.decode(piece)
                show(text)
                had_code = _DEVICE_CODE.search(said)
                said += text
                if not had_code and (code := _DEVICE_CODE.search(said)):
                    show_code(code[0])
    except OSError as error:
        raise ConnectionFailed(
            f"the Copilot CLI ({path[0]}) cannot be run: {error.strerror}", runtime.CLI_HINT
        ) from error
    if process.returncode:
        raise ConnectionFailed(
            f"the Copilot CLI could not sign in (status {process.returncode})", SIGN_IN_HINT
        )


def log_out() -> bool:
    """Forget the sign-in of our own folder; whether there was one.

    The user's own Copilot CLI stays signed in.
    """
    home = sign_in.own_home()
    if not sign_in.has_sign_in(home):
        return False
    (home / "config.json").unlink()
    return True
