from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import Program
from tests.server import CUT, DONE, HANG, PATIENCE_S, Gate, Request, Server, chunk, delta, finish

pytestmark = pytest.mark.filterwarnings("error")

WHOLE = (chunk("Hello, "), chunk("Heiner."), finish(), DONE)
POSIX = pytest.mark.skipif(sys.platform == "win32", reason="signals and sh of POSIX")


def contents(request: Request) -> list[str]:
    return [message["content"] for message in request.json["messages"]]


def test_the_reply_goes_to_stdout_and_is_saved(asking: Program, server: Server) -> None:
    server.stream(*WHOLE)
    done = asking.run("ask", "Hello, i am Heiner.")
    assert (done.status, done.stdout, done.stderr) == (0, "Hello, Heiner.\n", "")
    document = asking.last()
    assert asking.last_messages() == [
        ("user", "complete", "Hello, i am Heiner."),
        ("assistant", "complete", "Hello, Heiner."),
    ]
    assert server.requests[0].json == {
        "model": "",
        "provider": "Copilot",
        "stream": True,
        "messages": [{"role": "user", "content": "Hello, i am Heiner."}],
        "conversation_id": document["id"],
    }


def test_a_reply_that_ends_its_line_gets_no_second_end(asking: Program, server: Server) -> None:
    server.stream(chunk("a\n"), finish(), DONE)
    assert asking.run("ask", "hi").stdout == "a\n"


def test_the_reply_is_printed_as_it_comes(asking: Program, server: Server) -> None:
    gate = Gate()
    server.stream(chunk("first"), gate, chunk(" second"), finish(), DONE)
    process = asking.start("ask", "hi")
    assert process.stdout is not None
    assert os.read(process.stdout.fileno(), 100) == b"first"
    gate.open()
    assert process.stdout.read() == b" second\n"
    assert process.wait(PATIENCE_S) == 0


@pytest.mark.parametrize(
    ("argv", "stdin", "prompt"),
    [
        (["-"], b"from stdin\n", "from stdin"),
        ([], b"from stdin\n", "from stdin"),
        (["review this", "-"], b"+a\n-b\n", "review this\n\n+a\n-b"),
        (["review this", "-"], b"", "review this"),
        (["not this"], b"stdin", "not this"),
        (["-"], "\ufeffGrüße 👋\r\n".encode(), "Grüße 👋"),
        (["-"], b"gr\xfc\xdfe", "gr��e"),
        (["--", "--help"], b"", "--help"),
        (["  keep\n  this "], b"", "  keep\n  this "),
    ],
)
def test_the_prompt_comes_from_the_arguments_and_stdin(
    asking: Program, server: Server, argv: list[str], stdin: bytes, prompt: str
) -> None:
    server.stream(*WHOLE)
    assert asking.run("ask", *argv, stdin=stdin).status == 0
    assert contents(server.requests[0]) == [prompt]


@pytest.mark.parametrize("argv", [[""], [" \n\t"], [], ["-"], ["", "-"]])
def test_an_empty_prompt_is_bad_usage_and_sends_nothing(
    asking: Program, server: Server, argv: list[str]
) -> None:
    done = asking.run("ask", *argv, stdin=b" \n")
    assert (done.status, done.stdout) == (2, "")
    assert done.stderr.startswith("copilot-tui: the prompt is empty\n")
    assert server.requests == []
    assert not asking.data_dir.exists()


def test_a_prompt_without_quotes_is_bad_usage(asking: Program, server: Server) -> None:
    done = asking.run("ask", "how", "are", "you")
    assert (done.status, server.requests) == (2, [])
    assert "Put it in quotes" in done.stderr


def test_json_is_one_object_a_line_and_the_last_says_how_it_ended(
    asking: Program, server: Server
) -> None:
    server.stream(delta(reasoning_content="hm"), chunk("\x1b[1mé"), finish(), DONE)
    done = asking.run("ask", "--json", "hi")
    document = asking.last()
    assert (done.status, done.stderr) == (0, "")
    assert done.json_lines() == [
        {"type": "reasoning", "content": "hm"},
        {"type": "delta", "content": "\x1b[1mé"},
        {
            "type": "done",
            "conversation_id": document["id"],
            "message_id": document["head"],
            "status": "complete",
        },
    ]


def test_plain_text_never_controls_the_terminal_and_the_store_keeps_it_exact(
    asking: Program, server: Server
) -> None:
    reply = "\x1b]0;t\x07a\tb\r\n\x9b31mc\u202ed"
    server.stream(chunk(reply), finish(), DONE)
    assert asking.run("ask", "hi").stdout == "]0;ta\tb\n31mcd\n"
    assert asking.last_messages()[1][2] == reply
    assert asking.run("show", "last").stdout.endswith("\nReply:\n]0;ta\tb\n31mcd\n")


@POSIX
def test_output_is_utf8_under_the_c_locale(asking: Program, server: Server) -> None:
    server.stream(chunk("Grüße 👋"), finish(), DONE)
    c_locale = {"LC_ALL": "C", "PYTHONCOERCECLOCALE": "0", "PYTHONUTF8": "0"}
    assert asking.run("ask", "hi", environ=c_locale).stdout == "Grüße 👋\n"


def test_the_second_turn_goes_on_with_the_first(asking: Program, server: Server) -> None:
    server.stream(*WHOLE)
    server.stream(chunk("It is German."), finish(), DONE)
    asking.run("ask", "Hello, i am Heiner. How are you?")
    done = asking.run("ask", "--conversation", "last", "Tell me somethings about my name")
    assert (done.status, done.stdout) == (0, "It is German.\n")
    first, second = server.requests
    assert second.json["conversation_id"] == first.json["conversation_id"]
    assert contents(second) == [
        "Hello, i am Heiner. How are you?",
        "Hello, Heiner.",
        "Tell me somethings about my name",
    ]
    assert len(asking.run("list", "--json").json_lines()[0]) == 1
    assert len(asking.last()["messages"]) == 4


def test_with_the_newest_context_only_the_prompt_is_sent_and_that_is_kept(
    asking: Program, server: Server
) -> None:
    for _ in range(3):
        server.stream(*WHOLE)
    asking.run("ask", "--context", "newest", "one")
    asking.run("ask", "two", "--conversation", asking.last()["id"][:8])
    assert contents(server.requests[1]) == ["two"]
    asking.run("ask", "three", "--conversation", "last", "--context", "full")
    assert contents(server.requests[2]) == [
        "one",
        "Hello, Heiner.",
        "two",
        "Hello, Heiner.",
        "three",
    ]


def test_the_system_prompt_is_sent_and_kept(asking: Program, server: Server) -> None:
    server.stream(*WHOLE)
    server.stream(*WHOLE)
    asking.run("ask", "hi", "--system", "Be kind")
    asking.run("ask", "again", "--conversation", "last")
    assert asking.last()["system"] == "Be kind"
    assert all("Be kind" in contents(request)[0] for request in server.requests)


def test_a_conversation_goes_on_with_its_own_backend_and_model(
    asking: Program, server: Server, tmp_path: Path
) -> None:
    file = tmp_path / "config.toml"
    file.write_text(f'[backends.mine]\nbase_url = "{server.url}/v1"\nmodel = "small"')
    del asking.environ["COPILOT_TUI_BASE_URL"]
    asking.environ["COPILOT_TUI_CONFIG"] = str(file)
    for _ in range(3):
        server.stream(*WHOLE)
    asking.run("ask", "one", "--backend", "mine", "--model", "large")
    assert asking.run("ask", "two", "--conversation", "last").status == 0
    asking.run("ask", "three", "--conversation", "last", "--model", "tiny")
    assert [request.json["model"] for request in server.requests] == ["large", "large", "tiny"]
    assert (asking.last()["backend"], asking.last()["model"]) == ("mine", "tiny")


def test_private_writes_nothing_to_disk(asking: Program, server: Server, tmp_path: Path) -> None:
    server.stream(*WHOLE)
    before = sorted(tmp_path.rglob("*"))
    done = asking.run("ask", "--private", "--json", "secret")
    assert done.status == 0
    assert done.json_lines()[-1]["conversation_id"] is None
    assert sorted(tmp_path.rglob("*")) == before
    assert asking.run("ask", "--private", "--conversation", "last", "hi").status == 2


@pytest.mark.parametrize(
    ("script", "text", "status", "words"),
    [
        ([chunk("half "), CUT], "half ", "partial", "cut off"),
        ([chunk("half ")], "half ", "partial", "cut off"),
        ([finish(), DONE], "", "error", "empty reply"),
        ([], "", "error", "empty reply"),
        (
            [chunk("half "), b'data: {"error": {"message": "no quota"}}\n\n'],
            "half ",
            "error",
            "no quota",
        ),
    ],
)
def test_a_reply_that_fails_keeps_what_came_and_ends_with_1(
    asking: Program, server: Server, script: list[Any], text: str, status: str, words: str
) -> None:
    server.stream(*script)
    done = asking.run("ask", "hi")
    assert done.status == 1
    assert done.stdout == (f"{text}\n" if text else "")
    assert words in done.stderr.splitlines()[0]
    assert "Traceback" not in done.stderr
    assert asking.last_messages() == [("user", "complete", "hi"), ("assistant", status, text)]
    assert words in asking.last()["messages"][1]["error"]


def test_a_line_that_is_no_json_does_not_end_the_reply(asking: Program, server: Server) -> None:
    server.stream(chunk("a"), b"data: {broken\n\n", chunk("b"), finish(), DONE)
    done = asking.run("ask", "hi")
    assert (done.status, done.stdout) == (0, "ab\n")


@pytest.mark.parametrize(
    ("body", "status"),
    [("<html><title>Bad gateway</title>", 502), ({"error": {"message": "bad key"}}, 401)],
)
def test_a_refusal_is_one_sentence_on_stderr(
    asking: Program, server: Server, body: object, status: int
) -> None:
    server.answer(body, status=status)
    done = asking.run("ask", "hi")
    assert (done.status, done.stdout) == (1, "")
    assert str(status) in done.stderr
    assert "<html>" not in done.stderr
    assert len(done.stderr.splitlines()) <= 2
    assert asking.last_messages()[0] == ("user", "complete", "hi")


def test_a_wait_that_the_server_asks_for_is_said_on_stderr(asking: Program, server: Server) -> None:
    server.answer({"error": {"message": "slow down"}}, status=429, headers={"Retry-After": "1"})
    server.stream(*WHOLE)
    done = asking.run("ask", "hi")
    assert (done.status, done.stdout) == (0, "Hello, Heiner.\n")
    assert done.stderr != ""
    assert asking.last_messages()[1] == ("assistant", "complete", "Hello, Heiner.")


@POSIX
def test_two_that_ask_in_one_conversation_at_once_keep_both_replies(
    asking: Program, server: Server
) -> None:
    server.stream(*WHOLE)
    asking.run("ask", "first")
    gates = Gate(), Gate()
    processes = []
    for gate in gates:
        server.stream(chunk("half "), gate, chunk("whole"), finish(), DONE)
        processes.append(asking.start("ask", "again", "--conversation", "last"))
        assert gate.is_reached.wait(PATIENCE_S)
    for gate, process in zip(gates, processes, strict=True):
        gate.open()
        assert process.wait(PATIENCE_S) == 0
    texts = [text for role, _, text in asking.last_messages() if role == "assistant"]
    assert sorted(texts) == ["Hello, Heiner.", "half whole", "half whole"]
    assert asking.last()["messages"][-1]["status"] == "complete"


@POSIX
def test_without_a_prompt_in_a_terminal_it_does_not_wait_for_one(asking: Program) -> None:
    ours, theirs = os.openpty()
    try:
        done = asking.run("ask", stdin=theirs)
    finally:
        os.close(ours)
        os.close(theirs)
    assert (done.status, done.stdout) == (2, "")
    assert done.stderr.startswith("copilot-tui: the prompt is empty")


def test_a_server_that_does_not_answer_is_named_and_the_prompt_is_kept(program: Program) -> None:
    done = program.run("ask", "hi", "--base-url", "http://127.0.0.1:9/v1")
    assert (done.status, done.stdout) == (1, "")
    assert "127.0.0.1:9" in done.stderr
    assert program.last_messages() == [("user", "complete", "hi"), ("assistant", "error", "")]


def test_a_failure_with_json_is_its_last_line(asking: Program, server: Server) -> None:
    server.stream(chunk("half"), CUT)
    done = asking.run("ask", "--json", "hi")
    document = asking.last()
    assert done.status == 1
    assert done.json_lines()[0] == {"type": "delta", "content": "half"}
    failure = done.json_lines()[-1]
    assert failure.pop("message") in done.stderr
    assert isinstance(failure.pop("hint"), str)
    assert failure == {
        "type": "error",
        "conversation_id": document["id"],
        "message_id": document["head"],
    }


@pytest.mark.parametrize(
    ("argv", "status"),
    [
        (["ask", "--json", ""], 2),
        (["ask", "--json", "hi", "--conversation", "no-such-id"], 1),
        (["ask", "--json", "hi", "--backend", "no-such-backend"], 2),
    ],
)
def test_what_fails_before_the_request_is_said_in_json_too(
    asking: Program, server: Server, argv: list[str], status: int
) -> None:
    done = asking.run(*argv)
    assert done.status == status
    (failure,) = done.json_lines()
    assert (failure["type"], failure["conversation_id"]) == ("error", None)
    assert server.requests == []


def test_a_key_goes_to_the_chosen_server_and_never_into_the_store_or_the_output(
    asking: Program, server: Server
) -> None:
    asking.environ["COPILOT_TUI_API_KEY"] = "sk-very-secret"
    server.answer({"error": {"message": "bad key sk-very-secret"}}, status=401)
    done = asking.run("ask", "hi")
    assert server.requests[0].headers["authorization"] == "Bearer sk-very-secret"
    written = b"".join(path.read_bytes() for path in asking.data_dir.rglob("*") if path.is_file())
    assert b"sk-very-secret" not in written
    assert "sk-very-secret" not in done.stdout + done.stderr


def test_a_backends_own_key_does_not_go_to_an_overridden_address(
    asking: Program, server: Server
) -> None:
    asking.environ["OPENAI_API_KEY"] = "sk-very-secret"
    server.stream(*WHOLE, path="/v1/chat/completions")
    done = asking.run("ask", "hi", "--backend", "openai", "--model", "m")
    assert (done.status, done.stdout) == (0, "Hello, Heiner.\n")
    [request] = server.requests
    assert "authorization" not in request.headers
    assert "sk-very-secret" not in str(request.headers)


@pytest.fixture
def unwritable(data_dir: Path) -> Path:
    data_dir.write_text("a file where the folder should be")
    return data_dir


def test_a_store_that_cannot_be_written_ends_before_the_request(
    unwritable: Path, asking: Program, server: Server
) -> None:
    done = asking.run("ask", "hi")
    assert (done.status, done.stdout, server.requests) == (1, "", [])
    assert done.stderr.startswith("copilot-tui: the store cannot")
    assert len(done.stderr.splitlines()) <= 2
    assert unwritable.read_text() == "a file where the folder should be"


@POSIX
@pytest.mark.parametrize(
    ("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129)]
)
@pytest.mark.parametrize("json_option", [[], ["--json"]])
def test_a_signal_stops_the_reply_and_saves_what_came(
    asking: Program, server: Server, number: int, status: int, json_option: list[str]
) -> None:
    server.stream(chunk("half "), HANG)
    process = asking.start("ask", "hi", *json_option)
    assert process.stdout is not None
    assert process.stderr is not None
    first = os.read(process.stdout.fileno(), 1000)
    process.send_signal(number)
    assert process.wait(PATIENCE_S) == status
    said = first + process.stdout.read()
    assert process.stderr.read() == b""
    if json_option:
        assert json.loads(said.splitlines()[-1])["message"] == "interrupted"
    else:
        assert said == b"half \n"
    assert server.requests[0].client_gone.wait(PATIENCE_S)
    assert asking.last_messages() == [("user", "complete", "hi"), ("assistant", "partial", "half ")]


@POSIX
@pytest.mark.parametrize(
    ("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129)]
)
def test_signals_that_follow_the_first_change_neither_the_end_nor_the_status(
    asking: Program, server: Server, number: int, status: int
) -> None:
    others = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    for pause_s in (0.0005, 0.001, 0.002):
        server.stream(chunk("half "), HANG)
        process = asking.start("ask", "hi")
        assert process.stdout is not None
        assert process.stderr is not None
        assert os.read(process.stdout.fileno(), 1000) == b"half "
        is_heard = server.requests[-1].client_gone.is_set
        while process.poll() is None:
            for other in others if is_heard() else (number,):
                process.send_signal(other)
            with suppress(subprocess.TimeoutExpired):
                process.wait(pause_s)
        assert (process.returncode, process.stderr.read()) == (status, b"")
        assert asking.last_messages()[-1] == ("assistant", "partial", "half ")


@POSIX
def test_an_interrupt_while_the_server_wants_patience_ends_it_at_once(
    asking: Program, server: Server
) -> None:
    server.answer({"error": "busy"}, status=429, headers={"Retry-After": "30"})
    process = asking.start("ask", "hi")
    assert process.stderr is not None
    said = os.read(process.stderr.fileno(), 1000)
    assert said.startswith(b"trying again in 30 s: the server answered 429")
    began = time.monotonic()
    process.send_signal(signal.SIGINT)
    assert process.wait(PATIENCE_S) == 130
    assert time.monotonic() - began < 1.0  # and not 30; the rest is Python's own end
    assert len(server.requests) == 1
    assert asking.last_messages() == [("user", "complete", "hi"), ("assistant", "partial", "")]


@POSIX
def test_an_interrupt_before_the_first_word_leaves_the_prompt(
    asking: Program, server: Server
) -> None:
    gate = Gate()
    server.stream(gate)
    process = asking.start("ask", "hi")
    assert gate.is_reached.wait(PATIENCE_S)
    process.send_signal(signal.SIGINT)
    assert process.wait(PATIENCE_S) == 130
    assert process.stdout is not None
    assert process.stdout.read() == b""
    assert asking.last_messages() == [("user", "complete", "hi"), ("assistant", "partial", "")]


@POSIX
def test_a_signal_that_was_ignored_from_the_start_stays_so(asking: Program, server: Server) -> None:
    gate = Gate()
    server.stream(chunk("half "), gate, chunk("whole"), finish(), DONE)
    process = asking.start(
        "ask", "hi", preexec_fn=lambda: signal.signal(signal.SIGHUP, signal.SIG_IGN)
    )
    assert process.stdout is not None
    assert os.read(process.stdout.fileno(), 1000) == b"half "
    process.send_signal(signal.SIGHUP)
    gate.open()
    assert process.wait(PATIENCE_S) == 0
    assert process.stdout.read() == b"whole\n"


@POSIX
@pytest.mark.parametrize("options", [(), ("--json",)], ids=["text", "json"])
def test_a_reader_that_goes_away_ends_it_at_once_in_silence_with_the_reply_saved(
    asking: Program, server: Server, options: tuple[str, ...]
) -> None:
    server.stream(chunk("line\n"), HANG)
    process = asking.start("ask", *options, "hi")
    assert process.stdout is not None
    assert process.stderr is not None
    assert b"line" in os.read(process.stdout.fileno(), 1000)
    process.stdout.close()
    assert process.wait(PATIENCE_S) == 141
    assert process.stderr.read() == b""
    assert not list(asking.data_dir.glob("journal/*"))
    assert asking.last_messages()[1] == ("assistant", "partial", "line\n")


@POSIX
def test_head_takes_its_line_and_all_ends_well(asking: Program, server: Server) -> None:
    server.stream(*(chunk(f"line {number}\n" * 1000) for number in range(50)), finish(), DONE)
    done = asking.shell("{ $ASK hi; echo $? >&2; } | head -1")
    assert (done.status, done.stdout) == (0, "line 0\n")
    assert done.stderr in {"0\n", "141\n"}
    assert asking.last_messages()[1][2].startswith("line 0\n")


@POSIX
def test_with_stdout_closed_from_the_start_the_reply_is_saved(
    asking: Program, server: Server
) -> None:
    server.stream(*WHOLE)
    done = asking.shell("$ASK hi >&-")
    assert (done.status, done.stdout, done.stderr) == (0, "", "")
    assert asking.last_messages()[1] == ("assistant", "complete", "Hello, Heiner.")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no /dev/full here")
def test_a_full_disk_behind_stdout_is_said_once(asking: Program, server: Server) -> None:
    server.stream(*WHOLE)
    done = asking.shell("$ASK hi >/dev/full")
    assert (done.status, len(done.stderr.splitlines())) == (1, 1)
    assert "stdout cannot be written: No space left" in done.stderr
    assert asking.last_messages()[1][2].startswith("Hello, ")


@POSIX
@pytest.mark.parametrize("is_silent", [False, True])
def test_a_killed_ask_leaves_a_partial_reply_with_all_that_reached_the_disk(
    asking: Program, server: Server, is_silent: bool
) -> None:
    gate = Gate()
    server.stream(chunk("one "), gate, chunk("two "), HANG)
    process = asking.start("ask", "hi")
    assert process.stdout is not None
    assert os.read(process.stdout.fileno(), 1000) == b"one "
    journal = asking.data_dir / "journal"
    deadline = time.monotonic() + PATIENCE_S
    while not any(b"one " in path.read_bytes() for path in journal.iterdir()):
        assert time.monotonic() < deadline
    if not is_silent:
        gate.open()
        assert os.read(process.stdout.fileno(), 1000) == b"two "
    process.kill()
    process.wait(PATIENCE_S)
    ((_, _, prompt), (_, status, text)) = asking.last_messages()
    assert (prompt, status) == ("hi", "partial")
    assert text in {"one ", "one two "}
    assert asking.last_messages()[1][2] == text


def test_a_prompt_from_stdin_that_no_model_takes_is_refused(
    asking: Program, server: Server, tmp_path: Path
) -> None:
    with (tmp_path / "huge").open("w+b") as huge:
        huge.truncate((64 << 20) + 1)
        done = asking.run("ask", "-", stdin=huge.fileno())
    assert (done.status, done.stdout) == (2, "")
    assert "more than 64 MB" in done.stderr
    assert server.requests == []


def test_attached_files_are_sent_saved_and_shown(
    asking: Program, server: Server, tmp_path: Path
) -> None:
    (tmp_path / "notes.txt").write_text("abc")
    (tmp_path / "cat.gif").write_bytes(b"GIF89a\0")
    server.stream(*WHOLE)
    server.stream(*WHOLE)
    files = ("--attach", str(tmp_path / "notes.txt"), "--attach", str(tmp_path / "cat.gif"))
    assert asking.run("ask", "What?", *files).status == 0
    part = {"type": "image_url", "image_url": {"url": "data:image/gif;base64,R0lGODlhAA=="}}
    told = "What?\n\nnotes.txt:\n```\nabc\n```"
    first = {"role": "user", "content": [{"type": "text", "text": told}, part]}
    assert server.requests[0].json["messages"] == [first]
    assert asking.last()["messages"][0]["attachments"] == [
        {"name": "notes.txt", "media_type": "text/plain", "size": 3, "text": "abc"},
        {"name": "cat.gif", "media_type": "image/gif", "size": 7, "data": "R0lGODlhAA=="},
    ]
    assert asking.last()["title"] == "What?"
    (tmp_path / "notes.txt").unlink()
    assert asking.run("ask", "And?", "--conversation", "last").status == 0
    assert first in server.requests[1].json["messages"]
    assert "*Attached: cat.gif*" in asking.run("export", "last").stdout


def test_a_file_needs_no_prompt(asking: Program, server: Server, tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("abc")
    server.stream(*WHOLE)
    assert asking.run("ask", "--attach", str(tmp_path / "notes.txt")).status == 0
    assert contents(server.requests[0]) == ["notes.txt:\n```\nabc\n```"]
    assert asking.last()["title"] == "notes.txt"


def test_a_file_that_cannot_be_attached_is_bad_usage_and_sends_nothing(
    asking: Program, server: Server, tmp_path: Path
) -> None:
    gone = tmp_path / "gone.txt"
    done = asking.run("ask", "What?", "--attach", str(gone))
    assert (done.status, done.stdout) == (2, "")
    assert done.stderr == f"copilot-tui: there is no file {gone}\n"
    many = [word for _ in range(21) for word in ("--attach", str(tmp_path))]
    assert asking.run("ask", "What?", *many).stderr.startswith("copilot-tui: 21 files are too many")
    assert server.requests == []
    assert not asking.data_dir.exists()


def test_an_image_for_github_is_refused_in_one_sentence_and_kept(
    asking: Program, server: Server, tmp_path: Path
) -> None:
    (tmp_path / "cat.gif").write_bytes(b"GIF89a\0")
    done = asking.run("--backend", "github", "ask", "What?", "--attach", str(tmp_path / "cat.gif"))
    assert (done.status, done.stdout) == (1, "")
    assert done.stderr.startswith("copilot-tui: GitHub Copilot's chat takes no images\n")
    assert server.requests == []
    assert asking.last()["messages"][0]["attachments"][0]["name"] == "cat.gif"
