"""GitHub's CLI signs in by a code: the real one, against a mock of the device flow.

The mock stands for github.com on loopback, with a certificate of its own; nothing here says
anything about GitHub itself.
"""

from __future__ import annotations

import asyncio
import os
import ssl
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from copilot_tui.backends.sdk import login
from copilot_tui.config import BackendConfig
from copilot_tui.errors import ConnectionFailed
from tests.backends.conftest import certificate
from tests.integration.conftest import PATIENCE_S
from tests.integration.venvs import Venv
from tests.server import HANG, Server, serving

__all__ = ["certificate"]  # a fixture

pytestmark = pytest.mark.sdk

NO_KEYRING = {"PYTHON_KEYRING_BACKEND": "keyring.backends.fail.Keyring"}

CODE = {
    "device_code": "device",
    "user_code": "WDJB-MJHT",
    "verification_uri": "https://github.com/login/device",
    "expires_in": 900,
    "interval": 1,
}


@pytest.fixture
def github(certificate: tuple[Path, Path]) -> Iterator[Server]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*certificate)
    with serving(context) as server:
        yield server


@pytest.fixture
def environ(
    sdk: Venv,
    github: Server,
    certificate: tuple[Path, Path],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> dict[str, str]:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data-home"))
    return {
        "PATH": os.environ["PATH"],
        "HOME": str(tmp_path),
        "COPILOT_CLI_PATH": str(sdk.site_packages / "copilot" / "bin" / "copilot"),
        "COPILOT_CACHE_HOME": str(sdk.folder / "cache"),
        "COPILOT_GH_HOST": github.url.partition("://")[2],
        "NODE_EXTRA_CA_CERTS": str(certificate[0]),
    }


async def test_the_clis_code_is_found_and_the_cli_ends_when_nobody_waits_for_it(
    github: Server, environ: dict[str, str]
) -> None:
    github.answer(CODE, path="/login/device/code")
    pending = {"error": "authorization_pending"}
    github.answer(pending, path="/login/oauth/access_token", repeat=True)
    codes: list[str] = []
    shown = asyncio.Event()

    def show_code(code: str) -> None:
        codes.append(code)
        shown.set()

    config = BackendConfig("copilot", kind="copilot-sdk")
    signing_in = asyncio.create_task(login.log_in(config, environ, lambda _: None, show_code))
    await asyncio.wait_for(shown.wait(), PATIENCE_S)
    signing_in.cancel()
    with pytest.raises(asyncio.CancelledError):
        await signing_in
    assert codes == ["WDJB-MJHT"]


async def test_a_refusal_of_the_device_flow_is_one_sentence_and_the_next_step(
    github: Server, environ: dict[str, str]
) -> None:
    github.answer({"error": "not_found"}, status=404, path="/login/device/code", repeat=True)
    with pytest.raises(
        ConnectionFailed, match=r"could not sign in( \(status 1\))?: Login failed"
    ) as told:
        await login.log_in(
            BackendConfig("copilot", kind="copilot-sdk"), environ, lambda _: None, print
        )
    assert "Check the network and --proxy" in told.value.hint


TOKEN = "gho_made0up0by0a0test0000000000000000000"


@pytest.mark.skipif(sys.platform == "win32", reason="pseudo-terminals are Unix")
def test_killed_while_it_waits_for_the_code_it_leaves_nothing_half_and_the_next_login_works(
    github: Server, environ: dict[str, str], tmp_path: Path
) -> None:
    from tests.pty.emulator import Emulator

    home = tmp_path / "data-home" / "copilot-tui" / "copilot-cli"
    program = (sys.executable, "-m", "copilot_tui", "login", "copilot")
    env = {**environ, **NO_KEYRING, "TERM": "xterm", "XDG_DATA_HOME": str(tmp_path / "data-home")}
    github.answer(CODE, path="/login/device/code", repeat=True)
    github.raw(HANG, path="/login/oauth/access_token")
    with Emulator(program, env) as window:
        window.wait_for_text("W D J B - M J H T")
        window.wait_for(lambda: github.requests[-1].path == "/login/oauth/access_token")
        window.kill()
    assert not (home / "config.json").exists()

    token = {"access_token": TOKEN, "token_type": "bearer", "scope": "read:user"}
    github.answer(token, path="/login/oauth/access_token")
    user = {"login": "octocat", "copilot_plan": "individual", "chat_enabled": True}
    github.answer(user, path="/copilot_internal/user", repeat=True)
    with Emulator(program, env, size=(200, 40)) as window:
        assert window.ended() == 0
        assert "signed in to Copilot" in window.text
        assert f"as plain text in {home / 'config.json'}" in window.text
        assert TOKEN.encode() not in window.painted
    assert TOKEN in (home / "config.json").read_text()
    for file in (home / "config.json", home / "settings.json"):
        assert file.stat().st_mode & 0o777 == 0o600
