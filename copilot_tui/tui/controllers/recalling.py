"""Earlier prompts, to be sent again or changed: a walk through them, and a search in them.

The walk begins with what was written and not sent, goes on with the prompts of the shown
conversation, then with those of all others, which are read when they are wanted.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from copilot_tui.conversation import Role
from copilot_tui.errors import StoreError
from copilot_tui.store.found import Found, Order
from copilot_tui.store.prompts import prompts_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from copilot_tui.conversation import Conversation
    from copilot_tui.store import PrivateStore, Store
    from copilot_tui.store.prompts import Prompt
    from copilot_tui.tui.controllers.searching import Searching
    from copilot_tui.tui.screens.host import Host

PAGE: Final = 100
"""Prompts that are read at first; then twice as many, and so on."""

PROMPTS_MOST: Final = 1600
"""How far back the walk goes; the search finds all."""

_BETWEEN: Final = "\n\n"


@dataclass
class _Entry:
    text: str
    is_typed: bool = False
    """It is the user's, and nowhere else."""


@dataclass
class _Walk:
    entries: list[_Entry]
    """The draft, then prompts, the newest first."""
    fills: int
    """Of the composer: at another number the walk is over."""
    at: int = 0
    shown: str = ""
    """What the composer was given; another text in it was typed."""
    known: set[str] = field(default_factory=set)
    """No prompt comes twice."""
    limit: int = 0
    """How many prompts of all conversations were asked for."""
    is_reading: bool = False
    is_whole: bool = False
    wants_next: bool = False
    """The user waits for what is being read."""

    def add(self, text: str) -> None:
        """One more prompt, at the end."""
        if text.strip() and text not in self.known:
            self.known.add(text)
            self.entries.append(_Entry(text))


class Recalling:
    """What Up, Ctrl+Up and Alt+H do in the prompt."""

    def __init__(self, app: Host, searching: Searching) -> None:
        self._app = app
        self._searching = searching
        self._walk: _Walk | None = None

    # The walk

    def step(self, step: int, text: str) -> None:
        """Go to an earlier (-1) or later (+1) prompt, unless what stood there has changed."""
        if text != self._app.main.composer.text:
            return
        walk = self._live()
        if walk is None:
            if step > 0:
                return
            walk = self._begin()
        self._note(walk)
        wanted = walk.at - step
        if wanted >= len(walk.entries):
            walk.wants_next = True
        elif wanted >= 0 and not (wanted == 0 and self._is_draft_now(walk)):
            walk.wants_next = False
            self._show(walk, wanted)
        if step < 0 and wanted >= len(walk.entries) - 1:
            self._read_on(walk)

    def _is_draft_now(self, walk: _Walk) -> bool:
        """Whether a recalled prompt was changed where there was no draft: it is not taken away."""
        draft, here = walk.entries[0], walk.entries[walk.at]
        return walk.at > 0 and here.is_typed and not draft.text.strip()

    def unsent(self) -> tuple[str, int]:
        """What was written, and its caret: the draft, and what was made of recalled prompts."""
        composer, walk = self._app.main.composer, self._live()
        if walk is None:
            return composer.text, composer.caret
        self._note(walk)
        if not _typed(walk, but=walk.at):
            return composer.text, composer.caret
        text = _BETWEEN.join(_typed(walk))
        return text, len(text)

    def behind(self) -> str:
        """What stands behind the prompt that is being sent: the draft, and what was made of other
        recalled prompts; or nothing.
        """
        walk = self._live()
        return _BETWEEN.join(_typed(walk, but=walk.at)) if walk is not None else ""

    def _live(self) -> _Walk | None:
        if self._walk is not None and self._walk.fills != self._app.main.composer.fills:
            self._walk = None  # another draft was put in
        return self._walk

    def _begin(self) -> _Walk:
        composer, shown = self._app.main.composer, self._app.shown
        draft = _Entry(composer.text, is_typed=True)
        walk = self._walk = _Walk([draft], composer.fills, shown=composer.text)
        for message in reversed(shown.path()):
            if message.role is Role.USER:
                walk.add(message.content)
        deleted = set(shown.deleted)
        for message in reversed(shown.messages.values()):  # and those on other branches
            if message.role is Role.USER and message.id not in deleted:
                walk.add(message.content)
        self._searching.update()
        return walk

    def _note(self, walk: _Walk) -> None:
        """Keep what was typed since the last step."""
        text = self._app.main.composer.text
        if text != walk.shown:
            walk.entries[walk.at] = _Entry(text, is_typed=True)
            walk.shown = text

    def _show(self, walk: _Walk, at: int) -> None:
        composer = self._app.main.composer
        walk.at = at
        composer.recall(walk.entries[at].text)
        walk.shown = composer.text

    def _read_on(self, walk: _Walk) -> None:
        if not (walk.is_reading or walk.is_whole):
            walk.is_reading = True
            walk.limit = 2 * walk.limit or PAGE
            work = self._read(walk, self._app.shown)
            self._app.run_worker(work, group="recall", exit_on_error=False)

    async def _read(self, walk: _Walk, shown: Conversation) -> None:
        try:
            found = await asyncio.to_thread(self._app.desk.store.prompts, limit=walk.limit)
        except StoreError as error:
            self._app.say(error.in_one_line, warn=True)
            return
        finally:
            walk.is_reading = False
        walk.is_whole = not found.more or walk.limit >= PROMPTS_MOST
        before = len(walk.entries)
        for prompt in found.prompts:
            if prompt.hit.conversation_id != shown.id:  # whose own are there, as they are now
                walk.add(prompt.text)
        if walk is not self._live():
            return
        if len(walk.entries) == before:
            self._read_on(walk)  # all of them were there
        elif walk.wants_next and walk.shown == self._app.main.composer.text:
            self.step(-1, self._app.main.composer.text)

    # The search

    def search(self) -> None:
        """Let the user search the prompts; the chosen one comes into the composer."""
        self._app.hold_keys()
        self._app.run_worker(self._search(), group="recall", exit_on_error=False)

    async def _search(self) -> None:
        from copilot_tui.tui.screens.prompts import PromptsScreen

        app, shown = self._app, self._app.shown
        find = _Finder(app.desk.store, shown)
        hit = await app.push_screen_wait(PromptsScreen(find, "", self._searching.update))
        if hit is None:
            return
        app.hold_keys()
        try:
            conversation = await app.desk.load(hit.conversation_id)
            if shown is app.shown and (message := conversation.messages.get(hit.message_id or "")):
                self._take(message.content)
        except StoreError as error:
            app.say(error.in_one_line, warn=True)
        finally:
            await app.release_keys()

    def _take(self, text: str) -> None:
        """Put a prompt before what is in the composer, which Down brings back."""
        walk = self._live() or self._begin()
        self._note(walk)
        walk.known.add(text)
        walk.entries.insert(walk.at + 1, _Entry(text))
        self._show(walk, walk.at + 1)
        self._app.main.composer.focus()


def _typed(walk: _Walk, *, but: int | None = None) -> list[str]:
    """What was typed on the way, but what stands in this place."""
    others = (entry for place, entry in enumerate(walk.entries) if place != but)
    return [entry.text for entry in others if entry.is_typed and entry.text.strip()]


class _Finder:
    """Finds prompts as the search finds messages; those of the shown conversation come first."""

    def __init__(self, store: Store | PrivateStore, shown: Conversation) -> None:
        self._store = store
        self._shown = shown

    def __call__(
        self, words: str, *, order: Order, limit: int, cancelled: Callable[[], bool]
    ) -> Found:
        """See SearchScreen. The newest first, whatever `order`."""
        own = prompts_of(self._shown, words)
        wanted = limit
        while True:
            others = self._store.prompts(words, limit=wanted, cancelled=cancelled)
            hits = [prompt.hit for prompt in self._distinct(own, others.prompts)]
            if len(hits) >= limit or not others.more or cancelled():
                more = others.more or len(hits) > limit
                return Found(hits[:limit], more, others.unread)
            wanted *= 2  # many were doubles

    def _distinct(self, own: list[Prompt], others: list[Prompt]) -> list[Prompt]:
        known = {prompt.text for prompt in own}
        return own + [
            each
            for each in others
            if each.text not in known and each.hit.conversation_id != self._shown.id
        ]
