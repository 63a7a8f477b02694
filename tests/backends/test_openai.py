from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from datetime import timedelta
from email.utils import format_datetime
from typing import Any

import pytest

from copilot_tui.backends import Model
from copilot_tui.backends.openai import OpenAI, body
from copilot_tui.config import BackendConfig
from copilot_tui.conversation import Status, utc_now
from copilot_tui.errors import (
    BadReply,
    ConnectionFailed,
    CutOff,
    Refused,
    ReplyFailed,
    TimedOut,
)
from tests.backends.asking import Tree, asked, gather, hello, no_sleep, openai
from tests.server import CUT, DONE, HANG, RESET, Gate, Server, chunk, delta, event, finish

CONFIG = BackendConfig(name="test", base_url="http://localhost:1/v1", model="m")

ESCAPE_S = 0.2
"""From Escape to the end of the reply."""


@pytest.fixture
async def backend(server: Server) -> AsyncIterator[OpenAI]:
    made = openai(server)
    yield made
    await made.aclose()


# The body.


def test_the_body_is_the_branch_with_its_system_prompt_and_what_was_set() -> None:
    tree = Tree()
    tree.user("one")
    tree.reply("two").append_reasoning("never sent")
    tree.user("three")
    tree.reply("", Status.ERROR)
    tree.user("four")
    tree.reply("fi", Status.PARTIAL)
    tree.user("six")
    request = tree.request(system="be brief", settings={"temperature": 0.5, "other": 1})
    assert body(request, CONFIG) == {
        "model": "m",
        "messages": [
            {"role": "system", "content": "be brief"},
            {"role": "user", "content": "one"},
            {"role": "assistant", "content": "two"},
            {"role": "user", "content": "three"},
            {"role": "user", "content": "four"},
            {"role": "assistant", "content": "fi"},
            {"role": "user", "content": "six"},
        ],
        "stream": True,
        "temperature": 0.5,
        "stream_options": {"include_usage": True},
    }


def test_the_newest_context_is_the_newest_prompt() -> None:
    tree = Tree()
    tree.user("one")
    tree.reply("two")
    tree.user("three")
    assert body(tree.request("newest"), CONFIG)["messages"] == [
        {"role": "user", "content": "three"}
    ]


def test_the_conversations_model_wins() -> None:
    assert body(hello(model="mine"), CONFIG)["model"] == "mine"


async def test_a_lone_surrogate_in_the_prompt_is_sent_as_a_question_mark(
    server: Server, backend: OpenAI
) -> None:
    server.stream(chunk("ok"), DONE)
    tree = Tree()
    tree.user("a\udc80b é")
    await gather(backend.stream(tree.request()))
    assert server.requests[0].json["messages"][0]["content"] == "a?b é"


# Good replies.


async def test_a_reply_arrives_with_its_model_usage_and_finish_reason(server: Server) -> None:
    usage = {"prompt_tokens": 11, "completion_tokens": 6}
    reply = await asked(
        server,
        b": OPENROUTER PROCESSING\r\n\r\n",
        delta(role="assistant", content="", refusal=None, top={"usage": None}),
        chunk("Hel", model="m-1"),
        chunk("lo", model="m-1"),
        finish("stop", model="m-1"),
        event({"choices": [], "usage": usage}),
        DONE,
    )
    assert (reply.text, reply.error, reply.is_complete) == ("Hello", None, True)
    assert reply.last("usage") == usage
    assert reply.last("finish_reason") == "stop"
    assert [delta.model for delta in reply.deltas if delta.model] == ["m-1"]
    assert server.requests[0].path == "/v1/chat/completions"
    assert server.requests[0].headers["accept-encoding"] == "identity"
    assert "authorization" not in server.requests[0].headers


async def test_everything_that_one_read_brings_is_one_delta(server: Server) -> None:
    reply = await asked(server, b"".join(chunk(f"{n} ") for n in range(100)) + finish() + DONE)
    assert len(reply.deltas) == 1
    assert reply.text == "".join(f"{n} " for n in range(100))


async def test_a_stream_in_single_bytes_is_the_same_reply(server: Server) -> None:
    stream = chunk("Hé ") + chunk("\u2028\u0085漢") + finish() + DONE
    reply = await asked(server, *(bytes([byte]) for byte in stream))
    assert (reply.text, reply.is_complete, reply.error) == ("Hé \u2028\u0085漢", True, None)


ODD_CHUNKS = [
    event({"id": "", "choices": [], "prompt_filter_results": [{"prompt_index": 0}]}),
    event({"choices": [{"finish_reason": None, "index": 0, "content_filter_offsets": {}}]}),
    event({"choices": [{"delta": None}]}),
    event({"choices": None}),
    event({"choices": [None]}),
    event({"choices": {"0": 1}}),
    event({"choices": [{"delta": {"role": "assistant", "content": None}}]}),
    event({"choices": [{"delta": {"content": ""}, "finish_reason": ""}]}),
    event({"choices": [{"delta": [1]}], "usage": 5, "model": 7}),
    event({}),
    b"data:\n\n",
    b"data: \n\n",
]


async def test_odd_chunks_are_passed_over(server: Server) -> None:
    reply = await asked(server, *ODD_CHUNKS, chunk("text"), *ODD_CHUNKS, finish(), DONE)
    assert (reply.text, reply.error, reply.notices) == ("text", None, [])


async def test_a_finish_reason_and_the_end_are_a_good_end(server: Server) -> None:
    reply = await asked(server, chunk("text"), finish("eos"))
    assert (reply.text, reply.is_complete, reply.error) == ("text", True, None)


async def test_done_alone_is_a_good_end(server: Server) -> None:
    reply = await asked(server, chunk("text"), b"data:[DONE]")
    assert (reply.is_complete, reply.last("finish_reason"), reply.error) == (True, None, None)


async def test_an_end_with_neither_is_left_to_be_judged(server: Server) -> None:
    reply = await asked(server, chunk("text"))
    assert (reply.text, reply.is_complete, reply.error) == ("text", False, None)


async def test_an_empty_reply_is_left_to_be_judged(server: Server) -> None:
    reply = await asked(server, finish(), DONE)
    assert (reply.text, reply.is_complete, reply.error) == ("", True, None)


@pytest.mark.parametrize("key", ["reasoning", "reasoning_content"])
async def test_reasoning_stands_apart(server: Server, key: str) -> None:
    thoughts = [event({"choices": [{"delta": {key: word}}]}) for word in ("We ", "think")]
    reply = await asked(server, *thoughts, chunk("Hi"), DONE)
    assert (reply.reasoning, reply.text) == ("We think", "Hi")


async def test_reasoning_under_both_names_counts_once(server: Server) -> None:
    reply = await asked(server, delta(reasoning="We", reasoning_content="We"), chunk("Hi"), DONE)
    assert reply.reasoning == "We"


async def test_inline_thinking_stays_in_the_text(server: Server) -> None:
    reply = await asked(server, chunk("<think>We</think>Hi"), DONE)
    assert (reply.reasoning, reply.text) == ("", "<think>We</think>Hi")


async def test_a_refusal_is_text(server: Server) -> None:
    reply = await asked(server, delta(content=None, refusal="I can't."), finish(), DONE)
    assert reply.text == "I can't."


async def test_content_in_parts_is_text(server: Server) -> None:
    parts = [{"type": "text", "text": "Hel"}, {"type": "image"}, {"type": "text", "text": "lo"}]
    assert (await asked(server, delta(content=parts), DONE)).text == "Hello"


async def test_halves_of_a_character_are_joined(server: Server) -> None:
    halves = b'data: {"choices":[{"delta":{"content":"%s"}}]}\n\n'
    reply = await asked(server, halves % rb"a\ud83d", halves % rb"\ude42b", DONE)
    assert reply.text == "a🙂b"


async def test_half_a_character_is_replaced(server: Server) -> None:
    halves = b'data: {"choices":[{"delta":{"content":"%s"}}]}\n\n'
    reply = await asked(server, halves % rb"\udc00a", halves % rb"b\ud83d", finish())
    assert reply.text == "\ufffdab\ufffd"


async def test_a_whole_answer_is_taken_though_a_stream_was_asked_for(
    server: Server, backend: OpenAI
) -> None:
    message = {"role": "assistant", "content": "Hello", "reasoning": "hm"}
    choices = [{"index": 0, "message": message, "finish_reason": "length"}]
    server.answer({"object": "chat.completion", "choices": choices, "usage": {"a": 1}})
    reply = await gather(backend.stream(hello()))
    assert (reply.text, reply.reasoning, reply.is_complete) == ("Hello", "hm", True)
    assert reply.notices == ["the reply was cut at the model's length limit"]
    assert reply.last("usage") == {"a": 1}


@pytest.mark.parametrize(
    ("reason", "word"),
    [("length", "length limit"), ("content_filter", "filter"), ("tool_calls", "tool")],
)
async def test_a_finish_reason_that_matters_is_said(server: Server, reason: str, word: str) -> None:
    reply = await asked(server, chunk("text"), finish(reason), DONE)
    assert reply.error is None
    assert [word in notice for notice in reply.notices] == [True]


async def test_a_tool_call_is_named_once(server: Server) -> None:
    calls = [{"index": 0, "id": "1", "function": {"name": "get_weather", "arguments": ""}}]
    more = [{"index": 0, "function": {"arguments": "{}"}}]
    reply = await asked(
        server, delta(tool_calls=calls), delta(tool_calls=more), finish("tool_calls"), DONE
    )
    assert reply.notices == ["the model asks for the tool get_weather, which is not offered"]
    assert reply.last("tool_calls") is True


async def test_what_made_no_sense_is_counted(server: Server) -> None:
    reply = await asked(server, chunk("a"), b"data: {oops\n\n", chunk("b"), finish())
    assert (reply.text, reply.error) == ("ab", None)
    assert reply.notices == ["1 piece of the reply made no sense and were left out"]


async def test_usage_is_waited_for_only_so_long(server: Server) -> None:
    reply = await asked(server, chunk("text"), finish(), HANG, grace_s=0.05)
    assert (reply.text, reply.is_complete, reply.error) == ("text", True, None)
    assert await server.requests[0].gone()


async def test_a_server_that_stays_open_after_done_is_left(server: Server) -> None:
    reply = await asked(server, chunk("text"), finish(), DONE, HANG, grace_s=60)
    assert (reply.is_complete, reply.error) == (True, None)
    assert await server.requests[0].gone()


async def test_a_cut_after_the_finish_reason_is_a_good_end(server: Server) -> None:
    reply = await asked(server, chunk("text"), finish(), CUT)
    assert (reply.text, reply.is_complete, reply.error) == ("text", True, None)


async def test_the_connection_is_used_again(server: Server, backend: OpenAI) -> None:
    for _ in range(3):
        server.stream(chunk("text"), finish(), DONE)
        assert (await gather(backend.stream(hello()))).text == "text"
    assert server.connections == 1


async def test_two_replies_stream_at_once(server: Server, backend: OpenAI) -> None:
    gates = [Gate(), Gate()]
    for gate in gates:
        server.stream(chunk("a"), gate, chunk("b"), DONE)
    tasks = [asyncio.create_task(gather(backend.stream(hello()))) for _ in gates]
    for gate in gates:
        await gate.reached()
    for gate in reversed(gates):
        gate.open()
    assert [reply.text for reply in await asyncio.gather(*tasks)] == ["ab", "ab"]


# Replies that fail.

FAILURES: list[tuple[bytes, str]] = [
    (event({"error": {"message": "no luck", "type": "server_error"}}), "no luck"),
    (event({"error": "no luck"}), "no luck"),
    (event({"error": [{"message": "no luck"}]}), "no luck"),
    (event({"choices": [{"delta": {}, "error": {"message": "no luck"}}]}), "no luck"),
    (
        event({"error": {"message": "no luck"}, "choices": [{"finish_reason": "error"}]}),
        "no luck",
    ),
    (event({"object": "error", "message": "no luck", "code": 400}), "no luck"),
    (b'event: error\ndata: {"message":"no luck"}\n\n', "no luck"),
    (b"event:error\ndata: no luck\n\n", "no luck"),
    (b'error: {"code":400,"message":"no luck"}\n\n', "no luck"),
    (event({"error": {"code": 7}}), "7"),
    (event({"error": {"message": "x\n" * 5_000}}), "x x x"),
]


@pytest.mark.parametrize(("failure", "words"), FAILURES)
async def test_an_error_in_the_reply_keeps_what_came(
    server: Server, failure: bytes, words: str
) -> None:
    reply = await asked(server, chunk("before ") + chunk("it") + failure + chunk("never"), DONE)
    assert reply.text == "before it"
    assert isinstance(reply.error, ReplyFailed)
    assert str(reply.error).startswith(words)
    assert len(str(reply.error)) <= 500
    assert "\n" not in str(reply.error)


@pytest.mark.parametrize(("failure", "words"), FAILURES[:2])
async def test_an_error_needs_no_done(server: Server, failure: bytes, words: str) -> None:
    reply = await asked(server, failure)
    assert isinstance(reply.error, ReplyFailed)
    assert str(reply.error) == words


async def test_finish_reason_error_without_text_is_a_failure(server: Server) -> None:
    assert isinstance((await asked(server, finish("error"), DONE)).error, ReplyFailed)


async def test_finish_reason_error_with_text_is_said(server: Server) -> None:
    reply = await asked(server, chunk("text"), finish("error"), DONE)
    assert (reply.error, len(reply.notices)) == (None, 1)


async def test_our_own_key_is_masked_in_the_servers_words(server: Server) -> None:
    failing = event({"error": {"message": "bad key sk-secret-123!"}})
    reply = await asked(server, failing, key=lambda _: "sk-secret-123")
    assert str(reply.error) == "bad key …!"
    assert server.requests[0].headers["authorization"] == "Bearer sk-secret-123"


@pytest.mark.parametrize("end", [CUT, RESET])
async def test_a_cut_connection_is_cut_off(server: Server, end: Any) -> None:
    gate = Gate()
    server.stream(chunk("half "), gate, end)
    backend = openai(server)
    stream = backend.stream(hello())
    assert (await anext(stream)).text == "half "
    gate.open()
    with pytest.raises(CutOff, match="cut off"):
        await anext(stream)
    await backend.aclose()


async def test_a_connection_cut_before_the_first_word_has_failed(server: Server) -> None:
    reply = await asked(server, b": working on it\n\n", CUT)
    assert isinstance(reply.error, ConnectionFailed)
    assert "before the first word" in str(reply.error)


async def test_silence_in_the_middle_is_cut_off(server: Server) -> None:
    reply = await asked(server, chunk("half"), HANG, read_timeout_s=0.2)
    assert reply.text == "half"
    assert isinstance(reply.error, CutOff)
    assert await server.requests[0].gone()


async def test_silence_from_the_start_is_timed_out(server: Server) -> None:
    server.raw(HANG)
    backend = openai(server, read_timeout_s=0.2)
    reply = await gather(backend.stream(hello()))
    await backend.aclose()
    assert isinstance(reply.error, TimedOut)
    assert "read_timeout_s" in reply.error.hint


async def test_a_web_page_is_no_reply(server: Server, backend: OpenAI) -> None:
    server.answer("<!doctype html><html><title>Sign in &amp; go</title><body>…</body></html>")
    reply = await gather(backend.stream(hello()))
    assert isinstance(reply.error, BadReply)
    assert str(reply.error) == "the server answered with a web page: Sign in & go"


@pytest.mark.parametrize("answer", [b'{"choices": [{"mess', b"[1, 2]", b'{"status": "ok"}'])
async def test_json_that_is_no_reply_is_refused(
    server: Server, backend: OpenAI, answer: bytes
) -> None:
    server.answer(answer)
    reply = await gather(backend.stream(hello()))
    assert isinstance(reply.error, BadReply | ReplyFailed)


async def test_plain_text_is_no_reply(server: Server, backend: OpenAI) -> None:
    server.answer(b"It works!", headers={"Content-Type": "text/plain"})
    reply = await gather(backend.stream(hello()))
    assert isinstance(reply.error, BadReply)
    assert "text/plain" in str(reply.error)


async def test_an_error_as_a_whole_answer_is_a_failure(server: Server, backend: OpenAI) -> None:
    server.answer({"success": False, "error": {"message": "no luck"}})
    reply = await gather(backend.stream(hello()))
    assert isinstance(reply.error, ReplyFailed)
    assert str(reply.error) == "no luck"


async def test_closing_the_reply_closes_the_socket(server: Server, backend: OpenAI) -> None:
    server.stream(chunk("half"), HANG)
    stream = backend.stream(hello())
    assert (await anext(stream)).text == "half"
    await stream.aclose()
    assert await server.requests[0].gone()


async def test_cancelling_before_the_first_byte_closes_the_socket(
    server: Server, backend: OpenAI
) -> None:
    gate = Gate()
    server.raw(gate)
    task = asyncio.create_task(gather(backend.stream(hello())))
    await gate.reached()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert await server.requests[0].gone()


# Asking again.


async def test_usage_is_not_asked_for_where_it_is_refused(server: Server, backend: OpenAI) -> None:
    detail = [{"type": "extra_forbidden", "loc": ["body", "stream_options", "include_usage"]}]
    server.answer({"object": "error", "message": {"detail": detail}}, status=422)
    server.stream(chunk("text"), DONE)
    server.stream(chunk("again"), DONE)
    reply = await gather(backend.stream(hello()))
    assert (reply.text, reply.notices, reply.error) == ("text", [], None)
    assert (await gather(backend.stream(hello()))).text == "again"
    assert ["stream_options" in request.json for request in server.requests] == [True, False, False]


async def test_another_422_is_not_repeated(server: Server, backend: OpenAI) -> None:
    server.answer({"error": {"message": "too long"}}, status=422)
    assert isinstance((await gather(backend.stream(hello()))).error, Refused)
    assert len(server.requests) == 1


@pytest.mark.parametrize("status", [429, 503])
async def test_a_short_retry_after_is_waited_for_and_said(server: Server, status: int) -> None:
    waited: list[float] = []

    async def sleep(seconds: float) -> None:
        waited.append(seconds)

    server.answer({"error": "busy"}, status=status, headers={"Retry-After": "3"})
    server.stream(chunk("text"), DONE)
    backend = openai(server, sleep=sleep)
    reply = await gather(backend.stream(hello()))
    await backend.aclose()
    assert (reply.text, reply.error, waited) == ("text", None, [1.0, 1.0, 1.0])
    said = [notice.partition(":")[0] for notice in reply.notices]
    assert said == ["trying again in 3 s", "trying again in 2 s", "trying again in 1 s"]


async def test_it_is_tried_again_three_times_at_most(server: Server) -> None:
    server.answer({"error": "busy"}, status=429, headers={"Retry-After": "0"}, repeat=True)
    backend = openai(server, sleep=no_sleep)
    reply = await gather(backend.stream(hello()))
    await backend.aclose()
    assert isinstance(reply.error, Refused)
    assert len(server.requests) == 4


@pytest.mark.parametrize(
    ("status", "header"),
    [(429, "61"), (429, ""), (500, "1"), (429, "soon"), (429, "Wed, 21 Oct 2099 07:28:00 GMT")],
)
async def test_anything_else_fails_at_once(server: Server, status: int, header: str) -> None:
    server.answer({"error": "busy"}, status=status, headers={"Retry-After": header})
    backend = openai(server, sleep=no_sleep)
    reply = await gather(backend.stream(hello()))
    await backend.aclose()
    assert isinstance(reply.error, Refused)
    assert len(server.requests) == 1


async def test_a_long_wait_says_when(server: Server) -> None:
    server.answer({"error": "busy"}, status=429, headers={"Retry-After": "3600"})
    backend = openai(server)
    reply = await gather(backend.stream(hello()))
    await backend.aclose()
    assert reply.error is not None
    assert reply.error.hint == "It can be tried again in 60 min."


async def test_a_retry_after_may_be_a_date(server: Server) -> None:
    date = format_datetime(utc_now() + timedelta(seconds=2.5), usegmt=True)
    server.answer({"error": "busy"}, status=429, headers={"Retry-After": date})
    server.stream(chunk("text"), DONE)
    backend = openai(server, sleep=no_sleep)
    reply = await gather(backend.stream(hello()))
    await backend.aclose()
    assert (reply.text, reply.error) == ("text", None)
    assert reply.notices[-1].startswith("trying again in 1 s: ")
    assert len(reply.notices) in (2, 3)  # the header has no parts of a second


async def test_waiting_can_be_stopped(server: Server) -> None:
    server.answer({"error": "busy"}, status=429, headers={"Retry-After": "30"})
    backend = openai(server)
    stream = backend.stream(hello())
    assert "30 s" in ((await anext(stream)).notice or "")
    task = asyncio.ensure_future(anext(stream))
    await asyncio.sleep(0)
    began = time.monotonic()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    await backend.aclose()
    assert time.monotonic() - began < ESCAPE_S
    assert len(server.requests) == 1


# Models.


async def test_without_a_model_the_first_listed_is_used_and_said(server: Server) -> None:
    server.answer({"data": [{"id": "first"}, {"id": "second"}]}, path="/v1/models")
    for _ in range(2):
        server.stream(chunk("text"), DONE, path="/v1/chat/completions")
    backend = openai(server, model="")
    reply = await gather(backend.stream(hello()))
    again = await gather(backend.stream(hello()))
    await backend.aclose()
    assert reply.notices == ["no model is chosen: using first, the first listed"]
    assert again.notices == []
    assert [request.json["model"] for request in server.requests[1:]] == ["first", "first"]


@pytest.mark.parametrize("answer", [{"data": []}, {"object": "list", "data": None}, []])
async def test_without_any_model_the_error_says_so(server: Server, answer: object) -> None:
    server.answer(answer)
    backend = openai(server, model="")
    reply = await gather(backend.stream(hello()))
    await backend.aclose()
    assert isinstance(reply.error, BadReply)
    assert str(reply.error) == "no model is chosen, and the server lists none"


async def test_models_are_listed_in_every_shape(server: Server, backend: OpenAI) -> None:
    entries = [
        {"id": "a", "owned_by": "x"},
        "b",
        {"name": "c", "owned_by": None},
        None,
        {"id": None},
    ]
    server.answer({"data": entries})
    assert await backend.models() == [Model("a", "x"), Model("b"), Model("c")]


@pytest.mark.parametrize("answer", [b"<html>", b'{"a": 1}', b"5"])
async def test_what_is_no_list_of_models_is_refused(
    server: Server, backend: OpenAI, answer: bytes
) -> None:
    server.answer(answer)
    with pytest.raises(BadReply):
        await backend.models()


async def test_a_slow_reply_is_shown_word_by_word(server: Server, backend: OpenAI) -> None:
    gates = [Gate() for _ in range(20)]
    steps: list[Any] = [part for n, gate in enumerate(gates) for part in (chunk(f"{n} "), gate)]
    server.stream(*steps, DONE)
    stream = backend.stream(hello())
    for number, gate in enumerate(gates):
        assert (await anext(stream)).text == f"{number} "
        gate.open()
    assert (await anext(stream)).complete
    await stream.aclose()
