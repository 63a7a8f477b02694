"""Conversations from files, into the store, while the app goes on."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path
from typing import TYPE_CHECKING, Final, cast

from copilot_tui.errors import StoreError, defect_in

if TYPE_CHECKING:
    from copilot_tui.store import Store
    from copilot_tui.transfer_report import Report
    from copilot_tui.tui.screens.host import Host
    from copilot_tui.tui.screens.importing import ImportScreen

FRAME_S: Final = 0.1
"""Seconds between two looks of the progress."""


class Importing:
    """What the palette's “Import conversations” does."""

    def __init__(self, app: Host) -> None:
        self._app = app

    def open(self) -> None:
        """Ask for a path, and import what is there."""
        if self._app.desk.store.is_private:
            self._app.say("A private session keeps nothing, so nothing can be imported")
            return
        self._app.hold_keys()
        from copilot_tui.tui.screens.importing import ImportScreen

        screen = ImportScreen(self._begin, checked_path)
        self._app.push_screen(screen)

    def _begin(self, screen: ImportScreen, path: Path) -> None:
        self._app.run_worker(self._import(screen, path), group="import", exit_on_error=False)

    async def _import(self, screen: ImportScreen, path: Path) -> None:
        from copilot_tui.transfer_report import Report

        report = Report()
        ending = ""
        try:
            await asyncio.to_thread(self._read, screen, path, report)
            if screen.stopped.is_set():
                ending = "Stopped; to import the same again brings in the rest."
        except StoreError as error:
            ending = error.in_one_line
        except asyncio.CancelledError:
            screen.stopped.set()  # the thread ends with the conversation that it writes
            raise
        except Exception as error:  # or the screen would wait for its end for ever
            screen.show_report([*report.lines(), defect_in(error)])
            raise
        screen.show_report([*report.lines(), *filter(None, [ending])])
        try:
            await self._app.desk.shelf.read()
        except StoreError as error:
            self._app.say(error.in_one_line, warn=True)
        self._app.refresh_sidebar()

    def _read(self, screen: ImportScreen, path: Path, report: Report) -> None:
        """In a thread: one conversation after the other, each on disk before the next is read."""
        from copilot_tui.store.pace import Pace
        from copilot_tui.transfer import import_files

        store = cast("Store", self._app.desk.store)  # a private one was refused
        shown_at = 0.0
        for source, entry in Pace().paced(import_files(store, [path])):
            report.add(entry)
            if screen.stopped.is_set():
                return
            if time.monotonic() - shown_at > FRAME_S:
                shown_at = time.monotonic()
                screen.post_message(screen.Progress(report.progress(source), source.part))


def checked_path(typed: str) -> tuple[Path | None, str]:
    """The path that is meant, or what is wrong with it."""
    typed = typed.strip().strip("\"'")
    if not typed:
        return None, "Type the path of a file or a folder"
    try:
        path = Path(typed).expanduser()
        if path.exists():
            return path, ""
    except RuntimeError:  # pathlib's, of ~somebody who is not known here
        return None, f"There is no such home: {typed}"
    except (OSError, ValueError):
        return None, "That is no path"
    return None, f"There is nothing at {path}"
