"""GitHub's SDK and CLI on this machine: found, started, and ended with us.

The CLI is a process that speaks JSON-RPC over its stdin; when we are killed it reads the end of
that and goes as well.
"""

from __future__ import annotations

import asyncio
import inspect
import logging
import os
import shutil
import subprocess
import sys
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Protocol

from copilot_tui.backends.sdk.sign_in import TOKEN_VARIABLES, own_cache
from copilot_tui.backends.sdk.words import in_one_line
from copilot_tui.credentials import ENVIRONMENT_KEY
from copilot_tui.errors import BackendError, ConnectionFailed, TimedOut

if TYPE_CHECKING:
    from copilot_tui.backends.sdk.events import Event
    from copilot_tui.backends.sdk.sign_in import SignIn
    from copilot_tui.config import BackendConfig

START_S: Final = 60.0
"""The first start of a CLI unpacks 170 MB."""
KILLED_S: Final = 1.0
"""A process that was killed is gone by then."""

NO_SDK: Final = "the backend {name} needs GitHub's Copilot SDK, which is not installed"
SDK_COMMAND: Final = 'pip install "copilot-tui[copilot]"'
SDK_HINT: Final = f"Install it: {SDK_COMMAND}"
OLD_SDK: Final = "GitHub's Copilot SDK is too old for the backend {name}"
OLD_SDK_HINT: Final = "Update it: pip install --upgrade github-copilot-sdk"
CLI_HINT: Final = (
    "Install GitHub's CLI (npm install -g @github/copilot, or python -m copilot download-runtime), "
    "or say where it is: COPILOT_CLI_PATH"
)


class Session(Protocol):
    """A conversation that the CLI keeps."""

    @property
    def session_id(self) -> str:
        """Good for `resume_session`, also in another process."""
        ...

    def on(self, handler: Callable[[Event], None]) -> Callable[[], None]:
        """Hear of every event; gives what ends that."""
        ...

    async def send(self, prompt: str) -> str:
        """Begin a turn."""
        ...

    async def get_events(self) -> Sequence[Event]:
        """All that was said in it."""
        ...

    async def abort(self) -> None:
        """End the turn."""
        ...

    async def disconnect(self) -> None:
        """Let go of the session; it stays on disk."""
        ...


class AuthStatus(Protocol):
    """Who is signed in."""

    isAuthenticated: bool
    authType: str | None
    login: str | None
    statusMessage: str | None


class ListedModel(Protocol):
    """An entry of the list of models."""

    id: str


class Client(Protocol):
    """The part of the SDK's CopilotClient that is used."""

    async def create_session(self, *, session_id: str, **setup: object) -> Session:
        """A new session."""
        ...

    async def resume_session(self, session_id: str, **setup: object) -> Session:
        """A session that is on disk."""
        ...

    async def delete_session(self, session_id: str) -> None:
        """Remove it from disk."""
        ...

    async def list_models(self) -> Sequence[ListedModel]:
        """What the account may use."""
        ...

    async def get_auth_status(self) -> AuthStatus:
        """Who is signed in."""
        ...

    @property
    def rpc(self) -> Any:  # noqa: ANN401  the SDK's ServerRpc, which is generated
        """Every request that the CLI knows."""
        ...

    async def ping(self) -> object:
        """Comes back while the CLI lives."""
        ...

    async def force_stop(self) -> None:
        """End the process."""
        ...


Start = Callable[["BackendConfig", "SignIn", Mapping[str, str]], Awaitable[Client]]


async def start(config: BackendConfig, sign_in: SignIn, environ: Mapping[str, str]) -> Client:
    """A client with its CLI running. Raises ConnectionFailed, TimedOut."""
    try:
        sdk = await asyncio.to_thread(import_module, "copilot")
        make, connection = sdk.CopilotClient, sdk.RuntimeConnection.for_stdio
    except (ImportError, AttributeError) as error:  # AttributeError: another package of this name
        if hasattr(sys.modules.get("copilot"), "CopilotClient"):
            raise ConnectionFailed(OLD_SDK.format(name=config.name), OLD_SDK_HINT) from error
        raise ConnectionFailed(NO_SDK.format(name=config.name), SDK_HINT) from error
    _keep_quiet()
    paths = await asyncio.to_thread(cli_paths, environ)
    try:
        sign_in.home.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise ConnectionFailed(
            f"the Copilot CLI's folder {sign_in.home} cannot be made: {error.strerror}",
            "Make it, or give it back to yourself.",
        ) from error

    async def started(path: str | None) -> Client:
        client: Client | None = None
        try:
            client = made = make(
                connection=connection(path=path),
                working_directory=str(sign_in.home),  # no project of the user's is looked at
                base_directory=str(sign_in.home),
                github_token=None if config.base_url else sign_in.token,
                use_logged_in_user=not (config.base_url or sign_in.token),
                log_level="none",
                env=environment(config, environ, cache=None if path else own_cache()),
            )
            await asyncio.wait_for(made.start(), START_S)
        except BaseException as error:  # the SDK's own are many, and none is documented
            if client is not None:
                await end(client)
            if isinstance(error, Exception):
                raise _no_start(path, error) from error
            raise
        running: Client = made
        return running

    for path in paths[:-1]:
        # PATH may hold another program of this name, or an older version: then the SDK's own.
        with suppress(ConnectionFailed):
            return await started(path)
    return await started(paths[-1])


async def end(client: Client) -> None:
    """End the CLI's process, and what the system keeps of it; the SDK kills it and leaves the rest
    to the garbage collector.
    """
    process: subprocess.Popen[bytes] | None = getattr(client, "_process", None)
    await client.force_stop()
    if process is None:
        return
    with suppress(subprocess.TimeoutExpired):
        await asyncio.to_thread(process.wait, KILLED_S)
    for pipe in (process.stdin, process.stdout, process.stderr):
        if pipe is not None:
            with suppress(OSError):  # what was not sent cannot be sent any more
                pipe.close()


def cli_paths(environ: Mapping[str, str]) -> list[str | None]:
    """Where the CLI may be, to be tried in this order; None: the one that the SDK brings. Raises
    ConnectionFailed.
    """
    if named := environ.get("COPILOT_CLI_PATH"):
        found = shutil.which(named, path=environ.get("PATH"))
        if found is None and not Path(named).is_file():  # a .js file is run by node
            raise ConnectionFailed(
                f"there is no Copilot CLI at {named} (COPILOT_CLI_PATH)", CLI_HINT
            )
        return [found or named]
    on_path = shutil.which("copilot", path=environ.get("PATH"))
    return [on_path, None] if on_path else [None]


def cli_program(environ: Mapping[str, str]) -> list[str]:
    """How the CLI is run by itself. Raises ConnectionFailed."""
    path = cli_paths(environ)[0]
    if path is None:
        sdk = find_spec("copilot")
        places = sdk.submodule_search_locations if sdk else None
        folders = [str(Path(place, "bin")) for place in places or ()]
        path = shutil.which("copilot", path=os.pathsep.join(folders)) if folders else None
    if path is None:
        raise ConnectionFailed("GitHub's Copilot CLI is not installed", CLI_HINT)
    return ["node", path] if path.endswith(".js") else [path]


def environment(
    config: BackendConfig, environ: Mapping[str, str], *, cache: Path | None
) -> dict[str, str]:
    """What the CLI is told: nothing of other people's keys, and nobody else to speak to."""
    env = {name: value for name, value in environ.items() if not _is_withheld(name)}
    env["COPILOT_AUTO_UPDATE"] = "false"
    if cache is not None:
        env.setdefault("COPILOT_CACHE_HOME", str(cache))  # where it unpacks itself
    if config.base_url:
        env["COPILOT_OFFLINE"] = "true"  # nobody but the server at base_url is spoken to
        # Without these two it refuses to be so; every session names its own.
        env["COPILOT_PROVIDER_BASE_URL"] = config.base_url
        env["COPILOT_MODEL"] = config.model or "any"
    if config.proxy:
        names = ("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy")
        env |= dict.fromkeys(names, config.proxy)
    if config.ca_file:
        env["NODE_EXTRA_CA_CERTS"] = config.ca_file
    return env


def _is_withheld(name: str) -> bool:
    """Keys are given by the way that is meant for them, and settings of the CLI's are ours."""
    return (
        name in (ENVIRONMENT_KEY, "COPILOT_ALLOW_ALL", "COPILOT_MODEL", *TOKEN_VARIABLES)
        or name.startswith("COPILOT_PROVIDER_")
        or (name.endswith("_API_KEY"))
    )


def _no_start(path: str | None, error: Exception) -> BackendError:
    where = f" ({path})" if path else ""
    words = in_one_line(str(error))
    if isinstance(error, TimeoutError):
        return TimedOut(f"the Copilot CLI{where} did not start within {START_S:g} s")
    if "protocol version" in words:
        return ConnectionFailed(
            f"the Copilot CLI{where} and the SDK do not understand each other: {words}",
            "Update both: npm install -g @github/copilot; pip install --upgrade github-copilot-sdk",
        )
    if path is None:
        return ConnectionFailed(f"there is no Copilot CLI that starts: {words}", CLI_HINT)
    return ConnectionFailed(
        f"the Copilot CLI{where} does not start: {words}",
        "It may be another program of this name, or too old. " + CLI_HINT,
    )


def _keep_quiet() -> None:
    """The SDK logs what the CLI writes to stderr, and by default that lands on the terminal.

    Nor does it download a CLI of its own accord.
    """
    logger = logging.getLogger("copilot")
    logger.propagate = False
    if not logger.handlers:
        logger.addHandler(logging.NullHandler())
    os.environ.setdefault("COPILOT_SKIP_CLI_DOWNLOAD", "1")  # read by the SDK in this process


def accepted(call: Callable[..., Any], wanted: Mapping[str, Any]) -> dict[str, Any]:
    """Those of these options that this version of the SDK has."""
    known = inspect.signature(call).parameters
    if any(each.kind is each.VAR_KEYWORD for each in known.values()):
        return dict(wanted)
    return {name: value for name, value in wanted.items() if name in known}
