"""What the demo says: from a prompt, and what was said before it, to the steps of a reply."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from copilot_tui.backends.demo.scenes import SCENE_OF, Scene, fill, spoken, text_reply
from copilot_tui.backends.demo.steps import End, Say
from copilot_tui.conversation import Role

if TYPE_CHECKING:
    from copilot_tui.backends import ReplyRequest
    from copilot_tui.backends.demo.steps import Step

KEYWORD_PROMPT_WORDS: Final = 6
"""A longer prompt is a sentence of its own, even if a known word stands in it."""

QUOTED_LENGTH: Final = 600

_WHAT_DID_I_SAY: Final = re.compile(r"\bwhat (did|have) i (say|said|ask|asked|write|written)\b")

_NAME: Final = re.compile(
    r"\b(?:I am|I['’]m|my name is|call me)\s+([^\W\d_][\w’'-]*)", re.IGNORECASE
)

_GREETINGS: Final = frozenset({"hello", "hi", "hey", "hiya", "howdy", "good", "greetings"})


def script(request: ReplyRequest) -> list[Step]:
    """The steps of the reply to the last message of the request's path."""
    *before, prompt = (m.content for m in request.path if m.role is Role.USER)
    words = re.findall(r"[\w']+", prompt.casefold().replace("’", "'"))
    plain = " ".join(words)
    if words[:1] == ["continue"] and (rest := _rest_of_reply(request)):
        return [Say(rest), End()]
    if _WHAT_DID_I_SAY.search(plain):
        return [Say(_recollection(before, request.system)), End()]
    if "my name" in plain and _name_in(prompt) is None:
        return _name_reply(before)
    if (scene := _scene_for(words)) is not None:
        return scene.reply(next((int(word) for word in words if word.isdecimal()), None))
    return _small_talk(prompt, greets=not _GREETINGS.isdisjoint(words[:1]), is_first=not before)


def _scene_for(words: list[str]) -> Scene | None:
    if len(words) > KEYWORD_PROMPT_WORDS:
        return None
    return next((SCENE_OF[word] for word in words if word in SCENE_OF), None)


def _small_talk(prompt: str, *, greets: bool, is_first: bool) -> list[Step]:
    name = _name_in(prompt)
    address = f", {name}" if name else ""
    if not is_first:
        if greets:
            return text_reply("hello", name=address)
        return text_reply("unknown", quote=_quote(prompt))
    if greets:
        answer = fill("introduction_greeting", name=address)
    else:
        answer = fill("introduction_quote", quote=_quote(prompt))
    return text_reply("introduction", answer=answer)


def _name_in(prompt: str) -> str | None:
    found = _NAME.search(prompt)
    return found[1] if found else None


def _name_reply(before: list[str]) -> list[Step]:
    for prompt in reversed(before):
        if name := _name_in(prompt):
            return text_reply("name", name=name, quote=_quote(prompt))
    return text_reply("no_name")


def _recollection(before: list[str], system: str | None) -> str:
    parts = []
    if before:
        times = "once" if len(before) == 1 else f"{len(before)} times"
        parts.append(f"You have written {times} before this, oldest first:")
        for number, prompt in enumerate(before, 1):
            marker = f"{number}. "
            parts.append(marker + _quote(prompt).replace("\n", "\n" + " " * len(marker)))
    else:
        parts.append("This is the first thing that you say in this conversation.")
    if system:
        parts.append(f"Before all that stands the system prompt:\n\n{_quote(system)}")
    return "\n\n".join(parts)


def _quote(prompt: str) -> str:
    shown = prompt.strip()
    if len(shown) > QUOTED_LENGTH:
        shown = f"{shown[:QUOTED_LENGTH].rstrip()}…"
    return "\n".join(f"> {line}".rstrip() for line in shown.splitlines())


def _rest_of_reply(request: ReplyRequest) -> str:
    """What the reply before this prompt still had to say when it broke off; "" if it was whole."""
    *earlier, last = request.path[:-1] or (None,)
    if last is None or last.role is not Role.ASSISTANT or not earlier:
        return ""
    whole = spoken(script(replace(request, path=tuple(earlier))))
    return whole.removeprefix(last.content) if whole.startswith(last.content) else ""
