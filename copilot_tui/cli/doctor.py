"""doctor: what is right and what is wrong, and the command that mends it."""

from __future__ import annotations

import os
import sys
import threading
from typing import TYPE_CHECKING, Final

from copilot_tui import checkup
from copilot_tui.cli import output
from copilot_tui.cli.parser import common_options
from copilot_tui.errors import ConfigError

if TYPE_CHECKING:
    import argparse

    from copilot_tui.checkup import Finding

WRONG_STATUS: Final = 1

_DETAILS_MOST: Final = 20
"""Files that are named one by one; --json names all."""

_MARGIN: Final = " " * 22

_PROGRESS_STEP: Final = 500


def run(given: argparse.Namespace) -> int:
    """Examine everything, after repairing what was asked for. Raises CopilotTuiError."""
    options = common_options(given)
    progress = _Progress()
    if "repair" in given:
        _repair(options, progress)
    found = []
    for finding in checkup.examine(options, os.environ, progress):
        progress.clear()
        found.append(finding)
        if "json" not in given:
            _write(finding)
    if "json" in given:
        output.json_line([_to_json(finding) for finding in found])
    wrong = sum(not finding.is_ok for finding in found)
    if wrong:
        output.notice(f"{wrong} of {len(found)} lines are not ok")
    status = WRONG_STATUS if wrong else 0
    if any(thread.name == checkup.THREAD for thread in threading.enumerate()):
        os._exit(status)  # something below still waits, for a keyring perhaps, and would for ever
    return status


def _repair(options: dict[str, str], progress: _Progress) -> None:
    from copilot_tui.checkup import configuration, sign_in, store

    try:
        loaded = configuration.loaded(options, os.environ)
    except ConfigError:
        return  # it is the first line of the report
    done = 0
    for steps in (store.repair(loaded, progress), sign_in.repair(loaded)):
        for sentence in steps:
            progress.clear()
            output.notice(sentence)
            done += 1
    if not done:
        output.notice("there was nothing to repair")


def _write(finding: Finding) -> None:
    state = "ok" if finding.is_ok else "wrong"
    cure = f". Mend: {finding.cure}" if finding.cure and not finding.is_ok else ""
    output.fitted(f"{state:<6} {finding.subject:<14} ", finding.text + cure)
    details = finding.details if len(finding.details) > 1 or _adds(finding) else ()
    for detail in details[:_DETAILS_MOST]:
        output.fitted(_MARGIN, detail)
    if len(details) > _DETAILS_MOST:
        output.fitted(_MARGIN, f"and {len(details) - _DETAILS_MOST:,} more (--json has all)")


def _adds(finding: Finding) -> bool:
    """Whether the only detail says more than the line above it."""
    return any(detail not in finding.text for detail in finding.details)


def _to_json(finding: Finding) -> dict[str, object]:
    return {
        "subject": finding.subject,
        "ok": finding.is_ok,
        "message": finding.text,
        "hint": finding.cure,
        "details": list(finding.details),
    }


class _Progress:
    """How many conversations were read, on a terminal."""

    def __init__(self) -> None:
        self._is_shown = sys.stderr is not None and sys.stderr.isatty()
        self._was_shown = False

    def __call__(self, count: int) -> None:
        if self._is_shown and count % _PROGRESS_STEP == 0:
            output.status(f"reading {count:,} conversations")
            self._was_shown = True

    def clear(self) -> None:
        """Take the line away."""
        if self._was_shown:
            output.status("")
            self._was_shown = False
