"""The configuration: file < environment < options.

The file is TOML: single keys first, then one table for each backend that is new or differs from the
built-in one, then the keys of the app:

    backend = "work"

    [backends.work]
    base_url = "https://llm.example.org/v1"
    model = "large"
    api_key_env = "WORK_KEY"

    [keys]
    new-conversation = "ctrl+n"
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal, NamedTuple, get_args
from urllib.parse import urlsplit

import platformdirs

from copilot_tui import config_file
from copilot_tui.config_file import ConfigFile, nearest
from copilot_tui.config_ui import Ui, read_ui
from copilot_tui.errors import ConfigError
from copilot_tui.paths import expanded

if TYPE_CHECKING:
    from collections.abc import Mapping

APP_NAME: Final = "copilot-tui"

CREDENTIALS_NAME: Final = "credentials.json"

Kind = Literal["g4f", "openai", "demo", "github-web", "copilot-sdk"]

OPTIONS: Final = ("data_dir", "config", "backend", "base_url", "model", "provider", "proxy")
"""What may be given as an option (--data-dir) and in the environment (COPILOT_TUI_DATA_DIR)."""


class BackendConfig(NamedTuple):
    """One `[backends.NAME]`, with what environment and options say over it.

    Its fields are the keys of the table, but for `name` and the last three.
    """

    name: str
    kind: Kind = "openai"
    """How it speaks: "g4f", "openai" (any OpenAI-compatible server), "github-web" (GitHub Copilot's
    chat on github.com), "copilot-sdk" (GitHub's Copilot CLI) or "demo".
    """
    base_url: str = ""
    """Without a slash at the end; the wire adds /chat/completions. With copilot-sdk: the server
    that answers instead of GitHub's own.
    """
    token_url: str = ""
    """github-web alone: where a cookie is good for a token. `base_url` is then its server, what a
    sign-in is for.
    """
    api_url: str = ""
    """github-web alone: the chat itself, which --base-url overrides."""
    model: str = ""
    """Empty: the server's own choice, or the first that it lists."""
    provider: str = ""
    """g4f alone: which of its providers answers."""
    api_key_env: str = ""
    """The environment variable that holds the key."""
    api_key_command: tuple[str, ...] = ()
    """A command whose first line of output is the key. No shell; run if the variable is not set."""
    server_key_env: str = ""
    """g4f alone: the variable with the key of the g4f server itself (header g4f-api-key)."""
    proxy: str = ""
    """http, https or socks5 URL; empty: the file's own `proxy`, then HTTP_PROXY and its kin."""
    ca_file: str = ""
    """A PEM file of certificates to trust besides the system's."""
    connect_timeout_s: float = 10.0
    read_timeout_s: float = 600.0
    """Seconds between two pieces of a reply. A model may think for minutes."""
    allow_http: bool = False
    """A key may go to an http:// address on another machine, readable for all on the way."""
    max_wait_s: float = 60.0
    """A Retry-After of at most this many seconds is waited for."""
    max_replies: int = 8
    """So many replies come at once; further ones wait for a place."""
    owns_address: bool = True
    """False: base_url was overridden with another server's; this backend's own keys stay here."""
    is_chosen: bool = True
    """What file, environment or options chose: COPILOT_TUI_API_KEY is its key and no other's."""
    credentials_file: Path | None = None
    """Where `login` notes who is signed in: beside the configuration."""


class Config(NamedTuple):
    """Everything that was set, in effect.

    Keys of the file above its first table: `backend`, the name of the chosen one (default g4f);
    `model`, over that backend's own; `data_dir`, where the conversations live (a relative one is
    beside the file); `proxy` and `ca_file`, for every backend that has none of its own.
    """

    backend: BackendConfig
    """The chosen one."""
    backends: dict[str, BackendConfig]
    """All, by name, the built-in ones included."""
    data_dir: Path
    cache_dir: Path
    """What can be rebuilt, of every store."""
    config_file: Path
    """It may not exist."""
    keys: dict[str, str]
    """[keys]: binding id → key."""
    ui: Ui = Ui()
    demo: bool = False
    """Started with --demo."""
    is_backend_given: bool = False
    """Environment or options say who answers (backend, address or provider), and not the file."""
    given_model: str | None = None
    """The model that environment or options say; the file's stands in `backend`."""

    @property
    def credentials_file(self) -> Path:
        """Where `login` notes who is signed in."""
        return self.config_file.with_name(CREDENTIALS_NAME)

    def backend_of(self, name: str | None) -> BackendConfig:
        """Who goes on with a saved conversation whose backend is `name`.

        That backend, if there still is one of this name; but what environment and options say wins.
        """
        if name is None or self.is_backend_given or self.demo:
            return self.backend
        return self.backends.get(name, self.backend)


BUILT_IN: Final[dict[str, BackendConfig]] = {
    backend.name: backend
    for backend in (
        BackendConfig("g4f", kind="g4f", base_url="http://localhost:1337/v1", provider="Copilot"),
        BackendConfig(
            "github",
            kind="github-web",
            base_url="https://github.com",
            token_url="https://github.com/github-copilot/chat/token",
            api_url="https://api.individual.githubcopilot.com",
        ),
        BackendConfig("copilot", kind="copilot-sdk"),
        BackendConfig("ollama", base_url="http://localhost:11434/v1"),
        BackendConfig("lmstudio", base_url="http://localhost:1234/v1"),
        BackendConfig("llamacpp", base_url="http://localhost:8080/v1"),
        BackendConfig("openai", base_url="https://api.openai.com/v1", api_key_env="OPENAI_API_KEY"),
        BackendConfig(
            "openrouter",
            base_url="https://openrouter.ai/api/v1",
            api_key_env="OPENROUTER_API_KEY",
        ),
        BackendConfig("demo", kind="demo"),
    )
}
"""The backends that need no file."""

DEFAULT_BACKEND: Final = "g4f"

_WITHOUT_ADDRESS: Final = ("demo", "copilot-sdk")

_ADDRESS_SCHEMES: Final = ("http", "https")
_PROXY_SCHEMES: Final = ("http", "https", "socks5", "socks5h")
_PORTS: Final = {"http": 80, "https": 443}


def load(
    options: Mapping[str, str] | None = None,
    environ: Mapping[str, str] = os.environ,
    *,
    demo: bool = False,
) -> Config:
    """The configuration in effect. `options` has names of OPTIONS, and only what was given.

    `demo` chooses the demo backend, whatever is set; the data_dir is then still the usual one.
    Raises ConfigError.
    """
    given = _from_environment(environ) | dict(options or {})
    file = _read_file(given.get("config"))
    backends = _backends(file)
    chosen_name = "demo" if demo else given.get("backend") or file.top.get("backend", "")
    chosen_name = chosen_name or DEFAULT_BACKEND
    if chosen_name not in backends:
        raise _unknown_backend(chosen_name, file, backends, given)
    chosen = backends[chosen_name]._replace(is_chosen=True)
    if not demo:
        if "model" in file.top and chosen_name == file.top.get("backend", DEFAULT_BACKEND):
            chosen = chosen._replace(model=file.top["model"])
        chosen = _overridden(chosen, given)
    if chosen.kind not in _WITHOUT_ADDRESS and not chosen.base_url:
        raise file.complaint(
            f"the backend {chosen_name} has no base_url",
            f"Write one under [backends.{chosen_name}], or give --base-url.",
            table="backends",
            key=chosen_name,
        )
    backends[chosen_name] = chosen
    return Config(
        backend=chosen,
        backends=backends,
        data_dir=_data_dir(file, given),
        cache_dir=platformdirs.user_cache_path(APP_NAME, appauthor=False),
        config_file=file.path,
        keys=dict(file.keys),
        ui=read_ui(file, environ),
        demo=demo,
        is_backend_given=any(name in given for name in ("backend", "base_url", "provider")),
        given_model=given.get("model"),
    )


def default_config_file() -> Path:
    """Where the configuration is unless something else is said."""
    return platformdirs.user_config_path(APP_NAME, appauthor=False) / "config.toml"


def default_credentials_file(environ: Mapping[str, str] = os.environ) -> Path:
    """Where sign-ins are noted unless --config says another configuration."""
    given = environ.get("COPILOT_TUI_CONFIG")
    beside = expanded(given).absolute() if given else default_config_file()
    return beside.with_name(CREDENTIALS_NAME)


def _from_environment(environ: Mapping[str, str]) -> dict[str, str]:
    named = ((name, environ.get(f"COPILOT_TUI_{name.upper()}", "")) for name in OPTIONS)
    return {name: value for name, value in named if value}


def _read_file(given: str | None) -> ConfigFile:
    if given:
        return config_file.read(expanded(given).absolute())
    usual = default_config_file()
    return config_file.read(usual) if usual.exists() else ConfigFile(usual)


def _data_dir(file: ConfigFile, given: Mapping[str, str]) -> Path:
    if chosen := given.get("data_dir"):
        return expanded(chosen).absolute()
    if in_file := file.top.get("data_dir"):
        return file.path.parent / expanded(in_file)
    return platformdirs.user_data_path(APP_NAME, appauthor=False)


def _backends(file: ConfigFile) -> dict[str, BackendConfig]:
    merged = {
        name: _from_file(name, file, BUILT_IN.get(name, BackendConfig(name)))._replace(
            is_chosen=False, credentials_file=file.path.with_name(CREDENTIALS_NAME)
        )
        for name in (*BUILT_IN, *(name for name in file.backends if name not in BUILT_IN))
    }
    for_all = {key: file.top[key] for key in ("proxy", "ca_file") if file.top.get(key)}
    if "proxy" in for_all and (wrong := proxy_fault(for_all["proxy"])):
        raise file.complaint(f"proxy {wrong}", key="proxy")
    return {
        name: backend._replace(
            **{key: value for key, value in for_all.items() if not getattr(backend, key)}
        )
        for name, backend in merged.items()
    }


def _from_file(name: str, file: ConfigFile, built_in: BackendConfig) -> BackendConfig:
    values: dict[str, Any] = dict(file.backends.get(name, {}))
    table = f"backends.{name}"
    kinds = get_args(Kind)
    if "kind" in values and values["kind"] not in kinds:
        raise file.complaint(
            f"there is no kind {values['kind']}{nearest(values['kind'], kinds)}",
            table=table,
            key="kind",
        )
    for key in ("base_url", "token_url", "api_url", "proxy"):
        fault = proxy_fault if key == "proxy" else address_fault
        if values.get(key) and (wrong := fault(values[key])):
            raise file.complaint(f"{key} in [{table}] {wrong}", table=table, key=key)
    if "base_url" in values:
        values["base_url"] = tidy_address(values["base_url"])
        if origin(values["base_url"]) != origin(built_in.base_url):
            # The built-in backend's key is for the built-in address.
            built_in = built_in._replace(api_key_env="")
    backend = built_in._replace(**values)
    return _github(backend, file, table) if backend.kind == "github-web" else backend


def _github(backend: BackendConfig, file: ConfigFile, table: str) -> BackendConfig:
    """The two addresses of github-web, each GitHub's own unless the file says another."""
    if "base_url" in file.backends.get(backend.name, {}):
        raise file.complaint(
            f"base_url in [{table}] is nothing that the kind github-web has",
            "Its addresses are token_url and api_url.",
            table=table,
            key="base_url",
        )
    usual = BUILT_IN["github"]
    token_url = backend.token_url or usual.token_url
    api_url = (backend.api_url or usual.api_url).rstrip("/")
    return backend._replace(token_url=token_url, api_url=api_url, base_url=address_of(token_url))


def _overridden(backend: BackendConfig, given: Mapping[str, str]) -> BackendConfig:
    changes: dict[str, Any] = {
        key: given[key] for key in ("model", "provider", "proxy") if key in given
    }
    if changes.get("proxy") and (wrong := proxy_fault(changes["proxy"])):
        raise ConfigError(f"--proxy {wrong}")
    if "base_url" in given:
        if wrong := address_fault(given["base_url"]):
            raise ConfigError(f"--base-url {wrong}", "Such as http://localhost:1337/v1")
        # What github-web's base_url is for is the sign-in; where the chat is, is api_url.
        key = "api_url" if backend.kind == "github-web" else "base_url"
        changes[key] = tidy_address(given["base_url"])
        changes["owns_address"] = origin(changes[key]) == origin(getattr(backend, key))
        changes["allow_http"] = backend.allow_http and changes["owns_address"]
    return backend._replace(**changes)


def _unknown_backend(
    name: str, file: ConfigFile, backends: Mapping[str, BackendConfig], given: Mapping[str, str]
) -> ConfigError:
    message = f"there is no backend {name}{nearest(name, backends)}"
    hint = f"A new one is a table [backends.{name}] with a base_url in {file.path}"
    if given.get("backend"):
        return ConfigError(message, hint)
    return file.complaint(message, hint, key="backend")


def tidy_address(base_url: str) -> str:
    """A base_url as it is kept, whatever was copied with it."""
    return base_url.rstrip("/").removesuffix("/chat/completions").rstrip("/")


def origin(url: str) -> tuple[str, str | None, int | None]:
    """Scheme, host and port: what a key belongs to."""
    parts = urlsplit(url)
    return parts.scheme, parts.hostname, parts.port or _PORTS.get(parts.scheme)


def address_of(base_url: str) -> str:
    """The origin of a base_url as one text, such as https://api.openai.com; empty of none."""
    if not base_url:
        return ""
    scheme, host, port = origin(base_url)
    shown = f"[{host}]" if host and ":" in host else host
    return f"{scheme}://{shown}" + ("" if port == _PORTS.get(scheme) else f":{port}")


def is_loopback(host: str) -> bool:
    """Whether the host is this machine."""
    if host == "localhost" or host.endswith(".localhost"):
        return True
    import ipaddress  # most hosts have a name

    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def is_open_way(url: str) -> bool:
    """Whether all on the way can read what goes there: http:// to another machine."""
    parts = urlsplit(url)
    return parts.scheme == "http" and not is_loopback(parts.hostname or "")


def address_fault(url: str) -> str:
    """What is wrong with a base_url, as the end of a sentence; empty: nothing."""
    fault = _url_fault(url, _ADDRESS_SCHEMES)
    if fault:
        return fault
    parts = urlsplit(url)
    if parts.username or parts.password:
        return "holds a user name or a password; keys go into api_key_env or api_key_command"
    if parts.query or parts.fragment:
        return "must end before the ? or the #"
    return ""


def proxy_fault(url: str) -> str:
    """What is wrong with a proxy's URL, as the end of a sentence; empty: nothing."""
    return _url_fault(url, _PROXY_SCHEMES)


def _url_fault(url: str, schemes: tuple[str, ...]) -> str:
    wanted = f"must be a URL that begins with {'://, '.join(schemes)}:// and names a host"
    if not url.isprintable() or " " in url:
        return wanted
    try:
        parts = urlsplit(url)
        is_whole = parts.scheme in schemes and bool(parts.hostname)
        _ = parts.port  # raises ValueError if it is not a number up to 65535
    except ValueError:
        return wanted
    return "" if is_whole else wanted
