from __future__ import annotations

import threading
from collections.abc import Callable

import pytest
from textual.pilot import Pilot
from textual.widgets import Input, Label

from copilot_tui.conversation import Message, Role
from copilot_tui.errors import StoreError
from copilot_tui.store import Found, Hit, Store
from copilot_tui.store.found import LIMIT, Order, never
from copilot_tui.tui.app import CopilotApp
from copilot_tui.tui.palette import Palette
from copilot_tui.tui.screens.search import SearchScreen
from tests.fakes import FakeBackend, Hold
from tests.tui.conftest import MakeApp
from tests.tui.test_app import app_of, saved_conversation, send, shown_text, until


def screen_of(pilot: Pilot[int]) -> SearchScreen:
    assert isinstance(pilot.app.screen, SearchScreen)
    return pilot.app.screen


def lines(pilot: Pilot[int]) -> list[str]:
    hits = screen_of(pilot).hits
    return [hits.render_line(y).text.strip() for y in range(2 * hits.count)]


def snippets(pilot: Pilot[int]) -> list[str]:
    return [line.removeprefix("▌ ") for line in lines(pilot)[1::2]]


def status(pilot: Pilot[int]) -> str:
    return str(screen_of(pilot).query_one("#search-status", Label).content)


async def open_search(pilot: Pilot[int]) -> None:
    await pilot.press("ctrl+f")
    await until(pilot, lambda: isinstance(pilot.app.screen, SearchScreen))
    await until(pilot, lambda: screen_of(pilot).query(Input))


async def search(pilot: Pilot[int], words: str, *found: str) -> None:
    """Type the words and wait until just this is found."""
    screen_of(pilot).query_one(Input).value = words
    await until(pilot, lambda: snippets(pilot) == list(found))


@pytest.fixture
def library(store: Store) -> Store:
    saved_conversation(store, "Harbours", "Which boats lie still?", "The old boats, at night.")
    saved_conversation(
        store, "Kitchens", "How is bread made?", "With flour.\n\n" * 60 + "And salt."
    )
    return store


async def test_hits_come_while_it_is_typed_with_their_words_lit(
    make_app: MakeApp, library: Store
) -> None:
    async with make_app().run_test(size=(100, 30)) as pilot:
        await open_search(pilot)
        await pilot.press(*"BOA")
        await until(pilot, lambda: len(snippets(pilot)) == 2)
        assert set(snippets(pilot)) == {"Which boats lie still?", "The old boats, at night."}
        assert all("Harbours" in line for line in lines(pilot)[::2])
        assert {"You", "Reply"} == {line.split("  ")[1].split(" ")[0] for line in lines(pilot)[::2]}
        strip = screen_of(pilot).hits.render_line(1)
        assert [segment.text for segment in strip if segment.style and segment.style.bold] == [
            "boa"
        ]
        await pilot.press(*"ts sti")
        await until(pilot, lambda: snippets(pilot) == ["Which boats lie still?"])
        assert status(pilot).startswith("1 found, the newest first")


async def test_enter_opens_the_conversation_at_the_message_with_the_words_lit(
    make_app: MakeApp, library: Store
) -> None:
    async with make_app().run_test(size=(100, 30)) as pilot:
        app = app_of(pilot)
        await open_search(pilot)
        await search(pilot, "bread", "How is bread made?")
        await pilot.press("enter")
        await until(pilot, lambda: app.shown.title == "Kitchens" and app.screen is app.main)
        await until(pilot, lambda: "How is bread made?" in shown_text(app))
        assert app.main.transcript.place is not None
        assert app.main.transcript.has_focus
        await until(pilot, lambda: app.main.status.notice.startswith("Found once"))
        lit = Palette.from_theme(app.current_theme).mark
        top = [segment for y in range(4) for segment in app.main.transcript.render_line(y)]
        marked = [text for text, style, _ in top if style and style.bgcolor
                  and style.bgcolor.name == lit.lower()]  # fmt: skip
        assert marked == ["bread"]
        assert app.main.finding.is_open
        await pilot.press("escape")
        assert not app.main.finding.is_open
        await open_search(pilot)
        await pilot.press("enter")  # the same words once more
        await until(pilot, lambda: app.screen is app.main and app.main.finding.is_open)
        assert app.main.transcript.find_next()


async def test_a_word_far_down_in_a_long_message_is_brought_into_sight(
    make_app: MakeApp, library: Store
) -> None:
    async with make_app().run_test(size=(100, 30)) as pilot:
        app = app_of(pilot)
        await open_search(pilot)
        screen_of(pilot).query_one(Input).value = "and salt"
        await until(pilot, lambda: screen_of(pilot).hits.count == 1)
        await pilot.press("enter")
        await until(pilot, lambda: app.shown.title == "Kitchens")
        await until(pilot, lambda: "And salt." in shown_text(app))


async def test_enter_opens_the_hit_that_is_open_already_and_one_of_another_branch(
    make_app: MakeApp, store: Store
) -> None:
    made = saved_conversation(store, "Versions", "say a number", "seven")
    other = Message(
        id="other", role=Role.ASSISTANT, content="eight", parent_id=next(iter(made.messages))
    )
    made.add(other)
    store.save(made)
    async with make_app(continue_last=True).run_test(size=(100, 30)) as pilot:
        app = app_of(pilot)
        await until(pilot, lambda: "eight" in shown_text(app))
        await open_search(pilot)
        await search(pilot, "seven", "seven")
        await pilot.press("enter")
        await until(pilot, lambda: "seven" in shown_text(app) and app.screen is app.main)
        assert "eight" not in shown_text(app)


async def test_a_hit_in_a_title_opens_the_conversation(make_app: MakeApp, library: Store) -> None:
    async with make_app().run_test(size=(100, 30)) as pilot:
        await open_search(pilot)
        await search(pilot, "in:title kitch", "Kitchens")
        await pilot.press("enter")
        await until(pilot, lambda: app_of(pilot).shown.title == "Kitchens")


async def test_a_click_opens_a_hit(make_app: MakeApp, library: Store) -> None:
    async with make_app().run_test(size=(100, 30)) as pilot:
        await open_search(pilot)
        await search(pilot, "flour bread", *())
        screen_of(pilot).query_one(Input).value = "boats"
        await until(pilot, lambda: screen_of(pilot).hits.count == 2)
        await pilot.click("#hits", offset=(5, 3))
        await until(pilot, lambda: app_of(pilot).shown.title == "Harbours")


@pytest.mark.parametrize("key", ["escape", "ctrl+c"])
async def test_escape_closes_and_what_was_typed_is_there_the_next_time(
    make_app: MakeApp, library: Store, key: str
) -> None:
    async with make_app().run_test(size=(100, 30)) as pilot:
        app = app_of(pilot)
        before = app.shown
        await open_search(pilot)
        await search(pilot, "bread", "How is bread made?")
        await pilot.press(key)
        await until(pilot, lambda: app.screen is app.main)
        assert app.shown is before
        assert app.main.composer.has_focus
        await open_search(pilot)
        await until(pilot, lambda: snippets(pilot) == ["How is bread made?"])
        assert screen_of(pilot).query_one(Input).value == "bread"
        await pilot.press("x")
        assert screen_of(pilot).query_one(Input).value == "x"


async def test_the_cursor_moves_and_the_focus_stays_with_the_words(
    make_app: MakeApp, store: Store
) -> None:
    for number in range(LIMIT + 20):
        saved_conversation(store, f"{number}", f"word {number}")
    async with make_app().run_test(size=(100, 30)) as pilot:
        await open_search(pilot)
        await pilot.press(*"word")
        await until(pilot, lambda: screen_of(pilot).hits.count == LIMIT)
        assert status(pilot).startswith(f"{LIMIT}+ found")
        hits = screen_of(pilot).hits
        first = hits.picked
        await pilot.press("down", "down", "up")
        second = hits.picked
        assert second != first
        assert screen_of(pilot).query_one(Input).has_focus
        for _ in range(LIMIT // hits.page + 1):
            await pilot.press("pagedown")
        await until(pilot, lambda: hits.count == LIMIT + 20)
        picked = hits.picked
        assert picked is not None
        assert any("▌" in hits.render_line(y).text for y in range(hits.size.height))
        for _ in range(LIMIT):
            await pilot.press("pageup")
        assert hits.picked == first


async def test_ctrl_o_puts_the_best_first(make_app: MakeApp, store: Store) -> None:
    saved_conversation(store, "t", "cat, cat, cat")
    saved_conversation(store, "t", "concatenation of this and that")
    async with make_app().run_test(size=(100, 30)) as pilot:
        await open_search(pilot)
        await pilot.press(*"cat")
        await until(pilot, lambda: len(snippets(pilot)) == 2)
        assert snippets(pilot)[0].startswith("concatenation")
        await pilot.press("ctrl+o")
        await until(pilot, lambda: snippets(pilot)[0].startswith("cat"))
        assert "the best first · Ctrl+O the newest first" in status(pilot)


async def test_a_filter_that_there_is_not_is_named_with_those_that_there_are(
    make_app: MakeApp, library: Store
) -> None:
    async with make_app().run_test(size=(100, 30)) as pilot:
        await open_search(pilot)
        await search(pilot, "from:you boats")
        await until(pilot, lambda: status(pilot).startswith("from:you is no filter: in:title"))
        await search(pilot, "from:me boats", "Which boats lie still?")


async def test_what_is_written_meanwhile_is_found(make_app: MakeApp, library: Store) -> None:
    async with make_app().run_test(size=(100, 30)) as pilot:
        await open_search(pilot)
        await pilot.press(*"zebra")
        await until(pilot, lambda: status(pilot) == "Nothing found")
        saved_conversation(library, "Animals", "a zebra")
        app_of(pilot).searching.update()
        await until(pilot, lambda: snippets(pilot) == ["a zebra"])


@pytest.mark.parametrize(
    "words", ['"', "*", "AND x", "(", "c++", "tag:", "before:2026-", "y" * 10_000]
)
async def test_nothing_that_is_typed_is_an_error(
    make_app: MakeApp, library: Store, words: str
) -> None:
    async with make_app().run_test(size=(60, 20)) as pilot:
        await open_search(pilot)
        screen_of(pilot).query_one(Input).value = words
        screen = screen_of(pilot)
        await until(pilot, lambda: screen.asked.words == words and not screen.is_searching)
        assert lines(pilot) == []


class Slow:
    """A search that waits until it is let go, each word by itself."""

    def __init__(self) -> None:
        self.gates: dict[str, threading.Event] = {}
        self.cancelled: list[str] = []
        self.unread = 0

    def __call__(
        self,
        words: str,
        *,
        order: Order = "newest",
        limit: int = LIMIT,
        whole: bool = False,
        cancelled: Callable[[], bool] = never,
    ) -> Found:
        gate = self.gates.setdefault(words, threading.Event())
        while not gate.wait(0.01):
            if cancelled():
                self.cancelled.append(words)
                return Found([])
        if words == "broken":
            raise StoreError("the folder is gone")
        hit = Hit("1" * 8, "m", "t", "user", "2026-01-01", f"found for {words}")
        return Found([hit], unread=self.unread)


@pytest.fixture
def slow(store: Store, monkeypatch: pytest.MonkeyPatch) -> Slow:
    slow = Slow()
    monkeypatch.setattr(store, "search", slow)
    return slow


async def test_what_is_found_too_late_is_dropped_and_no_key_waits(
    make_app: MakeApp, slow: Slow
) -> None:
    async with make_app().run_test(size=(100, 30)) as pilot:
        await open_search(pilot)
        screen_of(pilot).query_one(Input).value = "one"
        await until(pilot, lambda: "one" in slow.gates)
        screen_of(pilot).query_one(Input).value = "two"
        await until(pilot, lambda: "two" in slow.gates)
        assert slow.cancelled == ["one"]
        slow.gates["one"].set()
        slow.gates["two"].set()
        await until(pilot, lambda: snippets(pilot) == ["found for two"])


async def test_enter_waits_for_the_hits_of_what_is_typed(
    make_app: MakeApp, slow: Slow, library: Store
) -> None:
    async with make_app().run_test(size=(100, 30)) as pilot:
        await open_search(pilot)
        screen_of(pilot).query_one(Input).value = "one"
        await until(pilot, lambda: "one" in slow.gates)
        await pilot.press("enter")
        assert isinstance(pilot.app.screen, SearchScreen)
        slow.gates["one"].set()
        await until(pilot, lambda: not isinstance(pilot.app.screen, SearchScreen))


async def test_leaving_ends_a_search(make_app: MakeApp, slow: Slow) -> None:
    async with make_app().run_test(size=(100, 30)) as pilot:
        await open_search(pilot)
        screen_of(pilot).query_one(Input).value = "one"
        await until(pilot, lambda: "one" in slow.gates)
        await pilot.press("escape")
        await until(pilot, lambda: slow.cancelled == ["one"])


async def test_what_goes_wrong_is_said(make_app: MakeApp, slow: Slow) -> None:
    async with make_app().run_test(size=(100, 30)) as pilot:
        await open_search(pilot)
        screen_of(pilot).query_one(Input).value = "broken"
        await until(pilot, lambda: "broken" in slow.gates)
        slow.gates["broken"].set()
        await until(pilot, lambda: status(pilot) == "the folder is gone")


async def test_while_a_reply_streams_another_conversation_can_be_found_and_opened(
    make_app: MakeApp, library: Store, backend: FakeBackend
) -> None:
    hold = Hold()
    backend.scripts = [["half ", hold, "whole"]]
    async with make_app().run_test(size=(100, 30)) as pilot:
        app = app_of(pilot)
        await send(pilot, "tell me")
        await hold.reached.wait()
        await open_search(pilot)
        await search(pilot, "bread", "How is bread made?")
        await pilot.press("enter")
        await until(pilot, lambda: app.shown.title == "Kitchens")
        hold.go.set()
        await until(pilot, lambda: not app.desk.turns)
        await open_search(pilot)
        await search(pilot, "half whole", "half whole")


async def test_several_hits_are_seen_whole_in_a_low_window(
    make_app: MakeApp, library: Store
) -> None:
    async with make_app().run_test(size=(40, 12)) as pilot:
        await open_search(pilot)
        screen_of(pilot).query_one(Input).value = "e"
        await until(pilot, lambda: screen_of(pilot).hits.count >= 3)
        assert screen_of(pilot).hits.size.height >= 6


@pytest.mark.parametrize("size", [(120, 40), (80, 24), (40, 12), (20, 8)])
async def test_the_hits_fit_every_window(
    make_app: MakeApp, store: Store, size: tuple[int, int]
) -> None:
    saved_conversation(
        store, "A long title \x1b[31m" * 9, "before " * 40 + "東京 needle " + "x" * 300
    )
    async with make_app().run_test(size=size) as pilot:
        await open_search(pilot)
        screen_of(pilot).query_one(Input).value = "needle"
        await until(pilot, lambda: screen_of(pilot).hits.count == 1)
        hits = screen_of(pilot).hits
        for y in range(2):
            assert hits.render_line(y).cell_length == hits.size.width
        assert "\x1b" not in "".join(lines(pilot))
        if size[0] >= 40:
            assert "needle" in lines(pilot)[1]


async def test_the_app_indexes_by_itself_after_its_start(
    make_app: MakeApp, library: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("copilot_tui.tui.controllers.searching.BEGIN_S", 0.01)
    async with make_app().run_test(size=(100, 30)) as pilot:
        await until(pilot, lambda: library.search("bread").hits)
        assert isinstance(pilot.app, CopilotApp)


async def test_private_messages_are_found_in_their_own_session_alone(
    make_app: MakeApp, store: Store, backend: FakeBackend
) -> None:
    from copilot_tui.store import PrivateStore

    app = make_app()
    app.desk.filing.store = PrivateStore()
    async with app.run_test(size=(100, 30)) as pilot:
        await send(pilot, "a secret word")
        await until(pilot, lambda: not app.desk.turns)
        await open_search(pilot)
        screen_of(pilot).query_one(Input).value = "secret from:me"
        await until(pilot, lambda: snippets(pilot) == ["a secret word"])
    store.update_search()
    assert store.search("secret").hits == []


async def test_while_the_index_is_built_hits_come_by_and_by(
    make_app: MakeApp, slow: Slow, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("copilot_tui.tui.screens.search.LOOK_AROUND_S", 0.01)
    slow.unread = 1234
    async with make_app().run_test(size=(100, 30)) as pilot:
        await open_search(pilot)
        slow.gates["one"] = threading.Event()
        slow.gates["one"].set()
        screen_of(pilot).query_one(Input).value = "one"
        await until(pilot, lambda: "still reading 1,234 conversations" in status(pilot))
        slow.unread = 0
        await until(pilot, lambda: "still reading" not in status(pilot))
