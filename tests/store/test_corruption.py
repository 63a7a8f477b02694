from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any
from unittest.mock import ANY

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from copilot_tui import document
from copilot_tui.conversation import Conversation, Message, Role, Status
from copilot_tui.errors import NewerDocument, StoreError, UnreadableDocument
from copilot_tui.formats import EXPORTS, file_name
from copilot_tui.store import Draft, Store, ViewState, merge, summary_of
from copilot_tui.store.files import MAX_BYTES, Stamp
from copilot_tui.store.texts import milliseconds, page_of
from tests.store import broken

ID = "11111111-0000-4000-8000-000000000000"


def use(conversation: Conversation) -> None:
    """What the program does with every conversation that it could read."""
    assert all(message.id in conversation.messages for message in conversation.path())
    for id_ in conversation.messages:
        assert id_ in [each.id for each in conversation.siblings(id_)]
        conversation.path(id_)
    summary_of(conversation)
    for text in page_of(conversation, Stamp(0, 0, 0)).texts:
        milliseconds(text.created_at)
    for format_, export in EXPORTS.items():
        if format_ == "json" or not document.is_newer(conversation):
            assert export.dump(conversation, every_branch=True)
        assert file_name(conversation, export.suffix)
    document.dump_value(document.to_json(conversation))
    if not document.is_newer(conversation):
        other = document.loads(document.dumps(conversation))
        assert other.messages.keys() == conversation.messages.keys()
        merge(None, conversation, other)
    for id_ in list(conversation.messages):
        conversation.select(id_)
        conversation.path()


def checked(data: bytes) -> Conversation:
    """The conversation in the file of this id."""
    conversation = document.loads(data, f"{ID}.json")
    if conversation.id != ID:  # which is for who knows the file's name
        raise document.unreadable(f"{ID}.json", "its id is another")
    return conversation


@pytest.mark.parametrize("what", broken.UNREADABLE)
def test_a_file_that_cannot_be_understood_says_so(what: str) -> None:
    data = broken.UNREADABLE[what](ID)
    with pytest.raises(UnreadableDocument, match=f"^{ID}.json cannot be read: ") as caught:
        checked(data)
    assert caught.value.hint
    assert len(str(caught.value)) < 300


@pytest.mark.parametrize("what", broken.READABLE)
def test_an_odd_document_can_be_used_like_any_other(what: str) -> None:
    use(document.loads(broken.READABLE[what](ID), f"{ID}.json"))


VALUES: list[Any] = [
    None, True, 0, -1, 1.5, 10**400, 1e300, "", "x", "\ud800\x00\x1b", [], [[]], ["x"], [None], {},
    {"": {}}, {"id": []}, broken.nested(99), broken.nested(101), broken.nested(3000),
]  # fmt: skip

PLACES = [
    *(("top", key) for key in broken.sample(ID)),
    *(("top", key) for key in ("backend", "model", "system", "settings", "tags", "pinned")),
    *(("top", key) for key in ("archived", "deleted", "own")),
    *(("message", key) for key in ("id", "parent_id", "role", "content", "created_at", "status")),
    *(("message", key) for key in ("error", "hint", "model", "backend", "reasoning", "usage")),
    *(("message", key) for key in ("finish_reason", "elapsed_s", "reasoning_s", "attachments")),
    *(("message", key) for key in ("wire", "own")),
    *(("attachment", key) for key in ("name", "media_type", "size", "text", "data", "own")),
    *(("wire", key) for key in ("conversation_id", "server", "conversation", "provider")),
    *(("settings", key) for key in ("temperature", "context", "provider", "max_tokens")),
]


@pytest.mark.parametrize(("level", "key"), PLACES)
def test_any_value_in_any_place_is_named_or_used(level: str, key: str) -> None:
    for value in VALUES:
        raw = broken.sample(ID)
        message: dict[str, Any] = raw["messages"][1]
        attachment: dict[str, Any] = {"name": "a", "media_type": "text/plain", "size": 1}
        message |= {"attachments": [attachment], "wire": {}}
        raw["settings"] = {}
        place = {
            "top": raw,
            "message": message,
            "attachment": attachment,
            "wire": message["wire"],
            "settings": raw["settings"],
        }[level]
        place[key] = value
        try:
            conversation = document.from_json(raw, "it")
        except UnreadableDocument:
            continue
        use(conversation)


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.data())
def test_a_document_with_any_byte_changed_is_named_or_used(data: st.DataObject) -> None:
    whole = bytearray(document.dumps(document.from_json(broken.sample(ID), "it")))
    for _ in range(data.draw(st.integers(1, 4))):
        whole[data.draw(st.integers(0, len(whole) - 1))] = data.draw(st.integers(0, 255))
    try:
        conversation = document.loads(bytes(whole), "x.json")
    except UnreadableDocument:
        return
    use(conversation)


@pytest.fixture
def ruins(store: Store, data_dir: Path, conversation: Conversation) -> dict[str, str]:
    """A good conversation among everything that can be wrong."""
    store.save(conversation)
    return broken.plant(data_dir / "conversations")


def test_the_rest_loads_whatever_is_among_it(
    store: Store, data_dir: Path, conversation: Conversation, ruins: dict[str, str]
) -> None:
    folder = data_dir / "conversations"
    odd = broken.plant_oddities(folder) if sys.platform != "win32" else []
    before = broken.fingerprints(folder)
    listed = {each.id for each in store.summaries()}
    readable = {broken.READABLE_ID.format(number) for number in range(len(broken.READABLE))}
    assert listed == {conversation.id, *readable}
    said = "\n".join(map(str, store.problems()))
    for name in [*(name for name in ruins if name[:-5] not in readable), *odd]:
        assert name in said
    assert store.load(conversation.id).messages.keys() == conversation.messages.keys()
    store.update_search()
    for whole in (False, True):
        found = {hit.conversation_id for hit in store.search("needle", whole=whole).hits}
        assert readable >= found
        assert len(found) > 10
        assert [hit.conversation_id for hit in store.search("Heiner", whole=whole).hits] == [
            conversation.id
        ]
    store.recover()
    store.trashed()
    assert broken.fingerprints(folder) == before


def test_what_cannot_be_understood_is_never_written(
    store: Store, data_dir: Path, ruins: dict[str, str]
) -> None:
    folder = data_dir / "conversations"
    before = broken.fingerprints(folder)
    for number in range(len(broken.UNREADABLE)):
        id_ = broken.UNREADABLE_ID.format(number)
        with pytest.raises(StoreError, match=id_):
            store.load(id_)
        with pytest.raises(StoreError, match=id_):
            store.rename(id_, "new")
        with pytest.raises(StoreError, match=id_):
            store.save(Conversation(id=id_))
    assert broken.fingerprints(folder) == before


def test_an_odd_conversation_can_be_gone_on_with(
    store: Store, other: Store, ruins: dict[str, str]
) -> None:
    for number, what in enumerate(broken.READABLE):
        conversation = store.load(broken.READABLE_ID.format(number))
        asked = Message(id="new", role=Role.USER, content="more", parent_id=conversation.head)
        conversation.add(asked)
        if document.is_newer(conversation):
            with pytest.raises(NewerDocument):
                store.save(conversation)
            continue
        store.save(conversation)
        loaded = other.load(conversation.id)
        assert loaded.messages.keys() == conversation.messages.keys(), what
        assert loaded.path()[-1].content == "more", what


@pytest.mark.skipif(sys.platform == "win32" or os.getuid() == 0, reason="root may read everything")
def test_a_file_that_may_not_be_read_is_named(
    store: Store, data_dir: Path, conversation: Conversation
) -> None:
    store.save(conversation)
    path = data_dir / "conversations" / f"{conversation.id}.json"
    path.chmod(0)
    assert store.summaries() == []
    assert path.name in str(store.problems()[0])
    path.chmod(0o600)
    assert [each.id for each in store.summaries()] == [conversation.id]


DAMAGES: dict[str, bytes] = {
    "empty": b"",
    "binary": bytes(range(256)),
    "foreign": b'{"mapping": {}}\n{"t": "x"}\n',
    "a list": b"[]\n[]\n",
    "nested": b"[" * 500_000 + b"\n",
    "a torn header": b'{"version": 1, "conversation": {"id": "',
    "wrong types": b'{"version": 1, "conversation": 5, "reply": []}\n{"t": 5}\n',
    "nulls": b"null\nnull\n",
    "a later version": b'{"version": 9, "conversation": {"id": "x"}, "reply": '
    b'{"id": "m", "role": "assistant", "content": ""}}\n{"t": "x"}\n',
    "not UTF-8": b'{"version": 1, "conversation": "\xff"}\n',
    "surrogates": b'{"version": 1, "conversation": "\\ud800"}\n',
    "a number without end": b'{"version": ' + b"9" * 5000 + b"}\n",
}


@pytest.mark.parametrize("what", DAMAGES)
def test_a_broken_journal_hides_no_conversation(
    store: Store, data_dir: Path, conversation: Conversation, what: str
) -> None:
    store.save(conversation)
    folder = data_dir / "journal"
    folder.mkdir(mode=0o700)
    journal = folder / f"{conversation.id}.{ID}.jsonl"
    journal.write_bytes(DAMAGES[what])
    store.recover()
    assert [each.id for each in store.summaries()] == [conversation.id]
    assert store.load(conversation.id).messages.keys() == conversation.messages.keys()
    # A first line that was never whole holds nothing.
    if b"\n" in DAMAGES[what]:
        assert journal.read_bytes() == DAMAGES[what]
        assert journal.name in str(store.problems()[0])


LINES = {
    "torn": b'{"t": "wor',
    "null": b"null\n",
    "a number": b"5\n",
    "a list as text": b'{"t": ["x"]}\n',
    "nested": b"[" * 200_000 + b"\n",
    "binary": bytes(range(256)) + b"\n",
    "a number without end": b'{"t": ' + b"9" * 5000 + b"}\n",
}


@pytest.mark.parametrize("what", LINES)
def test_a_broken_line_of_a_journal_costs_no_other(
    store: Store, other: Store, conversation: Conversation, what: str
) -> None:
    reply = conversation.messages[conversation.head or ""]
    reply.content, reply.status = "", Status.PARTIAL
    store.save(conversation)
    journal = store.open_journal(conversation, reply)
    journal.append("first ")
    journal.flush()
    journal.close()
    (path,) = (store.data_dir / "journal").glob("*.jsonl")
    kept = path.read_bytes()
    path.write_bytes(kept + LINES[what] + b'\n{"t": "last"}\n')
    content = other.load(conversation.id).messages[reply.id].content
    assert content.startswith("first ")
    assert content.endswith("last")
    assert "[" not in content


@pytest.mark.parametrize("what", DAMAGES)
def test_a_broken_draft_or_place_hides_no_conversation(
    store: Store, data_dir: Path, conversation: Conversation, what: str
) -> None:
    store.save(conversation)
    store.save_draft(conversation.id, Draft("words"))
    name = f"{conversation.id}.json"
    for folder in ("drafts", "state"):
        (data_dir / folder).mkdir(mode=0o700, exist_ok=True)
        (data_dir / folder / name).write_bytes(DAMAGES[what])
    with pytest.raises(UnreadableDocument, match=name):
        store.draft(conversation.id)
    assert store.draft(conversation.id) is None
    (aside,) = (data_dir / "drafts").iterdir()
    assert aside.read_bytes() == DAMAGES[what]
    assert store.view_state(conversation.id) in (None, ViewState(extra=ANY))
    assert store.load(conversation.id).messages.keys() == conversation.messages.keys()


@pytest.mark.parametrize(
    "folder", ["conversations", "journal", "drafts", "state", "trash", "locks"]
)
@pytest.mark.parametrize("make", [Path.touch, lambda path: path.symlink_to("nowhere")])
def test_a_folder_that_is_none_is_told_and_never_replaced(
    store: Store,
    data_dir: Path,
    conversation: Conversation,
    folder: str,
    make: Callable[[Path], None],
) -> None:
    data_dir.mkdir()
    path = data_dir / folder
    make(path)
    before = os.lstat(path)
    for work in (
        store.summaries,
        store.recover,
        store.trashed,
        store.drafts,
        lambda: store.save(conversation),
        lambda: store.load(conversation.id),
        lambda: store.save_draft(conversation.id, Draft("x")),
        lambda: store.draft(conversation.id),
        lambda: store.view_state(conversation.id),
        lambda: store.search("x", whole=True),
        store.update_search,
    ):
        with suppress(StoreError):
            work()
    assert os.lstat(path).st_ino == before.st_ino


def test_a_file_too_large_for_a_conversation_is_named_and_not_read(
    store: Store, data_dir: Path, conversation: Conversation
) -> None:
    store.save(conversation)
    path = data_dir / "conversations" / f"{ID}.json"
    with path.open("wb") as file:
        file.truncate(MAX_BYTES + 1)
    assert [each.id for each in store.summaries()] == [conversation.id]
    assert "larger than 1 GB" in str(store.problems()[0])


def test_what_is_written_by_hand_may_name_its_messages_as_it_likes(
    store: Store, data_dir: Path
) -> None:
    path = data_dir / "conversations" / f"{ID}.json"
    path.parent.mkdir(parents=True)
    path.write_text(json.dumps({"version": 1, "id": ID, "messages": []}))
    assert store.load(ID).messages == {}
