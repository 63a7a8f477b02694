"""The app over a real store and a scripted backend."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from copilot_tui.config import Config, load
from copilot_tui.store import Store
from copilot_tui.tui.app import CopilotApp
from copilot_tui.tui.desk import Desk
from tests.fakes import FakeBackend

MakeApp = Callable[..., CopilotApp]


@pytest.fixture
def config(data_dir: Path, cache_dir: Path) -> Config:

    loaded = load({"data_dir": str(data_dir), "backend": "demo"}, {})
    return loaded._replace(cache_dir=cache_dir)


@pytest.fixture
def store(config: Config) -> Store:
    return Store(config.data_dir, config.cache_dir)


@pytest.fixture
def backend() -> FakeBackend:
    return FakeBackend()


@pytest.fixture
def make_app(config: Config, store: Store, backend: FakeBackend) -> MakeApp:
    def make(**options: object) -> CopilotApp:
        desk = Desk(config, store, make_backend=lambda _: backend)
        return CopilotApp(desk, **options)  # type: ignore[arg-type]  # passed through

    return make
