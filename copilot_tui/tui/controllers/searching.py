"""Searching all conversations: the screen, and the index that is kept in step behind it."""

from __future__ import annotations

import asyncio
from functools import partial
from typing import TYPE_CHECKING, Final

from copilot_tui.errors import StoreError
from copilot_tui.tui.transcript import Place

if TYPE_CHECKING:
    from copilot_tui.store import Hit
    from copilot_tui.tui.controllers.answers import Answers
    from copilot_tui.tui.screens.host import Host

BEGIN_S: Final = 3.0
"""After the start; the keys and the list of conversations come before."""


POSTPONED_MOST: Final = 10


class Searching:
    """What Ctrl+F does."""

    def __init__(self, app: Host, answers: Answers) -> None:
        self._app = app
        self._answers = answers
        self._words = ""
        self._is_updating = False

    def begin(self) -> None:
        """Bring the index in step, soon and in the background."""
        self._app.set_timer(BEGIN_S, partial(self._begin, POSTPONED_MOST))

    def _begin(self, times: int) -> None:
        """Begin, but let replies that stream have the processor first, for so many times."""
        if self._app.desk.turns and times:
            self._app.set_timer(BEGIN_S, partial(self._begin, times - 1))
        else:
            self.update()

    def close(self) -> None:
        """The program ends: so does an update that is under way."""
        self._app.desk.store.stop_search()

    def open(self) -> None:
        """Let the user search."""
        self._app.hold_keys()
        self._app.run_worker(self._open(), group="searching", exclusive=True, exit_on_error=False)

    async def _open(self) -> None:
        from copilot_tui.tui.screens.search import SearchScreen

        screen = SearchScreen(self._app.desk.store.search, self._words, self.update)
        hit = await self._app.push_screen_wait(screen)
        self._words = screen.asked.words
        if hit is not None:
            self._app.run_worker(
                self._show(hit, self._words), group="show", exclusive=True, exit_on_error=False
            )

    async def _show(self, hit: Hit, words: str) -> None:
        """Show the branch with this message, the message, and the words in it."""
        app, id_ = self._app, hit.message_id
        try:
            conversation = await app.desk.load(hit.conversation_id)
        except StoreError as error:
            app.say(error.in_one_line, warn=True)
            return
        message = conversation.messages.get(id_ or "")
        if message is None:  # the title was found
            app.show(hit.conversation_id)
            return
        is_shown = message in conversation.path()
        if not is_shown and not self._answers.is_busy(conversation):
            conversation.select(message.id)
        app.take_up(conversation, Place(message.id, 0))
        await self._light(_as_it_stands(message.content, words))

    async def _light(self, words: str) -> None:
        """Put the words into the find bar: `n` and `N` go on from there, Escape ends it."""
        if words:
            await self._app.light(words)
        self._app.main.transcript.focus()

    def update(self) -> None:
        """Bring the index in step now, unless that is going on."""
        if not self._is_updating:
            self._is_updating = True
            self._app.run_worker(self._update(), group="search-update", exit_on_error=False)

    async def _update(self) -> None:
        try:
            changed = await asyncio.to_thread(self._app.desk.store.update_search)
        except StoreError:
            return  # the list of conversations says what is wrong with the folder
        finally:
            self._is_updating = False
        if changed:
            self._look_again()

    def _look_again(self) -> None:
        from copilot_tui.tui.screens.search import SearchScreen

        for screen in self._app.screen_stack:
            if isinstance(screen, SearchScreen):
                screen.look_again()


def _as_it_stands(text: str, words: str) -> str:
    """The first of the words that is in the text, in the text's own letters and accents."""
    from copilot_tui.search_query import parse
    from copilot_tui.search_text import marks

    for needle in parse(words).needles:
        if found := marks(text, [needle]):
            start, end = found[0]
            return text[start:end]
    return ""
