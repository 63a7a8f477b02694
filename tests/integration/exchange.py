"""The two turns of g4f's own example, what is sent for them, and what `g4f_server` answers."""

from __future__ import annotations

import json
from typing import Any, Final

HELLO: Final = "Hello, i am Heiner. How are you?"
NAME: Final = "Tell me somethings about my name"


def user(text: str) -> dict[str, str]:
    return {"role": "user", "content": text}


def assistant(text: str) -> dict[str, str]:
    return {"role": "assistant", "content": text}


def remembered(reply: str) -> tuple[str, str, list[str]]:
    """NEW or REUSE, the server's id of the conversation, and what it had heard before."""
    word, conversation_id, rest = reply.split(" ", 2)
    return word, conversation_id, json.loads(rest)["heard before"]


def five_keys(conversation_id: str, *messages: dict[str, str]) -> dict[str, Any]:
    return {
        "model": "",
        "provider": "Copilot",
        "stream": True,
        "messages": list(messages),
        "conversation_id": conversation_id,
    }
