from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from copilot_tui.conversation import Status
from tests.pty.conftest import Desktop
from tests.server import DONE, Gate, Server, chunk, finish

pytestmark = pytest.mark.pty

NEW = b"\x0e"
PREVIOUS = b"\x1b[1;3A"
EDITOR = b"\x07"
SIZES = [(80, 24), (120, 40)]

SCRIPT = """
import os, sys, termios
from pathlib import Path

folder, file = Path(sys.argv[1]), Path(sys.argv[3])
(folder / "given").write_text(file.read_text())
(folder / "settings").write_text(repr(termios.tcgetattr(0)))
print("the editor is here", flush=True)
with open(folder / "go", "rb", buffering=0) as gate:
    gate.read()
file.write_text("written in\\nthe editor\\n")
sys.exit(int(sys.argv[2]))
"""


@pytest.mark.parametrize("size", SIZES)
def test_two_conversations_stream_while_a_third_is_typed_in(
    desktop: Desktop, server: Server, size: tuple[int, int]
) -> None:
    first, second = Gate(), Gate()
    server.stream(chunk("uno "), first, chunk("due"), finish(), DONE)
    server.stream(chunk("eins "), second, chunk("zwei"), finish(), DONE)
    window = desktop.start(size=size)
    window.type(b"first\r")
    window.wait_for_text("uno")
    window.type(NEW + b"second\r")
    window.wait_for_text("eins")
    window.type(NEW + b"third")
    window.wait_for(lambda: desktop.drafts() == [("third", 5)])
    assert len(server.requests) == 2
    second.open()
    window.wait_for(lambda: statuses(desktop)["second"] is Status.COMPLETE)
    window.type(b", typed on")
    first.open()
    window.wait_for(lambda: statuses(desktop)["first"] is Status.COMPLETE)
    window.wait_for_text("third, typed on")
    contents = {
        each.title: each.path()[-1].content for each in desktop.conversations() if each.head
    }
    assert contents == {"first": "uno due", "second": "eins zwei"}
    window.type(PREVIOUS)
    window.wait_for_text("eins zwei")
    window.type(PREVIOUS)
    window.wait_for_text("uno due")


def statuses(desktop: Desktop) -> dict[str, Status]:
    return {each.title: each.path()[-1].status for each in desktop.conversations() if each.head}


@pytest.mark.parametrize("status", [0, 1])
def test_the_prompt_is_written_in_the_editor_while_a_reply_streams(
    desktop: Desktop, server: Server, tmp_path: Path, status: int
) -> None:
    gate = Gate()
    server.stream(chunk("before "), gate, chunk("during "), finish(), DONE)
    server.stream(chunk("after"), finish(), DONE)
    script = tmp_path / "editor.py"
    script.write_text(SCRIPT)
    os.mkfifo(tmp_path / "go")
    desktop.environ["EDITOR"] = f"{sys.executable} {script} {tmp_path} {status}"
    window = desktop.start()
    window.type(b"hello\r")
    window.wait_for_text("before")
    window.type(b"begun")
    window.wait_for_text("begun")
    window.type(EDITOR)
    window.wait_for_text("the editor is here")
    assert 1049 not in window.modes
    assert window.kitty_flags == 0
    assert (tmp_path / "given").read_text() == "begun"
    assert (tmp_path / "settings").read_text() == repr(window.settings_before)
    gate.open()
    window.wait_for(lambda: statuses(desktop) == {"hello": Status.COMPLETE})
    (tmp_path / "go").write_bytes(b"")
    if status == 0:
        window.wait_for_text("before during", "written in", "the editor", "F1 keys")
        sent = "written in\nthe editor"
    else:
        window.wait_for_text("before during", "begun", "The editor ended with an error")
        sent = "begun"
    window.type(b"!\r")
    window.wait_for_text("after")
    assert server.requests[1].json["messages"][-1]["content"] == f"{sent}!"
