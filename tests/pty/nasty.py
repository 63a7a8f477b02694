"""Texts that would control a terminal, and the search for what of them has passed."""

from __future__ import annotations

from random import Random
from typing import Final

HARMFUL: Final = frozenset(
    {
        *map(chr, range(0x20)),
        *map(chr, range(0x7F, 0xA0)),
        *map(chr, range(0x202A, 0x202F)),
        *map(chr, range(0x2066, 0x206A)),
    }
    - {"\t", "\n"}
)

NASTY: Final = {
    "window title": "\x1b]0;OWNED\x07",
    "window title, C1": "\x9d0;OWNED\x9c",
    "clipboard": "\x1b]52;c;T1dORUQ=\x07",
    "link": "\x1b]8;;http://owned.test\x1b\\here\x1b]8;;\x1b\\",
    "size": "\x1b[8;77;99t",
    "colour, C1": "\x9b31;77m",
    "cursor": "\x1b[77;99H\r\x0b\x0c\x08\x08",
    "answerback": "\x05\x1b[77c\x1bZ",
    "device control": "\x1bP+q4f574e4544\x1b\\",
    "application": "\x1b_OWNED\x1b\\\x1b^OWNED\x1b\\\x1bXOWNED\x1b\\",
    "reset": "\x1bc\x1b[!p",
    "alternate screen": "\x1b[?1047h\x1b[?9l",
    "direction": "\u202e\u202d\u202a\u202b\u202c\u2066\u2067\u2068\u2069",
    "halves": "\x1b[",
    "nul and delete": "\x00\x7f\x1a",
    "line ends": "\r\n\x85\x0b",
}

PAYLOADS: Final = (
    b"OWNED\x07",
    b"\x1b]0;OWNED",
    b"\x1b]52;c;T1d",
    b"\x1b]8;;http://owned",
    b"\x1b[8;77;99t",
    b"\x1b[77;99H",
    b"\x1b[77c",
    b"\x1bP+q4f57",
    b"\x1b_OWNED",
    b"\x1b^OWNED",
    b"\x1bXOWNED",
    b"\x1bc",
    b"\x1b[!p",
    b"\x1b[?1047h",
    *(char.encode() for char in sorted(HARMFUL) if ord(char) > 0x7F),
)
"""What the app itself never writes."""


def sampled(seed: int) -> str:
    """Harmful and harmless characters in any order."""
    chance = Random(seed)
    pool = [*sorted(HARMFUL), *"[]0;?mHJ\\P_ab é漢\U0001f600", *NASTY.values()]
    return "".join(chance.choice(pool) for _ in range(30))


def _in_groups(size: int) -> dict[str, str]:
    names = list(NASTY)
    groups = [names[start : start + size] for start in range(0, len(names), size)]
    return {", ".join(group): " ".join(NASTY[name] for name in group) for group in groups}


TEXTS: Final = {**_in_groups(6), "a sample": sampled(1)}


def harm_in(written: str) -> list[str]:
    """Characters that plain output must not have."""
    return [repr(char) for char in sorted(set(written) & HARMFUL)]
