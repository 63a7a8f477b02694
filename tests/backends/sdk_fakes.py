"""A stand-in for GitHub's SDK that plays recorded events.

The names, fields and order of the events are those of real runs of SDK and CLI 1.0.0 and 1.0.27.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Mapping
from types import SimpleNamespace
from typing import Any

from copilot_tui.backends.sdk.sign_in import SignIn
from copilot_tui.config import BackendConfig

HOLD = "hold"
"""A place in a script where the session waits to be aborted."""

GONE = "gone"
"""Here the CLI dies."""


def event(kind: str, **fields: Any) -> SimpleNamespace:
    return SimpleNamespace(type=SimpleNamespace(value=kind), data=SimpleNamespace(**fields))


def text(content: str, message_id: str = "m1") -> SimpleNamespace:
    return event("assistant.message_delta", delta_content=content, message_id=message_id)


def thought(content: str) -> SimpleNamespace:
    return event("assistant.reasoning_delta", delta_content=content, reasoning_id="r1")


def message(content: str, **fields: Any) -> SimpleNamespace:
    return event("assistant.message", content=content, message_id="m1", model="gpt-5", **fields)


def failed_call(words: str = '{"message":"boom"}', status: int | None = 503) -> SimpleNamespace:
    return event("model.call_failure", source="top_level", error_message=words, status_code=status)


def retry() -> SimpleNamespace:
    return event("session.info", info_type="model_retry", message="Retrying...")


def error(kind: str, words: str, status: int | None = None) -> SimpleNamespace:
    return event("session.error", error_type=kind, message=words, status_code=status)


IDLE = event("session.idle", aborted=None)
USAGE = event("assistant.usage", model="gpt-5", input_tokens=11, output_tokens=6)

BEFORE = (
    event("pending_messages.modified"),
    event("session.skills_loaded", skills=[]),
    event("session.info", info_type="configuration", message="Disabled tools: bash"),
    event("system.message", content="Plain.", role="system"),
    event("user.message", content="hi", transformed_content="<current_datetime>…"),
    event("assistant.turn_start", turn_id="0"),
    event("session.usage_info", current_tokens=37),
    event("session.title_changed", title="hi"),
)
AFTER = (USAGE,)
END = (event("assistant.turn_end", turn_id="0"), IDLE)

Script = Iterable[SimpleNamespace | str]


def reply(*pieces: str) -> list[SimpleNamespace | str]:
    """A turn that goes well."""
    start = event("assistant.message_start", message_id="m1")
    return [*BEFORE, start, *map(text, pieces), *AFTER, message("".join(pieces)), *END]


class FakeSession:
    """Plays the next script of its client for every prompt."""

    def __init__(self, client: FakeClient, session_id: str, setup: dict[str, Any]) -> None:
        self.session_id = session_id
        self.setup = setup
        self._client = client
        self._handlers: list[Callable[[Any], None]] = []
        self._playing: asyncio.Task[None] | None = None
        self.held = asyncio.Event()

    def on(self, handler: Callable[[Any], None]) -> Callable[[], None]:
        self._handlers.append(handler)
        return lambda: self._handlers.remove(handler)

    async def send(self, prompt: str) -> str:
        self._client.log("send", self.session_id, prompt)
        script = self._client.next_script()
        self._client.history(self.session_id).append(event("user.message", content=prompt))
        self._playing = asyncio.get_running_loop().create_task(self._play(script))
        return "message-id"

    async def _play(self, script: Script) -> None:
        for step in script:
            if step == GONE:
                self._client.is_gone = True
                return
            if isinstance(step, str):
                self.held.set()
                self._client.held.set()
                await asyncio.Event().wait()
            else:
                if step.type.value == "assistant.message":
                    self._client.history(self.session_id).append(step)
                for handler in list(self._handlers):
                    handler(step)
                await asyncio.sleep(0)

    async def get_events(self) -> list[Any]:
        return self._client.history(self.session_id)

    async def abort(self) -> None:
        self._client.log("abort", self.session_id)
        await self._client.may_abort.wait()
        if self._playing is not None:
            self._playing.cancel()
        self._client.aborted.set()

    async def disconnect(self) -> None:
        self._client.log("disconnect", self.session_id)
        self._client.disconnecting.set()
        await self._client.may_disconnect.wait()


class FakeClient:
    """The CLI, as far as it is used; `sessions` is its disk."""

    def __init__(self, *scripts: Script, sessions: dict[str, list[Any]] | None = None) -> None:
        self.calls: list[tuple[Any, ...]] = []
        self.sessions = {} if sessions is None else sessions
        self.opened: list[FakeSession] = []
        self.is_signed_in = True
        self.is_gone = False
        self.models: list[str] = []
        self.listed: list[Any] = []
        """Entries with more than an id."""
        self.quotas: dict[str, Any] | None = None
        """None: this CLI does not tell."""
        self.held = asyncio.Event()
        self.aborted = asyncio.Event()
        self.may_abort = asyncio.Event()
        self.may_abort.set()
        self.disconnecting = asyncio.Event()
        self.may_disconnect = asyncio.Event()
        self.may_disconnect.set()
        self.stopped = asyncio.Event()
        self.stop_fails = False
        self.resume_fails = ""
        self._scripts = list(scripts)

    def log(self, *call: Any) -> None:
        if self.is_gone:
            raise RuntimeError("CLI process exited unexpectedly")
        self.calls.append(call)

    def called(self, name: str) -> list[tuple[Any, ...]]:
        return [call[1:] for call in self.calls if call[0] == name]

    def next_script(self) -> Script:
        return self._scripts.pop(0)

    def history(self, session_id: str) -> list[Any]:
        return self.sessions[session_id]

    async def create_session(self, *, session_id: str, **setup: Any) -> FakeSession:
        self.log("create", session_id)
        self.sessions[session_id] = []
        return self._open(session_id, setup)

    async def resume_session(self, session_id: str, **setup: Any) -> FakeSession:
        self.log("resume", session_id)
        if self.resume_fails:
            raise RuntimeError(f"Request session.resume failed with message: {self.resume_fails}")
        if session_id not in self.sessions:
            raise RuntimeError(f"Request session.resume failed: Session not found: {session_id}")
        return self._open(session_id, setup)

    def _open(self, session_id: str, setup: dict[str, Any]) -> FakeSession:
        self.opened.append(FakeSession(self, session_id, setup))
        return self.opened[-1]

    async def delete_session(self, session_id: str) -> None:
        self.log("delete", session_id)
        del self.sessions[session_id]

    async def list_models(self) -> list[Any]:
        self.log("list_models")
        return [*(SimpleNamespace(id=id_) for id_ in self.models), *self.listed]

    @property
    def rpc(self) -> Any:
        return SimpleNamespace(account=SimpleNamespace(get_quota=self._get_quota))

    async def _get_quota(self, parameters: Any) -> Any:
        self.log("get_quota", parameters.to_dict())
        if self.quotas is None:
            raise RuntimeError("-32601 Unhandled method account.getQuota")
        return SimpleNamespace(quota_snapshots=self.quotas)

    async def get_auth_status(self) -> Any:
        self.log("get_auth_status")
        return SimpleNamespace(
            isAuthenticated=self.is_signed_in,
            authType="user" if self.is_signed_in else None,
            login="me" if self.is_signed_in else None,
            statusMessage=None if self.is_signed_in else "Not authenticated",
        )

    async def ping(self) -> object:
        self.log("ping")
        return None

    async def force_stop(self) -> None:
        self.calls.append(("force_stop",))
        self.stopped.set()
        if self.stop_fails:
            raise RuntimeError("no such process")


class Starter:
    """Gives clients, in turn, and notes what was asked for."""

    def __init__(self, *clients: FakeClient) -> None:
        self._clients = list(clients)
        self.started: list[tuple[BackendConfig, SignIn]] = []

    async def __call__(
        self, config: BackendConfig, sign_in: SignIn, environ: Mapping[str, str]
    ) -> FakeClient:
        self.started.append((config, sign_in))
        return self._clients.pop(0)
