"""config.toml: read, and checked key by key.

Every complaint names the file, the line where it is known, the key and, for one that does not
exist, the nearest that does. No complaint repeats a value that may be a secret.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final, Literal, NamedTuple

from copilot_tui.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

ValueType = Literal["text", "seconds", "command", "count", "switch"]

TOP_KEYS: Final[dict[str, ValueType]] = {
    "backend": "text",
    "model": "text",
    "data_dir": "text",
    "proxy": "text",
    "ca_file": "text",
}
"""The keys above the first table. What each means stands in `config.Config`."""

BACKEND_KEYS: Final[dict[str, ValueType]] = {
    "kind": "text",
    "base_url": "text",
    "token_url": "text",
    "api_url": "text",
    "model": "text",
    "provider": "text",
    "api_key_env": "text",
    "api_key_command": "command",
    "server_key_env": "text",
    "proxy": "text",
    "ca_file": "text",
    "connect_timeout_s": "seconds",
    "read_timeout_s": "seconds",
    "max_wait_s": "seconds",
    "max_replies": "count",
    "allow_http": "switch",
}
"""The keys of a `[backends.NAME]`. What each means stands in `config.BackendConfig`."""

SIZE_LIMIT: Final = 1024 * 1024
"""Bytes; what is larger is another file than was meant."""

UI_KEYS: Final[dict[str, ValueType]] = {
    "theme": "text",
    "mouse": "switch",
    "sidebar_width": "count",
    "reading_width": "count",
    "reduced_motion": "switch",
    "notifications": "switch",
    "auto_copy": "switch",
    "model_titles": "switch",
}
"""The keys of [ui]. What each means stands in `config_ui.Ui`."""

TABLES: Final = ("backends", "keys", "ui")

_SECRET: Final = re.compile(
    r"(^|_|-)(api_?key|key|token|secret|password|cookies?|authorization)$", re.I
)
_VARIABLE_NAME: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_KEYS_GO_ELSEWHERE: Final = (
    'Write api_key_env = "NAME" (an environment variable that holds it) or '
    'api_key_command = ["pass", "show", "x"] instead.'
)
_WANTED: Final[dict[ValueType, str]] = {
    "text": "a text in quotes",
    "seconds": "a number of seconds above 0",
    "count": "a whole number above 0",
    "switch": "true or false",
    "command": 'a list of texts, such as ["pass", "show", "x"]',
}


class ConfigFile(NamedTuple):
    """What one configuration file says, all of it known and of the right type."""

    path: Path
    top: Mapping[str, Any] = {}
    """By TOP_KEYS."""
    backends: Mapping[str, Mapping[str, Any]] = {}
    """Backend's name → by BACKEND_KEYS."""
    keys: Mapping[str, str] = {}
    """[keys]: binding id → key."""
    ui: Mapping[str, Any] = {}
    """By UI_KEYS."""
    text: str = ""

    def complaint(self, message: str, hint: str = "", *, table: str = "", key: str) -> ConfigError:
        """An error that says where in the file it is."""
        line = _line_of(self.text, table, key)
        place = f"{self.path}, line {line}" if line else str(self.path)
        return ConfigError(f"{place}: {message}", hint)


def read(path: Path) -> ConfigFile:
    """Read and check the file at `path`. Raises ConfigError, also if there is no such file."""
    import tomllib  # most people have no file

    try:
        with path.open("rb") as stream:
            content = stream.read(SIZE_LIMIT + 1)
        if len(content) > SIZE_LIMIT:
            raise ConfigError(
                f"{path} is larger than {SIZE_LIMIT >> 20} MB", "Is it the right file?"
            )
        # Editors on Windows begin a file with a BOM, and end lines in their own way.
        text = content.decode("utf-8-sig").replace("\r\n", "\n")
        found = tomllib.loads(text)
    except FileNotFoundError:
        raise ConfigError(f"there is no configuration file {path}") from None
    except OSError as error:
        raise ConfigError(f"{path} cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise ConfigError(f"{path} is not UTF-8 text", "Save it as UTF-8.") from error
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(
            f"{path} is not valid TOML: {error}", 'Texts stand in quotes: model = "large"'
        ) from error
    return _checked(ConfigFile(path, text=text), found)


def nearest(name: str, known: Iterable[str]) -> str:
    """ "; did you mean …?" with the known name that is most like this one, or nothing."""
    import difflib  # only for an error

    known = list(known)
    matches = difflib.get_close_matches(name.lower(), known, n=1, cutoff=0.5)
    return f"; did you mean {matches[0]}?" if matches else f"; known are {', '.join(known)}"


def _checked(file: ConfigFile, found: dict[str, Any]) -> ConfigFile:
    backends, keys, ui = (_table(file, found.pop(name, {}), name) for name in TABLES)
    return ConfigFile(
        path=file.path,
        text=file.text,
        top=_values(file, found, TOP_KEYS, table=""),
        backends={
            name: _values(
                file,
                _table(file, values, f"backends.{name}"),
                BACKEND_KEYS,
                table=f"backends.{name}",
            )
            for name, values in backends.items()
        },
        keys=_values(file, keys, dict.fromkeys(keys, "text"), table="keys"),
        ui=_values(file, ui, UI_KEYS, table="ui"),
    )


def _table(file: ConfigFile, value: object, name: str) -> dict[str, Any]:
    if isinstance(value, dict):
        return value
    above, _, key = name.rpartition(".")
    raise file.complaint(f"{name} must be a table: [{name}]", table=above, key=key)


def _values(
    file: ConfigFile, found: dict[str, Any], known: dict[str, ValueType], *, table: str
) -> dict[str, Any]:
    return {key: _value(file, key, value, known, table) for key, value in found.items()}


def _value(
    file: ConfigFile, key: str, value: object, known: dict[str, ValueType], table: str
) -> object:
    if not table and isinstance(value, dict):
        raise file.complaint(f"unknown table [{key}]{nearest(key, TABLES)}", key=key)
    where = f" in [{table}]" if table else ""
    if key not in known:
        if _SECRET.search(key):
            raise file.complaint(
                f"{key}{where}: a key or cookie never stands in this file",
                _KEYS_GO_ELSEWHERE,
                table=table,
                key=key,
            )
        raise file.complaint(f"unknown key {key}{where}{nearest(key, known)}", table=table, key=key)
    wanted = known[key]
    if not _is(value, wanted):
        raise file.complaint(f"{key}{where} must be {_WANTED[wanted]}", table=table, key=key)
    if key.endswith("_key_env") and not _VARIABLE_NAME.fullmatch(str(value)):
        raise file.complaint(
            f"{key}{where} must be the name of an environment variable, not the key itself",
            _KEYS_GO_ELSEWHERE,
            table=table,
            key=key,
        )
    return tuple(value) if isinstance(value, list) else value


def _is(value: object, wanted: ValueType) -> bool:
    if wanted == "seconds":
        return type(value) in (int, float) and 0 < float(str(value)) < float("inf")
    if wanted == "count":
        return type(value) is int and value > 0
    if wanted == "switch":
        return isinstance(value, bool)
    if wanted == "command":
        return isinstance(value, list) and bool(value) and all(isinstance(v, str) for v in value)
    return isinstance(value, str)


def _line_of(text: str, table: str, key: str) -> int | None:
    """The line of `key` in `table`, unless it is written as a dotted or inline key."""
    current = ""
    wanted = re.compile(rf"""["']?{re.escape(key)}["']?\s*=""")
    for number, line in enumerate(text.splitlines(), 1):
        line = line.strip()
        if header := re.match(r"\[([^\[\]]+)\]", line):
            current = ".".join(part.strip(" \t\"'") for part in header[1].split("."))
            if f"{current}.".startswith(f"{table}.{key}.".lstrip(".")):
                return number
        elif current == table and wanted.match(line):
            return number
    return None
