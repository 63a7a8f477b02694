"""Everything that a conversation's file may have become, by what happened to it."""

from __future__ import annotations

import gzip
import json
import os
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from copilot_tui.document import MAX_DEPTH

HUGE_BYTES: Final = 200 << 20

UNREADABLE_ID: Final = "dd{:06x}-0000-4000-8000-000000000000"
READABLE_ID: Final = "ee{:06x}-0000-4000-8000-000000000000"


def sample(id_: str, **fields: object) -> dict[str, Any]:
    """A small document of this version."""
    first = {
        "id": "p",
        "parent_id": None,
        "role": "user",
        "content": "a needle",
        "status": "complete",
    }
    second = {
        "id": "r",
        "parent_id": "p",
        "role": "assistant",
        "content": "hay",
        "status": "complete",
    }
    return {
        "version": 1,
        "id": id_,
        "title": "Damaged",
        "title_source": "auto",
        "created_at": "2026-11-21T06:00:00.000Z",
        "updated_at": "2026-11-21T06:00:00.000Z",
        "head": "r",
        "messages": [first, second],
        **fields,
    }


def encoded(id_: str, **fields: object) -> bytes:
    """The same as a file has it."""
    return json.dumps(sample(id_, **fields)).encode()


def messages(*links: tuple[str, str | None]) -> list[dict[str, Any]]:
    """Messages by id and parent."""
    return [
        {"id": id_, "parent_id": parent, "role": "user", "content": f"a needle in {id_}"}
        for id_, parent in links
    ]


def nested(levels: int) -> object:
    """A list in a list in a list…"""
    value: object = []
    for _ in range(levels):
        value = [value]
    return value


def _deep(id_: str) -> bytes:
    return encoded(id_).replace(b'"Damaged"', b"[" * 200_000 + b"]" * 200_000)


UNREADABLE: Final[Mapping[str, Callable[[str], bytes]]] = {
    "empty": lambda _: b"",
    "white space": lambda _: b" \n\t\n",
    "truncated": lambda id_: encoded(id_)[:-40],
    "truncated in a character": lambda id_: "é".join([encoded(id_).decode()[:60], ""]).encode()[
        :-1
    ],
    "zeros after a power cut": lambda id_: b"\x00" * len(encoded(id_)),
    "zeros at its end": lambda id_: encoded(id_)[:-64] + b"\x00" * 64,
    "binary": lambda _: bytes(range(256)) * 64,
    "compressed": lambda id_: gzip.compress(encoded(id_)),
    "UTF-16": lambda id_: encoded(id_).decode().encode("utf-16"),
    "Latin-1": lambda id_: b"\xe9".join(encoded(id_).split(b"hay", 1)),
    "surrogates as UTF-8 never has them": lambda id_: encoded(id_).replace(b"hay", b"\xed\xa0\x80"),
    "twice": lambda id_: encoded(id_) * 2,
    "with the marks of a merge": lambda id_: b"<<<<<<< ours\n" + encoded(id_) + b"\n=======\n",
    "another program's JSON": lambda _: b'{"mapping": {}, "title": "ChatGPT"}',
    "a list": lambda _: b"[]",
    "a number": lambda _: b"7",
    "a number without end": lambda id_: encoded(id_, own=1).replace(
        b'"own": 1', b'"own": ' + b"9" * 5000
    ),
    "null": lambda _: b"null",
    "nested": lambda _: b"[" * 1_000_000,
    "nested objects": lambda _: b'{"a":' * 500_000,
    "nested title": _deep,
    "nested unknown key": lambda id_: encoded(id_, own=nested(MAX_DEPTH + 1)),
    "without a version": lambda id_: encoded(id_).replace(b'"version": 1, ', b""),
    "version 0": lambda id_: encoded(id_, version=0),
    "version text": lambda id_: encoded(id_, version="1"),
    "another's id": lambda _: encoded("ffffffff-0000-4000-8000-000000000000"),
    "an id of control characters": lambda _: encoded("\x1b]0;x\x07"),
    "two messages of one id": lambda id_: encoded(id_, messages=messages(("a", None), ("a", None))),
    "a role of its own": lambda id_: encoded(
        id_, messages=[{"id": "a", "role": "\x1b[2J", "content": ""}]
    ),
    "messages as an object": lambda id_: encoded(id_, messages={"a": 1}),
}
"""What happened → the file that cannot be understood."""

READABLE: Final[Mapping[str, Callable[[str], bytes]]] = {
    "parents that are gone": lambda id_: encoded(
        id_, messages=messages(("a", "gone"), ("b", "a")), head="b"
    ),
    "a cycle": lambda id_: encoded(
        id_, messages=messages(("a", "c"), ("b", "a"), ("c", "b")), head="c"
    ),
    "its own parent": lambda id_: encoded(id_, messages=messages(("a", "a")), head="a"),
    "a cycle beside the branch": lambda id_: encoded(
        id_, messages=messages(("a", None), ("b", "c"), ("c", "b")), head="a"
    ),
    "a head that is gone": lambda id_: encoded(id_, head="gone"),
    "a head of null": lambda id_: encoded(id_, head=None),
    "no messages and a head": lambda id_: encoded(id_, messages=[], head="gone"),
    "a parent that comes later": lambda id_: encoded(
        id_, messages=messages(("b", "a"), ("a", None)), head="b"
    ),
    "empty ids": lambda id_: encoded(id_, messages=messages(("", None), ("b", "")), head="b"),
    "NUL and control characters": lambda id_: encoded(
        id_, title="\x00\x1b]0;x\x07", messages=messages(("\x00\x1b[2J", None)), head="\x00"
    ),
    "half surrogates": lambda id_: encoded(
        id_,
        title="x\ud800",
        messages=[{"id": "\udfff", "role": "user", "content": "\udc80 a needle"}],
    ),
    "no times": lambda id_: encoded(id_, created_at="", updated_at="yesterday"),
    "times that cannot be": lambda id_: encoded(id_, updated_at="9999-12-31T23:59:59-23:59"),
    "numbers that cannot be": lambda id_: encoded(id_).replace(
        b'"content": "hay"', b'"content": "hay", "elapsed_s": 1e999, "usage": {"total_tokens": NaN}'
    ),
    "numbers beyond a float": lambda id_: encoded(
        id_,
        messages=[
            *messages(("a", None)),
            {
                "id": "r",
                "role": "assistant",
                "content": "",
                "elapsed_s": 10**400,
                "reasoning_s": -5,
            },
        ],
    ),
    "a key twice": lambda id_: encoded(id_).replace(b'"version": 1', b'"version": 1, "version": 1'),
    "settings of any kind": lambda id_: encoded(
        id_, settings={"temperature": {"a": []}, "context": 7, "provider": [1], "": None}
    ),
    "a wire of any kind": lambda id_: encoded(
        id_,
        messages=[
            *messages(("a", None)),
            {
                "id": "r",
                "parent_id": "a",
                "role": "assistant",
                "content": "",
                "status": "error",
                "wire": {"conversation_id": [1], "server": {}, "provider": 5, "conversation": "x"},
            },
        ],
        head="r",
    ),
    "a long title": lambda id_: encoded(id_, title="w\n" * 500_000),
    "a deleted message that is there": lambda id_: encoded(id_, deleted=["p", "p", "gone"]),
    "a byte order mark": lambda id_: b"\xef\xbb\xbf" + encoded(id_),
    "a later version": lambda id_: encoded(id_, version=99, messages=messages(("a", None))),
    "a later version with roles of its own": lambda id_: encoded(
        id_, version=2, messages=[{"id": "a", "role": "tool", "content": "a needle"}]
    ),
}
"""What happened → the file that is odd, and read as what it must have meant."""


def plant(folder: Path) -> dict[str, str]:
    """Put all of them into a folder of conversations; what happened by the file's name."""
    planted = {}
    for kinds, pattern in ((UNREADABLE, UNREADABLE_ID), (READABLE, READABLE_ID)):
        for number, (what, make) in enumerate(kinds.items()):
            id_ = pattern.format(number)
            (folder / f"{id_}.json").write_bytes(make(id_))
            planted[f"{id_}.json"] = what
    return planted


def plant_oddities(folder: Path) -> list[str]:
    """Folders, links, pipes and names that no document has; the names that must be said."""
    names = [f"cccccccc-0000-4000-8000-{number:012x}.json" for number in range(6)]
    outside = folder.parent.parent / "outside.json"
    outside.write_bytes(encoded(names[1][:-5]))
    (folder / names[0]).mkdir()
    (folder / names[1]).symlink_to(outside)
    (folder / names[2]).symlink_to(folder / "nowhere")
    (folder / names[3]).symlink_to(folder / names[3])
    os.mkfifo(folder / names[4])
    with (folder / names[5]).open("wb") as huge:
        huge.truncate(HUGE_BYTES)
    strange = [
        "x.json",
        "a b.json",
        "é.json",
        "\x1b[2J.json",
        "AAAAAAAA-0000-4000-8000-000000000000.json",
    ]
    for name in strange:
        (folder / name).write_bytes(encoded(name))
    (folder / os.fsdecode(b"\xff.json")).write_bytes(b"{}")
    (folder / "notes.txt").write_text("not ours")
    (folder / ".hidden.json").write_text("not ours")
    return [*names, "x.json", "a b.json", "é.json", strange[-1]]


def fingerprints(folder: Path) -> dict[str, tuple[int, int, int, int]]:
    """What would tell of any change to what is in a folder."""
    return {name: stamp for name, stamp in _stamps(folder)}


def _stamps(folder: Path) -> Iterator[tuple[str, tuple[int, int, int, int]]]:
    for each in os.scandir(folder):
        status = each.stat(follow_symlinks=False)
        yield each.name, (status.st_ino, status.st_size, status.st_mtime_ns, status.st_mode)
