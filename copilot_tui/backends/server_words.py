"""What a server says when it fails, in every shape met in the wild, as one line of text."""

from __future__ import annotations

import base64
import html
import json
import math
import re
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Final
from urllib.parse import unquote, urlsplit

LENGTH_LIMIT: Final = 500
"""Characters of a server's own words that are shown; some send whole tracebacks."""

Masked = Callable[[str], str]
"""The text without our own secrets."""

_DEPTH_LIMIT: Final = 8
_SPEAKING_KEYS: Final = ("message", "detail", "error_description", "error", "msg", "title")
_NAMING_KEYS: Final = ("code", "type", "status")
_HEADLINE: Final = re.compile(r"<(title|h1)\b[^>]*>(.*?)</\1", re.IGNORECASE | re.DOTALL)
_UNSEEN: Final = re.compile(r"<(script|style)\b.*?</\1\s*>|<[^>]*>", re.IGNORECASE | re.DOTALL)


def server_words(value: object, masked: Masked = str) -> str:
    """The sentence in a JSON value: `error` may be a text, an object or a list.

    `masked` takes our own secrets out before the sentence is shortened, which could leave a part
    of one.
    """
    return _one_line(_words(value, 0), masked)


def body_words(body: bytes, masked: Masked = str) -> str:
    """The sentence in the body of a failure: JSON, a web page, plain text or nothing."""
    text = body.decode("utf-8", "replace").strip()
    try:
        return server_words(json.loads(text), masked)
    except (ValueError, RecursionError):
        return _one_line(page_words(text) if is_page(text) else text, masked)


def without_secrets(text: str, secrets: Iterable[str]) -> str:
    """The text with an ellipsis for each of our own secrets, should a server echo one."""
    for secret in sorted(secrets, key=len, reverse=True):  # one may be a part of another
        # A local server's key may be any short word, which others hold in their middle.
        edge = r"\b" if len(secret) < 8 else ""
        text = re.sub(edge + re.escape(secret) + edge, "…", text)
    return text


def address_secrets(url: str) -> set[str]:
    """What must not be shown of user and password in an address, in every shape it is sent in."""
    try:
        written, at, _ = urlsplit(url).netloc.rpartition("@")
    except ValueError:
        return set()
    if not at:
        return set()
    user, colon, password = written.partition(":")
    secret = password if colon else user  # a token may stand alone
    basic = base64.b64encode(f"{unquote(user)}:{unquote(password)}".encode()).decode()
    return {basic, secret, unquote(secret)} - {""}


def is_page(text: str) -> bool:
    """Whether this is HTML or XML."""
    return text.lstrip("\ufeff \t\r\n").startswith("<")


def page_words(text: str) -> str:
    """The title of a web page, or else its text."""
    found = _HEADLINE.search(text)
    return html.unescape(_UNSEEN.sub(" ", found[2] if found else text))


def retry_after_s(value: str | None, now: datetime) -> float | None:
    """Seconds until the moment that a Retry-After header names, as seconds or as a date."""
    if not value:
        return None
    try:
        seconds = float(value)
    except ValueError:
        seconds = _seconds_until(value, now)
    return max(0.0, seconds) if math.isfinite(seconds) else None


def _seconds_until(date: str, now: datetime) -> float:
    try:
        moment = parsedate_to_datetime(date)
        return (moment.replace(tzinfo=moment.tzinfo or UTC) - now).total_seconds()
    except (ValueError, OverflowError):  # what is no date, or none that there could be
        return math.nan


def _words(value: object, depth: int) -> str:
    if isinstance(value, str):
        return value
    if depth < _DEPTH_LIMIT:
        if isinstance(value, dict):
            return _object_words(value, depth + 1)
        if isinstance(value, list):
            return "; ".join(filter(None, (_words(item, depth + 1) for item in value[:3])))
    return "" if value is None or isinstance(value, bool) else str(value)


def _object_words(value: dict[str, object], depth: int) -> str:
    words = next(filter(None, (_words(value.get(key), depth) for key in _SPEAKING_KEYS)), "")
    if not words:
        return next(filter(None, (_words(value.get(key), depth) for key in _NAMING_KEYS)), "")
    if isinstance(place := value.get("loc"), list):  # FastAPI: which field it is about
        return f"{'.'.join(map(str, place))}: {words}"
    if isinstance(more := value.get("metadata"), dict) and (raw := _words(more.get("raw"), depth)):
        return f"{words}: {raw}"  # OpenRouter: what the provider behind it said
    return words


def _one_line(text: str, masked: Masked) -> str:
    # A lone surrogate, which JSON can carry, could be neither shown nor saved.
    line = masked(" ".join(text.encode("utf-8", "replace").decode().split()))
    return line if len(line) <= LENGTH_LIMIT else line[: LENGTH_LIMIT - 1] + "…"
