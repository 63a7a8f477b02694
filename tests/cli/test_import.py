from __future__ import annotations

import json
import os
import signal
import sys
from dataclasses import replace
from pathlib import Path
from uuid import uuid4

import pytest

from copilot_tui.conversation import (
    Attachment,
    Conversation,
    Message,
    Role,
    Status,
    TitleSource,
    new_id,
)
from copilot_tui.store import Store
from tests.cli.conftest import HARMFUL, PYTHON, Program, saved
from tests.formats import stores
from tests.server import PATIENCE_S


def chatgpt_file(path: Path, count: int, size: int = 10) -> Path:
    made = [
        stores.chatgpt(
            stores.node("a", "root", "user", f"Question {number}"),
            stores.node("b", "a", "assistant", "word " * size),
            conversation_id=f"c{number}",
            title=f"Talk {number}",
        )
        for number in range(count)
    ]
    return stores.write_json(path, made)


def test_everything_comes_in_and_one_report_says_what(program: Program, tmp_path: Path) -> None:
    hide = {"is_visually_hidden_from_conversation": True}
    talk = stores.chatgpt(
        stores.node("s", "root", "user", "About me", metadata=hide),
        stores.node("a", "s", "user", "Hi"),
    )
    empty = stores.chatgpt(title=f"Empty {HARMFUL}", conversation_id="e")
    path = stores.write_json(tmp_path / "conversations.json", [talk, empty])
    database = stores.make_database(tmp_path / "store.db", stores.OTERM)
    done = program.run("import", str(path), str(database))
    assert (done.status, done.stdout) == (0, "")
    assert done.stderr == (
        "2 conversations imported, 1 skipped\n"
        "left out: 1 message that its own program never shows\n"
        f"skipped: {path}: Empty ]0;tab c d: there is no message in it\n"
    )
    assert len(program.run("list").stdout.splitlines()) == 2
    again = program.run("import", str(path), str(database))
    assert again.stderr.startswith("0 conversations imported, 2 here already, 1 skipped\n")


def test_json_says_it_conversation_by_conversation(program: Program, tmp_path: Path) -> None:
    path = chatgpt_file(tmp_path / "c.json", 1)
    done = program.run("import", str(path), "--json")
    assert (done.status, done.stderr) == (0, "")
    (report,) = done.json_lines()
    (entry,) = report.pop("conversations")
    assert report == {
        "imported": 1, "merged": 0, "unchanged": 0, "skipped": 0, "hidden_messages": 0,
    }  # fmt: skip
    assert entry.pop("id") == program.last()["id"]
    assert entry == {
        "file": str(path), "program": "ChatGPT", "title": "Talk 0", "outcome": "imported",
        "why": None,
    }  # fmt: skip


def test_what_cannot_be_read_is_named_and_the_rest_comes_in(
    program: Program, tmp_path: Path
) -> None:
    broken = tmp_path / "broken.json"
    broken.write_text('[{"mapping": {}, "title": "cut')
    good = chatgpt_file(tmp_path / "good.json", 2)
    done = program.run("import", str(tmp_path / "missing"), str(broken), str(good))
    assert (done.status, done.stdout) == (1, "")
    assert done.stderr == (
        "2 conversations imported, 2 skipped\n"
        f"skipped: {tmp_path / 'missing'}: it cannot be read: No such file or directory\n"
        f"skipped: {broken}: the rest of it is no JSON: it ends in the middle\n"
    )


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no named pipes in folders")
def test_a_pipe_or_a_device_is_not_waited_for(program: Program, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    done = program.run("import", str(tmp_path / "pipe"), "/dev/zero")
    assert done.status == 1
    assert done.stderr.count("it is not a regular file") == 2


def test_without_a_file_it_is_bad_usage(program: Program) -> None:
    assert program.run("import").status == 2


def test_a_store_that_cannot_be_written_ends_it_with_the_reason(
    program: Program, tmp_path: Path
) -> None:
    path = chatgpt_file(tmp_path / "c.json", 2)
    blocked = tmp_path / "blocked"
    blocked.write_text("")
    done = program.run("import", str(path), "--data-dir", str(blocked))
    assert done.status == 1
    assert "0 conversations imported" in done.stderr
    assert "Traceback" not in done.stderr


def of_all_kinds(store: Store) -> None:
    """Conversations with everything that a document may hold."""
    branched = saved(store, str(uuid4()), "Versions", 3)
    _, first = branched.messages.values()
    branched.add(replace(first, id=new_id(), content="Another version", model="other"))
    failed = replace(first, id=new_id(), content="half", status=Status.ERROR, error="no", hint="h")
    branched.add(failed)
    gone = branched.add(Message(id=new_id(), role=Role.USER, content="gone", parent_id=first.id))
    branched.deleted.append(gone.id)
    branched.replace_messages(m for m in branched.messages.values() if m is not gone)
    branched.head = failed.id
    rich = saved(store, str(uuid4()), "\u202eTitle 名前 🙂", 4)
    rich.tags, rich.pinned, rich.archived = ["work", "Ünïcode"], True, True
    rich.title_source, rich.system = TitleSource.USER, "Be brief."
    rich.settings, rich.extra = {"temperature": 0.5, "x": None}, {"rating": {"stars": [1, 2.5]}}
    rich.add(
        Message(
            id=new_id(),
            role=Role.USER,
            content=f"{HARMFUL}\r\n",
            parent_id=rich.head,
            attachments=[
                Attachment(name="a.txt", media_type="text/plain", size=3, text="a\nb"),
                Attachment(name="p.png", media_type="image/png", size=2, data="AAE="),
            ],
            extra={"key of another version": [None, True]},
        )
    )
    rich.add(
        Message(
            id=new_id(),
            role=Role.ASSISTANT,
            content="cut",
            parent_id=rich.head,
            status=Status.PARTIAL,
            error="cut off",
            reasoning="Let me see.",
            usage={"total_tokens": 7},
            elapsed_s=1.25,
            wire={"conversation": {"thread": "t"}},
        )
    )
    empty = Conversation(id=str(uuid4()), title="", created_at="", updated_at="")
    for each in (branched, rich, empty):
        store.save(each)


def test_an_export_of_all_comes_back_the_same(
    program: Program, both: Store, tmp_path: Path
) -> None:
    of_all_kinds(both)
    out = tmp_path / "out"
    export = ("export", "--all", "--format", "json", "-o", str(out))
    assert program.run(*export).status == 0
    before = {path.name: path.read_bytes() for path in documents(both.data_dir)}
    assert len(before) == 5
    other = tmp_path / "other"
    done = program.run("import", str(out), "--data-dir", str(other))
    assert (done.status, done.stderr) == (0, "5 conversations imported\n")
    assert {path.name: path.read_bytes() for path in documents(other)} == before
    again = program.run("import", str(out), "--data-dir", str(other))
    assert again.stderr == "0 conversations imported, 5 here already\n"
    assert {path.name: path.read_bytes() for path in documents(other)} == before


def documents(data_dir: Path) -> list[Path]:
    folder = data_dir / "conversations"
    return sorted(folder.glob("*.json")) if folder.exists() else []


@pytest.mark.skipif(sys.platform == "win32", reason="needs signals")
@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGINT])
def test_an_import_that_is_ended_in_the_middle_leaves_a_whole_store_and_can_be_run_again(
    program: Program, tmp_path: Path, how: signal.Signals
) -> None:
    count = 300
    path = chatgpt_file(tmp_path / "c.json", count, size=2000)
    for wanted in (10, 30, 60):
        process = program.start("import", str(path))
        while len(documents(program.data_dir)) < wanted:
            assert process.poll() is None
        process.send_signal(how)
        _, stderr = process.communicate(timeout=PATIENCE_S)
        assert process.returncode == (130 if how is signal.SIGINT else -how)
        if how is signal.SIGINT:
            assert b"interrupted; the same command brings in the rest" in stderr
        assert b"Traceback" not in stderr
        there = documents(program.data_dir)
        assert wanted <= len(there) < count
        for document in there:
            assert len(json.loads(document.read_bytes())["messages"]) == 2
    done = program.run("import", str(path))
    assert (done.status, "here already" in done.stderr) == (0, True)
    assert len(documents(program.data_dir)) == count
    assert program.run("list").stderr == ""


@pytest.mark.skipif(sys.platform == "win32", reason="needs signals")
def test_an_export_that_is_killed_leaves_whole_files_and_can_be_run_again(
    program: Program, tmp_path: Path
) -> None:
    path = chatgpt_file(tmp_path / "c.json", 200, size=2000)
    assert program.run("import", str(path)).status == 0
    whole = sorted(document.read_bytes() for document in documents(program.data_dir))
    out = tmp_path / "out"
    command = ("export", "--all", "--format", "json", "-o", str(out))
    process = program.start(*command)
    while not out.exists() or len(list(out.glob("*.json"))) < 20:
        assert process.poll() is None
    process.kill()
    process.communicate(timeout=PATIENCE_S)
    assert all(file.read_bytes() in whole for file in out.glob("*.json"))
    assert len(list(out.glob("*.json"))) < 200
    assert program.run(*command).status == 0
    assert sorted(file.read_bytes() for file in out.glob("*.json")) == whole
    other = tmp_path / "other"
    assert program.run("import", str(out), "--data-dir", str(other)).status == 0
    assert sorted(document.read_bytes() for document in documents(other)) == whole


@pytest.mark.pty
@pytest.mark.skipif(sys.platform == "win32", reason="needs a pseudo-terminal")
def test_on_a_terminal_it_says_how_far_it_is_and_takes_the_line_away(
    program: Program, tmp_path: Path
) -> None:
    import pexpect

    path = chatgpt_file(tmp_path / f"c{'x' * 100}.json", 600, size=2000)
    command, *rest = (*PYTHON, "import", str(path))
    window = pexpect.spawn(
        command, rest, env=program.environ, encoding="utf-8", dimensions=(24, 60),
        timeout=PATIENCE_S,
    )  # fmt: skip
    window.expect(r"\r\x1b\[Kimporting: \d+ conversations \(\d+ %\), cx+\r")
    assert len(str(window.after)) == len("\r\x1b[K") + 59 + len("\r")
    window.sendintr()
    window.expect(pexpect.EOF)
    window.close()
    assert window.exitstatus == 130
    last = str(window.before).rpartition("\r\x1b[K")[2]
    assert last.endswith("imported\r\ninterrupted; the same command brings in the rest\r\n")
