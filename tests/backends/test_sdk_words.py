"""What the CLI says when it fails, as the user is told it.

The first sentences are recorded; those about plans, policies and quotas are GitHub's as people have
reported them, since no account can be used in a test.
"""

from __future__ import annotations

import pytest

from copilot_tui.backends.sdk.words import Failure, failure_of
from copilot_tui.errors import BackendError, CutOff, MissingKey, Refused, ReplyFailed

OWN = "http://127.0.0.1:9/v1"


@pytest.mark.parametrize(
    ("failure", "kind", "sentence", "step"),
    [
        (
            Failure(
                "authentication",
                "Execution failed: Error: Session was not created with authentication info or "
                "custom provider",
            ),
            MissingKey,
            "does not accept the sign-in",
            "copilot-tui login copilot",
        ),
        (
            Failure("authentication", "No GitHub OAuth token or Copilot HMAC key provided"),
            MissingKey,
            "does not accept the sign-in",
            "copilot-tui login copilot",
        ),
        (
            Failure("authentication", "Your token has expired", 401),
            MissingKey,
            "has expired",
            "copilot-tui login copilot",
        ),
        (
            Failure("authorization", "You do not have access to GitHub Copilot", 403),
            Refused,
            "no Copilot plan",
            "github.com/settings/copilot",
        ),
        (
            Failure("authorization", "Access denied by Copilot policy of your organization", 403),
            Refused,
            "policy of your organisation",
            "administers Copilot",
        ),
        (
            Failure(
                "query", "400 The requested model is not supported.", 400, "model_not_supported"
            ),
            Refused,
            "this model is not enabled",
            "copilot-tui models",
        ),
        (
            Failure("query", "The response was filtered by the content management policy"),
            ReplyFailed,
            "Copilot's filter stopped",
            "other words",
        ),
        (
            Failure("quota", "402 You have no quota", 402, "quota_exceeded"),
            Refused,
            "quota is used up",
            "next month",
        ),
        (
            Failure("quota", "You have exceeded your premium request allowance", 429),
            Refused,
            "quota is used up",
            "next month",
        ),
        (
            Failure("rate_limit", "Sorry, you have exceeded the rate limit", 429),
            Refused,
            "fewer requests",
            "Wait",
        ),
        (
            Failure("query", "prompt token count of 200000 exceeds the context window", 400),
            Refused,
            "too long for this model",
            "new conversation",
        ),
        (
            Failure("query", "Personal Access Tokens (classic) ghp_ are not supported", 400),
            Refused,
            "classic token",
            "COPILOT_GITHUB_TOKEN",
        ),
    ],
)
def test_each_failure_is_a_sentence_and_the_next_step(
    failure: Failure, kind: type[BackendError], sentence: str, step: str
) -> None:
    error = failure_of(failure, has_text=False)
    assert type(error) is kind
    assert sentence in str(error)
    assert step in error.hint
    assert "\n" not in str(error)
    assert failure.words in str(error)


def test_ones_own_server_has_no_plan_and_no_policy() -> None:
    told = failure_of(Failure("query", "402 your organization has no quota"), has_text=False)
    own = failure_of(
        Failure("query", "402 your organization has no quota"), has_text=False, own_server=OWN
    )
    assert "Copilot quota" in str(told)
    assert str(own) == "402 your organization has no quota"


def test_ones_own_server_that_refuses_the_key_is_named() -> None:
    words = f"Authentication failed with provider at {OWN} (HTTP 401).\n  Check your COPILOT_…"
    error = failure_of(Failure("authentication", words, 401), has_text=False, own_server=OWN)
    assert str(error) == f"{OWN} refuses the key (401)"
    assert "api_key_env" in error.hint


def test_a_break_after_some_text_is_cut_off() -> None:
    error = failure_of(Failure("query", "Last error: 503 GOAWAY"), has_text=True)
    assert isinstance(error, CutOff)
    assert error.cut_off


def test_a_failure_without_words_is_still_a_sentence() -> None:
    assert "does not say why" in str(failure_of(Failure("query", ""), has_text=False))


def test_long_words_are_cut() -> None:
    assert len(str(failure_of(Failure("query", "x" * 9000), has_text=False))) <= 500
