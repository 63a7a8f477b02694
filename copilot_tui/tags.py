"""Tags: short words by which conversations are found together, written #work."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

_HASHED: Final = re.compile(r"#(?=.*[^\W\d_])[\w/+.-]+")
"""A word that is a tag: #12 is a number of something."""

_BETWEEN: Final = re.compile(r"[\s,;]+")


def tags_in(text: str) -> list[str]:
    """The tags of a line like `work, #home`, without doubles; case does not make another tag."""
    return distinct(word.strip("#") for word in _BETWEEN.split(text))


def distinct(tags: Iterable[str]) -> list[str]:
    """These tags, each once, in their order."""
    found: dict[str, str] = {}
    for tag in tags:
        if tag:
            found.setdefault(tag.casefold(), tag)
    return list(found.values())


def title_line(title: str, tags: Iterable[str]) -> str:
    """A title with its tags behind it, to be changed in one line."""
    return " ".join([title, *(f"#{tag}" for tag in tags)])


def read_title_line(line: str, old_title: str) -> tuple[str, list[str]]:
    """The title and the tags of such a line.

    What stood in the old title stays a part of it, so that `#include` is no tag by accident.
    """
    own = set(old_title.split())
    words, tags = [], []
    for word in line.split():
        if _HASHED.fullmatch(word) and word not in own:
            tags.append(word[1:])
        else:
            words.append(word)
    return " ".join(words), distinct(tags)
