"""The start: the first frame, then the keys that were typed, then the list and what can wait."""

from __future__ import annotations

import asyncio
import gc
import sys
from typing import TYPE_CHECKING, Final

from copilot_tui.errors import StoreError
from copilot_tui.tui.controllers.day import Day

if TYPE_CHECKING:
    from copilot_tui.config import BackendConfig
    from copilot_tui.tui.controllers.answers import Answers
    from copilot_tui.tui.controllers.held_keys import HeldKeys
    from copilot_tui.tui.controllers.keeping import Keeping
    from copilot_tui.tui.controllers.searching import Searching
    from copilot_tui.tui.controllers.showing import Showing
    from copilot_tui.tui.controllers.watching import Watching
    from copilot_tui.tui.screens.host import Host

SETTLE_DELAY_S: Final = 0.1
"""After the first frame the keys come first; the list of conversations after them."""

SWITCH_S: Final = 0.0005
"""How long a thread in the background keeps the interpreter from a key; Python's own is 5 ms."""


class Starting:
    """What happens once, in this order."""

    def __init__(
        self,
        app: Host,
        answers: Answers,
        held_keys: HeldKeys,
        keeping: Keeping,
        searching: Searching,
        showing: Showing,
        watching: Watching,
        *,
        prompt: str | None,
        continue_last: bool,
    ) -> None:
        self._app = app
        self._answers = answers
        self._held_keys = held_keys
        self._keeping = keeping
        self._searching = searching
        self._showing = showing
        self._watching = watching
        self._desk = app.desk
        self._first_prompt = prompt
        self._continue_last = continue_last
        self.day = Day(app)
        self.was_shown = False
        """The first frame was painted."""
        self.leave_first: int | None = None
        """The app was to end before that, with this status."""

    def main_is_there(self) -> None:
        """Show the empty conversation; everything else comes after the first frame."""
        app = self._app
        app.show_messages(None)
        app.watch(app.main.transcript, "scroll_y", self._keeping.scrolled, init=False)
        # Twice: the first call is the screen's, and what it posted would end there.
        app.call_after_refresh(app.call_later, self._after_first_frame)

    async def _after_first_frame(self) -> None:
        app = self._app
        app.main.set_focus(app.main.composer)  # at once, where focus() is a message
        self.was_shown = True
        if not self._continue_last:
            await self._begin()
            collect_from_now_on()
        # A key that comes while a thread computes asks for the interpreter several times over.
        sys.setswitchinterval(SWITCH_S)
        if self.leave_first is not None:
            await app.leave_behind_keys(self.leave_first)
        else:
            app.run_worker(self._settle_in(), group="start", exit_on_error=False)

    async def _begin(self) -> None:
        """Take up the work where the user wants it: with --prompt, and with what was typed."""
        prompt, self._first_prompt = self._first_prompt, None
        if prompt is not None:
            self._answers.send(self._app.shown, prompt)
        await self._held_keys.give()

    async def _continue(self) -> None:
        """Show the conversation that changed last; what was typed until then is meant for it."""
        shelf = self._desk.shelf
        try:
            await shelf.read()
            rows = [row for row in shelf.rows if not row.archived]
            if rows:
                await self._showing.read(max(rows, key=lambda row: row.updated_at).id)
        finally:
            collect_from_now_on()  # and not while ten thousand messages are read
            self._app.call_later(self._begin)

    async def _settle_in(self) -> None:
        """Read the list, fold in what a crash left, and import what the first reply needs."""
        app, desk = self._app, self._desk
        try:
            if not self._continue_last and self._first_prompt is None:
                await asyncio.sleep(SETTLE_DELAY_S)
            if self._continue_last:
                await self._continue()
            await desk.shelf.read(at_once=True)
            app.refresh_sidebar()
            await asyncio.to_thread(_warm_up, desk.config.backend)
            recovered = await asyncio.to_thread(desk.store.recover)
            await desk.shelf.read()
            app.refresh_sidebar()
            left = set(recovered) - desk.turns.asked  # what was stopped now is not of last time
            if left:
                what = "a reply" if len(left) == 1 else f"{len(left)} replies"
                app.say(f"Kept what had come of {what} when the program ended last")
            await desk.shelf.read_marks()
            app.refresh_sidebar()
            for problem in desk.store.problems()[:1]:
                app.say(str(problem), warn=True)
            await asyncio.to_thread(desk.store.purge_trash)
        except StoreError as error:
            app.say(error.in_one_line, warn=True)
        finally:
            self._searching.begin()
            self._watching.begin()
            self.day.begin()


def _warm_up(backend: BackendConfig) -> None:
    """Import what the first reply needs."""
    from copilot_tui import backends, replies  # noqa: F401
    from copilot_tui.tui.transcript import entries  # noqa: F401
    from copilot_tui.tui.transcript.markdown import warm_up

    backends.warm_up(backend)
    warm_up()
    import filelock  # noqa: F401

    import copilot_tui.tui.screens.commands  # noqa: F401  Ctrl+P


def collect_from_now_on() -> None:
    """What lives now lives to the end; the collector need not look at it, now or later."""
    gc.freeze()
    gc.set_threshold(6_000, 160, 1_000)  # a pause of some milliseconds, also on a slow machine
    gc.enable()
