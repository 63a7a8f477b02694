"""What is asked, as JSON: made in slices, since a whole branch may be many megabytes."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator, Mapping
from typing import Any, Final

SLICE_CHARS: Final = 1 << 16
"""About so many characters are encoded at once, in a quarter of a millisecond: no thread can take
the interpreter away meanwhile.
"""

_ENCODER: Final = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))


async def as_json(body: Mapping[str, Any]) -> list[bytes]:
    """The body as `json.dumps` makes it, in pieces: to send many megabytes at once would hold the
    loop. A long one is made in a thread.
    """
    if _size(body) <= SLICE_CHARS:
        return [_encoded(_ENCODER.encode(body))]
    return await asyncio.to_thread(lambda: [_encoded(piece) for piece in _pieces(body)])


def _encoded(piece: str) -> bytes:
    # A lone surrogate, which a terminal can paste, has no place in UTF-8.
    return piece.encode("utf-8", "replace")


def _pieces(value: object) -> Iterator[str]:
    """JSON in pieces, none of which takes long to make."""
    if _size(value) <= SLICE_CHARS:
        yield _ENCODER.encode(value)
    elif isinstance(value, str):
        yield '"'
        for start in range(0, len(value), SLICE_CHARS):  # escapes know no neighbours
            yield _ENCODER.encode(value[start : start + SLICE_CHARS])[1:-1]
        yield '"'
    elif isinstance(value, Mapping):
        before = "{"
        for key, each in value.items():
            yield f"{before}{_ENCODER.encode(str(key))}:"
            yield from _pieces(each)
            before = ","
        yield "}"
    elif isinstance(value, list):
        yield from _batches(value)
    else:
        yield _ENCODER.encode(value)


def _batches(values: list[object]) -> Iterator[str]:
    """A list: small values together, long ones each in its own pieces."""
    before = "["
    waiting: list[object] = []
    room = SLICE_CHARS
    for each in values:
        size = _size(each)
        if waiting and size > room:
            yield before + _ENCODER.encode(waiting)[1:-1]
            before, waiting, room = ",", [], SLICE_CHARS
        if size > SLICE_CHARS:
            yield before
            yield from _pieces(each)
            before = ","
        else:
            waiting.append(each)
            room -= size
    if waiting:
        yield before + _ENCODER.encode(waiting)[1:-1]
    yield "]"


def _size(value: object) -> int:
    """About how long a value is; what is longer than a slice may be counted in part."""
    if isinstance(value, str):
        return len(value)
    if isinstance(value, Mapping):
        return sum(map(_size, value.values()))
    if isinstance(value, list):
        size = 0
        for each in value:
            size += 8 + _size(each)
            if size > SLICE_CHARS:
                break
        return size
    return 8
