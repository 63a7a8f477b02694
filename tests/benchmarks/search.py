"""The search over 100,000 messages: P12.

    python -m tests.benchmarks.search [messages]

The index is compared with the bare insert of the same texts into FTS5, in the same run: wall time,
CPU and size. Queries are medians of seven, from the words to fifty finished hits. The last line
says how late a loop that wakes every 5 ms was, at worst, while the index was built in a thread.
"""

from __future__ import annotations

import asyncio
import os
import random
import sqlite3
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median
from typing import Final, NamedTuple
from uuid import UUID

from copilot_tui import document
from copilot_tui.conversation import Conversation, Message, Role, timestamp
from copilot_tui.store import Store
from tests.benchmarks.stage import Row, Stage, as_the_app

MESSAGES: Final = 100_000
TURNS: Final = 50
"""Prompts of a conversation, each with its reply."""

START: Final = datetime(2024, 1, 1, tzinfo=UTC)
RARE: Final = "xylograph"
"""A word that is in one message alone, the oldest."""


class Prose:
    """Texts with the words of a language: few of them often, most of them seldom."""

    def __init__(self, seed: int = 1) -> None:
        self._random = random.Random(seed)
        self.words = self._made(60_000, self._word)
        self._cyrillic = self._made(
            15_000, lambda: self._of("абвгдежзиклмнопрстуфхцчшщыэюя", 3, 10)
        )
        self._chinese = self._made(
            8_000, lambda: "".join(chr(0x4E00 + self._random.randrange(1500)) for _ in range(2))
        )

    def text(self) -> str:
        """About 800 characters: mostly Latin, some Cyrillic, some Chinese."""
        kind, length = self._random.random(), self._random.randint(20, 180)
        if kind < 0.06:
            return "".join(self._often(self._chinese) for _ in range(length)) + "。"
        if kind < 0.12:
            return " ".join(self._often(self._cyrillic) for _ in range(length))
        return " ".join(self._token() for _ in range(length))

    def _token(self) -> str:
        word, kind = self._often(self.words), self._random.random()
        if kind < 0.005:
            return f"{word}_{self._often(self.words)}"
        if kind < 0.01:
            return f"{word}{self._often(self.words).capitalize()}()"
        if kind < 0.03:
            return f"{word.capitalize()}."
        if kind < 0.032:
            return f"{self._random.getrandbits(32):08x}"
        return "naïve" if kind < 0.04 else word

    def _often(self, words: list[str]) -> str:
        return words[int(len(words) ** self._random.random()) - 1]

    def _word(self) -> str:
        syllables = range(self._random.randint(1, 4))
        return "".join(
            self._of("bcdfghjklmnpqrstvwz", 1, 1) + self._of("aeiou", 1, 1) for _ in syllables
        )

    def _of(self, letters: str, least: int, most: int) -> str:
        return "".join(self._random.choices(letters, k=self._random.randint(least, most)))

    def _made(self, count: int, make: Callable[[], str]) -> list[str]:
        return list(dict.fromkeys(make() for _ in range(count)))


def conversations(messages: int, seed: int = 1) -> Iterator[Conversation]:
    """So many messages in conversations of a hundred; the same in every run."""
    prose = Prose(seed)
    moment = START
    for number in range(-(-messages // (2 * TURNS))):
        made = Conversation(
            id=str(UUID(int=number + 1, version=4)),
            title=f"{prose.text()[:40]} {number}",
            created_at=timestamp(moment),
            model="gpt-4o",
        )
        for place in range(2 * TURNS):
            moment += timedelta(minutes=7)
            made.add(
                Message(
                    id=f"{number}-{place}",
                    role=Role.ASSISTANT if place % 2 else Role.USER,
                    content=prose.text() if number or place else f"{prose.text()} {RARE}",
                    parent_id=made.head,
                    created_at=timestamp(moment),
                )
            )
        made.touch(moment)
        yield made


def fill(data_dir: Path, messages: int = MESSAGES) -> list[str]:
    """Make a store of so many messages; their texts."""
    folder = data_dir / "conversations"
    folder.mkdir(parents=True)
    texts: list[str] = []
    for each in conversations(messages):
        (folder / f"{each.id}.json").write_bytes(document.dumps(each))
        texts += (message.content for message in each.messages.values())
    return texts


class Cost(NamedTuple):
    """What something took."""

    wall_s: float
    cpu_s: float
    megabytes: float

    def __str__(self) -> str:
        return f"{self.wall_s:6.2f} s wall  {self.cpu_s:6.2f} s CPU  {self.megabytes:6.1f} MB"


def _cost(work: Callable[[], object], path: Path) -> Cost:
    wall, cpu = time.perf_counter(), time.process_time()
    work()
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    files = path.parent.glob(f"{path.name}*")
    return Cost(wall, cpu, sum(each.stat().st_size for each in files) / 1e6)


def bare_fts5(path: Path, texts: list[str]) -> Cost:
    """The shortest way into FTS5: its own table, tokenizer unicode61."""

    def work() -> None:
        with closing(sqlite3.connect(path)) as database:
            database.execute("PRAGMA journal_mode = WAL")
            database.execute("PRAGMA synchronous = NORMAL")
            database.execute("CREATE VIRTUAL TABLE t USING fts5(text)")
            for start in range(0, len(texts), 5000):
                with database:
                    rows = ((text,) for text in texts[start : start + 5000])
                    database.executemany("INSERT INTO t VALUES (?)", rows)

    return _cost(work, path)


def index(store: Store, cache_dir: Path) -> Cost:
    """The whole index, from the files."""
    cost = _cost(store.update_search, cache_dir / "none")
    return cost._replace(
        megabytes=sum(each.stat().st_size for each in cache_dir.glob("search-*")) / 1e6
    )


def _remove(store: Store, cache_dir: Path) -> None:
    """The index is to be made anew."""
    store.close()
    for each in cache_dir.glob("search-*"):
        os.remove(each)


def queries() -> dict[str, str]:
    """What is looked for, by what is special of it."""
    words = Prose().words
    return {
        "one letter": "a",
        "two letters": words[40][:2],
        "a frequent word": words[0],
        "a usual word": words[300],
        "the rarest word": RARE,
        "inside that word": RARE[2:7],
        "three words": f"{words[0]} {words[5]} {words[300]}",
        "frequent and rare": f"{words[0]} {RARE}",
        "a phrase": f'"{words[0]} {words[1]}"',
        "Chinese, two characters": Prose()._chinese[300],
        "Cyrillic": Prose()._cyrillic[300],
        "with accents": "naïve",
        "there is none": "qqqqzzzz",
        "in titles": f"in:title {words[0]}",
        "only prompts, a month": f"from:me after:2024-03-01 before:2024-04-01 {words[3]}",
    }


def query_ms(store: Store, words: str, order: str = "newest") -> tuple[float, int]:
    """The median time of a search, and how many hits it gives."""
    times = []
    for _ in range(7):
        start = time.perf_counter()
        found = store.search(words, order="best" if order == "best" else "newest")
        times.append((time.perf_counter() - start) * 1000)
    return median(times), len(found.hits)


async def worst_wait_ms(work: Callable[[], object]) -> float:
    """By how much a loop that wakes every 5 ms is late at worst, while this runs in a thread."""
    task = asyncio.ensure_future(asyncio.to_thread(work))
    worst = 0.0
    while not task.done():
        start = time.perf_counter()
        await asyncio.sleep(0.005)
        worst = max(worst, time.perf_counter() - start - 0.005)
    await task
    return worst * 1000


def measure(stage: Stage) -> Iterator[Row]:
    """P12, for the table of all bars."""
    folder = stage.folder / "search"
    cache_dir = folder / "cache"
    texts = fill(folder / "data", stage.size(MESSAGES, 20_000))
    store = Store(folder / "data", cache_dir)
    bare, ours = [], []
    for number in range(stage.rounds(3, 2)):
        _remove(store, cache_dir)
        bare.append(bare_fts5(folder / f"bare-{number}.db", texts))
        ours.append(index(store, cache_dir))
    raw = "CPU {:.2f} / {:.2f} s, wall {:.2f} / {:.2f} s".format(
        *(min([cost[place] for cost in each]) for place in (1, 0) for each in (ours, bare))
    )
    yield Row(
        "P12",
        f"index of {len(texts):,} messages / bare FTS5 insert",
        # The same work each time: the least is what it takes without neighbours.
        min(cost.cpu_s for cost in ours) / min(cost.cpu_s for cost in bare),
        2,
        raw,
    )
    took = {name: query_ms(store, words)[0] for name, words in queries().items()}
    slowest = max(took, key=lambda name: took[name])
    raw = f"median of all kinds {median(took.values()):.2f} ms; the slowest is: {slowest}"
    yield Row("P12", "the first 50 hits, of the slowest query", took[slowest], 5, raw, "ms")
    _remove(store, cache_dir)
    as_the_app()
    late = asyncio.run(worst_wait_ms(store.update_search))
    store.close()
    raw = "a loop that wakes every 5 ms"
    yield Row("P12", "  and the longest wait while it is built", late, 20, raw, "ms")


def main(messages: int = MESSAGES) -> None:
    """Measure and print."""
    with tempfile.TemporaryDirectory() as folder:
        data_dir, cache_dir = Path(folder, "data"), Path(folder, "cache")
        texts = fill(data_dir, messages)
        print(f"{len(texts):,} messages, {sum(map(len, texts)) / 1e6:.0f} million characters")
        bare = bare_fts5(Path(folder, "bare.db"), texts)
        del texts
        store = Store(data_dir, cache_dir)
        ours = index(store, cache_dir)
        print(f"bare FTS5   {bare}\nthe index   {ours}   {ours.wall_s / bare.wall_s:.2f}x wall")
        unchanged = _cost(store.update_search, cache_dir / "none")
        print(f"nothing new {unchanged.wall_s * 1000:6.1f} ms")
        for name, words in queries().items():
            took, count = query_ms(store, words)
            best, _ = query_ms(store, words, "best")
            print(f"{name:24} {took:7.2f} ms {count:4} hits    best first {best:7.2f} ms")
        one = store.load(store.resolve("last"))
        one.title = "Another title"
        store.save(one)
        changed = _cost(store.update_search, cache_dir / "none")
        print(f"one changed {changed.wall_s * 1000:6.1f} ms")
        _remove(store, cache_dir)
        as_the_app()
        late = asyncio.run(worst_wait_ms(store.update_search))
        print(f"a loop is late by at most {late:.1f} ms while the index is built")
        store.close()


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
