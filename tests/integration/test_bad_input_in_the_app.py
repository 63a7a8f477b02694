"""What goes wrong with GitHub, as it is seen in the app: one sentence and the next step.

The web chat is a mock of a captured protocol, the CLI a stand-in that plays recorded events.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot

from copilot_tui.backends.sdk import CopilotSdk
from copilot_tui.config import BUILT_IN, load
from copilot_tui.store import Store
from copilot_tui.tui.app import CopilotApp
from copilot_tui.tui.desk import Desk
from tests.backends.sdk_fakes import BEFORE, END, FakeClient, Starter, error
from tests.mocks.github_chat import (
    THREADS_PATH,
    TOKEN_PATH,
    GithubChat,
    github_chat,
)
from tests.mocks.github_chat import error as failed
from tests.tui.test_app import app_of, send, shown_text, until

pytestmark = pytest.mark.usefixtures("nobodys_home")


@pytest.fixture
def nobodys_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HOME", "USERPROFILE", "XDG_DATA_HOME", "XDG_CACHE_HOME"):
        monkeypatch.setenv(name, str(tmp_path / "home"))
    for name in ("COPILOT_GITHUB_TOKEN", "GH_TOKEN", "GITHUB_TOKEN"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def github() -> Iterator[GithubChat]:
    with github_chat() as running:
        yield running


async def failure_seen(pilot: Pilot[int]) -> str:
    """What stands below the failed reply, in one line."""
    await send(pilot, "hi")
    app = app_of(pilot)
    await until(pilot, lambda: (head := app.shown.head_message) and head.error)
    await until(pilot, lambda: "tries again" in shown_text(app))
    return " ".join(line.strip(" ▌") for line in shown_text(app).splitlines() if line.strip(" ▌"))


Spoil = Callable[[GithubChat], None]


def refuses(path: str, status: int, words: str = "") -> Spoil:
    def spoil(github: GithubChat) -> None:
        github.answer({"message": words}, status=status, path=path, repeat=True)

    return spoil


def says(kind: str, words: str = "") -> Spoil:
    return lambda github: github.says(failed(kind, words))


def has_no_session(github: GithubChat) -> None:
    github.sessions.clear()


WEB: list[tuple[str, Spoil, str, str]] = [
    ("expired cookie", has_no_session, "cookie is missing or expired", "user_session=VALUE"),
    ("no plan", refuses(TOKEN_PATH, 403), "the account has no Copilot", "github.com/settings"),
    (
        "wrong account type",
        refuses(THREADS_PATH, 403, "seat"),
        "403 Forbidden: seat",
        "api.business.githubcopilot.com",
    ),
    (
        "organisation policy",
        refuses(THREADS_PATH, 403, "blocked by policy"),
        "blocked by policy",
        "its organisation forbids",
    ),
    (
        "model not enabled",
        refuses(THREADS_PATH, 400, "model is not supported"),
        "model is not supported",
        "not enabled for this account",
    ),
    ("content filtered", says("filtered"), "content filter stopped", "Ask it in other words"),
    ("quota used up", says("rateLimit"), "quota of this account is used up", "What is left"),
    ("quota to pay for", refuses(THREADS_PATH, 402), "402", "quota of this account is used up"),
    (
        "single sign-on",
        lambda g: g.answer(
            status=302, headers={"Location": f"{g.url}/orgs/acme/sso"}, path=TOKEN_PATH, repeat=True
        ),
        "single sign-on",
        "sign in again",
    ),
]


@pytest.mark.parametrize(
    ("spoil", "sentence", "step"), [case[1:] for case in WEB], ids=[case[0] for case in WEB]
)
async def test_with_the_web_chat_it_is_a_sentence_and_the_next_step(
    github: GithubChat,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    spoil: Spoil,
    sentence: str,
    step: str,
) -> None:
    monkeypatch.setenv("COPILOT_TUI_API_KEY", "user_session=session-secret")
    file = tmp_path / "config.toml"
    file.write_text(
        f'[backends.github]\ntoken_url = "{github.token_url}"\napi_url = "{github.url}"\n'
    )
    options = {"config": str(file), "data_dir": str(tmp_path / "data"), "backend": "github"}
    spoil(github)
    app = CopilotApp(Desk(load(options, {}), Store(tmp_path / "data", tmp_path / "cache")))
    async with app.run_test(size=(110, 40)) as pilot:
        seen = await failure_seen(pilot)
    assert sentence in seen
    assert step in seen
    assert "session-secret" not in seen


CLI: list[tuple[str, list[Any], str, str]] = [
    (
        "no plan",
        [error("query", "You do not have access to GitHub Copilot", 403)],
        "this account has no Copilot plan",
        "https://github.com/settings/copilot",
    ),
    (
        "organisation policy",
        [error("query", "Access denied by policy settings of your organization", 403)],
        "a policy of your organisation does not allow this",
        "Ask whoever administers",
    ),
    (
        "model not enabled",
        [error("query", "The requested model is not supported.", 400)],
        "this model is not enabled for your account",
        "copilot-tui models",
    ),
    (
        "content filtered",
        [error("query", "blocked by content_filter")],
        "Copilot's filter stopped this reply",
        "Say it in other words",
    ),
    (
        "quota used up",
        [error("quota", "You have exceeded your premium request allowance", 402)],
        "your Copilot quota is used up",
        "renewed next month",
    ),
    (
        "sign-in expired",
        [error("authentication", "token expired", 401)],
        "Copilot does not accept the sign-in",
        "copilot-tui login copilot",
    ),
]


def app_with_cli(tmp_path: Path, backend: CopilotSdk) -> CopilotApp:
    options = {"data_dir": str(tmp_path / "data"), "backend": "copilot"}
    config = load(options, {})._replace(config_file=tmp_path / "config.toml")
    store = Store(tmp_path / "data", tmp_path / "cache")
    return CopilotApp(Desk(config, store, make_backend=lambda _: backend))


@pytest.mark.parametrize(
    ("script", "sentence", "step"), [case[1:] for case in CLI], ids=[case[0] for case in CLI]
)
async def test_with_the_cli_it_is_a_sentence_and_the_next_step(
    tmp_path: Path, script: list[Any], sentence: str, step: str
) -> None:
    client = FakeClient([*BEFORE, *script, *END])
    backend = CopilotSdk(BUILT_IN["copilot"], key=lambda _: None, start=Starter(client), environ={})
    app = app_with_cli(tmp_path, backend)
    async with app.run_test(size=(110, 40)) as pilot:
        seen = await failure_seen(pilot)
    assert sentence in seen
    assert step in seen


async def test_an_sdk_that_is_not_installed_is_named_with_the_command_for_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "copilot", None)
    backend = CopilotSdk(BUILT_IN["copilot"], key=lambda _: None, environ={})
    app = app_with_cli(tmp_path, backend)
    async with app.run_test(size=(110, 40)) as pilot:
        seen = await failure_seen(pilot)
    assert "needs GitHub's Copilot SDK, which is not installed" in seen
    assert 'pip install "copilot-tui[copilot]"' in seen
