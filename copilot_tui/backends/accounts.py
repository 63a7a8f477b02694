"""Who is signed in to a backend: what is known without asking anybody, and what a service tells."""

from __future__ import annotations

import os
from datetime import datetime
from typing import TYPE_CHECKING, Final, NamedTuple

from copilot_tui import credentials

if TYPE_CHECKING:
    from collections.abc import Mapping

    from copilot_tui.config import BackendConfig


SIGNED_IN: Final = "signed in"
"""What an account's words begin with."""

LOW: Final = 0.1
"""Of a quota so little is left that it is said unasked."""


class Quota(NamedTuple):
    """How much of something an account may use until it is renewed."""

    name: str
    """premium requests, chat messages, …"""
    used: float
    allowed: float | None
    """None: as much as one likes."""
    renewed_on: str = ""
    """A date, 2026-12-01; empty: not said."""
    may_exceed: bool = False
    """More may be used, and is billed."""

    @property
    def left(self) -> float | None:
        """None: as much as one likes."""
        return None if self.allowed is None else max(0.0, self.allowed - self.used)

    @property
    def is_low(self) -> bool:
        """Whether little or nothing is left of what there was."""
        return bool(self.allowed) and (self.left or 0.0) <= LOW * (self.allowed or 0.0)

    @property
    def is_used_up(self) -> bool:
        """Whether nothing is left, and more is not allowed."""
        return self.is_low and not self.left and not self.may_exceed

    def words(self) -> str:
        """180 of 300 premium requests left, renewed on 2026-12-01."""
        if self.allowed is None:
            return f"{self.name} without limit"
        renewed = f", renewed on {self.renewed_on}" if self.renewed_on else ""
        if self.allowed and not self.left:
            billed = ": more are billed" if self.may_exceed else ""
            return f"no {self.name} left{billed}{renewed}"
        return f"{self.left:g} of {self.allowed:g} {self.name} left{renewed}"


class Account(NamedTuple):
    """Who is signed in to a backend, as far as it is known."""

    login: str = ""
    """The account's name, where the service tells it."""
    origin: str = ""
    """Where the sign-in is from: OPENAI_API_KEY, the system keyring, …; empty: there is none."""
    until: datetime | None = None
    """When it ends, as far as that is known."""
    quota: tuple[Quota, ...] = ()
    is_wanted: bool = False
    """Nobody is answered who is not signed in."""
    renews: bool = False
    """What ends is a token, which is then renewed by itself."""
    is_found: bool = False
    """It was made for other programs, and nobody gave it to this one."""

    @property
    def is_signed_in(self) -> bool:
        """Whether there is a sign-in; whether it is any good, only the service knows."""
        return bool(self.login or self.origin)

    def words(self) -> str:
        """In a few words, without the quota; empty: there is none, and none is wanted."""
        if not self.is_signed_in:
            return "not signed in" if self.is_wanted else ""
        who = f"{SIGNED_IN} as {self.login}" if self.login else SIGNED_IN
        by = f" ({self.origin})" if self.origin else ""
        until = f" until {_moment(self.until)}" if self.until else ""
        if until and self.renews:
            until = f", its token{until} and then renewed"
        return f"{who}{by}{until}"

    def standing(self) -> tuple[str, ...]:
        """What is to be known while it is used, besides what always is."""
        found = f"{SIGNED_IN} with {self.origin}" if self.is_found else ""
        low = (quota.words() for quota in self.quota if quota.is_low)
        return tuple(filter(None, (*low, found)))


def _moment(until: datetime) -> str:
    """14:05 today, 2026-12-01 14:05 on another day."""
    there = until.astimezone()
    is_today = there.date() == datetime.now(there.tzinfo).date()
    return f"{there:%H:%M}" if is_today else f"{there:%Y-%m-%d %H:%M}"


def sign_in_of(config: BackendConfig, environ: Mapping[str, str] = os.environ) -> Account:
    """The sign-in that a backend would use. Asks nobody, opens no keyring, and runs nothing.

    Reads a file or two, so it is called in a thread. Raises MissingKey when one is unreadable.
    """
    origin = credentials.origin_of_key(config, environ)
    is_found = False
    if is_copilot(config) and not origin:
        from copilot_tui.backends.sdk.sign_in import origin_without_key

        origin, is_found = origin_without_key(environ)
    return Account(origin=origin, is_wanted=wants_sign_in(config), is_found=is_found)


def wants_sign_in(config: BackendConfig) -> bool:
    """Whether this backend answers nobody who is not signed in."""
    return config.kind == "github-web" or is_copilot(config) or bool(config.api_key_env)


def is_copilot(config: BackendConfig) -> bool:
    """Whether GitHub's own service answers, by its CLI."""
    return config.kind == "copilot-sdk" and not config.base_url
