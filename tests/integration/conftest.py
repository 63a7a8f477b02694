"""Real g4f servers, one of each generation for the whole run, and `copilot-tui` as a process."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.integration.servers import RememberingServer, as_installed, remembering
from tests.integration.venvs import CURRENT, FIRST, Venv
from tests.server import Server, serving

_MUST_RUN = bool(os.environ.get("CI") or os.environ.get("COPILOT_TUI_REQUIRE_G4F"))

PATIENCE_S = 30.0


def require(venv: Venv) -> Venv:
    """The environment; without it the test is skipped, or fails where it must run."""
    if not venv.is_ready:
        missing = f"{venv.package} {venv.version} is missing: python -m tests.integration.venvs"
        if _MUST_RUN:
            pytest.fail(missing)
        pytest.skip(missing)
    return venv


@pytest.fixture(scope="session", params=[FIRST, CURRENT], ids=lambda venv: str(venv.version))
def venv(request: pytest.FixtureRequest) -> Venv:
    """Each generation in turn."""
    each: Venv = request.param
    return require(each)


@pytest.fixture(scope="session")
def current(tmp_path_factory: pytest.TempPathFactory) -> Venv:
    """The generation of today alone."""
    return require(CURRENT)


@pytest.fixture(scope="session")
def _remembering(
    venv: Venv, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[RememberingServer]:
    with remembering(venv, tmp_path_factory.mktemp("remembering")) as server:
        yield server


@pytest.fixture
def memory(_remembering: RememberingServer) -> RememberingServer:
    """A server of each generation that remembers what it is told from now on."""
    _remembering.forget()
    return _remembering


@pytest.fixture(scope="session")
def _installed(
    current: Venv, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Server, str]]:
    with serving() as upstream:
        models = [{"id": "small", "object": "model", "created": 1, "owned_by": "test"}]
        upstream.answer({"object": "list", "data": models}, path="/v1/models", repeat=True)
        home = tmp_path_factory.mktemp("installed")
        with as_installed(current, home, upstream.url) as base_url:
            yield upstream, base_url


@pytest.fixture
def upstream(_installed: tuple[Server, str]) -> Server:
    """The server behind g4f's provider "mock"."""
    server = _installed[0]
    server.requests.clear()
    return server


@pytest.fixture
def installed(_installed: tuple[Server, str]) -> str:
    """The base URL of g4f 8.8 as its own command starts it."""
    return _installed[1]


class Shell:
    """`copilot-tui` in a shell: a process each time, and one store for all."""

    def __init__(self, folder: Path, base_url: str, **environ: str) -> None:
        self.data_dir = folder / "data"
        self._environment = {
            **{n: v for n, v in os.environ.items() if "proxy" not in n.lower()},
            "HOME": str(folder),
            "XDG_CONFIG_HOME": str(folder / "config"),
            "XDG_CACHE_HOME": str(folder / "cache"),
            "COPILOT_TUI_DATA_DIR": str(self.data_dir),
            "COPILOT_TUI_BASE_URL": base_url,
            **environ,
        }

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        """Start a command and do not wait for it."""
        return subprocess.Popen(
            [sys.executable, "-m", "copilot_tui", *arguments],
            env=self._environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            encoding="utf-8",
        )

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run a command to its end."""
        with self.start(*arguments) as process:
            out, err = process.communicate(timeout=PATIENCE_S)
        return subprocess.CompletedProcess(arguments, process.returncode, out, err)

    def ask(self, *arguments: str) -> str:
        """The reply, which must be a whole one."""
        done = self.run("ask", *arguments)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def saved(self) -> dict[str, Any]:
        """The newest conversation, as `show --json` gives it."""
        done = self.run("show", "last", "--json")
        assert done.returncode == 0, done.stderr
        document: dict[str, Any] = json.loads(done.stdout)
        return document
