from __future__ import annotations

from pathlib import Path

import pytest

from tests.pty.conftest import Desktop
from tests.server import DONE, Gate, Server, chunk, finish

pytestmark = pytest.mark.pty

MOUSE = {1000, 1002, 1003, 1006}
FOCUS_OUT = b"\x1b[O"


def configured(tmp_path: Path, text: str) -> None:
    folder = tmp_path / "config" / "copilot-tui"
    folder.mkdir(parents=True)
    (folder / "config.toml").write_text(f"[ui]\n{text}\n", "utf-8")


def test_the_mouse_is_the_terminals_if_that_is_set_and_a_command_changes_it_at_once(
    desktop: Desktop, tmp_path: Path
) -> None:
    configured(tmp_path, "mouse = false")
    window = desktop.start()
    assert not window.modes & MOUSE
    window.type(b"\x10")
    window.wait_for_text("Type a command's name")
    window.type(b"Mouse on")
    window.wait_for_text("Mouse on or off")
    window.type(b"\r")
    window.wait_for(lambda: window.modes & MOUSE, "the mouse")
    window.wait_for_text("The mouse is the app's")
    window.type(b"\x11")
    assert window.ended() == 0
    assert not window.modes & MOUSE


@pytest.mark.parametrize("wanted", [True, False])
def test_a_reply_that_ends_while_the_terminal_has_not_the_focus_is_told(
    desktop: Desktop, server: Server, tmp_path: Path, wanted: bool
) -> None:
    configured(tmp_path, f"notifications = {str(wanted).lower()}")
    gate = Gate()
    server.stream(chunk("Hel"), gate, chunk("lo there"), finish(), DONE)
    window = desktop.start()
    window.type(b"a question\r")
    window.wait_for_text("Hel")
    window.type(FOCUS_OUT)
    window.type(b"x")  # behind it, so that it was read when this is seen
    window.wait_for(lambda: "│x" in window.text or "x" in window.text.splitlines()[-2])
    gate.open()
    window.wait_for_text("Hello there")
    told = b"\x07\x1b]9;copilot-tui: The reply in \xe2\x80\x9ca question\xe2\x80\x9d is here\x1b\\"
    if wanted:
        window.wait_for(lambda: told in window.painted, "the notification")
    window.type(b"\x11")
    assert window.ended() == 0
    assert (told in window.painted) is wanted
