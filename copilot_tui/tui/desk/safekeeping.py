"""Bringing drafts, places and conversations to disk, and trying again what could not be written.

What is wanted stays wanted until it is written: a full disk loses nothing while the app runs, and
what waits is tried once more when it ends.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Hashable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

from copilot_tui.errors import StoreError

Write = Callable[[], Any]


class Safekeeping:
    """A queue of writes, one for each thing: the last that is wanted of it is the one that counts.

    `on_trouble` is called in the writing thread.
    """

    def __init__(self, name: str, on_trouble: Callable[[StoreError], None]) -> None:
        # One thread, so that the later write of a thing is also the later on disk.
        self._disk = ThreadPoolExecutor(1, thread_name_prefix=f"copilot-tui-{name}")
        self._on_trouble = on_trouble
        self._lock = threading.Lock()
        self._wanted: dict[Hashable, Write] = {}
        self._failed: dict[Hashable, StoreError] = {}

    def keep(self, thing: Hashable, write: Write) -> Future[None]:
        """Write this, instead of what is still wanted of the same thing."""
        with self._lock:
            self._wanted[thing] = write
        return self._disk.submit(self._write, thing)

    def submit(self, function: Callable[..., Any], *arguments: Any) -> Future[Any]:  # noqa: ANN401
        """Run something after what was wanted before. What it raises is the caller's."""
        return self._disk.submit(function, *arguments)

    def holds(self, thing: Hashable) -> bool:
        """Whether something of it is not on disk yet."""
        with self._lock:
            return thing in self._wanted

    @property
    def has_failed(self) -> bool:
        """Whether something could not be written and is to be tried again."""
        return bool(self.failures())

    def failures(self) -> dict[Hashable, StoreError]:
        """What could not be written, and why."""
        with self._lock:
            return dict(self._failed)

    def retry(self) -> None:
        """Try again what could not be written."""
        for thing in self.failures():
            self._disk.submit(self._write, thing)

    def _write(self, thing: Hashable) -> None:
        with self._lock:
            write = self._wanted.get(thing)
        if write is None:
            return  # an earlier turn of the queue has written it
        try:
            write()
        except StoreError as error:
            with self._lock:
                self._failed[thing] = error
            self._on_trouble(error)
            return
        with self._lock:
            self._failed.pop(thing, None)
            if self._wanted.get(thing) is write:
                del self._wanted[thing]

    def close(self) -> None:
        """Wait for what is on its way, and try what has failed once more."""
        self.retry()
        self._disk.shutdown(wait=True)
