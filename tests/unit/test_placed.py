from __future__ import annotations

import re

import pyte
import pytest
from rich.cells import cell_len

from copilot_tui.tui.terminal.placed import placed

JOINED = ("⚠️", "❤️", "1️⃣", "👩‍🚀", "👨‍👩‍👧‍👦", "🏳️‍🌈", "👍🏽", "👩🏽‍🚀", "☺️")


@pytest.mark.parametrize("character", JOINED)
def test_what_follows_stands_where_it_is_counted_whatever_the_terminal_draws(
    character: str,
) -> None:
    painted = placed(f"\x1b[3;1mab{character}|{character} x│\x1b[0m")
    screen = pyte.Screen(40, 1)
    pyte.Stream(screen).feed(painted)
    cells = [screen.buffer[0][x].data for x in range(40)]
    assert cells[2 + cell_len(character)] == "|"
    assert cells[2 + 2 * cell_len(character) + 3] == "│"


@pytest.mark.parametrize("character", JOINED)
def test_the_character_itself_is_written_whole(character: str) -> None:
    assert character in placed(f"a {character} b")


@pytest.mark.parametrize(
    "text",
    [
        "plain",
        "世界 é ñ e\u0301 \x1b[38;2;1;2;3mx\x1b[0m",
        "abc\u200ddef",
        f"\x1b]8;id=1;https://example.org/{JOINED[0]}{JOINED[3]}\x1b\\",
        f"\x1b]0;{JOINED[0]}\x07",
    ],
)
def test_all_else_is_written_as_it_is(text: str) -> None:
    assert placed(text) == text


def test_no_command_is_torn_by_what_stands_behind_it() -> None:
    painted = placed("\x1b[1m\ufe0f\x1b[38;5;9m\u200d⚠️\x1b[0m#️⃣")
    left = re.sub(r"\x1b(?:7|8|\[2C)| ", "", painted)
    assert left == "\x1b[1m\ufe0f\x1b[38;5;9m\u200d⚠️\x1b[0m#️⃣"
