"""httpx's errors, and a server's statuses, in plain words with a hint how to mend them."""

from __future__ import annotations

import re
import socket
import ssl
from collections.abc import Callable, Iterator
from http import HTTPStatus
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

import httpx

from copilot_tui.backends import network
from copilot_tui.backends.server_words import address_secrets, body_words, without_secrets
from copilot_tui.errors import (
    BackendError,
    BadReply,
    ConnectionFailed,
    NothingListens,
    RedirectRefused,
    TimedOut,
)

if TYPE_CHECKING:
    from copilot_tui.config import BackendConfig

DEMO_HINT: Final = "`copilot-tui --demo` needs no server at all."
G4F_HINT: Final = (
    "Start g4f: {install}, then: {start} (without --bind it listens on every network, 0.0.0.0). "
)
KEY_HINT: Final = (
    "Check the key: copilot-tui login {name}, or api_key_env or api_key_command in "
    "[backends.{name}]."
)
CA_HINT: Final = (
    "If your network has a certificate authority of its own, name its PEM file with ca_file in the "
    "configuration, or in SSL_CERT_FILE."
)

OUTSIDE_ERRORS: Final = (
    httpx.HTTPError,
    httpx.InvalidURL,
    httpx.StreamError,
    httpx.CookieConflict,
    OSError,
)


def shown(url: str) -> str:
    """An address as it may be shown: without user, password and query."""
    parts = httpx.URL(url)
    return str(parts.copy_with(userinfo=None, query=None, fragment=None))


def is_address(url: str) -> bool:
    """Whether this is an http or https address with a host."""
    try:
        parts = urlsplit(url)
        return parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False


def status_name(status: int) -> str:
    """404 Not Found."""
    try:
        return f"{status} {HTTPStatus(status).phrase}"
    except ValueError:
        return str(status)


def status_hint(status: int, config: BackendConfig, wait_s: float | None = None) -> str:
    """What to do about a status."""
    if wait_s is not None and status in (429, 503):
        return f"It can be tried again in {duration(wait_s)}."
    if status in (401, 403):
        return KEY_HINT.format(name=config.name)
    if status == 407:
        return "The proxy wants a user and a password: --proxy http://USER:PASSWORD@HOST:PORT"
    if status in (404, 405):
        return f"Check base_url ({shown(config.base_url)}) and the model; `copilot-tui models`."
    if status in (400, 413, 422):
        return "The conversation may be too long for the model, or a setting unknown to it."
    if status == 429:
        return "The server is asked too much. Wait a little, or choose another model."
    return "The fault is on the server's side. Try again." if status >= 500 else ""


def duration(seconds: float) -> str:
    """7 s, 12 min, 3 h: rounded up."""
    whole = int(seconds) + (seconds > int(seconds))
    if whole < 120:
        return f"{whole} s"
    return f"{-(-whole // 60)} min" if whole < 7200 else f"{-(-whole // 3600)} h"


def as_backend_error(error: Exception, config: BackendConfig) -> BackendError:
    """The sentence for an error of httpx or of the system, with a hint how to mend it."""
    for kind in type(error).__mro__:
        if kind in _SENTENCES:
            return _SENTENCES[kind](error, config)
    return _broken(error, config)


def _connect_failed(error: Exception, config: BackendConfig) -> BackendError:
    causes = list(_causes(error))
    proxy = network.proxy_for(config.base_url, config)
    where = f"the proxy {shown(proxy)}" if proxy else shown(config.base_url)
    for cause in causes:
        if isinstance(cause, ssl.SSLError):
            return _tls_failed(cause, where)
    if any(isinstance(cause, socket.gaierror) for cause in causes):
        name = httpx.URL(proxy or config.base_url).host
        hint = "Check the name and the network" + ("." if proxy else "; behind a proxy: --proxy.")
        return ConnectionFailed(f"there is no host {name}", hint)
    if any(isinstance(cause, ConnectionRefusedError) for cause in causes):
        hint = "Check --proxy." if proxy else start_hint(config)
        kind = ConnectionFailed if proxy else NothingListens
        return kind(f"nothing answers at {where} (connection refused)", hint)
    system = next((c.strerror for c in causes if isinstance(c, OSError) and c.strerror), "")
    return ConnectionFailed(
        f"{where} cannot be reached" + (f": {system}" if system else ""),
        "Check base_url, the network and the proxy. " + DEMO_HINT,
    )


def g4f_commands(config: BackendConfig) -> tuple[str, str]:
    """How a g4f server is installed, and started at the configured port."""
    port = httpx.URL(config.base_url).port or 1337
    return 'pip install "g4f[api]"', f"g4f api --bind 127.0.0.1:{port}"


def start_hint(config: BackendConfig) -> str:
    """How to get the server going."""
    if config.kind == "g4f":
        install, start = g4f_commands(config)
        return G4F_HINT.format(install=install, start=start) + DEMO_HINT
    if config.kind == "github-web":
        return "Check base_url, the network and the proxy. " + DEMO_HINT
    return "Is the server started, and base_url right? " + DEMO_HINT


def _tls_failed(cause: ssl.SSLError, where: str) -> BackendError:
    if isinstance(cause, ssl.SSLCertVerificationError):
        message = f"the certificate of {where} is not trusted: {cause.verify_message}"
        return ConnectionFailed(message, CA_HINT)
    reason = (cause.reason or str(cause)).replace("_", " ").lower()
    return ConnectionFailed(
        f"no secure connection to {where}: {reason}", "Is it http:// and not https://? " + CA_HINT
    )


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    """The error and everything below it; anyio groups what each address answered."""
    seen: set[int] = set()
    waiting = [error]
    while waiting:
        cause = waiting.pop()
        if cause is None or id(cause) in seen:
            continue
        seen.add(id(cause))
        yield cause
        waiting += [cause.__cause__, cause.__context__]
        if isinstance(cause, BaseExceptionGroup):
            waiting += cause.exceptions


def _connect_timed_out(_: Exception, config: BackendConfig) -> BackendError:
    return TimedOut(
        f"{shown(config.base_url)} did not take the connection within "
        f"{config.connect_timeout_s:g} s",
        "Check base_url, the network and the proxy; connect_timeout_s sets the time.",
    )


def _silent(_: Exception, config: BackendConfig) -> BackendError:
    return TimedOut(
        f"{shown(config.base_url)} stayed silent for too long",
        f"It may still be loading the model. read_timeout_s ({config.read_timeout_s:g}) of "
        f"[backends.{config.name}] sets the time.",
    )


def _proxy_failed(error: Exception, config: BackendConfig) -> BackendError:
    proxy = network.proxy_for(config.base_url, config)
    where = shown(proxy) if proxy else "?"
    secrets = address_secrets(proxy or "")
    words = body_words(str(error).encode(), lambda text: without_secrets(text, secrets))
    return ConnectionFailed(
        f"the proxy {where} refuses: {words}",
        "Check --proxy, its user and password, or name the host in NO_PROXY.",
    )


def _bad_address(_: Exception, config: BackendConfig) -> BackendError:
    without_password = re.sub(r"//[^/]*@", "//", config.base_url)
    return ConnectionFailed(
        f"{without_password!r} is no address that can be asked",
        "base_url looks like http://localhost:1337/v1",
    )


def _bad_proxy(_: Exception, config: BackendConfig) -> BackendError:
    return ConnectionFailed(
        "the proxy's address is not understood",
        "It looks like http://HOST:PORT, https://HOST:PORT or socks5://HOST:PORT",
    )


def _broken(_: Exception, config: BackendConfig) -> BackendError:
    return ConnectionFailed(
        f"the connection to {shown(config.base_url)} broke",
        "Try again. If it stays so, see what the server's own log says.",
    )


def _undecodable(_: Exception, config: BackendConfig) -> BackendError:
    return BadReply(f"the answer of {shown(config.base_url)} is not what it claims to be")


def _redirects(_: Exception, config: BackendConfig) -> BackendError:
    return RedirectRefused(f"{shown(config.base_url)} redirects without end", "Check base_url.")


_SENTENCES: Final[dict[type, Callable[[Exception, BackendConfig], BackendError]]] = {
    httpx.ConnectTimeout: _connect_timed_out,
    httpx.PoolTimeout: _connect_timed_out,
    httpx.ReadTimeout: _silent,
    httpx.WriteTimeout: _silent,
    httpx.TimeoutException: _silent,
    httpx.ConnectError: _connect_failed,
    httpx.ReadError: _broken,
    httpx.WriteError: _broken,
    httpx.CloseError: _broken,
    httpx.NetworkError: _broken,
    httpx.LocalProtocolError: _broken,
    httpx.RemoteProtocolError: _broken,
    httpx.ProtocolError: _broken,
    httpx.ProxyError: _proxy_failed,
    httpx.UnsupportedProtocol: _bad_address,
    httpx.InvalidURL: _bad_address,
    httpx.DecodingError: _undecodable,
    httpx.TooManyRedirects: _redirects,
    httpx.TransportError: _broken,
    httpx.RequestError: _broken,
    httpx.HTTPStatusError: _undecodable,
    httpx.HTTPError: _broken,
    httpx.StreamConsumed: _broken,
    httpx.StreamClosed: _broken,
    httpx.ResponseNotRead: _broken,
    httpx.RequestNotRead: _broken,
    httpx.StreamError: _broken,
    httpx.CookieConflict: _undecodable,
    ssl.SSLError: _connect_failed,
    ValueError: _bad_proxy,
}
