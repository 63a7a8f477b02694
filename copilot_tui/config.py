"""The configuration: file < environment < options."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

Kind = Literal["g4f", "openai", "demo"]


@dataclass(frozen=True)
class BackendConfig:
    """One `[backends.NAME]`, with what environment and options say over it."""

    name: str
    kind: Kind
    base_url: str = ""
    """Without a slash at the end; the wire adds /chat/completions."""
    model: str = ""
    provider: str = ""
    """g4f alone: which of its providers answers."""
    api_key_env: str = ""
    """The environment variable that holds the key."""
    api_key_command: tuple[str, ...] = ()
    """A command whose first line of output is the key."""
    server_key_env: str = ""
    """g4f alone: the variable with the key of the g4f server itself (header g4f-api-key)."""
    proxy: str = ""
    """http, https or socks5 URL; empty: HTTP_PROXY and its kin."""
    ca_file: str = ""
    """A PEM file of certificates to trust besides the system's."""
    connect_timeout_s: float = 10.0
    read_timeout_s: float = 600.0
    """Seconds between two pieces of a reply. A model may think, or wait for a login in a browser, for minutes."""
    max_wait_s: float = 60.0
    """A Retry-After of at most this many seconds is waited for."""


@dataclass(frozen=True)
class Config:
    """Everything that was set, in effect."""

    backend: BackendConfig
    """The chosen one."""
    backends: dict[str, BackendConfig]
    """All, by name, the built-in ones included."""
    data_dir: Path
    cache_dir: Path
    config_file: Path
    """It may not exist."""
    keys: dict[str, str] = field(default_factory=dict)
    """[keys]: binding id → key."""
    demo: bool = False
