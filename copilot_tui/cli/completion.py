"""completion: a script for bash, zsh or fish, made of what the parser knows."""

from __future__ import annotations

import argparse
from typing import Final

from copilot_tui import config
from copilot_tui.cli import output, shells
from copilot_tui.cli.grammar import Option, Takes, Words
from copilot_tui.cli.parser import COMMANDS, PROGRAM, command_parser, main_parser

_BY_METAVAR: Final[dict[str, Takes]] = {
    "DIR": "folder",
    "FILE": "file",
    "FILE|DIR": "file",
    "ID": "id",
    "ID|last": "id",
}


def run(given: argparse.Namespace) -> int:
    """Write the script; the shell's own way of installing it stands at its top."""
    program, commands = words()
    output.exact(getattr(shells, given.shell)(PROGRAM, program, commands))
    return 0


def words() -> tuple[Words, list[Words]]:
    """What the program takes before a command, and what each command takes."""
    program = _words("", "", main_parser())
    return program, [_words(c.name, c.summary, command_parser(c)) for c in COMMANDS.values()]


def _words(name: str, summary: str, parser: argparse.ArgumentParser) -> Words:
    options: list[Option] = []
    arguments: list[Option] = []
    for action in parser._actions:  # argparse tells them in no other way
        option = Option(
            tuple(action.option_strings),
            (action.help or "").partition("\n")[0],
            "trashed" if name == "restore" and not action.option_strings else _takes(action),
            _choices(action),
        )
        (options if option.flags else arguments).append(option)
    return Words(name, summary, tuple(options), arguments[0] if arguments else None)


def _takes(action: argparse.Action) -> Takes:
    if action.option_strings and action.nargs == 0:
        return "nothing"
    return _BY_METAVAR.get(str(action.metavar), "text")


def _choices(action: argparse.Action) -> tuple[str, ...]:
    if action.choices is not None:
        return tuple(map(str, action.choices))
    if "--backend" in action.option_strings or action.dest == "backend_name":
        return tuple(config.BUILT_IN)
    return ()
