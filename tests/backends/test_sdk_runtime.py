"""Finding sign-ins, the SDK and the CLI, and what the CLI is told. Only stubs are started."""

from __future__ import annotations

import sys
from pathlib import Path
from types import ModuleType

import pytest

from copilot_tui.backends.sdk import runtime, sign_in
from copilot_tui.backends.sdk.sign_in import SignIn
from copilot_tui.config import BackendConfig
from copilot_tui.errors import ConnectionFailed

GITHUB = BackendConfig("copilot", kind="copilot-sdk")
OWN = GITHUB._replace(base_url="http://127.0.0.1:9/v1")


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("HOME", "USERPROFILE", "XDG_DATA_HOME", "XDG_CACHE_HOME", "LOCALAPPDATA"):
        monkeypatch.setenv(name, str(tmp_path))
    return tmp_path


def find(environ: dict[str, str], key: str | None = None, config: BackendConfig = GITHUB) -> SignIn:
    return sign_in.find(config, lambda _: key, environ)


def signed_in(folder: Path) -> Path:
    folder.mkdir(parents=True)
    (folder / "config.json").write_text('// User settings\n{"lastLoggedInUser": {"login": "me"}}')
    return folder


@pytest.mark.usefixtures("home")
def test_tokens_are_found_in_the_clis_own_order() -> None:
    every = {"COPILOT_GITHUB_TOKEN": "gho_1", "GH_TOKEN": "gho_2", "GITHUB_TOKEN": "gho_3"}
    for name in list(every):
        found = find(every)
        assert (found.token, found.notice) == (every[name], f"signed in to Copilot with {name}")
        del every[name]
    assert find(every).token is None


@pytest.mark.usefixtures("home")
def test_what_login_keeps_wins_over_what_is_found() -> None:
    assert find({"GH_TOKEN": "gho_1"}, key="kept") == SignIn("kept", sign_in.own_home())


@pytest.mark.usefixtures("home")
def test_a_classic_token_that_is_there_for_others_is_passed_over() -> None:
    assert find({"GH_TOKEN": "ghp_1", "GITHUB_TOKEN": "github_pat_2"}).token == "github_pat_2"


@pytest.mark.usefixtures("home")
def test_no_sign_in_to_github_goes_to_ones_own_server() -> None:
    assert find({"GH_TOKEN": "gho_1"}, config=OWN).token is None


def test_the_clis_own_sign_in_is_found_in_its_folder(home: Path) -> None:
    theirs = signed_in(home / ".copilot")
    assert find({}) == SignIn(None, theirs, "the Copilot CLI's own sign-in")
    other = signed_in(home / "elsewhere")
    assert find({"COPILOT_HOME": str(other)}).home == other


def test_what_login_copilot_made_wins_over_the_clis_own(home: Path) -> None:
    signed_in(home / ".copilot")
    ours = signed_in(sign_in.own_home())
    assert find({}) == SignIn(None, ours)


def test_the_cli_is_told_nothing_of_other_peoples_keys() -> None:
    environ = {
        "PATH": "/bin",
        "HTTPS_PROXY": "http://proxy:3128",
        "GH_TOKEN": "s1",
        "GITHUB_TOKEN": "s2",
        "COPILOT_GITHUB_TOKEN": "s3",
        "COPILOT_TUI_API_KEY": "s4",
        "OPENAI_API_KEY": "s5",
        "COPILOT_PROVIDER_BASE_URL": "http://elsewhere",
        "COPILOT_ALLOW_ALL": "true",
    }
    told = runtime.environment(GITHUB, environ, cache=None)
    assert told == {
        "PATH": "/bin",
        "HTTPS_PROXY": "http://proxy:3128",
        "COPILOT_AUTO_UPDATE": "false",
    }


def test_for_ones_own_server_the_cli_is_offline_but_for_it() -> None:
    told = runtime.environment(OWN, {}, cache=Path("/cache"))
    assert told["COPILOT_OFFLINE"] == "true"
    assert told["COPILOT_PROVIDER_BASE_URL"] == OWN.base_url
    assert told["COPILOT_CACHE_HOME"] == str(Path("/cache"))


def test_the_proxy_and_the_certificates_are_the_backends() -> None:
    config = GITHUB._replace(proxy="http://p:1", ca_file="/ca.pem")
    told = runtime.environment(config, {"HTTPS_PROXY": "http://other:2"}, cache=None)
    assert told["HTTPS_PROXY"] == told["http_proxy"] == "http://p:1"
    assert told["NODE_EXTRA_CA_CERTS"] == "/ca.pem"


def program(folder: Path, name: str, code: str = "") -> str:
    folder.mkdir(exist_ok=True)
    path = folder / name
    path.write_text(f"#!{sys.executable}\n{code}")
    path.chmod(0o755)
    return str(path)


@pytest.mark.skipif(sys.platform == "win32", reason="programs have suffixes there")
def test_the_cli_is_the_named_one_else_that_of_path_else_the_sdks(tmp_path: Path) -> None:
    on_path = program(tmp_path / "bin", "copilot")
    named = program(tmp_path / "other", "mine")
    path = {"PATH": str(tmp_path / "bin")}
    assert runtime.cli_paths({**path, "COPILOT_CLI_PATH": named}) == [named]
    assert runtime.cli_paths(path) == [on_path, None]
    assert runtime.cli_paths({"PATH": ""}) == [None]


def test_a_cli_that_is_named_and_missing_is_said() -> None:
    with pytest.raises(ConnectionFailed, match=r"no Copilot CLI at /no/where") as caught:
        runtime.cli_paths({"COPILOT_CLI_PATH": "/no/where", "PATH": ""})
    assert "npm install -g @github/copilot" in caught.value.hint


async def test_without_the_sdk_it_is_said_how_to_get_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "copilot", None)
    with pytest.raises(ConnectionFailed, match="needs GitHub's Copilot SDK") as caught:
        await runtime.start(GITHUB, SignIn(None, tmp_path), {})
    assert 'pip install "copilot-tui[copilot]"' in caught.value.hint


async def test_an_sdk_that_is_too_old_is_said_with_what_updates_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = ModuleType("copilot")
    vars(old)["CopilotClient"] = object
    monkeypatch.setitem(sys.modules, "copilot", old)
    with pytest.raises(ConnectionFailed, match="SDK is too old") as caught:
        await runtime.start(GITHUB, SignIn(None, tmp_path), {})
    assert "pip install --upgrade github-copilot-sdk" in caught.value.hint


# An SDK that is a stand-in, with real folders


SDK = """
import os, types

class RuntimeConnection:
    @staticmethod
    def for_stdio(*, path=None):
        return types.SimpleNamespace(path=path)

class CopilotClient:
    made = []

    def __init__(self, **options):
        self.options = options
        self.stopped = 0
        CopilotClient.made.append(self)

    async def start(self):
        said = os.environ.get("TEST_SDK_SAYS")
        if said or self.options["connection"].path:
            raise RuntimeError(said or "CLI process exited with code 1")

    async def force_stop(self):
        self.stopped += 1
"""


@pytest.fixture
def stub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "sdk").mkdir()
    (tmp_path / "sdk" / "copilot.py").write_text(SDK)
    monkeypatch.syspath_prepend(str(tmp_path / "sdk"))
    monkeypatch.delitem(sys.modules, "copilot", raising=False)
    monkeypatch.setenv("COPILOT_SKIP_CLI_DOWNLOAD", "1")


@pytest.mark.usefixtures("stub", "home")
@pytest.mark.skipif(sys.platform == "win32", reason="programs have suffixes there")
async def test_another_program_of_this_name_on_path_gives_way_to_the_sdks_cli(
    tmp_path: Path,
) -> None:
    program(tmp_path / "bin", "copilot")
    folder = tmp_path / "own" / "copilot-cli"
    client = await runtime.start(GITHUB, SignIn("gho_1", folder), {"PATH": str(tmp_path / "bin")})
    first, second = vars(sys.modules["copilot"])["CopilotClient"].made
    assert (first.stopped, second.stopped) == (1, 0)
    assert client is second
    options = vars(second)["options"]
    assert options["github_token"] == "gho_1"
    assert options["use_logged_in_user"] is False
    assert options["base_directory"] == options["working_directory"] == str(folder)
    assert "copilot-tui" in options["env"]["COPILOT_CACHE_HOME"]
    assert folder.stat().st_mode & 0o777 == 0o700


@pytest.mark.usefixtures("stub", "home")
@pytest.mark.parametrize(
    ("says", "words", "step"),
    [
        ("CLI not found", "there is no Copilot CLI that starts", "npm install"),
        (
            "SDK protocol version mismatch: SDK supports versions 3-3, but server reports 2",
            "do not understand each other",
            "pip install --upgrade",
        ),
    ],
)
async def test_a_cli_that_does_not_start_is_said_with_the_next_step(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, says: str, words: str, step: str
) -> None:
    monkeypatch.setenv("TEST_SDK_SAYS", says)
    with pytest.raises(ConnectionFailed, match=words) as caught:
        await runtime.start(GITHUB, SignIn(None, tmp_path), {"PATH": ""})
    assert step in caught.value.hint
    (made,) = vars(sys.modules["copilot"])["CopilotClient"].made
    assert made.stopped == 1
    assert made.options["use_logged_in_user"] is True


@pytest.mark.usefixtures("stub", "home")
async def test_a_folder_that_cannot_be_made_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(ConnectionFailed, match="cannot be made: Not a directory"):
        await runtime.start(GITHUB, SignIn(None, tmp_path / "file" / "home"), {"PATH": ""})


def test_options_that_this_sdk_does_not_have_are_left_out() -> None:
    def newer(*, session_id: str, enable_skills: bool = True) -> None:
        assert session_id
        assert enable_skills

    wanted = {"enable_skills": False, "of_tomorrow": 1}
    assert runtime.accepted(newer, wanted) == {"enable_skills": False}
