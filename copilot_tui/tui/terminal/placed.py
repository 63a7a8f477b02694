"""Characters whose width terminals do not agree on, put where the app counts them.

⚠️, 👩‍🚀 and 👍🏽 take two columns by Unicode's rules. tmux 3.3 and older terminals draw the first in
one, and others in four or six; all that stands right of them in the line would be shifted, borders
and scroll bar too. So each is drawn over spaces from a place that the terminal remembers, and what
follows starts from that place again.
"""

from __future__ import annotations

import re
from typing import Final

from rich.cells import cell_len

_SIGNS: Final = ("\ufe0f", "\u200d", *map(chr, range(0x1F3FB, 0x1F400)))
"""Variation selector 16, the joiner, and tones of skin."""

_COMMAND: Final = r"\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)"
"""An address of a link and its like, which is not drawn."""

_MODIFIER: Final = "[\ufe0e\ufe0f\u20e3\U0001f3fb-\U0001f3ff]"
_BASE: Final = r"[^\x00-\x22\x24-\x29\x2b-\x2f\x3a-\x9f\u200d]"
_JOINED: Final = f"(?:\u200d{_BASE}{_MODIFIER}*)"
_DRAWN: Final = f"{_COMMAND}|({_BASE}(?:{_MODIFIER}+{_JOINED}*|{_JOINED}+))"


def placed(data: str) -> str:
    """What is written to the terminal, with such characters where they are counted."""
    if not _has_sign(data):
        return data
    # Line by line: few have one. The expression is compiled when it is first wanted.
    return "\n".join(
        re.sub(_DRAWN, _place, line) if _has_sign(line) else line for line in data.split("\n")
    )


def _has_sign(text: str) -> bool:
    # Not by an expression: these take a microsecond in a frame, and that hundreds.
    return any(sign in text for sign in _SIGNS)


def _place(found: re.Match[str]) -> str:
    drawn = found[1]
    cells = cell_len(drawn or "")
    if not cells:
        return found[0]
    # Remembered twice: there are terminals that forget a place when they have gone back to it.
    return f"\x1b7{' ' * cells}\x1b8\x1b7{drawn}\x1b8\x1b[{cells}C"
