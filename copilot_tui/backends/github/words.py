"""What GitHub's errors mean, each in a sentence with the next step.

Statuses, errorTypes and bodies are those of a captured protocol; nothing of it is documented by
GitHub, so that anything else falls back to the server's own words.
"""

from __future__ import annotations

from typing import Final

from copilot_tui.errors import MissingAuth, Refused, ReplyFailed

NO_CREDENTIALS: Final = "nobody is signed in to GitHub: there is no token, no cookie, no kept key"
PLAN_PAGE: Final = "https://github.com/settings/copilot"
BUSINESS_HINT: Final = (
    "A seat of a company has another address: api_url = "
    '"https://api.business.githubcopilot.com" in [backends.{name}].'
)

_TRY_AGAIN: Final = "Try again, or choose another model."

_ERROR_TYPES: Final[dict[str, tuple[str, str]]] = {
    "exception": ("GitHub's service failed while it answered", _TRY_AGAIN),
    "filtered": (
        "GitHub's content filter stopped the reply",
        "Ask it in other words, or in a new conversation.",
    ),
    "publicCode": (
        "the reply matched public code, which the settings of this account block",
        f"{PLAN_PAGE}: suggestions matching public code. Or ask for another solution.",
    ),
    "contentTooLarge": (
        "the conversation is too long for the model",
        "Begin a new conversation, or send less.",
    ),
    "rateLimit": (
        "too many requests, or the quota of this account is used up",
        f"Wait a while, or choose another model. What is left: {PLAN_PAGE}",
    ),
    "agentUnauthorized": (
        "the extension that was asked is not authorised for this account",
        "Authorise it once on https://github.com/copilot.",
    ),
    "agentRequest": (
        "the extension that was asked did not answer",
        "Try again, or ask without the @name of the extension.",
    ),
    "networkError": ("GitHub lost the connection to the model", _TRY_AGAIN),
    "multipleAgentsAttempt": (
        "one conversation can ask one extension only",
        "Begin a new conversation for the other @name.",
    ),
}


def sign_in_hint(name: str) -> str:
    """How to sign in to the backend of this name."""
    return (
        "Sign in on github.com in a browser, copy the value of its cookie user_session, and give "
        f"it as user_session=VALUE to `copilot-tui login {name}`."
    )


def reply_failed(error_type: str, description: str) -> ReplyFailed:
    """What an `error` in the stream says."""
    sentence, hint = _ERROR_TYPES.get(error_type, ("", ""))
    if not sentence:
        named = f" ({error_type})" if error_type else ""
        sentence, hint = f"GitHub reports an error{named}", _TRY_AGAIN
    return ReplyFailed(f"{sentence}: {description}" if description else sentence, hint)


def no_token(error: Refused, name: str) -> MissingAuth:
    """GitHub gives no token for these cookies."""
    return MissingAuth(
        f"GitHub gives no token ({error.status}): the cookie is missing or expired, or the account "
        "has no Copilot",
        f"{sign_in_hint(name)} The account's plan: {PLAN_PAGE}",
    )


def sent_away(refusal: str, name: str) -> MissingAuth | None:
    """GitHub wants to see one of its pages instead of giving a token; None: some other address."""
    if "/sso" in refusal or "/saml" in refusal:
        return MissingAuth(
            "your organisation wants its single sign-on before GitHub gives a token",
            f"Open github.com/copilot in the browser, pass it there, and sign in again. "
            f"{sign_in_hint(name)}",
        )
    if "/login" in refusal:
        return MissingAuth(
            "GitHub asks to sign in: the cookie is missing or expired", sign_in_hint(name)
        )
    return None


def token_refused(name: str, *, is_ready: bool) -> MissingAuth:
    """A token that was just read or made is not taken."""
    if is_ready:
        return MissingAuth(
            "GitHub does not take this token: it is wrong or has expired (one lasts some 30 "
            "minutes)",
            f"Give a fresh one, or a cookie, which renews its tokens. {sign_in_hint(name)}",
        )
    return MissingAuth(
        "GitHub does not take the token that it has just given",
        f"Is Copilot allowed for this account? {PLAN_PAGE}. Else: {sign_in_hint(name)}",
    )


def refusal_hint(status: int, name: str) -> str:
    """The next step after a status of the chat itself, for the backend of this name."""
    business = BUSINESS_HINT.format(name=name)
    if status == 402:
        return f"The quota of this account is used up: {PLAN_PAGE}"
    if status == 403:
        return (
            "The account has no Copilot, its organisation forbids the chat or the model, or it is "
            f"of another kind: {PLAN_PAGE}. {business}"
        )
    if status in (404, 421):
        return f"The thread may be deleted: begin a new conversation. {business}"
    if status in (400, 422):
        return (
            "The model may be unknown or not enabled for this account: "
            f"{PLAN_PAGE}, or another --model."
        )
    if status == 413:
        return _ERROR_TYPES["contentTooLarge"][1]
    if status == 429:
        return _ERROR_TYPES["rateLimit"][1]
    return "The fault is on GitHub's side. Try again." if status >= 500 else ""
