from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from copilot_tui import document
from copilot_tui.conversation import (
    Attachment,
    Conversation,
    Message,
    Role,
    Status,
    TitleSource,
)
from copilot_tui.errors import NewerDocument, UnreadableDocument

ID = "3f0e2c7a-3d0f-4a52-9c59-0d5e2b1f7a10"

# Half a surrogate pair is text that Python has and UTF-8 has not; two halves beside each other
# become one character in JSON, so here they never meet.
odd_text = st.one_of(
    st.text(st.characters(codec="utf-8"), max_size=20),
    st.sampled_from(
        [
            "\ud800",
            "x\udfffy",
            "\u2028\u2029\x85",
            "\x00\x1b[31m",
            '\\"/\b',
            "é𝄞👩‍👩‍👧",
            "},\n]\n}\n",
        ]
    ),
)
json_values = st.recursive(
    st.one_of(
        st.none(),
        st.booleans(),
        st.integers(),
        st.floats(allow_nan=False, allow_infinity=False),
        odd_text,
    ),
    lambda below: st.one_of(
        st.lists(below, max_size=3), st.dictionaries(odd_text, below, max_size=3)
    ),
    max_leaves=6,
)
objects = st.dictionaries(odd_text, json_values, max_size=3)
unknown_keys = st.dictionaries(
    st.sampled_from(["rating", "x-other", "Ünknown", "messages2", "extra"]), json_values
)
maybe_text = st.one_of(st.none(), odd_text)


@st.composite
def attachments(draw: st.DrawFn) -> Attachment:
    return Attachment(
        name=draw(odd_text),
        media_type=draw(odd_text),
        size=draw(st.integers(min_value=0)),
        text=draw(maybe_text),
        data=draw(maybe_text),
        extra=draw(unknown_keys),
    )


@st.composite
def conversations(draw: st.DrawFn) -> Conversation:
    found = draw(st.lists(st.uuids().map(str), unique=True, max_size=4))
    conversation = Conversation(
        id=ID,
        title=draw(odd_text),
        title_source=draw(st.sampled_from(TitleSource)),
        created_at=draw(odd_text),
        updated_at=draw(odd_text),
        backend=draw(maybe_text),
        model=draw(maybe_text),
        system=draw(maybe_text),
        settings=draw(objects),
        tags=draw(st.lists(odd_text, max_size=3)),
        pinned=draw(st.booleans()),
        archived=draw(st.booleans()),
        deleted=draw(st.lists(odd_text, max_size=2)),
        extra=draw(unknown_keys),
    )
    for id_ in found:
        conversation.add(
            Message(
                id=id_,
                role=draw(st.sampled_from(Role)),
                content=draw(odd_text),
                parent_id=draw(st.one_of(st.none(), st.sampled_from(found))),
                created_at=draw(odd_text),
                status=draw(st.sampled_from(Status)),
                error=draw(maybe_text),
                hint=draw(maybe_text),
                model=draw(maybe_text),
                backend=draw(maybe_text),
                reasoning=draw(odd_text),
                finish_reason=draw(maybe_text),
                usage=draw(st.one_of(st.none(), objects)),
                elapsed_s=draw(st.one_of(st.none(), st.floats(0, 1e6), st.integers(0, 10))),
                attachments=draw(st.lists(attachments(), max_size=2)),
                wire=draw(objects),
                extra=draw(unknown_keys),
            )
        )
    if found:
        conversation.head = draw(st.sampled_from(found))
    return conversation


def minimal(**changes: Any) -> dict[str, Any]:
    return {"version": 1, "id": ID, "messages": [], **changes}


def with_message(**changes: Any) -> dict[str, Any]:
    return minimal(messages=[{"id": "m", "role": "user", "content": "hi", **changes}])


def loads(raw: object) -> Conversation:
    return document.loads(json.dumps(raw).encode(), "x.json")


@settings(max_examples=50, suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(conversations())
def test_a_document_survives_the_round_trip(conversation: Conversation) -> None:
    data = document.dumps(conversation)
    assert document.loads(data) == conversation
    assert document.dumps(document.loads(data)) == data


@settings(max_examples=50, suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(conversations())
def test_other_layouts_of_the_same_document_are_read_alike(conversation: Conversation) -> None:
    raw = json.loads(document.dumps(conversation))
    for indent in (None, 0, 2):
        text = json.dumps(raw, indent=indent)
        assert document.loads(text.encode()) == conversation
    assert document.loads(b"\xef\xbb\xbf" + json.dumps(raw).encode()) == conversation


@settings(max_examples=50, suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(conversations())
def test_the_written_document_is_the_json_that_is_shown(conversation: Conversation) -> None:
    assert json.loads(document.dumps(conversation)) == json.loads(
        json.dumps(document.to_json(conversation))
    )


def test_each_message_stands_on_a_line_of_its_own() -> None:
    conversation = Conversation(id=ID)
    conversation.add(Message(id="a", role=Role.USER, content="one\ntwo"))
    conversation.add(Message(id="b", role=Role.ASSISTANT, content="three", parent_id="a"))
    lines = document.dumps(conversation).decode().split("\n")
    assert lines[-6] == '"messages": ['
    assert json.loads(lines[-5].removesuffix(","))["content"] == "one\ntwo"
    assert json.loads(lines[-4])["id"] == "b"
    assert lines[-3:] == ["]", "}", ""]


def test_the_core_keys_are_always_written_and_empty_ones_left_out() -> None:
    conversation = Conversation(id=ID)
    conversation.add(Message(id="a", role=Role.USER))
    raw = json.loads(document.dumps(conversation))
    assert list(raw) == [
        "version", "id", "title", "title_source", "created_at", "updated_at", "backend", "model",
        "system", "settings", "tags", "pinned", "archived", "deleted", "head", "messages",
    ]  # fmt: skip
    assert raw["messages"] == [
        {
            "id": "a",
            "parent_id": None,
            "role": "user",
            "content": "",
            "created_at": "",
            "status": "complete",
            "error": None,
        }
    ]


@pytest.mark.parametrize("size", [document.SLICE_CHARS - 1, document.SLICE_CHARS * 2 + 7])
def test_a_long_text_is_encoded_in_slices_that_make_one_string(size: int) -> None:
    text = ('é"\\\n\ud800𝄞' * size)[:size]
    long = Message(id="m", role=Role.USER, content=text, reasoning=text, extra={"own": [], "o": {}})
    long.attachments.append(Attachment("n", "t", size, data=text))
    conversation = Conversation(id=ID)
    conversation.add(long)
    assert document.loads(document.dumps(conversation)) == conversation
    assert json.loads(b"".join(document.message_chunks(long))) == document.message_to_json(long)


def test_a_document_longer_than_a_block_is_read_in_blocks() -> None:
    conversation = Conversation(id=ID)
    for place in range(60):
        conversation.add(Message(id=str(place), role=Role.USER, content="y" * 10_000))
    data = document.dumps(conversation)
    assert len(data) > 2 * document.SLICE_CHARS
    assert document.loads(data) == conversation


def test_a_broken_line_in_the_middle_is_found() -> None:
    conversation = Conversation(id=ID)
    for place in range(60):
        conversation.add(Message(id=str(place), role=Role.USER, content="y" * 10_000))
    data = document.dumps(conversation).replace(b'"id": "50"', b'"id": "50', 1)
    with pytest.raises(UnreadableDocument, match=r"x\.json cannot be read: it is not JSON"):
        document.loads(data, "x.json")


def test_a_comma_too_many_is_found_in_a_document_of_blocks() -> None:
    conversation = Conversation(id=ID)
    conversation.add(Message(id="m", role=Role.USER, content="y" * 2 * document.SLICE_CHARS))
    data = document.dumps(conversation).replace(b"}\n]", b"},\n]")
    with pytest.raises(UnreadableDocument, match="it is not JSON"):
        document.loads(data)


def test_nan_and_infinity_become_null() -> None:
    conversation = Conversation(id=ID, extra={"n": float("nan"), "l": [float("inf"), 1.5]})
    conversation.add(Message(id="m", role=Role.USER, usage={"x": float("-inf")}))
    raw = json.loads(document.dumps(conversation))
    assert raw["n"] is None
    assert raw["l"] == [None, 1.5]
    assert raw["messages"][0]["usage"] == {"x": None}
    text = json.dumps(minimal(n=float("nan"), i=[float("inf")])).encode()
    assert document.loads(text).extra == {"n": None, "i": [None]}


@pytest.mark.parametrize(
    ("raw", "wrong"),
    [
        ([], "it is not an object"),
        ("text", "it is not an object"),
        (None, "it is not an object"),
        ({}, "id is missing"),
        (minimal(messages=None), "messages must be a list"),
        ({"id": ID, "messages": []}, "version is missing"),
        (minimal(version="1"), "version is '1'"),
        (minimal(version=True), "version is True"),
        (minimal(version=0), "version is 0"),
        (minimal(id=5), "id must be a string"),
        (minimal(pinned=1), "pinned must be true or false"),
        (minimal(head=7), "head must be a string or null"),
        (minimal(tags=["a", 1]), "tags must be a list of strings"),
        (minimal(deleted=[None]), "deleted must be a list of strings"),
        (minimal(settings=[]), "settings must be an object"),
        (minimal(title_source="model"), "title_source is 'model', which is none of auto, user"),
        (minimal(messages=["hello"]), "messages[0] is not an object"),
        (with_message(content=None), "messages[0].content must be a string"),
        (with_message(role="tool"), "messages[0].role is 'tool', which is none of user,"),
        (with_message(role=[]), "messages[0].role must be a string"),
        (with_message(status="done"), "messages[0].status is 'done', which is none of complete,"),
        (with_message(elapsed_s="1"), "messages[0].elapsed_s must be a number or null"),
        (with_message(usage=[]), "messages[0].usage must be an object or null"),
        (
            with_message(attachments=[{"name": "x"}]),
            "messages[0].attachments.media_type is missing",
        ),
        (with_message(attachments=["x"]), "messages[0].attachments is not an object"),
        (
            minimal(messages=2 * [{"id": "m", "role": "user", "content": ""}]),
            "messages[1].id is that of another message, 'm'",
        ),
        (minimal(messages=[{"id": "m", "content": ""}]), "messages[0].role is missing"),
    ],
)
def test_what_is_wrong_with_a_document_is_named(raw: object, wrong: str) -> None:
    with pytest.raises(UnreadableDocument) as caught:
        loads(raw)
    assert str(caught.value).startswith(f"x.json cannot be read: {wrong}")
    assert caught.value.hint


@pytest.mark.parametrize(
    ("data", "wrong"),
    [
        (b"", "it is empty"),
        (b"\x00" * 100, "it is not JSON"),
        (b'{"version": 1', "it is not JSON"),
        (b"\xff\xfe", "it is not UTF-8 (byte 0)"),
        (b"[" * 100_000, "it is nested too deeply"),
        (b'{"id": ' * 100_000, "it is nested too deeply"),
        (b'{"version": 1' + b"1" * 5000 + b"}", "it is not JSON"),
    ],
)
def test_what_is_no_json_is_named(data: bytes, wrong: str) -> None:
    with pytest.raises(UnreadableDocument, match=r"^x\.json cannot be read: ") as caught:
        document.loads(data, "x.json")
    assert wrong in str(caught.value)


@settings(max_examples=50, suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(conversations(), st.data())
def test_a_torn_document_is_never_taken_for_a_whole_one(
    conversation: Conversation, data: st.DataObject
) -> None:
    whole = document.dumps(conversation)
    # Only the last line's end may be missing.
    cut = data.draw(st.integers(0, len(whole) - 2))
    with pytest.raises(UnreadableDocument):
        document.loads(whole[:cut])


@pytest.mark.parametrize("place", ["top", "message", "usage", "wire"])
def test_a_value_that_is_nested_too_deeply_is_named(place: str) -> None:
    deep: Any = []
    for _ in range(document.MAX_DEPTH + 1):
        deep = [deep]
    raw = {
        "top": minimal(own=deep),
        "message": with_message(own=deep),
        "usage": with_message(usage={"x": deep}),
        "wire": with_message(wire={"x": deep}),
    }[place]
    with pytest.raises(UnreadableDocument, match="nested too deeply"):
        loads(raw)


def test_a_head_that_is_not_there_becomes_the_newest_message() -> None:
    assert loads({**with_message(), "head": "gone"}).head == "m"
    assert loads(minimal(head="gone")).head is None


def test_null_stands_for_what_is_not_set() -> None:
    loaded = loads(with_message(reasoning=None, wire=None, usage=None, model=None))
    message = loaded.messages["m"]
    assert (message.reasoning, message.wire, message.usage, message.model) == ("", {}, None, None)


def test_a_newer_document_is_shown_and_never_written() -> None:
    raw = with_message(role="tool", status="queued", own=1)
    raw |= {"version": 2, "title_source": "model", "new": {"a": []}}
    loaded = loads(raw)
    assert document.is_newer(loaded)
    assert loaded.messages["m"].content == "hi"
    assert loaded.extra == {"version": 2, "new": {"a": []}}
    assert document.to_json(loaded)["version"] == 2
    with pytest.raises(NewerDocument) as caught:
        document.dumps(loaded)
    assert caught.value.hint


def test_a_document_of_this_version_is_not_newer() -> None:
    assert not document.is_newer(loads(minimal()))
    assert not document.is_newer(Conversation(id=ID, extra={"version": "odd"}))


def test_a_reply_may_grow_while_it_is_written() -> None:
    conversation = Conversation(id=ID)
    for id_ in "abc":
        conversation.add(Message(id=id_, role=Role.ASSISTANT, content="x"))
    chunks = []
    for chunk in document.lines(conversation):
        chunks.append(chunk)
        conversation.add(Message(id=f"new{len(chunks)}", role=Role.USER))
        conversation.messages["b"].append("y")
    loaded = document.loads(b"".join(chunks))
    assert list(loaded.messages) == ["a", "b", "c"]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "last",
        "../x",
        ID.upper(),
        ID + "\n",
        ID[:-1],
        f"{ID}/..",
        f"{ID}x",
        "\x00",
        "con",
        "é" * 36,
    ],
)
def test_nothing_but_a_uuid_in_small_letters_is_an_id(text: str) -> None:
    assert document.is_id(ID)
    assert not document.is_id(text)


class EndsMeanwhile(Message):
    """A reply whose last words come while its text is read, in another thread."""

    def __getattribute__(self, name: str) -> Any:
        found = super().__getattribute__(name)
        if name == "content":
            self.append("words")
            self.status = Status.COMPLETE
        return found


def test_a_reply_that_ends_while_it_is_written_is_not_whole_with_less() -> None:
    reply = EndsMeanwhile(id="r", role=Role.ASSISTANT, status=Status.PARTIAL)
    reply.append("last ")
    written = document.message_to_json(reply)
    assert (written["content"], written["status"]) == ("last ", "partial")
