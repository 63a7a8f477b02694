"""config: where the configuration is, and every effective value with its origin."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING, Final, NamedTuple

from copilot_tui import config, config_file, credentials
from copilot_tui.cli import output
from copilot_tui.cli.parser import common_options

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator, Mapping

    from copilot_tui.config import BackendConfig, Config
    from copilot_tui.config_file import ConfigFile

DEFAULT: Final = "default"

_OPTION_OF: Final = {"api_url": "base_url"}
"""github-web's chat is what --base-url overrides."""

_PASSWORD: Final = re.compile(r"//[^/?#]*@")  # which may hold an @ itself


class Setting(NamedTuple):
    """One value in effect."""

    name: str
    value: str | float
    origin: str


def run(given: argparse.Namespace) -> int:
    """Write them. Raises ConfigError."""
    options = common_options(given)
    loaded = config.load(options)
    file = loaded.config_file
    read = config_file.read(file) if file.exists() else config_file.ConfigFile(file)
    found = list(settings(loaded, read, options, os.environ))
    if "json" in given:
        output.json_line([setting._asdict() for setting in found])
        return 0
    for setting in found:
        output.row(setting.name, _written(setting.value), setting.origin)
    return 0


def settings(
    loaded: Config, file: ConfigFile, options: Mapping[str, str], environ: Mapping[str, str]
) -> Iterator[Setting]:
    """Every value in effect, and who says so. No key or password is among them."""
    said = _Said(file, options, environ)
    place = said.by_user("config") or DEFAULT
    there = "" if file.path.exists() else " (no such file)"
    yield Setting("config", str(loaded.config_file), place + there)
    yield Setting("data_dir", str(loaded.data_dir), said.origin("data_dir"))
    yield Setting("cache_dir", str(loaded.cache_dir), DEFAULT)
    chosen = loaded.backend
    yield Setting("backend", chosen.name, said.origin("backend"))
    for key in config_file.BACKEND_KEYS:
        yield from _of_backend(key, chosen, said, is_chosen=True)
    yield Setting("key", *_key(chosen, environ))
    for name in file.backends:
        if name != chosen.name:
            for key in file.backends[name]:
                yield from _of_backend(key, loaded.backends[name], said, is_chosen=False)
    for key, value in loaded.ui._asdict().items():
        is_accessible = key == "reduced_motion" and value and key not in file.ui
        origin = "environment ACCESSIBLE" if is_accessible else DEFAULT
        shown = "by the window" if value is None else _shown(value)
        yield Setting(f"ui.{key}", shown, said.in_file if key in file.ui else origin)
    for name, table in file._asdict().items():
        if name not in ("top", "backends", "ui") and isinstance(table, dict):
            for key, value in table.items():
                yield Setting(f"{name}.{key}", _shown(value), said.in_file)


class _Said:
    """Who says what."""

    def __init__(
        self, file: ConfigFile, options: Mapping[str, str], environ: Mapping[str, str]
    ) -> None:
        self._file = file
        self._options = options
        self._environ = environ
        self.in_file = str(file.path)

    def by_user(self, name: str) -> str:
        """The option or the variable that says it; empty: neither."""
        if name in self._options:
            return f"option --{name.replace('_', '-')}"
        variable = f"COPILOT_TUI_{name.upper()}"
        return f"environment {variable}" if self._environ.get(variable) else ""

    def origin(self, name: str) -> str:
        """Of a value above the first table."""
        return self.by_user(name) or (self.in_file if name in self._file.top else DEFAULT)

    def of_backend(self, key: str, name: str, *, is_chosen: bool) -> str:
        """Of a key of a backend."""
        option = _OPTION_OF.get(key, key)
        if is_chosen and option in config.OPTIONS and (by_user := self.by_user(option)):
            return by_user
        is_set = key in self._file.backends.get(name, {}) or key in self._file.top
        return self.in_file if is_set else DEFAULT


def _of_backend(
    key: str, backend: BackendConfig, said: _Said, *, is_chosen: bool
) -> Iterator[Setting]:
    """The setting, unless it is one that this backend has no use for."""
    value = getattr(backend, key)
    if key == "base_url" and backend.kind == "github-web":
        return  # made of token_url
    if value or value is False:
        origin = said.of_backend(key, backend.name, is_chosen=is_chosen)
        yield Setting(f"backends.{backend.name}.{key}", _shown(value), origin)


def _key(chosen: BackendConfig, environ: Mapping[str, str]) -> tuple[str, str]:
    """Whether there is a key, and where; never the key."""
    origin = credentials.origin_of_key(chosen, environ)
    return ("set, not shown", origin) if origin else ("none", DEFAULT)


def _shown(value: object) -> str | float:
    """A value without what may be secret in it: a proxy's password, a command's arguments."""
    if isinstance(value, tuple):
        return f"{value[0]} …" if len(value) > 1 else str(value[0])
    if isinstance(value, bool | int | float):
        return value
    return _PASSWORD.sub("//", str(value))


def _written(value: str | float) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return value if isinstance(value, str) else f"{value:g}"
