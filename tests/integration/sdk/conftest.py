"""GitHub's SDK 1.0.0 with the CLI that it brings, answering from a scripted server on loopback.

It runs without an account and without a network, in its own-server mode. What the CLI unpacks
(170 MB) is kept beside the virtual environment.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.integration.conftest import Shell, require
from tests.integration.venvs import SDK, Venv
from tests.server import Server

KEY = "sk-secret-of-the-test"


@pytest.fixture(scope="session")
def sdk() -> Venv:
    return require(SDK)


@pytest.fixture
def upstream(server: Server) -> Server:
    """The server that the CLI speaks to; it lists one model."""
    listed = {"object": "list", "data": [{"id": "small", "object": "model"}]}
    server.answer(listed, path="/v1/models", repeat=True)
    return server


@pytest.fixture
def shell(sdk: Venv, upstream: Server, tmp_path: Path) -> Shell:
    """`copilot-tui --backend copilot` as a process, with the SDK on its path."""
    return Shell(
        tmp_path,
        f"{upstream.url}/v1",
        COPILOT_TUI_BACKEND="copilot",
        COPILOT_TUI_API_KEY=KEY,
        COPILOT_CACHE_HOME=str(sdk.folder / "cache"),
        PYTHONPATH=str(sdk.site_packages),
        XDG_DATA_HOME=str(tmp_path / "data-home"),
        GH_TOKEN="gho_secret-of-the-test",
    )
