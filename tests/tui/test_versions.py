from __future__ import annotations

import pytest
from textual.widgets import Label, Static

from copilot_tui.conversation import Conversation, Message, Role, local_time
from copilot_tui.difference import Change, Piece
from copilot_tui.store import Store
from copilot_tui.tui.app import CopilotApp
from copilot_tui.tui.screens.difference import DifferenceScreen, drawn
from tests.fakes import FakeBackend
from tests.tui.conftest import MakeApp
from tests.tui.test_app import app_of, ended, saved_conversation, send, shown_text, until
from tests.tui.test_editing import contents


def edited_conversation(store: Store, title: str = "old") -> Conversation:
    """Two turns; the first prompt has two versions, and the last reply of the second has two."""
    conversation = saved_conversation(store, title, "alpha one", "answer one", "beta", "first try")
    root = conversation.path()[0]
    for role, content, parent_id in (
        (Role.USER, "alpha two", None),
        (Role.ASSISTANT, "answer two", "2-0"),
        (Role.USER, "gamma", "2-1"),
        (Role.ASSISTANT, "reply one", "2-2"),
        (Role.ASSISTANT, "reply two", "2-2"),
    ):
        conversation.add(
            Message(
                id=f"2-{len(conversation.messages) - 4}",
                role=role,
                content=content,
                parent_id=parent_id,
                model="gpt-4o" if role is Role.ASSISTANT else None,
                created_at="2026-11-20T14:03:00.000Z",
            )
        )
    assert root.parent_id is None
    store.save(conversation)
    return conversation


@pytest.mark.parametrize("size", [(100, 40), (40, 30)])
async def test_which_version_it_is_stands_on_prompts_and_replies(
    make_app: MakeApp, store: Store, size: tuple[int, int]
) -> None:
    edited_conversation(store)
    async with make_app(continue_last=True).run_test(size=size) as pilot:
        app = app_of(pilot)
        await until(pilot, lambda: app.shown.messages)
        lines = shown_text(app).splitlines()
        prompt = next(i for i, line in enumerate(lines) if "alpha two" in line)
        assert "◂ 2/2 ▸" in lines[prompt - 1]
        reply = next(i for i, line in enumerate(lines) if "reply two" in line)
        heading = lines[reply - 1]
        assert "gpt-4o  ◂ 2/2 ▸" in heading
        assert local_time("2026-11-20T14:03:00.000Z")[:10] in heading
        assert shown_text(app).count("◂") == 2


async def test_walking_says_which_version_is_shown_and_where_there_is_no_other(
    make_app: MakeApp, store: Store
) -> None:
    edited_conversation(store)
    async with make_app(continue_last=True).run_test(size=(40, 12)) as pilot:
        app = app_of(pilot)
        await until(pilot, lambda: app.shown.messages)
        said = []
        for key in ("alt+right", "alt+left", "alt+left", "alt+right"):
            await pilot.press(key)
            said.append(app.main.status.notice)
    assert said == [
        "This is the newest of 2 versions",
        "Version 1 of 2",
        "This is the oldest of 2 versions",
        "Version 2 of 2",
    ]


async def test_alt_left_walks_the_versions_of_the_message_that_is_read(
    make_app: MakeApp, store: Store
) -> None:
    edited_conversation(store)
    async with make_app(continue_last=True).run_test(size=(100, 40)) as pilot:
        app = app_of(pilot)
        await until(pilot, lambda: app.shown.messages)
        app.main.transcript.focus()
        await pilot.press("v", "home", "alt+left")
        assert contents(app.shown) == ["alpha one", "answer one", "beta", "first try"]
        assert "alpha one" in shown_text(app)
        await pilot.press("alt+left")
        assert contents(app.shown)[0] == "alpha one"
        await pilot.press("alt+right")
        assert contents(app.shown) == ["alpha two", "answer two", "gamma", "reply two"]
        assert app.main.transcript.has_focus


async def test_from_the_prompt_the_versions_nearest_to_the_end_are_walked(
    make_app: MakeApp, store: Store
) -> None:
    edited_conversation(store)
    async with make_app(continue_last=True).run_test(size=(100, 40)) as pilot:
        app = app_of(pilot)
        await until(pilot, lambda: app.shown.messages)
        await pilot.press("alt+left")
        assert contents(app.shown) == ["alpha two", "answer two", "gamma", "reply one"]


async def test_without_versions_of_replies_those_of_the_last_prompt_are_walked(
    make_app: MakeApp, backend: FakeBackend
) -> None:
    backend.scripts = [["one"], ["two"]]
    async with make_app().run_test() as pilot:
        app = app_of(pilot)
        await send(pilot, "q")
        await ended(pilot)
        await pilot.press("alt+e", "!", "enter")
        await ended(pilot)
        await pilot.press("alt+left")
        assert contents(app.shown) == ["q", "one"]
        await pilot.press("alt+right")
        assert contents(app.shown) == ["q!", "two"]


async def test_the_place_stays_when_a_message_in_the_middle_changes_its_version(
    make_app: MakeApp, store: Store
) -> None:
    conversation = edited_conversation(store)
    for branch in ("reply two", "first try"):
        end = next(m for m in conversation.messages.values() if m.content == branch)
        conversation.head = end.id
        for index in range(20):
            conversation.add(
                Message(
                    id=f"{branch}-{index}",
                    role=Role.USER if index % 2 == 0 else Role.ASSISTANT,
                    content=f"{branch} and on {index}",
                    parent_id=conversation.head,
                )
            )
    conversation.select("2-0")
    store.save(conversation)
    async with make_app(continue_last=True).run_test(size=(80, 20)) as pilot:
        app = app_of(pilot)
        await until(pilot, lambda: app.shown.messages)
        app.main.transcript.focus()
        await pilot.press("home", "alt+left")
        await pilot.pause()
        assert shown_text(app).splitlines()[2].strip().endswith("alpha one")


async def test_in_a_long_reply_the_same_paragraph_of_its_other_version_is_read(
    make_app: MakeApp, store: Store
) -> None:
    conversation = saved_conversation(store, "long", "q")
    asked = conversation.path()[0].id
    for version in (1, 2):
        text = "\n\n".join(f"Paragraph {n} of version {version}, and so on." for n in range(400))
        reply = Message(id=f"v{version}", role=Role.ASSISTANT, content=text, parent_id=asked)
        conversation.add(reply)
    store.save(conversation)
    async with make_app(continue_last=True).run_test(size=(100, 30)) as pilot:
        app = app_of(pilot)
        await until(pilot, lambda: app.shown.messages)
        app.main.transcript.focus()
        await pilot.press(*["pageup"] * 9)

        def top() -> str:
            lines = shown_text(app).splitlines()
            return next(line.strip() for line in lines if "Paragraph" in line)

        before = top()
        assert "of version 2" in before
        await pilot.press("alt+left")
        await until(pilot, lambda: "of version 1" in top())
        assert top() == before.replace("version 2", "version 1")


def difference_text(app: CopilotApp) -> str:
    return str(app.screen.query_one("#difference-text", Static).content)


@pytest.mark.parametrize("size", [(100, 30), (40, 12)])
async def test_d_shows_word_by_word_what_differs(
    make_app: MakeApp, store: Store, size: tuple[int, int]
) -> None:
    edited_conversation(store)
    async with make_app(continue_last=True).run_test(size=size) as pilot:
        app = app_of(pilot)
        await until(pilot, lambda: app.shown.messages)
        app.main.transcript.focus()
        await pilot.press("d")
        await until(pilot, lambda: isinstance(app.screen, DifferenceScreen))
        await until(pilot, lambda: "{+" in difference_text(app))
        assert difference_text(app) == "reply [-one-]{+two+}"
        title = app.screen.query_one("#difference-of", Label)
        assert "1. gpt-4o" in str(title.content)
        assert "→ 2. gpt-4o" in str(title.content)
        assert app.screen.region.contains_region(app.screen.query(".hint").last().region)
        await pilot.press("escape")
        await until(pilot, lambda: app.screen is app.main)
        await pilot.press("v", "home", "d")
        await until(pilot, lambda: isinstance(app.screen, DifferenceScreen))
        await until(pilot, lambda: difference_text(app) == "alpha [-one-]{+two+}")


async def test_right_goes_on_to_the_next_versions(make_app: MakeApp, store: Store) -> None:
    conversation = saved_conversation(store, "old", "q", "one")
    for content in ("two", "three"):
        conversation.add(
            Message(
                id=content,
                role=Role.ASSISTANT,
                content=content,
                parent_id=conversation.path()[0].id,
            )
        )
    store.save(conversation)
    async with make_app(continue_last=True).run_test(size=(100, 30)) as pilot:
        app = app_of(pilot)
        await until(pilot, lambda: app.shown.messages)
        app.main.transcript.focus()
        await pilot.press("d")
        await until(pilot, lambda: isinstance(app.screen, DifferenceScreen))
        await until(pilot, lambda: difference_text(app) == "[-two-]{+three+}")
        await pilot.press("right", "left")
        await until(pilot, lambda: difference_text(app) == "[-one-]{+two+}")


async def test_without_versions_there_is_no_difference(make_app: MakeApp, store: Store) -> None:
    saved_conversation(store, "old", "q", "a")
    async with make_app(continue_last=True).run_test(size=(100, 30)) as pilot:
        app = app_of(pilot)
        await until(pilot, lambda: app.shown.messages)
        app.main.transcript.focus()
        await pilot.press("d")
        assert "nothing to compare" in app.main.status.notice


def test_long_parts_that_are_the_same_are_left_out_of_sight() -> None:
    same = "".join(f"line {n}\n" for n in range(50))
    pieces = [
        Piece(Change.SAME, same),
        Piece(Change.GONE, "old"),
        Piece(Change.SAME, f" word\n{same}"),
    ]
    shown = drawn(pieces, dict.fromkeys(Change, "")).plain
    assert shown.splitlines()[0] == "· · · 47 lines are the same · · ·"
    assert "line 49\n[-old-] word\nline 0\n" in shown
    assert shown.splitlines()[-1] == "· · · 48 lines are the same · · ·"


def test_a_change_that_is_too_long_to_be_shown_says_so() -> None:
    pieces = [Piece(Change.GONE, "x" * 100_000), Piece(Change.NEW, "y")]
    shown = drawn(pieces, dict.fromkeys(Change, "")).plain
    assert len(shown) < 61_000
    assert "too long to be shown" in shown


async def test_versions_that_are_only_looked_at_make_a_conversation_no_newer(
    make_app: MakeApp, store: Store
) -> None:
    old = edited_conversation(store)
    saved_conversation(store, "new", "q", "a")
    async with make_app().run_test() as pilot:
        app = app_of(pilot)
        await until(pilot, lambda: len(app.desk.shelf.rows) == 2)
        app.showing.show(old.id)
        await until(pilot, lambda: app.shown.id == old.id)
        await pilot.press("alt+left")
        await app.workers.wait_for_complete()
        assert "reply one" in shown_text(app)
        assert [row.title for row in app.desk.shelf.rows] == ["new", "old"]
    kept = store.load(old.id)
    assert kept.head_message is not None
    assert kept.head_message.content == "reply one"
    assert kept.updated_at == old.updated_at
