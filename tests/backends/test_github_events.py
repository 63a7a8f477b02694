"""The events of a captured protocol; never tried against GitHub."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from copilot_tui.backends import Delta
from copilot_tui.backends.github.events import TYPES_MOST, EventReader
from copilot_tui.backends.github.words import _ERROR_TYPES
from copilot_tui.errors import BadReply, ReplyFailed
from tests.mocks.github_chat import CAPTURED, complete, content, error
from tests.server import DONE, event


def reader() -> EventReader:
    return EventReader(lambda text: text.replace("secret", "…"))


def read(*chunks: bytes) -> tuple[EventReader, list[Delta]]:
    reading = reader()
    deltas = [reading.take(chunk) for chunk in chunks]
    if not reading.is_over:
        deltas.append(reading.end())
    return reading, deltas


def text_of(deltas: list[Delta]) -> str:
    return "".join(delta.text for delta in deltas)


def notice(**fields: Any) -> str:
    _, deltas = read(event(fields), complete())
    return deltas[0].notice or ""


def test_the_captured_stream_is_read_however_it_is_cut() -> None:
    for cut in range(len(CAPTURED) + 1):
        reading, deltas = read(CAPTURED[:cut], CAPTURED[cut:])
        assert text_of(deltas) == "ready"
        assert reading.is_complete
        (wire,) = [delta.wire for delta in deltas if delta.wire]
        assert wire == {"parent_message_id": "95bc484f-2bf0-4cb7-b7be-ca2621b92f7b"}


def test_what_one_read_brings_is_one_delta() -> None:
    _, (delta,) = read(content("a") + content("b") + complete("id", model="gpt-4o"))
    assert (delta.text, delta.complete, delta.model) == ("ab", True, "gpt-4o")


def test_nothing_counts_after_the_end() -> None:
    reading, deltas = read(content("a") + complete() + content("b") + error("exception"))
    assert (text_of(deltas), reading.failure) == ("a", None)


def test_done_is_an_end_too() -> None:
    reading, deltas = read(content("a"), DONE)
    assert reading.is_complete
    assert deltas[-1] == Delta(complete=True)


def test_an_end_without_complete_is_not_complete() -> None:
    reading, deltas = read(content("a"))
    assert (text_of(deltas), reading.is_complete, reading.failure) == ("a", False, None)


def test_the_last_line_counts_without_its_end() -> None:
    reading, deltas = read((content("a") + complete()).rstrip())
    assert (text_of(deltas), reading.is_complete) == ("a", True)


@pytest.mark.parametrize("body", [None, 5, "", ["a"]])
def test_content_without_a_text_is_nothing(body: object) -> None:
    _, deltas = read(event({"type": "content", "body": body}), complete())
    assert text_of(deltas) == ""


def test_a_character_in_two_halves_is_whole() -> None:
    halves = (b'data: {"type":"content","body":"\\ud83d"}\n\n', b'data: {"type":"content","body":')
    _, deltas = read(halves[0], halves[1] + b'"\\ude00"}\n\n', complete())
    assert text_of(deltas) == "😀"


@pytest.mark.parametrize("error_type", _ERROR_TYPES)
def test_every_error_type_has_its_sentence_and_the_next_step(error_type: str) -> None:
    reading, deltas = read(content("half ") + error(error_type, "because of secret"))
    assert text_of(deltas) == "half "
    assert isinstance(reading.failure, ReplyFailed)
    assert str(reading.failure).endswith(": because of …")
    assert error_type not in str(reading.failure)
    assert reading.failure.hint


def test_the_error_types_are_those_of_the_protocol() -> None:
    assert set(_ERROR_TYPES) == {
        "exception", "filtered", "publicCode", "contentTooLarge", "rateLimit", "agentUnauthorized",
        "agentRequest", "networkError", "multipleAgentsAttempt",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"errorType": "new", "description": "odd"}, "GitHub reports an error (new): odd"),
        ({"errorType": "new"}, "GitHub reports an error (new)"),
        ({}, "GitHub reports an error"),
        ({"errorType": "filtered"}, "GitHub's content filter stopped the reply"),
        ({"errorType": "new", "description": {"message": "odd"}}, "GitHub reports an error (new)"),
    ],
)
def test_an_error_of_an_unknown_shape_is_said_all_the_same(
    fields: dict[str, Any], words: str
) -> None:
    reading, _ = read(event({"type": "error", **fields}))
    assert str(reading.failure).startswith(words)


@pytest.mark.parametrize(
    "sent", [b"event: error\ndata: no luck\n\n", b'data: {"error": {"message": "no luck"}}\n\n']
)
def test_an_error_of_other_servers_ends_the_reply_too(sent: bytes) -> None:
    reading, _ = read(sent)
    assert isinstance(reading.failure, ReplyFailed)
    assert str(reading.failure) == "no luck"


def test_a_function_call_is_said() -> None:
    assert notice(type="functionCall", name="bing-search") == "GitHub uses bing-search"
    assert notice(type="functionCall", name="x", statusMessage="Searching") == "Searching"
    assert notice(type="functionCall", name="x", errorMessage="no luck") == (
        "GitHub's x failed: no luck"
    )


def test_a_confirmation_is_said_and_is_no_empty_reply() -> None:
    _, (delta, _) = read(event({"type": "confirmation", "title": "Delete?"}), complete())
    assert delta.tool_calls
    assert "Delete?" in (delta.notice or "")
    assert "https://github.com/copilot" in (delta.notice or "")


def test_a_request_for_the_pages_tools_is_said_and_is_no_empty_reply() -> None:
    _, (delta, _) = read(event({"type": "clientSkillsRequest", "toolCalls": [{}]}), complete())
    assert delta.tool_calls
    assert "not offered" in (delta.notice or "")


@pytest.mark.parametrize("ending", [[complete()], []])
def test_an_extensions_error_without_a_text_ends_the_reply(ending: list[bytes]) -> None:
    sent = event({"type": "agentError", "code": "500", "message": "no secret"})
    reading, _ = read(sent, *ending)
    assert not reading.is_complete
    assert str(reading.failure) == "an extension of GitHub failed: no …"


def test_an_extensions_error_beside_a_text_is_a_notice() -> None:
    sent = event({"type": "agentError", "code": "500"})
    reading, deltas = read(content("a"), sent, complete())
    assert reading.is_complete
    assert deltas[1].notice == "an extension of GitHub failed: 500"


@pytest.mark.parametrize("kind", ["threadAutoPickedModel", "routedModel", "complete"])
def test_the_model_that_answers_is_named(kind: str) -> None:
    _, deltas = read(event({"type": kind, "model": "gpt-5-mini"}))
    assert deltas[0].model == "gpt-5-mini"
    _, deltas = read(event({"type": kind, "model": {"odd": 1}}))
    assert deltas[0].model is None


def test_marks_in_a_whole_reply_are_said() -> None:
    marks: dict[str, Any] = {"PublicCodeReference": [{}], "CodeVulnerability": [{}]}
    _, (delta,) = read(content("a") + complete(copilotAnnotations=marks))
    assert "public code" in (delta.notice or "")
    assert "vulnerable" in (delta.notice or "")


@pytest.mark.parametrize("kind", ["debug", "annotations", "droppedComponents", "brandNew"])
def test_what_is_of_no_interest_is_counted_and_left_out(kind: str) -> None:
    reading, deltas = read(event({"type": kind, "body": "x"}), content("a"), complete())
    assert deltas[0] == Delta()
    assert reading.counts == {kind: 1, "content": 1, "complete": 1}


def test_a_server_that_invents_types_without_end_fills_no_memory() -> None:
    made_up = [event({"type": f"type-{number}"}) for number in range(5 * TYPES_MOST)]
    reading, deltas = read(*made_up, content("a"), complete())
    assert text_of(deltas) == "a"
    assert len(reading.counts) <= TYPES_MOST + 1
    assert reading.counts.total() == len(made_up) + 2


def test_what_is_no_json_is_counted_and_said() -> None:
    reading, deltas = read(b"data: {broken\n\n", content("a"))
    assert text_of(deltas) == "a"
    assert "1 piece" in (deltas[-1].notice or "")
    assert reading.failure is None


@pytest.mark.parametrize(
    ("body", "kind", "words"),
    [
        (b'{"message": "no luck"}', ReplyFailed, "no luck"),
        (b"<title>Sign in</title>", BadReply, "a web page: Sign in"),
        (b"[1, 2]", BadReply, "no reply"),
        (b"{" + b"x" * 100_000, BadReply, "no reply"),
    ],
)
def test_a_document_instead_of_a_stream_is_no_reply(
    body: bytes, kind: type[Exception], words: str
) -> None:
    reading, _ = read(body[:3], body[3:])
    assert isinstance(reading.failure, kind)
    assert words in str(reading.failure)


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(st.characters()) | st.floats(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=5,
)
TYPES = (
    "content", "complete", "error", "debug", "functionCall", "confirmation", "agentError",
    "clientSkillsRequest", "threadAutoPickedModel", "routedModel", "annotations", "new",
)  # fmt: skip
FIELDS = (
    "body", "id", "model", "copilotAnnotations", "errorType", "description", "name",
    "statusMessage", "errorMessage", "title", "message", "code", "error",
)  # fmt: skip


@given(st.sampled_from(TYPES) | VALUES, st.dictionaries(st.sampled_from(FIELDS), VALUES))
def test_an_event_of_any_shape_breaks_nothing(kind: object, fields: dict[str, object]) -> None:
    sent = json.dumps({"type": kind, **fields})
    reading, deltas = read(b"data: " + sent.encode() + b"\n\n", content("a"))
    for delta in deltas:
        json.dumps(delta, ensure_ascii=False).encode()
    assert text_of(deltas).endswith("a") or reading.is_over
    assert str(reading.failure)
