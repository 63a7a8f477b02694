from __future__ import annotations

from pathlib import Path

import pytest

from copilot_tui import config
from copilot_tui.cli.main import main
from copilot_tui.errors import UsageError
from copilot_tui.paths import expanded

NOBODY = "~nobody-has-this-name/x"


def test_a_tilde_is_the_home_and_anything_else_stays() -> None:
    assert expanded("~/x") == Path.home() / "x"
    assert expanded("a~b") == Path("a~b")


def test_a_home_that_nobody_has_is_named() -> None:
    with pytest.raises(UsageError, match="nobody here has the home of ~nobody"):
        expanded(NOBODY)


@pytest.mark.parametrize(
    "argv",
    [
        ["import", NOBODY],
        ["list", "--data-dir", NOBODY],
        ["list", "--config", NOBODY],
        ["export", "--all", "-o", NOBODY],
    ],
)
def test_every_command_says_so_in_one_line(
    argv: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(argv) == 2
    said = capsys.readouterr()
    assert (said.out, said.err) == ("", f"copilot-tui: nobody here has the home of {NOBODY}\n")


def test_the_environment_may_name_such_a_home_too() -> None:
    with pytest.raises(UsageError):
        config.load({}, environ={"COPILOT_TUI_DATA_DIR": NOBODY})
