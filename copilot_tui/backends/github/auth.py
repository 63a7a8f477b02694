"""Who asks GitHub, and the tokens made of it.

A cookie of github.com is good for tokens of some 30 minutes each; the chat takes tokens alone. The
cookie goes to the token's address and nowhere else, the token to the chat's.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

from copilot_tui.backends.github.words import NO_CREDENTIALS, sign_in_hint
from copilot_tui.config import address_of
from copilot_tui.credentials import api_key, stored_secret
from copilot_tui.errors import BadReply, MissingAuth

if TYPE_CHECKING:
    from copilot_tui.config import BackendConfig

EARLY: Final = timedelta(minutes=1)
"""A token is renewed this long before it expires."""
ASSUMED_LIFE: Final = timedelta(minutes=5)
"""Of a token whose expiration is not said, or not understood."""

_COOKIE: Final = re.compile(
    r"(user_session|__Host-user_session_same_site|_gh_sess|logged_in|dotcom_user)="
)


@dataclass(frozen=True)
class Credentials:
    """A ready token, or the cookies with which one is made."""

    token: str = field(default="", repr=False)
    cookies: str = field(default="", repr=False)
    """As a Cookie header has them: name=value; name=value."""


CredentialSource = Callable[[], Credentials]
"""Finds out who asks; may run a command or open the keyring. Raises MissingAuth, MissingKey."""


@dataclass(frozen=True)
class Token:
    """A GitHub-Bearer token."""

    value: str = field(repr=False)
    renew_at: datetime


class Tokens:
    """The tokens that were made, in memory alone: by the address and the cookies of each."""

    def __init__(self) -> None:
        self._kept: dict[tuple[str, str], Token] = {}

    def good(self, token_url: str, cookies: str, now: datetime) -> str | None:
        """The token for these cookies, while it lasts."""
        kept = self._kept.get((token_url, cookies))
        return kept.value if kept is not None and now < kept.renew_at else None

    def until(self, token_url: str, cookies: str) -> datetime | None:
        """When the token for these cookies ends; None: there is none."""
        kept = self._kept.get((token_url, cookies))
        return kept.renew_at + EARLY if kept is not None else None

    def keep(self, token_url: str, cookies: str, token: Token) -> None:
        """Use this token from now on."""
        self._kept[token_url, cookies] = token

    def forget(self, token_url: str, cookies: str, value: str) -> None:
        """This token is no longer taken; another that came in the meantime is kept."""
        kept = self._kept.get((token_url, cookies))
        if kept is not None and kept.value == value:
            del self._kept[token_url, cookies]


def token_of(answer: object, now: datetime) -> Token:
    """The token in an answer of the token's address. Raises BadReply."""
    value = answer.get("token") if isinstance(answer, dict) else None
    if not isinstance(value, str) or not value or not is_header_text(value):
        raise BadReply("GitHub's answer holds no token", "Check token_url.")
    said = answer.get("expiration") if isinstance(answer, dict) else None
    return Token(value, (_moment(said) or now + ASSUMED_LIFE) - EARLY)


def _moment(said: object) -> datetime | None:
    try:
        moment = datetime.fromisoformat(said) if isinstance(said, str) else None
    except ValueError:
        return None
    return moment and moment.replace(tzinfo=moment.tzinfo or UTC)


def cookie_header(cookies: Mapping[str, str] | str) -> str:
    """Cookies, by name or as a browser shows them, in one line. Raises MissingAuth."""
    if not isinstance(cookies, str):
        cookies = "; ".join(f"{name}={value}" for name, value in cookies.items())
    line = cookies.strip().removeprefix("Cookie:").strip().rstrip(";")
    if not is_header_text(line.replace(" ", "")):
        raise MissingAuth(
            "the cookies of GitHub hold a line break or another character that no cookie has",
            "They were probably cut in copying: copy them once more.",
        )
    return line


def login_in(cookies: str) -> str:
    """The account's name, which one of a browser's cookies is; empty: it was not copied."""
    named = re.search(r"(?:^|;)\s*dotcom_user=([A-Za-z0-9-]+)", cookies)
    return named[1] if named else ""


def is_header_text(value: str) -> bool:
    """Whether this can stand in a header: printable ASCII without spaces."""
    return all("!" <= character <= "~" for character in value)


def from_secret(secret: str) -> Credentials:
    """What a user keeps for GitHub: cookies, if it names one of github.com, else a token."""
    if _COOKIE.search(secret):
        return Credentials(cookies=cookie_header(secret))
    return Credentials(token=secret.strip().removeprefix("GitHub-Bearer "))


def configured(config: BackendConfig) -> Credentials:
    """Who asks by this configuration: its key, else what `login` keeps."""
    # A cookie header has spaces, which a key never has, so what is kept is not read as a key.
    if key := api_key(config._replace(credentials_file=None)):
        return from_secret(key)
    if config.owns_address and config.credentials_file is not None:
        address = address_of(config.base_url)
        if kept := stored_secret(config.name, file=config.credentials_file, address=address):
            return from_secret(kept)
    raise MissingAuth(NO_CREDENTIALS, sign_in_hint(config.name))


def given(
    api_key: str | None, cookies: Mapping[str, str] | str | None, token_url: str
) -> Credentials:
    """Who asks when a script says it, or else what `login` keeps."""
    if api_key:
        if not is_header_text(api_key):
            raise MissingAuth(
                "api_key holds a character that no token has",
                "It was probably cut in copying: copy it once more.",
            )
        return Credentials(token=api_key)
    if cookies:
        return Credentials(cookies=cookie_header(cookies))
    if kept := stored_secret("github", address=address_of(token_url)):
        return from_secret(kept)
    raise MissingAuth(NO_CREDENTIALS, f"Give api_key or cookies. {sign_in_hint('github')}")
