from __future__ import annotations

import json
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from copilot_tui import sse
from copilot_tui.errors import BadReply
from copilot_tui.sse import DONE, Event, EventParser

HEL = {"choices": [{"delta": {"content": "Hel"}}]}
LO = {"choices": [{"delta": {"content": "lo \u2028\u2029\u0085 é 漢 🙂"}}]}


def parsed(*chunks: bytes) -> tuple[list[Event], int]:
    parser = EventParser()
    events = [event for chunk in chunks for event in parser.feed(chunk)]
    return events + parser.close(), parser.dropped


def line(value: object) -> bytes:
    return b"data: " + json.dumps(value, ensure_ascii=False).encode()


STREAMS: dict[str, tuple[bytes, list[Event], int]] = {
    "line feeds": (line(HEL) + b"\n\n" + line(LO) + b"\n\ndata: [DONE]\n\n", [HEL, LO, DONE], 0),
    "carriage returns": (
        line(HEL) + b"\r\r" + line(LO) + b"\rdata: [DONE]\r\r",
        [HEL, LO, DONE],
        0,
    ),
    "both": (line(HEL) + b"\r\n\r\n" + line(LO) + b"\r\n\r\n", [HEL, LO], 0),
    "mixed": (line(HEL) + b"\r\n\n" + line(LO) + b"\n\r\r\n", [HEL, LO], 0),
    "a byte order mark": (b"\xef\xbb\xbf" + line(HEL) + b"\n\n", [HEL], 0),
    "comments": (b": OPENROUTER PROCESSING\r\n\r\n:\n" + line(HEL) + b"\n\n: ping\n", [HEL], 0),
    "no space": (b'data:{"a":1}\n\ndata:[DONE]\n\n', [{"a": 1}, DONE], 0),
    "two spaces": (b'data:  {"a":1} \n\n', [{"a": 1}], 0),
    "no blank lines": (
        b'data: {"a":1}\ndata: {"a":2}\ndata: [DONE]',
        [{"a": 1}, {"a": 2}, DONE],
        0,
    ),
    "no final line end": (line(HEL) + b"\n\n" + line(LO), [HEL, LO], 0),
    "several lines": (b'data: {"a":\ndata: [1,\ndata: 2]}\n\n', [{"a": [1, 2]}], 0),
    "lines with an inner brace": (
        b'data: {"a": {\ndata: "b": 1}\ndata: }\n\n',
        [{"a": {"b": 1}}],
        0,
    ),
    "several lines, no end": (b'data: {"a":\ndata: 1}', [{"a": 1}], 0),
    "empty data": (b'data:\n\ndata: \n\ndata\n\ndata: {"a":1}\n\n', [{"a": 1}], 0),
    "no JSON": (b'data: hello\n\ndata: {"a":1}\n\ndata: {"a"\n\n', [{"a": 1}], 2),
    "a scalar is no event": (b"data: 5\n\ndata: null\n\ndata: [1]\n\n", [], 3),
    "a whole line among held ones": (b'data: {"x\ndata: {"a":1}\n\n', [{"a": 1}], 1),
    "a held line ends at its blank line": (b'data: {"a":\n\ndata: 1}\n\n', [], 2),
    "event: error": (
        b'event: error\ndata: {"message":"no"}\n\n',
        [{"error": {"message": "no"}}],
        0,
    ),
    "event:error with error": (b'event:error\ndata: {"error":"no"}\n\n', [{"error": "no"}], 0),
    "event: error with text": (
        b"event: error\ndata: it\ndata: broke\n\n",
        [{"error": "it\nbroke"}],
        0,
    ),
    "event: error ends": (b'event: error\n\ndata: {"a":1}\n\n', [{"a": 1}], 0),
    "any other event": (b'event: message\nid: 7\nretry: 5\ndata: {"a":1}\n\n', [{"a": 1}], 0),
    "an error field": (
        b'error: {"code":400,"message":"no"}\n\n',
        [{"error": {"code": 400, "message": "no"}}],
        0,
    ),
    "an error text": (b"error: out of memory\n\nerror:\n\n", [{"error": "out of memory"}], 0),
    "broken UTF-8": (b'data: {"a":"\xff\xe2\x82"}\n\n', [{"a": "\ufffd\ufffd"}], 0),
    "broken UTF-8 at a line's end": (b'data: \xe2\x82\ndata: {"a":1}\n\n', [{"a": 1}], 1),
    "nesting without end": (b"data: " + b"[" * 5_000 + b"\n\n", [], 1),
    "an endless number": (b'data: {"a":' + b"1" * 5_000 + b"}\n\n", [], 1),
    "nothing": (b"", [], 0),
}


@pytest.mark.parametrize("name", STREAMS)
def test_a_whole_stream_gives_its_events(name: str) -> None:
    stream, events, dropped = STREAMS[name]
    assert parsed(stream) == (events, dropped)


@pytest.mark.parametrize("name", [name for name in STREAMS if len(STREAMS[name][0]) < 1_000])
def test_a_stream_cut_at_any_byte_gives_the_same_events(name: str) -> None:
    stream, events, dropped = STREAMS[name]
    for cut in range(len(stream) + 1):
        assert parsed(stream[:cut], stream[cut:]) == (events, dropped), cut


@pytest.mark.parametrize("name", STREAMS)
def test_a_stream_byte_by_byte_gives_the_same_events(name: str) -> None:
    stream, events, dropped = STREAMS[name]
    assert parsed(*(bytes([byte]) for byte in stream)) == (events, dropped)


PIECES = st.sampled_from(
    [
        b"data: ",
        b"data:",
        b"event: error",
        b"error: ",
        b"\n",
        b"\r",
        b"\r\n",
        b"\n\n",
        b"{",
        b"}",
        b'{"a":1}',
        b'"b"',
        b":",
        b"[DONE]",
        b"[",
        b"]",
        b" ",
        b"\xe2\x82\xac",
        b"\xe2",
        b"\xef\xbb\xbf",
    ]
)


@given(st.lists(PIECES, max_size=40).map(b"".join), st.data())
def test_cuts_never_matter(stream: bytes, data: st.DataObject) -> None:
    cuts = sorted(data.draw(st.lists(st.integers(0, len(stream)), max_size=8)))
    edges = [0, *cuts, len(stream)]
    chunks = [stream[a:b] for a, b in pairwise(edges)]
    assert parsed(*chunks) == parsed(stream)


@given(st.binary(max_size=200), st.integers(0, 200))
def test_any_bytes_are_taken(stream: bytes, cut: int) -> None:
    assert parsed(stream[:cut], stream[cut:]) == parsed(stream)


def test_an_event_is_given_as_soon_as_its_line_is_whole() -> None:
    parser = EventParser()
    assert parser.feed(b'data: {"a":1}') == []
    assert parser.feed(b"\r") == [{"a": 1}]
    assert parser.feed(b'\ndata: {"b":\ndata: 2}\n') == [{"b": 2}]


def test_a_line_without_end_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    parser = EventParser()
    half = b"x" * (sse.LINE_LIMIT // 2)
    parser.feed(half)
    parser.feed(half)
    with pytest.raises(BadReply, match="a line of more than 16 MB"):
        parser.feed(b"x")


def test_what_is_held_is_capped() -> None:
    events, dropped = parsed(b"data: {\n" * (sse.HELD_LINES_LIMIT + 1) + b'\ndata: {"a":1}\n\n')
    assert (events, dropped) == ([{"a": 1}], 1)
    piece = b"data: " + b"x" * 100_000 + b"\n"
    events, dropped = parsed(piece * 11 + b'\ndata: {"a":1}\n\n')
    assert (events, dropped) == ([{"a": 1}], 1)
