"""What each backend offers, asked for when it is wanted and remembered; and what was chosen lately.

Only the backend that is looked at is asked: nothing is sent to a server that was not chosen.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from copilot_tui.errors import CopilotTuiError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from copilot_tui.backends import Backend, Model
    from copilot_tui.backends.accounts import Account
    from copilot_tui.config import BackendConfig

RECENT_MOST: Final = 8
KEPT_MOST: Final = 2_000
"""Models of one backend that are remembered."""


class Choice(NamedTuple):
    """Who answers."""

    backend: str
    model: str = ""
    """Empty: the backend's or the server's own choice."""
    provider: str = ""
    """g4f alone; empty: the backend's own."""


class SignInWanted(NamedTuple):
    """The user wants to sign in to this backend before anything is chosen."""

    backend: str


class Catalog:
    """Lists of models by backend. What is remembered may be deleted at any time.

    Without a file nothing is remembered.
    """

    def __init__(self, file: Path | None, backend_named: Callable[[str], Backend]) -> None:
        self._file = file
        self._backend_named = backend_named
        self._models: dict[str, list[Model]] = {}
        self._recent: list[Choice] = []
        self._accounts: dict[str, Account] = {}
        self._is_read = False

    async def open(self) -> None:
        """Read what is remembered."""
        if not self._is_read:
            await asyncio.to_thread(self._read)
            self._is_read = True

    def known(self, backend: str, provider: str = "") -> list[Model]:
        """What the backend, or one of its providers, offered when it was asked last."""
        return self._models.get(_key(backend, provider), [])

    def recent(self) -> list[Choice]:
        """What was chosen lately, the last first."""
        return list(self._recent)

    async def ask(self, backend: str, provider: str = "") -> list[Model]:
        """What the backend, or one of its providers, offers now. Raises BackendError."""
        from copilot_tui.backends import HasProviders

        asked = self._backend_named(backend)
        if provider and isinstance(asked, HasProviders):
            models = await asked.models_of(provider)
        else:
            models = await asked.models()
        key = _key(backend, provider)
        self._models[key] = models[:KEPT_MOST]
        await asyncio.to_thread(self._write)
        return self._models[key]

    async def account(self, backend: str) -> Account:
        """Who is signed in to the backend, which is asked. Raises BackendError."""
        from copilot_tui import backends

        self._accounts[backend] = await backends.account(self._backend_named(backend))
        return self._accounts[backend]

    def forget_account(self, backend: str) -> None:
        """It may be another one from now on."""
        self._accounts.pop(backend, None)

    def standing(self, backend: str) -> tuple[str, ...]:
        """What is to be known of the account while it answers: a quota that ends, and a sign-in
        that nobody gave to this program. Nothing before it was asked for.
        """
        known = self._accounts.get(backend)
        return () if known is None else known.standing()

    async def note(self, choice: Choice) -> None:
        """Remember what was chosen."""
        others = [each for each in self._recent if each != choice]
        self._recent = [choice, *others][:RECENT_MOST]
        await asyncio.to_thread(self._write)

    def _read(self) -> None:
        import json  # a start shows the choice, and reads no file

        from copilot_tui.backends import Model

        if self._file is None:
            return
        try:
            found: dict[str, Any] = json.loads(self._file.read_bytes())
            self._recent = [Choice(*each) for each in found["recent"]]
            self._models = {
                name: [Model(*each) for each in models] for name, models in found["models"].items()
            }
        except (OSError, ValueError, TypeError, KeyError, AttributeError):
            self._recent, self._models = [], {}  # it is only a cache

    def _write(self) -> None:
        import json

        from copilot_tui.store.files import Disk

        if self._file is None:
            return
        found = {"recent": self._recent, "models": self._models}
        data = json.dumps(found, ensure_ascii=True).encode()
        try:
            Disk().write_atomic(self._file, [data], durable=False)
        except OSError:
            return  # the list is asked for again next time


def _key(backend: str, provider: str) -> str:
    return f"{backend} {provider}" if provider else backend


async def sign_ins(backends: Mapping[str, BackendConfig]) -> dict[str, str]:
    """Who is signed in to each backend, in a few words. Nobody is asked."""
    return await asyncio.to_thread(lambda: {name: _known(each) for name, each in backends.items()})


def _known(config: BackendConfig) -> str:
    from copilot_tui.backends.accounts import sign_in_of

    try:
        return sign_in_of(config).words()
    except CopilotTuiError as error:
        return str(error)


def failure_of(error: CopilotTuiError) -> str:
    """Why there is no list, in one line."""
    return f"{error}. A model's name can be typed all the same."
