"""Who answers in a conversation: what was configured, chosen and made of it."""

from __future__ import annotations

import asyncio
from functools import cached_property
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from copilot_tui.backends import Backend
    from copilot_tui.config import BackendConfig, Config
    from copilot_tui.conversation import Conversation
    from copilot_tui.tui.desk.catalog import Catalog, Choice


class Answerers:
    """The backends, each made when it is first needed, and the user's choices among them.

    `remembers`: lists of models, and what was chosen, are kept on disk.
    """

    def __init__(
        self,
        config: Config,
        make_backend: Callable[[BackendConfig], Backend] | None,
        *,
        remembers: bool,
    ) -> None:
        self.config = config
        self._make_backend = make_backend
        self._remembers = remembers
        self._picked: set[str] = set()
        """Conversations in which the user chose who answers, over what the start said."""
        self._backends: dict[str, Backend] = {}

    @cached_property
    def catalog(self) -> Catalog:
        """What the backends offer."""
        from copilot_tui.tui.desk.catalog import Catalog

        file = self.config.cache_dir / "models.json" if self._remembers else None
        return Catalog(file, self.backend_named)

    @cached_property
    def _retired(self) -> list[Backend]:
        """Backends that were made anew; replies may still stream from them."""
        return []

    def config_of(self, conversation: Conversation) -> BackendConfig:
        """What answers in this conversation."""
        return self.config_for(conversation).backend_of(conversation.backend)

    def config_for(self, conversation: Conversation) -> Config:
        """The configuration as it is meant in this conversation."""
        # What was given at the start was the user's earlier word, where another was spoken since.
        if conversation.id in self._picked:
            return self.config._replace(is_backend_given=False, given_model=None)
        return self.config

    def name_for(self, conversation: Conversation) -> str:
        """The backend that answers from now on, which is noted in the conversation."""
        from copilot_tui import replies

        return replies.choose_backend(conversation, self.config_for(conversation)).name

    def backend(self, conversation: Conversation) -> Backend:
        """The backend of a conversation. Raises ConfigError."""
        return self.backend_named(self.config_of(conversation).name)

    def backend_named(self, name: str) -> Backend:
        """The backend of this name. Raises ConfigError."""
        if name not in self._backends:
            from copilot_tui import backends

            make = self._make_backend or backends.create
            chosen = self.config.backend
            config = chosen if name == chosen.name else self.config.backends[name]
            self._backends[name] = make(config)
        return self._backends[name]

    def choose(self, conversation: Conversation, choice: Choice) -> None:
        """Let another backend or model answer from now on."""
        self._picked.add(conversation.id)
        conversation.backend = choice.backend
        conversation.model = choice.model or self.config.backends[choice.backend].model or None
        # Another object, and not this one changed: a thread may be saving it.
        settings = {key: value for key, value in conversation.settings.items() if key != "provider"}
        conversation.settings = settings | (
            {"provider": choice.provider} if choice.provider else {}
        )

    def present_choice(self, conversation: Conversation) -> Choice:
        """Who answers in this conversation."""
        config = self.config_of(conversation)
        provider = str(conversation.settings.get("provider") or config.provider)
        from copilot_tui.tui.desk.catalog import Choice

        return Choice(config.name, conversation.model or config.model, provider)

    def allow_http(self, name: str) -> None:
        """Let this backend's key travel unencrypted, once it is made anew; see `renew`."""
        allowed = self.config.backends[name]._replace(allow_http=True)
        is_chosen = self.config.backend.name == name
        self.config = self.config._replace(
            backends={**self.config.backends, name: allowed},
            backend=allowed if is_chosen else self.config.backend,
        )

    async def renew(self, name: str, *, is_streaming: bool) -> None:
        """Let the next reply read keys and sign-ins again. What streams goes on as it is."""
        backend = self._backends.pop(name, None)
        if backend is None:
            return
        if is_streaming:
            self._retired.append(backend)
        else:
            await backend.aclose()

    async def aclose(self) -> None:
        """Give back the backends' sockets and processes."""
        await asyncio.gather(
            *(backend.aclose() for backend in (*self._retired, *self._backends.values()))
        )
