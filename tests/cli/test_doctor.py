from __future__ import annotations

import base64
import errno
import json
import os
import socket
import sqlite3
import stat
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from copilot_tui.backends.accounts import Account, Quota
from copilot_tui.backends.github.backend import GithubWeb
from copilot_tui.checkup import sign_in
from copilot_tui.checkup.server import answers
from copilot_tui.config import BackendConfig, load
from copilot_tui.conversation import new_id
from copilot_tui.store import Store
from tests.cli.conftest import FIRST, PYTHON, SECOND, Ended, Program
from tests.fakes import FakeBackend
from tests.mocks.github_chat import github_chat
from tests.server import HANG, PATIENCE_S, Server, is_readable
from tests.store import broken

posix = pytest.mark.skipif(sys.platform == "win32", reason="modes and terminals of POSIX")
MODELS = {"object": "list", "data": [{"id": "small"}, {"id": "large"}]}


def doctor(program: Program, *args: str, **environ: str) -> list[dict[str, Any]]:
    """The report as JSON; its exit status is that of the lines."""
    done = program.run("doctor", "--json", *args, environ=environ)
    (lines,) = done.json_lines()
    assert done.status == (0 if all(line["ok"] for line in lines) else 1)
    assert "Traceback" not in done.stderr
    return list(lines)


def demo(program: Program, *args: str, **environ: str) -> list[dict[str, Any]]:
    return doctor(program, "--backend", "demo", *args, **environ)


def wrong_in(lines: list[dict[str, Any]], subject: str) -> str:
    """The only thing that is wrong with this subject."""
    (found,) = [line for line in lines if line["subject"] == subject and not line["ok"]]
    return f"{found['message']} | {found['hint']} | {' '.join(found['details'])}"


def all_ok(lines: list[dict[str, Any]]) -> bool:
    return all(line["ok"] for line in lines)


def test_where_all_is_well_every_line_says_ok_and_the_status_is_0(
    program: Program, both: Store
) -> None:
    done = program.run("doctor", "--backend", "demo")
    assert (done.status, done.stderr) == (0, "")
    lines = done.stdout.splitlines()
    assert all(line.startswith("ok     ") for line in lines)
    subjects = [line.split()[1] for line in lines]
    assert list(dict.fromkeys(subjects)) == [
        "configuration", "store", "index", "terminal", "clipboard", "proxy", "backend",
        "sign-in", "versions",
    ]  # fmt: skip
    assert "2 conversations" in done.stdout


def test_nothing_is_made_by_looking(program: Program, data_dir: Path, tmp_path: Path) -> None:
    before = sorted(tmp_path.rglob("*"))
    assert all_ok(demo(program))
    assert not data_dir.exists()
    assert sorted(tmp_path.rglob("*")) == before


def test_a_configuration_that_is_wrong_is_the_first_line_and_hides_nothing_else(
    program: Program, tmp_path: Path
) -> None:
    file = tmp_path / "c.toml"
    file.write_text('modell = "x"\n')
    lines = doctor(program, "--config", str(file))
    assert lines[0]["subject"] == "configuration"
    said = wrong_in(lines, "configuration")
    assert f"{file}, line 1: unknown key modell; did you mean model?" in said
    assert {"terminal", "versions"} < {line["subject"] for line in lines}


def test_a_key_of_the_app_that_does_not_exist_is_named(program: Program, tmp_path: Path) -> None:
    file = tmp_path / "c.toml"
    file.write_text('[keys]\nneww = "ctrl+k"\n')
    said = wrong_in(demo(program, "--config", str(file)), "configuration")
    assert "neww" in said
    assert "did you mean new?" in said
    file.write_text('[keys]\nnew = "ctrl+k"\n')
    assert all_ok(demo(program, "--config", str(file)))


# The store


def test_every_file_that_cannot_be_read_is_named_and_stays_as_it_is(
    program: Program, both: Store, data_dir: Path
) -> None:
    folder = data_dir / "conversations"
    planted = broken.plant(folder)
    for name in planted:
        (folder / name).chmod(0o600)
    before = {name: (folder / name).read_bytes() for name in planted}
    lines = demo(program)
    (unreadable,) = [line for line in lines if "cannot be read" in line["message"]]
    named = " ".join(unreadable["details"])
    for number in range(len(broken.UNREADABLE)):
        assert broken.UNREADABLE_ID.format(number) in named
    for number in range(len(broken.READABLE)):
        assert broken.READABLE_ID.format(number) not in named
    demo(program, "--repair")
    after = {name: (folder / name).read_bytes() for name in planted}
    changed = {planted[name] for name in planted if before[name] != after[name]}
    assert changed == {
        "parents that are gone",
        "a cycle",
        "its own parent",
        "a cycle beside the branch",
        "a head that is gone",
        "a head of null",
        "NUL and control characters",
        "half surrogates",
    }


TREES: dict[str, tuple[dict[str, Any], str, list[str]]] = {
    "a head that is gone": (
        {"messages": broken.messages(("a", None), ("b", "a")), "head": "gone"},
        "where its shown branch ends",
        ["a", "b"],
    ),
    "a parent that is gone": (
        {"messages": broken.messages(("a", None), ("c", "gone"), ("d", "c")), "head": "d"},
        "follow one which is not there",
        ["a", "c", "d"],
    ),
    "a first message without its parent": (
        {"messages": broken.messages(("a", "gone"), ("b", "a")), "head": "b"},
        "follow one which is not there",
        ["a", "b"],
    ),
    "a parent that is gone above a later one": (
        {"messages": broken.messages(("b", "a"), ("a", "gone")), "head": "b"},
        "follow one which is not there",
        ["a", "b"],
    ),
    "a circle": (
        {"messages": broken.messages(("a", "c"), ("b", "a"), ("c", "b")), "head": "c"},
        "in a circle",
        ["a", "b", "c"],
    ),
    "everything at once": (
        {"messages": broken.messages(("a", "a"), ("b", "gone"), ("c", "b")), "head": "none"},
        "in a circle",
        ["a", "b", "c"],
    ),
}


@pytest.mark.parametrize("what", TREES)
def test_a_broken_tree_is_mended_after_a_backup(
    program: Program, both: Store, data_dir: Path, what: str
) -> None:
    fields, said, branch = TREES[what]
    folder = data_dir / "conversations"
    path = folder / f"{new_id()}.json"
    path.write_bytes(broken.encoded(path.stem, **fields))
    path.chmod(0o600)
    before = path.read_bytes()
    lines = demo(program)
    assert any(said in line["message"] for line in lines if not line["ok"])
    assert path.read_bytes() == before
    done = program.run("doctor", "--repair", "--backend", "demo")
    assert (done.status, f"mended: {path}" in done.stderr) == (0, True)
    (backup,) = folder.glob(f"{path.name}.before-repair*")
    assert backup.read_bytes() == before
    assert stat.S_IMODE(backup.stat().st_mode) & 0o077 == 0 or sys.platform == "win32"
    mended = both.load(path.stem)
    assert [message.id for message in mended.path()] == branch
    assert all_ok(demo(program))
    again = program.run("doctor", "--repair", "--backend", "demo")
    assert (again.status, again.stderr) == (0, "there was nothing to repair\n")


@posix
def test_what_others_can_read_is_said_and_closed(
    program: Program, both: Store, data_dir: Path
) -> None:
    folder = data_dir / "conversations"
    folder.chmod(0o755)
    (folder / f"{FIRST}.json").chmod(0o644)
    said = wrong_in(demo(program), "store")
    assert "can be read by others" in said
    assert f"{FIRST}.json" in said
    assert SECOND not in said
    assert "copilot-tui doctor --repair" in said
    assert all_ok(demo(program, "--repair"))
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert stat.S_IMODE((folder / f"{FIRST}.json").stat().st_mode) == 0o600


@posix
def test_a_folder_that_holds_other_things_too_is_left_as_it_is(
    program: Program, both: Store, data_dir: Path
) -> None:
    data_dir.chmod(0o755)
    (data_dir / "holiday.jpg").write_text("mine")
    assert all_ok(demo(program, "--repair"))
    assert stat.S_IMODE(data_dir.stat().st_mode) == 0o755
    (data_dir / "holiday.jpg").unlink()
    assert "can be read by others" in wrong_in(demo(program), "store")


def test_a_leftover_is_said_and_removed_and_a_fresh_one_is_not(
    program: Program, both: Store, data_dir: Path
) -> None:
    folder = data_dir / "conversations"
    old, fresh = (folder / f".{FIRST}.json.{n}.abcd.tmp" for n in (1, 2))
    for path in (old, fresh):
        path.write_text("half")
        path.chmod(0o600)
    os.utime(old, (0, 0))
    said = wrong_in(demo(program), "store")
    assert old.name in said
    assert fresh.name not in said
    assert all_ok(demo(program, "--repair"))
    assert not old.exists()


@pytest.mark.parametrize(
    "ending",
    [
        ".sync-conflict-20261121-060000-ABCDEFG",
        " (Heiner's conflicted copy 2026-11-21)",
        "-LAPTOP",
        " (1)",
    ],
)
def test_a_second_version_of_a_sync_tool_is_recognised(
    program: Program, both: Store, data_dir: Path, ending: str
) -> None:
    path = data_dir / "conversations" / f"{FIRST}{ending}.json"
    path.write_bytes(broken.encoded(FIRST))
    path.chmod(0o600)
    said = wrong_in(demo(program), "store")
    assert path.name in said
    assert "copilot-tui import" in said
    before = path.read_bytes()
    demo(program, "--repair")
    assert path.read_bytes() == before


def test_a_conflict_copy_that_was_merged_and_lies_in_the_trash_is_nothing_wrong(
    program: Program, both: Store, data_dir: Path
) -> None:
    copy = data_dir / "conversations" / f"{FIRST}.sync-conflict-20261121-060000-ABCDEFG.json"
    copy.write_bytes((data_dir / "conversations" / f"{FIRST}.json").read_bytes())
    copy.chmod(0o600)
    wrong_in(demo(program), "store")
    both.merge_copy(copy.name)
    assert (data_dir / "trash" / copy.name).exists()
    assert all_ok(demo(program))


def test_a_broken_journal_is_named(program: Program, both: Store, data_dir: Path) -> None:
    folder = data_dir / "journal"
    folder.mkdir(mode=0o700, exist_ok=True)
    journal = folder / f"{FIRST}.{SECOND}.jsonl"
    journal.write_bytes(b"[]\n")
    journal.chmod(0o600)
    assert journal.name in wrong_in(demo(program), "store")


def test_a_store_that_is_a_file_is_said(program: Program, data_dir: Path) -> None:
    data_dir.write_text("in the way")
    assert "is no folder" in wrong_in(demo(program), "store")


def test_a_document_of_a_newer_version_is_nothing_wrong(
    program: Program, both: Store, data_dir: Path
) -> None:
    path = data_dir / "conversations" / f"{new_id()}.json"
    path.write_bytes(broken.encoded(path.stem, version=9, head="gone"))
    path.chmod(0o600)
    assert all_ok(demo(program, "--repair"))


# The index


def corrupt(path: Path) -> None:
    path.write_bytes(b"this is no database" * 1000)


def age(path: Path) -> None:
    with closing(sqlite3.connect(path)) as database:
        database.execute("PRAGMA user_version = 99")


@pytest.mark.parametrize(
    ("damage", "why"), [(corrupt, "is damaged"), (age, "is of a newer version")]
)
def test_an_index_that_is_good_for_nothing_is_said_and_rebuilt(
    program: Program, both: Store, tmp_path: Path, damage: Callable[[Path], None], why: str
) -> None:
    program.run("search", "Heiner")
    listed = program.run("list").stdout
    indexes = [*(tmp_path / "cache").rglob("*.sqlite3")]
    assert len(indexes) == 2
    assert all_ok(demo(program))
    for path in indexes:
        damage(path)
        said = wrong_in(demo(program), "index")
        assert why in said
        assert "rebuilt" in said
        assert all_ok(demo(program, "--repair"))
        damage(path)
        found = program.run("search", "Heiner")
        assert (found.status, len(found.stdout.splitlines())) == (0, 2)
        assert program.run("list").stdout == listed
        assert all_ok(demo(program))


def test_a_locked_index_is_said(program: Program, both: Store, tmp_path: Path) -> None:
    program.run("list")
    (path,) = (tmp_path / "cache").rglob("*.sqlite3")
    with closing(sqlite3.connect(path)) as database:
        database.execute("PRAGMA journal_mode = DELETE")
        database.execute("BEGIN EXCLUSIVE")
        assert "is locked" in wrong_in(demo(program), "index")
        assert len(program.run("list").stdout.splitlines()) == 2


# Proxy, certificates and backend


def ask(program: Program, server: Server, *args: str, **environ: str) -> list[dict[str, Any]]:
    url = f"{server.url}/v1"
    return doctor(program, "--backend", "openai", "--base-url", url, *args, **environ)


def test_a_backend_that_answers_is_ok_with_its_model(program: Program, server: Server) -> None:
    server.answer(MODELS, path="/v1/models", repeat=True)
    lines = ask(program, server, "--model", "large", COPILOT_TUI_API_KEY="canary-7f3a")
    assert all_ok(lines)
    assert "canary-7f3a" not in json.dumps(lines)
    assert "COPILOT_TUI_API_KEY" in json.dumps(lines)
    assert server.requests[0].headers["authorization"] == "Bearer canary-7f3a"
    said = wrong_in(ask(program, server, "--model", "lareg", COPILOT_TUI_API_KEY="k"), "backend")
    assert "no model lareg; did you mean large?" in said
    assert "copilot-tui models" in said


def test_a_key_that_is_refused_is_said_and_not_shown(program: Program, server: Server) -> None:
    server.answer({"error": {"message": "bad key canary-7f3a"}}, status=401, repeat=True)
    lines = ask(program, server, COPILOT_TUI_API_KEY="canary-7f3a")
    said = wrong_in(lines, "backend")
    assert "401" in said
    assert "copilot-tui login openai" in said
    assert "canary-7f3a" not in json.dumps(lines)


def test_a_server_without_a_list_is_reachable_and_no_more_is_said(
    program: Program, server: Server
) -> None:
    server.answer({}, status=404, repeat=True)
    lines = ask(program, server, COPILOT_TUI_API_KEY="k")
    assert all_ok(lines)
    assert "not verified" in json.dumps(lines)


def test_a_server_that_lists_nothing_cannot_answer(program: Program, server: Server) -> None:
    server.answer({"object": "list", "data": []}, repeat=True)
    assert "no model" in wrong_in(ask(program, server, COPILOT_TUI_API_KEY="k"), "backend")


def test_a_backend_that_is_not_there_is_said_with_what_starts_it(program: Program) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    said = wrong_in(doctor(program, "--base-url", f"http://127.0.0.1:{port}/v1"), "backend")
    assert "connection refused" in said
    assert "g4f api --bind" in said


def test_a_server_that_hangs_costs_seconds_and_is_said(
    server: Server, data_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from copilot_tui.checkup import server as checked

    monkeypatch.setattr(checked, "READ_S", 0.2)
    server.raw(HANG)
    config = load({"backend": "llamacpp", "base_url": f"{server.url}/v1"}, {})
    (finding,) = checked.examine(config.backend)
    assert not finding.is_ok
    assert "stayed silent" in finding.text


def test_a_key_command_that_hangs_ends_with_its_time(
    program: Program, server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from copilot_tui.checkup import server as checked

    monkeypatch.setattr(checked, "MOST_S", 0.2)
    file = tmp_path / "c.toml"
    command = json.dumps([sys.executable, "-c", "import time; time.sleep(5)"])
    file.write_text(f'[backends.x]\nbase_url = "{server.url}/v1"\napi_key_command = {command}\n')
    config = load({"config": str(file), "backend": "x"}, {})
    started = time.monotonic()
    (finding,) = checked.examine(config.backend)
    assert time.monotonic() - started < 4.5
    assert "was not ready within" in finding.text


def test_a_backend_that_wants_a_sign_in_says_how(program: Program) -> None:
    for name in ("github", "openai"):
        lines = doctor(program, "--backend", name, "--proxy", "http://127.0.0.1:1")
        wrong = [line for line in lines if not line["ok"]]
        assert {line["subject"] for line in wrong} >= {"backend", "sign-in", "proxy"}
        signs = [line["hint"] for line in wrong if line["subject"] == "sign-in"]
        assert signs == [f"copilot-tui login {name}"]


def test_the_sdk_that_is_not_installed_is_said_with_the_command(
    program: Program, tmp_path: Path
) -> None:
    (tmp_path / "none").mkdir()
    (tmp_path / "none" / "copilot.py").write_text("raise ImportError\n")
    lines = doctor(
        program, "--backend", "copilot", PYTHONPATH=str(tmp_path / "none"), GH_TOKEN="gho_canary"
    )
    said = wrong_in(lines, "backend")
    assert "pip install" in said
    assert "GH_TOKEN" in json.dumps(lines)
    assert "gho_canary" not in json.dumps(lines)


def test_a_proxy_that_does_not_answer_is_said(program: Program, server: Server) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    lines = ask(program, server, "--proxy", f"http://user:secret@127.0.0.1:{port}")
    assert f"http://127.0.0.1:{port}" in wrong_in(lines, "proxy")
    assert "secret" not in json.dumps(lines)


def test_certificates_that_cannot_be_read_are_said(program: Program, tmp_path: Path) -> None:
    said = wrong_in(demo_at(program, tmp_path / "none.pem"), "certificates")
    assert "SSL_CERT_FILE must name a PEM file" in said


def demo_at(program: Program, certificates: Path) -> list[dict[str, Any]]:
    return doctor(program, "--base-url", "http://127.0.0.1:1/v1", SSL_CERT_FILE=str(certificates))


# Sign-ins


@posix
def test_what_login_keeps_is_named_and_its_file_closed(
    program: Program, server: Server, tmp_path: Path
) -> None:
    folder = tmp_path / "config" / "copilot-tui"
    folder.mkdir(parents=True)
    file = folder / "credentials.json"
    entry = {"address": server.url, "in": "file", "secret": "canary-7f3a"}
    file.write_text(json.dumps({"version": 1, "sign_ins": {"work": entry}}))
    file.chmod(0o644)
    lines = demo(program)
    assert str(file) in wrong_in(lines, "sign-in")
    assert "work" in json.dumps(lines)
    assert "canary-7f3a" not in json.dumps(lines)
    assert all_ok(demo(program, "--repair"))
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    file.write_text("broken")
    assert "is not what copilot-tui login wrote" in wrong_in(demo(program), "sign-in")


@posix
def test_a_file_of_sign_ins_that_cannot_be_closed_is_said_and_stops_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "config.toml").touch()
    loaded = load({"config": str(tmp_path / "config.toml")}, {})
    loaded.credentials_file.touch(mode=0o644)

    def refuse(path: Path, mode: int) -> None:
        raise PermissionError(errno.EPERM, "Operation not permitted")

    monkeypatch.setattr(Path, "chmod", refuse)  # as with a file of another user
    assert list(sign_in.repair(loaded)) == [
        f"{loaded.credentials_file} stays open to others: Operation not permitted"
    ]


def test_keys_in_the_environment_are_named_and_never_shown(program: Program) -> None:
    done = program.run(
        "doctor", "--backend", "demo",
        environ={"OPENAI_API_KEY": "canary-1", "GITHUB_TOKEN": "canary-2"},
    )  # fmt: skip
    assert "OPENAI_API_KEY, GITHUB_TOKEN" in done.stdout
    assert "canary" not in done.stdout + done.stderr


# The terminal


def in_terminal(program: Program, answer: Callable[[bytes], bytes], **environ: str) -> Ended:
    """Run doctor in a pseudo-terminal that answers questions like this."""
    import pty
    import termios

    master, slave = pty.openpty()
    termios.tcsetwinsize(slave, (30, 100))
    before = termios.tcgetattr(slave)
    process = subprocess.Popen(
        (*PYTHON, "doctor", "--backend", "demo"),
        stdin=slave,
        stdout=slave,
        stderr=subprocess.PIPE,
        env={**program.environ, "TERM": "xterm-256color", **environ},
    )
    said = b""
    until = time.monotonic() + 3 * PATIENCE_S
    while time.monotonic() < until:
        if not is_readable(master, 0.05):
            if process.poll() is not None:
                break
            continue
        piece = os.read(master, 65536)
        said += piece
        if back := answer(piece):
            os.write(master, back)
    _, errors = process.communicate(timeout=PATIENCE_S)
    assert termios.tcgetattr(slave) == before
    os.close(master)
    os.close(slave)
    return Ended(process.returncode, said.decode(), errors.decode())


class FakeTerminal:
    """Knows the questions, and has a clipboard."""

    def __init__(self, clipboard: str | None, *, keeps: bool = True) -> None:
        self.clipboard = clipboard and base64.b64encode(clipboard.encode()).decode()
        self.keeps = keeps

    def __call__(self, asked: bytes) -> bytes:
        said = b""
        for question in asked.decode().split("\x1b"):
            if question == "[?u":
                said += b"\x1b[?1u"
            elif question.startswith("]52;c;?") and self.clipboard is not None:
                said += f"\x1b]52;c;{self.clipboard}\x1b\\".encode()
            elif question.startswith("]52;c;") and not question.startswith("]52;c;?"):
                if self.keeps:
                    self.clipboard = question.removeprefix("]52;c;")
            elif question == "[c":
                said += b"\x1b[?62;22c"
        return said


@posix
def test_a_terminal_that_answers_is_verified_and_left_as_it_was(program: Program) -> None:
    terminal = FakeTerminal("what was copied before")
    done = in_terminal(program, terminal, COLORTERM="truecolor")
    assert done.status == 0
    assert "16 million colours, 100 by 30 cells, Shift+Enter is told apart" in done.stdout
    assert "(OSC 52), verified" in done.stdout
    assert terminal.clipboard is not None
    assert base64.b64decode(terminal.clipboard) == b"what was copied before"


@posix
def test_a_terminal_that_does_not_tell_its_clipboard_is_not_verified(program: Program) -> None:
    done = in_terminal(program, FakeTerminal(None))
    assert done.status == 0
    assert "(OSC 52), not verified" in done.stdout


@posix
def test_a_terminal_that_keeps_nothing_is_said(program: Program) -> None:
    done = in_terminal(program, FakeTerminal("old", keeps=False))
    assert (done.status, "did not give back" in done.stdout) == (1, True)


@posix
def test_a_terminal_that_never_answers_costs_a_second(program: Program) -> None:
    done = in_terminal(program, lambda _: b"")
    assert done.status == 0
    assert "it answers no questions" in done.stdout


@posix
def test_a_dumb_terminal_is_asked_nothing_and_said(program: Program) -> None:
    done = in_terminal(program, lambda _: b"", TERM="dumb")
    assert (done.status, "\x1b" in done.stdout) == (1, False)
    assert "export TERM=xterm-256color" in done.stdout


def test_a_hostile_name_reaches_no_terminal(program: Program, both: Store, data_dir: Path) -> None:
    if sys.platform == "win32":
        pytest.skip("no such names there")
    path = data_dir / "conversations" / "\x1b]0;x\x07\u202e.json"
    path.write_text("{}")
    path.chmod(0o600)
    done = program.run("doctor", "--backend", "demo")
    assert done.status == 1
    assert not {"\x1b", "\x07", "\u202e"} & set(done.stdout + done.stderr)


# What is left, and what is not known


@pytest.mark.parametrize(
    ("used", "is_ok", "words"),
    [(290, True, "10 of 300 premium requests left"), (300, False, "no premium requests left")],
)
async def test_what_is_left_of_a_quota_is_a_line(used: float, is_ok: bool, words: str) -> None:
    backend = FakeBackend()
    backend.account_is = Account("octocat", quota=(Quota("premium requests", used, 300),))
    config = BackendConfig("copilot", kind="copilot-sdk")
    answered, left = await answers(backend, config)
    assert "signed in as octocat; it lists 2 models" in answered.text
    assert (left.is_ok, left.text) == (is_ok, words)
    assert bool(left.cure) is not is_ok


async def test_a_model_is_not_called_wrong_by_a_list_that_is_not_the_services(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("COPILOT_TUI_API_KEY", "user_session=session-secret")
    with github_chat() as github:
        config = BackendConfig(
            "github",
            kind="github-web",
            model="brand-new",
            base_url=github.url,
            token_url=github.token_url,
            api_url=github.url,
        )
        backend = GithubWeb(config)
        try:
            (finding,) = await answers(backend, config)
        finally:
            await backend.aclose()
    assert finding.is_ok
    assert "lists no models, and none is verified" in finding.text
