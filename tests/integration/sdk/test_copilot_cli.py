"""The backend `copilot` through the shell: every reply is a process, with a CLI of its own."""

from __future__ import annotations

import asyncio
import json
import os
import select
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.integration.conftest import PATIENCE_S, Shell
from tests.integration.sdk.conftest import KEY
from tests.server import CUT, DONE, Gate, Server, chunk, event, finish

pytestmark = pytest.mark.sdk

END = (finish(), DONE)


def bodies(upstream: Server) -> list[dict[str, Any]]:
    return [request.json for request in upstream.requests if request.method == "POST"]


def said(body: dict[str, Any]) -> list[tuple[str, str]]:
    """Role and text of each message, without the date that the CLI puts before a prompt."""
    return [
        (m["role"], m["content"].rpartition("</current_datetime>\n\n")[2]) for m in body["messages"]
    ]


def texts(shell: Shell) -> list[tuple[str, str, str]]:
    return [(m["role"], m["status"], m["content"]) for m in shell.saved()["messages"]]


def test_two_turns_are_one_session_over_two_processes(shell: Shell, upstream: Server) -> None:
    upstream.stream(chunk("Hel"), chunk("lo"), *END)
    upstream.stream(chunk("You are "), chunk("Heiner."), *END)
    assert shell.ask("--system", "Be brief.", "I am Heiner.") == "Hello\n"
    assert shell.ask("--conversation", "last", "Who am I?") == "You are Heiner.\n"
    first, second = bodies(upstream)
    assert said(first) == [("system", "Be brief."), ("user", "I am Heiner.")]
    assert said(second) == [*said(first), ("assistant", "Hello"), ("user", "Who am I?")]
    assert "tools" not in first
    assert first["model"] == "small"
    assert {r.headers["authorization"] for r in upstream.requests} == {f"Bearer {KEY}"}
    assert "current_datetime" not in json.dumps(shell.saved())


def test_what_the_cli_tells_twice_after_a_break_is_there_once(
    shell: Shell, upstream: Server
) -> None:
    upstream.stream(chunk("Hel"), chunk("lo"), CUT)
    upstream.stream(chunk("Hel"), chunk("lo, you"), *END)
    done = shell.run("ask", "hi")
    assert (done.returncode, done.stdout) == (0, "Hello, you\n")
    assert "the Copilot CLI asks it again" in done.stderr
    assert texts(shell)[-1] == ("assistant", "complete", "Hello, you")


def test_other_words_after_an_error_in_the_middle_replace_the_first(
    shell: Shell, upstream: Server
) -> None:
    upstream.stream(chunk("Hello"), event({"error": {"message": "boom", "code": 500}}))
    upstream.stream(chunk("Good"), chunk(" day to you"), *END)
    done = shell.run("ask", "--json", "hi")
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    anew = lines.index({"type": "anew"})
    after = [line["content"] for line in lines[anew:] if line["type"] == "delta"]
    assert "".join(after) == "Good day to you"
    assert lines[-1]["status"] == "complete"
    assert texts(shell)[-1] == ("assistant", "complete", "Good day to you")


def test_a_stopped_reply_is_kept_and_told_to_the_next_session(
    shell: Shell, upstream: Server
) -> None:
    gate = Gate()
    upstream.stream(chunk("Half a "), gate, *END)
    upstream.stream(chunk("Whole."), *END)
    with shell.start("ask", "hi") as process:
        assert process.stdout is not None
        assert process.stdout.read(len("Half a ")) == "Half a "
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=PATIENCE_S)
    assert process.returncode == 130, errors
    assert asyncio.run(upstream.requests[-1].gone())
    assert texts(shell)[-1] == ("assistant", "partial", "Half a ")
    assert shell.ask("--conversation", "last", "Go on.") == "Whole.\n"
    assert "Assistant: Half a" in said(bodies(upstream)[-1])[-1][1]


@contextmanager
def clis_of(pid: int) -> Iterator[list[int]]:
    """The processes below this one, each as a descriptor that is readable when it has ended."""
    listed = subprocess.run(
        ["ps", "-o", "pid=", "--ppid", str(pid)], capture_output=True, text=True, check=True
    )
    found = [os.pidfd_open(int(each)) for each in listed.stdout.split()]
    try:
        yield found
    finally:
        for each in found:
            os.close(each)


@pytest.mark.skipif(sys.platform != "linux", reason="processes are watched by descriptors there")
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL], ids=lambda n: str(n.name))
def test_the_cli_ends_with_us(shell: Shell, upstream: Server, number: signal.Signals) -> None:
    upstream.stream(chunk("Half"), Gate(), *END)
    with shell.start("ask", "hi") as process:
        assert process.stdout is not None
        assert process.stdout.read(4) == "Half"
        with clis_of(process.pid) as clis:
            assert clis
            process.send_signal(number)
            process.communicate(timeout=PATIENCE_S)
            for cli in clis:
                assert select.select([cli], [], [], PATIENCE_S)[0], "the CLI outlives us"
    assert asyncio.run(upstream.requests[-1].gone())
    assert texts(shell)[-1][:2] == ("assistant", "partial")


def test_a_key_that_is_refused_is_one_sentence_and_the_next_step(
    shell: Shell, upstream: Server
) -> None:
    upstream.answer({"error": {"message": f"bad key {KEY}"}}, status=401)
    done = shell.run("ask", "hi")
    assert done.returncode == 1
    sentence, hint = done.stderr.splitlines()
    assert sentence == f"copilot-tui: {upstream.url}/v1 refuses the key (401)"
    assert hint.startswith("Check the key")


def test_nothing_of_our_keys_is_on_disk_and_nothing_of_the_clis_in_the_home(
    shell: Shell, upstream: Server, tmp_path: Path
) -> None:
    upstream.stream(chunk("Hello"), *END)
    shell.ask("hi")
    files = [Path(folder, name) for folder, _, names in os.walk(tmp_path) for name in names]
    assert files
    for file in files:
        content = file.read_bytes()
        assert KEY.encode() not in content, file
        assert b"gho_secret" not in content, file
    tops = {file.relative_to(tmp_path).parts[0] for file in files}
    assert tops <= {"data", "data-home", "cache", "config"}


def test_a_private_prompt_is_nowhere_on_disk(
    shell: Shell, upstream: Server, tmp_path: Path
) -> None:
    upstream.stream(chunk("a-private-answer"), *END)
    assert shell.ask("--private", "a-private-question") == "a-private-answer\n"
    for folder, _, names in os.walk(tmp_path):
        for name in names:
            content = Path(folder, name).read_bytes()
            assert b"a-private-" not in content, Path(folder, name)


def test_models_are_those_of_the_server(shell: Shell) -> None:
    assert shell.run("models").stdout == "small\n"
