"""Signing in and out within the app. The CLI is a program that stands in for GitHub's."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from textual.pilot import Pilot
from textual.widgets import Input, Label

from copilot_tui.config import Config
from copilot_tui.errors import MissingAuth
from copilot_tui.store import Store
from copilot_tui.tui.app import CopilotApp
from copilot_tui.tui.desk import Desk
from tests.fakes import FakeBackend
from tests.no_keyring import no_keyring
from tests.tui.conftest import MakeApp
from tests.tui.test_app import app_of, ended, send, shown_text, until

SECRET = "sk-secret-of-the-test"
SIZES = [(120, 40), (80, 24), (40, 12)]

pytestmark = pytest.mark.usefixtures("home")


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    for name in ("HOME", "USERPROFILE", "XDG_DATA_HOME"):
        monkeypatch.setenv(name, str(tmp_path / "home"))
    with no_keyring():
        yield tmp_path / "home"


@pytest.fixture
def kept(config: Config, tmp_path: Path) -> Path:
    """Where sign-ins are noted."""
    return config.credentials_file


@pytest.fixture
def config(config: Config, tmp_path: Path) -> Config:
    moved = tmp_path / "config" / "config.toml"
    backends = {
        name: each._replace(credentials_file=moved.with_name("credentials.json"))
        for name, each in config.backends.items()
    }
    return config._replace(config_file=moved, backends=backends)


def app_with(config: Config, store: Store, backend: FakeBackend, chosen: str) -> CopilotApp:
    configured = config._replace(backend=config.backends[chosen])
    return CopilotApp(Desk(configured, store, make_backend=lambda _: backend))


async def dialog(pilot: Pilot[int], wanted: str) -> None:
    await until(pilot, lambda: len(app_of(pilot).screen_stack) == 2)
    await until(pilot, lambda: app_of(pilot).screen.query(wanted))


async def paste(pilot: Pilot[int], text: str) -> None:
    app_of(pilot).screen.query_one(Input).value = text
    await pilot.press("enter")


def painted(app: CopilotApp) -> str:
    """All that stands on the screen."""
    strips = app.screen._compositor.render_strips()
    return "\n".join(strip.text for strip in strips)


@pytest.mark.parametrize("size", SIZES, ids=str)
async def test_a_key_is_typed_unseen_and_kept_and_then_enter_sends_the_prompt_that_waited(
    config: Config, store: Store, kept: Path, size: tuple[int, int]
) -> None:
    hint = "Sign in: copilot-tui login openai"
    backend = FakeBackend([MissingAuth("nobody is signed in", hint)], ["Hello"])
    app = app_with(config, store, backend, "openai")
    async with app.run_test(size=size) as pilot:
        await send(pilot, "hi")
        await ended(pilot)
        assert "Alt+I signs in" in shown_text(app)
        await pilot.press("alt+i")
        await dialog(pilot, "SecretScreen Input")
        app.screen.query_one(Input).insert_text_at_cursor(SECRET)
        await pilot.pause()
        assert SECRET not in painted(app)
        assert "•" * 10 in painted(app)
        assert "which only you can read" in " ".join(painted(app).replace("│", " ").split())
        await pilot.press("enter")
        await until(pilot, lambda: "Enter sends your prompt again" in app.main.status.notice)
        assert str(kept) in app.main.status.notice
        await pilot.press("enter")
        await ended(pilot)
        assert app.shown.path()[-1].content == "Hello"
        assert [r.path[-1].content for r in backend.requests] == ["hi", "hi"]
    assert json.loads(kept.read_text())["sign_ins"]["openai"]["secret"] == SECRET
    for folder, _, names in os.walk(config.data_dir):
        for name in names:
            assert SECRET.encode() not in Path(folder, name).read_bytes()


@pytest.mark.parametrize("size", SIZES, ids=str)
async def test_a_key_that_cannot_be_one_is_said_and_not_repeated(
    config: Config, store: Store, kept: Path, size: tuple[int, int]
) -> None:
    app = app_with(config, store, FakeBackend(), "github")
    async with app.run_test(size=size) as pilot:
        await pilot.press("alt+i")
        await dialog(pilot, "SecretScreen Input")
        await paste(pilot, "sk-secret-ü")
        fault = app.screen.query_one("#sign-in-fault", Label)
        await until(pilot, lambda: "another character" in str(fault.content))
        wanted = "another character"
        await until(pilot, lambda: wanted in " ".join(painted(app).replace("│", " ").split()))
        assert "sk-secret" not in painted(app)
        await pilot.press("escape")
        await until(pilot, lambda: len(app.screen_stack) == 1)
    assert not kept.exists()


async def test_after_signing_in_the_next_reply_comes_of_a_backend_made_anew(
    config: Config, store: Store
) -> None:
    made = [FakeBackend(["old"]), FakeBackend(["new"])]
    waiting = list(made)
    configured = config._replace(backend=config.backends["openai"])
    app = CopilotApp(Desk(configured, store, make_backend=lambda _: waiting.pop(0)))
    async with app.run_test() as pilot:
        await send(pilot, "one")
        await ended(pilot)
        await pilot.press("alt+i")
        await dialog(pilot, "SecretScreen Input")
        await paste(pilot, SECRET)
        await until(pilot, lambda: made[0].is_closed)
        await app.workers.wait_for_complete()
        await send(pilot, "two")
        await ended(pilot)
        assert app.shown.path()[-1].content == "new"
        assert made[0].is_closed


async def test_the_demo_and_an_address_of_the_moment_take_no_sign_in(
    make_app: MakeApp, config: Config, store: Store
) -> None:
    async with make_app().run_test() as pilot:
        await pilot.press("alt+i")
        wanted = "The demo needs no sign-in · Ctrl+O chooses who answers"
        await until(pilot, lambda: app_of(pilot).main.status.notice == wanted)
        app_of(pilot).main.status.notice = ""
        app_of(pilot).main.action_sign_out()
        await until(pilot, lambda: app_of(pilot).main.status.notice == wanted)
    moved = config.backends["openai"]._replace(owns_address=False)
    elsewhere = config._replace(backends={**config.backends, "openai": moved})
    app = app_with(elsewhere, store, FakeBackend(), "openai")
    async with app.run_test() as pilot:
        await pilot.press("alt+i")
        await until(pilot, lambda: "a key is kept for the address" in app.main.status.notice)


async def test_signing_out_forgets_and_says_what_is_still_set(
    config: Config, store: Store, kept: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-other")
    app = app_with(config, store, FakeBackend(), "openai")
    async with app.run_test(size=(120, 30)) as pilot:
        await pilot.press("alt+i")
        await dialog(pilot, "SecretScreen Input")
        await paste(pilot, SECRET)
        await until(pilot, lambda: "OPENAI_API_KEY is set" in app.main.status.notice)
        app.main.action_sign_out()
        wanted = "Signed out of openai · OPENAI_API_KEY is still set, and used"
        await until(pilot, lambda: app.main.status.notice == wanted)
        assert not kept.exists()


# By GitHub's CLI


def stand_in(folder: Path, monkeypatch: pytest.MonkeyPatch, code: str) -> Path:
    """A mock of GitHub's CLI; gives the file that it writes its process id to."""
    program, note = folder / "mock-copilot", folder / "mock-copilot.pid"
    head = "import os, pathlib, sys, time\n"
    head += f"pathlib.Path({str(note)!r}).write_text(str(os.getpid()))"
    program.write_text(f"#!{sys.executable}\n{head}\n{code}")
    program.chmod(0o755)
    monkeypatch.setenv("COPILOT_CLI_PATH", str(program))
    return note


SAYS_CODE = 'print("Visit https://github.com/login/device and enter code WDJB-MJHT.", flush=True)\n'
SIGNS_IN = """
home = pathlib.Path(os.environ["COPILOT_HOME"])
while not (home / "go").exists():
    time.sleep(0.01)
(home / "config.json").write_text('{"loggedInUsers": [{"login": "me"}]}')
"""


posix = pytest.mark.skipif(sys.platform == "win32", reason="the mock is a script")


@posix
@pytest.mark.parametrize("size", SIZES, ids=str)
async def test_the_code_is_shown_large_and_copied_and_the_sign_in_is_found(
    config: Config,
    store: Store,
    home: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    size: tuple[int, int],
) -> None:
    stand_in(tmp_path, monkeypatch, SAYS_CODE + SIGNS_IN)
    app = app_with(config, store, FakeBackend(), "copilot")
    async with app.run_test(size=size) as pilot:
        await pilot.press("alt+i")
        await dialog(pilot, "#sign-in-code")
        await until(pilot, lambda: "W D J B - M J H T" in painted(app))
        await until(pilot, lambda: "the code, 9 characters" in app.main.status.notice.lower())
        assert "Escape goes" in painted(app)
        (home / "copilot-tui" / "copilot-cli" / "go").write_text("")
        await until(pilot, lambda: "Signed in to copilot" in app.main.status.notice)
        assert len(app.screen_stack) == 1


@posix
async def test_escape_ends_the_cli_that_waits(
    config: Config, store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    note = stand_in(tmp_path, monkeypatch, SAYS_CODE + "time.sleep(600)")
    app = app_with(config, store, FakeBackend(), "copilot")
    async with app.run_test() as pilot:
        await pilot.press("alt+i")
        await dialog(pilot, "#sign-in-code")
        await until(pilot, lambda: "W D J B" in painted(app))
        process = int(note.read_text())
        await pilot.press("escape")
        await until(pilot, lambda: not is_alive(process))
        assert len(app.screen_stack) == 1


def is_alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    return True


@posix
async def test_a_login_that_fails_says_why_and_takes_a_token_instead(
    config: Config, store: Store, kept: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stand_in(tmp_path, monkeypatch, "print('Login failed: fetch failed'); sys.exit(1)")
    app = app_with(config, store, FakeBackend(), "copilot")
    async with app.run_test() as pilot:
        await pilot.press("alt+i")
        await dialog(pilot, "#sign-in-code")
        fault = app.screen.query_one("#sign-in-fault", Label)
        await until(pilot, lambda: "fetch failed" in str(fault.content))
        await pilot.press("t")
        await until(pilot, lambda: app.screen.query("SecretScreen Input"))
        await paste(pilot, "github_pat_secret")
        await until(pilot, kept.exists)
    assert json.loads(kept.read_text())["sign_ins"]["copilot"]["secret"] == "github_pat_secret"


async def test_without_a_cli_the_sentence_says_how_to_get_one(
    config: Config, store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COPILOT_CLI_PATH", str(tmp_path / "nowhere"))
    app = app_with(config, store, FakeBackend(), "copilot")
    async with app.run_test() as pilot:
        await pilot.press("alt+i")
        await dialog(pilot, "#sign-in-code")
        fault = app.screen.query_one("#sign-in-fault", Label)
        await until(pilot, lambda: "npm install -g @github/copilot" in str(fault.content))


async def test_in_the_picker_one_signs_in_to_the_backend_under_the_cursor_and_comes_back(
    config: Config, store: Store, kept: Path
) -> None:
    app = app_with(config, store, FakeBackend(), "ollama")
    async with app.run_test(size=(100, 30)) as pilot:
        await pilot.press("ctrl+o")
        await dialog(pilot, "#picker-list")
        await until(pilot, lambda: "fake-2" in painted(app))
        await pilot.press(*"openrouter", "alt+i")
        await until(pilot, lambda: app.screen.query("SecretScreen Input"))
        assert "Sign in to openrouter" in painted(app)
        await paste(pilot, SECRET)
        await until(pilot, lambda: app.screen.query("#picker-account"))
        await until(pilot, lambda: "Who answers from now on · openrouter" in painted(app))
        assert "openrouter" in json.loads(kept.read_text())["sign_ins"]
