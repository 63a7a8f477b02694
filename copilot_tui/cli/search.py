"""search: every message of every conversation, by words and filters."""

from __future__ import annotations

import sys
from contextlib import suppress
from typing import TYPE_CHECKING

from copilot_tui.cli import output
from copilot_tui.cli.library import open_store
from copilot_tui.cli.parser import words_of
from copilot_tui.conversation import local_time
from copilot_tui.errors import StoreError, UsageError
from copilot_tui.search_query import FILTERS, parse, unknown_filters

if TYPE_CHECKING:
    import argparse

    from copilot_tui.store import Hit, Store
    from copilot_tui.store.found import Order


def run(given: argparse.Namespace) -> int:
    """Write the hits; that there are none is no failure. Raises CopilotTuiError."""
    words = words_of(" ".join(given.words))
    if parse(words).is_empty:
        raise UsageError("there is nothing to look for", 'Such as: copilot-tui search "two words"')
    limit: int = getattr(given, "limit", sys.maxsize)
    if limit < 1:
        raise UsageError("--limit wants a number from 1 on")
    store = open_store(given)
    _bring_in_step(store)
    order: Order = "best" if "best" in given else "newest"
    hits = store.search(words, order=order, limit=limit, whole=True).hits
    store.close()
    _say_unknown(words, surely=bool(hits))
    if "json" in given:
        output.json_line([hit._asdict() for hit in hits])
        return 0
    for hit in hits:
        _write(hit)
    if not hits:
        output.notice("nothing found")
    return 0


def _say_unknown(words: str, *, surely: bool) -> None:
    for each in unknown_filters(words, surely=surely):
        output.notice(f"{each} is no filter; there are: {FILTERS}")


def _bring_in_step(store: Store) -> None:
    """Read what is new, and what a crash left; the first time that takes seconds, and is said."""
    with suppress(StoreError):  # the journals stay for another time; the rest can be searched
        store.recover()
    progress = _Progress()
    try:
        store.update_search(progress.show)
    finally:  # also at Ctrl+C; what was read stays read
        progress.clear()
    store.summaries()
    for problem in store.problems():
        output.failure(str(problem), problem.hint)


class _Progress:
    """One sentence where it takes a while, and how many were read where stderr is a terminal."""

    def __init__(self) -> None:
        self._counts = sys.stderr is not None and sys.stderr.isatty()
        self._is_said = False

    def show(self, done: int, total: int) -> None:
        """Say how far it is."""
        if done < total and not self._is_said:
            output.notice(f"reading {total:,} conversations; the next search is quick")
            self._is_said = True
        if self._is_said and self._counts:
            output.status(f"{done:,} of {total:,}")

    def clear(self) -> None:
        """Take the count away."""
        if self._is_said and self._counts:
            output.status("")


def _write(hit: Hit) -> None:
    when = local_time(hit.created_at)
    output.row(hit.conversation_id, when, hit.role, hit.title, hit.snippet)
