"""The list of conversations as the sidebar shows it, with what is unread or failed."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

from copilot_tui.tui.rows import Mark, Row

if TYPE_CHECKING:
    from collections.abc import Iterable

    from copilot_tui.conversation import Conversation
    from copilot_tui.store import Summary
    from copilot_tui.tui.desk import Desk

MARKED_MOST: Final = 300
"""Conversations, the newest first, that are asked at the start whether they were read."""


class Shelf:
    """The rows and marks: what the store knows, with what it cannot know yet."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._filing = desk.filing
        self.rows: list[Row] = []
        self.unread: set[str] = set()
        self.failed: set[str] = set()
        self._drafted: set[str] = set()
        """Conversations with a draft on disk that was not read yet."""
        self._gone: set[str] = set()
        """What was deleted since the list was last read in full."""
        self._noted: dict[str, Row] = {}
        """Rows that changed since the list was last read in full."""

    async def read(self, *, at_once: bool = False) -> None:
        """Read the list of conversations; `at_once`: what the index knows, without a look
        around.
        """
        store, is_saving = self._desk.store, self._filing.is_saving
        read = store.cached_summaries if at_once else store.summaries
        if not at_once:
            # What is on its way to the disk is not in what is read now.
            self._noted = {id_: row for id_, row in self._noted.items() if is_saving(id_)}
            self._gone = {id_ for id_ in self._gone if is_saving(id_)}
        # In the thread, too: to make and sort ten thousand rows would hold up a key.
        rows = await asyncio.to_thread(lambda: _in_order(map(self._row_of, read())))
        known = {row.id for row in rows} - self._gone
        self._filing.known |= known
        # A turn that has just begun may not have reached the disk.
        turns = self._desk.turns.items()
        own = {id_: self._row_of(turn.conversation) for id_, turn in turns if id_ not in known}
        # Neither does the reader know what was noted while it read.
        own |= self._noted
        if own or self._gone:
            rows = [row for row in rows if row.id in known and row.id not in own]
            rows = _in_order([*rows, *own.values()])
        self.rows = rows

    def _row_of(self, each: Conversation | Summary) -> Row:
        is_private = self._filing.is_private(each.id)
        tags = tuple(each.tags)
        return Row(
            each.id, each.title, each.updated_at, each.pinned, each.archived, tags, is_private
        )

    def note(self, conversation: Conversation) -> None:
        """Bring one conversation's row up to date without reading the others."""
        self._noted[conversation.id] = self._row_of(conversation)
        rows = [row for row in self.rows if row.id != conversation.id]
        self.rows = _in_order([*rows, self._noted[conversation.id]])

    def take_out(self, conversation_id: str) -> None:
        """Take one conversation out of the list."""
        self.rows = [row for row in self.rows if row.id != conversation_id]
        self._noted.pop(conversation_id, None)
        self._gone.add(conversation_id)

    async def read_marks(self) -> None:
        """Find what was left as a draft, and what was not read, when the program ended last."""
        latest = [row.id for row in self.rows[:MARKED_MOST]]
        drafted, unread = await asyncio.to_thread(self._marked, latest)
        self._drafted = drafted
        self.unread |= unread - {self._desk.shown_id} - self._filing.views.keys()

    def _marked(self, latest: list[str]) -> tuple[set[str], set[str]]:
        store = self._desk.store
        states = {id_: store.view_state(id_) for id_ in latest}
        unread = {id_ for id_, state in states.items() if state is not None and state.unread}
        return set(store.drafts()), unread

    async def read_marks_of_others(self, changed: set[str]) -> bool:
        """Take over what other windows noted of these conversations and of those with a mark: read
        there, or not. Whether there was anything.
        """
        desk = self._desk
        asked = (changed | self.unread | self.failed) - {desk.shown_id} - desk.turns.keys()
        _, unread = await asyncio.to_thread(self._marked, list(asked))
        asked = {id_ for id_ in asked if not self._filing.is_keeping_unread(id_)}
        before = set(self.unread), set(self.failed)
        self.unread |= unread & asked
        self.unread -= asked - unread
        self.failed -= asked - unread
        return before != (self.unread, self.failed)

    def marks(self) -> dict[str, Mark]:
        """What the sidebar marks, by conversation id."""
        desk = self._desk
        marks = dict.fromkeys(self._drafted - desk.open.keys(), Mark.DRAFT)
        marks |= {
            id_: Mark.DRAFT
            for id_, draft in desk.drafts.items()
            if draft.text.strip() or draft.attachments
        }
        marks |= dict.fromkeys(self.unread, Mark.UNREAD)
        marks |= dict.fromkeys(self.failed, Mark.FAILED)
        marks |= dict.fromkeys((*desk.places.elsewhere, *desk.turns), Mark.RUNNING)
        return marks | dict.fromkeys(desk.places.waiting, Mark.WAITING)


def _in_order(rows: Iterable[Row]) -> list[Row]:
    return sorted(rows, key=Row.rank, reverse=True)
