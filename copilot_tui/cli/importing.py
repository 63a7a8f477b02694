"""import: conversations from files, and one report of what became of them."""

from __future__ import annotations

import sys
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final

from copilot_tui.cli import output
from copilot_tui.cli.library import open_store
from copilot_tui.errors import StoreError
from copilot_tui.formats.sources import UNKNOWN
from copilot_tui.transfer import Entry, Outcome, import_files

if TYPE_CHECKING:
    import argparse

    from copilot_tui.formats.sources import Source

INTERRUPTED_STATUS: Final = 130

_FRAME_S: Final = 0.1
"""Seconds between two looks of the progress line."""

_MAX_LINES: Final = 50
"""Lines of the report about single conversations; --json has them all."""


@dataclass
class Report:
    """What was done so far."""

    entries: list[Entry] = field(default_factory=list)
    counts: Counter[Outcome] = field(default_factory=Counter)
    hidden: int = 0

    def add(self, entry: Entry) -> None:
        """Count one more."""
        self.entries.append(entry)
        self.counts[entry.outcome] += 1
        self.hidden += entry.hidden

    @property
    def is_faultless(self) -> bool:
        """Whether all that was meant to be imported is in the store."""
        return not any(entry.is_fault for entry in self.entries)


def run(given: argparse.Namespace) -> int:
    """Import what was given. Raises CopilotTuiError."""
    store = open_store(given)
    paths = [Path(name).expanduser() for name in given.files]
    report, progress = Report(), _Progress()
    try:
        for source, entry in import_files(store, paths):
            report.add(entry)
            progress.show(source, report)
    except KeyboardInterrupt:
        progress.clear()
        _tell(report, given, "interrupted; the same command brings in the rest")
        return INTERRUPTED_STATUS
    except StoreError:
        progress.clear()
        _tell_people(report)  # --json ends with the error, which is said above
        raise
    progress.clear()
    _tell(report, given)
    return 0 if report.is_faultless else 1


class _Progress:
    """One line on stderr, if that is a terminal."""

    def __init__(self) -> None:
        self._is_shown = sys.stderr is not None and sys.stderr.isatty()
        self._next = time.monotonic() + _FRAME_S

    def show(self, source: Source, report: Report) -> None:
        """Say how far it is, if it is time to."""
        if not self._is_shown or time.monotonic() < self._next:
            return
        self._next = time.monotonic() + _FRAME_S
        part = f" ({100 * source.done // source.size} %)" if source.done else ""
        count = _count(len(report.entries), "conversation")
        output.status(f"importing: {count}{part}, {source.path.name}")

    def clear(self) -> None:
        """Take the line away."""
        if self._is_shown:
            output.status("")


def _tell(report: Report, given: argparse.Namespace, *ending: str) -> None:
    if "json" in given:
        output.json_line(_to_json(report))
    else:
        _tell_people(report)
    for line in ending:
        output.notice(line)


def _tell_people(report: Report) -> None:
    counts = report.counts
    parts = [f"{_count(counts[Outcome.IMPORTED], 'conversation')} imported"]
    if counts[Outcome.MERGED]:
        parts.append(f"{counts[Outcome.MERGED]} merged with what was here")
    if counts[Outcome.UNCHANGED]:
        parts.append(f"{counts[Outcome.UNCHANGED]} here already")
    others = sum(map(_is_other_file, report.entries))
    if skipped := counts[Outcome.SKIPPED] - others:
        parts.append(f"{skipped} skipped")
    output.notice(", ".join(parts))
    if report.hidden:
        output.notice(
            f"left out: {_count(report.hidden, 'message')} that its own program never shows"
        )
    if others:
        output.notice(f"left out: {_count(others, 'file')} of another kind")
    told = [entry for entry in report.entries if entry.why and not _is_other_file(entry)]
    for entry in told[:_MAX_LINES]:
        words = (str(entry.file), entry.title, entry.why)
        output.notice(f"{entry.outcome}: {': '.join(filter(None, words))}")
    if len(told) > _MAX_LINES:
        output.notice(f"and {len(told) - _MAX_LINES} more: see them with --json")


def _count(count: int, noun: str) -> str:
    return f"{count} {noun}{'' if count == 1 else 's'}"


def _is_other_file(entry: Entry) -> bool:
    return entry.why == UNKNOWN and not entry.is_fault


def _to_json(report: Report) -> dict[str, object]:
    return {
        **{outcome.value: report.counts[outcome] for outcome in Outcome},
        "hidden_messages": report.hidden,
        "conversations": [
            {
                "file": str(entry.file),
                "program": entry.program or None,
                "title": entry.title,
                "id": entry.id,
                "outcome": entry.outcome.value,
                "why": entry.why or None,
            }
            for entry in report.entries
        ],
    }
