"""SIGKILL in the middle of a reply, counted against the server's own log of what it sent."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Final, Protocol

import pytest

from copilot_tui.conversation import Conversation, Role, Status
from copilot_tui.store import Store
from tests.crash.paced import PacedServer, Sending, pacing
from tests.crash.room import LAG_LIMIT_S, MARGIN_S, Metronome, environ_of

if sys.platform == "win32":
    pytest.skip("kills through Unix signals", allow_module_level=True)

from tests.pty.emulator import PATIENCE_S, Emulator

pytestmark = pytest.mark.pty

PROMISE_S: Final = 0.5
"""Text that came longer ago than this is on disk."""

AT_ONCE: Final = 2
SEED: Final = 20261121


class Victim(Protocol):
    """A started program."""

    def kill(self) -> None:
        """SIGKILL."""
        ...


@dataclass(frozen=True)
class Kill:
    """One kill, and what it showed."""

    number: int
    is_silent: bool
    killed_at: float
    lag_s: float
    sending: Sending

    @property
    def must(self) -> str:
        """What must be on disk."""
        return self.sending.before(
            self.killed_at - PROMISE_S - MARGIN_S - min(self.lag_s, LAG_LIMIT_S)
        )

    @property
    def sent(self) -> str:
        """All that was sent before the kill."""
        return self.sending.before(self.killed_at + MARGIN_S)


def arguments(server: PacedServer, number: int) -> tuple[str, ...]:
    chosen = ("--backend", "openai", "--base-url", server.url(number), "--model", "paced")
    return (sys.executable, "-m", "copilot_tui", *chosen)


class App:
    """The app in a window that somebody looks at."""

    def __init__(self, folder: Path, server: PacedServer, number: int) -> None:
        command = (*arguments(server, number), "--prompt", f"prompt {number}")
        self._window = Emulator(command, environ_of(folder))
        self._thread = threading.Thread(target=self._look)
        self._thread.start()

    def _look(self) -> None:
        while self._window.process.poll() is None:
            self._window.read()

    def kill(self) -> None:
        """SIGKILL."""
        self._window.kill()
        self._thread.join(PATIENCE_S)
        self._window.__exit__(None, None, None)


class Ask:
    """`ask`, whose output nobody keeps."""

    def __init__(self, folder: Path, server: PacedServer, number: int) -> None:
        command = (*arguments(server, number), "ask", f"prompt {number}")
        self._process = subprocess.Popen(
            command,
            env=environ_of(folder),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )

    def kill(self) -> None:
        """SIGKILL."""
        self._process.kill()
        self._process.wait(PATIENCE_S)


Start = Callable[[Path, PacedServer, int], Victim]


def killed(start: Start, folder: Path, times: int) -> list[Kill]:
    """Kill this many programs on one store, each between its first and its last delta."""
    random = Random(SEED)
    sendings = [
        Sending(Random(random.random()), random.randrange(1, 40) if number % 2 else None)
        for number in range(times)
    ]
    delays = [random.uniform(0.05, 1.4) for _ in range(times)]

    def one(number: int) -> Kill:
        sending = sendings[number]
        victim = start(folder, server, number)
        is_silent = sending.silent_after is not None
        try:
            waited = (sending.is_silent if is_silent else sending.begun).wait(PATIENCE_S)
            assert waited, f"prompt {number} was never answered"
            sending.over.wait(delays[number])  # nobody sets it: this is the kill's random moment
        finally:
            killed_at = time.monotonic()
            victim.kill()
        sending.over.set()
        return Kill(number, is_silent, killed_at, metronome.lag_s(killed_at - 1.5), sending)

    with (
        pacing(sendings) as server,
        Metronome() as metronome,
        ThreadPoolExecutor(AT_ONCE) as threads,
    ):
        return list(threads.map(one, range(times)))


def read_back(folder: Path) -> dict[str, Conversation]:
    """By its prompt, what the next start finds in the store."""
    store = Store(folder / "data", folder / "another-cache")
    store.recover()
    conversations = [store.load(row.id) for row in store.summaries()]
    assert not store.problems()
    return {each.path()[0].content: each for each in conversations}


def assert_kept(kill: Kill, conversation: Conversation) -> None:
    prompt, reply = conversation.path()
    assert (prompt.role, prompt.content) == (Role.USER, f"prompt {kill.number}")
    assert (reply.role, reply.status) == (Role.ASSISTANT, Status.PARTIAL)
    assert reply.error is not None
    assert reply.error.startswith("cut off")
    assert kill.sent.startswith(reply.content)
    assert len(reply.content) >= len(kill.must), (
        f"kill {kill.number}: {lost_s(kill, reply.content):.3f}"
    )


def lost_s(kill: Kill, kept: str) -> float:
    """How long before the kill the first lost delta had been sent."""
    length = 0
    for sent_at, text in kill.sending.log:
        length += len(text)
        if length > len(kept):
            return max(0.0, kill.killed_at - sent_at)
    return 0.0


def litter(folder: Path) -> list[str]:
    """What is in the store besides conversations, their places and the locks."""
    known = {"conversations", "locks", "state", "drafts"}
    return sorted(
        str(path.relative_to(folder / "data"))
        for path in (folder / "data").rglob("*")
        if path.is_file() and (path.parent.name not in known or path.name.startswith("."))
    )


@pytest.mark.parametrize(
    ("start", "times"),
    [pytest.param(App, 20, id="the app"), pytest.param(Ask, 10, id="ask")],
)
def test_a_kill_loses_at_most_half_a_second_of_text(
    tmp_path: Path, start: Start, times: int
) -> None:
    kills = killed(start, tmp_path, times)
    assert sum(kill.is_silent for kill in kills) == times // 2
    found = read_back(tmp_path)
    assert len(found) == times
    losses = []
    for kill in kills:
        conversation = found[f"prompt {kill.number}"]
        assert_kept(kill, conversation)
        losses.append(lost_s(kill, conversation.path()[-1].content))
    assert litter(tmp_path) == []
    print(
        f"{times} kills, lost at most {max(losses):.3f} s, {sorted(losses)[times // 2]:.3f} s in "
        f"the median; lag of the machine at most {max(kill.lag_s for kill in kills):.3f} s"
    )
