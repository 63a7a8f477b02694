"""A local g4f server: the chat/completions wire, plus provider, conversation_id and `conversation`.

Who remembers what. Servers of the 0.4 generation keep each conversation_id's thread and hand their
providers the newest message. Later ones keep nothing; some of their providers give a `conversation`
at the end of a reply, to be sent back with the next prompt, and read no message but the newest.
`plan` decides what a server can know, and carries what it cannot.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import aclosing
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote

from copilot_tui.attachments import images
from copilot_tui.backends import Delta, Model, ReplyRequest, spoken
from copilot_tui.backends.accounts import Account, sign_in_of
from copilot_tui.backends.branches import CARRIED, NOT_KNOWN, Memory, fold, memory
from copilot_tui.backends.completions import GRACE_S, Sleep, stream_completion
from copilot_tui.backends.images import below, content
from copilot_tui.backends.listing import listed_models
from copilot_tui.backends.openai import (
    KeySource,
    bearer,
    chat_messages,
    chosen_settings,
)
from copilot_tui.backends.transport import Transport
from copilot_tui.conversation import Message, Role, new_id
from copilot_tui.credentials import api_key, server_key
from copilot_tui.errors import BackendError, Refused, ReplyFailed

if TYPE_CHECKING:
    from copilot_tui.config import BackendConfig

CONVERSATION_PROVIDERS: Final = frozenset({"copilot", "copilotapp", "copilotsession"})
"""They read the newest message alone, whatever else is sent."""


@dataclass(frozen=True)
class Plan:
    """One request: what is sent, what the reply keeps of it, and what is said about it."""

    body: dict[str, Any]
    wire: dict[str, Any]
    """conversation_id, server and provider, for the reply's `wire`."""
    notice: str | None = None


def plan(request: ReplyRequest, config: BackendConfig, make_id: Callable[[], str] = new_id) -> Plan:
    """The request for a prompt. Pure: the same branch gives the same plan, but for a fresh id."""
    if chosen := request.settings.get("provider"):
        config = config._replace(provider=chosen)
    key = _WireKey(config.base_url, config.provider)
    past = memory(request, key.made, _first_id(request, key))
    conversation_id = past.conversation_id or make_id()
    knows_branch = past.known is not None
    branch = spoken(request.path)
    is_thread = is_conversation_provider(request, key)
    has_past = sum(message.role is not Role.SYSTEM for message in branch) > 1
    notice: str | None = None
    echo = _echo(past)
    if request.context == "newest":
        messages = _with_system(request, branch[-1:], is_thread, is_first=not knows_branch)
        if has_past and not knows_branch:
            notice = NOT_KNOWN
    elif is_thread and has_past and not knows_branch:
        folded = content(fold(branch, request.system), images(branch))
        messages = [{"role": "user", "content": folded}]
        echo = None
        notice = CARRIED
    else:
        messages = _with_system(request, branch, is_thread, is_first=True)
    body = {
        "model": request.model or config.model,
        "provider": config.provider or None,
        "stream": True,
        "messages": messages,
        "conversation_id": conversation_id,
        **chosen_settings(request),
        **({"conversation": echo} if echo else {}),
    }
    return Plan(body, key.wire(conversation_id), notice)


def _first_id(request: ReplyRequest, key: _WireKey) -> str | None:
    """The id of a branch without a reply so far; None: a fresh one.

    The conversation's own thread may hold what was deleted since, but not if this very prompt was
    asked there already.
    """
    conversation = request.conversation
    if not conversation.deleted:
        return conversation.id
    asked = [reply for reply in conversation.children(request.path[-1].id) if key.made(reply)]
    return str(asked[-1].wire["conversation_id"]) if asked else None


def is_conversation_provider(request: ReplyRequest, key: _WireKey) -> bool:
    """Whether the provider holds the thread itself: known by name, or by what it once sent."""
    name = key.provider.lower().replace("-", "").replace("_", "")
    return name in CONVERSATION_PROVIDERS or any(
        reply.wire.get("conversation") and key.made(reply)
        for reply in request.conversation.replies()
    )


@dataclass(frozen=True)
class _WireKey:
    """What a wire id is good for: one server, one provider."""

    server: str
    provider: str

    def made(self, message: Message) -> bool:
        wire = message.wire
        return (
            bool(wire.get("conversation_id"))
            and wire.get("server") == self.server
            and wire.get("provider") == self.provider
        )

    def wire(self, conversation_id: str) -> dict[str, Any]:
        return {
            "conversation_id": conversation_id,
            "server": self.server,
            "provider": self.provider,
        }


def _echo(past: Memory) -> dict[str, Any] | None:
    """The `conversation` that the server gave last under this id."""
    echoes = (reply.wire.get("conversation") for reply in reversed(past.replies))
    return next(filter(None, echoes), None)


def _with_system(
    request: ReplyRequest, branch: list[Message], is_thread: bool, *, is_first: bool
) -> list[dict[str, Any]]:
    """The messages, the system prompt where this provider can take it.

    g4f finds a cached thread by every message but the last, so that with a `system` message two
    chats meet in one thread: for a provider that holds threads it goes before the first prompt.
    """
    if not is_first:
        return chat_messages(branch)
    if not is_thread:
        system = [{"role": "system", "content": request.system}] if request.system else []
        return system + chat_messages(branch)
    instructions = [message.content for message in branch if message.role is Role.SYSTEM]
    messages = chat_messages(message for message in branch if message.role is not Role.SYSTEM)
    before = [request.system, *instructions] if request.system else instructions
    if before:
        messages[0]["content"] = below("\n\n".join(before), messages[0]["content"])
    return messages


class G4F:
    """A backend for one g4f server."""

    def __init__(
        self,
        config: BackendConfig,
        *,
        key: KeySource = api_key,
        gate_key: KeySource = server_key,
        sleep: Sleep = asyncio.sleep,
        grace_s: float = GRACE_S,
        make_id: Callable[[], str] = new_id,
    ) -> None:
        self.name = config.name
        self._config = config
        self._sleep = sleep
        self._grace_s = grace_s
        self._make_id = make_id

        def key_headers(config: BackendConfig) -> Mapping[str, str]:
            own = gate_key(config)
            return {**bearer(key(config)), **({"g4f-api-key": own} if own else {})}

        self._transport = Transport(config, key_headers)

    async def stream(self, request: ReplyRequest) -> AsyncGenerator[Delta, None]:
        """The reply, one Delta for every read of the socket."""
        # In a thread: a branch may have ten thousand messages.
        chosen = await asyncio.to_thread(plan, request, self._config, self._make_id)
        # Before anything can fail: a reply that is stopped keeps its id.
        yield Delta(wire=chosen.wire, notice=chosen.notice)
        deltas = stream_completion(
            self._transport,
            f"{self._config.base_url}/chat/completions",
            chosen.body,
            keep_conversation=True,
            sleep=self._sleep,
            grace_s=self._grace_s,
        )
        try:
            async with aclosing(deltas):
                async for delta in deltas:
                    yield delta
        except (Refused, ReplyFailed) as error:
            error.hint = self._hint(error) or error.hint
            raise

    def _hint(self, error: BackendError) -> str:
        words = str(error)
        provider = self._config.provider or "the provider"
        if "Request execution failed" in words:
            if isinstance(error, Refused) and error.status == 429:
                return (
                    f"{provider} wants fewer requests: wait a little, or choose another provider "
                    "or model. More stands in the g4f server's own log."
                )
            return (
                "The reason stands only in the g4f server's own log: look there. Often it is the "
                f"provider's name ({provider}), a sign-in (g4f auth), or a missing browser."
            )
        if "MissingAuthError" in words:
            return f"Sign in on the g4f server: g4f auth {provider}; or set a key for {provider}."
        if "MissingRequirementsError" in words:
            return "Install on the g4f server what it names, and start it again."
        if "Not authenticated" in words:
            return "The g4f server wants its own key: server_key_env in the configuration."
        if "rovider not found" in words:
            return "`copilot-tui models` lists the providers; --provider NAME chooses one."
        return ""

    async def models(self) -> list[Model]:
        """The chosen provider's models, then the server's providers; without one, everything."""
        everything = await self._everything()
        if not self._config.provider:
            return everything
        try:
            own = await self.models_of(self._config.provider)
        except Refused:  # the old generation has no list for each provider
            return everything
        return own + [entry for entry in everything if entry.is_provider]

    async def _everything(self) -> list[Model]:
        """The models, and the providers among them by the names that people know."""
        url = f"{self._config.base_url}/models"
        listed = listed_models(await self._transport.get_json(url), self._transport.masked)
        labels = {each.id: each.name for each in await self._providers()}
        known = {each.id for each in listed}
        return [
            *(_labelled(each, labels) if each.is_provider else each for each in listed),
            *(Model(id_, is_provider=True, name=labels[id_]) for id_ in labels if id_ not in known),
        ]

    async def _providers(self) -> list[Model]:
        """The providers with their labels; empty: this server has no such list."""
        url = f"{self._config.base_url}/providers"
        try:
            return listed_models(await self._transport.get_json(url), self._transport.masked)
        except BackendError:
            return []

    async def models_of(self, provider: str) -> list[Model]:
        """What one provider offers. Raises Refused when there is no such provider."""
        root = self._config.base_url.removesuffix("/v1")
        return listed_models(
            await self._transport.get_json(f"{root}/api/{quote(provider, safe='')}/models"),
            self._transport.masked,
        )

    async def account(self) -> Account:
        """Which key is used; g4f does not say whose it is."""
        return await asyncio.to_thread(sign_in_of, self._config)

    async def aclose(self) -> None:
        """Give back every socket."""
        await self._transport.aclose()


def _labelled(provider: Model, labels: Mapping[str, str]) -> Model:
    label = labels.get(provider.id) or provider.name
    vendor = "" if provider.vendor == label else provider.vendor
    return provider._replace(name=label, vendor=vendor)


def create(config: BackendConfig) -> G4F:
    """The backend that this configuration describes."""
    return G4F(config)
