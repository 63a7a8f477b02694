"""One history, many windows: what other programs write appears here, replies while they grow.

A look every second, in a thread; while somebody else's reply grows in what is shown, four a second.
"""

from __future__ import annotations

import asyncio
import time
from contextlib import suppress
from functools import cached_property
from typing import TYPE_CHECKING, Final

from copilot_tui.conversation import Status
from copilot_tui.errors import StoreError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from textual.timer import Timer

    from copilot_tui.conversation import Conversation, Message
    from copilot_tui.store.following import Follower, Grown
    from copilot_tui.store.private import NoWatch
    from copilot_tui.store.watch import Sight, Watch
    from copilot_tui.tui.screens.host import Host

LOOK_S: Final = 1.0
"""What others write appears within two seconds."""

FOLLOW_S: Final = 0.25
"""The writer brings its text to disk about as often."""

REST_SHARE: Final = 4
"""After a look that was long (thousands of files came at once), so many times its length. What is
shown is looked at all the same: that costs next to nothing.
"""

REST_MOST_S: Final = 2.0


class Watching:
    """Looks at the store while the app runs."""

    def __init__(self, app: Host) -> None:
        self._app = app
        self._desk = app.desk
        self.on_ended_elsewhere: Callable[[str], None] = lambda conversation_id: None
        """Is told of a conversation whose reply another window or a shell awaits no longer."""
        self._timer: Timer | None = None
        self._looking = asyncio.Lock()
        self._rest_until = 0.0
        self._look_at = 0.0
        self._followed: dict[Path, Follower] = {}
        """Replies of others in the shown conversation."""
        self._changed: set[str] = set()
        """Conversations that changed lately, which may have got a mark elsewhere."""
        self._copies_said: frozenset[str] = frozenset()
        self._problems_said: set[str] = set()

    @cached_property
    def _watch(self) -> Watch | NoWatch:
        return self._desk.store.watch()

    def begin(self) -> None:
        """Look from now on; in a private session nobody else can write."""
        if not self._desk.store.is_private and self._timer is None:
            self._timer = self._app.set_interval(FOLLOW_S, self._tick)

    def _tick(self) -> None:
        now = time.monotonic()
        if self._looking.locked():
            return
        if now >= self._look_at or self._followed:
            self._app.run_worker(self._look(now), group="watch", exit_on_error=False)

    async def _look(self, began: float) -> None:
        # A folder that is not there for a while, or a file that is half written: the next look
        # finds it. What cannot be read at all is among the store's problems.
        with suppress(StoreError):
            async with self._looking:
                if began >= self._look_at:
                    await self._look_around(at_list=began >= self._rest_until)
                await self._follow()
        now = time.monotonic()
        rest = min(REST_SHARE * (now - began), REST_MOST_S)
        self._rest_until = max(self._rest_until, now + rest)

    async def look_now(self) -> None:
        """Come back when the shown conversation is as it is on disk. Raises StoreError."""
        async with self._looking:
            await self._look_around()

    async def _look_around(self, *, at_list: bool = True) -> None:
        self._look_at = time.monotonic() + LOOK_S
        sight = await asyncio.to_thread(self._watch.look, at_list=at_list)
        if sight.changed:
            await self._read_list()
        if sight.states_changed:
            changed, self._changed = self._changed, set()
            if await self._desk.shelf.read_marks_of_others(changed):
                self._app.refresh_sidebar()
        await self.catch_up()
        self._note_answering(sight)
        self._say_copies(sight.copies)

    async def _read_list(self) -> None:
        before = {row.id: row for row in self._desk.shelf.rows}
        await self._desk.shelf.read()
        changed = {row.id for row in self._desk.shelf.rows if before.get(row.id) != row}
        self._changed |= changed
        if changed or len(before) != len(self._desk.shelf.rows):
            self._app.refresh_sidebar()
        shown = self._app.shown
        if shown.id in before and all(row.id != shown.id for row in self._desk.shelf.rows):
            self._app.say("This conversation was deleted by another window")
        for problem in self._desk.store.problems():
            if str(problem) not in self._problems_said:
                self._problems_said.add(str(problem))
                self._app.say(str(problem), warn=True)

    # The shown conversation

    def is_behind(self, conversation: Conversation) -> bool:
        """Whether others wrote to it what is not here yet."""
        try:
            return self._watch.is_behind(conversation)
        except StoreError:
            return False  # who sends is told what is wrong when the prompt is saved

    async def catch_up(self) -> None:
        """Bring what others wrote into the shown conversation, and onto the screen.

        Raises StoreError.
        """
        conversation = self._app.shown
        if self._desk.filing.is_saving(conversation.id):
            return
        news = await asyncio.to_thread(self._watch.news, conversation)
        if news is None or self._desk.filing.is_saving(conversation.id):
            return
        before = [(m.id, m.status, m.error, m.content) for m in conversation.path()]
        self._watch.take(conversation, news)
        if conversation is not self._app.shown:
            return
        after = conversation.path()
        same = [(m.id, m.status, m.error, m.content) for m in after[: len(before)]] == before
        if same:
            for message in after[len(before) :]:
                self._app.main.transcript.add(message)
            self._app.refresh_status()
        else:
            self._app.show_messages(self._app.main.transcript.place)

    # Replies of others, as they grow

    @property
    def live(self) -> set[str]:
        """Ids of the shown messages that another process writes now."""
        return {each.reply_id for each in self._followed.values() if each.reply_id is not None}

    def _note_answering(self, sight: Sight) -> None:
        mine = self._desk.turns.keys()
        elsewhere = {id_ for id_, _ in sight.journals} - mine
        if elsewhere != self._desk.places.elsewhere:
            ended = self._desk.places.elsewhere - elsewhere
            self._desk.places.elsewhere = elsewhere
            self._app.refresh_sidebar()
            self._app.refresh_status()
            for id_ in ended:
                self.on_ended_elsewhere(id_)
        shown = self._app.shown.id
        journals = {path for id_, path in sight.journals if id_ == shown and shown not in mine}
        for path in journals - self._followed.keys():
            self._followed[path] = self._desk.store.follower(path)

    async def _follow(self) -> None:
        shown = self._app.shown
        for path, follower in list(self._followed.items()):
            if not path.name.startswith(shown.id):
                del self._followed[path]
                continue
            is_new = follower.reply_id is None
            grown = await asyncio.to_thread(follower.read)
            if shown is not self._app.shown:
                return
            message = shown.messages.get(follower.reply_id or "")
            if grown is None or (message is not None and message.status is not Status.PARTIAL):
                self._followed.pop(path, None)
                await self._ended(shown)
            elif message is None:
                # What it answers is not here yet, or not even on disk.
                self._followed[path] = self._desk.store.follower(path)
            else:
                self._grow(message, grown, is_new=is_new)

    async def _ended(self, shown: Conversation) -> None:
        await self.catch_up()
        if shown is self._app.shown:
            self._app.show_messages(self._app.main.transcript.place)
        self._look_at = 0.0  # the sidebar, too, and what waits behind it

    def _grow(self, message: Message, grown: Grown, *, is_new: bool) -> None:
        if grown.is_anew:
            message.content = message.reasoning = ""
        # Some of it may be here already, by a window that saved it, the writer's own among them.
        message.append(grown.text[max(0, len(message.content) - grown.text_at) :])
        thought = len(message.reasoning) - grown.reasoning_at
        message.append_reasoning(grown.reasoning[max(0, thought) :])
        if is_new or grown.is_whole:
            self._app.show_messages(self._app.main.transcript.place)
        elif grown.text or grown.reasoning:
            self._app.main.transcript.grow(message.id)

    # Conflict copies

    def _say_copies(self, names: frozenset[str]) -> None:
        if names - self._copies_said:
            what = "a conflict copy" if len(names) == 1 else f"{len(names)} conflict copies"
            key = self._app.main.key("palette")
            self._app.say(
                f"Your sync program left {what}: {key}, “Merge conflict copies”",
                warn=True,
            )
        self._copies_said = names

    def merge_copies(self) -> None:
        """Bring all conflict copies into their conversations."""
        self._app.run_worker(self._merge_copies(), group="copies", exit_on_error=False)

    async def _merge_copies(self) -> None:
        names = await asyncio.to_thread(self._desk.store.conflict_copies)
        merged = 0
        failed: StoreError | None = None
        for name in names:
            try:
                await self._desk.filing.in_order(self._desk.store.merge_copy, name)
                merged += 1
            except StoreError as error:
                failed = error
        self._look_at = 0.0
        what = "1 conflict copy" if merged == 1 else f"{merged} conflict copies"
        if failed is not None:
            done = f"Merged {what}; " if merged else ""
            self._app.say(f"{done}{failed.in_one_line}", warn=True)
        elif not merged:
            self._app.say("There are no conflict copies")
        else:
            self._app.say(f"Merged {what}; what was merged lies in the trash for 30 days")
