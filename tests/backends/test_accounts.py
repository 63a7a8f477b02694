"""Who is signed in, as far as it is known without asking anybody."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from copilot_tui import keyring_store
from copilot_tui.backends.accounts import Account, Quota, sign_in_of
from copilot_tui.config import BUILT_IN, BackendConfig
from tests.no_keyring import no_keyring

OPENAI = BUILT_IN["openai"]._replace(is_chosen=False)
CHOSEN = BUILT_IN["openai"]
Given = Callable[[BackendConfig], BackendConfig]


@pytest.fixture(autouse=True)
def _home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HOME", "USERPROFILE", "XDG_DATA_HOME"):
        monkeypatch.setenv(name, str(tmp_path))


@pytest.mark.parametrize(
    ("config", "environ", "words"),
    [
        (OPENAI, {"OPENAI_API_KEY": "sk-1"}, "signed in (OPENAI_API_KEY)"),
        (OPENAI, {"COPILOT_TUI_API_KEY": "sk-1"}, "not signed in"),
        (
            OPENAI._replace(is_chosen=True),
            {"COPILOT_TUI_API_KEY": "sk"},
            "signed in (COPILOT_TUI_API_KEY)",
        ),
        (OPENAI._replace(owns_address=False), {"OPENAI_API_KEY": "sk-1"}, "not signed in"),
        (OPENAI, {}, "not signed in"),
        (OPENAI._replace(api_key_command=("pass", "show", "x")), {}, "signed in (api_key_command)"),
        (BUILT_IN["ollama"], {}, ""),
        (BUILT_IN["g4f"], {}, ""),
        (BUILT_IN["demo"], {}, ""),
        (BUILT_IN["github"], {}, "not signed in"),
        (BUILT_IN["copilot"], {}, "not signed in"),
        (BUILT_IN["copilot"], {"GH_TOKEN": "gho_1"}, "signed in (GH_TOKEN)"),
        (BUILT_IN["copilot"], {"GH_TOKEN": "ghp_classic"}, "not signed in"),
        (BUILT_IN["copilot"]._replace(base_url="http://127.0.0.1:9/v1"), {"GH_TOKEN": "gho_1"}, ""),
    ],
)
def test_the_sign_in_is_named_and_asked_of_nobody(
    config: BackendConfig, environ: dict[str, str], words: str
) -> None:
    account = sign_in_of(config, environ)
    assert account.words() == words
    assert not set(environ.values()) & set(account.words().split())


@pytest.mark.parametrize("address", ["https://api.openai.com", "https://elsewhere.example"])
def test_a_kept_key_counts_for_its_own_address_alone(tmp_path: Path, address: str) -> None:
    file = tmp_path / "credentials.json"
    with no_keyring():
        keyring_store.keep(file, "openai", "sk-secret", address)
    account = sign_in_of(OPENAI._replace(credentials_file=file), {})
    assert account.is_signed_in == (address == "https://api.openai.com")
    assert "sk-secret" not in repr(account)


def test_the_copilot_clis_own_sign_in_is_named(tmp_path: Path) -> None:
    folder = tmp_path / ".copilot"
    folder.mkdir()
    (folder / "config.json").write_text('{"lastLoggedInUser": {"login": "me"}}')
    assert sign_in_of(BUILT_IN["copilot"], {}).origin == "the Copilot CLI's own sign-in"


def test_an_account_is_told_in_a_few_words() -> None:
    until = datetime(2099, 11, 21, 14, 30, tzinfo=UTC)
    who = "signed in as octocat (the system keyring)"
    there = f"{until.astimezone():%Y-%m-%d %H:%M}"
    account = Account("octocat", "the system keyring", until)
    assert account.words() == f"{who} until {there}"
    renewed = account._replace(renews=True)
    assert renewed.words() == f"{who}, its token until {there} and then renewed"
    today = datetime.now().astimezone()
    assert account._replace(until=today).words() == f"{who} until {today:%H:%M}"


@pytest.mark.parametrize(
    ("quota", "words"),
    [
        (Quota("premium requests", 120, 300), "180 of 300 premium requests left"),
        (Quota("premium requests", 310.5, 300), "no premium requests left"),
        (Quota("premium requests", 0, 0), "0 of 0 premium requests left"),
        (
            Quota("premium requests", 300, 300, "2026-12-01", may_exceed=True),
            "no premium requests left: more are billed, renewed on 2026-12-01",
        ),
        (Quota("chat messages", 7, None), "chat messages without limit"),
        (
            Quota("chat messages", 1, 50, "2026-12-01"),
            "49 of 50 chat messages left, renewed on 2026-12-01",
        ),
    ],
)
def test_a_quota_is_told_in_a_few_words(quota: Quota, words: str) -> None:
    assert quota.words() == words


def test_only_what_ends_and_what_was_found_is_said_unasked() -> None:
    enough, low = Quota("chat messages", 44, 50), Quota("premium requests", 280, 300)
    endless, none = Quota("pages", 9, None), Quota("images", 0, 0)
    account = Account("me", "GH_TOKEN", quota=(enough, low, endless, none), is_found=True)
    assert account.standing() == ("20 of 300 premium requests left", "signed in with GH_TOKEN")
    assert account._replace(quota=(enough,), is_found=False).standing() == ()


def test_a_token_of_the_environment_was_found_and_what_login_made_was_not(tmp_path: Path) -> None:
    copilot = BUILT_IN["copilot"]
    found = sign_in_of(copilot, {"GH_TOKEN": "gho_1"})
    assert (found.origin, found.is_found) == ("GH_TOKEN", True)
    given = sign_in_of(copilot, {"COPILOT_TUI_API_KEY": "gho_1"})
    assert (given.origin, given.is_found) == ("COPILOT_TUI_API_KEY", False)
