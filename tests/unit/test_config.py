from __future__ import annotations

from pathlib import Path

import pytest

from copilot_tui import config, config_file
from copilot_tui.config import BackendConfig, Config
from copilot_tui.errors import ConfigError


@pytest.fixture(autouse=True)
def no_configuration_of_this_machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "usual"))
    for name in config.OPTIONS:
        monkeypatch.delenv(f"COPILOT_TUI_{name.upper()}", raising=False)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "config.toml"


def load(path: Path, text: str, /, environ: dict[str, str] | None = None, **given: str) -> Config:
    path.write_text(text, encoding="utf-8")
    return config.load({"config": str(path), **given}, environ or {})


def complaint(path: Path, text: str) -> str:
    with pytest.raises(ConfigError) as caught:
        load(path, text)
    assert str(path) in str(caught.value)
    return str(caught.value).replace(str(path), "FILE")


def test_without_a_file_the_backend_is_a_local_g4f_server_with_copilot() -> None:
    assert config.load({}, {}).backend._replace(credentials_file=None) == BackendConfig(
        name="g4f", kind="g4f", base_url="http://localhost:1337/v1", model="", provider="Copilot"
    )


@pytest.mark.parametrize(
    ("name", "kind", "base_url", "api_key_env"),
    [
        ("ollama", "openai", "http://localhost:11434/v1", ""),
        ("lmstudio", "openai", "http://localhost:1234/v1", ""),
        ("llamacpp", "openai", "http://localhost:8080/v1", ""),
        ("openai", "openai", "https://api.openai.com/v1", "OPENAI_API_KEY"),
        ("openrouter", "openai", "https://openrouter.ai/api/v1", "OPENROUTER_API_KEY"),
        ("demo", "demo", "", ""),
    ],
)
def test_a_built_in_backend_needs_no_file(
    name: str, kind: str, base_url: str, api_key_env: str
) -> None:
    chosen = config.load({"backend": name}, {}).backend
    assert (chosen.kind, chosen.base_url, chosen.api_key_env) == (kind, base_url, api_key_env)


def test_only_the_chosen_backend_takes_the_programs_own_key() -> None:
    loaded = config.load({"backend": "openai"}, {})
    assert [b.name for b in loaded.backends.values() if b.is_chosen] == ["openai"]


def test_options_win_over_environment_over_file(path: Path) -> None:
    text = 'backend = "lmstudio"\nmodel = "file"\nproxy = "http://file:1"\n'
    environ = {
        "COPILOT_TUI_BACKEND": "ollama",
        "COPILOT_TUI_MODEL": "environment",
        "COPILOT_TUI_PROXY": "http://environment:1",
    }
    assert load(path, text).backend.model == "file"
    assert load(path, text).backend.proxy == "http://file:1"
    from_environment = load(path, text, environ).backend
    assert (from_environment.name, from_environment.model, from_environment.proxy) == (
        "ollama", "environment", "http://environment:1",
    )  # fmt: skip
    from_options = load(
        path, text, environ, backend="llamacpp", model="option", proxy="socks5://option:1"
    ).backend
    assert (from_options.name, from_options.model, from_options.proxy) == (
        "llamacpp", "option", "socks5://option:1",
    )  # fmt: skip


def test_every_option_has_its_variable(tmp_path: Path) -> None:
    file = tmp_path / "c.toml"
    file.write_text("")
    environ = {
        "COPILOT_TUI_DATA_DIR": str(tmp_path / "data"),
        "COPILOT_TUI_CONFIG": str(file),
        "COPILOT_TUI_BACKEND": "g4f",
        "COPILOT_TUI_BASE_URL": "http://127.0.0.1:9/v1/",
        "COPILOT_TUI_MODEL": "m",
        "COPILOT_TUI_PROVIDER": "p",
        "COPILOT_TUI_PROXY": "http://127.0.0.1:8",
    }
    assert set(environ) == {f"COPILOT_TUI_{name.upper()}" for name in config.OPTIONS}
    loaded = config.load({}, environ)
    backend = loaded.backend
    assert (loaded.data_dir, loaded.config_file) == (tmp_path / "data", file)
    assert (backend.base_url, backend.model, backend.provider, backend.proxy) == (
        "http://127.0.0.1:9/v1", "m", "p", "http://127.0.0.1:8",
    )  # fmt: skip


def test_a_model_given_as_nothing_is_the_servers_own_choice(path: Path) -> None:
    assert load(path, 'model = "file"', model="").backend.model == ""


def test_the_files_model_is_for_the_files_backend(path: Path) -> None:
    text = 'backend = "openai"\nmodel = "gpt"'
    assert load(path, text, backend="ollama").backend.model == ""


def test_a_table_says_what_differs_from_the_built_in_backend(path: Path) -> None:
    backend = load(path, '[backends.g4f]\nmodel = "gpt-4o"\nread_timeout_s = 5').backend
    assert (backend.provider, backend.model, backend.read_timeout_s) == ("Copilot", "gpt-4o", 5)


def test_a_backend_of_ones_own_is_openai_compatible(path: Path) -> None:
    text = """
        backend = "work"
        [backends.work]
        base_url = "https://llm.example.org/v1/chat/completions"
        api_key_command = ["pass", "show", "x"]
    """
    assert load(path, text).backend._replace(credentials_file=None) == BackendConfig(
        "work", base_url="https://llm.example.org/v1", api_key_command=("pass", "show", "x")
    )


def test_every_field_of_a_backend_can_be_set_but_the_three_that_are_worked_out() -> None:
    fields = set(BackendConfig._fields)
    assert fields - set(config_file.BACKEND_KEYS) == {
        "name",
        "owns_address",
        "is_chosen",
        "credentials_file",
    }


def test_proxy_and_ca_file_of_the_file_are_for_every_backend_without_its_own(path: Path) -> None:
    text = 'proxy = "http://p:1"\nca_file = "/ca"\n[backends.ollama]\nproxy = "http://q:1"'
    backends = load(path, text).backends
    assert (backends["g4f"].proxy, backends["g4f"].ca_file) == ("http://p:1", "/ca")
    assert (backends["ollama"].proxy, backends["ollama"].ca_file) == ("http://q:1", "/ca")


@pytest.mark.parametrize(
    ("base_url", "owns"),
    [
        ("https://api.openai.com/v2", True),
        ("https://api.openai.com:443/v1", True),
        ("http://api.openai.com/v1", False),
        ("https://api.openai.com:8443/v1", False),
        ("https://api.openai.com.example.org/v1", False),
        ("http://localhost:1234/v1", False),
    ],
)
def test_an_overridden_address_owns_the_backends_key_only_at_the_same_server(
    base_url: str, owns: bool
) -> None:
    backend = config.load({"backend": "openai", "base_url": base_url}, {}).backend
    assert (backend.base_url, backend.owns_address) == (base_url, owns)


def test_a_table_that_moves_a_built_in_backend_does_not_take_its_key_along(path: Path) -> None:
    moved = '[backends.openai]\nbase_url = "https://gateway.example.org/v1"\n'
    assert load(path, moved).backends["openai"].api_key_env == ""
    with_key = moved + 'api_key_env = "OPENAI_API_KEY"'
    assert load(path, with_key).backends["openai"].api_key_env == "OPENAI_API_KEY"


def test_keys_are_taken_as_they_are(path: Path) -> None:
    assert load(path, '[keys]\nquit = "ctrl+q,f10"').keys == {"quit": "ctrl+q,f10"}


def test_a_relative_data_dir_is_beside_the_file(path: Path, tmp_path: Path) -> None:
    assert load(path, 'data_dir = "chats"').data_dir == tmp_path / "chats"
    assert load(path, 'data_dir = "~/chats"').data_dir == Path.home() / "chats"


def test_the_demo_is_chosen_whatever_is_set(path: Path) -> None:
    path.write_text('backend = "openai"\nmodel = "gpt"\n[keys]\nquit = "f10"')
    environ = {"COPILOT_TUI_BACKEND": "nonsense", "COPILOT_TUI_BASE_URL": "http://h/v1"}
    loaded = config.load({"config": str(path)}, environ, demo=True)
    assert loaded.demo
    assert loaded.backend._replace(credentials_file=None) == config.BUILT_IN["demo"]
    assert loaded.keys == {"quit": "f10"}


def test_a_saved_conversation_goes_on_with_its_own_backend_unless_another_is_given(
    path: Path,
) -> None:
    loaded = load(path, 'backend = "lmstudio"')
    assert loaded.backend_of("ollama").name == "ollama"
    assert not loaded.backend_of("ollama").is_chosen
    assert loaded.backend_of("forgotten").name == "lmstudio"
    assert loaded.backend_of(None).name == "lmstudio"
    given = load(path, 'backend = "lmstudio"', backend="openrouter")
    assert given.backend_of("ollama").name == "openrouter"
    moved = load(path, "", {"COPILOT_TUI_BASE_URL": "http://127.0.0.1:9/v1"})
    assert moved.backend_of("ollama").base_url == "http://127.0.0.1:9/v1"
    demo = config.load({"config": str(path)}, {}, demo=True)
    assert demo.backend_of("ollama").name == "demo"


def test_a_file_with_a_bom_is_read(path: Path) -> None:
    assert load(path, '\ufeffbackend = "ollama"').backend.name == "ollama"


def test_a_file_that_was_named_must_be_there(path: Path) -> None:
    with pytest.raises(ConfigError, match="no configuration file"):
        config.load({"config": str(path)}, {})


def test_the_usual_file_is_read(tmp_path: Path) -> None:
    usual = config.default_config_file()
    if not usual.is_relative_to(tmp_path):
        pytest.skip("this system does not let the test choose the configuration folder")
    usual.parent.mkdir(parents=True)
    usual.write_text('backend = "ollama"')
    loaded = config.load({}, {})
    assert (loaded.backend.name, loaded.config_file) == ("ollama", usual)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('\nbackedn = "x"', "FILE, line 2: unknown key backedn; did you mean backend?"),
        (
            '[backends.x]\nbase_url = "http://h"\n\nmodell = "x"',
            "FILE, line 4: unknown key modell in [backends.x]; did you mean model?",
        ),
        (
            "[backend.x]\nkind = 'openai'",
            "FILE, line 1: unknown table [backend]; did you mean backends?",
        ),
        ("\n[key]\na = 1", "FILE, line 2: unknown table [key]; did you mean keys?"),
        ("[servers.x]\na = 1", "FILE, line 1: unknown table [servers]; known are backends, keys"),
        ("model = 4", "FILE, line 1: model must be a text in quotes"),
        ("backends = 4", "FILE, line 1: backends must be a table: [backends]"),
        ("[backends]\ng4f = 4", "FILE, line 2: backends.g4f must be a table: [backends.g4f]"),
        ("[keys]\nquit = 4", "FILE, line 2: quit in [keys] must be a text in quotes"),
        (
            "[backends.'my g4f']\nmax_wait_s = true",
            "FILE, line 2: max_wait_s in [backends.my g4f] must be a number of seconds above 0",
        ),
        (
            '[backends.g4f]\nallow_http = "yes"',
            "line 2: allow_http in [backends.g4f] must be true or",
        ),
        ("[backends.g4f]\nmax_wait_s = inf", "line 2: max_wait_s in [backends.g4f] must be a"),
        ("[backends.g4f]\nmax_wait_s = -1", "line 2: max_wait_s in [backends.g4f] must be a"),
        ("[backends.g4f]\napi_key_command = 'pass x'", "line 2: api_key_command in [backends.g4f]"),
        ("[backends.g4f]\napi_key_command = []", "must be a list of texts"),
        ("[backends.g4f]\nkind = 'g5f'", "line 2: there is no kind g5f; did you mean g4f?"),
        ("[backends.g4f]\nbase_url = 'localhost:1337'", "line 2: base_url in [backends.g4f] must"),
        ("[backends.g4f]\nbase_url = 'http://h:99999'", "line 2: base_url in [backends.g4f] must"),
        ("[backends.g4f]\nbase_url = 'http://[h'", "line 2: base_url in [backends.g4f] must"),
        ("[backends.g4f]\nbase_url = 'http://h/v1?a=1'", "must end before the ?"),
        ("proxy = 'ftp://h'", "FILE, line 1: proxy must be a URL that begins with http://, https"),
        ("backend = 'olama'", "FILE, line 1: there is no backend olama; did you mean ollama?"),
        ("model = ", "FILE is not valid TOML: Invalid value (at end of document)"),
        ("\na = x", "FILE is not valid TOML: Invalid value (at line 2, column 5)"),
    ],
)
def test_a_mistake_in_the_file_is_named_with_its_place(
    path: Path, text: str, expected: str
) -> None:
    assert expected in complaint(path, text)


@pytest.mark.parametrize(
    "line",
    [
        'api_key = "sk-secret"',
        'token = "sk-secret"',
        'cookies = "sk-secret"',
        'api_key_env = "sk-secret"',
        'server_key_env = "sk-secret"',
        'base_url = "https://me:sk-secret@h/v1"',
    ],
)
def test_a_key_in_the_file_is_refused_and_not_repeated(path: Path, line: str) -> None:
    with pytest.raises(ConfigError) as caught:
        load(path, f"[backends.openai]\n{line}")
    said = f"{caught.value} {caught.value.hint}"
    assert "line 2" in said
    assert "api_key_env" in said
    assert "api_key_command" in said
    assert "sk-secret" not in said


def test_an_unknown_backend_is_named_with_the_nearest() -> None:
    with pytest.raises(ConfigError, match="no backend opnai; did you mean openai") as caught:
        config.load({"backend": "opnai"}, {})
    assert "[backends.opnai]" in caught.value.hint


def test_a_backend_without_an_address_cannot_be_chosen(path: Path) -> None:
    text = '[backends.work]\nmodel = "m"'
    assert load(path, text).backend.name == "g4f"
    with pytest.raises(ConfigError, match="work has no base_url") as caught:
        load(path, text, backend="work")
    assert str(caught.value).startswith(f"{path}, line 1: ")
    with_address = load(path, text, backend="work", base_url="http://h/v1").backend
    assert (with_address.base_url, with_address.model) == ("http://h/v1", "m")


@pytest.mark.parametrize("option", ["base_url", "proxy"])
@pytest.mark.parametrize("value", ["nonsense", "file:///etc/passwd", "http://", "http://a b/"])
def test_an_address_that_is_none_is_refused(option: str, value: str) -> None:
    with pytest.raises(ConfigError, match=f"--{option.replace('_', '-')} must be a URL"):
        config.load({option: value}, {})


def test_a_file_that_is_not_utf8_or_not_a_file_is_named(path: Path, tmp_path: Path) -> None:
    path.write_bytes(b'model = "\xff"')
    with pytest.raises(ConfigError, match="is not UTF-8 text"):
        config.load({"config": str(path)}, {})
    with pytest.raises(ConfigError, match="cannot be read"):
        config.load({"config": str(tmp_path)}, {})


def test_githubs_own_cli_needs_no_address_and_takes_that_of_ones_own_server() -> None:
    loaded = config.load({"backend": "copilot"}, {}).backend
    assert loaded._replace(credentials_file=None) == BackendConfig("copilot", kind="copilot-sdk")
    own = config.load({"backend": "copilot", "base_url": "http://127.0.0.1:9/v1"}, {}).backend
    assert (own.base_url, own.owns_address) == ("http://127.0.0.1:9/v1", False)


def test_the_credentials_are_beside_the_configuration(tmp_path: Path) -> None:
    (tmp_path / "mine.toml").write_text("")
    loaded = config.load({"config": str(tmp_path / "mine.toml")}, {})
    assert loaded.credentials_file == tmp_path / "credentials.json"
    assert loaded.backends["openai"].credentials_file == tmp_path / "credentials.json"


def test_a_file_that_is_no_configuration_by_its_size_is_not_read_to_its_end(tmp_path: Path) -> None:
    path = tmp_path / "c.toml"
    with path.open("wb") as file:
        file.truncate(1 << 40)
    with pytest.raises(ConfigError, match="larger than 1 MB"):
        config.load({"config": str(path)}, {})
