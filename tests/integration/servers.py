"""Real g4f servers on loopback, without a network: each a process with a home of its own."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from pathlib import Path
from typing import Any, Final

import httpx

from tests.integration.venvs import CURRENT, Venv

START_S: Final = 60.0
"""A server that is not there by then will not come."""

NOWHERE: Final = "http://127.0.0.1:9"
"""Nothing listens on the discard port."""

_SERVER: Final = Path(__file__).with_name("g4f_server.py")


def _environment(venv: Venv, home: Path, upstream: str) -> dict[str, str]:
    """What a process needs to live, and nothing of the caller's: no proxy, no key, no browser."""
    _seed_provider_list(home / "g4f", upstream)
    kept = {"SYSTEMROOT", "TMPDIR", "TEMP", "TMP", "LANG"}
    return {
        "PATH": str(venv.scripts),
        **{name: value for name, value in os.environ.items() if name.upper() in kept},
        "HOME": str(home),
        "USERPROFILE": str(home),
        "APPDATA": str(home),
        "XDG_CONFIG_HOME": str(home / "config"),
        "XDG_CACHE_HOME": str(home / "cache"),
        "G4F_CACHE_DIR": str(home / "g4f"),
    }


def _seed_provider_list(cache: Path, upstream: str) -> None:
    """8.8 reads a list of providers from the network at its start, unless it has that of today."""
    listed = {
        "providers": {name: {"baseUrl": f"{upstream}/v1"} for name in ("default", "mock")},
        "defaultModels": {"default": "small", "mock": "small"},
    }
    for day in (date.today(), date.today() + timedelta(days=1)):
        folder = cache / ".models" / day.isoformat()
        folder.mkdir(parents=True)
        (folder / "providers.json").write_text(json.dumps(listed), "utf-8")


@contextmanager
def _process(
    command: list[str], venv: Venv, home: Path, upstream: str
) -> Iterator[subprocess.Popen[str]]:
    with (home / "log").open("wb") as log:
        process = subprocess.Popen(
            command,
            cwd=home,
            env=_environment(venv, home, upstream),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
        )
        with process:  # closes the pipes, which ends a server of ours, and waits
            try:
                yield process
            finally:
                process.terminate()


class RememberingServer:
    """g4f with the one provider of `g4f_server`."""

    def __init__(self, venv: Venv, url: str) -> None:
        self.venv = venv
        self.base_url = f"{url}/v1"
        self._url = url

    def _test_path(self, method: str, name: str) -> Any:
        answer = httpx.request(method, f"{self._url}/test/{name}", trust_env=False, timeout=15)
        answer.raise_for_status()
        return answer.json()

    def forget(self) -> None:
        """Begin anew."""
        self._test_path("POST", "forget")

    def hold_next_reply(self) -> None:
        """Let the next reply stop after its first words."""
        self._test_path("POST", "hold")

    def wait_for_the_held_reply_to_end(self) -> None:
        """Return when the server has noticed that its client went away."""
        assert self._test_path("GET", "held-ended") == {"ended": True}

    @property
    def requests(self) -> list[dict[str, Any]]:
        """The bodies of the requests for replies, as the server was given them."""
        seen: list[dict[str, Any]] = self._test_path("GET", "requests")
        return seen


@contextmanager
def remembering(venv: Venv, home: Path) -> Iterator[RememberingServer]:
    """g4f with a provider that remembers."""
    command = [str(venv.python), "-u", str(_SERVER)]
    with _process(command, venv, home, NOWHERE) as process:
        assert process.stdout is not None
        url = process.stdout.readline().strip()
        assert url, (home / "log").read_text()
        yield RememberingServer(venv, url)


@contextmanager
def as_installed(venv: Venv, home: Path, upstream: str) -> Iterator[str]:
    """g4f as its own command starts it; gives its base URL.

    In 8.8 the provider "mock" speaks to `upstream`.
    """
    port = _free_port()
    bind = f"127.0.0.1:{port}"
    command = [str(venv.scripts / "g4f"), "api", "--bind", bind]
    if venv is CURRENT:
        command += ["--no-gui", "--ignore-cookie-files", "--disable-pa-auto-download"]
    with _process(command, venv, home, upstream) as process:
        deadline = time.monotonic() + START_S
        while not _listens(port):
            assert process.poll() is None, (home / "log").read_text()
            assert time.monotonic() < deadline, (home / "log").read_text()
            time.sleep(0.05)
        yield f"http://{bind}/v1"


def browser_that_g4f_would_open(venv: Venv, home: Path) -> str:
    """The provider Copilot of 8.8 opens a browser where it finds one; "" where it does not."""
    code = "from g4f.requests.cdp import find_chrome_path as find; print(find() or '')"
    found = subprocess.run(
        [venv.python, "-c", code],
        env=_environment(venv, home, NOWHERE),
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    return found.stdout.strip()


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        return port


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0
