"""The way to the server: the proxy, and the certificates."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from copilot_tui.checkup import Finding, wrong
from copilot_tui.errors import BackendError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from copilot_tui.config import BackendConfig

CONNECT_S: Final = 3.0

_PORTS: Final = {"http": 80, "https": 443}


def examine(backend: BackendConfig, environ: Mapping[str, str]) -> Iterator[Finding]:
    """Which way requests take. Nothing is sent to a proxy; it is only called."""
    if not backend.base_url:
        yield Finding("proxy", f"{backend.name} is not reached through this program's network")
        return
    from copilot_tui.backends import network
    from copilot_tui.backends.failures import shown

    proxy = network.proxy_for(backend.api_url or backend.base_url, backend)
    if proxy is None:
        yield Finding("proxy", f"none for {shown(backend.api_url or backend.base_url)}")
    else:
        trouble = _trouble(proxy)
        where = shown(proxy)
        if trouble:
            yield wrong(
                "proxy", f"{where} does not answer: {trouble}", "Check --proxy, HTTPS_PROXY"
            )
        else:
            yield Finding("proxy", f"{where} answers")
    yield _certificates(backend, environ)


def _trouble(proxy: str) -> str:
    parts = urlsplit(proxy)
    address = (parts.hostname or "", parts.port or _PORTS.get(parts.scheme, 1080))
    try:
        socket.create_connection(address, CONNECT_S).close()
    except OSError as error:
        return error.strerror or str(error)
    return ""


def _certificates(backend: BackendConfig, environ: Mapping[str, str]) -> Finding:
    from copilot_tui.backends import network

    try:
        network.tls_context(backend)
    except BackendError as error:
        return wrong("certificates", str(error), error.hint)
    own = [path for path in (backend.ca_file, environ.get("SSL_CERT_FILE", "")) if path]
    return Finding("certificates", ", ".join(["the system's", *own]))
