"""export: conversations as files, or one of them to stdout."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from copilot_tui.cli import output
from copilot_tui.cli.library import open_store
from copilot_tui.errors import CopilotTuiError, StoreError, UsageError
from copilot_tui.formats import EXPORTS, Export, file_name

if TYPE_CHECKING:
    import argparse

    from copilot_tui.store import Store


class ExportFailed(CopilotTuiError):
    """The file cannot be written."""


def run(given: argparse.Namespace) -> int:
    """Export what was given. Raises CopilotTuiError."""
    named = getattr(given, "output", "-")
    target = None if named == "-" else Path(named).expanduser()
    is_all = "all" in given
    if is_all == (given.id is not None):
        raise UsageError("export wants one conversation, or --all", "See copilot-tui export --help")
    if is_all and target is None:
        raise UsageError("--all wants a folder", "Such as: copilot-tui export --all -o chats")
    export = EXPORTS[getattr(given, "format", "markdown")]
    store = open_store(given)
    if target is not None and is_all:
        return _export_all(store, export, target, is_forced="force" in given)
    conversation = store.load(store.resolve(given.id))
    if target is None:
        output.exact(export.dump(conversation))
        return 0
    if target.is_dir():
        target = target / file_name(conversation, export.suffix)
    _write(target, export.dump(conversation), is_forced="force" in given)
    output.notice(f"exported to {target}")
    return 0


def _export_all(store: Store, export: Export, folder: Path, *, is_forced: bool) -> int:
    """Every conversation into `folder`; one that cannot be read does not stop the others."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ExportFailed(f"{folder} cannot be made: {error.strerror}") from error
    status = done = 0
    for summary in store.summaries():
        try:
            conversation = store.load(summary.id)
            path = folder / file_name(conversation, export.suffix)
            _write(path, export.dump(conversation), is_forced=is_forced)
            done += 1
        except (StoreError, ExportFailed) as error:
            output.failure(str(error), error.hint)
            status = error.exit_status
    for problem in store.problems():
        output.failure(str(problem), problem.hint)
        status = 1
    output.notice(f"exported {done} conversations to {folder}")
    return status


def _write(path: Path, content: bytes, *, is_forced: bool) -> None:
    """Write a file whole, or not at all."""
    written = path.with_name(f".{path.name}.{os.getpid()}") if is_forced else path
    try:
        with written.open("xb") as file:
            try:
                file.write(content)
                file.flush()
            except OSError:
                written.unlink()
                raise
        if is_forced:
            written.replace(path)
    except FileExistsError:
        raise ExportFailed(f"{written} is there already", "--force overwrites a file.") from None
    except OSError as error:
        raise ExportFailed(f"{path} cannot be written: {error.strerror}") from error
