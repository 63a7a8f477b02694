"""Bytes of an event stream → the JSON values in it. No I/O.

What real servers send is wider than the standard: events without their blank line, an `error:`
field, `event: error` with any text. All of it is understood here, however the bytes are cut.
Source: https://html.spec.whatwg.org/multipage/server-sent-events.html#parsing-an-event-stream
"""

from __future__ import annotations

from enum import Enum
from json import JSONDecoder
from typing import Any, Final, Literal

from copilot_tui.errors import BadReply

LINE_LIMIT: Final = 16 * 1024 * 1024
"""Bytes of one line; more is no reply that anyone could want."""

HELD_LIMIT: Final = 1024 * 1024
"""Characters of `data:` lines that are no JSON yet and wait for the rest of it."""

HELD_LINES_LIMIT: Final = 1000

_BOM: Final = b"\xef\xbb\xbf"


class Done(Enum):
    """The type of `DONE`."""

    DONE = "[DONE]"


DONE: Final = Done.DONE
"""The event `data: [DONE]`: the server has said everything."""

Event = dict[str, Any] | Literal[Done.DONE]
"""A JSON object. What a server marks as an error in its own way arrives as `{"error": …}`."""

_raw_decode: Final = JSONDecoder().raw_decode


class EventParser:
    """Feed it bytes cut anywhere; it gives each event as soon as its line is whole."""

    def __init__(self) -> None:
        self.dropped = 0
        """Pieces of data that were no JSON and were left out."""
        self._tail: list[bytes] = []
        """The beginning of a line whose end has not come."""
        self._tail_size = 0
        self._after_cr = False
        self._at_start = True
        self._held: list[str] = []
        self._held_size = 0
        self._event_name = ""

    def feed(self, chunk: bytes) -> list[Event]:
        """The events whose lines this chunk completes. Raises BadReply when a line has no end."""
        if self._after_cr or b"\r" in chunk:
            chunk = self._with_line_feeds(chunk)
        end = chunk.rfind(b"\n") + 1
        if not end:
            return self._keep(chunk)
        if self._tail:
            self._tail.append(chunk[:end])
            block = b"".join(self._tail)
            self._tail.clear()
            self._tail_size = 0
        else:
            block = chunk[:end]  # bytes gives itself when nothing is cut off
        if end < len(chunk):
            self._keep(chunk[end:])
        if self._at_start:
            self._at_start = False
            block = block.removeprefix(_BOM)
        return self._events(block.decode("utf-8", "replace"))

    def close(self) -> list[Event]:
        """The events that the body's end completes: the last may lack its blank line."""
        rest = b"".join(self._tail)
        self._tail.clear()
        self._after_cr = False
        return self.feed(rest + b"\n\n")

    def _with_line_feeds(self, chunk: bytes) -> bytes:
        """CR and CRLF as LF, also where a cut parts the two."""
        if not chunk:
            return chunk
        if self._after_cr and chunk[0] == 0x0A:
            chunk = chunk[1:]
            self._after_cr = False
            if not chunk:
                return chunk
        self._after_cr = chunk[-1] == 0x0D
        return chunk.replace(b"\r\n", b"\n").replace(b"\r", b"\n")

    def _keep(self, piece: bytes) -> list[Event]:
        if piece:
            self._tail.append(piece)
            self._tail_size += len(piece)
            if self._tail_size > LINE_LIMIT:
                raise BadReply(
                    f"the server sent a line of more than {LINE_LIMIT // 1024 // 1024} MB",
                    "This is not a chat's answer. Check base_url.",
                )
        return []

    def _events(self, text: str) -> list[Event]:
        """The events of whole lines."""
        events: list[Event] = []
        position, size = 0, len(text)
        while position < size:
            end = text.find("\n", position)
            # The common line, without cutting a string out of the text.
            if text.startswith("data: {", position) and not self._event_name:
                try:
                    value, stop = _raw_decode(text, position + 6)
                except (ValueError, RecursionError):
                    stop = -1
                if stop == end:
                    events.append(value)
                    position = (
                        end + 2 if text.startswith("\n", end + 1) and not self._held else end + 1
                    )
                    continue
            self._take_line(text[position:end], events)
            position = end + 1
        return events

    def _take_line(self, line: str, events: list[Event]) -> None:
        if not line:
            self._end_event(events)
            return
        name, _, value = line.partition(":")
        value = value.removeprefix(" ")
        if name == "data":
            self._take_data(value, events)
        elif name == "event":
            self._event_name = value.strip()
        elif name == "error" and value.strip():
            events.append(_as_error(_json(value), value))

    def _take_data(self, value: str, events: list[Event]) -> None:
        stripped = value.strip()
        if stripped == "[DONE]":
            events.append(DONE)
        elif isinstance(found := _json(value), dict):
            events.append(self._named(found))
        elif stripped or self._held:
            self._hold(value, events)

    def _hold(self, value: str, events: list[Event]) -> None:
        """Keep a line that is no event by itself, and see whether it completes those before it."""
        self._held.append(value)
        self._held_size += len(value) + 1
        if self._held_size > HELD_LIMIT or len(self._held) > HELD_LINES_LIMIT:
            self._let_go()
            self.dropped += 1
            return
        if value.rstrip().endswith("}") and self._held[0].lstrip().startswith("{"):
            joined = _json("\n".join(self._held))
            if isinstance(joined, dict):
                self._let_go()
                events.append(self._named(joined))

    def _end_event(self, events: list[Event]) -> None:
        if self._held:
            text = "\n".join(self._held)
            self._let_go()
            if self._event_name == "error":
                events.append(_as_error(_json(text), text))
            else:
                self.dropped += 1
        self._event_name = ""

    def _let_go(self) -> None:
        self._held.clear()
        self._held_size = 0

    def _named(self, value: dict[str, Any]) -> Event:
        """The event as its `event:` field means it: any name but error counts like none."""
        return _as_error(value, "") if self._event_name == "error" else value


def _as_error(value: object, text: str) -> dict[str, Any]:
    if isinstance(value, dict) and value.get("error"):
        return value
    return {"error": text.strip() if value is None else value}


def _json(text: str) -> object:
    """The JSON value that the text is; None when it is none (or null, which says as little)."""
    try:
        value, end = _raw_decode(text, len(text) - len(text.lstrip()))
    except (ValueError, RecursionError):
        # ValueError also for a number of more digits than Python reads.
        return None
    return value if not text[end:].strip() else None
