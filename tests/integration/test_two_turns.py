"""The two turns of g4f's own example, against real servers of both generations of g4f."""

from __future__ import annotations

import json
import signal
from pathlib import Path

import pytest

from tests.integration.conftest import Shell
from tests.integration.exchange import HELLO, NAME, assistant, five_keys, remembered, user
from tests.integration.servers import RememberingServer
from tests.integration.venvs import CURRENT, FIRST

pytestmark = pytest.mark.g4f

both_contexts = pytest.mark.parametrize("context", ["full", "newest"])


@pytest.fixture
def shell(tmp_path: Path, memory: RememberingServer) -> Shell:
    return Shell(tmp_path, memory.base_url)


def ask_and_stop(shell: Shell, memory: RememberingServer, *arguments: str) -> str:
    """Ask, and interrupt when the reply has begun; gives what had come."""
    memory.hold_next_reply()
    with shell.start("ask", *arguments) as process:
        assert process.stdout is not None
        begun = process.stdout.read(len("NEW srv-1 "))
        process.send_signal(signal.SIGINT)
        rest, errors = process.communicate(timeout=30)
    assert process.returncode == 130, errors
    assert "Traceback" not in errors
    memory.wait_for_the_held_reply_to_end()
    return begun + rest.removesuffix("\n")


@both_contexts
def test_the_second_turn_is_answered_by_a_server_that_remembers_the_first(
    memory: RememberingServer, shell: Shell, context: str
) -> None:
    first = shell.ask("--context", context, HELLO).removesuffix("\n")
    second = shell.ask("--context", context, "--conversation", "last", NAME)
    assert remembered(first) == ("NEW", "srv-1", [])
    assert remembered(second) == ("REUSE", "srv-1", [HELLO])

    own_id = shell.saved()["id"]
    whole = [user(HELLO), assistant(first), user(NAME)]
    echo = {} if memory.venv is FIRST else {"conversation": {"conversation_id": "srv-1"}}
    assert memory.requests == [
        five_keys(own_id, user(HELLO)),
        five_keys(own_id, *(whole if context == "full" else [user(NAME)])) | echo,
    ]


@both_contexts
def test_a_third_turn_is_still_remembered_though_the_second_reply_brought_no_conversation(
    memory: RememberingServer, shell: Shell, context: str
) -> None:
    shell.ask("--context", context, HELLO)
    shell.ask("--context", context, "--conversation", "last", NAME)
    third = shell.ask("--context", context, "--conversation", "last", "And what did I ask?")
    assert remembered(third) == ("REUSE", "srv-1", [HELLO, NAME])


@both_contexts
def test_a_provider_that_the_program_does_not_know_by_name_remembers_as_well(
    memory: RememberingServer, shell: Shell, context: str
) -> None:
    options = ("--provider", "Mem", "--context", context)
    shell.ask(*options, HELLO)
    second = shell.ask(*options, "--conversation", "last", NAME)
    assert remembered(second) == ("REUSE", "srv-1", [HELLO])


@both_contexts
def test_two_conversations_that_begin_alike_are_not_taken_for_one(
    memory: RememberingServer, shell: Shell, context: str, request: pytest.FixtureRequest
) -> None:
    if memory.venv is CURRENT and context == "full":
        # It looks a thread up by the messages before the last two, and prefers what it finds to
        # the `conversation` that it was sent. The newest message alone is looked up nowhere.
        reason = "g4f 8.8 mixes up conversations of one beginning when it gets the whole of them"
        request.applymarker(pytest.mark.xfail(strict=True, reason=reason))
    options = ("--context", context)
    shell.ask(*options, HELLO)
    shell.ask(*options, "--conversation", "last", NAME)
    other = shell.ask(*options, HELLO)
    again = shell.ask(*options, "--conversation", "last", NAME)
    assert remembered(other) == ("NEW", "srv-2", [])
    assert remembered(again) == ("REUSE", "srv-2", [HELLO])


def test_after_a_stopped_first_reply_the_whole_branch_goes_within_the_one_message(
    memory: RememberingServer, shell: Shell
) -> None:
    begun = ask_and_stop(shell, memory, HELLO)
    done = shell.run("ask", "--conversation", "last", NAME)
    assert done.returncode == 0, done.stderr

    document = shell.saved()
    prompt, stopped, *_ = document["messages"]
    assert (prompt["content"], prompt["status"]) == (HELLO, "complete")
    assert (stopped["content"], stopped["status"]) == (begun, "partial")

    first, second = memory.requests
    assert first == five_keys(document["id"], user(HELLO))
    (message,) = second["messages"]
    assert second == five_keys(document["id"], message)
    assert message["role"] == "user"
    before, between, after = (message["content"].find(text) for text in (HELLO, begun, NAME))
    assert -1 < before < between < after
    assert done.stderr.strip(), "that the context was carried within the message is said"

    word, conversation_id, heard = remembered(done.stdout)
    if memory.venv is FIRST:
        assert (word, conversation_id, heard) == ("REUSE", "srv-1", [HELLO])
    else:
        assert (word, conversation_id, heard) == ("NEW", "srv-2", [])


def test_after_a_stopped_first_reply_newest_still_sends_the_newest_message_alone(
    memory: RememberingServer, shell: Shell
) -> None:
    ask_and_stop(shell, memory, "--context", "newest", HELLO)
    second = shell.ask("--context", "newest", "--conversation", "last", NAME)
    own_id = shell.saved()["id"]
    assert memory.requests == [five_keys(own_id, user(HELLO)), five_keys(own_id, user(NAME))]
    if memory.venv is FIRST:
        assert remembered(second) == ("REUSE", "srv-1", [HELLO])
    else:
        assert remembered(second) == ("NEW", "srv-2", [])


def test_a_system_prompt_goes_before_the_first_message_and_not_as_one_of_its_own(
    memory: RememberingServer, shell: Shell
) -> None:
    shell.ask("--system", "Be brief.", HELLO)
    second = shell.ask("--conversation", "last", NAME)
    assert remembered(second)[:2] == ("REUSE", "srv-1")
    for request in memory.requests:
        assert request["messages"][0] == user(f"Be brief.\n\n{HELLO}")
        assert "system" not in {message["role"] for message in request["messages"]}


def test_json_carries_the_id_of_the_store_and_not_that_of_the_server(
    memory: RememberingServer, shell: Shell
) -> None:
    lines = [json.loads(line) for line in shell.ask("--json", HELLO).splitlines()]
    assert {line["type"] for line in lines[:-1]} == {"delta"}
    document = shell.saved()
    assert lines[-1] == {
        "type": "done",
        "conversation_id": document["id"],
        "message_id": document["head"],
        "status": "complete",
    }
