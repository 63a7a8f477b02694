"""Secrets are planted wherever they may come from, and echoed by servers in every way."""

from __future__ import annotations

import base64
import json
import os
import stat
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from copilot_tui.backends.request_log import note
from tests.cli.conftest import PYTHON
from tests.mocks.github_chat import THREADS_PATH, content, github_chat
from tests.mocks.github_chat import error as failed
from tests.secrets.canaries import KEY, leaks_below, leaks_in
from tests.server import CUT, DONE, HANG, Server, chunk, event, finish

if sys.platform == "win32":
    pytest.skip("runs the app in a pseudo-terminal", allow_module_level=True)

from tests.pty.emulator import PATIENCE_S, Emulator

pytestmark = pytest.mark.pty

ROOT = Path(__file__).parents[2]
PROXY_PASSWORD = "canary-proxy-Pw-83hQz1"
SOURCES = ("COPILOT_TUI_API_KEY", "api_key_env", "api_key_command", "keyring", "credentials.json")

CRASH = """
import sys
from copilot_tui.__main__ import run
from copilot_tui.tui.main_screen import MainScreen

def broken(self):
    from copilot_tui.credentials import api_key
    key = api_key(self.app.desk.config.backend)
    assert key
    raise LookupError("what nobody thought of")

MainScreen.action_help = broken
sys.exit(run())
"""


@dataclass
class House:
    """A home with a secret in one place, and all that was written in it or said."""

    folder: Path
    server: Server
    source: str
    environ: dict[str, str] = field(default_factory=dict)
    said: bytearray = field(default_factory=bytearray)
    """All of stdout, stderr and the terminal."""

    def __post_init__(self) -> None:
        self.home = self.folder / "home"
        self.home.mkdir(mode=0o700)
        config = self.home / "config.toml"
        self.environ = {
            "PATH": os.environ["PATH"],
            "HOME": str(self.home),
            "TERM": "xterm-256color",
            "LANG": "C.UTF-8",
            "XDG_CACHE_HOME": str(self.home / "cache"),
            "COPILOT_TUI_DATA_DIR": str(self.home / "data"),
            "COPILOT_TUI_CONFIG": str(config),
            "COPILOT_TUI_BACKEND": "work",
            "PYTHON_KEYRING_BACKEND": "keyring.backends.fail.Keyring",
            "PYTHONPATH": str(ROOT),
        }
        lines = [
            "[backends.work]",
            'kind = "openai"',
            f'base_url = "{self.server.url}/v1"',
            'model = "m"',
        ]
        if self.source == "COPILOT_TUI_API_KEY":
            self.environ["COPILOT_TUI_API_KEY"] = KEY
        elif self.source == "api_key_env":
            self.environ["WORK_KEY"] = KEY
            lines.append('api_key_env = "WORK_KEY"')
        elif self.source == "api_key_command":
            kept = self.folder / "kept"
            kept.write_text(f"{KEY}\n")
            lines.append(f'api_key_command = ["cat", "{kept}"]')
        elif self.source == "keyring":
            self.environ["PYTHON_KEYRING_BACKEND"] = "tests.keyring_file.FileKeyring"
            self.environ["TEST_KEYRING_FILE"] = str(self.folder / "keyring.json")
        config.write_text("\n".join(lines) + "\n")
        config.chmod(0o600)
        if self.source in ("keyring", "credentials.json"):
            self.run("login", "work", stdin=f"{KEY}\n")

    def run(self, *args: str, stdin: str = "", umask: int = 0o000) -> int:
        """A command to its end; what it said is kept."""
        ended = subprocess.run(
            (*PYTHON, *args),
            input=stdin.encode(),
            capture_output=True,
            env=self.environ,
            timeout=PATIENCE_S * 2,
            preexec_fn=lambda: os.umask(umask) and None,
        )
        self.said += ended.stdout + ended.stderr
        assert b"Traceback" not in ended.stderr
        return ended.returncode

    def leaks(self, *secrets: str) -> list[str]:
        """Where a secret is that it must not be."""
        but = frozenset({self.home / "credentials.json"})
        said = [f"said: {each!r}" for each in leaks_in(bytes(self.said), *secrets)]
        return said + leaks_below(self.home, *secrets, but=but)


@pytest.fixture(params=SOURCES)
def house(tmp_path: Path, server: Server, request: pytest.FixtureRequest) -> House:
    return House(tmp_path, server, request.param)


@pytest.fixture
def one_house(tmp_path: Path, server: Server) -> House:
    return House(tmp_path, server, "COPILOT_TUI_API_KEY")


def echoes(server: Server) -> Iterator[str]:
    """Scripts one answer after the other that holds the key; what each is."""
    long = "word " * 96
    for status in (400, 401, 403, 404, 422, 429, 500, 503):
        server.answer({"error": {"message": f"bad {KEY} here"}}, status=status)
        yield f"{status} with a body"
    server.answer(f"<title>No {KEY}</title>", status=502)
    yield "a page"
    server.answer(f"{long}{KEY}{long}".encode(), status=500)
    yield "a text that is shortened"
    server.answer({"detail": [{"msg": KEY, "loc": [KEY]}]}, status=422)
    yield "a list of faults"
    for location in (f"http://elsewhere.test/?key={KEY}", f"/login?key={KEY}"):
        server.answer(b"", status=302, headers={"Location": location})
        yield "a redirect"
    server.raw(f"HTTP/1.1 401 No {KEY}\r\nContent-Length: 0\r\n\r\n".encode())
    yield "a reason"
    server.raw(f"HTTP/1.1 200 OK {KEY}\r\nX-Key: {KEY}\r\nBroken {KEY}\r\n\r\n".encode())
    yield "a header that is none"
    server.raw(f"{KEY} is no HTTP\r\n\r\n".encode())
    yield "no HTTP"
    server.answer(f"{KEY}", status=200)
    yield "a page in place of a stream"
    server.answer(b"", headers={"Content-Encoding": KEY.replace("/", "")})
    yield "an encoding"
    server.stream(chunk("half "), event({"error": {"message": f"{KEY} is over"}}))
    yield "an error in the stream"
    server.stream(chunk("half "), f": {KEY}\n\ndata: {KEY}\n\n".encode(), CUT)
    yield "lines that are no JSON"


def test_no_answer_brings_a_secret_into_the_store_or_onto_the_terminal(house: House) -> None:
    number = 0
    for number, what in enumerate(echoes(house.server), 1):
        house.run("ask", f"prompt {number}")
        assert house.leaks(KEY) == [], what
    authorized = [each.headers.get("authorization") for each in house.server.requests]
    assert set(authorized) == {f"Bearer {KEY}"}
    assert len(authorized) >= number


def test_no_command_says_a_secret(house: House) -> None:
    house.server.stream(chunk("hello"), finish(), DONE)
    assert house.run("ask", "hi") == 0
    for answer in ({"error": KEY}, {"detail": KEY}, {"message": [KEY]}):
        house.server.answer(answer)
        assert house.run("models") == 1
    house.server.answer({"error": {"message": KEY}}, status=401)
    house.run("models")
    for args in (
        ("list",),
        ("list", "--json"),
        ("show", "last", "--json"),
        ("search", "hi"),
        ("export", "--all", "--format", "html", "-o", str(house.home / "out")),
        ("config",),
        ("config", "--json"),
    ):
        house.run(*args)
    house.server.answer({"error": {"message": KEY}}, status=401, repeat=True)
    house.run("doctor")
    house.run("doctor", "--json")
    house.run("logout", "work")
    assert house.leaks(KEY) == []


def test_the_app_shows_no_secret_and_puts_none_into_its_command_line(house: House) -> None:
    house.server.answer({"error": KEY}, path="/v1/models", repeat=True)
    house.server.answer(
        {"error": {"message": f"bad {KEY}"}}, status=401, path="/v1/chat/completions"
    )
    house.server.stream(chunk("half a reply"), HANG, path="/v1/chat/completions")
    with Emulator((*PYTHON,), house.environ, size=(120, 40)) as window:
        window.wait_until_ready()
        window.type(b"first\r")
        window.wait_for_text("bad …")
        window.type(b"second\r")
        window.wait_for_text("half a reply")
        process = Path(f"/proc/{window.process.pid}")
        if process.exists():
            house.said += (process / "cmdline").read_bytes()
        window.type(b"\x0f")  # who answers
        window.wait_for_text("Type to narrow")
        window.type(b"\x1b")
        window.type(b"\x1bs")  # what will be sent
        window.read(0.5)
        window.type(b"\x1b\x11")
        window.ended()
        house.said += window.painted
    assert house.leaks(KEY) == []


def test_a_defect_shows_no_local_variable(one_house: House) -> None:
    with Emulator((sys.executable, "-c", CRASH), one_house.environ) as window:
        window.wait_until_ready()
        window.type(b"\x1bOP")
        assert window.ended() == 1
        one_house.said += window.painted
    assert b"what nobody thought of" in one_house.said
    assert one_house.leaks(KEY) == []


def test_the_password_of_a_proxy_is_said_nowhere(one_house: House) -> None:
    one_house.environ["COPILOT_TUI_PROXY"] = f"http://me:{PROXY_PASSWORD}@127.0.0.1:9"
    assert one_house.run("ask", "hi") == 1
    one_house.run("models")
    one_house.run("config")
    one_house.run("doctor")
    basic = base64.b64encode(f"me:{PROXY_PASSWORD}".encode()).decode()
    assert b"127.0.0.1:9" in one_house.said
    assert one_house.leaks(PROXY_PASSWORD, basic) == []


def test_tokens_of_other_programs_are_neither_sent_nor_written(one_house: House) -> None:
    tokens = {
        "GH_TOKEN": "gho_canary7Qm2",
        "GITHUB_TOKEN": "ghp_canary8Rn3",
        "COPILOT_GITHUB_TOKEN": "ghu_canary9So4",
        "OPENAI_API_KEY": "sk-canary0Tp5",
        "OPENROUTER_API_KEY": "sk-or-canary1Uq",
    }
    one_house.environ |= tokens
    one_house.server.stream(chunk("hello"), finish(), DONE)
    assert one_house.run("ask", "hi") == 0
    one_house.run("doctor")
    one_house.run("config")
    [sent, *_] = one_house.server.requests
    assert leaks_in(json.dumps([sent.headers, sent.json]).encode(), *tokens.values()) == []
    assert one_house.leaks(*tokens.values()) == []


def test_githubs_cookie_and_token_stay_where_they_are(tmp_path: Path) -> None:
    cookie, token = "canary-session-9Xw2-Kd81Qz", "canary-token-5Hs7-Pq30Zx"
    with github_chat() as github:
        house = House(tmp_path, github, "none")
        github.sessions, github.token_name = {cookie}, token
        kept = tmp_path / "kept"
        kept.write_text(f"user_session={cookie}\n")
        (house.home / "config.toml").write_text(
            f'[backends.github]\ntoken_url = "{github.token_url}"\napi_url = "{github.url}"\n'
            f'api_key_command = ["cat", "{kept}"]\n'
        )
        house.environ |= {
            "COPILOT_TUI_BACKEND": "github",
            "COPILOT_TUI_LOG": str(house.home / "log"),
        }
        assert house.run("ask", "hi") == 0

        def echo() -> str:
            """Both, the token as the next command will have it."""
            made = f"{token}-{github.token_calls + 1}"
            return f"no {cookie} and user_session={cookie}, nor GitHub-Bearer {made} ({made!r})"

        for path in (github.token_path, THREADS_PATH):
            for status in (400, 401, 403, 404, 422, 500):
                words = echo() if path == THREADS_PATH else cookie  # no token is made yet
                github.answer({"message": words, "error": words}, status=status, path=path)
                house.run("ask", "hi")
            github.answer(b"", status=302, headers={"Location": f"/login?{cookie}"}, path=path)
            house.run("ask", "hi")
        github.says(failed("exception", echo()))
        assert house.run("ask", "hi") == 1
        github.says(event({"type": "agentError", "message": echo()}))
        assert house.run("ask", "hi") == 1
        github.says(event({"type": "functionCall", "name": "x", "statusMessage": echo()}), CUT)
        assert house.run("ask", "hi") == 1
        github.says(content("half "), f"data: {echo()}\n\n".encode(), CUT)
        house.run("ask", "hi", "--conversation", "last")
        for args in (("models",), ("doctor",), ("config",), ("show", "last", "--json")):
            house.run(*args)
        sent = {request.headers.get("cookie", "") for request in github.requests}
        assert any(cookie in each for each in sent)
        used = " ".join(r.headers.get("authorization", "") for r in github.requests)
        assert f"{token}-{github.token_calls}" in used  # the echoes named tokens that were used
        assert "POST" in (house.home / "log").read_text()
        assert house.leaks(cookie, token) == []


def test_the_log_says_what_was_asked_and_no_secret(house: House) -> None:
    log = house.home / "log"
    house.server.stream(chunk("before"), finish(), DONE)
    assert house.run("ask", "a prompt of mine") == 0
    assert not log.exists()
    house.environ["COPILOT_TUI_LOG"] = str(log)
    for _ in echoes(house.server):
        house.run("ask", "a prompt of mine")
    house.server.answer({"error": KEY}, status=429, headers={"Retry-After": "0"})
    house.server.stream(chunk("a reply of mine"), finish(), DONE)
    assert house.run("ask", "hi") == 0
    said = log.read_text()
    address = f"POST {house.server.url}/v1/chat/completions"
    *_, begun, refused, taken, closed = said.splitlines()
    assert f"requests to {house.server.url}/v1 begin" in begun
    assert f"{address}: 429, after " in refused
    assert f"{address}: 200, after " in taken
    assert f"{address}: its stream was closed, after " in closed
    assert f"{address}: 401, after " in said
    assert "of mine" not in said
    assert stat.S_IMODE(log.stat().st_mode) == 0o600
    assert house.leaks(KEY) == []


def test_a_log_that_cannot_be_written_is_said_before_anything_is_asked(one_house: House) -> None:
    one_house.environ["COPILOT_TUI_LOG"] = str(one_house.home)
    assert one_house.run("ask", "hi") == 1
    assert b"cannot be written" in one_house.said
    assert b"COPILOT_TUI_LOG" in one_house.said
    assert one_house.server.requests == []


def test_a_log_that_is_full_is_begun_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("copilot_tui.backends.request_log.SIZE_LIMIT", 200)
    path = tmp_path / "log"
    for number in range(20):
        note(str(path), f"line {number}\nand \x1b[2J no more")
    kept = [each.read_text() for each in (tmp_path / "log.old", path) if each.exists()]
    assert all(len(each) < 300 for each in kept)
    assert "line 19 and [2J no more\n" in "".join(kept)


def test_everything_is_the_owners_alone_though_the_umask_forbids_nothing(one_house: House) -> None:
    one_house.server.stream(chunk("hello"), finish(), DONE, repeat=True)
    one_house.run("login", "openai", stdin=f"{KEY}\n")
    for args in (("ask", "hi"), ("list",), ("search", "hello"), ("delete", "last")):
        assert one_house.run(*args) == 0
    os_wide = [
        str(path)
        for path in one_house.home.rglob("*")
        if path.name not in ("cache", "config.toml") and stat.S_IMODE(path.lstat().st_mode) & 0o077
    ]
    assert os_wide == []


@pytest.mark.parametrize("where", ["file", "name", "said", "half", "base64", "sqlite"])
def test_a_planted_leak_is_found(one_house: House, where: str) -> None:
    assert one_house.leaks(KEY) == []
    plain = KEY.replace("/", "%2F")
    match where:
        case "file":
            (one_house.home / "log").write_text(f"key={KEY}")
        case "name":
            (one_house.home / f"x{plain.replace('+', '%2B')}").touch()
        case "said":
            one_house.said += f"key {KEY}".encode()
        case "half":
            one_house.said += f"key {KEY[:14]}…".encode()
        case "base64":
            (one_house.home / "log").write_bytes(base64.b64encode(KEY.encode()))
        case "sqlite":
            import sqlite3
            from contextlib import closing

            with closing(sqlite3.connect(one_house.home / "x.sqlite3")) as database:
                database.execute("CREATE TABLE t (x)")
                database.execute("INSERT INTO t VALUES (?)", (KEY,))
                database.commit()
    assert one_house.leaks(KEY) != []
