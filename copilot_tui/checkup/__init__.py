"""The check-up behind `doctor`: one finding for each thing that must be right.

Nothing here changes anything, and every look that may hang has its time.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from copilot_tui.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from copilot_tui.config import Config


THREAD: Final = "checkup"
"""The name of a thread that asks, and may hang after its time is over."""


@dataclass(frozen=True)
class Finding:
    """One line of the report."""

    subject: str
    text: str
    """What was found; of something wrong: what is wrong."""
    is_ok: bool = True
    cure: str = ""
    """The command, or the words, that mend it."""
    details: tuple[str, ...] = field(default=())
    """One line each, where one line does not hold it all: files by name."""


def wrong(subject: str, text: str, cure: str = "", details: tuple[str, ...] = ()) -> Finding:
    """A finding that is not ok."""
    return Finding(subject, text, False, cure, details)


def examine(
    options: Mapping[str, str],
    environ: Mapping[str, str],
    progress: Callable[[int], None] = lambda _: None,
) -> Iterator[Finding]:
    """Every finding, in the order of the report, as soon as it is there."""
    from copilot_tui.checkup import (
        clipboard,
        configuration,
        server,
        sign_in,
        store,
        terminal,
        versions,
        way,
    )

    loaded: Config | None = None
    try:
        loaded = configuration.loaded(options, environ)
    except ConfigError as error:
        yield wrong("configuration", str(error), error.hint)
    else:
        yield configuration.examine(loaded)
        yield from store.examine(loaded, progress)
        yield from store.examine_indexes(loaded)
    answers = terminal.ask(environ)
    yield terminal.examine(answers, environ)
    yield clipboard.examine(answers, environ)
    if loaded is not None:
        yield from way.examine(loaded.backend, environ)
        yield from server.examine(loaded.backend)
        yield from sign_in.examine(loaded, environ)
    yield from versions.examine()
