"""import: conversations from files, and one report of what became of them."""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING, Final

from copilot_tui.cli import output
from copilot_tui.cli.library import open_store
from copilot_tui.errors import StoreError
from copilot_tui.paths import expanded
from copilot_tui.transfer import Outcome, import_files
from copilot_tui.transfer_report import Report

if TYPE_CHECKING:
    import argparse

    from copilot_tui.formats.sources import Source

INTERRUPTED_STATUS: Final = 130

_FRAME_S: Final = 0.1
"""Seconds between two looks of the progress line."""


def run(given: argparse.Namespace) -> int:
    """Import what was given. Raises CopilotTuiError."""
    store = open_store(given)
    paths = [expanded(name) for name in given.files]
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
        output.status(report.progress(source))

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
    for line in report.lines():
        output.notice(line)


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
