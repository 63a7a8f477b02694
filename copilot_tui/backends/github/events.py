"""The events of one reply of GitHub's chat → Deltas.

Only `data:` lines come, each a JSON object with a `type`; `complete` is the end. Every type that
was ever seen is read here or counted; an unknown one is counted and left out.
"""

from __future__ import annotations

import json
from collections import Counter
from typing import TYPE_CHECKING, Any, Final

from copilot_tui.backends import Delta
from copilot_tui.backends.completions import dropped_notice
from copilot_tui.backends.github.service import PAGE_URL
from copilot_tui.backends.github.words import reply_failed
from copilot_tui.backends.server_words import body_words, is_page, server_words
from copilot_tui.backends.whole_text import WholeText
from copilot_tui.errors import BackendError, BadReply, ReplyFailed
from copilot_tui.sse import DONE, EventParser

if TYPE_CHECKING:
    from collections.abc import Callable

    from copilot_tui.sse import Event

_BEFORE_A_BODY: Final = b"\xef\xbb\xbf \t\r\n"
_DOCUMENT_LIMIT: Final = 64 * 1024

TYPES_MOST: Final = 100
"""Types of events that are counted apart; the service has some twenty."""


class EventReader:
    """What the chunks of one reply say. One Delta for everything that is given at once."""

    def __init__(self, masked: Callable[[str], str]) -> None:
        self.counts: Counter[str] = Counter()
        """How often each type came, unknown ones too; of very many of these only that they came."""
        self.is_complete = False
        self.has_spoken = False
        """Some text has come."""
        self.failure: BackendError | None = None
        """To be raised once what came before it is given on."""
        self._masked = masked
        self._parser = EventParser()
        self._text = WholeText()
        self._pieces: list[str] = []
        self._fresh: dict[str, Any] = {}
        self._agent_error = ""
        self._first = b""
        self._document: bytearray | None = None
        self._read_by_type: dict[str, Callable[[dict[str, Any]], None]] = {
            "content": self._content,
            "complete": self._complete,
            "error": self._error,
            "functionCall": self._function_call,
            "confirmation": self._confirmation,
            "clientSkillsRequest": self._skills_request,
            "agentError": self._agent_failed,
            "threadAutoPickedModel": self._model,
            "routedModel": self._model,
        }

    @property
    def is_over(self) -> bool:
        """Nothing more is of interest."""
        return self.is_complete or self.failure is not None

    def take(self, chunk: bytes) -> Delta:
        """What these bytes bring."""
        if not self._first:
            self._first = chunk.lstrip(_BEFORE_A_BODY)[:1]
            if self._first in (b"{", b"[", b"<"):
                self._document = bytearray()
        if self._document is not None:
            self._document += chunk[: _DOCUMENT_LIMIT - len(self._document)]
            return Delta()
        return self._read(self._parser.feed(chunk))

    def end(self) -> Delta:
        """What the end of the body brings."""
        if self._document is not None:
            self.failure = self._no_stream(bytes(self._document))
            return Delta()
        delta = self._read(self._parser.close())
        if not self.is_over and self._agent_error and not self.has_spoken:
            self.failure = ReplyFailed(self._agent_error, "Try again.")
        if half := self._text.end():
            delta = delta._replace(text=delta.text + half)
        if dropped := self._parser.dropped:
            delta = delta._replace(notice=dropped_notice(dropped))
        return delta

    def _read(self, events: list[Event]) -> Delta:
        for event in events:
            if event is DONE:  # one version of the web page knows it
                self._complete({})
            else:
                self._read_event(event)
            if self.is_over:
                break
        text = self._text.take("".join(self._pieces))
        self._pieces.clear()
        if not self._fresh:
            return Delta(text)
        fresh, self._fresh = self._fresh, {}
        return Delta(text, **fresh)

    def _read_event(self, event: dict[str, Any]) -> None:
        kind = event.get("type")
        if not isinstance(kind, str):
            if error := event.get("error"):
                self._fail(ReplyFailed(server_words(error, self._masked) or "GitHub failed"))
            return
        self.counts[kind if kind in self.counts or len(self.counts) < TYPES_MOST else "…"] += 1
        read = self._read_by_type.get(kind)
        if read is not None:
            read(event)

    def _content(self, event: dict[str, Any]) -> None:
        body = event.get("body")
        if isinstance(body, str) and body:
            self._pieces.append(body)
            self.has_spoken = True

    def _complete(self, event: dict[str, Any]) -> None:
        if self._agent_error and not self.has_spoken:
            self._fail(ReplyFailed(self._agent_error, "Try again."))
            return
        self.is_complete = True
        self._fresh["complete"] = True
        if message_id := server_words(event.get("id")):
            self._fresh["wire"] = {"parent_message_id": message_id}
        self._model(event)
        if notice := _annotations(event.get("copilotAnnotations")):
            self._fresh["notice"] = notice

    def _error(self, event: dict[str, Any]) -> None:
        description = server_words(event.get("description"), self._masked)
        self._fail(reply_failed(server_words(event.get("errorType")), description))

    def _function_call(self, event: dict[str, Any]) -> None:
        name = server_words(event.get("name")) or "a tool"
        if words := server_words(event.get("errorMessage"), self._masked):
            self._say(f"GitHub's {name} failed: {words}")
        else:
            self._say(
                server_words(event.get("statusMessage"), self._masked) or f"GitHub uses {name}"
            )

    def _confirmation(self, event: dict[str, Any]) -> None:
        title, message = event.get("title"), event.get("message")
        words = server_words(title, self._masked) or server_words(message, self._masked)
        about = f": {words}" if words else ""
        self._say(f"GitHub wants a confirmation, which can be given on {PAGE_URL} alone{about}")
        self._fresh["tool_calls"] = True

    def _skills_request(self, _: dict[str, Any]) -> None:
        self._say("GitHub asks for a tool of its web page, which is not offered here")
        self._fresh["tool_calls"] = True

    def _agent_failed(self, event: dict[str, Any]) -> None:
        message, code = event.get("message"), event.get("code")
        words = server_words(message, self._masked) or server_words(code, self._masked)
        self._agent_error = self._masked(f"an extension of GitHub failed: {words or 'no reason'}")
        self._say(self._agent_error)

    def _model(self, event: dict[str, Any]) -> None:
        if isinstance(model := event.get("model"), str) and model:
            self._fresh["model"] = server_words(model)

    def _say(self, notice: str) -> None:
        self._fresh["notice"] = self._masked(notice)

    def _fail(self, failure: BackendError) -> None:
        self.failure = self.failure or failure

    def _no_stream(self, body: bytes) -> BackendError:
        """An answer that is a document, though a stream was asked for."""
        words = body_words(body, self._masked)
        try:
            document = json.loads(body)
        except (ValueError, RecursionError):
            document = None
        if isinstance(document, dict) and words:
            return ReplyFailed(words, "Try again.")
        kind = "a web page" if is_page(body[:100].decode("utf-8", "replace")) else "no reply"
        return BadReply(f"GitHub answered with {kind}: {words}", "Check api_url.")


def _annotations(found: object) -> str:
    """What GitHub marks in a reply that is whole."""
    if not isinstance(found, dict):
        return ""
    marks = {
        "PublicCodeReference": "matches public code, whose licence may bind you",
        "CodeVulnerability": "may hold vulnerable code",
    }
    said = [words for name, words in marks.items() if found.get(name)]
    return f"GitHub marks this reply: it {' and '.join(said)}" if said else ""
