"""The conversations as a list has them: their order, their groups by time, what a filter leaves."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from datetime import datetime, time, timedelta
from enum import Enum
from functools import cached_property
from typing import Final, NamedTuple

from copilot_tui.conversation import timestamp


class Row(NamedTuple):
    """One conversation."""

    id: str
    title: str
    updated_at: str
    """ISO 8601 in UTC, so that text order is time order."""
    pinned: bool = False
    archived: bool = False
    tags: tuple[str, ...] = ()
    private: bool = False
    """Never on disk."""

    def rank(self) -> tuple[bool, bool, str]:
        """The greatest comes first."""
        return self.private, self.pinned, self.updated_at


class Mark(Enum):
    """What is to be known of a conversation at a glance; the first that holds is shown."""

    WAITING = "waiting"
    RUNNING = "running"
    FAILED = "failed"
    UNREAD = "unread"
    DRAFT = "draft"


ARCHIVE: Final = "in:archive"
"""Typed into the filter: what was put away."""


class Rows:
    """All rows, in their order, made ready to be narrowed with every key."""

    def __init__(self, rows: Sequence[Row]) -> None:
        self.present = [row for row in rows if not row.archived]
        is_any_away = len(self.present) < len(rows)
        self.archived = [row for row in rows if row.archived] if is_any_away else []

    @cached_property
    def _folded(self) -> list[str]:
        from copilot_tui.search_text import fold

        return [fold(row.title) for row in self.present]

    def fitting(self, typed: str) -> list[Row]:
        """The rows that the filter leaves: a part of the title, #tag, in:archive.

        Case and accents are as little looked at as in the search.
        """
        from copilot_tui.search_text import fold

        typed = fold(typed)
        words = typed.split()
        tags = [word[1:] for word in words if word.startswith("#") and len(word) > 1]
        if not tags and ARCHIVE not in words:
            pairs = zip(self.present, self._folded, strict=True)
            return [row for row, title in pairs if typed in title]
        wanted = " ".join(word for word in words if word != ARCHIVE and not word.startswith("#"))
        rows = self.archived if ARCHIVE in words else self.present
        return [
            row
            for row in rows
            if wanted in fold(row.title)
            and all(any(fold(tag).startswith(want) for tag in row.tags) for want in tags)
        ]


def grouped(rows: Sequence[Row], now: datetime) -> list[str | int]:
    """Headings and row indexes. `rows` are private first, then pinned, then newest first."""
    lines: list[str | int] = []
    private = sum(row.private for row in rows)
    if private:
        lines += ["Private, not saved", *range(private)]
    start = private + sum(row.pinned for row in rows[private:])
    if start > private:
        lines += ["Pinned", *range(private, start)]
    times = [row.updated_at for row in reversed(rows[start:])]
    for name, since in _boundaries(now):
        end = len(rows) - (bisect_left(times, timestamp(since)) if since is not None else 0)
        if end > start:
            lines += [name, *range(start, end)]
            start = end
    return lines


def _boundaries(now: datetime) -> list[tuple[str, datetime | None]]:
    """Group names with the moment from which on they hold, newest first; local days."""
    # Without a zone until the end: clocks change between two days, so each asks for its own.
    today = datetime.combine(now.astimezone().date(), time())
    groups = [
        ("Today", today),
        ("Yesterday", today - timedelta(days=1)),
        ("This week", today - timedelta(days=6)),
    ]
    month = today.replace(day=1)
    for _ in range(24):
        year = "" if month.year == today.year else f" {month.year}"
        groups.append((f"{month:%B}{year}", month))
        month = (month - timedelta(days=1)).replace(day=1)
    return [*((name, since.astimezone()) for name, since in groups), ("Older", None)]
