from __future__ import annotations

import sys
import threading
import traceback
from pathlib import Path

import pytest

from copilot_tui.config import BackendConfig
from copilot_tui.credentials import READER, api_key, server_key
from copilot_tui.errors import MissingKey

BACKEND = BackendConfig("work", base_url="https://llm.example.org/v1", api_key_env="WORK_KEY")
SERVER = BackendConfig("g4f", kind="g4f", server_key_env="G4F_KEY")
SECRET = "sk-very-secret"


def printing(code: str) -> BackendConfig:
    return BACKEND._replace(api_key_command=(sys.executable, "-c", code))


def test_the_key_comes_from_the_variable_that_is_named() -> None:
    assert api_key(BACKEND, {"WORK_KEY": SECRET}) == SECRET


def test_without_the_variable_there_is_no_key() -> None:
    assert api_key(BACKEND, {"WORK_KEY": ""}) is None


def test_the_programs_own_variable_wins() -> None:
    environ = {"WORK_KEY": "other", "COPILOT_TUI_API_KEY": SECRET}
    assert api_key(BACKEND, environ) == SECRET


def test_the_programs_own_variable_is_the_chosen_backends_alone() -> None:
    not_chosen = BACKEND._replace(is_chosen=False)
    assert api_key(not_chosen, {"COPILOT_TUI_API_KEY": SECRET}) is None
    assert api_key(not_chosen, {"COPILOT_TUI_API_KEY": SECRET, "WORK_KEY": "own"}) == "own"


def test_the_backends_own_key_does_not_go_to_another_address(tmp_path: Path) -> None:
    ran = tmp_path / "ran"
    moved = printing(f"open({str(ran)!r}, 'w')")._replace(owns_address=False)
    assert api_key(moved, {"WORK_KEY": SECRET}) is None
    assert not ran.exists()
    assert api_key(moved, {"WORK_KEY": SECRET, "COPILOT_TUI_API_KEY": "meant"}) == "meant"


def test_the_first_line_of_the_command_is_the_key() -> None:
    assert api_key(printing(f"print({SECRET!r}); print('login: me')"), {}) == SECRET


def test_the_variable_wins_over_the_command() -> None:
    assert api_key(printing("raise SystemExit(1)"), {"WORK_KEY": SECRET}) == SECRET


def test_the_command_does_not_read_the_prompt() -> None:
    assert api_key(printing("import sys; print('got' + sys.stdin.read())"), {}) == "got"


@pytest.mark.parametrize(
    ("code", "words"),
    [
        (f"print({SECRET!r}); raise SystemExit(3)", "failed with status 3"),
        (f"raise SystemExit({SECRET!r})", "failed with status 1"),
        ("print()", "printed no key"),
        ("pass", "printed no key"),
        (f"print({SECRET!r} + ' and more')", "another character"),
        (
            f"import sys; sys.stdout.buffer.write({SECRET.encode()!r} + b'\\xff')",
            "another character",
        ),
    ],
)
def test_a_command_that_fails_is_named_and_its_output_is_not(
    code: str, words: str, capfd: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(MissingKey, match=words) as caught:
        api_key(printing(code), {})
    assert "work" in str(caught.value)
    assert SECRET not in "".join(traceback.format_exception_only(caught.value))
    assert capfd.readouterr() == ("", "")


def test_a_command_that_never_ends_is_given_up() -> None:
    endless = printing(f"import time; print({SECRET!r}, flush=True); time.sleep(60)")
    with pytest.raises(MissingKey, match="no key within 1 s") as caught:
        api_key(endless, {}, timeout_s=1)
    assert SECRET not in "".join(traceback.format_exception(caught.value))


@pytest.mark.parametrize(
    "ending", ["sys.stdout.close(); os.close(1)", "os.fork() or time.sleep(9)"]
)
def test_a_command_that_holds_on_in_any_way_is_given_up(ending: str) -> None:
    if sys.platform == "win32" and "fork" in ending:
        pytest.skip("no fork there")
    code = f"import os, sys, time; print({SECRET!r}, flush=True); {ending}; time.sleep(9)"
    with pytest.raises(MissingKey, match="no key within 1 s"):
        api_key(printing(code), {}, timeout_s=1)


@pytest.mark.skipif(sys.platform == "win32", reason="no fork there")
def test_what_a_command_prints_when_it_was_given_up_disturbs_nobody(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    failed: list[object] = []
    monkeypatch.setattr(threading, "excepthook", failed.append)
    late = "import os, time; os.fork() or (time.sleep(1), print('late', flush=True))"
    with pytest.raises(MissingKey, match="no key within"):
        api_key(printing(late), {}, timeout_s=0.5)
    for thread in threading.enumerate():
        if thread.name == READER:
            thread.join(30)
    assert failed == []


def test_a_command_that_prints_without_end_is_stopped_at_once() -> None:
    endless = printing(f"while True: print({SECRET!r})")
    with pytest.raises(MissingKey, match="more than 64 kB") as caught:
        api_key(endless, {})
    assert SECRET not in "".join(traceback.format_exception(caught.value))


def test_a_command_that_does_not_exist_is_named() -> None:
    with pytest.raises(MissingKey, match="no-such-command-here"):
        api_key(BACKEND._replace(api_key_command=("no-such-command-here",)), {})


@pytest.mark.parametrize("broken", ["abc\n", "abc\r\nX-Other: 1", "a\x00b", "a b", "schlüssel"])
def test_a_key_that_cannot_stand_in_a_header_is_refused_without_repeating_it(broken: str) -> None:
    with pytest.raises(MissingKey) as caught:
        api_key(BACKEND, {"WORK_KEY": broken})
    assert "WORK_KEY" in str(caught.value)
    assert broken not in str(caught.value)
    assert "\n" not in str(caught.value)


def test_the_g4f_servers_own_key_comes_from_its_own_variable() -> None:
    environ = {"G4F_KEY": SECRET, "COPILOT_TUI_API_KEY": "the provider's"}
    assert server_key(SERVER, environ) == SECRET
    assert server_key(SERVER, {}) is None
    assert server_key(SERVER._replace(server_key_env=""), environ) is None


def test_the_g4f_servers_own_key_does_not_go_to_another_address() -> None:
    assert server_key(SERVER._replace(owns_address=False), {"G4F_KEY": SECRET}) is None


def test_a_broken_server_key_is_refused() -> None:
    with pytest.raises(MissingKey, match="G4F_KEY"):
        server_key(SERVER, {"G4F_KEY": "a\nb"})
