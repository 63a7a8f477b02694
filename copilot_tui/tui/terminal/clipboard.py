"""The clipboard: the system's own tool, tmux, or the terminal, and what may truly be said of it.

A tool that ends well has copied. The terminal (OSC 52) is only asked: it never answers, and some
terminals refuse, or cut what is long.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import sys
from collections.abc import Callable, Mapping
from typing import Final, NamedTuple

TOOL_TIMEOUT_S: Final = 3.0

OSC52_SURE: Final = 74_994
"""Bytes of base64 text that terminals in use take; xterm's own limit, less its frame."""


class Tool(NamedTuple):
    """A program that takes the text on its standard input."""

    name: str
    command: tuple[str, ...]


class Outcome(NamedTuple):
    """Where the text went."""

    copied_by: tuple[str, ...]
    """Tools that have confirmed it."""
    asks_terminal: bool
    """The terminal is to be asked as well: OSC 52."""

    def sentence(self, what: str, text: str) -> str:
        """What is said of it, and no more than is known."""
        size = f"{len(text):,} characters"
        if self.copied_by:
            also = ", and sent to the terminal (OSC 52)" if self.asks_terminal else ""
            return f"Copied {what}, {size}: {' and '.join(self.copied_by)}{also}"
        if len(text.encode("utf-8", "replace")) * 4 // 3 > OSC52_SURE:
            return f"Sent {what}, {size}, to the terminal (OSC 52), which may not take so much"
        return f"Sent {what}, {size}, to the terminal (OSC 52)"


_NATIVE: Final = (
    ("WAYLAND_DISPLAY", Tool("wl-copy", ("wl-copy",))),
    ("DISPLAY", Tool("xclip", ("xclip", "-selection", "clipboard"))),
    ("DISPLAY", Tool("xsel", ("xsel", "--clipboard", "--input"))),
    ("TERMUX_VERSION", Tool("termux-clipboard-set", ("termux-clipboard-set",))),
    ("WSL_DISTRO_NAME", Tool("clip.exe", ("clip.exe",))),
)
_TMUX: Final = Tool("tmux's buffer", ("tmux", "load-buffer", "-w", "-"))


def tools(
    environ: Mapping[str, str] = os.environ,
    *,
    platform: str = sys.platform,
    which: Callable[[str], str | None] = shutil.which,
) -> tuple[list[Tool], bool]:
    """The tools to use, and whether the terminal is to be asked too.

    Over SSH the clipboard of this machine is not the user's, so only tmux and the terminal count.
    """
    found: list[Tool] = []
    is_remote = bool(environ.get("SSH_CONNECTION") or environ.get("SSH_TTY"))
    if not is_remote:
        if platform == "darwin":
            found.append(Tool("pbcopy", ("pbcopy",)))
        elif platform == "win32":
            found.append(Tool("clip", ("clip",)))
        else:
            here = [tool for name, tool in _NATIVE if environ.get(name) and which(tool.command[0])]
            found += here[:1]
    has_native = bool(found)
    if environ.get("TMUX") and which("tmux"):
        found.append(_TMUX)
    return found, not has_native


async def copy(
    text: str, environ: Mapping[str, str] = os.environ, *, patience_s: float = TOOL_TIMEOUT_S
) -> Outcome:
    """Give the text to the tools there are. The caller asks the terminal if the outcome says so."""
    found, asks_terminal = tools(environ)
    done = [tool.name for tool in found if await _give(tool, text, patience_s)]
    return Outcome(tuple(done), asks_terminal or not done)


async def _give(tool: Tool, text: str, patience_s: float) -> bool:
    """Whether the tool took the text."""
    encoding = "utf-16-le" if tool.name.startswith("clip") else "utf-8"
    nowhere = asyncio.subprocess.DEVNULL  # xclip lives on, and would keep a pipe open
    try:
        process = await asyncio.create_subprocess_exec(
            *tool.command, stdin=asyncio.subprocess.PIPE, stdout=nowhere, stderr=nowhere
        )
    except OSError:
        return False
    try:
        async with asyncio.timeout(patience_s):
            await process.communicate(text.encode(encoding, "replace"))
    except (TimeoutError, BrokenPipeError, ConnectionResetError):
        if process.returncode is None:
            process.kill()
            await process.wait()
        return False
    return process.returncode == 0
