"""A mock of a captured protocol: GitHub's chat on github.com, as others have recorded it.

No test that uses it says anything about GitHub itself, whose servers were never asked. It is a real
HTTP server on loopback, both hosts in one, and refuses what the captured service would refuse:

    with github_chat() as github:
        github.says(content("Hel"), gate, content("lo"), complete())   # else: one short reply
        github.expire_tokens()
        github.answer(b"", status=500, path=github.token_path)         # any script of tests.server

`github.requests` are the requests in the order they came; `prompts`, `threads` and `token_calls`
are what became of them. It is its own http proxy, too: `proxied` counts what came that way.
"""

from __future__ import annotations

import json
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final
from urllib.parse import urlsplit

from tests.server import Request, Server, Step, _head, _Script, event

COOKIES: Final = {"user_session": "session-secret", "logged_in": "yes"}
TOKEN_PATH: Final = "/github-copilot/chat/token"
THREADS_PATH: Final = "/github/chat/threads"
MODELS_PATH: Final = "/github/chat/models"

CAPTURED: Final = (
    b'data: {"type":"content","body":"ready"}\n\n'
    b'data: {"type":"complete","id":"95bc484f-2bf0-4cb7-b7be-ca2621b92f7b","parentMessageID":'
    b'"fc075f1a-22a7-44d2-817b-3209728bc584","model":"","turnId":"","createdAt":'
    b'"2026-04-15T09:16:31.627141074Z","references":[],"role":"assistant","intent":"conversation",'
    b'"copilotAnnotations":{"CodeVulnerability":[],"PublicCodeReference":[]}}\n\n'
)
"""A whole stream of the real service, byte for byte."""


def content(body: str) -> bytes:
    """A piece of a reply."""
    return event({"type": "content", "body": body})


def complete(message_id: str = "reply-id", **fields: object) -> bytes:
    """The end of a reply."""
    return event({"type": "complete", "id": message_id, "role": "assistant", **fields})


def error(error_type: str, description: str = "") -> bytes:
    """The event that ends a reply badly."""
    return event({"type": "error", "errorType": error_type, "description": description})


class GithubChat(Server):
    """See the top of the module."""

    token_path = TOKEN_PATH

    def __init__(self, tokens: set[str] | None = None, tls: ssl.SSLContext | None = None) -> None:
        """`tokens`: those that another mock makes, when this one is a chat of its own."""
        self.tokens: set[str] = set() if tokens is None else tokens
        self.sessions = {COOKIES["user_session"]}
        self.token_name = "token"
        self.expiration = "2099-01-01T00:00:00.000Z"
        self.threads: list[str] = []
        self.prompts: list[dict[str, Any]] = []
        self.token_calls = 0
        self.proxied = 0
        self._replies: list[tuple[Step, ...]] = []
        super().__init__(tls)

    @property
    def token_url(self) -> str:
        """Where tokens are made."""
        return self.url + TOKEN_PATH

    def messages_path(self, thread_id: str) -> str:
        """Where a thread takes messages."""
        return f"{THREADS_PATH}/{thread_id}/messages"

    def says(self, *steps: Step) -> None:
        """Script the reply to the next message."""
        self._replies.append(steps)

    def expire_tokens(self) -> None:
        """Take none of the tokens any more that were made so far."""
        self.tokens.clear()

    def of(self, path: str) -> list[Request]:
        """The requests to a path."""
        return [request for request in self.requests if request.path == path]

    def _script_for(self, request: Request) -> _Script:
        if request.path.startswith("http://"):  # it is asked as a proxy
            self.proxied += 1
            request.path = urlsplit(request.path).path
        with self._lock:
            is_scripted = any(script.path in (None, request.path) for script in self._scripts)
        if is_scripted:
            return super()._script_for(request)
        if request.path == TOKEN_PATH:
            return self._token(request)
        if request.headers.get("authorization", "").removeprefix("GitHub-Bearer ") in self.tokens:
            return self._chat(request)
        return _json({"message": "unauthorized"}, 401)

    def _token(self, request: Request) -> _Script:
        self.token_calls += 1
        sent = request.headers.get("cookie", "").split("; ")
        cookies = {name: value for name, _, value in (part.partition("=") for part in sent)}
        is_page = request.headers.get("github-verified-fetch") == "true"
        if not is_page or cookies.get("user_session") not in self.sessions:
            return _json({"error": "Not Found"}, 404)
        token = f"{self.token_name}-{self.token_calls}"
        self.tokens.add(token)
        return _json({"token": token, "expiration": self.expiration})

    def _chat(self, request: Request) -> _Script:
        if request.path == THREADS_PATH:
            self.threads.append(f"thread-{len(self.threads) + 1}")
            return _json({"thread_id": self.threads[-1], "thread": {"id": self.threads[-1]}}, 201)
        if request.path not in map(self.messages_path, self.threads):
            return _json({"message": "thread not found"}, 404)
        self.prompts.append(request.json)
        number = len(self.prompts)
        reply = (content(f"reply {number}"), complete(f"reply-{number}"))
        steps = self._replies.pop(0) if self._replies else reply
        head = {"Content-Type": "text/event-stream", "Transfer-Encoding": "chunked"}
        return _Script(_head(200, head), steps, True, None, False)


def _json(value: object, status: int = 200) -> _Script:
    body = json.dumps(value).encode()
    head = {"Content-Type": "application/json", "Content-Length": str(len(body))}
    return _Script(_head(status, head), (body,), False, None, False)


@contextmanager
def github_chat(
    tokens: set[str] | None = None, tls: ssl.SSLContext | None = None
) -> Iterator[GithubChat]:
    """The mock for the time of a `with` block."""
    running = GithubChat(tokens, tls)
    try:
        yield running
    finally:
        running.close()
