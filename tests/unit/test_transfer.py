from __future__ import annotations

import json
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from copilot_tui import document
from copilot_tui.conversation import Conversation, Message, Role, TitleSource, new_id
from copilot_tui.formats import EXPORTS
from copilot_tui.store import Store
from copilot_tui.transfer import Entry, Outcome, import_files
from tests.formats import stores
from tests.store.samples import add_turn
from tests.unit.test_document import conversations


@pytest.fixture
def store(data_dir: Path, cache_dir: Path) -> Iterator[Store]:
    store = Store(data_dir, cache_dir)
    yield store
    store.close()


def bring_in(store: Store, *paths: Path) -> list[Entry]:
    return [entry for _, entry in import_files(store, paths)]


def outcomes(store: Store, *paths: Path) -> list[Outcome]:
    return [entry.outcome for entry in bring_in(store, *paths)]


def exported(folder: Path, *made: Conversation) -> Path:
    folder.mkdir(exist_ok=True)
    for each in made:
        (folder / f"{each.id}.json").write_bytes(EXPORTS["json"].dump(each))
    return folder


def sample(prompt: str = "Hello", **fields: Any) -> Conversation:
    made = Conversation(
        id=new_id(), title="A talk", updated_at="2026-11-21T06:00:00.000Z", **fields
    )
    add_turn(made, prompt, "Hello, Heiner.")
    return made


# Our own documents


@settings(
    max_examples=30,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
    deadline=None,
)
@given(st.lists(conversations(), max_size=4), st.booleans())
def test_what_was_exported_comes_back_byte_by_byte(
    tmp_path_factory: pytest.TempPathFactory, made: list[Conversation], in_one_file: bool
) -> None:
    tmp_path = tmp_path_factory.mktemp("round")
    for each in made:
        each.id = new_id()
    files = exported(tmp_path / "out", *made)
    if in_one_file:
        texts = [path.read_text("utf-8") for path in sorted(files.iterdir())]
        files = tmp_path / "all"
        files.write_text("[" + ",".join(texts) + "]", "utf-8")
    store = Store(tmp_path / "data", tmp_path / "cache")
    expected = [Outcome.IMPORTED] * len(made) or [Outcome.SKIPPED]
    assert outcomes(store, files) == expected
    for each in made:
        on_disk = (tmp_path / "data" / "conversations" / f"{each.id}.json").read_bytes()
        assert on_disk == EXPORTS["json"].dump(each)
    assert set(outcomes(store, files)) <= {Outcome.UNCHANGED, Outcome.SKIPPED}
    store.close()


def test_a_known_conversation_with_other_messages_is_merged(store: Store, tmp_path: Path) -> None:
    made = sample()
    store.save(made)
    add_turn(made, "And then?", "Then this.")
    made.updated_at = "2026-11-21T07:00:00.000Z"
    made.title, made.title_source = "Elsewhere", TitleSource.USER
    files = exported(tmp_path / "out", made)
    mine = store.load(made.id)
    add_turn(mine, "Here", "Here it is.")
    store.save(mine)
    assert outcomes(store, files) == [Outcome.MERGED]
    merged = store.load(made.id)
    assert len(merged.messages) == 6
    assert (merged.head, merged.title) == (made.head, "Elsewhere")
    assert outcomes(store, files) == [Outcome.UNCHANGED]


def test_an_older_copy_brings_its_messages_and_changes_nothing_else(
    store: Store, tmp_path: Path
) -> None:
    made = sample()
    files = exported(tmp_path / "out", made)
    made.messages.popitem()
    made = Conversation(**{**vars_of(made), "title": "New", "tags": ["x"], "pinned": True})
    made.updated_at = "2026-11-21T08:00:00.000Z"
    store.save(made)
    assert outcomes(store, files) == [Outcome.MERGED]
    merged = store.load(made.id)
    assert (merged.title, merged.tags, merged.pinned) == ("New", ["x"], True)
    assert len(merged.messages) == 2


def vars_of(conversation: Conversation) -> dict[str, Any]:
    return {name: value for name, value in vars(conversation).items() if name[0] != "_"}


def test_what_was_deleted_here_stays_deleted(store: Store, tmp_path: Path) -> None:
    made = sample()
    files = exported(tmp_path / "out", made)
    gone = made.head or ""
    made.discard(gone)
    made.deleted.append(gone)
    made.updated_at = "2026-11-21T08:00:00.000Z"
    store.save(made)
    assert outcomes(store, files) == [Outcome.UNCHANGED]
    assert len(store.load(made.id).messages) == 1


def test_an_id_that_belongs_to_something_else_is_replaced_and_said(
    store: Store, tmp_path: Path
) -> None:
    made, other = sample("mine"), sample("theirs")
    store.save(made)
    other.id = made.id
    files = exported(tmp_path / "out", other)
    (entry,) = bring_in(store, files)
    assert (entry.outcome, entry.id == made.id) == (Outcome.IMPORTED, False)
    assert "belongs to another conversation" in entry.why
    assert entry.id is not None
    assert store.load(entry.id).path()[0].content == "theirs"
    assert store.load(made.id).path()[0].content == "mine"
    assert outcomes(store, files) == [Outcome.UNCHANGED]


def test_a_document_with_an_id_of_another_kind_has_a_new_one(store: Store, tmp_path: Path) -> None:
    made = sample()
    path = tmp_path / "x"
    path.write_bytes(EXPORTS["json"].dump(made).replace(made.id.encode(), b"../../etc/passwd"))
    (entry,) = bring_in(store, path)
    assert entry.outcome is Outcome.IMPORTED
    assert document.is_id(entry.id or "")
    assert "../../etc/passwd" in entry.why
    assert outcomes(store, path) == [Outcome.UNCHANGED]


def test_what_is_in_the_trash_stays_there_and_is_said(store: Store, tmp_path: Path) -> None:
    made = sample()
    files = exported(tmp_path / "out", made)
    store.save(made)
    store.delete(made.id)
    (entry,) = bring_in(store, files)
    assert (entry.outcome, entry.is_fault) == (Outcome.SKIPPED, False)
    assert f"copilot-tui restore {made.id}" in entry.why


def test_a_document_of_a_newer_version_or_a_broken_one_does_not_stop_the_others(
    store: Store, tmp_path: Path
) -> None:
    good, newer = sample(), sample(extra={"version": 2})
    files = exported(tmp_path / "out", good, newer)
    (files / "0.json").write_text('{"version": 1, "id": "x", "messages": [{"id": 1}]}')
    entries = bring_in(store, files)
    assert sorted(entry.outcome for entry in entries) == [
        Outcome.IMPORTED, Outcome.SKIPPED, Outcome.SKIPPED,
    ]  # fmt: skip
    assert sum(entry.is_fault for entry in entries) == 2
    assert [summary.id for summary in store.summaries()] == [good.id]


def test_a_file_in_the_store_that_cannot_be_read_is_left_alone(
    store: Store, tmp_path: Path
) -> None:
    made = sample()
    files = exported(tmp_path / "out", made)
    path = store.data_dir / "conversations" / f"{made.id}.json"
    path.parent.mkdir(parents=True)
    path.write_text("{")
    (entry,) = bring_in(store, files)
    assert (entry.outcome, entry.is_fault) == (Outcome.SKIPPED, True)
    assert path.read_text() == "{"


# Others


@pytest.mark.parametrize("scripts", [
    [stores.ELIA], [stores.OTERM], [stores.LLM_RESPONSES], [stores.LLM_THREADS],
])  # fmt: skip
def test_a_store_that_is_imported_again_makes_no_doubles(
    store: Store, tmp_path: Path, scripts: list[str]
) -> None:
    path = stores.make_database(tmp_path / "db", *scripts)
    first = outcomes(store, path)
    assert Outcome.IMPORTED in first
    again = outcomes(store, path)
    assert [each for each in again if each is not Outcome.SKIPPED] == [Outcome.UNCHANGED]
    assert len(store.summaries()) == 1


def test_an_imported_conversation_that_goes_on_in_both_places_is_merged(
    store: Store, tmp_path: Path
) -> None:
    nodes = [
        stores.node("a", "root", "user", "Hi"),
        stores.node("b", "a", "assistant", "Hello"),
    ]
    path = stores.write_json(tmp_path / "c.json", [stores.chatgpt(*nodes)])
    (entry,) = bring_in(store, path)
    mine = store.load(entry.id or "")
    add_turn(mine, "Here", "Here it is.")
    mine.title, mine.title_source, mine.tags = "Mine", TitleSource.USER, ["work"]
    mine.backend = "g4f"
    store.save(mine)
    nodes.append(stores.node("c", "b", "user", "There", create_time=1814564800))
    stores.write_json(path, [stores.chatgpt(*nodes, update_time=1814564800)])
    assert outcomes(store, path) == [Outcome.MERGED]
    merged = store.load(mine.id)
    assert {m.content for m in merged.messages.values()} == {
        "Hi", "Hello", "Here", "Here it is.", "There",
    }  # fmt: skip
    assert (merged.title, merged.tags, merged.backend) == ("Mine", ["work"], "g4f")
    assert [m.content for m in merged.path()] == ["Hi", "Hello", "There"]
    assert outcomes(store, path) == [Outcome.UNCHANGED]


def test_the_archive_of_chatgpts_export_is_read_as_it_is(store: Store, tmp_path: Path) -> None:
    conversation = stores.chatgpt(stores.node("a", "root", "user", "Hi"))
    path = stores.write_json(tmp_path / "conversations.json", [conversation])
    with zipfile.ZipFile(tmp_path / "export.zip", "w") as archive:
        archive.write(path, "conversations.json")
        archive.writestr("user.json", '{"id": "u"}')
        archive.writestr("chat.html", "<html>")
    assert outcomes(store, tmp_path / "export.zip") == [Outcome.IMPORTED]


def test_a_folder_may_hold_anything_besides(store: Store, tmp_path: Path) -> None:
    folder = exported(tmp_path / "out", sample())
    (folder / "picture.png").write_bytes(b"\x89PNG")
    (folder / ".hidden.json").write_text("{")
    (folder / "link").symlink_to(folder, target_is_directory=True)
    (folder / "sessions").mkdir()
    (folder / "sessions" / "names.yaml").write_text(stores.AICHAT_SESSION)
    entries = bring_in(store, folder)
    assert sorted(entry.outcome for entry in entries) == [
        Outcome.IMPORTED, Outcome.IMPORTED, Outcome.SKIPPED,
    ]  # fmt: skip
    assert not any(entry.is_fault for entry in entries)


def test_a_whole_store_is_taken_in_without_its_trash(store: Store, tmp_path: Path) -> None:
    kept, deleted = sample(), sample()
    other = Store(tmp_path / "other", tmp_path / "other-cache")
    other.save(kept)
    other.save(deleted)
    other.delete(deleted.id)
    other.close()
    assert Outcome.IMPORTED in outcomes(store, tmp_path / "other")
    assert [summary.id for summary in store.summaries()] == [kept.id]


def test_a_folder_with_nothing_to_import_is_a_fault(store: Store, tmp_path: Path) -> None:
    (tmp_path / "x").write_text("x")
    entries = bring_in(store, tmp_path)
    assert [entry.is_fault for entry in entries] == [False, True]


def test_whoever_stops_asking_has_what_came_before(store: Store, tmp_path: Path) -> None:
    files = exported(tmp_path / "out", *(sample(str(n)) for n in range(5)))
    steps = import_files(store, [files])
    next(steps)
    next(steps)
    steps.close()
    assert len(store.summaries()) == 2
    assert outcomes(store, files).count(Outcome.IMPORTED) == 3


def test_how_far_it_is_counts_the_files_of_a_folder_and_the_bytes_of_a_file(
    store: Store, tmp_path: Path
) -> None:
    folder = exported(tmp_path / "out", *(sample() for _ in range(4)))
    parts = [source.part or 0.0 for source, _ in import_files(store, [folder])]
    assert parts == [0.25, 0.5, 0.75, 1.0]
    one = tmp_path / "all.json"
    made = [json.loads(EXPORTS["json"].dump(sample("x" * 2_000_000))) for _ in range(3)]
    one.write_text(json.dumps(made))
    parts = [source.part or 0.0 for source, _ in import_files(store, [one])]
    assert parts == sorted(parts)
    assert parts[0] < 0.6
    assert parts[-1] == 1.0


def test_a_message_keeps_its_exact_text(store: Store, tmp_path: Path) -> None:
    text = "\x00\x1b]0;t\x07a\u202e\ud800\r\n\u2028"
    conversation = stores.chatgpt(stores.node("a", "root", "user", text))
    path = stores.write_json(tmp_path / "c.json", [conversation])
    (entry,) = bring_in(store, path)
    (message,) = store.load(entry.id or "").messages.values()
    assert message == Message(
        id=message.id, role=Role.USER, content=text, created_at=message.created_at
    )
