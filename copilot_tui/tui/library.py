"""Renaming, deleting, and bringing back."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Final, NamedTuple

from copilot_tui.conversation import TitleSource
from copilot_tui.errors import StoreError
from copilot_tui.tui.answers import in_one_line

if TYPE_CHECKING:
    from copilot_tui.tui.app import CopilotApp

TITLE_MOST: Final = 24
"""Characters of a title in a notice, which must not push the rest away."""

UNDO_S: Final = 12.0
"""How long Ctrl+Z brings a deleted conversation back; `restore` does for thirty days."""


class _Deleted(NamedTuple):
    id: str
    title: str
    at: float


class Library:
    """What is done with whole conversations."""

    def __init__(self, app: CopilotApp) -> None:
        self._app = app
        self._desk = app.desk
        self._deleted: list[_Deleted] = []
        """What can be brought back, the last at the end."""

    def ask_for_title(self, conversation_id: str) -> None:
        """Let the user type another title."""
        self._app.hold_keys()
        self._app.run_worker(
            self._rename(conversation_id), group="rename", exclusive=True, exit_on_error=False
        )

    async def _rename(self, conversation_id: str) -> None:
        from copilot_tui.tui.screens.rename import RenameScreen

        try:
            conversation = await self._desk.load(conversation_id)
        except StoreError as error:
            self._app.say(in_one_line(error), warn=True)
            return
        title = await self._app.push_screen_wait(RenameScreen(conversation.title))
        if title is None:
            return
        conversation.title, conversation.title_source = title, TitleSource.USER
        self._desk.note_row(conversation)
        self._app.refresh_sidebar()
        self._app.save(conversation)

    def delete(self, conversation_id: str) -> None:
        """Move a conversation to the trash; a notice offers to bring it back."""
        conversation = self._desk.open.get(conversation_id)
        if conversation is not None and self._desk.is_blank(conversation):
            self._app.say("There is nothing to delete yet")
            return
        self._app.run_worker(self._delete(conversation_id), group="delete", exit_on_error=False)

    async def _delete(self, conversation_id: str) -> None:
        app = self._app
        following = app.main.sidebar.neighbour(1) or app.main.sidebar.neighbour(-1)
        try:
            conversation = await self._desk.load(conversation_id)
            await app.answers.stop_and_wait(conversation)
            await self._desk.in_order(self._desk.store.delete, conversation_id)
        except StoreError as error:
            app.say(in_one_line(error), warn=True)
            return
        self._desk.forget(conversation_id)
        self._deleted.append(_Deleted(conversation_id, conversation.title, time.monotonic()))
        if conversation_id == app.shown.id:
            app.take_up(self._desk.new(), None)
            if following is not None:
                app.show(following)
        app.refresh_sidebar()
        app.say(
            f"{app.main.key('undo')} brings back “{_short(conversation.title)}”, which was deleted",
            seconds=UNDO_S,
        )

    def undo(self) -> bool:
        """Bring back what was deleted last, while its notice stands; whether that was so."""
        since = time.monotonic() - UNDO_S
        # One deletion after another within the time: all of them.
        if not self._deleted or self._deleted[-1].at < since:
            self._deleted.clear()
            return False
        deleted = self._deleted.pop()
        if self._deleted:
            self._deleted[-1] = self._deleted[-1]._replace(at=time.monotonic())
        self._app.run_worker(self._restore(deleted), group="delete", exit_on_error=False)
        return True

    async def _restore(self, deleted: _Deleted) -> None:
        try:
            await self._desk.in_order(self._desk.store.restore, deleted.id)
            await self._desk.read_rows()
        except StoreError as error:
            self._app.say(in_one_line(error), warn=True)
            return
        self._app.show(deleted.id)
        self._app.say(f"“{_short(deleted.title)}” is back")


def _short(title: str) -> str:
    return title if len(title) <= TITLE_MOST else title[: TITLE_MOST - 1] + "…"
