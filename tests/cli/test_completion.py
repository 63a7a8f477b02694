from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from copilot_tui.cli import shells
from copilot_tui.cli.completion import words
from copilot_tui.cli.parser import COMMANDS, PROGRAM, SHELLS
from copilot_tui.store import Store
from tests.cli.conftest import FIRST, PYTHON, SECOND, Program, saved

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="shells of POSIX")


@pytest.fixture
def script(program: Program, tmp_path: Path) -> dict[str, Path]:
    """The script of each shell, and the program on the PATH."""
    folder = tmp_path / "bin"
    folder.mkdir()
    link = folder / PROGRAM
    link.write_text(f'#!/bin/sh\nexec {" ".join(PYTHON)} "$@"\n')
    link.chmod(0o755)
    program.environ["PATH"] = f"{folder}{os.pathsep}{program.environ['PATH']}"
    made = {}
    for shell in SHELLS:
        done = program.run("completion", shell)
        assert (done.status, done.stderr) == (0, "")
        made[shell] = tmp_path / f"completion.{shell}"
        made[shell].write_text(done.stdout)
    return made


def bash(program: Program, script: Path, *line: str, cwd: Path | None = None) -> list[str]:
    """What bash offers for the last word of this line."""
    code = f"""
        source {script}
        COMP_WORDS=("$@") COMP_CWORD=$(($# - 1))
        $(complete -p {PROGRAM} | sed 's/.*-F \\([^ ]*\\).*/\\1/')
        printf '%s\\n' "${{COMPREPLY[@]}}"
    """
    done = subprocess.run(
        ("bash", "--norc", "-u", "-c", code, "bash", PROGRAM, *line),
        capture_output=True,
        text=True,
        env=program.environ,
        cwd=cwd,
        timeout=30,
        check=True,
    )
    assert done.stderr == ""
    return done.stdout.split()


def test_bash_completes_commands_options_and_values(
    program: Program, script: dict[str, Path]
) -> None:
    made = script["bash"]
    assert bash(program, made, "") == list(COMMANDS)
    assert bash(program, made, "re") == ["rename", "restore"]
    assert bash(program, made, "--dem") == ["--demo"]
    assert bash(program, made, "ask", "--con") == ["--conversation", "--context", "--config"]
    assert bash(program, made, "ask", "--context", "") == ["full", "newest"]
    assert bash(program, made, "export", "--format", "m") == ["markdown"]
    assert bash(program, made, "--backend", "open") == ["openai", "openrouter"]
    assert bash(program, made, "completion", "") == ["bash", "zsh", "fish"]
    assert bash(program, made, "login", "gi") == ["github"]
    assert bash(program, made, "list", "--json", "--bac") == ["--backend"]


def test_bash_finds_the_command_behind_options_with_values(
    program: Program, script: dict[str, Path]
) -> None:
    line = ("--backend", "list", "--demo", "ask", "--sy")
    assert bash(program, script["bash"], *line) == ["--system"]


def test_bash_completes_the_ids_that_there_are(
    program: Program, script: dict[str, Path], both: Store
) -> None:
    assert bash(program, script["bash"], "show", "") == [SECOND, FIRST, "last"]
    assert bash(program, script["bash"], "show", "111") == [FIRST]
    assert bash(program, script["bash"], "ask", "--conversation", "22") == [SECOND]
    both.delete(SECOND)
    assert bash(program, script["bash"], "restore", "") == [SECOND, "last"]
    assert bash(program, script["bash"], "show", "") == [FIRST, "last"]


def test_bash_leaves_files_to_its_own_completion(
    program: Program, script: dict[str, Path], tmp_path: Path
) -> None:
    (tmp_path / "a file.json").touch()
    assert bash(program, script["bash"], "import", "a", cwd=tmp_path) == []
    assert bash(program, script["bash"], "export", "-o", "a", cwd=tmp_path) == []
    assert "-o default" in script["bash"].read_text()


def fish(program: Program, script: Path, line: str) -> list[str]:
    """What fish offers, without what it says of each."""
    done = subprocess.run(
        ("fish", "--no-config", "-c", f"source {script}; complete -C '{PROGRAM} {line}'"),
        capture_output=True,
        text=True,
        env=program.environ,
        timeout=30,
        check=True,
    )
    assert done.stderr == ""
    return [offer.partition("\t")[0] for offer in done.stdout.splitlines()]


@pytest.mark.skipif(shutil.which("fish") is None, reason="there is no fish here")
def test_fish_completes_commands_options_values_and_ids(
    program: Program, script: dict[str, Path], both: Store
) -> None:
    made = script["fish"]
    assert sorted(fish(program, made, "")) == sorted(COMMANDS)
    assert fish(program, made, "ask --sys") == ["--system"]
    assert sorted(fish(program, made, "ask --context ")) == ["full", "newest"]
    assert fish(program, made, "show 111") == [FIRST]
    both.delete(SECOND)
    assert fish(program, made, "restore 222") == [SECOND]
    assert sorted(fish(program, made, "completion ")) == ["bash", "fish", "zsh"]
    assert "--demo" not in fish(program, made, "ask --")


@pytest.fixture
def zsh(program: Program, script: dict[str, Path]) -> Iterator[object]:
    pexpect = pytest.importorskip("pexpect")
    if shutil.which("zsh") is None:
        pytest.skip("there is no zsh here")
    child = pexpect.spawn(
        "zsh",
        ["-f", "-i"],
        env={**program.environ, "TERM": "dumb", "PS1": "", "LISTMAX": "0"},
        encoding="utf-8",
        timeout=20,
        dimensions=(60, 160),
    )
    child.sendline("unsetopt zle; PS1=; autoload -U compinit; compinit -u -D; echo re''ady")
    child.expect("ready")
    child.sendline(f"source {script['zsh']}; setopt zle; echo loa''ded")
    child.expect("loaded")
    yield child
    child.close(force=True)


@pytest.mark.parametrize(
    ("typed", "completed"),
    [
        ("expo", "export "),
        ("ask --syst", "ask --system "),
        ("ask --context ne", "ask --context newest "),
        ("show 111", f"show {FIRST} "),
        ("restore 333", "restore 33333333-0000-4000-8000-000000000000 "),
        ("--backend openr", "--backend openrouter "),
        ("completion fi", "completion fish "),
    ],
)
def test_zsh_completes_what_is_the_only_one(
    zsh: object, both: Store, typed: str, completed: str
) -> None:
    saved(both, "33333333-0000-4000-8000-000000000000", "deleted")
    both.delete("33333333-0000-4000-8000-000000000000")
    zsh.send(f"{PROGRAM} {typed}\t")  # type: ignore[attr-defined]  # pexpect's spawn
    zsh.expect_exact(completed.removeprefix(typed))  # type: ignore[attr-defined]


def test_every_shell_knows_every_option_of_every_command() -> None:
    program, commands = words()
    for shell in SHELLS:
        made = getattr(shells, shell)(PROGRAM, program, commands)
        for each in (program, *commands):
            assert each.name in made
            for option in each.options:
                for flag in option.flags:
                    wanted = flag.lstrip("-") if shell == "fish" else flag
                    assert wanted in made, (shell, each.name, flag)


def test_a_shell_that_is_not_known_is_bad_usage(program: Program) -> None:
    done = program.run("completion", "tcsh")
    assert (done.status, done.stdout) == (2, "")
