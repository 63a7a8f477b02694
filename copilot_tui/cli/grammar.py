"""What the command line takes, told to the scripts that complete it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Takes = Literal["nothing", "text", "file", "folder", "id", "trashed"]


@dataclass(frozen=True)
class Option:
    """One option, or (without flags) what stands by itself."""

    flags: tuple[str, ...]
    help: str
    takes: Takes
    choices: tuple[str, ...] = ()


@dataclass(frozen=True)
class Words:
    """What may stand after a command; of the program itself before one."""

    name: str
    summary: str
    options: tuple[Option, ...]
    argument: Option | None
