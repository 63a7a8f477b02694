"""One prompt, answered by several models side by side."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncGenerator

import pytest
from textual.pilot import Pilot
from textual.widgets import Label, OptionList

from copilot_tui.backends import Delta, ReplyRequest
from copilot_tui.config import Config
from copilot_tui.conversation import Status
from copilot_tui.errors import ConnectionFailed
from copilot_tui.store import Store
from copilot_tui.tui.app import CopilotApp
from copilot_tui.tui.desk import Desk
from copilot_tui.tui.desk.catalog import Choice
from copilot_tui.tui.screens.comparing import CompareScreen
from copilot_tui.tui.transcript import Transcript
from tests.fakes import FakeBackend, Hold, Step
from tests.server import DONE, Gate, Server, chunk, finish
from tests.tui.conftest import MakeApp
from tests.tui.test_app import app_of, ended, send, shown_text, stored, until
from tests.tui.test_commands import drawn
from tests.tui.test_picker import listed, opened


class ByModel(FakeBackend):
    """Answers each model with its own script, whichever is asked first."""

    def __init__(self, **scripts: list[Step]) -> None:
        super().__init__()
        self.by_model = {name: FakeBackend(script) for name, script in scripts.items()}

    async def stream(self, request: ReplyRequest) -> AsyncGenerator[Delta, None]:
        self.requests.append(request)
        async for delta in self.by_model[request.model].stream(request):
            yield delta


@pytest.fixture
def holds() -> dict[str, Hold]:
    return {"one": Hold(), "two": Hold()}


@pytest.fixture
def backend(holds: dict[str, Hold]) -> FakeBackend:
    return ByModel(
        one=["first ", holds["one"], "answer"], two=["second ", holds["two"], "**answer**"]
    )


def ask_both(app: CopilotApp, backend: str = "demo") -> None:
    app.comparing.ask(app.shown.id, (Choice(backend, "one"), Choice(backend, "two")))
    app.desk.answerers.choose(app.shown, Choice(backend, "one"))


def compared(pilot: Pilot[int]) -> str:
    """What the columns that are in sight say."""
    panes = [pane for pane in pilot.app.screen.query(Transcript) if pane.size.width]
    return "\n".join(pane.render_line(y).text for pane in panes for y in range(pane.size.height))


def headings(pilot: Pilot[int]) -> list[str]:
    return [str(each.content) for each in pilot.app.screen.query(".column Label").results(Label)]


async def asked(pilot: Pilot[int], holds: dict[str, Hold]) -> None:
    ask_both(app_of(pilot))
    await send(pilot, "q")
    for hold in holds.values():
        async with asyncio.timeout(10):
            await hold.reached.wait()
    await until(pilot, lambda: isinstance(pilot.app.screen, CompareScreen))
    await until(pilot, lambda: "first" in compared(pilot))


async def test_two_answer_side_by_side_and_a_digit_picks_the_one_to_go_on_with(
    make_app: MakeApp, store: Store, holds: dict[str, Hold]
) -> None:
    async with make_app().run_test(size=(100, 30)) as pilot:
        app = app_of(pilot)
        await asked(pilot, holds)
        await until(pilot, lambda: "second" in compared(pilot))
        assert headings(pilot)[0].startswith("1/2 · one · answering")
        assert headings(pilot)[1].startswith("2/2 · two · answering")
        await until(pilot, lambda: all(re.search(r"ing \d+ s$", each) for each in headings(pilot)))
        holds["two"].go.set()
        await until(pilot, lambda: "✓" in headings(pilot)[1])
        assert headings(pilot)[0].startswith("1/2 · one · answering")
        await until(pilot, lambda: "second answer" in compared(pilot))  # its marks are drawn
        holds["one"].go.set()
        await until(pilot, lambda: "first answer" in compared(pilot))
        await pilot.press("2")
        await until(pilot, lambda: "second answer" in shown_text(app))
        await ended(pilot)
        assert "◂ 2/2 ▸" in shown_text(app)
        assert app.shown.model == "one"
        await pilot.press("alt+left")
        await until(pilot, lambda: "first answer" in shown_text(app))
        await pilot.press("alt+right")
        await until(pilot, lambda: "second answer" in shown_text(app))
        await app.workers.wait_for_complete()
    saved = stored(store, "q")
    assert [(m.content, m.model, m.status) for m in saved.replies()] == [
        ("first answer", "one", Status.COMPLETE),
        ("second **answer**", "two", Status.COMPLETE),
    ]
    assert len({m.parent_id for m in saved.replies()}) == 1
    assert [m.content for m in saved.path()] == ["q", "second **answer**"]
    assert not list((store.data_dir / "journal").glob("*.jsonl"))


@pytest.mark.parametrize("size", [(100, 30), (40, 12)], ids=str)
async def test_the_prompt_that_is_answered_stands_in_one_line_above(
    make_app: MakeApp, holds: dict[str, Hold], size: tuple[int, int]
) -> None:
    async with make_app().run_test(size=size) as pilot:
        ask_both(app_of(pilot))
        app_of(pilot).main.composer.fill("What is [b]this[/b],\n" + "and so on " * 20)
        await pilot.press("enter")
        await until(pilot, lambda: "first" in compared(pilot))
        first = drawn(pilot).splitlines()[0]
        assert first.startswith(" What is [b]this[/b], and so on")
        assert first.rstrip().endswith("…")
        for hold in holds.values():
            hold.go.set()
        await until(pilot, lambda: all("✓" in heading for heading in headings(pilot)))
        await pilot.press("2")
        await until(pilot, lambda: len(pilot.app.screen_stack) == 1)
        await ended(pilot)
        assert app_of(pilot).main.status.backend == "demo · one + two"  # both answer the next


async def test_in_a_narrow_window_one_is_seen_at_a_time_and_tab_goes_to_the_other(
    make_app: MakeApp, store: Store, holds: dict[str, Hold]
) -> None:
    async with make_app().run_test(size=(60, 20)) as pilot:
        await asked(pilot, holds)
        assert "second" not in compared(pilot)
        assert "1/2 · one · answering" in headings(pilot)[0]
        assert " · 2 answering" in headings(pilot)[0]
        await pilot.press("tab")
        await until(pilot, lambda: "second" in compared(pilot))
        assert "first" not in compared(pilot)
        for hold in holds.values():
            hold.go.set()
        await until(pilot, lambda: all("✓" in heading for heading in headings(pilot)))
        await pilot.press("enter")
        await until(pilot, lambda: "second answer" in shown_text(app_of(pilot)))
        await ended(pilot)
    assert stored(store, "q").head_message.model == "two"  # type: ignore[union-attr]


async def test_escape_stops_them_all_and_then_goes_on_with_the_first(
    make_app: MakeApp, store: Store, holds: dict[str, Hold]
) -> None:
    async with make_app().run_test(size=(100, 30)) as pilot:
        app = app_of(pilot)
        await asked(pilot, holds)
        await pilot.press("escape")
        await ended_but_for_the_screen(pilot)
        assert [heading.split(" · ")[-1] for heading in headings(pilot)] == ["stopped", "stopped"]
        await pilot.press("escape")
        await until(pilot, lambda: len(app.screen_stack) == 1)
        await ended(pilot)
    saved = stored(store, "q")
    assert [(m.content, m.status, m.error) for m in saved.replies()] == [
        ("first ", Status.PARTIAL, None),
        ("second ", Status.PARTIAL, None),
    ]
    assert saved.head_message.model == "one"  # type: ignore[union-attr]
    assert not list((store.data_dir / "journal").glob("*.jsonl"))


async def ended_but_for_the_screen(pilot: Pilot[int]) -> None:
    app = app_of(pilot)
    await until(pilot, lambda: not app.desk.turns)
    await until(pilot, lambda: not app.desk.turns.is_unsettled(app.shown.id))


async def test_one_that_fails_leaves_the_other_alone(
    config: Config, store: Store, holds: dict[str, Hold]
) -> None:
    failing = ByModel(
        one=["first ", holds["one"], ConnectionFailed("nothing answers")],
        two=["second ", holds["two"], "answer"],
    )
    app = CopilotApp(Desk(config, store, make_backend=lambda _: failing))
    async with app.run_test(size=(100, 30)) as pilot:
        await asked(pilot, holds)
        holds["one"].go.set()
        await until(pilot, lambda: headings(pilot)[0].endswith("failed"))
        assert "· answering" in headings(pilot)[1]
        assert "nothing answers" in compared(pilot)
        await pilot.press("1")  # as a version: the other goes on
        await until(pilot, lambda: len(app.screen_stack) == 1)
        assert app.shown.id in app.desk.turns
        holds["two"].go.set()
        await ended(pilot)
    saved = stored(store, "q")
    assert [(m.content, m.status) for m in saved.replies()] == [
        ("first ", Status.ERROR),
        ("second answer", Status.COMPLETE),
    ]


async def test_one_for_which_there_is_no_place_says_that_it_waits(
    config: Config, store: Store, backend: FakeBackend, holds: dict[str, Hold]
) -> None:
    narrow = config.backend._replace(max_replies=1)
    config = config._replace(backends={**config.backends, narrow.name: narrow}, backend=narrow)
    app = CopilotApp(Desk(config, store, make_backend=lambda _: backend))
    async with app.run_test(size=(100, 30)) as pilot:
        ask_both(app, narrow.name)
        await send(pilot, "q")
        await until(pilot, lambda: isinstance(app.screen, CompareScreen))
        # Whichever is saved first has the place.
        await until(pilot, lambda: sum("waiting" in each for each in headings(pilot)) == 1)
        assert sum("answering" in each for each in headings(pilot)) == 1
        for hold in holds.values():
            hold.go.set()
        await until(pilot, lambda: all("✓" in heading for heading in headings(pilot)))
        await pilot.press("1")
        await ended(pilot)
        assert not app.desk.places.waiting


async def test_regenerating_asks_all_that_are_marked_once_more(
    make_app: MakeApp, store: Store, backend: ByModel, holds: dict[str, Hold]
) -> None:
    for hold in holds.values():
        hold.go.set()
    for fake in backend.by_model.values():
        fake.scripts = [fake.scripts[0], ["once more"]]
    async with make_app().run_test(size=(100, 30)) as pilot:
        app = app_of(pilot)
        await asked(pilot, holds)
        await until(pilot, lambda: all("✓" in heading for heading in headings(pilot)))
        await pilot.press("1")
        await until(pilot, lambda: len(app.screen_stack) == 1)
        await ended(pilot)
        await pilot.press("ctrl+r")
        await until(pilot, lambda: isinstance(app.screen, CompareScreen))
        await until(pilot, lambda: all("✓" in heading for heading in headings(pilot)))
        await pilot.press("2")
        await until(pilot, lambda: len(app.screen_stack) == 1)
        await ended(pilot)
    saved = stored(store, "q")
    assert [(m.model, m.content) for m in saved.replies()] == [
        ("one", "first answer"), ("two", "second **answer**"),
        ("one", "once more"), ("two", "once more"),
    ]  # fmt: skip
    assert saved.head_message.model == "two"  # type: ignore[union-attr]


async def test_what_had_come_of_both_is_there_when_the_app_is_left_in_between(
    make_app: MakeApp, store: Store, holds: dict[str, Hold]
) -> None:
    app = make_app()
    async with app.run_test(size=(100, 30)) as pilot:
        await asked(pilot, holds)
        await pilot.press("ctrl+q")
    saved = stored(store, "q")
    assert [m.content for m in saved.replies()] == ["first ", "second "]
    assert saved.head_message.model == "one"  # type: ignore[union-attr]


async def test_two_streams_of_a_real_server_come_side_by_side(
    config: Config, store: Store, server: Server
) -> None:
    gates = Gate(), Gate()
    for gate, word in zip(gates, ("alpha", "beta"), strict=True):
        server.stream(chunk(f"{word} begins"), gate, chunk(f", {word} ends"), finish(), DONE)
    here = config.backends["openai"]._replace(base_url=f"{server.url}/v1")
    config = config._replace(backends={**config.backends, "openai": here}, backend=here)
    app = CopilotApp(Desk(config, store))
    async with app.run_test(size=(120, 30)) as pilot:
        ask_both(app, "openai")
        await send(pilot, "q")
        for gate in gates:
            await gate.reached()
        await until(pilot, lambda: isinstance(app.screen, CompareScreen))
        await until(pilot, lambda: {"alpha", "beta"} <= set(compared(pilot).split()))
        for gate in gates:
            gate.open()
        await until(pilot, lambda: all("✓" in heading for heading in headings(pilot)))
        await pilot.press("1")
        await ended(pilot)
    assert {request.json["model"] for request in server.requests} == {"one", "two"}
    contents = {m.content for m in stored(store, "q").replies()}
    assert contents == {"alpha begins, alpha ends", "beta begins, beta ends"}


async def test_space_marks_who_answers_together_until_one_alone_is_chosen(
    make_app: MakeApp, backend: FakeBackend
) -> None:
    async with make_app().run_test(size=(100, 30)) as pilot:
        app = app_of(pilot)
        options = await opened(pilot)
        await until(pilot, lambda: "fake-2" in listed(options))
        await mark(pilot, options, "fake-1")
        await until(pilot, lambda: "☑ fake-1" in listed(options))
        await mark(pilot, options, "fake-2")
        await until(pilot, lambda: "☑ fake-2" in listed(options))
        await pilot.press("enter")
        await until(pilot, lambda: "2 models answer the next prompt" in app.main.status.activity)
        assert [each.model for each in app.comparing.asked(app.shown.id)] == ["fake-1", "fake-2"]
        assert app.main.status.backend == "demo · fake-1 + fake-2"
        await until(pilot, lambda: len(app.screen_stack) == 1)
        options = await opened(pilot)
        await until(pilot, lambda: "☑ fake-2" in listed(options))
        await mark(pilot, options, "fake-1")
        await until(pilot, lambda: "☑ fake-1" not in listed(options))
        await pilot.press("enter")
        await until(pilot, lambda: app.main.status.activity == "")
        assert app.shown.model == "fake-2"


async def mark(pilot: Pilot[int], options: OptionList, name: str) -> None:
    names = [line.removeprefix("☑ ").split()[0] for line in listed(options).splitlines()]
    options.highlighted = names.index(name)
    await pilot.press("space")


def test_one_that_is_asked_beside_another_goes_on_in_no_thread_of_it() -> None:
    from copilot_tui.backends.branches import memory
    from copilot_tui.conversation import new_conversation, utc_now
    from copilot_tui.replies import new_turn, turn_beside

    conversation = new_conversation(now=utc_now())
    first = new_turn(conversation, "q", backend_name="g4f")
    beside = turn_beside(first, backend_name="g4f")
    assert conversation.head == first.reply.id
    assert conversation.siblings(first.reply.id) == [first.reply, beside.reply]
    assert memory(first.request, lambda _: False, "thread").conversation_id == "thread"
    assert memory(beside.request, lambda _: False, "thread").conversation_id is None
