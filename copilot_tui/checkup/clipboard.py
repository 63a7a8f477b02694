"""The clipboard: by which ways copies go, and what is known of them."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING, Final

from copilot_tui.checkup import Finding, wrong
from copilot_tui.tui.terminal.clipboard import tools

if TYPE_CHECKING:
    from collections.abc import Mapping

    from copilot_tui.checkup.terminal import Answers

SUBJECT: Final = "clipboard"

_TMUX_S: Final = 3.0


def examine(answers: Answers, environ: Mapping[str, str]) -> Finding:
    """Tools that are here, and the terminal, which was asked for what was put there."""
    found, asks_terminal = tools(environ)
    ways = [tool.name for tool in found]
    if any("tmux" in tool.command for tool in found) and _tmux_keeps_it():
        return wrong(
            SUBJECT,
            "tmux does not pass copies on to the terminal: set-clipboard is off",
            "tmux set -s set-clipboard on",
        )
    if answers.clipboard is False:
        ways.append("the terminal (OSC 52), which did not give back what it was given")
        if not found:
            return wrong(SUBJECT, ways[-1], "Allow OSC 52 in the terminal, or install xclip")
    elif answers.clipboard:
        ways.append("the terminal (OSC 52), verified")
    elif answers.is_terminal and asks_terminal:
        ways.append("the terminal (OSC 52), not verified: it does not tell")
    if not ways:
        return Finding(SUBJECT, "not verified: there is no terminal here to ask")
    return Finding(SUBJECT, ", ".join(ways))


def _tmux_keeps_it() -> bool:
    try:
        said = subprocess.run(
            ("tmux", "show-options", "-sv", "set-clipboard"),
            capture_output=True,
            timeout=_TMUX_S,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return False
    return said.stdout.strip() == b"off"
