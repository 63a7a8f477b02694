"""What the Copilot CLI says when it fails, in plain words with the next step."""

from __future__ import annotations

import re
from typing import Final, NamedTuple

from copilot_tui.backends.server_words import LENGTH_LIMIT
from copilot_tui.errors import BackendError, CutOff, MissingKey, Refused, ReplyFailed

SIGN_IN_HINT: Final = (
    "Sign in: copilot-tui login copilot; or set COPILOT_GITHUB_TOKEN to a token with the "
    'permission "Copilot Requests".'
)
_FEATURES: Final = "https://github.com/settings/copilot/features"


class Failure(NamedTuple):
    """The fields of a session.error."""

    kind: str
    """errorType: authentication, authorization, quota, rate_limit, query, …"""
    words: str
    status: int | None = None
    code: str = ""


class _Meaning(NamedTuple):
    pattern: re.Pattern[str]
    sentence: str
    hint: str


def _meaning(pattern: str, sentence: str, hint: str) -> _Meaning:
    return _Meaning(re.compile(pattern, re.IGNORECASE), sentence, hint)


_CHATS: Final = (
    _meaning(
        r"content.?filter|filtered|responsible.?ai|content.?policy",
        "Copilot's filter stopped this reply",
        "Say it in other words, or choose another model.",
    ),
    _meaning(
        r"model.{0,40}(not.{0,3}(supported|enabled|found|available)|does not exist)"
        r"|model_not_|unsupported.model",
        "this model is not enabled for your account, or there is none of this name",
        f"`copilot-tui models` lists what there is; {_FEATURES} enables more.",
    ),
    _meaning(
        r"context.?(length|window|limit)|too (long|large|many tokens)|token limit",
        "the conversation is too long for this model",
        "Choose a model with a larger context, or begin a new conversation.",
    ),
)

_QUOTA: Final = _meaning(
    r"quota|premium.?request|allowance|\b402\b|payment|billing|budget",
    "your Copilot quota is used up",
    "It is renewed next month; until then choose a model without a multiplier, "
    "or allow more at https://github.com/settings/billing",
)

_ACCOUNTS: Final = (
    _QUOTA,
    _meaning(
        r"polic(y|ies)|organi[sz]ation|enterprise|administrator|\bSSO\b|\bSAML\b",
        "a policy of your organisation does not allow this",
        "Ask whoever administers Copilot there to enable the Copilot CLI and the model.",
    ),
    _meaning(
        r"no (active )?(copilot )?(plan|licen[sc]e|subscription|seat)|not licen[sc]ed"
        r"|(no|not have|without) access to (github )?copilot|not (entitled|subscribed)"
        r"|copilot is not enabled",
        "this account has no Copilot plan",
        "https://github.com/settings/copilot shows the plan; Copilot Free is enough.",
    ),
    _meaning(
        r"ghp_|classic (personal|token|pat)",
        "Copilot does not take a classic token (ghp_…)",
        SIGN_IN_HINT,
    ),
    _meaning(
        r"authenticat|unauthori[sz]ed|\b401\b|bad credentials|no github oauth token|expired"
        r"|\blog ?in\b|\bsign ?in\b",
        "Copilot does not accept the sign-in: there is none, or it has expired",
        SIGN_IN_HINT,
    ),
    _meaning(
        r"\b403\b|forbidden|denied",
        "Copilot refuses this account",
        "https://github.com/settings/copilot shows the plan and what is allowed.",
    ),
)

_RATE: Final = _meaning(
    r"rate.?limit|too many requests|\b429\b",
    "Copilot wants fewer requests",
    "Wait a few minutes, or choose another model.",
)


def failure_of(failure: Failure, *, has_text: bool, own_server: str = "") -> BackendError:
    """The error for a reply that the CLI gave up.

    `own_server` is the address of a server that is not GitHub's. With `has_text` a reply that broke
    in the middle is cut off, and what came is kept as a part of a good one.
    """
    words = in_one_line(failure.words)
    told = f"{failure.kind} {failure.code} {failure.status or ''} {words}"
    if (meaning := _meant(told, own_server)) is not None:
        sentence = f"{meaning.sentence}: {words}" if words else meaning.sentence
        if failure.kind == "authentication" and not own_server:
            return MissingKey(sentence, meaning.hint)
        if failure.status is not None:
            return Refused(failure.status, sentence, meaning.hint)
        return ReplyFailed(sentence, meaning.hint)
    if has_text:
        return CutOff(f"cut off: {words}", "What came is kept.")
    if own_server and failure.status in (401, 403):
        return Refused(
            failure.status,
            f"{own_server} refuses the key ({failure.status})",
            "Check the key: copilot-tui login, or api_key_env or api_key_command of this backend.",
        )
    return ReplyFailed(words or "the Copilot CLI failed and does not say why", "Try again.")


def _meant(told: str, own_server: str) -> _Meaning | None:
    # GitHub's plans and policies are no matter of another server.
    known: tuple[_Meaning, ...] = _CHATS if own_server else (_RATE, *_CHATS, *_ACCOUNTS)
    if told.startswith("quota") and not own_server:
        known = (_QUOTA,)  # some come as 429, and waiting a few minutes is no use
    return next((meaning for meaning in known if meaning.pattern.search(told)), None)


def in_one_line(words: str) -> str:
    """The CLI's words as one line of bounded length."""
    line = " ".join(words.encode("utf-8", "replace").decode().split())
    return line if len(line) <= LENGTH_LIMIT else line[: LENGTH_LIMIT - 1] + "…"
