"""The network as it is: cut anywhere, odd in its words, and left when nobody wants it."""

from __future__ import annotations

import asyncio
import socket
import time
from contextlib import aclosing

import pytest

from copilot_tui.backends.openai import OpenAI
from copilot_tui.config import BackendConfig
from copilot_tui.errors import BackendError, CutOff, RedirectRefused, Refused
from tests.backends.asking import asked, gather, hello, openai
from tests.server import CUT, DONE, PATIENCE_S, RESET, End, Gate, Server, chunk, event, finish

TEXT = "Grüße, 漢字 👩\u200d💻"
EVENTS = (chunk(TEXT), chunk(" and more"), finish(), DONE)
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"
WIRE = HEAD + b"".join(b"%x\r\n%b\r\n" % (len(each), each) for each in EVENTS) + b"0\r\n\r\n"
WHOLE = TEXT + " and more"
END_OF_TEXT = WIRE.index(finish())
"""From here on the reply may be whole: all of its text is there."""

ESCAPE_S = 0.2
"""From Escape to the closed socket."""


@pytest.mark.parametrize("end", [CUT, RESET])
async def test_a_reply_that_is_cut_at_any_byte_keeps_what_came(server: Server, end: End) -> None:
    for place in range(len(WIRE)):
        server.raw(WIRE[:place], end)
        backend = openai(server)
        reply = await gather(backend.stream(hello()))
        await backend.aclose()
        assert WHOLE.startswith(reply.text.removesuffix("\ufffd")), place
        if reply.is_complete:
            assert (reply.text, place > END_OF_TEXT) == (WHOLE, True), place
        elif reply.error is not None and reply.text:
            assert isinstance(reply.error, CutOff), (place, reply.error)
        else:
            assert reply.error is not None or place >= len(HEAD), place


async def test_a_reply_in_single_bytes_of_the_wire_is_the_same_reply(server: Server) -> None:
    server.raw(*(WIRE[place : place + 1] for place in range(len(WIRE))))
    backend = openai(server)
    reply = await gather(backend.stream(hello()))
    await backend.aclose()
    assert (reply.text, reply.is_complete, reply.error) == (WHOLE, True, None)


BODIES = {
    "nothing": b"",
    "words": b"no such thing",
    "an object": b'{"error": {"message": "no such thing"}}',
    "a text": b'{"error": "no such thing"}',
    "a list": b'{"detail": [{"msg": "no such thing", "loc": ["body", 0]}]}',
    "null": b"null",
    "a number": b"7",
    "a page": b"<!doctype html><title>no such thing</title><p>x",
    "torn JSON": b'{"error": {"mess',
    "no UTF-8": b"\xff\xfe no such thing \x80",
    "nested": b'{"error":' * 3000,
}


@pytest.mark.parametrize("shape", BODIES)
async def test_every_refusal_is_one_line_with_its_status(server: Server, shape: str) -> None:
    for status in range(400, 600):
        server.answer(BODIES[shape], status=status)
        backend = openai(server)
        reply = await gather(backend.stream(hello()))
        await backend.aclose()
        assert isinstance(reply.error, Refused), status
        assert str(status) in str(reply.error)
        assert "\n" not in str(reply.error)
        assert len(str(reply.error)) < 700


@pytest.mark.parametrize(
    "kind",
    [
        "text/event-stream; charset=iso-8859-1",
        "text/event-stream; charset=utf-16",
        "text/event-stream; charset=no-such",
        "application/octet-stream",
        "text/plain",
        "video/mp4",
        "",
        "\xff",
    ],
)
async def test_a_stream_is_utf_8_whatever_its_kind_is_said_to_be(server: Server, kind: str) -> None:
    server.stream(*EVENTS, headers={"Content-Type": kind})
    backend = openai(server)
    reply = await gather(backend.stream(hello()))
    await backend.aclose()
    assert (reply.text, reply.is_complete) == (WHOLE, True)


@pytest.mark.parametrize(
    "sent",
    [
        pytest.param(b"", id="before the headers"),
        pytest.param(HEAD, id="after the headers"),
        pytest.param(HEAD + b"5\r\ndata:", id="in a chunk"),
        pytest.param(HEAD[:20], id="in the headers"),
    ],
)
async def test_escape_closes_the_socket_at_once_wherever_the_server_hangs(
    server: Server, sent: bytes
) -> None:
    gate = Gate()  # never opened
    server.raw(sent, gate)
    backend = openai(server)

    async def ask() -> None:
        async with aclosing(backend.stream(hello())) as deltas:
            async for _ in deltas:
                """Nothing comes."""

    task = asyncio.create_task(ask())
    await gate.reached()
    began = time.monotonic()
    task.cancel()
    assert await server.requests[0].gone()
    took_s = time.monotonic() - began
    with pytest.raises(asyncio.CancelledError):
        await task
    await backend.aclose()
    assert took_s < ESCAPE_S


@pytest.mark.parametrize(
    "garbage",
    [b"\x00" * 3000, b"\xff" * 3000, b"data: " * 900 + b"\n\n", b"{" * 5000, b"\r\n" * 999],
)
async def test_garbage_in_a_stream_is_no_reply_and_no_defect(
    server: Server, garbage: bytes
) -> None:
    reply = await asked(server, garbage)
    assert reply.text == ""
    assert not reply.is_complete
    assert reply.error is None or isinstance(reply.error, BackendError)


def azure_filter() -> dict[str, object]:
    inner = {"code": "ResponsibleAIPolicyViolation"}
    words = {"message": "was filtered", "param": "prompt", "code": "content_filter"}
    return {"error": {**words, "type": None, "status": 400, "innererror": inner}}


SAMPLES: dict[str, tuple[bytes, str, str | None]] = {
    "OpenRouter's keep-alive": (b": OPENROUTER PROCESSING\n\n" + b"".join(EVENTS), WHOLE, None),
    "llama.cpp's keep-alive": (b": ping\n\n" + b"".join(EVENTS), WHOLE, None),
    "llama.cpp's empty events": (b"data:\n\ndata: \n\n" + b"".join(EVENTS), WHOLE, None),
    "lines that end in CRLF": (b"".join(EVENTS).replace(b"\n", b"\r\n"), WHOLE, None),
    "lines that end in CR": (b"".join(EVENTS).replace(b"\n", b"\r"), WHOLE, None),
    "no space after data": (b"".join(EVENTS).replace(b"data: ", b"data:"), WHOLE, None),
    "no blank line after DONE": (b"".join(EVENTS).rstrip(b"\n"), WHOLE, None),
    "OpenRouter's error beside a choice": (
        chunk("half ")
        + event(
            {
                "error": {"code": "server_error", "message": "Provider disconnected"},
                "choices": [{"index": 0, "delta": {"content": ""}, "finish_reason": "error"}],
            }
        ),
        "half ",
        "Provider disconnected",
    ),
    "LiteLLM's traceback": (
        chunk("half ") + event({"error": {"message": "litellm.X: a\nTraceback", "code": "400"}}),
        "half ",
        "litellm.X: a Traceback",
    ),
    "LM Studio's event": (
        chunk("half ") + b'event: error\ndata: {"error":{"message":"no memory"}}\n\n',
        "half ",
        "no memory",
    ),
    "llama.cpp's error line": (
        b'error: {"code":400,"message":"the context is full","type":"x"}\n\n' + DONE,
        "",
        "the context is full",
    ),
    "llama.cpp's overflow": (
        event({"error": {"code": 500, "message": "too long", "n_prompt_tokens": 1407}}),
        "",
        "too long",
    ),
    "llama.cpp's end with timings": (
        event({"choices": [{"index": 0, "delta": {"content": None}}]})
        + chunk("whole")
        + event({"choices": [{"finish_reason": "stop", "delta": {}}], "timings": {"a": 1}})
        + DONE,
        "whole",
        None,
    ),
    "g4f's misspelt object": (
        event(
            {
                "object": "chat.completion.cunk",
                "model": None,
                "provider": None,
                "choices": [{"index": 0, "delta": {"content": "whole"}, "finish_reason": None}],
            }
        )
        + finish()
        + DONE,
        "whole",
        None,
    ),
    **{
        f"the finish_reason {reason}": (chunk("whole") + finish(reason), "whole", None)
        for reason in ("stop", "eos", "max_tokens", "function_call", "COMPLETE", "content_filter")
    },
}


@pytest.mark.parametrize("name", SAMPLES)
async def test_what_servers_in_the_wild_say_is_understood(server: Server, name: str) -> None:
    sent, text, failure = SAMPLES[name]
    reply = await asked(server, sent)
    assert reply.text == text
    assert reply.is_complete is (failure is None)
    assert (None if reply.error is None else str(reply.error)) == failure


@pytest.mark.parametrize("reason", [None, ""])
async def test_a_finish_reason_that_says_nothing_ends_nothing(
    server: Server, reason: str | None
) -> None:
    reply = await asked(server, chunk("half"), event({"choices": [{"finish_reason": reason}]}))
    assert (reply.text, reply.is_complete) == ("half", False)


@pytest.mark.parametrize("kind", ["application/json", "text/plain; charset=utf-8", "text/html"])
async def test_a_refusal_is_read_whatever_its_kind_is_said_to_be(server: Server, kind: str) -> None:
    server.answer(azure_filter(), status=400, headers={"Content-Type": kind})
    backend = openai(server)
    reply = await gather(backend.stream(hello()))
    await backend.aclose()
    assert str(reply.error) == "the server answered 400 Bad Request: was filtered"


async def test_a_redirect_to_another_scheme_is_refused(server: Server) -> None:
    target = server.url.replace("http:", "https:") + "/v1/chat/completions"
    server.answer(status=308, headers={"Location": target})
    backend = openai(server)
    reply = await gather(backend.stream(hello()))
    await backend.aclose()
    assert isinstance(reply.error, RedirectRefused)
    assert target in str(reply.error)
    assert f"{server.url}/v1/chat/completions" in str(reply.error)
    assert len(server.requests) == 1


async def test_escape_waits_for_no_handshake() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:  # it accepts, and says nothing
        address = f"https://127.0.0.1:{silent.getsockname()[1]}/v1"
        backend = OpenAI(BackendConfig(name="test", base_url=address, model="m"))
        task = asyncio.create_task(gather(backend.stream(hello())))
        connection, _ = await asyncio.to_thread(silent.accept)
        with connection:
            connection.settimeout(PATIENCE_S)
            assert await asyncio.to_thread(connection.recv, 65536)  # the client begins
            began = time.monotonic()
            task.cancel()
            assert await asyncio.to_thread(connection.recv, 65536) == b""
            assert time.monotonic() - began < ESCAPE_S
        with pytest.raises(asyncio.CancelledError):
            await task
        await backend.aclose()
