"""A prompt that nothing answers: the card over it, and every way to an answer."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest
from textual.pilot import Pilot
from textual.widgets import Input, Label

from copilot_tui import config as configuration
from copilot_tui.config import BackendConfig, Config
from copilot_tui.conversation import Role
from copilot_tui.errors import ConnectionFailed, MissingAuth, NothingListens
from copilot_tui.store import Store
from copilot_tui.tui.app import CopilotApp
from copilot_tui.tui.desk import Desk
from copilot_tui.tui.desk.servers import with_server, write_server
from tests.fakes import FakeBackend, Step
from tests.no_keyring import no_keyring
from tests.tui.test_app import app_of, ended, send, shown_text, until
from tests.tui.test_signing_in import painted

SIZES = [(120, 40), (80, 24), (40, 12)]
NOTHING = NothingListens("nothing answers at http://localhost:1337/v1", "Start g4f")

MakeReaching = Callable[..., CopilotApp]


@pytest.fixture
def config(config: Config, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Config]:
    for name in ("HOME", "USERPROFILE", "XDG_DATA_HOME"):
        monkeypatch.setenv(name, str(tmp_path / "home"))
    for name in ("COPILOT_GITHUB_TOKEN", "GH_TOKEN", "GITHUB_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    file = tmp_path / "config" / "config.toml"
    backends = {
        name: each._replace(credentials_file=file.with_name("credentials.json"))
        for name, each in config.backends.items()
    }
    with no_keyring():
        yield config._replace(config_file=file, backends=backends, backend=backends["g4f"])


class Servers:
    """Backends by name: those that are not named here answer at once."""

    def __init__(self, **scripts: Sequence[list[Step]]) -> None:
        self.made: dict[str, FakeBackend] = {}
        self._scripts = dict(scripts)

    def __call__(self, config: BackendConfig) -> FakeBackend:
        script = self._scripts.get(config.name, [[f"I am {config.name}"]])
        self._scripts[config.name] = script[1:] or script  # who is made anew goes on
        self.made[config.name] = FakeBackend(*script)
        return self.made[config.name]


@pytest.fixture
def make_app(config: Config, store: Store) -> MakeReaching:
    def make(servers: Servers, chosen: str = "g4f") -> CopilotApp:
        desk = Desk(config._replace(backend=config.backends[chosen]), store, make_backend=servers)
        return CopilotApp(desk)

    return make


def last(app: CopilotApp) -> str:
    return app.shown.path()[-1].content


async def card(pilot: Pilot[int]) -> None:
    await until(pilot, lambda: app_of(pilot).screen.query("#reach-list"))


async def back(pilot: Pilot[int]) -> None:
    await until(pilot, lambda: len(app_of(pilot).screen_stack) == 1)


@pytest.mark.parametrize("size", SIZES, ids=str)
async def test_a_prompt_that_nothing_answers_waits_under_a_card_and_the_demo_answers_it(
    make_app: MakeReaching, size: tuple[int, int]
) -> None:
    app = make_app(Servers(g4f=[[NOTHING]]))
    async with app.run_test(size=size) as pilot:
        await send(pilot, "hi")
        await card(pilot)
        seen = painted(app)
        for words in ("1  Sign in", "2  Start g4f", "3  Another", "4  The demo", "Escape goes"):
            assert words in seen
        await pilot.press("4")
        await back(pilot)
        await ended(pilot)
        assert last(app) == "I am demo"
        assert [m.content for m in app.shown.messages.values()] == ["hi", "I am demo"]
        assert app.shown.backend == "demo"


async def test_g4f_is_started_by_commands_that_are_shown_and_copied_and_the_prompt_sent_then(
    make_app: MakeReaching,
) -> None:
    app = make_app(Servers(g4f=[[NOTHING], ["Here I am"]]))
    async with app.run_test() as pilot:
        await send(pilot, "hi")
        await card(pilot)
        await pilot.press("2")
        await until(pilot, lambda: app.screen.query("#reach-commands"))
        assert 'pip install "g4f[api]"' in painted(app)
        assert "g4f api --bind 127.0.0.1:1337" in painted(app)
        await pilot.press("c")
        await until(pilot, lambda: "the commands" in app.main.status.notice)
        await pilot.press("enter")
        await back(pilot)
        await ended(pilot)
        assert last(app) == "Here I am"


async def test_another_server_is_kept_in_the_configuration_and_gets_the_prompt(
    make_app: MakeReaching, config: Config
) -> None:
    servers = Servers(g4f=[[NOTHING]])
    app = make_app(servers)
    async with app.run_test() as pilot:
        await send(pilot, "hi")
        await card(pilot)
        await pilot.press("3")
        await until(pilot, lambda: app.screen.query("#reach Input"))
        app.screen.query_one(Input).value = "localhost"
        await pilot.press("enter")
        fault = app.screen.query_one("#reach-fault", Label)
        await until(pilot, lambda: "must be a URL" in str(fault.content))
        app.screen.query_one(Input).value = "http://127.0.0.1:9999"
        await pilot.press("enter")
        await back(pilot)
        await ended(pilot)
        assert last(app) == "I am server"
    loaded = configuration.load({"config": str(config.config_file)}, {})
    assert loaded.backends["server"].base_url == "http://127.0.0.1:9999/v1"


async def test_a_sign_in_leads_to_copilot_and_sends_the_prompt(
    make_app: MakeReaching, config: Config, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    package = tmp_path / "site" / "copilot"
    package.mkdir(parents=True)
    (package / "__init__.py").write_text("")
    monkeypatch.syspath_prepend(str(package.parent))
    monkeypatch.setenv("COPILOT_CLI_PATH", str(tmp_path / "nowhere"))
    app = make_app(Servers(g4f=[[NOTHING]]))
    async with app.run_test() as pilot:
        await send(pilot, "hi")
        await card(pilot)
        await pilot.press("1")
        await until(pilot, lambda: app.screen.query("#sign-in-code"))
        await pilot.press("t")
        await until(pilot, lambda: app.screen.query("#sign-in Input"))
        app.screen.query_one(Input).value = "github_pat_secret"
        await pilot.press("enter")
        await back(pilot)
        await ended(pilot)
        assert last(app) == "I am copilot"
    kept = json.loads(config.credentials_file.read_text())["sign_ins"]
    assert kept["copilot"]["secret"] == "github_pat_secret"


async def test_a_sign_in_that_is_there_already_answers_without_another(
    make_app: MakeReaching, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    package = tmp_path / "site" / "copilot"
    package.mkdir(parents=True)
    (package / "__init__.py").write_text("")
    monkeypatch.syspath_prepend(str(package.parent))
    monkeypatch.setenv("GH_TOKEN", "gho_secret")
    app = make_app(Servers(g4f=[[NOTHING]]))
    async with app.run_test() as pilot:
        await send(pilot, "hi")
        await card(pilot)
        assert "1  GitHub Copilot  signed in (GH_TOKEN)" in painted(app)
        await pilot.press("1")
        await back(pilot)
        await ended(pilot)
        assert last(app) == "I am copilot"


@pytest.fixture
def no_sdk(monkeypatch: pytest.MonkeyPatch) -> None:
    """GitHub's SDK cannot be imported, also where it is installed."""
    monkeypatch.setitem(sys.modules, "copilot", None)


@pytest.mark.usefixtures("no_sdk")
async def test_without_githubs_sdk_the_command_that_installs_it_is_shown(
    make_app: MakeReaching,
) -> None:
    app = make_app(Servers(g4f=[[NOTHING]]))
    async with app.run_test() as pilot:
        await send(pilot, "hi")
        await card(pilot)
        await pilot.press("1")
        await until(pilot, lambda: app.screen.query("#reach-commands"))
        assert 'pip install "copilot-tui[copilot]"' in painted(app)
        await pilot.press("escape")
        await card(pilot)


@pytest.mark.usefixtures("no_sdk")
async def test_a_prompt_is_not_sent_to_the_silent_server_again_when_githubs_sdk_was_shown(
    make_app: MakeReaching,
) -> None:
    app = make_app(Servers(g4f=[[NOTHING]]))
    async with app.run_test() as pilot:
        await send(pilot, "hi")
        await card(pilot)
        await pilot.press("1")
        await until(pilot, lambda: app.screen.query("#reach-commands"))
        assert "Start copilot-tui again" in painted(app)
        assert "sends your prompt" not in painted(app)
        await pilot.press("enter")
        await card(pilot)
        assert len(app.shown.messages) == 2  # the prompt, and the one reply that failed


async def test_escape_leaves_the_prompt_and_enter_tries_again_without_another_card(
    make_app: MakeReaching,
) -> None:
    servers = Servers(g4f=[[NOTHING], [NOTHING], ["Here I am"]])
    app = make_app(servers)
    async with app.run_test() as pilot:
        await send(pilot, "hi")
        await card(pilot)
        await pilot.press("escape")
        await back(pilot)
        assert "nothing answers" in shown_text(app)
        await pilot.press("enter")
        await until(pilot, lambda: len(servers.made["g4f"].requests) == 2)
        await ended(pilot)
        assert len(app.screen_stack) == 1
        await pilot.press("enter")
        await ended(pilot)
        assert [m.role for m in app.shown.messages.values()] == [Role.USER, Role.ASSISTANT]
        assert last(app) == "Here I am"


async def test_who_writes_on_is_not_kept_from_it(make_app: MakeReaching) -> None:
    app = make_app(Servers(g4f=[[NOTHING]]))
    async with app.run_test() as pilot:
        await send(pilot, "hi")
        await card(pilot)
        await pilot.press("w")
        await back(pilot)
        await pilot.press(*"ell")
        assert app.main.composer.text == "well"


async def test_who_is_not_signed_in_to_github_is_offered_that_first(
    make_app: MakeReaching,
) -> None:
    missing = MissingAuth("nobody is signed in", "Sign in: copilot-tui login github")
    app = make_app(Servers(github=[[missing], ["Hello"]]), "github")
    async with app.run_test() as pilot:
        await send(pilot, "hi")
        await card(pilot)
        assert "1  Sign in to github" in painted(app)
        await pilot.press("enter")
        await until(pilot, lambda: app.screen.query("#sign-in Input"))
        app.screen.query_one(Input).value = "user_session=secret"
        await pilot.press("enter")
        await back(pilot)
        await until(pilot, lambda: not app.desk.turns and app.shown.path()[-1].content)


@pytest.mark.parametrize(
    ("chosen", "error"),
    [("ollama", NOTHING), ("g4f", ConnectionFailed("there is no host x"))],
    ids=["another backend", "another fault"],
)
async def test_any_other_failure_is_a_sentence_and_no_card(
    make_app: MakeReaching, chosen: str, error: ConnectionFailed
) -> None:
    script: list[Step] = [error]
    app = make_app(Servers(**{chosen: [script]}), chosen)
    async with app.run_test() as pilot:
        await send(pilot, "hi")
        await ended(pilot)
        assert len(app.screen_stack) == 1
        assert str(error) in shown_text(app)


def test_an_address_that_is_known_gets_no_second_name(config: Config) -> None:
    same, ollama = with_server(config, "http://localhost:11434/v1/chat/completions")
    assert (same, ollama.name) == (config, "ollama")


def test_a_second_server_gets_a_name_of_its_own_and_the_file_keeps_its_words(
    config: Config,
) -> None:
    config.config_file.parent.mkdir()
    config.config_file.write_text("# mine\nmodel = 'large'")
    one, made = with_server(config, "http://127.0.0.1:1/v1")
    write_server(config, made)
    two, other = with_server(one, "http://127.0.0.1:2")
    write_server(one, other)
    text = config.config_file.read_text()
    assert text.startswith("# mine\nmodel = 'large'\n")
    loaded = configuration.load({"config": str(config.config_file)}, {})
    assert loaded.backends["server"].base_url == "http://127.0.0.1:1/v1"
    assert loaded.backends["server-2"].base_url == "http://127.0.0.1:2/v1"
    assert two.backends.keys() >= {"server", "server-2"}
