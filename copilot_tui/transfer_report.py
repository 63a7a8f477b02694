"""What became of an import, told in plain sentences."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from copilot_tui.formats.sources import UNKNOWN
from copilot_tui.transfer import Entry, Outcome

if TYPE_CHECKING:
    from copilot_tui.formats.sources import Source

MAX_LINES: Final = 50
"""Lines of the report about single conversations."""


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

    def progress(self, source: Source) -> str:
        """How far it is."""
        part = f" ({int(100 * source.part)} %)" if source.part is not None else ""
        return f"importing: {_count(len(self.entries), 'conversation')}{part}, {source.path.name}"

    def lines(self) -> Iterator[str]:
        """What was imported, and what was skipped and why."""
        counts = self.counts
        parts = [f"{_count(counts[Outcome.IMPORTED], 'conversation')} imported"]
        if counts[Outcome.MERGED]:
            parts.append(f"{counts[Outcome.MERGED]} merged with what was here")
        if counts[Outcome.UNCHANGED]:
            parts.append(f"{counts[Outcome.UNCHANGED]} here already")
        others = sum(map(is_other_file, self.entries))
        if skipped := counts[Outcome.SKIPPED] - others:
            parts.append(f"{skipped} skipped")
        yield ", ".join(parts)
        if self.hidden:
            yield f"left out: {_count(self.hidden, 'message')} that its own program never shows"
        if others:
            yield f"left out: {_count(others, 'file')} of another kind"
        told = [entry for entry in self.entries if entry.why and not is_other_file(entry)]
        for entry in told[:MAX_LINES]:
            words = (str(entry.file), entry.title, entry.why)
            yield f"{entry.outcome}: {': '.join(filter(None, words))}"
        if len(told) > MAX_LINES:
            yield f"and {len(told) - MAX_LINES} more: see them with --json"


def is_other_file(entry: Entry) -> bool:
    """Whether it is a file in a folder that was never meant to be imported."""
    return entry.why == UNKNOWN and not entry.is_fault


def _count(count: int, noun: str) -> str:
    return f"{count} {noun}{'' if count == 1 else 's'}"
