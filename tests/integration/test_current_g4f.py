"""g4f as its own command starts it: with a scripted server behind it, and without a network."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from tests.integration.conftest import PATIENCE_S, Shell
from tests.integration.servers import NOWHERE, as_installed, browser_that_g4f_would_open
from tests.integration.venvs import CURRENT, Venv
from tests.server import CUT, DONE, Gate, Server, chunk, delta, event, finish

pytestmark = pytest.mark.g4f

COMPLETIONS = "/v1/chat/completions"
MOCK = ("--provider", "mock", "--model", "small")


@pytest.fixture
def shell(tmp_path: Path, installed: str) -> Shell:
    return Shell(tmp_path, installed)


def assert_told_in_plain_words(done: subprocess.CompletedProcess[str], *words: str) -> None:
    assert done.returncode == 1, done.stderr
    assert "Traceback" not in done.stderr
    told = done.stderr.casefold()
    assert all(word.casefold() in told for word in words), done.stderr
    assert len(done.stderr.splitlines()) <= 4, done.stderr


def assert_nothing_is_lost(shell: Shell, prompt: str, reply: str, status: str) -> None:
    asked, answered = shell.saved()["messages"]
    assert asked["content"] == prompt
    assert (answered["content"], answered["status"]) == (reply, status)
    assert answered["error"]


def test_a_reply_is_streamed_through(upstream: Server, shell: Shell) -> None:
    upstream.stream(chunk("Hel"), chunk("lo "), chunk("there"), finish(), DONE, path=COMPLETIONS)
    assert shell.ask(*MOCK, "Hello") == "Hello there\n"
    (request,) = [seen for seen in upstream.requests if seen.path == COMPLETIONS]
    assert request.json["messages"] == [{"role": "user", "content": "Hello"}]
    assert request.json["model"] == "small"
    reply = shell.saved()["messages"][1]
    assert (reply["status"], reply["model"]) == ("complete", "small")
    assert reply["usage"]["total_tokens"] > 0


def test_a_server_behind_g4f_is_named_by_its_address(upstream: Server, shell: Shell) -> None:
    upstream.stream(chunk("Here"), finish(), DONE, path=COMPLETIONS)
    address = f"{upstream.url}/v1"
    assert shell.ask("--provider", address, "--model", "small", "Hello") == "Here\n"


def test_a_plain_provider_gets_the_whole_branch(upstream: Server, shell: Shell) -> None:
    upstream.stream(chunk("one"), finish(), DONE, path=COMPLETIONS)
    upstream.stream(chunk("two"), finish(), DONE, path=COMPLETIONS)
    shell.ask(*MOCK, "first")
    assert shell.ask(*MOCK, "--conversation", "last", "second") == "two\n"
    sent = [m["content"] for m in upstream.requests[-1].json["messages"]]
    assert sent == ["first", "one", "second"]


def test_reasoning_arrives_apart_from_the_answer(upstream: Server, shell: Shell) -> None:
    upstream.stream(
        delta(reasoning_content="Hm. "), chunk("Yes."), finish(), DONE, path=COMPLETIONS
    )
    assert shell.ask(*MOCK, "Well?") == "Yes.\n"
    reply = shell.saved()["messages"][1]
    assert (reply["reasoning"].strip(), reply["content"]) == ("Hm.", "Yes.")


@pytest.mark.parametrize(
    ("status", "body", "words"),
    [
        (401, {"error": {"message": "Incorrect API key"}}, ["401", "Authentication required"]),
        (429, {"error": {"message": "Rate limit reached"}}, ["429"]),
        (500, {"error": {"message": "boom"}}, ["500", "g4f", "log"]),
        (502, "<html><body><h1>502 Bad Gateway</h1></body></html>", ["500", "g4f", "log"]),
    ],
)
def test_an_error_behind_g4f_is_told_in_plain_words(
    upstream: Server, shell: Shell, status: int, body: object, words: list[str]
) -> None:
    upstream.answer(body, status=status, path=COMPLETIONS)
    done = shell.run("ask", *MOCK, "Hello")
    assert done.stdout == ""
    assert_told_in_plain_words(done, *words)
    assert_nothing_is_lost(shell, "Hello", "", "error")


def test_a_provider_that_does_not_exist_is_named(upstream: Server, shell: Shell) -> None:
    done = shell.run("ask", "--provider", "NoSuchProvider", "Hello")
    assert_told_in_plain_words(done, "404", "NoSuchProvider")
    assert_nothing_is_lost(shell, "Hello", "", "error")


def test_an_error_in_the_middle_keeps_what_came(upstream: Server, shell: Shell) -> None:
    upstream.stream(
        chunk("Half of "),
        chunk("it"),
        event({"error": {"message": "exploded"}}),
        DONE,
        path=COMPLETIONS,
    )
    done = shell.run("ask", *MOCK, "Hello")
    assert done.stdout == "Half of it\n"
    assert_told_in_plain_words(done, "g4f", "log")
    assert_nothing_is_lost(shell, "Hello", "Half of it", "error")


def test_a_reply_that_is_cut_behind_g4f_keeps_what_came(upstream: Server, shell: Shell) -> None:
    gate = Gate()
    upstream.stream(chunk("Half of "), chunk("it"), gate, CUT, path=COMPLETIONS)
    with shell.start("ask", *MOCK, "Hello") as process:
        assert process.stdout is not None
        came = process.stdout.read(len("Half of it"))
        gate.open()
        rest, errors = process.communicate(timeout=PATIENCE_S)
    assert came + rest == "Half of it\n"
    done = subprocess.CompletedProcess(process.args, process.returncode, came + rest, errors)
    assert_told_in_plain_words(done, "g4f", "log")
    assert_nothing_is_lost(shell, "Hello", "Half of it", "error")


def test_copilot_without_a_network_fails_readably_and_loses_nothing(
    venv: Venv, tmp_path: Path
) -> None:
    home = tmp_path / "g4f"
    home.mkdir()
    if venv is CURRENT and (browser := browser_that_g4f_would_open(venv, home / "probe")):
        pytest.skip(f"g4f would open {browser} and wait for somebody to sign in")
    with as_installed(venv, home, NOWHERE) as base_url:
        shell = Shell(tmp_path, base_url)
        done = shell.run("ask", "Hello, i am Heiner. How are you?")
        assert done.stdout == ""
        told = "Request execution failed" if venv is CURRENT else "curl_cffi"
        assert_told_in_plain_words(done, told)
        assert_nothing_is_lost(shell, "Hello, i am Heiner. How are you?", "", "error")


def test_providers_are_listed_by_the_names_that_people_know(shell: Shell) -> None:
    done = shell.run("models", "--json")
    assert done.returncode == 0, done.stderr
    listed = {(each["id"], each["is_provider"]): each for each in json.loads(done.stdout)}
    assert listed["Copilot", True]["name"] == "Microsoft Copilot"
    assert ("Think Deeper", False) in listed
