"""One client for the app, and in it a session for each conversation and branch."""

from __future__ import annotations

import asyncio
import os
from collections import Counter
from collections.abc import AsyncGenerator, Awaitable, Callable, Coroutine, Iterator, Mapping
from contextlib import aclosing, contextmanager, suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from copilot_tui.backends import Delta, Model
from copilot_tui.backends.accounts import Account, sign_in_of
from copilot_tui.backends.images import notice_of
from copilot_tui.backends.sdk import runtime, sign_in
from copilot_tui.backends.sdk.account import model_of, quotas
from copilot_tui.backends.sdk.events import TurnReader
from copilot_tui.backends.sdk.plan import PLAIN_SYSTEM, plan_anew, plan_turn
from copilot_tui.backends.sdk.turn import PULSE_S, Turn
from copilot_tui.backends.sdk.words import SIGN_IN_HINT, Failure, failure_of, in_one_line
from copilot_tui.conversation import new_id
from copilot_tui.credentials import api_key
from copilot_tui.errors import BackendError, ConnectionFailed, MissingKey

if TYPE_CHECKING:
    from copilot_tui.backends import ReplyRequest
    from copilot_tui.backends.sdk.plan import Plan
    from copilot_tui.backends.sdk.runtime import Client, Session, Start
    from copilot_tui.config import BackendConfig

END_S: Final = 3.0
"""How long the CLI may take to bring its sessions to disk when it is ended."""

LIVE_MOST: Final = 16
"""Sessions that are kept open while nothing is asked in them; others are resumed from disk."""

_GITHUB: Final = "copilot"
"""Stands in a reply's wire for GitHub's own service."""

_PLAIN_CHAT: Final[dict[str, Any]] = {
    "client_name": "copilot-tui",
    "skip_custom_instructions": True,
    "enable_config_discovery": False,
    "enable_file_hooks": False,
    "enable_host_git_operations": False,
    "enable_on_demand_instruction_discovery": False,
    "enable_session_store": False,  # a second copy of every word, for the agent to search
    "enable_session_telemetry": False,
    "enable_skills": False,
}
"""No agent, and nothing of the user's files. Not every version of the SDK has all of these."""


@dataclass
class _Live:
    """A session that this process has open."""

    client: Client
    session: Session
    setup: dict[str, Any] = field(repr=False)
    """May hold a key."""
    turns: int = 0
    """How many whole turns it holds, as far as this process made or found them."""
    is_busy: bool = False
    """It is in a turn."""


class CopilotSdk:
    """A backend for GitHub's Copilot CLI, which is started with the first reply."""

    def __init__(
        self,
        config: BackendConfig,
        *,
        key: Callable[[BackendConfig], str | None] = api_key,
        start: Start = runtime.start,
        environ: Mapping[str, str] = os.environ,
        make_id: Callable[[], str] = new_id,
        pulse_s: float = PULSE_S,
    ) -> None:
        self.name = config.name
        self._config = config
        self._key = key
        self._start = start
        self._environ = environ
        self._make_id = make_id
        self._pulse_s = pulse_s
        self._client: Client | None = None
        self._retired: list[Client] = []
        self._users: Counter[Client] = Counter()
        """How many turns, and ends of turns, each client still has."""
        self._token: str | None = None
        self._starting = asyncio.Lock()
        self._live: dict[str, _Live] = {}
        self._ending: set[asyncio.Task[None]] = set()
        self._is_closed = False
        self._first_model = ""

    @property
    def _server(self) -> str:
        return self._config.base_url or _GITHUB

    async def stream(self, request: ReplyRequest) -> AsyncGenerator[Delta, None]:
        """The reply; closing the generator ends the turn in the CLI."""
        images = notice_of(request)
        client, opened = await self._opened()
        notice = "; ".join(filter(None, (images, opened)))
        self._users[client] += 1
        try:
            async with aclosing(self._turn(client, request, notice)) as deltas:
                async for delta in deltas:
                    yield delta
        except BackendError as error:
            if isinstance(error, MissingKey) or getattr(error, "status", 0) in (401, 403):
                self._retire(client)
            else:
                await self._drop_if_dead(client)
            raise
        finally:
            self._release(client)

    async def _turn(
        self, client: Client, request: ReplyRequest, notice: str
    ) -> AsyncGenerator[Delta, None]:
        plan, session = await self._session_for(client, request)
        id_ = session.session_id
        turn = Turn(
            session,
            TurnReader(refusals_are_final=bool(self._config.base_url), masked=self._masked),
            read_timeout_s=self._config.read_timeout_s,
            pulse_s=self._pulse_s,
        )
        said = "; ".join(filter(None, (notice, _not_passed_on(request), plan.notice)))
        is_over = False
        try:
            # Before anything can fail: a reply that is stopped keeps its session.
            wire = None if request.is_private else plan.wire(id_, self._server)
            yield Delta(wire=wire, notice=said or None)
            with self._told():
                await session.send(plan.prompt)
            async with aclosing(turn.deltas(client)) as deltas:
                async for delta in deltas:
                    yield (
                        delta._replace(notice=self._masked(delta.notice)) if delta.notice else delta
                    )
            is_over = turn.reader.failure is None and turn.reader.is_whole
        finally:
            turn.close()
            if (live := self._live.get(id_)) is not None:
                live.is_busy, live.turns = False, plan.turn
            if request.is_private or not is_over:
                self._let_go(id_)  # no await: whoever stops us does not wait
        if turn.reader.failure is not None:
            raise self._failed(turn.reader.failure, has_text=turn.reader.has_text)

    async def models(self) -> list[Model]:
        """What the account may use; with a base_url, what that server lists."""
        if self._config.base_url:
            from copilot_tui.backends.openai import OpenAI

            server = OpenAI(self._config, key=self._key)
            try:
                return await server.models()
            finally:
                await server.aclose()
        client, _ = await self._opened()
        with self._told():
            return [model_of(entry) for entry in await client.list_models()]

    async def account(self) -> Account:
        """Who is signed in to GitHub, and what is left. Starts the CLI. Raises BackendError."""
        known = await asyncio.to_thread(sign_in_of, self._config, self._environ)
        if self._config.base_url:
            return known
        client, _ = await self._opened()
        with self._told():
            status = await client.get_auth_status()
        return known._replace(login=status.login or "", quota=await quotas(client))

    async def aclose(self) -> None:
        """End the CLI. What it keeps on disk stays, so that a session can be resumed."""
        self._is_closed = True
        clients = [*self._retired, *([self._client] if self._client else [])]
        open_sessions = [live.session.disconnect() for live in self._live.values()]
        self._client = None
        self._retired.clear()
        self._live.clear()
        try:
            # A session is on disk when it is let go, and not before.
            await _at_most(END_S, *open_sessions, *self._ending)
        finally:
            stops = (runtime.end(client) for client in clients)
            await asyncio.gather(*stops, return_exceptions=True)

    # The client

    async def _opened(self) -> tuple[Client, str]:
        """The client, and what there is to say when it was started now."""
        async with self._starting:
            if self._client is not None and not self._users[self._client]:
                await self._drop_if_dead(self._client)  # it may have been killed since
            if self._client is not None:
                return self._client, ""
            found = await asyncio.to_thread(sign_in.find, self._config, self._key, self._environ)
            self._token = found.token
            self._require_open()
            client = await self._start(self._config, found, self._environ)
            try:
                if not self._config.base_url:
                    await self._require_sign_in(client, found)
                self._require_open()
            except BaseException:
                await runtime.end(client)
                raise
            self._client = client
            return client, found.notice

    def _require_open(self) -> None:
        if self._is_closed:  # while it was starting: nobody would end it any more
            raise ConnectionFailed(f"{self.name} was closed in the meantime", "Try again.")

    async def _require_sign_in(self, client: Client, found: sign_in.SignIn) -> None:
        with self._told():
            status = await client.get_auth_status()
        if status.isAuthenticated:
            return
        said = in_one_line(self._masked(status.statusMessage or ""))
        words = f": {said}" if said else ""
        if found.token is None:
            raise MissingKey(f"nobody is signed in to Copilot{words}", SIGN_IN_HINT)
        raise MissingKey(
            f"Copilot does not accept the token from {found.origin or 'its sign-in'}{words}",
            f"It may have expired, or GitHub cannot be reached. {SIGN_IN_HINT}",
        )

    def _retire(self, client: Client) -> None:
        """So that the next reply reads the sign-in again. Other turns may still be in this one."""
        if self._client is client:
            self._client = None
            self._retired.append(client)

    def _release(self, client: Client) -> None:
        """One user less: a client that was retired ends with the last."""
        self._users[client] -= 1
        if self._users[client] > 0:
            return
        del self._users[client]
        if client not in self._retired:
            return
        self._retired.remove(client)
        sessions = self._forget_sessions(client)

        async def end() -> None:
            await _at_most(END_S, *(session.disconnect() for session in sessions))
            with suppress(Exception):  # it has ended by itself
                await runtime.end(client)

        self._in_background(end())

    def _forget_sessions(self, client: Client) -> list[Session]:
        """The sessions that are open in this client, which are not used any more."""
        ids = [id_ for id_, live in self._live.items() if live.client is client]
        return [self._live.pop(id_).session for id_ in ids]

    def _in_background(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._ending.add(task)
        task.add_done_callback(self._ending.discard)

    async def _drop_if_dead(self, client: Client) -> None:
        """So that the next reply starts another."""
        try:
            await asyncio.wait_for(client.ping(), self._pulse_s)
        except Exception:  # noqa: BLE001  any answer but an answer means that it is gone
            if self._client is client:
                self._client = None
            self._forget_sessions(client)
            with suppress(Exception):
                await runtime.end(client)

    # Sessions

    async def _session_for(self, client: Client, request: ReplyRequest) -> tuple[Plan, Session]:
        plan = plan_turn(request, self._server)
        setup = await self._setup(request)
        if plan.session_id is not None:
            session = await self._resumed(client, plan, setup)
            if session is not None:
                return plan, session
            plan = plan_anew(request)
        return plan, await self._created(client, setup)

    async def _setup(self, request: ReplyRequest) -> dict[str, Any]:
        """What a session is made with, or resumed with."""
        setup: dict[str, Any] = {
            "streaming": True,
            "available_tools": [],
            "system_message": {"mode": "replace", "content": request.system or PLAIN_SYSTEM},
        }
        if model := request.model or self._config.model or await self._own_servers_model():
            setup["model"] = model
        if effort := request.settings.get("reasoning_effort"):
            setup["reasoning_effort"] = effort
        if self._config.base_url:
            provider = {"type": "openai", "wire_api": "completions"}
            provider["base_url"] = self._config.base_url
            if self._token:
                provider["api_key"] = self._token
            setup["provider"] = provider
        return setup

    async def _own_servers_model(self) -> str:
        """A server of one's own has no default: the first that it lists."""
        if self._config.base_url and not self._first_model:
            listed = await self.models()
            self._first_model = listed[0].id if listed else ""
        return self._first_model

    async def _created(self, client: Client, setup: dict[str, Any]) -> Session:
        extras = runtime.accepted(client.create_session, _PLAIN_CHAT)
        with self._told():
            session = await client.create_session(session_id=self._make_id(), **setup, **extras)
        self._keep_open(session.session_id, _Live(client, session, setup))
        return session

    def _keep_open(self, id_: str, live: _Live) -> None:
        """Let it be the one in use; of many that are not used the oldest is let go, to disk."""
        live.is_busy = True
        self._live[id_] = live
        idle = [each for each, other in self._live.items() if not other.is_busy]
        for each in idle[: max(0, len(self._live) - LIVE_MOST)]:
            self._in_background(_closed(self._live.pop(each).session))

    async def _resumed(self, client: Client, plan: Plan, setup: dict[str, Any]) -> Session | None:
        """The session of the plan, set up like this; None: the CLI does not have it whole."""
        assert plan.session_id is not None
        live = self._live.pop(plan.session_id, None)
        is_known = live is not None and live.client is client and live.turns == plan.turn - 1
        if live is not None and is_known and live.setup == setup:
            self._keep_open(plan.session_id, live)
            return live.session
        if live is not None:  # it is set up otherwise now, or another process went on with it
            await _closed(live.session)
        extras = runtime.accepted(client.resume_session, _PLAIN_CHAT)
        try:
            session = await client.resume_session(plan.session_id, **setup, **extras)
            events = await session.get_events()
        except Exception as error:
            await self._drop_if_dead(client)
            if self._client is client:
                return None  # it lives: its session is gone, or spoilt, and a new one will do
            raise self._outside(error) from error
        if not plan.is_held_by(events):
            self._in_background(_closed(session))
            return None
        self._keep_open(plan.session_id, _Live(client, session, setup, turns=plan.turn - 1))
        return session

    def _let_go(self, id_: str) -> None:
        """End the turn in the background; the session is not gone on with, so it leaves nothing on
        disk.
        """
        live = self._live.pop(id_, None)
        if live is None:
            return

        async def end() -> None:
            try:
                with suppress(Exception):  # the CLI is gone, or goes soon
                    await live.session.abort()
                    await live.session.disconnect()
                    await live.client.delete_session(id_)
            finally:
                self._release(live.client)

        self._users[live.client] += 1
        self._in_background(end())

    # Errors

    @contextmanager
    def _told(self) -> Iterator[None]:
        """What the SDK raises becomes an error of ours; its own are many and not documented."""
        try:
            yield
        except BackendError:
            raise
        except Exception as error:
            raise self._outside(error) from error

    def _outside(self, error: Exception) -> BackendError:
        return self._failed(Failure("", str(error)), has_text=False)

    def _failed(self, failure: Failure, *, has_text: bool) -> BackendError:
        masked = failure._replace(words=self._masked(failure.words))
        return failure_of(masked, has_text=has_text, own_server=self._config.base_url)

    def _masked(self, text: str) -> str:
        return text.replace(self._token, "…") if self._token else text


async def _closed(session: Session) -> None:
    """Let go of a session, which stays on disk."""
    with suppress(Exception):  # the CLI is gone
        await session.disconnect()


async def _at_most(seconds: float, *ends: Awaitable[object]) -> None:
    with suppress(TimeoutError):
        await asyncio.wait_for(asyncio.gather(*ends, return_exceptions=True), seconds)


def _not_passed_on(request: ReplyRequest) -> str:
    """What was set and the CLI has no place for."""
    others = sorted(set(request.settings) - {"reasoning_effort"})
    return f"the Copilot CLI takes no {', '.join(others)}" if others else ""
