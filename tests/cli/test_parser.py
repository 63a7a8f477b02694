from __future__ import annotations

import re

import pytest

from copilot_tui import config
from copilot_tui.cli.parser import COMMANDS, common_options, parse, words_of
from copilot_tui.errors import UsageError

VALUES = {name: f"value-of-{name}" for name in config.OPTIONS}


def as_options(values: dict[str, str]) -> list[str]:
    return [
        word
        for name, value in values.items()
        for word in (f"--{name.replace('_', '-')}", value)
    ]  # fmt: skip


def test_without_a_command_it_is_the_app() -> None:
    given = parse(["--prompt", "ask", "--continue", "--demo", "--private"])
    assert vars(given) == {
        "command": None, "prompt": "ask", "continue_last": True, "demo": True, "private": True,
    }  # fmt: skip


@pytest.mark.parametrize("command", COMMANDS)
def test_common_options_are_the_same_before_and_after_a_command(command: str) -> None:
    arguments = {"rename": ["x", "y"], "delete": ["x"], "restore": ["x"], "show": ["x"]}
    arguments["import"] = arguments["search"] = ["x"]
    arguments["completion"] = ["bash"]
    rest = [command, *arguments.get(command, [])]
    options = as_options(VALUES)
    assert common_options(parse([*options, *rest])) == VALUES
    assert common_options(parse([*rest, *options])) == VALUES
    assert common_options(parse(rest)) == {}


def test_an_option_after_the_command_wins_over_one_before_it() -> None:
    assert parse(["--model", "a", "ask", "hi", "--model", "b"]).model == "b"


def test_an_option_may_be_written_with_an_equals_sign() -> None:
    given = parse(["--backend=ask", "ask", "--model=", "hi"])
    assert (given.backend, given.model, given.prompt_words) == ("ask", "", ["hi"])


@pytest.mark.parametrize(
    ("argv", "words"),
    [
        (["hi"], ["hi"]),
        (["-"], ["-"]),
        (["review this", "-"], ["review this", "-"]),
        (["review this", "--model", "m", "-"], ["review this", "-"]),
        (["--json", "review this", "--private", "-", "--context", "full"], ["review this", "-"]),
        (["--json", "--", "--not-an-option"], ["--not-an-option"]),
        (["--", "--demo"], ["--demo"]),
        ([], []),
    ],
)
def test_options_stand_anywhere_between_the_words_of_ask(argv: list[str], words: list[str]) -> None:
    assert parse(["ask", *argv]).prompt_words == words


def test_private_counts_before_ask_as_after_it() -> None:
    assert parse(["--private", "ask", "hi"]).private
    assert parse(["ask", "hi", "--private"]).private
    assert "private" not in parse(["ask", "hi"])


@pytest.mark.parametrize(
    ("argv", "message"),
    [
        (["asc"], "there is no command asc; did you mean ask?"),
        (["search"], "required: QUERY"),
        (["search", "x", "--limit", "many"], "invalid int value: 'many'"),
        (["--bogus"], "unrecognized arguments: --bogus"),
        (["ask", "hi", "--contxt", "full"], "unrecognized arguments: --contxt full"),
        (["list", "--attach", "f"], "unrecognized arguments: --attach f"),
        (["ask", "hi", "--context", "all"], "invalid choice: 'all'"),
        (["ask", "--model"], "expected one argument"),
        (["ask", "--mod", "m"], "unrecognized arguments: --mod"),
        (["--model"], "expected one argument"),
        (["--demo", "ask", "hi"], "--demo is for the app, not for ask"),
        (["--continue", "list"], "--continue is for the app, not for list"),
        (["list", "--prompt", "x"], "--prompt is for the app, not for list"),
        (["ask", "hi", "--demo"], "--demo is for the app, not for ask"),
        (["rename", "x"], "required: TITLE"),
        (["delete"], "required: ID"),
        (["export", "x", "--format", "pdf"], "invalid choice: 'pdf'"),
        (["list", "x"], "unrecognized arguments: x"),
    ],
)
def test_bad_usage_is_one_sentence(argv: list[str], message: str) -> None:
    with pytest.raises(UsageError, match=re.escape(message)) as caught:
        parse(argv)
    assert "\n" not in str(caught.value)
    assert caught.value.exit_status == 2
    assert caught.value.hint


def test_where_an_option_of_the_app_stands_before_a_command_it_is_said_what_to_write() -> None:
    with pytest.raises(UsageError) as caught:
        parse(["--demo", "ask", "hi"])
    assert caught.value.hint.endswith("a command on it: --backend demo")


@pytest.mark.parametrize("argv", [["--help"], *([name, "--help"] for name in COMMANDS)])
def test_help_goes_to_stdout(argv: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        parse(argv)
    said = capsys.readouterr()
    assert ended.value.code == 0
    assert said.out.startswith("usage: copilot-tui")
    assert said.err == ""


def test_the_help_names_every_command_and_none_that_does_not_exist(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with pytest.raises(SystemExit):
        parse(["--help"])
    commands = capsys.readouterr().out.split("commands (without one: the app):\n")[1]
    assert [line.split()[0] for line in commands.splitlines()] == list(COMMANDS)


def test_an_argument_that_is_not_utf8_loses_only_what_could_not_be_read() -> None:
    assert words_of("gr\udcfc\udcdfe 👋") == "gr��e 👋"
