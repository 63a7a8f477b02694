"""Markdown: the shown branch, or all, to be read by people and by other programs.

Front matter says what it is; each message stands under its role as it was written.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Final

from copilot_tui.conversation import Role, Status, title_from
from copilot_tui.formats.branches import Branch, branches

if TYPE_CHECKING:
    from collections.abc import Iterator

    from copilot_tui.conversation import Conversation, Message

_HEADINGS: Final = {Role.USER: "User", Role.ASSISTANT: "Assistant", Role.SYSTEM: "System"}

_PLAIN: Final = str.maketrans(dict.fromkeys("*_`[]<>\\#!|~", " "))
"""Takes out what would be Markdown in a quoted line."""

_FENCE: Final = re.compile(r" {0,3}(`{3,}|~{3,})(.*)")


def dump(conversation: Conversation, *, every_branch: bool = False) -> bytes:
    """The shown branch as one Markdown file; with the others below it if they are wanted."""
    parts = _parts(conversation, every_branch=every_branch)
    return "".join(parts).encode("utf-8", "backslashreplace")


def _parts(conversation: Conversation, *, every_branch: bool) -> Iterator[str]:
    fields = {
        "title": conversation.title,
        "id": conversation.id,
        "created_at": conversation.created_at,
        "updated_at": conversation.updated_at,
        "backend": conversation.backend,
        "model": conversation.model,
        "tags": conversation.tags or None,
    }
    yield "---\n"
    yield from (f"{key}: {_yaml(value)}\n" for key, value in fields.items() if value)
    yield f"---\n\n# {' '.join(conversation.title.split())}\n"
    if conversation.system:
        yield f"\n## {_HEADINGS[Role.SYSTEM]}\n\n{_closed(conversation.system)}"
    for number, branch in enumerate(branches(conversation, every_branch=every_branch)):
        if number:
            yield f"\n# Branch {number + 1}\n\n{_fork(branch)}\n"
        for message in branch.messages:
            yield from _message(message)


def _fork(branch: Branch) -> str:
    """A line that says where the branch begins."""
    if branch.after is None:
        return "*Another beginning*"
    words = title_from(branch.after.content).translate(_PLAIN)
    return f"*After the {_HEADINGS[branch.after.role].lower()}'s message: {words}*"


def _message(message: Message) -> Iterator[str]:
    model = f" ({message.model})" if message.role is Role.ASSISTANT and message.model else ""
    yield f"\n## {_HEADINGS[message.role]}{model}\n\n"
    if message.reasoning:
        yield "<details>\n<summary>Reasoning</summary>\n\n"
        yield f"{_closed(message.reasoning)}\n</details>\n\n"
    yield from (f"*Attached: {each.name}*\n\n" for each in message.attachments)
    yield _closed(message.content)
    if message.status is not Status.COMPLETE:
        why = f": {' '.join(message.error.split())}" if message.error else ""
        yield f"\n*This reply {'is incomplete' if message.content else 'failed'}{why}*\n"


def _closed(text: str) -> str:
    """The text with a line's end, and with the end of a fence that it left open.

    A reply that was cut inside a code block would otherwise take all that follows into the block.
    """
    ended = text if not text or text.endswith("\n") else text + "\n"
    fence = ""
    for line in text.split("\n"):
        if not (found := _FENCE.match(line)):
            continue
        marks, rest = found.groups()
        if not fence:
            fence = "" if marks[0] == "`" and "`" in rest else marks
        elif marks.startswith(fence) and not rest.strip():
            fence = ""
    return f"{ended}{fence}\n" if fence else ended


def _yaml(value: object) -> str:
    """JSON, which YAML reads too once nothing in it is unprintable."""
    text = json.dumps(value, ensure_ascii=False)
    return "".join(c if c.isprintable() else json.dumps(c)[1:-1] for c in text)
