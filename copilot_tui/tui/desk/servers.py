"""A server that the user names in the app becomes a backend of the configuration."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from copilot_tui.config import BackendConfig, tidy_address
from copilot_tui.errors import ConfigError

if TYPE_CHECKING:
    from copilot_tui.config import Config


def with_server(config: Config, address: str) -> tuple[Config, BackendConfig]:
    """The configuration with a backend for this address; one that is there is taken."""
    base_url = tidy_address(address)
    if not urlsplit(base_url).path:
        base_url += "/v1"
    for known in config.backends.values():
        if known.base_url == base_url and known.kind in ("openai", "g4f"):
            return config, known
    made = BackendConfig(
        _free_name(config),
        base_url=base_url,
        is_chosen=False,
        credentials_file=config.credentials_file,
        proxy=config.backend.proxy,
        ca_file=config.backend.ca_file,
    )
    return config._replace(backends={**config.backends, made.name: made}), made


def _free_name(config: Config) -> str:
    names = ("server", *(f"server-{number}" for number in range(2, len(config.backends) + 3)))
    return next(name for name in names if name not in config.backends)


def write_server(config: Config, made: BackendConfig) -> None:
    """Add it at the end of the configuration file, of which nothing else changes. Raises
    ConfigError.
    """
    # JSON's text is one of TOML's, too.
    table = f"\n[backends.{made.name}]\nbase_url = {json.dumps(made.base_url)}\n"
    file = config.config_file
    try:
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with file.open("a", encoding="utf-8") as stream:
            stream.write(table)
    except OSError as error:
        raise ConfigError(
            f"{file} cannot be written: {error.strerror}", "The server is used until you quit."
        ) from None
