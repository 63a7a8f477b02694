"""The program as a process of its own, with a store, a configuration and a home of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from copilot_tui.conversation import Conversation, Message, Role
from copilot_tui.store import Store
from tests.server import PATIENCE_S, Server

FIRST = "11111111-0000-4000-8000-000000000000"
SECOND = "22222222-0000-4000-8000-000000000000"
HARMFUL = "\x1b]0;t\x07a\u202eb\tc\nd"

PYTHON = (sys.executable, "-W", "error", "-m", "copilot_tui")


@dataclass
class Program:
    """Runs commands."""

    environ: dict[str, str]
    data_dir: Path
    _started: list[subprocess.Popen[bytes]] = field(default_factory=list)

    def run(
        self, *args: str, stdin: bytes | int = b"", environ: Mapping[str, str] | None = None
    ) -> Ended:
        """Run a command to its end; stdin is what it reads, or the file that it reads from."""
        done = subprocess.run(
            (*PYTHON, *args),
            stdin=stdin if isinstance(stdin, int) else None,
            input=None if isinstance(stdin, int) else stdin,
            capture_output=True,
            env={**self.environ, **(environ or {})},
            timeout=PATIENCE_S * 3,
            check=False,
        )
        return Ended(done.returncode, done.stdout.decode(), done.stderr.decode())

    def start(
        self, *args: str, preexec_fn: Callable[[], object] | None = None
    ) -> subprocess.Popen[bytes]:
        """Start a command; stdin is empty, stdout and stderr are pipes."""
        process = subprocess.Popen(
            (*PYTHON, *args),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=self.environ,
            bufsize=0,
            preexec_fn=preexec_fn,
        )
        self._started.append(process)
        return process

    def shell(self, script: str) -> Ended:
        """Run a line of sh in which $ASK stands for `copilot-tui ask`."""
        command = " ".join((*PYTHON, "ask"))
        done = subprocess.run(
            ("sh", "-c", script.replace("$ASK", command)),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            env=self.environ,
            timeout=PATIENCE_S * 3,
            check=False,
        )
        return Ended(done.returncode, done.stdout.decode(), done.stderr.decode())

    def last(self) -> dict[str, Any]:
        """The document of the conversation that changed last."""
        shown = self.run("show", "last", "--json")
        assert (shown.status, shown.stderr) == (0, "")
        document: dict[str, Any] = json.loads(shown.stdout)
        return document

    def last_messages(self) -> list[tuple[str, str, str]]:
        """Role, status and text of its messages."""
        return [(m["role"], m["status"], m["content"]) for m in self.last()["messages"]]

    def close(self) -> None:
        """End what still runs."""
        for process in self._started:
            with process:
                process.kill()


@dataclass(frozen=True)
class Ended:
    """How a command ended."""

    status: int
    stdout: str
    stderr: str

    def json_lines(self) -> list[Any]:
        """What --json wrote."""
        return [json.loads(line) for line in self.stdout.splitlines()]


@pytest.fixture
def program(tmp_path: Path, data_dir: Path) -> Iterator[Program]:
    kept = {"PATH", "SYSTEMROOT", "TEMP", "TMP", "COVERAGE_PROCESS_START"}
    environ = {name: value for name, value in os.environ.items() if name in kept}
    environ |= {
        "HOME": str(tmp_path),
        "USERPROFILE": str(tmp_path),
        "XDG_CONFIG_HOME": str(tmp_path / "config"),
        "XDG_CACHE_HOME": str(tmp_path / "cache"),
        "COPILOT_TUI_DATA_DIR": str(data_dir),
    }
    started = Program(environ, data_dir)
    yield started
    started.close()


@pytest.fixture
def asking(program: Program, server: Server) -> Program:
    """The program with the scripted server as its backend."""
    program.environ["COPILOT_TUI_BASE_URL"] = f"{server.url}/v1"
    return program


@pytest.fixture
def store(data_dir: Path, tmp_path: Path) -> Store:
    return Store(data_dir, tmp_path / "another-cache")


def saved(store: Store, id_: str, title: str, minute: int = 0) -> Conversation:
    when = f"2026-11-21T06:{minute:02}:00.000Z"
    made = Conversation(
        id=id_, title=title, created_at=when, updated_at=when, backend="g4f", model="gpt-4o"
    )
    made.add(Message(id=f"{id_[:8]}-prompt", role=Role.USER, content="Who am I?"))
    made.add(
        Message(
            id=f"{id_[:8]}-reply",
            role=Role.ASSISTANT,
            content="You are *Heiner*.",
            parent_id=made.head,
            model="gpt-4o",
        )
    )
    store.save(made)
    return made


@pytest.fixture
def both(store: Store) -> Store:
    saved(store, FIRST, "About names", 1)
    saved(store, SECOND, "About cities", 2)
    return store
