"""Fixtures that every room's tests share."""

from __future__ import annotations

import gc
import os
import signal
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.server import Server, serving

_OTHERS = {
    "HTTP_PROXY",
    "HTTPS_PROXY",
    "ALL_PROXY",
    "NO_PROXY",
    "SSL_CERT_FILE",
    "SSL_CERT_DIR",
    "NO_COLOR",
    "OPENAI_API_KEY",
    "OPENROUTER_API_KEY",
}


def pytest_configure() -> None:
    """A shell that runs the tests in its background, or nohup, has these ignored, and the programs
    that the tests start would inherit that."""
    signal.signal(signal.SIGINT, signal.default_int_handler)
    if hasattr(signal, "SIGHUP"):
        signal.signal(signal.SIGHUP, signal.SIG_DFL)


@pytest.fixture(autouse=True)
def clean_environ(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in list(os.environ):
        if name.upper() in _OTHERS or name.startswith("COPILOT_TUI_"):
            monkeypatch.delenv(name)


@pytest.fixture(autouse=True)
def collected() -> Iterator[None]:
    """The app lets the collector pass over what its start has made; a process that runs hundreds of
    apps would keep each of them, with its open files.
    """
    before, interval_s = gc.get_threshold(), sys.getswitchinterval()
    yield
    sys.setswitchinterval(interval_s)
    if gc.get_freeze_count():
        gc.unfreeze()
        gc.collect()
    gc.set_threshold(*before)


@pytest.fixture
def data_dir(tmp_path: Path) -> Path:
    return tmp_path / "data"


@pytest.fixture
def cache_dir(tmp_path: Path) -> Path:
    return tmp_path / "cache"


@pytest.fixture
def server() -> Iterator[Server]:
    with serving() as running:
        yield running
