from __future__ import annotations

import pytest
from textual.pilot import Pilot
from textual.widgets import OptionList

from copilot_tui.conversation import TitleSource
from copilot_tui.store import Store
from copilot_tui.tui.app import CopilotApp
from copilot_tui.tui.screens.rename import RenameScreen
from copilot_tui.tui.screens.trash import TrashScreen
from tests.tui.conftest import MakeApp
from tests.tui.test_app import app_of, saved_conversation, stored, until


def sidebar_lines(app: CopilotApp) -> list[str]:
    sidebar = app.main.sidebar
    lines = [sidebar.render_line(y).text.strip() for y in range(sidebar.size.height)]
    return [line for line in lines if line]


async def listed(pilot: Pilot[int], count: int) -> CopilotApp:
    """The app, once the sidebar has all conversations and the last one is shown."""
    app = app_of(pilot)
    await until(pilot, lambda: len(app.desk.shelf.rows) == count and app.shown.messages)
    return app


async def settled(pilot: Pilot[int]) -> None:
    await app_of(pilot).workers.wait_for_complete()
    await pilot.pause()


async def test_p_in_the_sidebar_pins_on_top_and_lets_go_again(
    make_app: MakeApp, store: Store
) -> None:
    for title in ("one", "two", "three"):
        saved_conversation(store, title, "q", "a")
    changed = stored(store, "one").updated_at
    async with make_app(continue_last=True).run_test(size=(100, 30)) as pilot:
        app = await listed(pilot, 3)
        app.main.sidebar.focus()
        app.showing.show(stored(store, "one").id)
        await until(pilot, lambda: app.shown.title == "one")
        app.main.sidebar.focus()
        await pilot.press("p")
        await until(pilot, lambda: sidebar_lines(app)[:2] == ["Pinned", "one"])
        await settled(pilot)
        saved = stored(store, "one")
        assert (saved.pinned, saved.updated_at) == (True, changed)
        await pilot.press("p")
        await until(pilot, lambda: "Pinned" not in sidebar_lines(app))
        await settled(pilot)
    assert not stored(store, "one").pinned


async def test_what_is_archived_leaves_the_list_and_is_found_again(
    make_app: MakeApp, store: Store
) -> None:
    for title in ("one", "two"):
        saved_conversation(store, title, "q", "a")
    async with make_app(continue_last=True).run_test(size=(100, 30)) as pilot:
        app = await listed(pilot, 2)
        app.showing.show(stored(store, "one").id)
        await until(pilot, lambda: app.shown.title == "one")
        app.main.sidebar.focus()
        await pilot.press("a")
        await until(pilot, lambda: app.shown.title == "two")
        await settled(pilot)
        assert "one" not in sidebar_lines(app)
        assert sidebar_lines(app)[-1] == "▸ 1 archived (A)"
        assert stored(store, "one").archived
        app.main.sidebar.focus()
        await pilot.press("A")
        assert sidebar_lines(app)[0] == "/in:archive ▏ 1"
        assert "one" in sidebar_lines(app)
        await pilot.press("enter")
        await until(pilot, lambda: app.shown.title == "one")
        app.main.sidebar.focus()
        await pilot.press("a")
        await until(pilot, lambda: "one" in sidebar_lines(app))
        await settled(pilot)
    assert not stored(store, "one").archived


async def test_ctrl_z_takes_it_out_of_the_archive_again(make_app: MakeApp, store: Store) -> None:
    saved_conversation(store, "one", "q", "a")
    async with make_app(continue_last=True).run_test(size=(100, 30)) as pilot:
        app = await listed(pilot, 1)
        app.main.sidebar.focus()
        await pilot.press("a")
        await until(pilot, lambda: "one" not in sidebar_lines(app))
        await pilot.press("ctrl+z")
        await until(pilot, lambda: "one" in sidebar_lines(app))
        await settled(pilot)
    assert not stored(store, "one").archived


async def test_ctrl_z_does_not_archive_again_what_is_out_already(
    make_app: MakeApp, store: Store
) -> None:
    id_ = saved_conversation(store, "one", "q", "a").id
    async with make_app(continue_last=True).run_test(size=(100, 30)) as pilot:
        app = await listed(pilot, 1)
        app.organising.archive(id_)
        await settled(pilot)
        assert stored(store, "one").archived
        app.organising.archive(id_)
        await settled(pilot)
        app.undoing.undo()
        await settled(pilot)
    assert not stored(store, "one").archived


async def test_the_app_goes_on_with_what_is_not_archived(make_app: MakeApp, store: Store) -> None:
    kept = saved_conversation(store, "kept", "q", "a")
    away = saved_conversation(store, "away", "q", "a")
    away.archived, away.updated_at = True, "2999-01-01T00:00:00.000Z"
    store.save(away)
    async with make_app(continue_last=True).run_test() as pilot:
        app = app_of(pilot)
        await until(pilot, lambda: app.shown.id == kept.id)


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("#wo", ["work"]),
        ("#work pl", ["work"]),
        ("#work zz", []),
        ("#home", ["home"]),
        ("in:archive", ["away"]),
        ("in:archive #work", []),
        ("o", ["work", "home"]),
    ],
)
async def test_the_sidebar_is_narrowed_by_tag_title_and_archive(
    make_app: MakeApp, store: Store, typed: str, found: list[str]
) -> None:
    for title, tags in (("home", ["home"]), ("work", ["Work"]), ("away", ["home"])):
        made = saved_conversation(store, f"{title} plan", "q", "a")
        made.tags, made.archived = tags, title == "away"
        store.save(made)
    async with make_app(continue_last=True).run_test(size=(100, 30)) as pilot:
        app = await listed(pilot, 3)
        await settled(pilot)
        app.main.sidebar.focus()
        await pilot.press("slash", *typed)
        await pilot.pause()
        titles = [line.split()[0] for line in sidebar_lines(app) if line.endswith("plan")]
        assert titles == found


async def test_renaming_takes_tags_out_of_the_title(make_app: MakeApp, store: Store) -> None:
    made = saved_conversation(store, "Why #include", "q", "a")
    made.tags = ["c"]
    store.save(made)
    async with make_app(continue_last=True).run_test(size=(100, 30)) as pilot:
        app = await listed(pilot, 1)
        await pilot.press("f2")
        await until(pilot, lambda: isinstance(app.screen, RenameScreen))
        await pilot.press("end", *" #work", "enter")
        await until(pilot, lambda: app.shown.tags == ["c", "work"])
        await settled(pilot)
    saved = stored(store, "Why #include")
    assert (saved.tags, saved.title_source) == (["c", "work"], TitleSource.AUTO)


@pytest.mark.parametrize("size", [(100, 30), (40, 12)])
async def test_a_deleted_conversation_is_brought_back_from_the_trash(
    make_app: MakeApp, store: Store, size: tuple[int, int]
) -> None:
    for title in ("alpha", "beta", "gamma"):
        made = saved_conversation(store, title, "q", "a")
        if title != "gamma":
            store.delete(made.id)
    async with make_app(continue_last=True).run_test(size=size) as pilot:
        app = await listed(pilot, 1)
        app.main.action_trash()
        await until(pilot, lambda: isinstance(app.screen, TrashScreen))
        options = app.screen.query_one(OptionList)
        await until(pilot, lambda: options.option_count == 2)
        await pilot.press(*"alp")
        await until(pilot, lambda: options.option_count == 1)
        assert app.screen.region.contains_region(app.screen.query_one("#trash-status").region)
        await pilot.press("enter")
        await until(pilot, lambda: app.shown.title == "alpha")
        await settled(pilot)
    assert sorted(row.title for row in store.summaries()) == ["alpha", "gamma"]


async def test_an_empty_trash_says_so(make_app: MakeApp, store: Store) -> None:
    async with make_app().run_test() as pilot:
        app = app_of(pilot)
        await pilot.pause()
        app.main.action_trash()
        await until(
            pilot,
            lambda: (
                isinstance(app.screen, TrashScreen)
                and "empty" in str(app.screen.query_one("#trash-status").render())
            ),
        )
        await pilot.press("enter", "escape")
        await until(pilot, lambda: app.screen is app.main)


async def test_the_keys_of_the_sidebar_can_be_changed(make_app: MakeApp, store: Store) -> None:
    saved_conversation(store, "one", "q", "a")
    app = make_app(continue_last=True)
    app.desk.answerers.config = app.desk.config._replace(keys={"pin": "t"})
    app.set_keymap(app.desk.config.keys)
    async with app.run_test(size=(100, 30)) as pilot:
        await listed(pilot, 1)
        app.main.sidebar.focus()
        await pilot.press("t")
        await until(pilot, lambda: sidebar_lines(app)[0] == "Pinned")


async def test_a_defect_in_what_a_dialog_does_is_said(
    make_app: MakeApp, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken() -> None:
        raise RuntimeError("a reader that broke")

    monkeypatch.setattr(store, "trashed", broken)
    async with make_app().run_test() as pilot:
        app = app_of(pilot)
        await pilot.pause()
        app.main.action_trash()
        await until(pilot, lambda: "a reader that broke" in app.main.status.notice)
        await pilot.press("escape")
        await until(pilot, lambda: app.screen is app.main)


async def test_a_defect_in_what_a_key_of_the_main_screen_does_is_said_and_ends_nothing(
    make_app: MakeApp, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def broken(app: CopilotApp, text: str, within: object) -> str:
        raise RuntimeError("an editor that broke")

    monkeypatch.setattr("copilot_tui.tui.terminal.editor.edit", broken)
    async with make_app().run_test() as pilot:
        app = app_of(pilot)
        await pilot.press(*"half", "ctrl+g")
        await until(pilot, lambda: "an editor that broke" in app.main.status.notice)
        assert app.fault is None
        assert app.main.composer.text == "half"
