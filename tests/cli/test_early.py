from __future__ import annotations

import pytest

from copilot_tui.cli.early import starts_app
from copilot_tui.cli.parser import parse
from copilot_tui.errors import UsageError

OPTIONS = (
    "--prompt",
    "--data-dir",
    "--config",
    "--backend",
    "--base-url",
    "--model",
    "--provider",
    "--proxy",
)


@pytest.mark.parametrize("option", OPTIONS)
def test_each_option_of_the_app_starts_it_early_with_a_value_and_not_without(option: str) -> None:
    assert starts_app([option, "words"])
    assert starts_app([f"{option}=words", "--demo"])
    assert parse([option, "words"]).command is None
    assert not starts_app([option])
    assert not starts_app([option, " "])


@pytest.mark.parametrize("flag", ["--continue", "--demo", "--private"])
def test_each_flag_of_the_app_starts_it_early(flag: str) -> None:
    assert starts_app([flag])
    assert parse([flag]).command is None


def test_without_arguments_it_is_the_app() -> None:
    assert starts_app([])


@pytest.mark.parametrize(
    "arguments",
    [
        ["list"],
        ["--model", "m", "ask", "hello"],
        ["--help"],
        ["-h"],
        ["--version"],
        ["--demo=yes"],
        ["--unknown"],
        ["--private", "--continue"],
        ["--prompt", "--demo", "list"],
        ["--"],
    ],
    ids=" ".join,
)
def test_all_else_waits_for_the_parser(arguments: list[str]) -> None:
    assert not starts_app(arguments)


def test_what_starts_it_early_is_known_to_the_parser() -> None:
    for arguments in (["--unknown"], ["--demo=yes"]):
        with pytest.raises(UsageError):
            parse(arguments)
