from __future__ import annotations

from copilot_tui.conversation import Conversation
from copilot_tui.errors import ConnectionFailed
from copilot_tui.store import Store
from copilot_tui.tui.app import CopilotApp
from tests.fakes import FakeBackend, Hold
from tests.tui.conftest import MakeApp
from tests.tui.test_app import (
    app_of,
    ended,
    saved_conversation,
    send,
    shown_text,
    stored,
    until,
)


def contents(conversation: Conversation) -> list[str]:
    return [message.content for message in conversation.path()]


def status_text(app: CopilotApp) -> str:
    return app.main.status.render_line(0).text


async def test_alt_e_edits_the_last_message_into_a_version(
    make_app: MakeApp, store: Store, backend: FakeBackend
) -> None:
    backend.scripts = [["one"], ["two"], ["better"]]
    async with make_app().run_test(size=(100, 30)) as pilot:
        app = app_of(pilot)
        await send(pilot, "first")
        await ended(pilot)
        await send(pilot, "secnd")
        await ended(pilot)
        await pilot.press("alt+e")
        assert app.main.composer.text == "secnd"
        assert app.main.composer.has_class("-editing")
        assert "editing" in status_text(app)
        await pilot.press("left", "left", "o", "enter")
        await ended(pilot)
        assert app.main.composer.text == ""
        assert not app.main.composer.has_class("-editing")
        assert "better" in shown_text(app)
    saved = stored(store, "first")
    assert contents(saved) == ["first", "one", "second", "better"]
    assert [m.content for m in saved.siblings(saved.path()[2].id)] == ["secnd", "second"]
    assert [m.content for m in backend.requests[-1].path] == ["first", "one", "second"]


async def test_the_draft_comes_back_after_the_edit_was_sent(
    make_app: MakeApp, store: Store, backend: FakeBackend
) -> None:
    async with make_app().run_test() as pilot:
        app = app_of(pilot)
        await send(pilot, "question")
        await ended(pilot)
        await pilot.press(*"half", "left", "alt+e")
        assert app.main.composer.text == "question"
        await pilot.press("!", "enter")
        await ended(pilot)
        assert (app.main.composer.text, app.main.composer.caret) == ("half", 3)
        id_ = app.shown.id
    draft = store.draft(id_)
    assert draft is not None
    assert (draft.text, draft.editing) == ("half", None)


async def test_escape_leaves_the_message_as_it_was_and_ctrl_z_goes_on_with_the_edit(
    make_app: MakeApp, store: Store
) -> None:
    async with make_app().run_test() as pilot:
        app = app_of(pilot)
        await send(pilot, "question")
        await ended(pilot)
        await pilot.press(*"half", "alt+e", *" mark", "escape")
        assert app.main.composer.text == "half"
        assert not app.main.composer.has_class("-editing")
        await pilot.press("ctrl+z")
        assert app.main.composer.text == "question mark"
        assert app.main.composer.has_class("-editing")
        await pilot.press("escape")
        assert app.main.composer.text == "half"
    assert contents(stored(store, "question")) == ["question", "Hello"]


async def test_ctrl_z_goes_on_with_the_edit_of_a_conversation_that_was_left_since(
    make_app: MakeApp, store: Store
) -> None:
    old = saved_conversation(store, "old", "question", "answer")
    async with make_app(continue_last=True).run_test() as pilot:
        app = app_of(pilot)
        await until(pilot, lambda: app.shown.messages)
        await pilot.press(*"half", "alt+e", *" mark", "escape", "ctrl+n")
        assert app.shown.id != old.id
        await pilot.press("ctrl+z")
        await until(pilot, lambda: app.main.composer.text == "question mark")
        assert app.shown.id == old.id
        assert app.main.composer.has_class("-editing")
        await pilot.press("escape")
        assert app.main.composer.text == "half"


async def test_an_edit_and_the_draft_before_it_survive_a_restart(
    make_app: MakeApp, store: Store
) -> None:
    saved_conversation(store, "old", "question", "answer")
    async with make_app(continue_last=True).run_test() as pilot:
        app = app_of(pilot)
        await until(pilot, lambda: app.shown.messages)
        await pilot.press(*"half", "alt+e", *" mark", "ctrl+q")
    async with make_app(continue_last=True).run_test() as pilot:
        app = app_of(pilot)
        await until(pilot, lambda: app.main.composer.text == "question mark")
        assert app.main.composer.has_class("-editing")
        await pilot.press("escape")
        assert app.main.composer.text == "half"


async def test_an_edit_stays_with_its_conversation(make_app: MakeApp, store: Store) -> None:
    old = saved_conversation(store, "old", "question", "answer")
    async with make_app(continue_last=True).run_test() as pilot:
        app = app_of(pilot)
        await until(pilot, lambda: app.shown.messages)
        await pilot.press("alt+e", "!", "ctrl+n")
        assert app.main.composer.text == ""
        assert not app.main.composer.has_class("-editing")
        app.showing.show(old.id)
        await until(pilot, lambda: app.main.composer.text == "question!")
        assert app.main.composer.has_class("-editing")


async def test_a_prompt_without_an_answer_is_replaced_in_place(
    make_app: MakeApp, store: Store, backend: FakeBackend
) -> None:
    backend.scripts = [[ConnectionFailed("nothing listens there")], ["now it works"]]
    async with make_app().run_test() as pilot:
        await send(pilot, "helo")
        await ended(pilot)
        await pilot.press("alt+e", "left", "l", "enter")
        await ended(pilot)
    saved = stored(store, "hello")
    assert [m.content for m in saved.messages.values()] == ["hello", "now it works"]


async def test_any_own_message_is_edited_from_the_transcript(
    make_app: MakeApp, store: Store, backend: FakeBackend
) -> None:
    saved_conversation(store, "old", "alpha", "answer a", "beta", "answer b", "gamma", "answer c")
    async with make_app(continue_last=True).run_test(size=(80, 40)) as pilot:
        app = app_of(pilot)
        await until(pilot, lambda: app.shown.messages)
        app.main.transcript.focus()
        await pilot.press("v", "home", "alt+e")
        assert app.main.composer.text == "alpha"
        assert app.main.composer.has_focus
        await pilot.press("escape")
        app.main.transcript.focus()
        await pilot.press("v", "home", "}", "}", "}", "alt+e")  # on the reply to beta
        assert app.main.composer.text == "beta"
        await pilot.press("2", "enter")
        await ended(pilot)
    assert contents(stored(store, "old")) == ["alpha", "answer a", "beta2", "Hello"]


async def test_alt_e_again_goes_to_the_message_before_as_long_as_nothing_was_changed(
    make_app: MakeApp, store: Store
) -> None:
    saved_conversation(store, "old", "alpha", "answer a", "beta", "answer b")
    async with make_app(continue_last=True).run_test() as pilot:
        app = app_of(pilot)
        await until(pilot, lambda: app.shown.messages)
        await pilot.press(*"half", "alt+e", "alt+e")
        assert app.main.composer.text == "alpha"
        await pilot.press("alt+e")
        assert "no message of yours above" in app.main.status.notice
        await pilot.press("!", "alt+e")
        assert app.main.composer.text == "alpha!"
        await pilot.press("escape")
        assert app.main.composer.text == "half"


async def test_without_a_message_there_is_nothing_to_edit(make_app: MakeApp) -> None:
    async with make_app().run_test() as pilot:
        app = app_of(pilot)
        await pilot.press(*"half", "alt+e")
        assert app.main.composer.text == "half"
        assert "Nothing was sent yet" in app.main.status.notice


async def test_escape_stops_the_reply_first_and_the_edit_can_be_sent(
    make_app: MakeApp, store: Store, backend: FakeBackend
) -> None:
    hold = Hold()
    backend.scripts = [["so", hold, " it is"], ["better"]]
    async with make_app().run_test() as pilot:
        app = app_of(pilot)
        await send(pilot, "question")
        await hold.reached.wait()
        await pilot.press("alt+e", "!", "escape")
        await ended(pilot)
        assert app.main.composer.text == "question!"
        await pilot.press("enter")
        await ended(pilot)
    saved = stored(store, "question")
    assert contents(saved) == ["question!", "better"]
    assert len(saved.messages) == 4


async def test_an_edit_waits_while_the_conversation_answers(
    make_app: MakeApp, store: Store, backend: FakeBackend
) -> None:
    hold = Hold()
    backend.scripts = [["so", hold, " it is"], ["better"]]
    async with make_app().run_test() as pilot:
        app = app_of(pilot)
        await send(pilot, "question")
        await hold.reached.wait()
        await pilot.press("alt+e", "!")
        assert app.main.status.activity.startswith("answering")
        assert "editing" in app.main.status.activity
        await pilot.press("enter")
        assert app.main.composer.text == "question!"
        assert "still answering" in app.main.status.notice
        hold.go.set()
        await ended(pilot)
        await pilot.press("enter")
        await ended(pilot)
    saved = stored(store, "question")
    assert contents(saved) == ["question!", "better"]
    assert len(saved.messages) == 4
