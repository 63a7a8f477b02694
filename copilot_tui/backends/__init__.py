"""What answers: one protocol for every server, and the table of kinds.

A backend turns a branch of a conversation into a request and the answer into `Delta`s. It knows
nothing of the
store or the screen, and raises `BackendError`s alone.
"""

from __future__ import annotations

import sys
from collections.abc import AsyncGenerator
from contextlib import suppress
from dataclasses import dataclass, field
from importlib import import_module
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, Protocol, runtime_checkable

from copilot_tui.conversation import Role

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from copilot_tui.backends.accounts import Account
    from copilot_tui.config import BackendConfig
    from copilot_tui.conversation import Conversation, Message

ContextMode = Literal["full", "newest"]
"""full: the whole branch is sent. newest: only the newest prompt; the memory is the server's."""


class Delta(NamedTuple):
    """What has come since the last one. Everything that one read from the socket brought is one
    delta.
    """

    text: str = ""
    reasoning: str = ""
    complete: bool = False
    """The server has said that the reply is whole: a finish_reason, or [DONE]."""
    finish_reason: str | None = None
    tool_calls: bool = False
    """The model asked for a tool, which a plain chat does not have."""
    model: str | None = None
    """The model that answers, where the server names it."""
    usage: dict[str, Any] | None = None
    wire: dict[str, Any] | None = None
    """To be kept in the reply's `wire`, over what is there."""
    notice: str | None = None
    """Something to say in the status line or on stderr; not part of the reply."""
    replaces: bool = False
    """The reply was begun anew: text and reasoning take the place of all that came before."""


@dataclass(frozen=True)
class ReplyRequest:
    """One reply that is wanted: the branch that ends with a prompt, and the settings for it."""

    conversation: Conversation
    """Read only; for what was said in other branches."""
    path: tuple[Message, ...]
    """From the root to the prompt. Failed replies without text are among them; `spoken` leaves
    them out.
    """
    model: str = ""
    """Empty: the backend's or the server's own choice."""
    system: str | None = None
    settings: dict[str, Any] = field(default_factory=dict)
    """temperature, top_p, max_tokens, reasoning_effort: only what was set."""
    context: ContextMode = "full"
    is_private: bool = False
    """Nothing of it may stay on a disk, whoever keeps conversations there."""
    is_beside: bool = False
    """Another is asked at the same time, and goes on in the server's thread; not this one."""


def spoken(path: Iterable[Message]) -> list[Message]:
    """The messages that a model is shown: every one but replies that failed before a word."""
    return [message for message in path if message.role is not Role.ASSISTANT or message.content]


class Model(NamedTuple):
    """One entry of a server's list of models, with what the server says of it."""

    id: str
    vendor: str = ""
    is_provider: bool = False
    """g4f lists its providers among the models."""
    name: str = ""
    """For people; empty: the id is all there is."""
    context_window: int | None = None
    """Tokens."""
    multiplier: float | None = None
    """How many premium requests a prompt costs."""
    price_in: float | None = None
    """Dollars for a million tokens of prompt."""
    price_out: float | None = None
    disabled: str = ""
    """Why it cannot be used; empty: it can."""


class Backend(Protocol):
    """Something that answers."""

    name: str
    """The name in the configuration: [backends.NAME]."""

    def stream(self, request: ReplyRequest) -> AsyncGenerator[Delta, None]:
        """The reply, as it comes. Closing the generator closes the socket. Raises BackendError."""
        ...

    async def models(self) -> list[Model]:
        """What the server offers. Raises BackendError."""
        ...

    async def account(self) -> Account:
        """Who is signed in, and what is left of the quota; may ask the service. Raises
        BackendError.
        """
        ...

    async def aclose(self) -> None:
        """Give back sockets."""
        ...


@runtime_checkable
class HasProviders(Protocol):
    """A backend with providers behind it, each with models of its own."""

    async def models_of(self, provider: str) -> list[Model]:
        """What one provider offers. Raises BackendError."""
        ...


@runtime_checkable
class HasOwnList(Protocol):
    """A backend that offers what it knows by itself where its service lists nothing."""

    list_is_ours: bool
    """Whether that was so when its models were asked for last."""


async def account(backend: Backend) -> Account:
    """Who is signed in to a backend, until when, and what is left of the quota.

    Asks the service, and starts the CLI of the kind copilot-sdk; `accounts.sign_in_of` tells what
    is known without that. Raises BackendError, MissingAuth or MissingKey when nobody is signed in.
    """
    return await backend.account()


_KINDS: dict[str, str] = {
    "g4f": "copilot_tui.backends.g4f",
    "openai": "copilot_tui.backends.openai",
    "github-web": "copilot_tui.backends.github.backend",
    "copilot-sdk": "copilot_tui.backends.sdk",
    "demo": "copilot_tui.backends.demo",
}
"""Kind → the module whose `create` makes it. Only the chosen one is imported."""

EXPERIMENTAL: dict[str, str] = {
    "github-web": "experimental: GitHub documents this interface nowhere, and may close it",
}
"""Kind → why it may not work, for whoever chooses it."""


def create(config: BackendConfig) -> Backend:
    """The backend that this configuration describes."""
    make: Callable[[BackendConfig], Backend] = _module(config).create
    return make(config)


def warm_up(config: BackendConfig) -> None:
    """Import what `create` needs, a tenth of a second for httpx: to be called in a thread."""
    _module(config)
    with suppress(ImportError):
        # httpx lets it be imported by the first request, which would hold the loop for 20 ms.
        import_module("anyio._backends._asyncio")


def _module(config: BackendConfig) -> Any:  # noqa: ANN401  a module of _KINDS
    # httpx imports its own command line where click is installed, and rich with it: a quarter of
    # the time to the first word. Without it httpx is the same; its `main` says what is missing.
    sys.modules.setdefault("httpx._main", None)  # type: ignore[arg-type]  # None: not to be found
    return import_module(_KINDS[config.kind])
