from __future__ import annotations

import io
import json
import stat
import sys
from pathlib import Path

import pytest

from tests.cli.conftest import PYTHON, Program
from tests.server import DONE, PATIENCE_S, Server, chunk, finish

ROOT = Path(__file__).parents[2]
SECRET = "sk-very-secret-key"

pty = pytest.mark.skipif(sys.platform == "win32", reason="there are no pseudo-terminals")


@pytest.fixture
def config_dir(program: Program, tmp_path: Path) -> Path:
    """Where the configuration is; there is no keyring."""
    folder = tmp_path / "config"
    folder.mkdir()
    program.environ |= {
        "COPILOT_TUI_CONFIG": str(folder / "config.toml"),
        "PYTHON_KEYRING_BACKEND": "keyring.backends.fail.Keyring",
    }
    (folder / "config.toml").write_text("")
    return folder


@pytest.fixture
def held(program: Program, config_dir: Path, tmp_path: Path) -> Path:
    """What a working keyring holds."""
    file = tmp_path / "keyring.json"
    program.environ |= {
        "PYTHON_KEYRING_BACKEND": "tests.keyring_file.FileKeyring",
        "PYTHONPATH": str(ROOT),
        "TEST_KEYRING_FILE": str(file),
    }
    return file


def keep(program: Program, backend: str = "openai", secret: str = SECRET) -> str:
    done = program.run("login", backend, stdin=f"{secret}\n".encode())
    assert (done.status, done.stdout) == (0, ""), done.stderr
    assert secret not in done.stderr
    return done.stderr


def test_a_key_goes_into_the_keyring(program: Program, held: Path, config_dir: Path) -> None:
    assert keep(program) == "kept for openai in the system keyring\n"
    assert json.loads(held.read_text()) == {"copilot-tui openai https://api.openai.com": SECRET}
    for file in config_dir.iterdir():
        assert SECRET not in file.read_text()


def test_without_a_keyring_the_file_is_named_aloud(program: Program, config_dir: Path) -> None:
    file = config_dir / "credentials.json"
    assert str(file) in keep(program)
    assert SECRET in file.read_text()
    if sys.platform != "win32":
        assert stat.S_IMODE(file.stat().st_mode) == 0o600


@pytest.mark.parametrize("place", ["held", "config_dir"])
def test_the_kept_key_goes_to_its_server_and_after_logout_none_does(
    program: Program, server: Server, request: pytest.FixtureRequest, config_dir: Path, place: str
) -> None:
    request.getfixturevalue(place)
    work = f'[backends.work]\nbase_url = "{server.url}/v1"\nmodel = "m"\n'
    (config_dir / "config.toml").write_text(work)
    keep(program, "work")
    for _ in range(2):
        server.stream(chunk("hello"), finish(), DONE)
        assert program.run("ask", "--backend", "work", "hi").stdout == "hello\n"
        program.run("logout", "work")
    assert server.requests[0].headers["authorization"] == f"Bearer {SECRET}"
    assert "authorization" not in server.requests[1].headers


def test_the_kept_key_does_not_go_where_the_configuration_moves_the_backend(
    program: Program, server: Server, config_dir: Path
) -> None:
    keep(program)
    (config_dir / "config.toml").write_text(f'[backends.openai]\nbase_url = "{server.url}/v1"\n')
    done = program.run("ask", "--backend", "openai", "--model", "m", "hi")
    assert done.status == 1
    assert "the key kept for openai is for https://api.openai.com" in done.stderr
    assert SECRET not in done.stderr
    assert server.requests == []


def test_nobody_who_did_not_sign_in_opens_the_keyring(
    program: Program, server: Server, config_dir: Path
) -> None:
    program.environ["PYTHON_KEYRING_BACKEND"] = "no.such.Keyring"
    server.stream(chunk("hello"), finish(), DONE)
    asked = ("ask", "--backend", "ollama", "--base-url", f"{server.url}/v1", "--model", "m", "hi")
    assert program.run(*asked).stdout == "hello\n"


@pytest.mark.usefixtures("config_dir")
def test_a_keyring_that_is_set_wrong_is_said_and_the_file_takes_the_key(program: Program) -> None:
    program.environ["PYTHON_KEYRING_BACKEND"] = "no.such.Keyring"
    said = keep(program)
    assert "the system keyring does not take it (No module named 'no')" in said
    assert "as plain text" in said


def test_logout_says_what_it_found(program: Program, held: Path, config_dir: Path) -> None:
    keep(program)
    assert program.run("logout", "openai").stderr == "signed out of openai\n"
    assert program.run("logout", "openai").stderr == "nobody was signed in to openai\n"
    assert json.loads(held.read_text()) == {}
    assert not (config_dir / "credentials.json").exists()


def test_a_variable_that_wins_is_named(program: Program, config_dir: Path) -> None:
    program.environ["OPENAI_API_KEY"] = "sk-other"
    said = keep(program)
    assert "OPENAI_API_KEY is set, and wins over it" in said
    signed_out = program.run("logout", "openai").stderr
    assert "OPENAI_API_KEY is still set, and used" in signed_out
    assert "sk-other" not in said + signed_out


def test_a_cookie_may_hold_spaces(program: Program, held: Path) -> None:
    keep(program, "github", "user_session=abc; logged_in=yes")
    program.run("login", "github", stdin=b"Cookie: user_session=def; logged_in=yes\n")
    assert list(json.loads(held.read_text()).values()) == ["user_session=def; logged_in=yes"]


@pytest.mark.parametrize(
    ("args", "stdin", "words"),
    [
        (("login", "openai"), b"", "nothing was given"),
        (("login", "openai"), b" \n", "nothing was given"),
        (("login", "openai"), b"sk-secret\nmore", "another character"),
        (("login", "openai"), "sk-secret-ü".encode(), "another character"),
        (("login", "openai"), b"Bearer sk-secret", "a space"),
        (("login", "openai"), b"sk-secret-\xff", "another character"),
        (("login", "openai"), b"sk-secret" * 2000, "too long"),
        (("login", "opnai"), b"sk-secret", "did you mean openai?"),
        (("login", "demo"), b"sk-secret", "needs no sign-in"),
        (("logout", "nosuch"), b"", "there is no backend nosuch"),
        (("login", "openai", "other"), b"sk-secret", "unrecognized arguments"),
        (
            ("login", "--backend", "openai", "--base-url", "http://127.0.0.1:9/v1"),
            b"sk-secret",
            "a key is kept for the address in the configuration",
        ),
    ],
)
@pytest.mark.usefixtures("held")
def test_what_makes_no_sense_is_refused_and_not_repeated(
    program: Program, config_dir: Path, args: tuple[str, ...], stdin: bytes, words: str
) -> None:
    done = program.run(*args, stdin=stdin)
    assert (done.status, done.stdout) == (2, "")
    assert words in done.stderr
    assert "sk-secret" not in done.stderr
    assert not (config_dir / "credentials.json").exists()


def test_a_command_that_wins_is_named(program: Program, config_dir: Path) -> None:
    table = '[backends.openai]\napi_key_command = ["true"]\n'
    (config_dir / "config.toml").write_text(table)
    assert "api_key_command is set, and wins over it" in keep(program)


@pytest.mark.usefixtures("config_dir")
def test_a_token_that_is_kept_for_copilot_wins_over_the_variables_and_is_not_said_to_lose(
    program: Program,
) -> None:
    program.environ["GH_TOKEN"] = "gho_secret"
    assert "GH_TOKEN" not in keep(program, "copilot", "github_pat_secret")
    assert "GH_TOKEN is still set, and used" in program.run("logout", "copilot").stderr
    program.environ["GH_TOKEN"] = "ghp_classic"
    assert "GH_TOKEN" not in program.run("logout", "copilot").stderr


@pytest.mark.usefixtures("config_dir")
def test_without_a_cli_copilot_takes_a_token(program: Program, tmp_path: Path) -> None:
    assert "as plain text" in keep(program, "copilot", "github_pat_secret")
    assert program.run("logout", "copilot").stderr == "signed out of copilot\n"


# At a terminal


class Terminal:
    """A command in a pseudo-terminal, and everything that it shows."""

    def __init__(self, program: Program, *args: str) -> None:
        import pexpect

        self._log = io.BytesIO()
        self.child = pexpect.spawn(
            PYTHON[0],
            [*PYTHON[1:], *args],
            env=program.environ,
            timeout=PATIENCE_S,
        )
        self.child.logfile_read = self._log

    @property
    def shown(self) -> bytes:
        return self._log.getvalue()

    def ended(self) -> int | None:
        """The exit status, when all was read."""
        import pexpect

        self.child.expect(pexpect.EOF)
        self.child.close()
        return self.child.exitstatus


@pty
@pytest.mark.pty
def test_what_is_typed_at_a_terminal_is_not_shown(program: Program, held: Path) -> None:
    terminal = Terminal(program, "login", "openai")
    terminal.child.expect_exact("openai: the key (is not shown): ")
    terminal.child.sendline(SECRET)
    assert terminal.ended() == 0
    assert b"kept for openai" in terminal.shown
    assert SECRET.encode() not in terminal.shown
    assert json.loads(held.read_text()) == {"copilot-tui openai https://api.openai.com": SECRET}


def copilot_cli(folder: Path, code: str) -> str:
    """A program that stands in for GitHub's CLI."""
    program = folder / "fake-copilot"
    program.write_text(f"#!{sys.executable}\nimport json, os, pathlib, sys\n{code}")
    program.chmod(0o755)
    return str(program)


LOGS_IN = """
assert sys.argv[1:] == ["login"]
assert not {"GH_TOKEN", "OPENAI_API_KEY", "COPILOT_TUI_API_KEY"} & set(os.environ)
print("To authenticate, visit https://github.com/login/device and enter code WDJB-MJ", end="")
sys.stdout.flush()
print("HT.\\x1b]0;title\\x07", flush=True)
home = pathlib.Path(os.environ["COPILOT_HOME"])
(home / "config.json").write_text('// comment\\n{"loggedInUsers": [{"login": "me"}]}')
"""


@pty
@pytest.mark.pty
def test_copilots_own_login_shows_the_code_large(
    program: Program, config_dir: Path, tmp_path: Path
) -> None:
    program.environ |= {
        "COPILOT_CLI_PATH": copilot_cli(tmp_path, LOGS_IN),
        "XDG_DATA_HOME": str(tmp_path / "data-home"),
        "GH_TOKEN": "gho_secret",
    }
    keep(program, "copilot", "github_pat_of-before")
    terminal = Terminal(program, "login", "copilot")
    assert terminal.ended() == 0
    assert not (config_dir / "credentials.json").exists()  # the old token would win over it
    for words in (
        b"https://github.com/login/device",
        b"W D J B - M J H T",
        b"signed in to Copilot",
        b"GH_TOKEN is set, and wins over it",
    ):
        assert words in terminal.shown
    assert b"\x1b" not in terminal.shown
    assert "signed out of copilot" in program.run("logout", "copilot").stderr
    assert "nobody was signed in" in program.run("logout", "copilot").stderr


@pty
@pytest.mark.pty
@pytest.mark.usefixtures("config_dir")
@pytest.mark.parametrize(
    ("cli", "words"),
    [
        (
            "print('Login failed: fetch failed'); sys.exit(1)",
            "could not sign in (status 1): Login failed: fetch failed",
        ),
        (
            "print('Login succeeded, but the token was not saved. Rerun.'); sys.exit(1)",
            "was not saved. Rerun. Unlock the system keyring and try again",
        ),
        (None, "there is no Copilot CLI at"),
    ],
)
def test_a_login_that_fails_says_the_next_step(
    program: Program, tmp_path: Path, cli: str | None, words: str
) -> None:
    missing = str(tmp_path / "nowhere")
    program.environ["COPILOT_CLI_PATH"] = copilot_cli(tmp_path, cli) if cli else missing
    terminal = Terminal(program, "login", "copilot")
    assert terminal.ended() == 1
    shown = " ".join(terminal.shown.decode().split())
    assert words in shown
    assert any(each in shown.partition(words)[2] for each in ("COPILOT_", "pipe a token"))


HANGS = "sys.stdout.flush(); import time; time.sleep(600)"


@pty
@pytest.mark.pty
@pytest.mark.usefixtures("config_dir")
@pytest.mark.parametrize(
    ("cli", "status", "words"),
    [
        ("print('Login failed: fetch failed')", 1, "could not sign in: Login failed: fetch failed"),
        (f"{LOGS_IN}\nprint('Signed in successfully as me.')", 0, "signed in to Copilot"),
    ],
    ids=["failed", "signed-in"],
)
def test_a_cli_that_hangs_after_its_last_word_is_ended_and_believed(
    program: Program, tmp_path: Path, cli: str, status: int, words: str
) -> None:
    program.environ |= {
        "COPILOT_CLI_PATH": copilot_cli(tmp_path, f"{cli}\n{HANGS}"),
        "XDG_DATA_HOME": str(tmp_path / "data-home"),
    }
    terminal = Terminal(program, "login", "copilot")
    assert terminal.ended() == status
    assert words in " ".join(terminal.shown.decode().split())


@pty
@pytest.mark.pty
@pytest.mark.usefixtures("config_dir")
@pytest.mark.parametrize(
    ("before", "after"),
    [
        (None, '{"storeTokenPlaintext": true}'),
        ('{"theme": "dark"}', '{"theme": "dark", "storeTokenPlaintext": true}'),
        ('{"storeTokenPlaintext": false}', '{"storeTokenPlaintext": false}'),
        ("// of somebody\n{}", "// of somebody\n{}"),
    ],
)
def test_without_a_keyring_the_cli_is_allowed_its_file_unless_somebody_forbade_it(
    program: Program, tmp_path: Path, before: str | None, after: str
) -> None:
    home = tmp_path / "data-home" / "copilot-tui" / "copilot-cli"
    settings = home / "settings.json"
    if before is not None:
        home.mkdir(parents=True)
        settings.write_text(before)
        settings.chmod(0o600)
    program.environ |= {
        "COPILOT_CLI_PATH": copilot_cli(tmp_path, LOGS_IN),
        "XDG_DATA_HOME": str(tmp_path / "data-home"),
    }
    terminal = Terminal(program, "login", "copilot")
    assert terminal.ended() == 0
    assert settings.read_text() == after
    assert stat.S_IMODE(settings.stat().st_mode) == 0o600
    shown = b"There is no system keyring: the Copilot CLI keeps the sign-in as plain text in"
    assert shown in terminal.shown
