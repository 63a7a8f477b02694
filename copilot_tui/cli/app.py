"""No command: the app, in this terminal."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from copilot_tui import config
from copilot_tui.cli.parser import common_options, words_of
from copilot_tui.errors import UsageError

if TYPE_CHECKING:
    import argparse

    from copilot_tui.config import Config


def run(given: argparse.Namespace) -> int:
    """Run the app until it is quit. Raises CopilotTuiError."""
    prompt = words_of(given.prompt) if "prompt" in given else None
    if prompt is not None and not prompt.strip():
        raise UsageError("the prompt is empty", 'Write it in quotes: copilot-tui --prompt "…"')
    if "private" in given and "continue_last" in given:
        raise UsageError("--private has no saved conversation to continue")
    if not _has_terminal():
        raise UsageError("the app needs a terminal; in a pipe or a script use: copilot-tui ask")
    options = common_options(given)
    loaded = config.load(options, demo="demo" in given)
    if loaded.demo and "data_dir" not in options:
        return _run_demo(loaded, prompt, given)
    return _run(loaded, prompt, given)


def _run_demo(loaded: Config, prompt: str | None, given: argparse.Namespace) -> int:
    """The demo writes to a store of its own, which is gone afterwards."""
    import tempfile

    with tempfile.TemporaryDirectory(prefix="copilot-tui-demo-") as folder:
        own = replace(loaded, data_dir=Path(folder, "data"), cache_dir=Path(folder, "cache"))
        return _run(own, prompt, given)


def _run(loaded: Config, prompt: str | None, given: argparse.Namespace) -> int:
    from copilot_tui import tui

    return tui.run(
        loaded,
        prompt=prompt,
        continue_last="continue_last" in given,
        private="private" in given,
    )


def _has_terminal() -> bool:
    return all(stream is not None and stream.isatty() for stream in (sys.stdin, sys.stdout))
