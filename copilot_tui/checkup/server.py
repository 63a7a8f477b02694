"""The chosen backend: reachable, authorised, and whether it has the model. Nothing is sent to it
but what a list of models takes.
"""

from __future__ import annotations

import asyncio
import threading
from typing import TYPE_CHECKING, Final

from copilot_tui import backends
from copilot_tui.checkup import THREAD, Finding, wrong
from copilot_tui.config_file import nearest
from copilot_tui.errors import CopilotTuiError, Refused

if TYPE_CHECKING:
    from collections.abc import Iterator

    from copilot_tui.backends import Backend, Model
    from copilot_tui.backends.accounts import Account, Quota
    from copilot_tui.config import BackendConfig

SUBJECT: Final = "backend"

CONNECT_S: Final = 5.0
READ_S: Final = 10.0
MOST_S: Final = 20.0
"""For all of it; a key command or a keyring may wait for its user."""
CLI_MOST_S: Final = 60.0
"""The first start of GitHub's CLI unpacks it."""

_NO_LIST: Final = (404, 405, 501)


def examine(backend: BackendConfig) -> Iterator[Finding]:
    """What the backend says of itself."""
    if backend.kind == "demo":
        yield Finding(SUBJECT, "demo: answers by itself, and contacts nothing")
        return
    if note := backends.EXPERIMENTAL.get(backend.kind):
        yield Finding(SUBJECT, f"{backend.name}: {note}")
    yield from _within(backend, CLI_MOST_S if backend.kind == "copilot-sdk" else MOST_S)


def _within(backend: BackendConfig, seconds: float) -> list[Finding]:
    """The findings, or that there was none in time. A thread that hangs ends with the program."""
    found: list[Finding] = []
    thread = threading.Thread(
        target=lambda: found.extend(asyncio.run(_ask(backend, seconds))),
        name=THREAD,
        daemon=True,
    )
    thread.start()
    thread.join(seconds + 2)
    return found or [_late(backend, seconds)]


def _late(backend: BackendConfig, seconds: float) -> Finding:
    return wrong(
        SUBJECT,
        f"{backend.name} was not ready within {seconds:g} s",
        "A key command or a keyring may wait for you; copilot-tui models tells more",
    )


async def _ask(config: BackendConfig, seconds: float) -> list[Finding]:
    quick = config._replace(
        connect_timeout_s=min(config.connect_timeout_s, CONNECT_S),
        read_timeout_s=min(config.read_timeout_s, READ_S),
    )
    try:
        backend = backends.create(quick)
        try:
            async with asyncio.timeout(seconds):
                return await answers(backend, config)
        finally:
            await backend.aclose()
    except TimeoutError:
        return [_late(config, seconds)]
    except Refused as error:
        if error.status in _NO_LIST:
            said = f"{config.name} answers at {config.base_url}, and lists no models"
            return [Finding(SUBJECT, f"{said}: key and model are not verified")]
        return [wrong(SUBJECT, f"{config.name}: {error}", error.hint)]
    except CopilotTuiError as error:
        return [wrong(SUBJECT, f"{config.name}: {error}", error.hint)]


async def answers(backend: Backend, config: BackendConfig) -> list[Finding]:
    """What a backend says when it is asked who is signed in and what it offers. Raises
    BackendError.
    """
    account = await backend.account()
    if account.is_wanted and not account.is_signed_in:
        nobody = f"{config.name}: nobody is signed in"
        return [wrong(SUBJECT, nobody, f"copilot-tui login {config.name}")]
    return [await _lists(backend, config, account), *map(_left, account.quota)]


def _left(quota: Quota) -> Finding:
    """What is left of a quota."""
    if quota.is_used_up:
        return wrong(SUBJECT, quota.words(), "choose a model that costs none, or allow more")
    return Finding(SUBJECT, quota.words())


async def _lists(backend: Backend, config: BackendConfig, account: Account) -> Finding:
    models = await backend.models()
    who = account.words() or "asked without a key"
    said = f"{config.name} answers, {who}"
    if isinstance(backend, backends.HasOwnList) and backend.list_is_ours:
        return Finding(SUBJECT, f"{said}; it lists no models, and none is verified")
    if fault := _model_fault(config, models):
        return wrong(SUBJECT, f"{said}; {fault}", "copilot-tui models")
    chosen = f"it has {config.model}" if config.model else f"it lists {_count(models)}"
    return Finding(SUBJECT, f"{said}; {chosen}")


def _count(models: list[Model]) -> str:
    return f"{len(models)} model" + ("" if len(models) == 1 else "s")


def _model_fault(config: BackendConfig, models: list[Model]) -> str:
    """What is wrong with the chosen model, or provider; empty: nothing."""
    names = [model.id for model in models if not model.is_provider]
    providers = [model.id for model in models if model.is_provider]
    if config.provider and providers and config.provider not in providers:
        return f"it has no provider {config.provider}{nearest(config.provider, providers[:5])}"
    if config.model and names and config.model not in names:
        return f"it has no model {config.model}{nearest(config.model, names[:5])}"
    if config.kind == "openai" and not names:
        return "it lists no model, and none can answer"
    return ""
