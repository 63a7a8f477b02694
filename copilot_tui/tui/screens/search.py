"""Ctrl+F: search all conversations, as you type."""

from __future__ import annotations

import asyncio
from functools import partial
from threading import Event
from typing import TYPE_CHECKING, ClassVar, Final, NamedTuple, Protocol

from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.widgets import Input, Label

from copilot_tui.errors import StoreError
from copilot_tui.search_query import FILTERS, parse, unknown_filters
from copilot_tui.store.found import LIMIT
from copilot_tui.tui.screens.dialog import Dialog
from copilot_tui.tui.widgets.hits import Hits
from copilot_tui.tui.widgets.inputs import HarmlessInput

if TYPE_CHECKING:
    from collections.abc import Callable

    from textual.app import ComposeResult
    from textual.timer import Timer
    from textual.worker import Worker

    from copilot_tui.store import Found, Hit
    from copilot_tui.store.found import Order

DEBOUNCE_S: Final = 0.04
"""A fast typist's next key comes within this time; a search for the one before would be wasted."""

LOOK_AROUND_S: Final = 2.0
"""What another program writes is found after this time at the latest."""


class Finds(Protocol):
    """What searches: `Store.search`."""

    def __call__(
        self, words: str, *, order: Order, limit: int, cancelled: Callable[[], bool]
    ) -> Found:
        """Runs in a thread; see Store."""
        ...


class Asked(NamedTuple):
    """What is looked for."""

    words: str
    order: Order = "newest"
    limit: int = LIMIT


class SearchScreen(Dialog["Hit | None"]):
    """What is typed above, and what was found below. Gives the hit that is to be seen.

    A search runs in a thread and is dropped as soon as something else is asked for.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,ctrl+c", "cancel", show=False),
        Binding("ctrl+o", "order", show=False, priority=True),
        Binding("up", "move(-1)", show=False, priority=True),
        Binding("down", "move(1)", show=False, priority=True),
        Binding("pageup", "page(-1)", show=False, priority=True),
        Binding("pagedown", "page(1)", show=False, priority=True),
    ]

    PLACEHOLDER: ClassVar = "Search all conversations"
    HELP: ClassVar = '"a phrase"  in:title  from:me  tag:work  model:gpt  after:2026-01-31'
    FINDS_WITHOUT_WORDS: ClassVar = False
    """Whether there is something to show before anything is typed."""

    def __init__(self, find: Finds, words: str, look_around: Callable[[], None]) -> None:
        super().__init__()
        self._find = find
        self._look_around = look_around
        self._asked = Asked(words)
        self._shown = Asked("")
        """What the hits in the list were found for."""
        self._is_incomplete = False
        """The index is being built, so there is more to be found in a while."""
        self._opens_first = False
        """Enter was faster than the search."""
        self._timer: Timer | None = None
        self._lost_interest = Event()

    def compose(self) -> ComposeResult:
        """The words, the hits, and how many there are."""
        with Vertical(id="search"):
            yield HarmlessInput(
                self._asked.words,
                placeholder=self.PLACEHOLDER,
                select_on_focus=True,
                compact=True,
            )
            yield Hits(id="hits")
            yield Label(self.HELP, classes="hint", id="search-status", markup=False)

    def on_mount(self) -> None:
        """Look for the words of the last time at once, and from now on after what others write."""
        self._look_around()
        self.set_interval(LOOK_AROUND_S, self._keep_up)
        if self._asked.words or self.FINDS_WITHOUT_WORDS:
            self._look()

    @property
    def asked(self) -> Asked:
        """What is looked for now."""
        return self._asked

    @property
    def is_searching(self) -> bool:
        """Whether the list is not yet what is asked for."""
        return self._shown != self._asked

    @property
    def hits(self) -> Hits:
        """The list."""
        return self.query_one("#hits", Hits)

    def on_input_changed(self, event: Input.Changed) -> None:
        """Look for it, when the next key does not come at once."""
        if event.value == self._asked.words:
            return
        self._ask(Asked(event.value, self._asked.order))

    def _keep_up(self) -> None:
        self._look_around()
        if self._is_incomplete:
            self._look()

    def look_again(self) -> None:
        """Something has changed in the store."""
        self._look()

    def _ask(self, asked: Asked) -> None:
        self._asked = asked
        self._opens_first = False
        self._lost_interest.set()
        if self._timer is not None:
            self._timer.stop()
        self._timer = self.set_timer(DEBOUNCE_S, self._look)

    def _look(self) -> None:
        self._lost_interest.set()
        self._lost_interest = Event()
        # Not the coroutine itself: what is cancelled before it begins would never be awaited.
        search = partial(self._search, self._asked, self._lost_interest)
        _: Worker[None] = self.run_worker(
            search, group="search", exclusive=True, exit_on_error=False
        )

    async def _search(self, asked: Asked, lost_interest: Event) -> None:
        try:
            found = await asyncio.to_thread(
                self._find,
                asked.words,
                order=asked.order,
                limit=asked.limit,
                cancelled=lost_interest.is_set,
            )
        except StoreError as error:
            self._say(str(error))
            return
        if asked != self._asked or lost_interest.is_set():
            return
        if asked.words != self._shown.words:
            self.hits.forget_cursor()
        self._shown = asked
        self._is_incomplete = found.unread > 0
        self.hits.show(found.hits, parse(asked.words).needles)
        self._say(self.told(found, asked))
        if self._opens_first:
            self._open()

    def _say(self, text: str) -> None:
        self.query_one("#search-status", Label).update(text)

    # Keys

    def on_input_submitted(self) -> None:
        """Enter opens the hit under the cursor; if it is yet to be found, then when it is."""
        if self._shown.words == self._asked.words:
            self._open()
        else:
            self._opens_first = True

    def _open(self) -> None:
        self._opens_first = False
        if (hit := self.hits.picked) is not None:
            self._leave(hit)

    def on_hits_clicked(self, message: Hits.Clicked) -> None:
        """A click does too."""
        self._leave(message.hit)

    def action_move(self, step: int) -> None:
        """Up and Down; at the end of the list more is looked for."""
        self.hits.move(step)
        if step > 0 and self.hits.is_at_end and not self.is_searching:
            self._look_for_more()

    def action_page(self, step: int) -> None:
        """PageUp and PageDown."""
        self.action_move(step * self.hits.page)

    def _look_for_more(self) -> None:
        if self.hits.count == self._asked.limit:
            self._asked = self._asked._replace(limit=self._asked.limit * 2)
            self._look()

    def action_order(self) -> None:
        """Ctrl+O: the newest first, or the best."""
        order: Order = "best" if self._asked.order == "newest" else "newest"
        self._shown = Asked("")
        self.hits.forget_cursor()
        self._ask(Asked(self._asked.words, order))

    def action_cancel(self) -> None:
        """Escape."""
        self._leave(None)

    def _leave(self, picked: Hit | None) -> None:
        self._lost_interest.set()
        self.dismiss(picked)

    def told(self, found: Found, asked: Asked) -> str:
        """How many hits there are, in which order, and what is missing."""
        if not asked.words.strip():
            return self.HELP
        count = f"{len(found.hits):,}{'+' if found.more else ''}"
        other = "best" if asked.order == "newest" else "newest"
        parts = [f"{count} found, the {asked.order} first · Ctrl+O the {other} first · Enter opens"]
        if not found.hits:
            unknown = next(unknown_filters(asked.words), None)
            parts = [f"{unknown} is no filter: {FILTERS}" if unknown else "Nothing found"]
        if found.unread:
            parts.append(f"still reading {found.unread:,} conversations")
        return " · ".join(parts)
