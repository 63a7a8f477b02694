"""`ask --backend github` against a mock of a captured protocol; never tried against GitHub."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.conftest import Program
from tests.mocks.github_chat import CAPTURED, GithubChat, content, error, github_chat


@pytest.fixture
def github() -> Iterator[GithubChat]:
    with github_chat() as running:
        yield running


@pytest.fixture
def asking(program: Program, github: GithubChat, tmp_path: Path) -> Program:
    """The program with the mock's addresses in its configuration, and a cookie in a command."""
    path = tmp_path / "config.toml"
    python = sys.executable.replace("\\", "/")
    path.write_text(
        "[backends.github]\n"
        f'token_url = "{github.token_url}"\n'
        f'api_url = "{github.url}"\n'
        f'api_key_command = ["{python}", "-c", "print(\'user_session=session-secret\')"]\n'
    )
    program.environ["COPILOT_TUI_CONFIG"] = str(path)
    program.environ["COPILOT_TUI_BACKEND"] = "github"
    return program


def test_two_turns_are_one_thread(asking: Program, github: GithubChat) -> None:
    github.says(CAPTURED)
    first = asking.run("ask", "Hello, i am Heiner.")
    assert (first.status, first.stdout, first.stderr) == (0, "ready\n", "")
    second = asking.run("ask", "--conversation", "last", "Who am I?")
    assert (second.status, second.stdout, second.stderr) == (0, "reply 2\n", "")
    assert github.threads == ["thread-1"]
    assert [prompt["content"] for prompt in github.prompts] == ["Hello, i am Heiner.", "Who am I?"]
    assert github.prompts[1]["parentMessageID"] == "95bc484f-2bf0-4cb7-b7be-ca2621b92f7b"


def test_the_store_keeps_the_thread_and_no_secret(
    asking: Program, github: GithubChat, data_dir: Path
) -> None:
    assert asking.run("ask", "hello").status == 0
    reply = asking.last()["messages"][1]
    assert reply["wire"] == {
        "conversation_id": "thread-1",
        "parent_message_id": "reply-1",
        "server": github.url,
    }
    assert (reply["status"], reply["model"], reply["backend"]) == ("complete", "gpt-4o", "github")
    for file in (path for path in data_dir.rglob("*") if path.is_file()):
        assert b"session-secret" not in file.read_bytes()
        assert b"token-1" not in file.read_bytes()


def test_a_cut_reply_is_kept_and_carried_in_the_next(asking: Program, github: GithubChat) -> None:
    github.says(content("half"))
    cut = asking.run("ask", "hello")
    assert (cut.status, cut.stdout) == (1, "half\n")
    assert "cut off" in cut.stderr
    assert asking.last_messages()[1] == ("assistant", "partial", "half")
    done = asking.run("ask", "--conversation", "last", "go on")
    assert (done.status, done.stdout) == (0, "reply 2\n")
    assert "the earlier turns are carried" in done.stderr
    assert github.threads == ["thread-1"]
    assert github.prompts[1]["content"].endswith("User: hello\n\nAssistant: half\n\nUser: go on")


def test_an_error_is_a_sentence_and_the_next_step(asking: Program, github: GithubChat) -> None:
    github.says(error("rateLimit", "slow down"))
    failed = asking.run("ask", "hello")
    assert (failed.status, failed.stdout) == (1, "")
    assert "quota of this account is used up: slow down" in failed.stderr
    assert "https://github.com/settings/copilot" in failed.stderr


def test_an_expired_cookie_is_a_sentence_and_the_next_step(
    asking: Program, github: GithubChat
) -> None:
    github.sessions.clear()
    failed = asking.run("ask", "hello")
    assert failed.status == 1
    assert "the cookie is missing or expired, or the account has no Copilot" in failed.stderr
    assert "copilot-tui login github" in failed.stderr
    assert "session-secret" not in failed.stderr


def test_without_a_sign_in_nothing_is_asked(
    asking: Program, github: GithubChat, tmp_path: Path
) -> None:
    path = tmp_path / "config.toml"
    text = path.read_text()
    path.write_text(text[: text.index("api_key_command")])
    failed = asking.run("ask", "hello")
    assert failed.status == 1
    assert "nobody is signed in to GitHub" in failed.stderr
    assert github.requests == []


def test_the_models_need_no_sign_in(asking: Program, github: GithubChat) -> None:
    done = asking.run("models")
    assert (done.status, done.stderr) == (0, "")
    assert done.stdout.splitlines()[0].startswith("gpt-4o")
