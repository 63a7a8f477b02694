from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from copilot_tui.cli.early import looks, starts_app
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


UI = """
backend = "demo"  # theme = "dark"
theme = "dark"
[ui]  # how it looks
theme = "light"
sidebar_width = 30 # columns
reading_width = 70
[keys]
theme = "f5"
"""


def test_theme_and_width_are_those_of_the_table_ui_of_the_file_that_counts(tmp_path: Path) -> None:
    file = tmp_path / "copilot-tui" / "config.toml"
    file.parent.mkdir()
    file.write_text(UI)
    assert looks([], {"XDG_CONFIG_HOME": str(tmp_path)}) == ("light", 30, 70)
    assert looks([], {"COPILOT_TUI_CONFIG": str(file)}) == ("light", 30, 70)
    assert looks(["--demo", "--config", str(file)], {"COPILOT_TUI_CONFIG": "x"}) == (
        "light",
        30,
        70,
    )
    assert looks([f"--config={file}"], {}) == ("light", 30, 70)


@pytest.mark.parametrize(
    "text", ["", "[ui]\ntheme = 3\nsidebar_width = wide", "\xff\x00", "[ui", "theme = 'dark'"]
)
def test_a_file_that_says_nothing_of_it_is_no_matter(tmp_path: Path, text: str) -> None:
    file = tmp_path / "config.toml"
    file.write_text(text)
    assert looks(["--config", str(file)], {}) == ("auto", None, None)
    assert looks(["--config", str(tmp_path / "none")], {}) == ("auto", None, None)
    assert looks(["--config", str(tmp_path)], {}) == ("auto", None, None)


SWALLOWED = """
import os, signal, sys, time
from copilot_tui.cli import early
exec(sys.argv[1])
class Swallows:
    def __del__(self):
        os.kill(os.getpid(), signal.SIGINT)
        time.sleep(0)  # here the handler runs, and Python ignores what it raises
Swallows()
print("goes on")
"""
RAISES = "early.interrupt_ends(); early.interrupt_raises(); sys.unraisablehook = lambda what: 0"
IGNORED = "signal.signal(signal.SIGINT, signal.SIG_IGN); early.interrupt_ends()"


@pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")
@pytest.mark.parametrize(
    ("before", "status", "said"),
    [
        pytest.param("early.interrupt_ends()", 130, b"", id="before a command"),
        pytest.param(RAISES, 0, b"goes on\n", id="in a command, which Python may let go on"),
        pytest.param(IGNORED, 0, b"goes on\n", id="ignored from the start"),
    ],
)
def test_ctrl_c_ends_a_command_that_has_not_begun_where_nothing_can_be_raised(
    before: str, status: int, said: bytes
) -> None:
    program = [sys.executable, "-c", SWALLOWED, before]
    ended = subprocess.run(program, capture_output=True, timeout=60)
    assert (ended.returncode, ended.stdout, ended.stderr) == (status, said, b"")
