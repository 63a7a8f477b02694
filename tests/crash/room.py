"""A store that programs are killed on, and what must be in it whatever kills them."""

from __future__ import annotations

import os
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Final

from copilot_tui.conversation import Conversation, Message, Status, new_conversation, utc_now
from copilot_tui.store import Store
from tests.crash.paced import PacedServer, Sending
from tests.store.aftermath import Seen, start
from tests.store.samples import add_turn

STOCK: Final = 4
"""Conversations that are there from the beginning."""

MARGIN_S: Final = 0.1
"""Between what somebody else notes and what the program sees lie the system and its scheduler."""

LAG_LIMIT_S: Final = 0.3
"""No more lag of the machine than this is an excuse: with any, whatever was lost would pass."""

Claim = Callable[[Seen], bool]


class Metronome:
    """How late this machine wakes a thread that wants to run every 5 ms."""

    def __init__(self) -> None:
        self._late: list[tuple[float, float]] = []
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._tick)

    def __enter__(self) -> Metronome:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    def _tick(self) -> None:
        before = time.monotonic()
        while not self._stop.wait(0.005):
            now = time.monotonic()
            self._late.append((now, now - before - 0.005))
            before = now

    def lag_s(self, since: float) -> float:
        """The worst delay since then."""
        return max((late for moment, late in self._late[:] if moment >= since), default=0.0)

    def excuse_s(self, since: float) -> float:
        """How much later than promised something may be on disk."""
        return MARGIN_S + min(self.lag_s(since), LAG_LIMIT_S)


def environ_of(folder: Path) -> dict[str, str]:
    """An environment with a home of its own."""
    return {
        "PATH": os.environ["PATH"],
        "HOME": str(folder),
        "TERM": "xterm-256color",
        "LANG": "C.UTF-8",
        "XDG_CONFIG_HOME": str(folder / "config"),
        "XDG_CACHE_HOME": str(folder / "cache"),
        "COPILOT_TUI_DATA_DIR": str(folder / "data"),
    }


@dataclass
class Room:
    """One store, on which one program after the other is killed."""

    folder: Path
    random: Random
    server: PacedServer
    metronome: Metronome
    claims: dict[str, Claim] = field(default_factory=dict)
    """What must be so from now on, by what it says."""
    losses: dict[str, list[float]] = field(default_factory=dict)
    """Seconds of what was lost, by what it is."""
    took_s: dict[str, float] = field(default_factory=dict)
    """How long each command needed when it was last left alone."""
    landed: int = 0
    """Kills that met a living program."""

    def __post_init__(self) -> None:
        self.folder.mkdir()
        self.stock = [self._stocked(f"stock {number}") for number in range(STOCK)]

    def open(self) -> Store:
        """The store, as a program of its own opens it."""
        return Store(self.folder / "data", self.folder / "another-cache")

    def _stocked(self, title: str) -> str:
        conversation = new_conversation(now=utc_now())
        conversation.title = title
        add_turn(conversation, f"prompt of {title}", f"reply of {title}")
        store = self.open()
        store.save(conversation)
        store.close()
        self.claim_text(conversation)
        return conversation.id

    def claim_text(self, conversation: Conversation) -> None:
        """These messages are in the list or in the trash, whatever is killed."""
        id_, texts = conversation.id, {each.content for each in conversation.messages.values()}

        def holds(seen: Seen) -> bool:
            found = seen.listed.get(id_) or seen.trashed.get(id_)
            return found is not None and texts <= {m.content for m in found.messages.values()}

        self.claims[f"the text of {conversation.title}"] = holds

    def command(self, sending: Sending | None = None) -> tuple[str, ...]:
        """The program, and the server that answers it."""
        program = (sys.executable, "-m", "copilot_tui")
        if sending is None:
            return program
        url = self.server.url(self.server.add(sending))
        return (*program, "--backend", "openai", "--base-url", url, "--model", "paced")

    @property
    def environ(self) -> dict[str, str]:
        """What every program here is started with."""
        return environ_of(self.folder)

    def note_loss(self, what: str, seconds: float) -> None:
        """So much was lost of what may be lost."""
        self.losses.setdefault(what, []).append(seconds)

    def look(self) -> Seen:
        """What the next start finds, which is all in order. Raises AssertionError."""
        seen = start(self.folder)
        broken = [what for what, holds in self.claims.items() if not holds(seen)]
        assert not broken, f"{broken} in {seen}"
        assert not list(unmarked(seen)), "a reply does not say that it was cut off"
        return seen


def unmarked(seen: Seen) -> Iterator[Message]:
    """Replies that were cut off, and do not say so."""
    for conversation in (*seen.listed.values(), *seen.trashed.values()):
        for message in conversation.messages.values():
            if message.status is Status.PARTIAL and message.error is None:
                yield message


def replies_to(prompt: str, seen: Seen) -> list[str]:
    """The texts of all replies to a prompt, in whatever conversation it stands."""
    return [message.content for message in messages_to(prompt, seen)]


def messages_to(prompt: str, seen: Seen) -> list[Message]:
    """All replies to a prompt."""
    found = []
    for conversation in (*seen.listed.values(), *seen.trashed.values()):
        for message in conversation.messages.values():
            asked = conversation.messages.get(message.parent_id or "")
            if asked is not None and asked.content == prompt:
                found.append(message)
    return found
