"""From exec to the app's first frame: what is on the screen, what is typed, and what goes wrong."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

if sys.platform == "win32":
    pytest.skip("pseudo-terminals are Unix", allow_module_level=True)

from tests.pty.conftest import PROGRAM, Desktop
from tests.pty.emulator import Emulator, Picture
from tests.server import DONE, Server, chunk, finish

pytestmark = pytest.mark.pty

QUIT = b"\x11"
ENTER, LEAVE = b"\x1b[?1049h", b"\x1b[?1049l"

OWN = b"\x1b[?1000h"
"""The app asks for the mouse when it takes the terminal over; before this stands the curtain."""

WIPE = re.compile(rb"\x1b\[[0-3]?J|\x1b\[[0-2]?K|\x1bc")

THEMES = {
    "dark": {"COLORTERM": "truecolor", "COLORFGBG": "15;0"},
    "light": {"COLORTERM": "truecolor", "COLORFGBG": "0;15"},
    "dark in 256 colours": {"COLORFGBG": "15;0"},
    "light in 256 colours": {"COLORFGBG": "0;15"},
}


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize(
    "size",
    [(200, 60), (141, 30), (120, 40), (80, 24), (72, 20), (71, 20), (40, 12), (20, 5)],
    ids=str,
)
def test_the_app_paints_over_the_curtain_without_a_flash(
    desktop: Desktop, size: tuple[int, int], theme: str
) -> None:
    assert_no_flash(desktop.open(size=size, environ=THEMES[theme]), size)


def test_nothing_flashes_where_theme_and_sidebar_are_set(desktop: Desktop, tmp_path: Path) -> None:
    file = tmp_path / "config.toml"
    file.write_text('[ui]\ntheme = "light"\nsidebar_width = 40\nreading_width = 31\n')
    environ = THEMES["dark"]  # of the terminal
    assert_no_flash(desktop.open("--config", str(file), size=(100, 30), environ=environ), (100, 30))


def assert_no_flash(window: Emulator, size: tuple[int, int]) -> None:
    window.wait_for(lambda: OWN in window.painted)
    window.type(QUIT)
    assert window.ended() == 0
    painted = window.known_painted().partition(LEAVE)[0]
    assert painted.count(ENTER) == 1
    assert not WIPE.search(painted)

    curtain, _, own = painted.partition(OWN)
    picture = Picture(size)
    picture.feed(curtain)
    drawn = dict(picture.cells)
    prompt = size[1] - 2
    assert "▌ Ask anything"[: size[0] - 2] in picture.line(prompt)
    assert "default" not in {cell.bg for cell in drawn.values()}
    for at in range(0, len(own), 200):
        picture.feed(own[at : at + 200])
        changed = {
            place
            for place, cell in picture.cells.items()
            if cell.bg != drawn[place].bg
            or (place[1] == prompt and written(cell) != written(drawn[place]))
        }
        assert not changed


def written(cell: Any) -> tuple[str, str | None]:
    """A cell's character, and its colour where there is anything to be seen of it."""
    return cell.data, cell.fg if cell.data.strip() else None


def test_keys_typed_when_only_the_curtain_is_there_are_sent(
    desktop: Desktop, server: Server
) -> None:
    server.stream(chunk("An answer."), finish(), DONE)
    window = desktop.open()
    window.wait_for_text("Ask anything")
    assert OWN not in window.painted
    window.type(b"typed early\r")
    window.wait_for_text("An answer.")
    [request] = server.requests
    assert request.json["messages"][-1]["content"] == "typed early"


def test_a_broken_configuration_is_one_line_on_the_screen_that_was_there(
    desktop: Desktop, tmp_path: Path
) -> None:
    broken = tmp_path / "broken.toml"
    broken.write_text("modle = 1\n")
    window = desktop.open("--config", str(broken))
    assert window.ended() == 2
    before, _, after = bytes(window.painted).partition(LEAVE)
    assert ENTER in before
    assert b"modle" not in before
    said = after.removeprefix(b"\x1b[?25h").decode().strip().splitlines()
    assert said[0].startswith("copilot-tui: ")
    assert "modle" in said[0]
    assert "\x1b" not in "".join(said)
    assert window.modes == {25}  # the cursor is shown
    assert window.settings == window.settings_before


@pytest.mark.parametrize(
    ("number", "status"),
    [(signal.SIGTERM, 143), (signal.SIGINT, 130), (signal.SIGHUP, 129)],
    ids=["TERM", "INT", "HUP"],
)
def test_a_signal_between_the_curtain_and_the_app_gives_the_terminal_back(
    desktop: Desktop, tmp_path: Path, number: int, status: int
) -> None:
    waits = tmp_path / "config.toml"
    os.mkfifo(waits)  # reading it waits for a writer who never comes
    window = desktop.open("--config", str(waits))
    window.wait_for_text("Ask anything")
    window.signal(number)
    assert window.ended() == status
    assert bytes(window.painted).count(ENTER) == bytes(window.painted).count(LEAVE) == 1
    assert OWN not in window.painted
    assert window.modes == {25}  # the cursor is shown
    assert window.settings == window.settings_before


@pytest.mark.parametrize(
    "arguments",
    [
        ("--version",),
        ("--help",),
        ("list",),
        ("--backend", "demo", "list"),
        ("--unknown",),
        ("--prompt", " "),
        ("--private", "--continue"),
        ("--model",),
    ],
    ids=" ".join,
)
def test_nothing_is_drawn_for_what_is_not_the_app(
    desktop: Desktop, arguments: tuple[str, ...]
) -> None:
    window = desktop.open(*arguments)
    window.ended()
    assert ENTER not in window.painted
    assert window.settings == window.settings_before


def test_nothing_is_drawn_into_a_pipe(desktop: Desktop) -> None:
    _, terminal = os.openpty()
    ended = subprocess.run(PROGRAM, env=desktop.environ, stdin=terminal, capture_output=True)
    assert ended.returncode == 2
    assert ended.stdout == b""
    assert b"\x1b" not in ended.stderr


def test_a_terminal_that_knows_nothing_is_not_drawn_on_early(desktop: Desktop) -> None:
    window = desktop.open(environ={"TERM": "dumb"})
    window.wait_until_ready()
    assert bytes(window.painted).startswith(ENTER + OWN)
