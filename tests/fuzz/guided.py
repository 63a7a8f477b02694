"""Fuzzing that is led by what the code does with it, as long as it is wanted.

    pip install atheris
    python -m tests.fuzz.guided TARGET [-max_total_time=60] [-runs=100000] [FOLDER]

TARGET is one of: stream, document, journal, configuration, import, markdown. FOLDER keeps what was
found interesting, else .hypothesis/guided does. The checks are those of `test_fuzz`; atheris is not
installed with the tests, as it is not there for every Python and system.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Final

import atheris

with atheris.instrument_imports(include=["copilot_tui"]):
    from tests.fuzz import test_fuzz

KEPT: Final = Path(".hypothesis", "guided")
"""Where it begins, and where it writes the bytes that broke something."""

Target = tuple[Callable[[bytes], None], tuple[bytes, ...]]

TARGETS: Final[dict[str, Target]] = {
    "stream": (lambda it: test_fuzz.assert_stream(it, list(it[:6])), test_fuzz.STREAMS),
    "document": (test_fuzz.assert_document, test_fuzz.DOCUMENTS),
    "journal": (test_fuzz.assert_journal, test_fuzz.JOURNALS),
    "configuration": (test_fuzz.assert_configuration, test_fuzz.CONFIGURATIONS),
    "import": (test_fuzz.items_of, (json.dumps([test_fuzz.chatgpt()]).encode(), test_fuzz.AICHAT)),
    "markdown": (
        test_fuzz.assert_markdown,
        tuple(each.encode() for each in test_fuzz.MARKDOWN),
    ),
}


def main() -> None:
    """Fuzz one target; ends with a report of the bytes that broke it."""
    if len(sys.argv) < 2 or sys.argv[1] not in TARGETS:
        raise SystemExit(__doc__)
    name = sys.argv.pop(1)
    target, samples = TARGETS[name]
    folder = KEPT / name
    folder.mkdir(parents=True, exist_ok=True)
    for number, sample in enumerate(samples):
        (folder / f"sample-{number}").write_bytes(sample)
    atheris.Setup([*sys.argv, f"-artifact_prefix={KEPT}/", str(folder)], target)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
