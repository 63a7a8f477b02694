"""Any OpenAI-compatible server: chat/completions and models."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Iterable
from contextlib import aclosing
from typing import TYPE_CHECKING, Any, Final

from copilot_tui.attachments import images, told
from copilot_tui.backends import Delta, Model, ReplyRequest, spoken
from copilot_tui.backends.accounts import Account, sign_in_of
from copilot_tui.backends.completions import GRACE_S, Sleep, stream_completion
from copilot_tui.backends.images import content
from copilot_tui.backends.listing import listed_models
from copilot_tui.backends.transport import Transport
from copilot_tui.credentials import api_key
from copilot_tui.errors import BadReply, Refused

if TYPE_CHECKING:
    from copilot_tui.config import BackendConfig
    from copilot_tui.conversation import Message

SETTINGS: Final = ("temperature", "top_p", "max_tokens", "reasoning_effort")
"""What goes from a conversation's settings into the body."""

KeySource = Callable[["BackendConfig"], str | None]


def body(
    request: ReplyRequest, config: BackendConfig, *, with_usage: bool = True
) -> dict[str, Any]:
    """What is sent. The model is still "" if none is chosen."""
    system = [{"role": "system", "content": request.system}] if request.system else []
    branch = spoken(request.path)
    if request.context == "newest":
        branch = branch[-1:]
    return {
        "model": request.model or config.model,
        "messages": system + chat_messages(branch),
        "stream": True,
        **chosen_settings(request),
        **({"stream_options": {"include_usage": True}} if with_usage else {}),
    }


def chat_messages(messages: Iterable[Message]) -> list[dict[str, Any]]:
    """The messages as the wire has them: role, text and what is attached; never the reasoning."""
    return [
        {
            "role": message.role.value,
            "content": content(told(message, names_images=False), images([message])),
        }
        for message in messages
    ]


def chosen_settings(request: ReplyRequest) -> dict[str, Any]:
    """The settings that were set and that a server understands."""
    return {
        name: request.settings[name] for name in SETTINGS if request.settings.get(name) is not None
    }


class OpenAI:
    """A backend for one OpenAI-compatible server."""

    def __init__(
        self,
        config: BackendConfig,
        *,
        key: KeySource = api_key,
        sleep: Sleep = asyncio.sleep,
        grace_s: float = GRACE_S,
    ) -> None:
        self.name = config.name
        self._config = config
        self._sleep = sleep
        self._grace_s = grace_s
        self._wants_usage = True
        self._first_listed = ""
        self._transport = Transport(config, lambda config: bearer(key(config)))

    async def stream(self, request: ReplyRequest) -> AsyncGenerator[Delta, None]:
        """The reply, one Delta for every read of the socket."""
        # In a thread: a branch may have ten thousand messages.
        wanted = await asyncio.to_thread(body, request, self._config, with_usage=self._wants_usage)
        if not wanted["model"]:
            if not self._first_listed:
                self._first_listed = await self._first_model()
                yield Delta(
                    notice=f"no model is chosen: using {self._first_listed}, the first listed"
                )
            wanted["model"] = self._first_listed
        try:
            async with aclosing(self._ask(wanted)) as deltas:
                async for delta in deltas:
                    yield delta
        except Refused as error:
            if error.status == 404:
                self._first_listed = ""  # it may have been unloaded
            if not (self._wants_usage and _rejects_usage(error)):
                raise
            self._wants_usage = False  # this server does not know it; it is not sent again
        else:
            return
        del wanted["stream_options"]
        async with aclosing(self._ask(wanted)) as deltas:
            async for delta in deltas:
                yield delta

    def _ask(self, wanted: dict[str, Any]) -> AsyncGenerator[Delta, None]:
        return stream_completion(
            self._transport,
            f"{self._config.base_url}/chat/completions",
            wanted,
            sleep=self._sleep,
            grace_s=self._grace_s,
        )

    async def models(self) -> list[Model]:
        """What the server lists, in its order."""
        answer = await self._transport.get_json(f"{self._config.base_url}/models")
        return listed_models(answer, self._transport.masked)

    async def _first_model(self) -> str:
        models = await self.models()
        if not models:
            raise BadReply(
                "no model is chosen, and the server lists none",
                f"Load one there, or name it: --model NAME, or model in [backends.{self.name}].",
            )
        return models[0].id

    async def account(self) -> Account:
        """Which key is used; such a server does not say whose it is."""
        return await asyncio.to_thread(sign_in_of, self._config)

    async def aclose(self) -> None:
        """Give back every socket."""
        await self._transport.aclose()


def bearer(key: str | None) -> dict[str, str]:
    """The header that carries the key."""
    return {"Authorization": f"Bearer {key}"} if key else {}


def _rejects_usage(error: Refused) -> bool:
    words = str(error).lower()
    named = ("stream_options", "include_usage", "extra")
    return error.status in (400, 422) and any(name in words for name in named)


def create(config: BackendConfig) -> OpenAI:
    """The backend that this configuration describes."""
    return OpenAI(config)
