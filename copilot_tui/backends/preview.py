"""What would be sent, made by the very functions that send it, and without a key."""

from __future__ import annotations

import json
import os
import re
import shlex
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from copilot_tui.attachments import images
from copilot_tui.backends import spoken
from copilot_tui.backends.images import NOT_SENT, TAKES_NONE
from copilot_tui.credentials import origin_of_key

if TYPE_CHECKING:
    from collections.abc import Mapping

    from copilot_tui.backends import ReplyRequest
    from copilot_tui.config import BackendConfig

CHARS_A_TOKEN: Final = 4
"""Roughly, of English; other languages take more tokens."""

SHOWN_OF_IMAGE: Final = 60
"""Characters of an image's data; the rest can only be counted."""

_VARIABLE: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")

KEY_VARIABLE: Final = "API_KEY"
"""Stands for a key that is in no environment variable."""

NEW_THREAD: Final = "<a new thread>"


@dataclass(frozen=True)
class Preview:
    """One request, as it would go out now."""

    url: str
    """Empty: there is no request of ours."""
    body: dict[str, Any]
    headers: tuple[str, ...] = ()
    """With $VARIABLE where a key goes."""
    notes: tuple[str, ...] = field(default=())
    """What is left out, and what else is to be known."""
    messages: int = 0
    chars: int = 0
    """Of the texts in it."""
    is_curl: bool = True
    """Whether a curl command could send the same."""
    where: str = ""
    """Where it goes if there is no url."""

    @property
    def is_nothing(self) -> bool:
        """Nothing is sent to anybody."""
        return not self.body

    @property
    def text(self) -> str:
        """The body, to be read: of an image only the beginning."""
        return json.dumps(_legible(self.body), indent=2, ensure_ascii=False)

    @property
    def size(self) -> int:
        """Bytes of the body as it is sent."""
        compact = json.dumps(self.body, ensure_ascii=False, separators=(",", ":"))
        return len(compact.encode("utf-8", "replace"))

    @property
    def tokens(self) -> int:
        """About so many."""
        return -(-self.chars // CHARS_A_TOKEN)

    @property
    def curl(self) -> str:
        """A command for a shell that sends the same; the key comes from a variable."""
        compact = json.dumps(self.body, ensure_ascii=False, separators=(",", ":"))
        headers = [f'-H "{each}"' for each in ("Content-Type: application/json", *self.headers)]
        parts = [f"curl -N {shlex.quote(self.url)}", *headers, f"-d {shlex.quote(compact)}"]
        return " \\\n  ".join(parts) + "\n"


def preview(
    request: ReplyRequest, config: BackendConfig, environ: Mapping[str, str] = os.environ
) -> Preview:
    """The request for a prompt. Asks nobody, and reads no key."""
    make = {
        "openai": _openai,
        "g4f": _g4f,
        "github-web": _github,
        "copilot-sdk": _sdk,
    }.get(config.kind)
    if make is None:
        return Preview("", {}, where="Nothing is sent: the demo answers by itself", is_curl=False)
    return make(request, config, environ)


def _openai(request: ReplyRequest, config: BackendConfig, environ: Mapping[str, str]) -> Preview:
    from copilot_tui.backends.openai import body

    notes = _left_out(request)
    made = body(request, config)
    if not made["model"]:
        notes.append("No model is chosen: the first that the server lists is filled in")
    return _of_completions(made, config, environ, notes)


def _g4f(request: ReplyRequest, config: BackendConfig, environ: Mapping[str, str]) -> Preview:
    from copilot_tui.backends.g4f import plan

    chosen = plan(request, config)
    notes = _left_out(request) + ([chosen.notice] if chosen.notice else [])
    own = f"g4f-api-key: ${config.server_key_env}"
    has_own = bool(config.server_key_env and environ.get(config.server_key_env))
    return _of_completions(chosen.body, config, environ, notes, *([own] if has_own else []))


def _of_completions(
    body: dict[str, Any],
    config: BackendConfig,
    environ: Mapping[str, str],
    notes: list[str],
    *headers: str,
) -> Preview:
    origin = origin_of_key(config, environ)
    variable = origin if _VARIABLE.fullmatch(origin) and origin in environ else KEY_VARIABLE
    if origin and variable == KEY_VARIABLE:
        notes.append(f"In the curl command ${KEY_VARIABLE} stands for the key, from: {origin}")
    key = (f"Authorization: Bearer ${variable}",) if origin else ()
    contents = [message["content"] for message in body["messages"]]
    texts = [text for content in contents for text in _texts(content)]
    return Preview(
        f"{config.base_url}/chat/completions",
        body,
        (*key, *headers),
        tuple(notes),
        len(contents),
        sum(map(len, texts)),
    )


def _github(request: ReplyRequest, config: BackendConfig, environ: Mapping[str, str]) -> Preview:
    from copilot_tui.backends.github.backend import plan
    from copilot_tui.backends.github.chat import message_body

    chosen = plan(request, config)
    prompt = chosen.prompt
    body = message_body(prompt, prompt.thread_id or NEW_THREAD)
    notes = [*_left_out(request), *_images_not_sent(request)]
    notes += [chosen.notice] if chosen.notice else []
    notes.append("GitHub's thread remembers the earlier turns; only what it does not know is sent")
    return Preview(
        f"{config.api_url}/github/chat/threads/{prompt.thread_id or NEW_THREAD}/messages",
        body,
        notes=tuple(notes),
        messages=1,
        chars=len(prompt.content),
        is_curl=False,
    )


def _sdk(request: ReplyRequest, config: BackendConfig, environ: Mapping[str, str]) -> Preview:
    from copilot_tui.backends.sdk.plan import PLAIN_SYSTEM, plan_turn

    chosen = plan_turn(request, config.base_url or "copilot")
    system = request.system or PLAIN_SYSTEM
    body = {"system": system, "prompt": chosen.prompt, "model": request.model or config.model}
    notes = [*_left_out(request), *_images_not_sent(request)]
    notes += [chosen.notice] if chosen.notice else []
    if chosen.session_id:
        notes.append("The CLI's session holds the earlier turns")
    notes.append("The CLI writes the date and the time above the prompt")
    return Preview(
        "",
        body,
        notes=tuple(notes),
        messages=1,
        chars=len(system) + len(chosen.prompt),
        is_curl=False,
        where="Given to GitHub's Copilot CLI, which makes the request itself",
    )


def _texts(content: str | list[dict[str, Any]]) -> list[str]:
    """The texts of one message on the wire."""
    return [content] if isinstance(content, str) else [each.get("text", "") for each in content]


def _legible(value: Any) -> Any:  # noqa: ANN401  whatever a body has
    if isinstance(value, dict):
        return {key: _legible(each) for key, each in value.items()}
    if isinstance(value, list):
        return [_legible(each) for each in value]
    if isinstance(value, str) and value.startswith("data:image/"):
        return f"{value[:SHOWN_OF_IMAGE]}… ({len(value):,} characters)"
    return value


def _images_not_sent(request: ReplyRequest) -> list[str]:
    if images(request.path[-1:]):
        return [f"{TAKES_NONE}: this would not be sent"]
    return [NOT_SENT] if images(request.path) else []


def _left_out(request: ReplyRequest) -> list[str]:
    """What is attached to the prompt, and what of the conversation is not sent."""
    path = request.path
    attached = ", ".join(f"{each.name} ({each.size:,} bytes)" for each in path[-1].attachments)
    notes = [f"Attached: {attached}"] if attached else []
    if empty := len(path) - len(spoken(path)):
        what = "1 reply" if empty == 1 else f"{empty} replies"
        notes.append(f"Left out: {what} without a word")
    if any(message.reasoning for message in path):
        notes.append("Left out: the reasoning of earlier replies")
    if request.context == "newest" and len(path) > 1:
        notes.append(f"Left out: {len(path) - 1} earlier messages, which the server remembers")
    others = len(request.conversation.messages) - len(path)
    if others > 0:
        what = "1 message" if others == 1 else f"{others} messages"
        notes.append(f"Left out: {what} of other versions")
    return notes
