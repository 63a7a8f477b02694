"""The body of a request, made in slices."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest

from copilot_tui.backends import request_body
from copilot_tui.backends.request_body import as_json


def whole(body: dict[str, Any]) -> bytes:
    return json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")


LONG = 'ä "quoted" \\ \n\u2028 \ud800 😀 ' * 4

BODIES: list[dict[str, Any]] = [
    {},
    {"model": "", "messages": [], "stream": True, "temperature": 0.5, "provider": None},
    {"messages": [{"role": "user", "content": text} for text in ("", "a", LONG, LONG * 9, "b")]},
    {"messages": [{"role": "user", "content": [{"type": "text", "text": LONG * 3}, {}, []]}]},
    {"content": LONG * 5, "references": [[LONG, [LONG * 2]], LONG], "none": None, "ü": [1, 2.5]},
]


@pytest.mark.parametrize("slice_chars", [1, 7, 64, 100_000])
@pytest.mark.parametrize("body", BODIES)
async def test_a_body_in_slices_is_the_body_at_once(
    body: dict[str, Any], slice_chars: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(request_body, "SLICE_CHARS", slice_chars)
    assert b"".join(await as_json(body)) == whole(body)


async def test_a_body_of_many_megabytes_is_made_beside_the_loop_in_small_pieces() -> None:
    messages = [{"role": "user", "content": "words and “more” words\n" * 4_000} for _ in range(50)]
    messages.append({"role": "user", "content": "one long line " * 200_000})
    making = asyncio.ensure_future(as_json({"messages": messages}))
    turns = 0
    while not making.done():
        await asyncio.sleep(0)
        turns += 1
    pieces = making.result()
    assert turns > 1
    assert b"".join(pieces) == whole({"messages": messages})
    assert max(map(len, pieces)) < request_body.SLICE_CHARS * 4
