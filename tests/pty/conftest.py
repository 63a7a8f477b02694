"""The app in a pseudo-terminal, over a store of its own and a scripted server."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from copilot_tui.conversation import Conversation
from copilot_tui.store import Store
from tests.server import Server

if sys.platform == "win32":
    collect_ignore_glob = ["*"]
elif not TYPE_CHECKING:
    from tests.pty.emulator import Emulator

if TYPE_CHECKING:
    from tests.pty.emulator import Emulator

PROGRAM = (sys.executable, "-m", "copilot_tui")


@dataclass
class Desktop:
    """Opens windows with the app in them."""

    environ: dict[str, str]
    store: Store
    _windows: ExitStack

    def open(
        self,
        *args: str,
        size: tuple[int, int] = (80, 24),
        typed: bytes = b"",
        environ: dict[str, str] | None = None,
        program: tuple[str, ...] = PROGRAM,
    ) -> Emulator:
        """Start the app in a window; `typed` was typed before."""
        command = (*program, *args)
        emulator = Emulator(command, {**self.environ, **(environ or {})}, size=size, typed=typed)
        return self._windows.enter_context(emulator)

    def start(self, *args: str, size: tuple[int, int] = (80, 24)) -> Emulator:
        """Start the app, and return when it is there."""
        window = self.open(*args, size=size)
        window.wait_until_ready()
        return window

    def drafts(self) -> list[tuple[str, int | None]]:
        """Texts and carets of all drafts, sorted."""
        found = [self.store.draft(id_) for id_ in self.store.drafts()]
        return sorted((draft.text, draft.caret) for draft in found if draft is not None)

    def conversations(self) -> list[Conversation]:
        """What is in the store, newest first."""
        return [self.store.load(row.id) for row in self.store.summaries()]


def environ_of(folder: Path, server: Server) -> dict[str, str]:
    """An environment with a home of its own, and the server as the backend."""
    return {
        "PATH": os.environ["PATH"],
        "HOME": str(folder),
        "TERM": "xterm-256color",
        "LANG": "C.UTF-8",
        "XDG_CONFIG_HOME": str(folder / "config"),
        "XDG_CACHE_HOME": str(folder / "cache"),
        "COPILOT_TUI_DATA_DIR": str(folder / "data"),
        "COPILOT_TUI_BACKEND": "openai",
        "COPILOT_TUI_BASE_URL": f"{server.url}/v1",
        "COPILOT_TUI_MODEL": "scripted",
    }


@pytest.fixture
def desktop(tmp_path: Path, server: Server) -> Iterator[Desktop]:
    store = Store(tmp_path / "data", tmp_path / "another-cache")
    with ExitStack() as windows:
        yield Desktop(environ_of(tmp_path, server), store, windows)
