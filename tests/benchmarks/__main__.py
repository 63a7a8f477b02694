"""Every bar of performance, as a ratio to its baseline in the same run.

    python -m tests.benchmarks [--quick] [--only P1,P4]

The app runs in a real pseudo-terminal of 120x40 against a server in a process of its own. Figures
are medians of interleaved rounds; CPU is user + system of the process. Between machines, and
between busy and quiet moments of one, only the ratios can be compared.
"""

from __future__ import annotations

import argparse
import compileall
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

import copilot_tui
from tests.benchmarks import (
    bad,
    deltas,
    memory,
    panes,
    round_trip,
    search,
    shell,
    start,
    streams,
    sync,
)
from tests.benchmarks.stage import Row, Stage, machine, staged

GROUPS: Final[tuple[tuple[frozenset[str], Callable[[Stage], Iterator[Row]]], ...]] = (
    (frozenset({"P1", "P2", "P16", "P11", "QUIT"}), start.measure),
    (frozenset({"P3"}), panes.opening),
    (frozenset({"P4", "P5"}), streams.full_speed),
    (frozenset({"P6", "P9"}), panes.measure_pane),
    (frozenset({"P7"}), streams.delivered),
    (frozenset({"P8", "P13"}), streams.echoes),
    (frozenset({"P10"}), panes.sidebar),
    (frozenset({"P11"}), panes.pasting),
    (frozenset({"P12"}), search.measure),
    (frozenset({"SYNC"}), sync.measure),
    (frozenset({"TRIP"}), round_trip.measure),
    (frozenset({"P14"}), shell.measure),
    (frozenset({"P15"}), streams.written),
    (frozenset({"P15"}), panes.saving),
    (frozenset({"P13"}), memory.turns),
    (frozenset({"MEM"}), memory.streamed),
    (frozenset({"MEM"}), memory.opened),
    (frozenset({"BAD"}), bad.measure),
    (frozenset({"BAD"}), bad.shown),
)

LONG: Final = frozenset({"MEM", "BAD", "TRIP", "SYNC"})
"""What --quick leaves out unless --only names it."""


def main() -> int:
    """Print the table; 1 if a bar is missed."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--quick", action="store_true", help="some minutes less, and less exact")
    parser.add_argument("--tiny", action="store_true", help="only to see that it runs")
    parser.add_argument("--only", metavar="P1,P4", default="", help="these bars alone")
    given = parser.parse_args()
    only = {name.strip().upper() for name in given.only.split(",") if name.strip()}
    # A start reads bytecode, also where PYTHONDONTWRITEBYTECODE is set and a file was just changed.
    compileall.compile_dir(str(Path(copilot_tui.__file__).parent), quiet=2)
    began = time.perf_counter()
    print(machine(), flush=True)
    missed = 0
    with deltas.serving() as server, staged(server, quick=given.quick, tiny=given.tiny) as stage:
        for bars, measure in GROUPS:
            if not bars & only and (only or (given.quick and bars <= LONG)):
                continue
            for row in measure(stage):
                if not only or row.bar.upper() in only:
                    print(row, flush=True)
                    missed += row.is_met is False
    print(f"{missed} missed; {time.perf_counter() - began:.0f} s; {machine()}")
    return 1 if missed else 0


if __name__ == "__main__":
    raise SystemExit(main())
