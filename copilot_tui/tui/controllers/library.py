"""Renaming, deleting, and bringing back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from copilot_tui.conversation import TitleSource
from copilot_tui.errors import StoreError
from copilot_tui.terminal_text import one_line

if TYPE_CHECKING:
    from copilot_tui.tui.controllers.answers import Answers
    from copilot_tui.tui.controllers.undoing import Undoing
    from copilot_tui.tui.screens.host import Host

TITLE_MOST: Final = 24
"""Characters of a title in a notice, which must not push the rest away."""


class Library:
    """What is done with whole conversations."""

    def __init__(self, app: Host, answers: Answers, undoing: Undoing) -> None:
        self._app = app
        self._answers = answers
        self._undoing = undoing
        self._desk = app.desk

    def ask_for_title(self, conversation_id: str) -> None:
        """Let the user type another title."""
        self._app.hold_keys()
        self._app.run_worker(
            self._rename(conversation_id), group="rename", exclusive=True, exit_on_error=False
        )

    async def _rename(self, conversation_id: str) -> None:
        from copilot_tui.tags import read_title_line, title_line
        from copilot_tui.tui.screens.rename import RenameScreen

        try:
            conversation = await self._desk.load(conversation_id)
        except StoreError as error:
            self._app.say(error.in_one_line, warn=True)
            await self._app.release_keys()
            return
        old = one_line(conversation.title)
        line = await self._app.push_screen_wait(RenameScreen(title_line(old, conversation.tags)))
        if line is None:
            return
        title, tags = read_title_line(line, old)
        if title and title != old:
            conversation.title, conversation.title_source = title, TitleSource.USER
        if " ".join(tags) != " ".join(conversation.tags):
            conversation.tags = tags
        self._desk.shelf.note(conversation)
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
            await self._answers.stop_and_wait(conversation)
            await self._desk.filing.in_order(self._desk.store.delete, conversation_id)
        except StoreError as error:
            app.say(error.in_one_line, warn=True)
            return
        self._desk.forget(conversation_id)
        if conversation_id == app.shown.id:
            app.show_instead(following)
        app.refresh_sidebar()
        title = _short(conversation.title)
        self._undoing.offer(
            lambda: self.restore(conversation_id), f"brings back “{title}”, which was deleted"
        )

    def pick_from_trash(self) -> None:
        """Let the user choose a deleted conversation to bring back."""
        self._app.hold_keys()
        self._app.run_worker(
            self._pick_from_trash(), group="trash", exclusive=True, exit_on_error=False
        )

    async def _pick_from_trash(self) -> None:
        from copilot_tui.tui.screens.trash import TrashScreen

        screen = TrashScreen(self._desk.store.trashed)
        picked = await self._app.push_screen_wait(screen)
        if picked is not None:
            self.restore(picked)

    def restore(self, conversation_id: str) -> None:
        """Take a conversation out of the trash, and show it."""
        self._app.run_worker(self._restore(conversation_id), group="delete", exit_on_error=False)

    async def _restore(self, conversation_id: str) -> None:
        try:
            await self._desk.filing.in_order(self._desk.store.restore, conversation_id)
            conversation = await self._desk.load(conversation_id)
            await self._desk.shelf.read()
        except StoreError as error:
            self._app.say(error.in_one_line, warn=True)
            return
        self._app.show(conversation_id)
        self._app.say(f"“{_short(conversation.title)}” is back")


def _short(title: str) -> str:
    return title if len(title) <= TITLE_MOST else title[: TITLE_MOST - 1] + "…"
