from __future__ import annotations

import re
from pathlib import Path

from copilot_tui.cli.parser import COMMANDS
from copilot_tui.config import BackendConfig
from copilot_tui.tui.actions import key_table

README = (Path(__file__).parents[2] / "README.md").read_text("utf-8")


def test_the_key_table_is_the_programs_own() -> None:
    table = README.partition("<!-- keys -->\n")[2].partition("<!-- /keys -->")[0]
    assert table.strip() == key_table().strip()


EXAMPLES = Path(__file__).parents[1] / "backends" / "github_examples"


def test_every_example_is_the_one_that_is_run() -> None:
    examples = list(EXAMPLES.glob("*.py"))
    assert examples
    for example in examples:
        assert f"```python\n{example.read_text('utf-8')}```" in README, example.name


def test_every_picture_is_there() -> None:
    pictures = re.findall(r"!\[.*?\]\((.*?)\)", README)
    assert pictures
    for picture in pictures:
        assert (Path(__file__).parents[2] / picture).is_file()


def test_every_command_is_named() -> None:
    for name in COMMANDS:
        assert re.search(rf"\b{name}\b", README), name


def test_every_key_of_the_configuration_is_named() -> None:
    names = set(BackendConfig._fields)
    for name in names - {"name", "owns_address", "is_chosen", "credentials_file"}:
        assert f"`{name}`" in README, name
