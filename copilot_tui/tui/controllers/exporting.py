"""The shown conversation, as a file."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING, Final

from copilot_tui.export_file import ExportFailed, FileIsThere, write_file

if TYPE_CHECKING:
    from copilot_tui.conversation import Conversation
    from copilot_tui.tui.screens.host import Host

_FORMATS: Final = {".md": "markdown", ".html": "html", ".htm": "html", ".json": "json"}


class Exporting:
    """What the palette's “Export this conversation” does."""

    def __init__(self, app: Host) -> None:
        self._app = app

    def open(self) -> None:
        """Ask for a path, and write there."""
        conversation = self._app.shown
        if not conversation.messages:
            self._app.say("There is nothing to export yet")
            return
        self._app.hold_keys()
        self._app.run_worker(
            self._export(conversation), group="export", exclusive=True, exit_on_error=False
        )

    async def _export(self, conversation: Conversation) -> None:
        from copilot_tui.formats import file_name
        from copilot_tui.tui.screens.exporting import ExportScreen

        async def write(typed: str, *, is_forced: bool) -> tuple[str, bool]:
            # Its tree is the loop's alone, and a reply may grow or end meanwhile.
            taken = conversation.snapshot()
            return await asyncio.to_thread(export_to, typed, taken, is_forced=is_forced)

        path = Path("~") / file_name(conversation, ".md")
        said = await self._app.push_screen_wait(ExportScreen(str(path), write))
        if said:
            self._app.say(said)


def export_to(typed: str, conversation: Conversation, *, is_forced: bool) -> tuple[str, bool]:
    """Write the conversation to the file that was typed.

    What is to be said, and whether that is the end of it: a file that is there stays, unless
    `is_forced`.
    """
    from copilot_tui.formats import EXPORTS, file_name

    if not typed.strip():
        return "Type the path of a file", False
    try:
        path = Path(typed.strip()).expanduser()
    except RuntimeError:  # pathlib's, of ~somebody who is not known here
        return f"There is no such home: {typed.strip()}", False
    try:
        if path.is_dir():
            path /= file_name(conversation, ".md")
        name = _FORMATS.get(path.suffix.lower())
        if name is None:
            return "The name must end with .md, .html or .json, which says what is written", False
        content = EXPORTS[name].dump(conversation)
        write_file(path, content, is_forced=is_forced)
    except FileIsThere:
        return f"{path} is there already. Enter overwrites it", False
    except ExportFailed as error:
        return str(error), False
    except (OSError, ValueError) as error:
        return f"That cannot be written: {error}", False
    return f"Exported to {path}", True
