from __future__ import annotations

import asyncio
import itertools
import threading
from collections.abc import Callable
from datetime import timedelta

import pytest
from textual import events
from textual.pilot import Pilot

from copilot_tui.backends import Delta
from copilot_tui.conversation import Conversation, Message, Role, Status, new_conversation, utc_now
from copilot_tui.errors import ConnectionFailed, ReplyFailed
from copilot_tui.replies import CONTINUE_PROMPT
from copilot_tui.store import Draft, Store
from copilot_tui.tui.actions import ACTIONS, pretty_key
from copilot_tui.tui.app import CopilotApp
from copilot_tui.tui.rows import Mark
from copilot_tui.tui.screens.help import HelpScreen
from copilot_tui.tui.transcript import Transcript
from tests.fakes import FakeBackend, Hold
from tests.tui.conftest import MakeApp

SIZES = [(120, 40), (80, 24), (40, 12), (200, 60)]

BEGAN = utc_now()
milliseconds = itertools.count()


async def until(pilot: Pilot[int], condition: Callable[[], object]) -> None:
    """Let the app run until this holds; ten seconds without it fail the test."""
    async with asyncio.timeout(10):
        while not condition():
            await pilot.pause()


def app_of(pilot: Pilot[int]) -> CopilotApp:
    assert isinstance(pilot.app, CopilotApp)
    return pilot.app


async def send(pilot: Pilot[int], text: str) -> None:
    app_of(pilot).main.composer.fill(text)
    await pilot.press("enter")


async def ended(pilot: Pilot[int]) -> None:
    await until(pilot, lambda: not app_of(pilot).desk.turns)
    await app_of(pilot).workers.wait_for_complete()
    await pilot.pause()


def stored(store: Store, title: str) -> Conversation:
    [found] = [each for each in store.summaries() if each.title == title]
    return store.load(found.id)


def saved_conversation(store: Store, title: str, *contents: str) -> Conversation:
    """One that changed later than all that this has made before, however fast the machine is."""
    conversation = new_conversation(now=BEGAN + timedelta(milliseconds=next(milliseconds)))
    conversation.title = title
    for index, content in enumerate(contents):
        role = Role.ASSISTANT if index % 2 else Role.USER
        message = Message(
            id=f"{conversation.id}-{index}",
            role=role,
            content=content,
            parent_id=conversation.head,
        )
        conversation.add(message)
    store.save(conversation)
    return conversation


def shown_text(app: CopilotApp) -> str:
    transcript = app.main.transcript
    return "\n".join(transcript.render_line(y).text for y in range(transcript.size.height))


async def test_a_prompt_is_answered_shown_and_saved(
    make_app: MakeApp, store: Store, backend: FakeBackend
) -> None:
    backend.scripts = [["**Hello**, ", "Heiner"]]
    async with make_app().run_test(size=(100, 30)) as pilot:
        await pilot.press(*"hi", "enter")
        await ended(pilot)
        assert "Hello, Heiner" in shown_text(app_of(pilot))
        assert app_of(pilot).main.composer.text == ""
    reply = stored(store, "hi").head_message
    assert reply is not None
    assert (reply.content, reply.status) == ("**Hello**, Heiner", Status.COMPLETE)


async def test_nothing_is_on_disk_before_something_is_typed(
    make_app: MakeApp, store: Store
) -> None:
    async with make_app().run_test() as pilot:
        await pilot.press("ctrl+n")
    assert not list(store.data_dir.glob("conversations/*"))


async def test_ctrl_j_makes_a_line_and_the_prompt_grows_to_ten(make_app: MakeApp) -> None:
    async with make_app().run_test(size=(80, 24)) as pilot:
        composer = app_of(pilot).main.composer
        assert composer.size.height == 1
        for _ in range(3):
            await pilot.press("a", "ctrl+j")
        await until(pilot, lambda: composer.size.height == 4)
        assert composer.text == "a\na\na\n"
        for _ in range(12):
            await pilot.press("ctrl+j")
        await until(pilot, lambda: composer.size.height == 10)


async def test_escape_stops_and_keeps_what_came(
    make_app: MakeApp, store: Store, backend: FakeBackend
) -> None:
    hold = Hold()
    backend.scripts = [["half of it", hold, "never"]]
    async with make_app().run_test() as pilot:
        await send(pilot, "tell me")
        await hold.reached.wait()
        await pilot.press("escape")
        await ended(pilot)
        assert backend.closed == 1
    reply = stored(store, "tell me").head_message
    assert reply is not None
    assert (reply.content, reply.status, reply.error) == ("half of it", Status.PARTIAL, None)


@pytest.mark.parametrize("key", ["escape", "ctrl+q"])
async def test_stopped_or_left_after_its_last_word_a_reply_is_whole(
    make_app: MakeApp, store: Store, backend: FakeBackend, key: str
) -> None:
    hold = Hold()
    backend.scripts = [[Delta("all of it", complete=True, finish_reason="stop"), hold]]
    async with make_app().run_test() as pilot:
        await send(pilot, "tell me")
        await hold.reached.wait()
        await pilot.press(key)
        await ended(pilot)
        if key == "escape":
            await until(pilot, lambda: not list((store.data_dir / "journal").glob("*")))
    reply = stored(store, "tell me").head_message
    assert reply is not None
    assert (reply.content, reply.status, reply.error) == ("all of it", Status.COMPLETE, None)


async def test_a_prompt_that_is_stopped_at_once_is_saved_all_the_same(
    make_app: MakeApp, store: Store, backend: FakeBackend
) -> None:
    async with make_app().run_test() as pilot:
        app = app_of(pilot)
        await pilot.pause()
        app.answers.send(app.shown, "never mind")
        app.answers.stop()
        await ended(pilot)
    conversation = stored(store, "never mind")
    assert [m.status for m in conversation.path()] == [Status.COMPLETE, Status.PARTIAL]


async def test_two_conversations_stream_while_a_third_is_typed_in(
    make_app: MakeApp, store: Store, backend: FakeBackend
) -> None:
    first, second = Hold(), Hold()
    backend.scripts = [["one ", first, "uno"], ["two ", second, "due"]]
    async with make_app().run_test() as pilot:
        app = app_of(pilot)
        await send(pilot, "first")
        await first.reached.wait()
        await pilot.press("ctrl+n")
        await send(pilot, "second")
        await second.reached.wait()
        await pilot.press("ctrl+n", *"typing")
        assert len(app.desk.turns) == 2
        assert app.main.composer.text == "typing"
        second.go.set()
        await until(pilot, lambda: len(app.desk.turns) == 1)
        first.go.set()
        await ended(pilot)
        assert app.main.composer.text == "typing"
        assert len(app.desk.shelf.unread) == 2
    assert stored(store, "first").path()[-1].content == "one uno"
    assert stored(store, "second").path()[-1].content == "two due"


async def test_switching_back_shows_what_streamed_meanwhile(
    make_app: MakeApp, backend: FakeBackend
) -> None:
    hold, end = Hold(), Hold()
    backend.scripts = [["before ", hold, "meanwhile ", end]]
    async with make_app().run_test() as pilot:
        app = app_of(pilot)
        await send(pilot, "first")
        await hold.reached.wait()
        streaming = app.shown.id
        await pilot.press("ctrl+n")
        hold.go.set()
        await end.reached.wait()
        app.showing.show(streaming)
        await until(pilot, lambda: "before meanwhile" in shown_text(app))
        end.go.set()
        await ended(pilot)


async def test_a_draft_stays_with_its_conversation_and_survives_a_restart(
    make_app: MakeApp, store: Store
) -> None:
    old = saved_conversation(store, "old", "q", "a")
    async with make_app(continue_last=True).run_test() as pilot:
        app = app_of(pilot)
        await until(pilot, lambda: app.shown.id == old.id)
        await pilot.press(*"half", "left")
        await pilot.press("ctrl+n")
        assert app.main.composer.text == ""
        app.showing.show(old.id)
        await until(pilot, lambda: app.main.composer.text == "half")
        assert app.main.composer.caret == 3
    async with make_app(continue_last=True).run_test() as pilot:
        app = app_of(pilot)
        await until(pilot, lambda: app.main.composer.text == "half")
        assert app.main.composer.caret == 3


async def test_a_failed_reply_says_why_and_enter_tries_again(
    make_app: MakeApp, store: Store, backend: FakeBackend
) -> None:
    backend.scripts = [
        [ConnectionFailed("nothing listens there", "Start the server")],
        ["now it works"],
    ]
    async with make_app().run_test(size=(100, 30)) as pilot:
        app = app_of(pilot)
        await send(pilot, "hello")
        await ended(pilot)
        text = shown_text(app)
        assert "nothing listens there" in text
        assert "Start the server" in text
        assert "Enter tries again" in text
        await pilot.press("enter")
        await ended(pilot)
        assert "now it works" in shown_text(app)
        assert "nothing listens there" not in shown_text(app)
    conversation = stored(store, "hello")
    assert [m.content for m in conversation.path()] == ["hello", "now it works"]


async def test_an_error_in_mid_reply_keeps_the_text(
    make_app: MakeApp, backend: FakeBackend
) -> None:
    backend.scripts = [["half of it", ReplyFailed("it exploded")]]
    async with make_app().run_test(size=(100, 30)) as pilot:
        await send(pilot, "hello")
        await ended(pilot)
        text = shown_text(app_of(pilot))
        assert "half of it" in text
        assert "it exploded" in text


async def test_regenerating_keeps_both_versions_and_alt_left_shows_the_first(
    make_app: MakeApp, store: Store, backend: FakeBackend
) -> None:
    backend.scripts = [["first version"], ["second version"]]
    async with make_app().run_test(size=(100, 30)) as pilot:
        app = app_of(pilot)
        await send(pilot, "hello")
        await ended(pilot)
        await pilot.press("ctrl+r")
        await ended(pilot)
        assert "second version" in shown_text(app)
        assert "2/2" in shown_text(app)
        await pilot.press("alt+left")
        await ended(pilot)
        assert "first version" in shown_text(app)
        assert "1/2" in shown_text(app)
        await pilot.press("alt+right")
        await ended(pilot)
        assert "second version" in shown_text(app)
    assert len(stored(store, "hello").messages) == 3


async def test_continue_sends_a_visible_prompt(make_app: MakeApp, backend: FakeBackend) -> None:
    backend.scripts = [["half"], ["the rest"]]
    backend.complete = False
    async with make_app().run_test() as pilot:
        await send(pilot, "hello")
        await ended(pilot)
        await pilot.press("alt+c")
        await ended(pilot)
    assert [m.content for m in backend.requests[1].path] == ["hello", "half", CONTINUE_PROMPT]


async def test_a_deleted_conversation_comes_back_with_ctrl_z(
    make_app: MakeApp, store: Store
) -> None:
    kept = saved_conversation(store, "kept", "q", "a")
    doomed = saved_conversation(store, "doomed", "q", "a")
    async with make_app(continue_last=True).run_test() as pilot:
        app = app_of(pilot)
        await until(pilot, lambda: app.shown.id == doomed.id)
        await pilot.press("f8")
        await until(pilot, lambda: app.shown.id == kept.id)
        assert [each.title for each in store.summaries()] == ["kept"]
        await pilot.press("ctrl+z")
        await until(pilot, lambda: app.shown.id == doomed.id)
    assert {each.title for each in store.summaries()} == {"kept", "doomed"}


async def test_ctrl_z_without_a_deletion_undoes_in_the_prompt(make_app: MakeApp) -> None:
    async with make_app().run_test() as pilot:
        await pilot.press(*"word")
        await pilot.press("ctrl+z")
        assert app_of(pilot).main.composer.text != "word"


async def test_deleting_a_streaming_conversation_stops_it_and_undo_has_its_text(
    make_app: MakeApp, backend: FakeBackend
) -> None:
    hold = Hold()
    backend.scripts = [["half of it", hold]]
    async with make_app().run_test(size=(100, 30)) as pilot:
        app = app_of(pilot)
        await send(pilot, "hello")
        await hold.reached.wait()
        await pilot.press("f8")
        await until(pilot, lambda: "was deleted" in app.main.status.notice)
        assert backend.closed == 1
        await pilot.press("ctrl+z")
        await until(pilot, lambda: "half of it" in shown_text(app))


async def test_renaming_is_final(make_app: MakeApp, store: Store, backend: FakeBackend) -> None:
    async with make_app().run_test() as pilot:
        app = app_of(pilot)
        await send(pilot, "first prompt")
        await ended(pilot)
        await pilot.press("f2")
        await until(pilot, lambda: len(app.screen_stack) == 2)
        await pilot.press(*"Mine", "enter")
        await until(pilot, lambda: app.shown.title == "Mine")
        await send(pilot, "second prompt")
        await ended(pilot)
    assert stored(store, "Mine").title_source == "user"


async def test_the_sidebar_walks_with_alt_up_and_down(make_app: MakeApp, store: Store) -> None:
    made = [saved_conversation(store, name, "q", "a") for name in ("one", "two", "three")]
    for second, each in enumerate(made):  # saved within a millisecond they have no order
        each.updated_at = f"2026-01-01T00:00:0{second}.000Z"
        store.save(each)
    ids = [each.id for each in made]
    async with make_app(continue_last=True).run_test() as pilot:
        app = app_of(pilot)
        await until(pilot, lambda: app.shown.id == ids[2] and len(app.desk.shelf.rows) == 3)
        await pilot.press("alt+down")
        await until(pilot, lambda: app.shown.id == ids[1])
        await pilot.press("ctrl+pagedown")
        await until(pilot, lambda: app.shown.id == ids[0])
        await pilot.press("alt+up")
        await until(pilot, lambda: app.shown.id == ids[1])


async def test_a_prompt_given_at_the_start_is_sent(make_app: MakeApp, backend: FakeBackend) -> None:
    async with make_app(prompt="straight away").run_test() as pilot:
        await until(pilot, lambda: backend.requests)
        await ended(pilot)
    assert backend.requests[0].path[-1].content == "straight away"


@pytest.mark.parametrize("size", SIZES)
async def test_every_size_has_a_prompt_and_a_status_line(
    make_app: MakeApp, size: tuple[int, int]
) -> None:
    async with make_app().run_test(size=size) as pilot:
        main = app_of(pilot).main
        assert main.composer.has_focus
        assert main.status.region.bottom == size[1]
        assert main.composer.region.width >= min(38, size[0] - 2)
        assert main.has_class("-sidebar") is (size[0] >= 72)


async def test_in_a_narrow_window_the_sidebar_stands_alone_and_picking_closes_it(
    make_app: MakeApp, store: Store
) -> None:
    other = saved_conversation(store, "other", "q", "a")
    async with make_app().run_test(size=(40, 12)) as pilot:
        app = app_of(pilot)
        await until(pilot, lambda: app.desk.shelf.rows)
        await pilot.press("ctrl+b")
        assert app.main.sidebar.has_focus
        assert app.main.sidebar.size.width >= 38
        await pilot.press("home", "enter")
        await until(pilot, lambda: app.shown.id == other.id)
        assert not app.main.has_class("-sidebar")
        assert app.main.composer.has_focus


async def test_up_at_the_first_line_brings_earlier_prompts(
    make_app: MakeApp, backend: FakeBackend
) -> None:
    async with make_app().run_test() as pilot:
        composer = app_of(pilot).main.composer
        for text in ("one", "two"):
            await send(pilot, text)
            await ended(pilot)
        await pilot.press("up")
        assert composer.text == "two"
        await pilot.press("up")
        assert composer.text == "one"
        await pilot.press("down", "down")
        assert composer.text == ""


async def test_help_lists_every_action_and_escape_closes_it(make_app: MakeApp) -> None:
    async with make_app().run_test(size=(120, 60)) as pilot:
        await pilot.press("f1")
        await pilot.pause()
        help_screen = app_of(pilot).screen
        assert isinstance(help_screen, HelpScreen)
        listed = help_screen.words()
        for action in ACTIONS:
            assert pretty_key(action.keys.partition(",")[0]) in listed
            assert action.help.replace("`", "") in listed
        await pilot.press("escape")
        await pilot.pause()
        assert len(app_of(pilot).screen_stack) == 1


@pytest.mark.parametrize("size", [(120, 160), (40, 400)])
async def test_help_names_the_commands_that_have_no_key(
    make_app: MakeApp, size: tuple[int, int]
) -> None:
    app = make_app()
    app.desk.config.keys["palette"] = "ctrl+k"
    async with app.run_test(size=size) as pilot:
        await pilot.press("f1")
        await pilot.pause()
        drawn = "\n".join(strip.text for strip in app.screen._compositor.render_strips())
        for action in ACTIONS:
            assert action.keys or f"“{action.name}”:" in drawn
        assert "Ctrl+K" in drawn
        # A key that goes on in the next line stands where the first one does.
        assert (
            drawn.index("Shift+Enter") - drawn.rindex("\n", 0, drawn.index("Shift+Enter"))
            == (drawn.index("Ctrl+J") - drawn.rindex("\n", 0, drawn.index("Ctrl+J")))
            or size[0] < 60
        )


async def test_the_welcome_of_the_demo_is_a_sentence(make_app: MakeApp) -> None:
    app = make_app()
    app.desk.answerers.config = app.desk.config._replace(demo=True)
    async with app.run_test() as pilot:
        await pilot.pause()
        assert app.main._welcome().startswith(
            "Ask anything: the demo, which needs no server, answers."
        )


async def test_the_keymap_of_the_configuration_is_in_force(
    make_app: MakeApp, config: object
) -> None:
    app = make_app()
    app.desk.config.keys["new"] = "ctrl+k"
    app.set_keymap(app.desk.config.keys)
    async with app.run_test() as pilot:
        before = app.shown.id
        await pilot.press("a", "ctrl+k")
        await until(pilot, lambda: app.shown.id != before)


async def test_a_store_that_cannot_be_written_loses_neither_prompt_nor_app(
    make_app: MakeApp, store: Store
) -> None:
    store.data_dir.parent.mkdir(parents=True, exist_ok=True)
    store.data_dir.write_text("a file where the folder should be")
    async with make_app().run_test(size=(100, 30)) as pilot:
        app = app_of(pilot)
        await send(pilot, "precious words")
        await until(pilot, lambda: "precious words" in shown_text(app))
        await ended(pilot)
        assert "precious words" in shown_text(app)


async def test_slash_finds_in_the_transcript_and_escape_ends_it(
    make_app: MakeApp, store: Store
) -> None:
    old = saved_conversation(store, "old", "q", "\n\n".join(f"para {n}" for n in range(200)))
    async with make_app(continue_last=True).run_test(size=(100, 30)) as pilot:
        app = app_of(pilot)
        await until(pilot, lambda: app.shown.id == old.id)
        app.main.transcript.focus()
        await pilot.press("slash", *"para 17", "enter")
        assert "Found 11 times" in app.main.status.notice
        assert app.main.transcript.has_focus
        first = shown_text(app)
        assert "para 17" in first
        for _ in range(10):
            await pilot.press("n")
        assert shown_text(app) != first
        await pilot.press("escape")
        assert not app.main.finding.is_open


async def test_slash_narrows_the_sidebar_while_letters_are_typed(
    make_app: MakeApp, store: Store
) -> None:
    for title in ("red door", "blue door", "red roof"):
        saved_conversation(store, title, "q", "a")
    async with make_app().run_test() as pilot:
        app = app_of(pilot)
        await until(pilot, lambda: len(app.desk.shelf.rows) == 3)
        app.main.sidebar.focus()
        await pilot.press("slash", *"red", "space", "d")
        await pilot.press("enter")
        await until(pilot, lambda: app.shown.title == "red door")
        assert {each.title for each in store.summaries()} == {"red door", "blue door", "red roof"}


async def test_alt_y_copies_the_block_of_the_letter(make_app: MakeApp, store: Store) -> None:
    code = "def f():\n\n    return 1  # two spaces"
    saved_conversation(store, "old", "q", f"Some text.\n\n```python\n{code}\n```\n")
    async with make_app(continue_last=True).run_test(size=(100, 30)) as pilot:
        app = app_of(pilot)
        await until(pilot, lambda: app.shown.title == "old")
        copied: list[str] = []
        app.copying.copy = lambda text, what: copied.append(text)  # type: ignore[method-assign]
        await pilot.press("alt+y")
        await until(pilot, lambda: len(app.screen_stack) == 2)
        letters = {source: letter for letter, source in app.main.transcript.show_hints().items()}
        [wanted] = [letter for source, letter in letters.items() if "return 1" in source]
        await pilot.press(wanted)
        await until(pilot, lambda: copied)
        assert copied[0] == code


async def test_a_link_is_opened_only_after_a_look_at_its_address(
    make_app: MakeApp, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[str] = []

    def browser(url: str) -> bool:
        opened.append(url)
        return True

    monkeypatch.setattr("copilot_tui.tui.controllers.following.open_in_browser", browser)
    async with make_app().run_test() as pilot:
        app = app_of(pilot)
        for url, opens in (("https://example.com/a", True), ("file:///etc/passwd", False)):
            app.main.transcript.post_message(Transcript.LinkActivated(url))
            await until(pilot, lambda: len(app.screen_stack) == 2)
            assert url not in opened
            await pilot.press("enter")
            await pilot.press("escape")
            await until(pilot, lambda: len(app.screen_stack) == 1)
            await app.workers.wait_for_complete()
            assert (url in opened) is opens


async def test_what_is_typed_while_reading_goes_to_the_prompt(
    make_app: MakeApp, store: Store
) -> None:
    saved_conversation(store, "old", "q", "a")
    async with make_app(continue_last=True).run_test() as pilot:
        app = app_of(pilot)
        await until(pilot, lambda: app.shown.title == "old")
        app.main.transcript.focus()
        await pilot.pause()
        await pilot.press("a", "b", "c")
        assert app.main.composer.text == "abc"
        assert app.main.composer.has_focus
        app.main.transcript.focus()
        await pilot.pause()
        app.post_message(events.Paste("two\r\nlines"))
        await until(pilot, lambda: app.main.composer.text == "abctwo\nlines")


async def test_without_colour_everything_is_drawn(
    make_app: MakeApp, backend: FakeBackend, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    backend.scripts = [["**bold** `code`"]]
    async with make_app().run_test() as pilot:
        await send(pilot, "hello")
        await ended(pilot)
        await pilot.press("f1")
        await pilot.press("escape")
        assert "bold code" in shown_text(app_of(pilot))


async def test_several_deletions_are_undone_one_by_one(make_app: MakeApp, store: Store) -> None:
    for name in ("one", "two", "three"):
        saved_conversation(store, name, "q", "a")
    async with make_app(continue_last=True).run_test() as pilot:
        app = app_of(pilot)
        await until(pilot, lambda: app.shown.title == "three")
        await pilot.press("f8")
        await until(pilot, lambda: app.shown.title == "two")
        await pilot.press("f8")
        await until(pilot, lambda: app.shown.title == "one")
        await pilot.press("ctrl+z")
        await until(pilot, lambda: app.shown.title == "two")
        await pilot.press("ctrl+z")
        await until(pilot, lambda: app.shown.title == "three")
    assert {each.title for each in store.summaries()} == {"one", "two", "three"}


async def test_a_recalled_prompt_that_was_changed_is_not_taken_away(
    make_app: MakeApp, backend: FakeBackend
) -> None:
    async with make_app().run_test() as pilot:
        composer = app_of(pilot).main.composer
        await send(pilot, "one")
        await ended(pilot)
        await pilot.press("up", "!", "down")
        assert composer.text == "one!"


async def test_a_reply_without_a_prompt_is_not_asked_again(make_app: MakeApp, store: Store) -> None:
    conversation = new_conversation(now=utc_now())
    conversation.title = "imported"
    conversation.add(Message(id="r", role=Role.ASSISTANT, content="hello"))
    store.save(conversation)
    async with make_app(continue_last=True).run_test() as pilot:
        app = app_of(pilot)
        await until(pilot, lambda: app.shown.title == "imported")
        await pilot.press("ctrl+r")
        await until(pilot, lambda: "no prompt" in app.main.status.notice)


async def test_keys_typed_right_after_a_command_are_for_what_it_opens(make_app: MakeApp) -> None:
    async with make_app().run_test() as pilot:
        app = app_of(pilot)
        await pilot.pause()
        for key in ("ctrl+o", "m", "i", "n", "e", "enter"):  # in one burst, as a fast hand types
            app.post_message(events.Key(key, key if len(key) == 1 else None))
        await until(pilot, lambda: app.shown.model == "mine")
        assert app.main.composer.text == ""


async def test_what_was_not_read_and_what_is_a_draft_is_marked_after_a_restart(
    make_app: MakeApp, store: Store, backend: FakeBackend
) -> None:
    hold = Hold()
    backend.scripts = [["some ", hold, "news"]]
    drafted = saved_conversation(store, "drafted", "q", "a")
    store.save_draft(drafted.id, Draft(text="half", caret=4))
    async with make_app().run_test() as pilot:
        app = app_of(pilot)
        await send(pilot, "unread")
        await hold.reached.wait()
        answered = app.shown.id
        await pilot.press("ctrl+n")
        hold.go.set()
        await ended(pilot)
        assert app.desk.shelf.marks()[answered] is Mark.UNREAD
    async with make_app().run_test() as pilot:
        app = app_of(pilot)
        await until(pilot, lambda: app.desk.shelf.marks().get(answered) is Mark.UNREAD)
        assert app.desk.shelf.marks()[drafted.id] is Mark.DRAFT
        app.showing.show(answered)
        await until(pilot, lambda: app.shown.id == answered)
        await pilot.press("ctrl+n")
    state = store.view_state(answered)
    assert state is not None
    assert not state.unread


async def test_a_reply_that_is_not_whole_says_what_to_press(
    make_app: MakeApp, backend: FakeBackend
) -> None:
    backend.complete = False
    backend.scripts = [["half"], ["long", Delta(complete=True, finish_reason="length")]]
    async with make_app().run_test(size=(100, 30)) as pilot:
        app = app_of(pilot)
        await send(pilot, "cut")
        await ended(pilot)
        assert "Enter tries again · Alt+C goes on" in shown_text(app)
        await send(pilot, "limit")
        await ended(pilot)
        assert "limit of length" in shown_text(app)
        assert shown_text(app).rstrip().endswith("Alt+C goes on")


async def test_a_terminal_that_cannot_be_left_to_an_editor_loses_neither_app_nor_prompt(
    make_app: MakeApp,
) -> None:
    async with make_app().run_test() as pilot:  # the headless driver cannot be suspended
        app = app_of(pilot)
        app.main.composer.fill("precious \ud800")
        await pilot.press("ctrl+g")
        await until(pilot, lambda: "editor" in app.main.status.notice)
        assert app.main.composer.text == "precious \ud800"


async def test_what_the_editor_gave_belongs_to_the_conversation_it_was_opened_in(
    make_app: MakeApp, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened, go = asyncio.Event(), asyncio.Event()

    async def edit(app: object, text: str, within: object) -> str:
        opened.set()
        await go.wait()
        return text + " edited"

    monkeypatch.setattr("copilot_tui.tui.terminal.editor.edit", edit)
    async with make_app().run_test() as pilot:
        app = app_of(pilot)
        first = app.shown.id
        app.main.composer.fill("mine")
        await pilot.press("ctrl+g")
        await opened.wait()
        await pilot.press("ctrl+n", *"other")
        go.set()
        await app.workers.wait_for_complete()
        await pilot.pause()
        assert app.main.composer.text == "other"
        assert app.desk.drafts[first].text == "mine edited"


async def test_opening_a_link_never_waits_for_the_browser(
    make_app: MakeApp, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened, go = threading.Event(), threading.Event()

    def slow_browser(url: str) -> bool:
        opened.set()
        return go.wait(10)

    monkeypatch.setattr("copilot_tui.tui.controllers.following.open_in_browser", slow_browser)
    async with make_app().run_test() as pilot:
        app = app_of(pilot)
        app.main.transcript.post_message(Transcript.LinkActivated("https://example.com"))
        await until(pilot, lambda: len(app.screen_stack) == 2)
        await pilot.press("enter")
        await until(pilot, opened.is_set)
        await pilot.press("x")
        assert app.main.composer.text == "x"
        go.set()


async def test_the_keys_can_be_read_in_the_lowest_window_and_stay_indented(
    make_app: MakeApp,
) -> None:
    async with make_app().run_test(size=(20, 5)) as pilot:
        await pilot.press("f1")
        await until(pilot, lambda: isinstance(pilot.app.screen, HelpScreen))
        box = pilot.app.screen.query_one("#help")
        await until(pilot, lambda: box.size.height == 5)
        lines = [strip.text[1:].rstrip() for strip in pilot.app.screen._compositor.render_strips()]
        assert lines[0].startswith("Type a key")
        assert lines[1] == "Enter"
        assert all(line.startswith("  ") and line.strip() for line in lines[2:])


async def test_a_worker_that_fails_while_the_app_ends_does_not_end_it_as_a_fault(
    make_app: MakeApp,
) -> None:
    async def fail() -> None:
        raise LookupError("a widget is gone")

    app = make_app()
    async with app.run_test() as pilot:
        await app.main.status.remove()
        app.run_worker(fail(), exit_on_error=False)
        await pilot.pause()
    assert app.fault is None


async def test_what_is_said_when_the_screen_is_gone_disturbs_nobody(
    make_app: MakeApp,
) -> None:
    app = make_app()
    async with app.run_test():
        pass
    app.say("too late", warn=True)
