"""What a reply shows of its thoughts: they came apart from it, or at its beginning in a tag."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from rich.style import Style

from copilot_tui.conversation import Role
from copilot_tui.terminal_text import harmless
from copilot_tui.tui.transcript.lines import TAB_STOP
from copilot_tui.tui.transcript.look import plain_lines
from copilot_tui.tui.transcript.wrap import wrap

if TYPE_CHECKING:
    from copilot_tui.conversation import Message
    from copilot_tui.tui.transcript.lines import Line
    from copilot_tui.tui.transcript.look import Look

_LAST_THOUGHTS: Final = 1_500
_THINK: Final = "<think>"
_THOUGHT: Final = "</think>"
_BEGUN_END: Final = re.compile(r"<(?:/(?:t(?:h(?:i(?:n(?:k>?)?)?)?)?)?)?$")
"""The end of thoughts, or as much of it as has come."""

_THOUGHT_LINES: Final = 6
"""Of the reasoning, this much is shown while nothing else has come."""


class Thoughts:
    """All of them as lines. Of what grows, only what is new is wrapped."""

    def __init__(self, look: Look) -> None:
        self._style = look.palette.quiet + Style(italic=True)
        self._width = look.width
        self._begin()

    def _begin(self) -> None:
        self._last = ""
        """What the last line shows: more may come on it."""
        self._lines: list[Line] = []
        """Those that are final."""
        self._text = ""
        self._ends = ""
        """Line ends that are the last characters of the text, and are not shown."""
        self._is_new = True
        self._column = 0

    def lines(self, text: str) -> list[Line]:
        """The lines of this text, which most times is the last one and more."""
        if not text.startswith(self._text):
            self._begin()
        more = self._ends + harmless(text[len(self._text) :])
        self._text = text
        shown = (more.lstrip("\n") if self._is_new else more).rstrip("\n")
        self._ends = more[len(more.rstrip("\n")) :] if shown else more
        self._is_new = self._is_new and not shown
        line = self._last + self._expanded(shown)
        *final, last = wrap([(line, self._style)], self._width)
        self._last = line[sum([row.size + len(row.joint) for row in final]) :]
        self._lines += plain_lines(final, self._style)
        return [*self._lines, *plain_lines([last._replace(joint="\n")], self._style)]

    def _expanded(self, text: str) -> str:
        """The text with spaces for its tabs."""
        expanded = (" " * self._column + text).expandtabs(TAB_STOP)[self._column :]
        line = expanded.rpartition("\n")
        self._column = (len(line[2]) + (0 if line[1] else self._column)) % TAB_STOP
        return expanded


def thoughts(message: Message, answer: int | None) -> str:
    """The reasoning, and what the content has of it before the answer; None: that is all of it."""
    parts = [message.reasoning]
    content = message.content_part(0, message.content_size if answer is None else answer).strip()
    if content.startswith(_THINK):
        parts.append(_BEGUN_END.sub("", content.removeprefix(_THINK)))
    return "\n\n".join(part.strip("\n") for part in parts if part.strip())


def last_thoughts(text: str, look: Look) -> list[Line]:
    """The last of them, while nothing else has come."""
    style = look.palette.quiet + Style(italic=True)
    return look.plain(harmless(text[-_LAST_THOUGHTS:]), style)[-_THOUGHT_LINES:]


def answer_start(content: str, *, has_ended: bool) -> int | None:
    """Where a reply's answer begins: behind a `<think>` with which it may begin.

    None: the end of the thoughts has not come, or what has come may still become a `<think>`.
    """
    text = content.lstrip()
    if not text.startswith(_THINK):
        return None if _THINK.startswith(text) and not has_ended else 0
    end = content.find(_THOUGHT)
    return end + len(_THOUGHT) if end >= 0 else None


def parted(message: Message) -> tuple[str, str]:
    """The thoughts of a message, which may be folded, and the rest."""
    content = message.content
    if message.role is not Role.ASSISTANT:
        return "", content
    start = answer_start(content, has_ended=True)
    if not start and not message.reasoning:
        return ("", content) if start == 0 else (content, "")
    end = len(content) if start is None else start
    return f"{message.reasoning}\n\n{content[:end]}", content[end:]


def thought_for(seconds: float | None) -> str:
    """What stands in their place."""
    if seconds is None:
        return "Thoughts"
    return f"Thought for {seconds:.0f} s" if seconds >= 1 else "Thought for a moment"
