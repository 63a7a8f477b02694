from __future__ import annotations

import os
import signal
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from copilot_tui.conversation import Status
from tests.pty.conftest import Desktop
from tests.pty.emulator import Emulator
from tests.server import DONE, HANG, Gate, Server, Step, chunk, finish

pytestmark = pytest.mark.pty

NEW = b"\x0e"
PREVIOUS = b"\x1b[1;3A"
EDITOR = b"\x07"
SIZES = [(80, 24), (120, 40)]

SCRIPT = """
import os, signal, sys, termios
from pathlib import Path

folder, file = Path(sys.argv[1]), Path(sys.argv[3])
(folder / "given").write_text(file.read_text())
(folder / "settings").write_text(repr(termios.tcgetattr(0)))
signal.signal(signal.SIGINT, lambda *_: (folder / "interrupted").touch())
signal.signal(signal.SIGHUP, signal.SIG_IGN)  # in the test its parent leads the session
with open(folder / "go", "r+b", buffering=0) as gate:
    print("the editor is here", flush=True)
    gate.read(1)
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


@dataclass
class Editor:
    """An editor that waits until it may write."""

    folder: Path
    status: int = 0

    def command(self) -> str:
        """What $EDITOR is set to."""
        return f"{sys.executable} {self.folder / 'editor.py'} {self.folder} {self.status}"

    def read(self, name: str) -> str:
        """What it noted."""
        return (self.folder / name).read_text()

    def go(self) -> None:
        """Let it write, and end."""
        gate = os.open(self.folder / "go", os.O_WRONLY | os.O_NONBLOCK)
        os.write(gate, b"!")
        os.close(gate)


@pytest.fixture
def editor(desktop: Desktop, tmp_path: Path) -> Editor:
    editor = Editor(tmp_path)
    (tmp_path / "editor.py").write_text(SCRIPT)
    os.mkfifo(tmp_path / "go")
    desktop.environ |= {"EDITOR": editor.command(), "TMPDIR": str(tmp_path)}
    return editor


def in_the_editor(desktop: Desktop, server: Server, *steps: Step) -> Emulator:
    """The app with a reply that streams and a prompt that is taken to the editor."""
    server.stream(chunk("before "), *steps)
    server.stream(chunk("after"), finish(), DONE)
    window = desktop.start()
    window.type(b"hello\r")
    window.wait_for_text("before")
    window.type(b"begun")
    window.wait_for_text("begun")
    window.type(EDITOR)
    window.wait_for_text("the editor is here")
    return window


@pytest.mark.parametrize("status", [0, 1])
def test_the_prompt_is_written_in_the_editor_while_a_reply_streams(
    desktop: Desktop, server: Server, editor: Editor, status: int
) -> None:
    editor.status = status
    desktop.environ["EDITOR"] = editor.command()
    gate = Gate()
    window = in_the_editor(desktop, server, gate, chunk("during "), finish(), DONE)
    assert 1049 not in window.modes
    assert window.kitty_flags == 0
    assert editor.read("given") == "begun"
    assert editor.read("settings") == repr(window.settings_before)
    gate.open()
    window.wait_for(lambda: statuses(desktop) == {"hello": Status.COMPLETE})
    editor.go()
    if status == 0:
        window.wait_for_text("before during", "written in", "the editor", "F1 keys")
        sent = "written in\nthe editor"
    else:
        window.wait_for_text("before during", "begun", "The editor ended with an error")
        sent = "begun"
    window.type(b"!\r")
    window.wait_for_text("after")
    assert server.requests[1].json["messages"][-1]["content"] == f"{sent}!"
    assert not list(editor.folder.glob("copilot-tui-*"))


def test_ctrl_c_in_the_editor_is_the_editors(
    desktop: Desktop, server: Server, editor: Editor
) -> None:
    window = in_the_editor(desktop, server, finish(), DONE)
    window.type(b"\x03")
    window.wait_for(lambda: (editor.folder / "interrupted").exists(), "the editor to see Ctrl+C")
    editor.go()
    window.wait_for_text("written in", "the editor", "F1 keys")


def test_a_signal_while_the_editor_writes_takes_nothing_from_it(
    desktop: Desktop, server: Server, editor: Editor
) -> None:
    window = in_the_editor(desktop, server, HANG)
    window.signal(signal.SIGTERM)
    assert window.ended() == 143
    assert window.settings == window.settings_before
    assert desktop.drafts() == [("begun", 5)]
    editor.go()
    [file] = editor.folder.glob("copilot-tui-*/prompt.md")
    window.wait_for(lambda: file.read_text() == "written in\nthe editor\n")
