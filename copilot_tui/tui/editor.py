"""The prompt in the user's own editor."""

from __future__ import annotations

import asyncio
import os
import shlex
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from textual.app import App


def editor_command() -> list[str]:
    """$VISUAL, else $EDITOR, else what the system has."""
    chosen = os.environ.get("VISUAL") or os.environ.get("EDITOR")
    return shlex.split(chosen) if chosen else ["notepad" if os.name == "nt" else "vi"]


async def edit(app: App[object], text: str) -> str | None:
    """Give the terminal to the editor until it ends; the new text, or None if it failed.

    The event loop runs on, so that replies stream and are saved meanwhile; only painting waits.
    """
    # A folder of our own: an editor's backup files are private too, and go with it.
    with tempfile.TemporaryDirectory(prefix="copilot-tui-") as folder:
        file = Path(folder) / "prompt.md"
        file.write_text(text, "utf-8")
        with app.batch_update(), app.suspend():
            try:
                process = await asyncio.create_subprocess_exec(*editor_command(), str(file))
                status = await process.wait()
            except (OSError, ValueError):
                return None
        app.refresh()
        if status != 0:
            return None
        edited = file.read_text("utf-8", errors="replace")
    # Editors end a file with a line break that the user did not type.
    return edited.removesuffix("\n") if not text.endswith("\n") else edited
