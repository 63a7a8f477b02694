"""A clock, turns of a conversation, and processes of their own."""

from __future__ import annotations

import subprocess
import sys
from datetime import UTC, datetime, timedelta

from copilot_tui.conversation import Conversation, Message, Role, Status, new_id


class Clock:
    """Goes on by a second whenever it is read."""

    def __init__(self) -> None:
        self.moment = datetime(2026, 11, 21, 6, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        self.moment += timedelta(seconds=1)
        return self.moment


def add_turn(conversation: Conversation, prompt: str, reply: str) -> Message:
    """A prompt at the head and a complete reply under it."""
    asked = Message(id=new_id(), role=Role.USER, content=prompt, parent_id=conversation.head)
    conversation.add(asked)
    answered = Message(id=new_id(), role=Role.ASSISTANT, content=reply, parent_id=asked.id)
    return conversation.add(answered)


def add_empty_reply(conversation: Conversation, prompt: str = "go on") -> Message:
    """A prompt at the head and a reply of which nothing has come yet."""
    reply = add_turn(conversation, prompt, "")
    reply.status = Status.PARTIAL
    return reply


class Child:
    """Another process, which says a line when it has come somewhere and waits for one to go on."""

    def __init__(self, code: str, *arguments: object) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-c", code, *map(str, arguments)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def wait_for(self, line: str) -> None:
        assert self.process.stdout is not None
        assert self.process.stdout.readline() == line + "\n"

    def let_go(self) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write("\n")
        self.process.stdin.flush()

    def ended(self) -> int:
        return self.process.wait(60)

    def close(self) -> None:
        self.process.kill()
        self.process.communicate()
