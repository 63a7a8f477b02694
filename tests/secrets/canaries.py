"""Made-up secrets, and the search for them in every byte that the program has written."""

from __future__ import annotations

import base64
from pathlib import Path
from typing import Final
from urllib.parse import quote

KEY: Final = "sk-canary-Zq7+Wm/4nT0kR2vXy9"
"""Of the shape of a key, and with characters that an address escapes."""

PART: Final = 12
"""So many characters in a row of a secret are a leak, too: what was shortened."""


def shapes(secret: str) -> set[bytes]:
    """What a secret may look like where it was written."""
    whole = {secret, quote(secret, safe=""), base64.b64encode(secret.encode()).decode()}
    halves = {secret[:PART], secret[-PART:], secret[len(secret) // 2 :][:PART]}
    escaped = {secret.replace("/", "\\/"), secret.encode().hex()}
    utf16 = secret.encode("utf-16-le")
    return {each.encode() for each in whole | halves | escaped} | {utf16}


def leaks_in(data: bytes, *secrets: str) -> list[bytes]:
    """Shapes of these secrets that stand in the data."""
    return [shape for secret in secrets for shape in sorted(shapes(secret)) if shape in data]


def leaks_below(folder: Path, *secrets: str, but: frozenset[Path] = frozenset()) -> list[str]:
    """Files below a folder that hold a secret, or have one in their names."""
    found = []
    for path in sorted(folder.rglob("*")):
        data = path.name.encode()
        if path.is_file() and path not in but:
            data += b"\n" + path.read_bytes()
        found += [f"{path}: {shape!r}" for shape in leaks_in(data, *secrets)]
    return found
