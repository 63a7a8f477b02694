"""Anything at all, where files and servers come in: it is understood, or said to be none."""

from __future__ import annotations

import json
import sqlite3
import tempfile
from contextlib import closing
from itertools import pairwise
from pathlib import Path
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from copilot_tui import document
from copilot_tui.config import load
from copilot_tui.errors import BadReply, ConfigError, UnreadableDocument
from copilot_tui.formats.foreign import Found, Skipped
from copilot_tui.formats.sources import Source
from copilot_tui.sse import DONE, EventParser
from copilot_tui.store.folding import read_journal
from copilot_tui.tui.transcript.markdown import parse_blocks, parse_inline
from tests.store import broken

ID = "11111111-0000-4000-8000-000000000000"

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters(codec=None)),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


@st.composite
def damaged(draw: st.DrawFn, wholes: tuple[bytes, ...]) -> bytes:
    """One of these with pieces taken out, doubled, put elsewhere or replaced."""
    data = bytearray(draw(st.sampled_from(wholes)))
    for _ in range(draw(st.integers(0, 6))):
        start, end = sorted(draw(st.tuples(*2 * [st.integers(0, len(data))])))
        piece = bytes(data[start:end])
        place = draw(st.integers(0, len(data)))
        match draw(st.sampled_from(("cut", "double", "junk"))):
            case "cut":
                del data[start : min(end, start + 50)]
            case "double":
                data[place:place] = piece[:500]
            case _:
                data[place:place] = draw(st.binary(max_size=8))
    return bytes(data)


@st.composite
def altered(draw: st.DrawFn, whole: Any) -> Any:
    """This JSON value with other values in some of its places."""
    if draw(st.integers(0, 9)) == 0:
        return draw(VALUES)
    if isinstance(whole, dict):
        return {k: draw(altered(v)) for k, v in whole.items() if draw(st.integers(0, 19))}
    if isinstance(whole, list):
        return [draw(altered(each)) for each in whole]
    return whole


def fed(data: bytes, cuts: list[int]) -> tuple[list[object], int]:
    parser = EventParser()
    events: list[object] = []
    edges = [0, *sorted(min(cut, len(data)) for cut in cuts), len(data)]
    for start, end in pairwise(edges):
        events += parser.feed(data[start:end])
    return [*events, *parser.close()], parser.dropped


STREAMS = (
    b'data: {"choices": [{"delta": {"content": "hi"}}]}\n\ndata: [DONE]\n\n',
    b'event: error\ndata: {"error": {"message": "no"}}\r\n\r\nid: 7\nretry: 5\n: ping\n\n',
    b'\xef\xbb\xbfdata: {"a":\ndata: "\xf0\x9f\x98\x80"}\n\nerror: {"x": 1}\rdata:[1,2]\r\r',
)


@given(damaged(STREAMS), st.lists(st.integers(0, 300), max_size=6))
def test_any_stream_is_read_the_same_however_it_is_cut(data: bytes, cuts: list[int]) -> None:
    assert_stream(data, cuts)


def assert_stream(data: bytes, cuts: list[int]) -> None:
    events, dropped = fed(data, cuts)
    assert (events, dropped) == fed(data, [])
    assert all(event is DONE or isinstance(event, dict) for event in events)


@given(VALUES, st.lists(st.integers(0, 300), max_size=6))
def test_any_json_in_a_stream_comes_through_or_is_counted(value: Any, cuts: list[int]) -> None:
    line = b"data: " + json.dumps(value).encode() + b"\n\n"
    events, dropped = fed(line + b"data: [DONE]\n\n", cuts)
    assert events[-1] is DONE
    is_null_like = not isinstance(value, dict)
    assert len(events) - 1 + dropped == 1
    assert dropped == is_null_like


DOCUMENTS = (broken.encoded(ID), document.dumps(document.from_json(broken.sample(ID), "it")))


@given(damaged(DOCUMENTS))
def test_any_bytes_are_a_document_that_survives_or_are_named(data: bytes) -> None:
    assert_document(data)


def assert_document(data: bytes) -> None:
    try:
        conversation = document.loads(data)
    except UnreadableDocument:
        return
    if not document.is_newer(conversation):
        again = document.loads(document.dumps(conversation))
        assert again.messages.keys() == conversation.messages.keys()


@given(altered(broken.sample(ID)))
def test_any_values_are_a_document_that_survives_or_are_named(value: Any) -> None:
    try:
        conversation = document.from_json(value, "it")
    except UnreadableDocument:
        return
    conversation.path()
    if not document.is_newer(conversation):
        document.loads(document.dumps(conversation))


HEADER = json.dumps(
    {
        "version": 1,
        "conversation": {"id": ID, "title": "t"},
        "reply": {"id": "r", "role": "assistant", "content": "", "status": "partial"},
    }
).encode()


SEAL = json.dumps(
    {
        "whole": {"content": 5, "reasoning": 3},
        "reply": {"id": "r", "role": "assistant", "status": "complete", "finish_reason": "stop"},
    }
).encode()

JOURNALS = (
    HEADER + b'\n{"t": "one"}\n{"r": "two"}\n{"anew": true}\n{"end": "closed"}\n',
    HEADER + b'\n{"t": "whole"}\n{"r": "two"}\n' + SEAL + b'\n{"end": "closed"}\n',
)


def test_a_journal_with_a_seal_is_that_of_a_whole_reply() -> None:
    left = read_journal(JOURNALS[1], "x.jsonl")
    assert left is not None
    assert left.is_whole
    assert (left.reply.content, left.reply.reasoning) == ("whole", "two")
    assert left.reply.finish_reason == "stop"


@given(damaged(JOURNALS))
def test_any_bytes_are_a_journal_or_are_named(data: bytes) -> None:
    assert_journal(data)


def assert_journal(data: bytes) -> None:
    try:
        left = read_journal(data, "x.jsonl")
    except UnreadableDocument:
        return
    assert left is None or isinstance(left.reply.content, str)


CONFIGURATIONS = (
    b'backend = "work"\nproxy = "http://p:1"\n[backends.work]\nbase_url = "http://x/v1"\n'
    b'model = "m"\nconnect_timeout_s = 3\nallow_http = true\n[keys]\nnew = "ctrl+k"\n',
    b'model = """a\nb"""\r\n["backends".\'a b\']\r\nkind = "demo"\r\napi_key_command = ["a"]\r\n',
)


@given(damaged(CONFIGURATIONS))
def test_any_configuration_is_taken_or_refused_with_its_name(data: bytes) -> None:
    assert_configuration(data)


def assert_configuration(data: bytes) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "config.toml")
        path.write_bytes(data)
        try:
            load({"config": str(path)}, {})
        except ConfigError as error:
            assert "config.toml" in f"{error} {error.hint}"  # noqa: PT017  either is right


def chatgpt() -> dict[str, Any]:
    """An export of one conversation."""
    message = {
        "id": "m",
        "author": {"role": "user"},
        "create_time": 1700000000.5,
        "content": {"content_type": "text", "parts": ["hello"]},
        "metadata": {"model_slug": "gpt"},
    }
    return {
        "title": "t",
        "create_time": 1700000000.0,
        "update_time": 1700000000.0,
        "current_node": "b",
        "conversation_id": ID,
        "mapping": {
            "a": {"id": "a", "message": None, "parent": None, "children": ["b"]},
            "b": {"id": "b", "message": message, "parent": "a", "children": []},
        },
    }


def items_of(data: bytes, name: str = "conversations.json") -> None:
    """Import a file with these bytes; every item is a conversation that can be saved, or says why
    it is none.
    """
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, name)
        path.write_bytes(data)
        for item in Source(path).items():
            if isinstance(item, Found):
                assert document.is_id(item.conversation.id)
                document.loads(document.dumps(item.conversation))
            else:
                assert isinstance(item, Skipped)
                assert item.why


@given(altered([chatgpt(), broken.sample(ID)]))
def test_any_values_in_an_export_are_imported_or_skipped_with_a_reason(value: Any) -> None:
    items_of(json.dumps(value).encode())


AICHAT = b"model: openai:gpt\nmessages:\n- role: user\n  content: hello\n"


@given(damaged((json.dumps([chatgpt()]).encode(), AICHAT, b"PK\x03\x04" + bytes(40))))
def test_any_bytes_are_imported_or_skipped_with_a_reason(data: bytes) -> None:
    items_of(data, "session.yaml")


def database() -> bytes:
    """The store of another program."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "chats.db")
        with closing(sqlite3.connect(path)) as made:
            made.execute("CREATE TABLE chat (id INTEGER, name TEXT, model TEXT)")
            made.execute("CREATE TABLE message (id INTEGER, chat_id INTEGER, text TEXT)")
            made.execute("INSERT INTO chat VALUES (1, 'a', 'b')")
            made.commit()
        return path.read_bytes()


@given(damaged((database(),)))
def test_any_database_is_imported_or_skipped_with_a_reason(data: bytes) -> None:
    items_of(data, "chats.db")


MARKDOWN = (
    "# T\n\n- a\n  - b\n\n| a | b |\n|---|---|\n| `c` | **d** |\n\n```py\nx\n```\n> q\n\n$$x^2$$\n",
    "[l](http://x) ![i](y) <b>h</b> \\(a\\) ~~s~~ 1. o\n***\n&amp; \u202e\x1b[2J [^1]\n",
)


@given(damaged(tuple(text.encode() for text in MARKDOWN)))
def test_any_text_is_markdown(data: bytes) -> None:
    assert_markdown(data)


def assert_markdown(data: bytes) -> None:
    source = data.decode("utf-8", "surrogateescape")
    for token in parse_blocks(source, {}):
        if token.type == "inline":
            assert isinstance(parse_inline(token.content, {}), list)


def test_a_line_without_end_is_refused() -> None:
    parser = EventParser()
    try:
        for _ in range(40):
            parser.feed(b"x" * (1 << 20))
    except BadReply as error:
        assert "16 MB" in str(error)  # noqa: PT017  how far it came is the point
    else:
        raise AssertionError
