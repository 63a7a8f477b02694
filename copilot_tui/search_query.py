"""What the user looks for: words, "phrases" and filters. Nothing that can be typed is an error.

    plain words         all must occur, in any order; also inside longer words
    "a phrase"          just so; an end quote that is not typed yet is thought of
    in:title            the words are looked for in titles alone
    from:me             only prompts (from:assistant: only replies)
    tag:work  model:x   only conversations with this tag; only what this model has to do with
    after:2026-01-31    that day and later;  before:2026-01-31  earlier than that day

What looks like a filter and is none (std::vector, http://…) is a word; `unknown_filters` names what
was probably meant as one.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING, Final

from copilot_tui.search_text import fold, is_simple, on_one_line

if TYPE_CHECKING:
    from collections.abc import Iterator

FILTERS: Final = "in:title from:me from:assistant tag: model: after:2026-01-31 before:"
"""What there is, in few words."""

TITLE: Final = "title"
"""The role of a hit that is a conversation's title."""


@dataclass(frozen=True)
class Query:
    """What a message must be to be found. All words are folded, as `search_text.fold` does it."""

    needles: tuple[str, ...] = ()
    """What must occur in the text, the longest first; none is a part of another."""
    role: str | None = None
    """user, assistant, system or title; None: any."""
    tags: tuple[str, ...] = ()
    models: tuple[str, ...] = ()
    """Parts of the model's name."""
    after_ms: int | None = None
    """Milliseconds since 1970; it includes that moment."""
    before_ms: int | None = None

    @cached_property
    def _is_simple(self) -> bool:
        """Whether the needles are of letters that fold to themselves whatever stands beside."""
        return all(map(is_simple, self.needles))

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to look for."""
        return self == Query()

    def is_in(self, text: str) -> bool:
        """Whether all needles occur in this text."""
        if self._is_simple:
            lowered = text.lower()
            if all(needle in lowered for needle in self.needles):
                return True  # it nearly always is so, and to fold takes ten times as long
        folded = fold(text)
        return all(needle in folded for needle in self._words) and all(
            phrase.search(folded) for phrase in self._phrases
        )

    @cached_property
    def _words(self) -> list[str]:
        return [needle for needle in self.needles if " " not in needle]

    @cached_property
    def _phrases(self) -> list[re.Pattern[str]]:
        """The needles with spaces, for each of which any white space may stand."""
        phrases = [needle.split(" ") for needle in self.needles if " " in needle]
        return [re.compile(r"\s+".join(map(re.escape, words))) for words in phrases]


_PIECE: Final = re.compile(
    r"""(?:(?P<filter>in|from|tag|model|before|after):)?"""
    r"""(?:"(?P<phrase>[^"]*)(?:"|$)|(?P<word>\S+))"""
)
_LIKE_FILTER: Final = re.compile(r"[a-z]{2,}:[^:/\\].*", re.DOTALL)
_BARE_FILTER: Final = re.compile(r"(?:in|from|tag|model|before|after):")
_ROLES: Final = {
    "me": "user",
    "user": "user",
    "assistant": "assistant",
    "model": "assistant",
    "system": "system",
}
_DATE: Final = re.compile(r"(\d{4})(?:-(\d\d?))?(?:-(\d\d?))?")
_DATE_BEGUN: Final = re.compile(r"[\d-]+")


def parse(words: str) -> Query:
    """What these words ask for. Never fails."""
    found = _Found()
    for match in _PIECE.finditer(fold(words)):
        value = match["word"] if match["word"] is not None else match["phrase"]
        name = match["filter"]
        if name is not None and found.take(name, value):
            continue
        if name is None and _BARE_FILTER.fullmatch(value):
            continue  # its value is yet to be typed
        needle = on_one_line(value if match["word"] is None else match[0])
        if needle or value == "":
            found.needles.append(needle or _only_quotes(match[0]))
    return Query(
        needles=_needed(found.needles),
        role=found.role,
        tags=tuple(found.tags),
        models=tuple(found.models),
        after_ms=found.after_ms,
        before_ms=found.before_ms,
    )


def unknown_filters(words: str, *, surely: bool = False) -> Iterator[str]:
    """What was probably meant as a filter and is none, such as from:you; it is looked for as text,
    but a day that no calendar has, which is left out.

    `surely`: only those with the name of a filter, not title:x, which may well be text.
    """
    for match in _PIECE.finditer(fold(words)):
        name, value = match["filter"], match["word"]
        if name in ("after", "before"):
            is_unknown = value is None or _milliseconds(value) is None
        elif name is not None:
            is_unknown = not _Found().take(name, value if value is not None else match["phrase"])
        elif surely:
            continue
        else:
            is_bare = value is not None and _BARE_FILTER.fullmatch(value) is not None
            is_unknown = not is_bare and _LIKE_FILTER.fullmatch(value or "") is not None
        if is_unknown:
            yield match[0]


class _Found:
    def __init__(self) -> None:
        self.needles: list[str] = []
        self.role: str | None = None
        self.tags: list[str] = []
        self.models: list[str] = []
        self.after_ms: int | None = None
        self.before_ms: int | None = None

    def take(self, name: str, value: str) -> bool:
        """Whether it is a filter indeed, and noted."""
        if name == "tag":
            self.tags += filter(None, [value.lstrip("#")])
        elif name == "model":
            self.models += filter(None, [value])
        elif name == "in":
            if not value or not TITLE.startswith(value):
                return False
            self.role = TITLE
        elif name == "from":
            role = next((_ROLES[each] for each in _ROLES if value and each.startswith(value)), None)
            self.role = role or self.role
            return role is not None
        else:
            return self._take_date(name, value)
        return True

    def _take_date(self, name: str, value: str) -> bool:
        moment = _milliseconds(value)
        if moment is None:
            return _DATE_BEGUN.fullmatch(value) is not None
        if name == "after":
            self.after_ms = moment
        else:
            self.before_ms = moment
        return True


def _milliseconds(date: str) -> int | None:
    """The first moment of a day, a month or a year, on the user's own clock."""
    match = _DATE.fullmatch(date)
    if match is None:
        return None
    year, month, day = (int(part or 1) for part in match.groups())
    try:
        return int(datetime(year, month, day).astimezone().timestamp() * 1000)
    except (ValueError, OverflowError, OSError):
        return None


def _only_quotes(text: str) -> str:
    return '"' if text == '"' else ""


def _needed(needles: list[str]) -> tuple[str, ...]:
    """Those that are not a part of another one, the longest first."""
    found: list[str] = []
    for needle in sorted(filter(None, dict.fromkeys(needles)), key=len, reverse=True):
        if not any(needle in longer for longer in found):
            found.append(needle)
    return tuple(found)
