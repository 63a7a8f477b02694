"""No command: the app, in this terminal."""

from __future__ import annotations

import sys
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from copilot_tui import config, tui
from copilot_tui.errors import UsageError

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator

    from copilot_tui.config import Config
    from copilot_tui.tui.terminal.curtain import Curtain


def run(given: argparse.Namespace, curtain: Curtain | None = None) -> int:
    """Run the app until it is quit. Raises CopilotTuiError."""
    from copilot_tui.cli.parser import common_options, words_of

    prompt = words_of(given.prompt) if "prompt" in given else None
    if prompt is not None and not prompt.strip():
        raise UsageError("the prompt is empty", 'Write it in quotes: copilot-tui --prompt "…"')
    if "private" in given and "continue_last" in given:
        raise UsageError("--private has no saved conversation to continue")
    options = common_options(given)
    how = _How(prompt, "continue_last" in given, "private" in given, curtain)
    loaded = _loaded(options, demo="demo" in given)
    return _run(loaded, how, is_passing=loaded.demo and "data_dir" not in options)


def run_plain(curtain: Curtain | None = None) -> int:
    """The same without any argument, and without the parser, which costs 3 ms."""
    return _run(_loaded({}, demo=False), _How(curtain=curtain))


class _How(NamedTuple):
    """What the app is to begin with."""

    prompt: str | None = None
    continue_last: bool = False
    private: bool = False
    curtain: Curtain | None = None


def _loaded(options: dict[str, str], *, demo: bool) -> Config:
    if not _has_terminal():
        raise UsageError("the app needs a terminal; in a pipe or a script use: copilot-tui ask")
    return config.load(options, demo=demo)


def _run(loaded: Config, how: _How, *, is_passing: bool = False) -> int:
    from copilot_tui.tui.terminal.curtain import Curtain

    with (
        # It has risen long ago, unless the command line was a riddle until now.
        nullcontext(how.curtain) if how.curtain is not None else Curtain() as curtain,
        _over_passing_store(loaded, curtain) if is_passing else nullcontext(loaded) as meant,
    ):
        return tui.run(
            meant,
            curtain=curtain,
            prompt=how.prompt,
            continue_last=how.continue_last,
            private=how.private,
        )


@contextmanager
def _over_passing_store(loaded: Config, curtain: Curtain) -> Iterator[Config]:
    """The demo writes to a store of its own, which is gone afterwards."""
    import tempfile
    from shutil import rmtree

    with tempfile.TemporaryDirectory(prefix="copilot-tui-demo-") as folder:
        curtain.signals.at_end(lambda: rmtree(folder, ignore_errors=True))
        yield loaded._replace(data_dir=Path(folder, "data"), cache_dir=Path(folder, "cache"))


def _has_terminal() -> bool:
    from copilot_tui.tui.terminal import is_in_browser

    return is_in_browser() or all(
        stream is not None and stream.isatty() for stream in (sys.stdin, sys.stdout)
    )
