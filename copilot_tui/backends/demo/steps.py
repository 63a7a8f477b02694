"""The steps that a scripted reply is made of."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from enum import Enum, auto
from typing import NamedTuple

from copilot_tui.errors import BackendError


class Speed(Enum):
    """How fast a text comes."""

    HUMAN = auto()
    """About as fast as a good model writes."""
    BRISK = auto()
    """For long texts."""
    FULL = auto()
    """Without any pause."""


class Say(NamedTuple):
    """Stream a text."""

    text: str | Iterable[str]
    aside: bool = False
    """It is reasoning, not answer."""
    speed: Speed = Speed.HUMAN


class Pause(NamedTuple):
    """Wait, and say why."""

    seconds: float
    notice: str | None = None


class Hold(NamedTuple):
    """Send nothing more until the reply is stopped."""


class End(NamedTuple):
    """The reply ends; None: without a word that it is whole."""

    finish_reason: str | None = "stop"


class Fail(NamedTuple):
    """The reply ends with an error."""

    make: Callable[[], BackendError]


Step = Say | Pause | Hold | End | Fail
"""One thing that a reply does.

What stands behind an end, a hold or a failure is what the reply would have gone on with, and what a
request to continue gets.
"""
