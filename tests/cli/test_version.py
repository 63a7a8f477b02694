from __future__ import annotations

import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from copilot_tui import __version__
from tests.cli.conftest import PYTHON, Program

PRINT_MODULES = (
    "import sys; sys.argv[1:] = {argv!r}\n"
    "from copilot_tui.__main__ import run\n"
    "status = run()\n"
    "print(status, *sys.modules, file=sys.stderr)"
)


def modules_after(program: Program, *argv: str) -> set[str]:
    done = subprocess.run(
        [sys.executable, "-c", PRINT_MODULES.format(argv=list(argv))],
        env=program.environ,
        capture_output=True,
        text=True,
        check=True,
    )
    status, *modules = done.stderr.split("\n")[-2].split()
    assert status == "0", done.stderr
    return {name.split(".")[0] for name in modules} | set(modules)


def test_the_version_is_one_line_on_stdout(program: Program) -> None:
    done = program.run("--version")
    assert (done.status, done.stdout, done.stderr) == (0, f"copilot-tui {__version__}\n", "")
    assert program.run("--version", "--private").stdout == done.stdout


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no /dev/full here")
def test_a_version_that_cannot_be_written_is_one_line_on_stderr(program: Program) -> None:
    done = program.shell(f"{shlex.join(PYTHON)} --version >/dev/full")
    assert (done.status, done.stdout) == (1, "")
    assert done.stderr == "copilot-tui: stdout cannot be written: No space left on device\n"


def test_the_version_imports_almost_nothing(program: Program) -> None:
    assert modules_after(program, "--version").isdisjoint(
        {
            "argparse",
            "re",
            "json",
            "httpx",
            "asyncio",
            "textual",
            "sqlite3",
            "pathlib",
            "dataclasses",
        }
    )


def test_ask_imports_neither_textual_nor_sqlite(program: Program) -> None:
    program.environ["COPILOT_TUI_BACKEND"] = "demo"
    modules = modules_after(program, "ask", "keys")
    assert "copilot_tui.replies" in modules
    assert modules.isdisjoint({"textual", "markdown_it", "sqlite3", "tomllib", "copilot_tui.tui"})


def test_listing_imports_neither_textual_nor_httpx_nor_asyncio(program: Program) -> None:
    assert modules_after(program, "list").isdisjoint({"textual", "rich", "httpx", "asyncio"})
