"""Where the measurements happen: folders, stores, the server, and the table of what was found."""

from __future__ import annotations

import gc
import os
import random
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cached_property
from pathlib import Path
from statistics import median
from typing import Final
from uuid import UUID

from copilot_tui import document
from copilot_tui.conversation import Conversation, Message, new_conversation, timestamp
from copilot_tui.store import Store
from copilot_tui.tui.controllers.starting import SWITCH_S, collect_from_now_on
from tests.benchmarks import corpus
from tests.benchmarks.deltas import Deltas
from tests.benchmarks.program import APP, Program, running

READY: Final = "F1 keys"
"""What the app's own first frame says, and nothing that stands there before it."""


@dataclass
class Row:
    """One line of the table."""

    bar: str
    what: str
    value: float
    limit: float | None
    """What it may be at most; None: it has no bar."""
    raw: str
    unit: str = "x"
    at_least: bool = False

    @property
    def is_met(self) -> bool | None:
        """Whether the bar is reached; None: there is none."""
        if self.limit is None:
            return None
        return self.value >= self.limit if self.at_least else self.value <= self.limit

    def __str__(self) -> str:
        sign = "≥" if self.at_least else "≤"
        limit = f"{sign} {self.limit:g}" if self.limit is not None else ""
        verdict = {True: "met", False: "MISSED", None: ""}[self.is_met]
        shown = f"{self.value:9.2f} {self.unit:<3}"
        return f"{self.bar:<4} {self.what:<58} {shown} {limit:<8} {verdict:<7} {self.raw}"


@dataclass
class Stage:
    """What all measurements share."""

    folder: Path
    server: Deltas
    quick: bool = False
    tiny: bool = False
    """The sizes of the smoke test: the figures mean nothing then."""
    _made: dict[str, Path] = field(default_factory=dict)

    def rounds(self, many: int, few: int) -> int:
        """How often something is measured."""
        return 1 if self.tiny else few if self.quick else many

    def size(self, full: int, quick: int) -> int:
        """How much of something there is."""
        return min(quick, 20) if self.tiny else quick if self.quick else full

    @cached_property
    def empty_store(self) -> Path:
        """A data folder with nothing in it."""
        return self._store("empty", [])

    @cached_property
    def large_store(self) -> Path:
        """A data folder with 10,000 conversations, and their index."""
        return self._store("large", many_conversations(50 if self.tiny else 10_000))

    def store_of(self, name: str, conversations: Sequence[Conversation]) -> Path:
        """A data folder with these conversations, and their index."""
        return self._store(name, conversations)

    def environ(self, data: Path, base_url: str = "") -> dict[str, str]:
        """The environment of the app on this data folder."""
        return {
            "COPILOT_TUI_DATA_DIR": str(data),
            "COPILOT_TUI_BACKEND": "openai",
            "COPILOT_TUI_BASE_URL": base_url or self.server.url(),
            "COPILOT_TUI_MODEL": "m",
            "XDG_CACHE_HOME": str(self.folder / "cache"),
            "XDG_CONFIG_HOME": str(self.folder / "config"),
            "PYTHONDONTWRITEBYTECODE": "",
        }

    @contextmanager
    def app(
        self, data: Path, base_url: str = "", *arguments: str, watched: Path | None = None
    ) -> Iterator[Program]:
        """The app, with its first frame painted and what it does at the start behind it."""
        command = [*APP, *arguments]
        environ = self.environ(data, base_url)
        if watched is not None:
            command[2] = "tests.benchmarks.watched"
            environ["WATCHED"] = str(watched)
        with running(command, environ) as program:
            program.wait_for(READY)
            program.settle()
            yield program

    def _store(self, name: str, conversations: Sequence[Conversation]) -> Path:
        data = self.folder / name
        if name not in self._made:
            folder = data / "conversations"
            folder.mkdir(parents=True, mode=0o700)
            data.chmod(0o700)
            for each in conversations:
                path = folder / f"{each.id}.json"
                path.write_bytes(document.dumps(each))
                path.chmod(0o600)
            store = Store(data, self.folder / "cache" / "copilot-tui")
            store.summaries()
            store.close()
            self._made[name] = data
        return data


@contextmanager
def staged(server: Deltas, *, quick: bool = False, tiny: bool = False) -> Iterator[Stage]:
    """A stage in a temporary folder."""
    with tempfile.TemporaryDirectory(prefix="copilot-tui-benchmarks-") as folder:
        yield Stage(Path(folder), server, quick, tiny)


NOW: Final = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)


def many_conversations(count: int) -> list[Conversation]:
    """Conversations of two to eight messages, the newest first, over some two years."""
    messages = corpus.conversation(400)
    chance = random.Random(7)
    found = []
    moment = NOW
    for number in range(count):
        at = chance.randrange(0, len(messages) - 8, 2)
        found.append(conversation_of(messages[at : at + chance.choice((2, 4, 8))], number, moment))
        moment -= timedelta(minutes=chance.randint(1, 200))
    return found


def conversation_of(
    messages: Sequence[Message], number: int = 0, moment: datetime = NOW
) -> Conversation:
    """A conversation with these words."""
    conversation = new_conversation(now=moment)
    conversation.id = str(UUID(int=(number + 1) << 80 | 1, version=4))
    conversation.title = messages[0].content[:60].replace("\n", " ")
    for index, message in enumerate(messages):
        conversation.add(
            Message(
                id=f"{conversation.id}-{index}",
                role=message.role,
                content=message.content,
                parent_id=conversation.head,
                created_at=timestamp(moment),
                model=message.model,
            )
        )
    return conversation


def as_the_app() -> None:
    """Let the collector and the threads of this process go as the app's do."""
    gc.collect()
    collect_from_now_on()
    sys.setswitchinterval(SWITCH_S)


def ratio(costs: Sequence[float], baseline: Sequence[float]) -> float:
    """The median of what each costs against the baseline that was measured next to it.

    A machine that others use too is slow for both then.
    """
    return median(cost / base for cost, base in zip(costs, baseline, strict=True))


def ms(values: Sequence[float]) -> str:
    """Median and range, in milliseconds."""
    return f"{median(values):.1f} ms ({min(values):.1f}–{max(values):.1f})"


def machine() -> str:
    """What was measured on."""
    model = "unknown processor"
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        names = [line for line in cpuinfo.read_text().splitlines() if line.startswith("model name")]
        model = names[0].partition(":")[2].strip() if names else model
    python = ".".join(map(str, sys.version_info[:3]))
    load = f"{os.getloadavg()[0]:.2f}"
    return f"{os.cpu_count()} × {model}, {sys.platform}, Python {python}, load {load}"
