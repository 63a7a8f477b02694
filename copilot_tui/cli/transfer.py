"""export: conversations as files, or one of them to stdout."""

from __future__ import annotations

from typing import TYPE_CHECKING

from copilot_tui.cli import output
from copilot_tui.cli.library import open_store
from copilot_tui.errors import StoreError, UnreadableDocument, UsageError
from copilot_tui.export_file import ExportFailed, clean_leftovers, write_file
from copilot_tui.formats import EXPORTS, file_name
from copilot_tui.paths import expanded

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterable
    from pathlib import Path

    from copilot_tui.conversation import Conversation
    from copilot_tui.store import Store


def run(given: argparse.Namespace) -> int:
    """Export what was given. Raises CopilotTuiError."""
    named = getattr(given, "output", "-")
    target = None if named == "-" else expanded(named)
    is_all = "all" in given
    if is_all == bool(given.ids):
        raise UsageError("export wants conversations, or --all", "See copilot-tui export --help")
    if target is None and (is_all or len(given.ids) > 1):
        what = "--all" if is_all else "more than one conversation"
        raise UsageError(f"{what} wants a folder", "Such as: copilot-tui export --all -o chats")
    store = open_store(given)
    export = _Export(given)
    if target is not None and is_all:
        status = export.into_folder(store, (summary.id for summary in store.summaries()), target)
        for problem in store.problems():
            output.failure(str(problem), problem.hint)
            if isinstance(problem, UnreadableDocument):  # the others are of the store as a whole
                status = problem.exit_status
        return status
    # All are looked up first: with one that does not exist nothing is written.
    ids = list(dict.fromkeys(map(store.resolve, given.ids)))
    if target is not None and len(given.ids) > 1:
        return export.into_folder(store, ids, target)
    conversation = store.load(ids[0])
    if target is None:
        if export.is_json:
            output.json_text(export.dump(conversation).decode())
        else:
            output.exported(export.dump(conversation))
        return 0
    if target.is_dir():
        target = target / export.name(conversation)
    export.write(target, conversation)
    clean_leftovers(target.parent, {target.name})
    output.notice(f"exported to {target}")
    return 0


class _Export:
    """What the options say about each file."""

    def __init__(self, given: argparse.Namespace) -> None:
        name = getattr(given, "format", "markdown")
        self._format = EXPORTS[name]
        self.is_json = name == "json"
        self._is_forced = "force" in given
        self._every_branch = "branches" in given

    def name(self, conversation: Conversation) -> str:
        """The file's name in a folder."""
        return file_name(conversation, self._format.suffix)

    def dump(self, conversation: Conversation) -> bytes:
        """The file's content."""
        return self._format.dump(conversation, every_branch=self._every_branch)

    def write(self, path: Path, conversation: Conversation) -> None:
        """Write the file. Raises ExportFailed."""
        write_file(path, self.dump(conversation), is_forced=self._is_forced)

    def into_folder(self, store: Store, ids: Iterable[str], folder: Path) -> int:
        """Each into a file of its own; one that cannot be read does not stop the others."""
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise ExportFailed(f"{folder} cannot be made: {error.strerror}") from error
        status = done = 0
        names: set[str] = set()
        for id_ in ids:
            try:
                conversation = store.load(id_)
                name = self.name(conversation)
                if name in names:  # one title, and ids that begin alike
                    name = file_name(conversation, f"-{id_}{self._format.suffix}")
                names.add(name)
                self.write(folder / name, conversation)
                done += 1
            except (StoreError, ExportFailed) as error:
                output.failure(str(error), error.hint)
                status = error.exit_status
        clean_leftovers(folder, names)
        output.notice(f"exported {done} conversations to {folder}")
        return status
