"""Files that go with the prompt: chosen, shown above it, taken off, and read when it is sent."""

from __future__ import annotations

import asyncio
import os
import re
from typing import TYPE_CHECKING, Final

from copilot_tui import attachments
from copilot_tui.errors import AttachmentError

if TYPE_CHECKING:
    from copilot_tui.conversation import Attachment, Conversation
    from copilot_tui.tui.screens.host import Host

_AT: Final = re.compile(r"(?:^|\s)@(\S*)$")
"""A word that begins with @, at the end of what stands before the cursor."""


def word_at(before: str) -> str | None:
    """The word with @ that ends this text, without the @; None: none does."""
    found = _AT.search(before)
    return found.group(1) if found else None


def read_all(paths: tuple[str, ...]) -> tuple[Attachment, ...]:
    """The files as they are now. Raises AttachmentError for the first that cannot be sent."""
    return tuple(map(attachments.read, paths))


class Attaching:
    """The files of the shown conversation's prompt. Their paths are kept with its draft, so that
    they survive a restart.
    """

    def __init__(self, app: Host) -> None:
        self._app = app
        self._sizes: dict[str, int | None] = {}
        """By path; None: it is gone."""

    @property
    def _paths(self) -> tuple[str, ...]:
        return self._app.desk.drafts.attached(self._app.shown)

    def open(self, *, at_word: bool = False) -> bool:
        """Ask for a file; `at_word`: only if the cursor stands behind a word with @, which is the
        beginning of its path. Whether it is asked for.
        """
        typed = word_at(self._before_cursor()) if at_word else ""
        if typed is None:
            return False
        self._app.hold_keys()
        self._app.run_worker(
            self._ask(typed, at_word=at_word), group="attach", exclusive=True, exit_on_error=False
        )
        return True

    def refuse_paste(self, length: int) -> None:
        """Say that a paste of so many characters is too much for a prompt, and what to do."""
        from copilot_tui.tui.widgets.composer import PASTE_LIMIT

        most = f"{PASTE_LIMIT >> 20} million characters"
        key = self._app.main.key("attach")
        self._app.say(
            f"Too much for a prompt ({most} at most): {key} attaches a file. Pasted: {length:,}",
            warn=True,
        )

    def _before_cursor(self) -> str:
        composer = self._app.main.composer
        row, column = composer.cursor_location
        return composer.document.get_line(row)[:column]

    async def _ask(self, typed: str, *, at_word: bool) -> None:
        from copilot_tui.tui.screens.attaching import AttachScreen

        conversation = self._app.shown
        path = await self._app.push_screen_wait(AttachScreen(typed))
        if path is None or conversation is not self._app.shown:
            return
        if at_word:
            self._take_word(typed)
        await self._add(conversation, path)

    def _take_word(self, typed: str) -> None:
        """Take the word with @ out of the prompt, if it still stands there."""
        if word_at(self._before_cursor()) == typed:
            composer = self._app.main.composer
            row, column = composer.cursor_location
            composer.delete((row, column - len(typed) - 1), (row, column))

    async def _add(self, conversation: Conversation, path: str) -> None:
        app = self._app
        try:
            path, found = await asyncio.to_thread(_found, path)
        except AttachmentError as error:  # it has changed since it was chosen
            app.say(f"Not attached: {error}", warn=True)
            return
        if conversation is not app.shown or path in self._paths:
            return
        if len(self._paths) >= attachments.MOST:
            app.say(f"{attachments.MOST} files go with one prompt, and no more", warn=True)
            return
        self._sizes[path] = found.size
        self._keep((*self._paths, path))

    def take_off(self) -> bool:
        """Take the last file off; whether there was one."""
        if not self._paths:
            return False
        self._keep(self._paths[:-1])
        return True

    def _keep(self, paths: tuple[str, ...]) -> None:
        app = self._app
        app.desk.drafts.keep(app.shown, *app.unsent, paths)
        app.refresh_sidebar()
        self.show()

    def show(self) -> None:
        """Show the files above the prompt, or that there are none."""
        main, paths = self._app.main, self._paths
        lines = main.query("#attached")
        if not paths and not lines:
            return
        from copilot_tui.tui.widgets.queued import QueuedLine

        if lines:
            line = lines.first(QueuedLine)
        else:
            line = QueuedLine(id="attached", label="Files: ", text_first=True)
            main.mount_above_prompt(line)
        text = " · ".join(map(self._named, paths)) if paths else None
        line.show(text, "Backspace takes the last off")
        if any(path not in self._sizes for path in paths):
            self._app.run_worker(self._look(paths), group="attach-sizes", exit_on_error=False)

    def _named(self, path: str) -> str:
        from copilot_tui.tui.transcript.entries import shown_size

        name = os.path.basename(path)
        if path not in self._sizes:
            return name
        size = self._sizes[path]
        return f"{name} (gone)" if size is None else f"{name} {shown_size(size)}"

    async def _look(self, paths: tuple[str, ...]) -> None:
        self._sizes |= await asyncio.to_thread(lambda: {path: _size_of(path) for path in paths})
        self.show()

    def send(self) -> None:
        """Read the files, and send the prompt with them; it stays if one cannot be read."""
        self._app.hold_keys()
        self._app.run_worker(
            self._send(self._app.shown), group="attach", exclusive=True, exit_on_error=False
        )

    async def _send(self, conversation: Conversation) -> None:
        paths = self._paths
        try:
            files = await asyncio.to_thread(read_all, paths)
        except AttachmentError as error:
            self._app.say(
                f"Not sent: {error}. Backspace in an empty prompt, or “Take a file off” "
                "in the palette, takes the last file off",
                warn=True,
            )
            self._sizes.clear()
            self.show()
        else:
            if conversation is self._app.shown and paths == self._paths:
                self._app.send_with(files)
        finally:
            await self._app.release_keys()


def _found(path: str) -> tuple[str, Attachment]:
    """The file, and its path from wherever the program is started next time."""
    path = os.path.abspath(os.path.expanduser(path))
    return path, attachments.read(path)


def _size_of(path: str) -> int | None:
    try:
        return os.stat(path).st_size
    except OSError:
        return None
