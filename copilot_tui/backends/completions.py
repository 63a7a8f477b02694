"""One reply of the chat/completions wire: chunks of JSON → Deltas."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from contextlib import AsyncExitStack, aclosing, suppress
from typing import TYPE_CHECKING, Any, Final, TypeVar

from copilot_tui.backends import Delta
from copilot_tui.backends.server_words import body_words, is_page, server_words
from copilot_tui.backends.whole_text import WholeText
from copilot_tui.errors import (
    BackendError,
    BadReply,
    ConnectionFailed,
    CutOff,
    Refused,
    ReplyFailed,
    TimedOut,
)
from copilot_tui.sse import DONE, Event, EventParser

if TYPE_CHECKING:
    from copilot_tui.backends.transport import Answer, Transport

GRACE_S: Final = 2.0
"""Seconds after a finish_reason in which usage and [DONE] may still come."""
CLOSING_S: Final = 0.1
"""Seconds after [DONE] in which the body may end, so that the connection can be used again."""
RETRY_LIMIT: Final = 3
RETRIED: Final = frozenset({429, 503})

Sleep = Callable[[float], Awaitable[object]]
Asked = TypeVar("Asked")

_ENDINGS: Final = {
    "length": "the reply was cut at the model's length limit",
    "max_tokens": "the reply was cut at the model's length limit",
    "content_filter": "the server's content filter ended the reply",
    "error": "the server ended the reply with an error and did not say which",
}
_BEFORE_A_BODY: Final = b"\xef\xbb\xbf \t\r\n"


async def stream_completion(
    transport: Transport,
    url: str,
    body: Mapping[str, Any],
    *,
    keep_conversation: bool = False,
    sleep: Sleep = asyncio.sleep,
    grace_s: float = GRACE_S,
) -> AsyncGenerator[Delta, None]:
    """Ask, and give what every read of the socket brings as one Delta. Raises BackendError.

    `keep_conversation`: a `conversation` in the reply goes into `wire` (g4f).
    """
    async with AsyncExitStack() as stack:
        answer: Answer | None = None
        attempts = patiently(
            lambda: stack.enter_async_context(transport.open_stream(url, body)),
            transport.config.max_wait_s,
            sleep,
        )
        async with aclosing(attempts):
            async for step in attempts:
                if isinstance(step, Delta):
                    yield step
                else:
                    answer = step
        assert answer is not None  # it is the last step
        chunks = await stack.enter_async_context(aclosing(answer.chunks()))
        reader = ReplyReader(transport, keep_conversation=keep_conversation)
        loop = asyncio.get_running_loop()
        deadline: float | None = None
        while not reader.is_over:
            chunk = await _next_chunk(chunks, deadline, reader)
            delta = reader.take(chunk) if chunk is not None else reader.end(answer.content_type)
            if reader.failure is not None:
                delta = delta._replace(complete=False)  # whatever it said before it failed
            elif reader.is_complete and deadline is None:
                deadline = loop.time() + grace_s
            if delta != _NOTHING:
                yield delta
            if reader.failure is not None:
                raise reader.failure
        await let_end(chunks)


async def patiently(
    ask: Callable[[], Awaitable[Asked]], max_wait_s: float, sleep: Sleep
) -> AsyncGenerator[Delta | Asked, None]:
    """What `ask` gives, as the last step; before it a notice for each second of waiting.

    A refusal that says when to come back is waited for, at most RETRY_LIMIT times. Raises Refused.
    """
    attempts = 0
    while True:
        try:
            asked = await ask()
        except Refused as error:
            attempts += 1
            wait_s = _wait_before_retry(error, attempts, max_wait_s)
            if not wait_s:
                yield Delta(notice=f"trying again: {error}")
            for left_s in range(wait_s, 0, -1):
                # The seconds first: a server's words may be longer than the line.
                yield Delta(notice=f"trying again in {left_s} s: {error}")
                await sleep(1.0)
        else:
            yield asked
            return


async def let_end(chunks: AsyncGenerator[bytes, None]) -> None:
    """Give the body of a whole reply a moment to end, so that its connection serves again."""
    with suppress(TimeoutError, BackendError):
        async with asyncio.timeout(CLOSING_S):
            async for _ in chunks:
                pass


def unbegun(error: CutOff) -> ConnectionFailed:
    """A cut before the first word: nothing was cut off, there was no reply."""
    reason = str(error).removeprefix("cut off: ")
    return ConnectionFailed(f"{reason} before the first word", "Try again.")


def _wait_before_retry(error: Refused, attempts: int, max_wait_s: float) -> int:
    """Whole seconds to wait before asking again. Raises the error if that is no use."""
    wait_s = error.retry_after_s
    if error.status not in RETRIED or wait_s is None:
        raise error
    if wait_s > max_wait_s or attempts > RETRY_LIMIT:
        raise error
    return int(wait_s) + (wait_s > int(wait_s))


async def _next_chunk(
    chunks: AsyncGenerator[bytes, None], deadline: float | None, reader: ReplyReader
) -> bytes | None:
    """The next bytes of the body; None at its end, or when what is complete goes on too long."""
    try:
        if deadline is None:
            return await anext(chunks)
        async with asyncio.timeout_at(deadline):
            return await anext(chunks)
    except StopAsyncIteration:
        return None
    except TimeoutError:
        return None
    except CutOff as error:
        if reader.is_complete:
            return None
        if not reader.has_spoken:
            raise unbegun(error) from error
        raise
    except (ConnectionFailed, TimedOut):
        if reader.is_complete:
            return None
        raise


class ReplyReader:
    """What the chunks of one reply say. One Delta for everything that is given at once."""

    def __init__(self, transport: Transport, *, keep_conversation: bool) -> None:
        self.is_complete = False
        """A finish_reason or [DONE] has come."""
        self.is_over = False
        """Nothing more is of interest."""
        self.has_spoken = False
        """Some text or reasoning has come."""
        self.failure: BackendError | None = None
        """To be raised once what came before it is given on."""
        self._transport = transport
        self._keep_conversation = keep_conversation
        self._parser = EventParser()
        self._event_count = 0
        self._document: bytearray | None = None
        self._first = b""
        self._model: str | None = None
        self._saw_tools = False
        self._text = WholeText()
        self._reasoning = WholeText()
        self._fresh: dict[str, Any] = {}

    def take(self, chunk: bytes) -> Delta:
        """What these bytes bring."""
        if not self._first:
            self._first = chunk.lstrip(_BEFORE_A_BODY)[:1]
            if self._first in (b"{", b"[", b"<"):
                self._document = bytearray()
        if self._document is not None:
            self._document += chunk
            if len(self._document) > DOCUMENT_LIMIT:
                self._fail(BadReply("the answer is too long"))
            return _NOTHING
        return self._read(self._parser.feed(chunk))

    def end(self, content_type: str) -> Delta:
        """What the end of the body brings."""
        self.is_over = True
        if self._document is not None:
            return self._read_document(bytes(self._document))
        delta = self._read(self._parser.close())
        if not self._event_count and self._first and "text/event-stream" not in content_type:
            kind = content_type.partition(";")[0] or "no event stream"
            self._fail(BadReply(f"the server's answer is no reply ({kind})", "Check base_url."))
        text, reasoning = self._text.end(), self._reasoning.end()
        if text or reasoning:
            delta = delta._replace(text=delta.text + text, reasoning=delta.reasoning + reasoning)
        if dropped := self._parser.dropped:
            delta = delta._replace(notice=dropped_notice(dropped))
        return delta

    def _read(self, events: list[Event]) -> Delta:
        texts: list[str] = []
        thoughts: list[str] = []
        self._event_count += len(events)
        for event in events:
            if event is DONE:
                self.is_complete = self.is_over = True
                self._fresh["complete"] = True
                break
            self._read_event(event, texts, thoughts)
            if self.failure is not None:
                break
        return self._delta("".join(texts), "".join(thoughts))

    def _delta(self, text: str, reasoning: str) -> Delta:
        text = self._text.take(text)
        reasoning = self._reasoning.take(reasoning)
        if not self._fresh:
            return Delta(text, reasoning)
        fresh, self._fresh = self._fresh, {}
        return Delta(text, reasoning, **fresh)

    def _read_event(self, event: dict[str, Any], texts: list[str], thoughts: list[str]) -> None:
        choices = event.get("choices")
        if choices and isinstance(choices, list) and isinstance(choice := choices[0], dict):
            self._read_choice(choice, texts, thoughts)
        if (model := event.get("model")) and model != self._model and isinstance(model, str):
            self._model = self._fresh["model"] = model
        if usage := event.get("usage"):
            self._take_object("usage", usage)
        if conversation := event.get("conversation"):
            self._take_object("wire", conversation)
        if error := event.get("error"):
            self._fail_with(error)
        elif event.get("object") == "error":
            self._fail_with(event)

    def _read_choice(self, choice: dict[str, Any], texts: list[str], thoughts: list[str]) -> None:
        delta = choice.get("delta")
        if delta is None and not self.has_spoken:
            delta = choice.get("message")  # a whole reply as one event
        if isinstance(delta, dict):
            self._read_delta(delta, texts, thoughts)
        if finish_reason := choice.get("finish_reason"):
            self._finish(str(finish_reason))
        if error := choice.get("error"):
            self._fail_with(error)

    def _read_delta(self, delta: dict[str, Any], texts: list[str], thoughts: list[str]) -> None:
        if content := delta.get("content"):
            texts.append(content if isinstance(content, str) else _text_of(content))
            self.has_spoken = True
        if thought := (delta.get("reasoning_content") or delta.get("reasoning")):
            thoughts.append(thought if isinstance(thought, str) else _text_of(thought))
            self.has_spoken = True
        if refusal := delta.get("refusal"):
            texts.append(_text_of(refusal))
            self.has_spoken = True
        if (calls := delta.get("tool_calls")) and not self._saw_tools:
            self._saw_tools = True
            self._fresh["tool_calls"] = True
            self._fresh["notice"] = f"the model asks for {_tool_name(calls)}, which is not offered"

    def _finish(self, reason: str) -> None:
        self.is_complete = True
        self._fresh["complete"] = True
        self._fresh["finish_reason"] = reason
        if notice := _ENDINGS.get(reason):
            self._fresh["notice"] = notice
        if reason == "error" and not self.has_spoken:
            self._fail(ReplyFailed(_ENDINGS["error"], "Try again, or choose another model."))
        if reason in ("tool_calls", "function_call") and not self._saw_tools:
            self._fresh["tool_calls"] = True
            self._fresh["notice"] = "the model asks for a tool, which is not offered"

    def _take_object(self, name: str, value: object) -> None:
        if not isinstance(value, dict):
            return
        if name == "usage":
            self._fresh["usage"] = value
        elif self._keep_conversation:
            self._fresh["wire"] = {"conversation": value}

    def _read_document(self, body: bytes) -> Delta:
        """An answer in one piece, though a stream was asked for."""
        try:
            document = json.loads(body)
        except (ValueError, RecursionError):
            document = None
        if not isinstance(document, dict):
            words = body_words(body, self._transport.masked)
            kind = "a web page" if is_page(body[:100].decode("utf-8", "replace")) else "no reply"
            self._fail(BadReply(f"the server answered with {kind}: {words}", "Check base_url."))
            return _NOTHING
        self._event_count += 1
        texts: list[str] = []
        thoughts: list[str] = []
        self._read_event(document, texts, thoughts)
        if self.has_spoken or self._saw_tools:
            self.is_complete = True  # it was whole, or it would not be JSON
            self._fresh["complete"] = True
        elif self.failure is None and not isinstance(document.get("choices"), list):
            self._fail_with(document)
        return self._delta("".join(texts), "".join(thoughts))

    def _fail_with(self, error: object) -> None:
        words = server_words(error, self._transport.masked)
        self._fail(ReplyFailed(words or _ENDINGS["error"]))

    def _fail(self, failure: BackendError) -> None:
        if self.failure is None or str(self.failure) == _ENDINGS["error"]:
            self.failure = failure
        self.is_over = True


DOCUMENT_LIMIT: Final = 32 * 1024 * 1024
_NOTHING: Final = Delta()


def dropped_notice(count: int) -> str:
    """What is said about pieces of a stream that were no JSON."""
    pieces = "1 piece" if count == 1 else f"{count} pieces"
    return f"{pieces} of the reply made no sense and were left out"


def _text_of(content: object) -> str:
    """The text of content that is a list of parts."""
    if isinstance(content, str):
        return content
    if isinstance(content, list):
        return "".join(map(_text_of, content))
    return _text_of(content.get("text")) if isinstance(content, dict) else ""


def _tool_name(calls: object) -> str:
    call = calls[0] if isinstance(calls, list) else calls
    function = call.get("function") if isinstance(call, dict) else None
    name = function.get("name") if isinstance(function, dict) else None
    return f"the tool {server_words(name)}" if name else "a tool"
