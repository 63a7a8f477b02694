from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from copilot_tui.tui.terminal.clipboard import OSC52_SURE, Outcome, copy, tools


def everywhere(name: str) -> str:
    return f"/usr/bin/{name}"


@pytest.mark.parametrize(
    ("environ", "platform", "names", "asks_terminal"),
    [
        ({}, "linux", [], True),
        ({"DISPLAY": ":0"}, "linux", ["xclip"], False),
        ({"WAYLAND_DISPLAY": "w", "DISPLAY": ":0"}, "linux", ["wl-copy"], False),
        ({"DISPLAY": ":0", "SSH_TTY": "/dev/pts/1"}, "linux", [], True),
        ({"TMUX": "/tmp/t"}, "linux", ["tmux's buffer"], True),
        ({"TMUX": "/tmp/t", "DISPLAY": ":0"}, "linux", ["xclip", "tmux's buffer"], False),
        ({}, "darwin", ["pbcopy"], False),
        ({"SSH_CONNECTION": "x"}, "darwin", [], True),
        ({}, "win32", ["clip"], False),
    ],
)
def test_the_way_depends_on_where_the_user_sits(
    environ: dict[str, str], platform: str, names: list[str], asks_terminal: bool
) -> None:
    found, asks = tools(environ, platform=platform, which=everywhere)
    assert [tool.name for tool in found] == names
    assert asks is asks_terminal


def test_a_tool_that_is_not_installed_is_not_used() -> None:
    assert tools({"DISPLAY": ":0"}, platform="linux", which=lambda _: None) == ([], True)


def fake_tool(folder: Path, name: str, script: str) -> None:
    tool = folder / name
    tool.write_text(f"#!/bin/sh\n{script}\n")
    tool.chmod(tool.stat().st_mode | stat.S_IEXEC)


@pytest.mark.skipif(os.name == "nt", reason="the tools are shell scripts here")
async def test_a_tool_gets_the_exact_text(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fake_tool(tmp_path, "xclip", f"cat > {tmp_path}/got")
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    text = "  two\n\tlines, “quoted” 漢字\n\n"
    outcome = await copy(text, {"DISPLAY": ":0"})
    assert (tmp_path / "got").read_text("utf-8") == text
    assert outcome == Outcome(("xclip",), asks_terminal=False)
    assert outcome.sentence("the reply", text).startswith("Copied the reply")


@pytest.mark.skipif(os.name == "nt", reason="the tools are shell scripts here")
async def test_a_tool_that_fails_is_never_said_to_have_copied(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fake_tool(tmp_path, "xclip", "cat > /dev/null; exit 1")
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    outcome = await copy("text", {"DISPLAY": ":0"})
    assert outcome == Outcome((), asks_terminal=True)
    assert outcome.sentence("it", "text") == "Sent it, 4 characters, to the terminal (OSC 52)"


@pytest.mark.skipif(os.name == "nt", reason="the tools are shell scripts here")
async def test_a_tool_that_hangs_is_ended_and_never_said_to_have_copied(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fake_tool(tmp_path, "xclip", f"echo $$ > {tmp_path}/pid; exec sleep 120")
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    outcome = await copy("x" * (1 << 20), {"DISPLAY": ":0"}, patience_s=4.0)
    assert outcome == Outcome((), asks_terminal=True)
    with pytest.raises(ProcessLookupError):
        os.kill(int((tmp_path / "pid").read_text()), 0)


@pytest.mark.skipif(os.name == "nt", reason="the tools are shell scripts here")
async def test_of_two_ways_only_the_one_that_worked_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fake_tool(tmp_path, "xclip", "cat > /dev/null; exit 3")
    fake_tool(tmp_path, "tmux", f"cat > {tmp_path}/got")
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    outcome = await copy("text", {"DISPLAY": ":0", "TMUX": "x"})
    assert outcome == Outcome(("tmux's buffer",), asks_terminal=False)
    assert outcome.sentence("it", "text") == "Copied it, 4 characters: tmux's buffer"
    assert (tmp_path / "got").read_text() == "text"


def test_the_terminal_is_not_said_to_take_what_is_too_long() -> None:
    assert "may not" in Outcome((), asks_terminal=True).sentence("it", "x" * OSC52_SURE)
