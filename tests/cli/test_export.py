from __future__ import annotations

import json
import os
import sys
from pathlib import Path

import pytest

from copilot_tui import document
from copilot_tui.conversation import Message, Role
from copilot_tui.formats import EXPORTS
from copilot_tui.store import Store
from tests.cli.conftest import FIRST, HARMFUL, SECOND, Program, saved


def test_one_conversation_goes_to_stdout_as_markdown(program: Program, both: Store) -> None:
    done = program.run("export", "1111")
    assert (done.status, done.stderr) == (0, "")
    assert done.stdout == EXPORTS["markdown"].dump(both.load(FIRST)).decode()
    assert program.run("export", FIRST, "-o", "-").stdout == done.stdout


def test_json_to_stdout_is_the_file_of_the_store(program: Program, both: Store) -> None:
    done = program.run("export", "last", "--format", "json")
    on_disk = (both.data_dir / "conversations" / f"{SECOND}.json").read_text()
    assert (done.status, done.stdout) == (0, on_disk)


@pytest.mark.parametrize("name", ["markdown", "json"])
def test_an_export_carries_the_exact_text(program: Program, store: Store, name: str) -> None:
    made = saved(store, FIRST, "t")
    made.messages[f"{FIRST[:8]}-reply"].content = HARMFUL
    store.save(made)
    exported = program.run("export", "last", "--format", name).stdout
    wanted = HARMFUL if name == "markdown" else json.dumps(HARMFUL, ensure_ascii=False)
    assert wanted in exported


def test_into_a_file_or_a_folder(program: Program, both: Store, tmp_path: Path) -> None:
    done = program.run("export", FIRST, "-o", str(tmp_path / "chat.md"))
    assert (done.status, done.stdout) == (0, "")
    assert done.stderr == f"exported to {tmp_path / 'chat.md'}\n"
    folder = tmp_path / "folder"
    folder.mkdir()
    program.run("export", FIRST, "-o", str(folder))
    assert (folder / "About-names-11111111.md").read_bytes() == (
        tmp_path / "chat.md"
    ).read_bytes()  # fmt: skip


@pytest.mark.parametrize("many", [["1111", "2222"], ["--all"], ["1111"]])
def test_what_a_killed_export_left_is_removed_by_the_next(
    program: Program, both: Store, tmp_path: Path, many: list[str]
) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()
    dead = folder / ".About-names-11111111.md.0123abcd.tmp"
    others = [
        folder / ".About-names-11111111.md.89abcdef.tmp",
        folder / ".of-somebody-else.md.0123abcd.tmp",
    ]
    for path in (dead, *others):
        path.write_text("half")
    for path in (dead, others[1]):
        os.utime(path, (0, 0))
    assert program.run("export", *many, "-o", str(folder)).status == 0
    assert [dead.exists(), *(path.exists() for path in others)] == [False, True, True]


def test_what_is_there_is_only_overwritten_with_force(
    program: Program, both: Store, tmp_path: Path
) -> None:
    target = tmp_path / "chat.md"
    target.write_text("mine")
    done = program.run("export", FIRST, "-o", str(target))
    assert done.status == 1
    assert "--force" in done.stderr
    assert target.read_text() == "mine"
    assert program.run("export", FIRST, "-o", str(target), "--force").status == 0
    assert "# About names" in target.read_text()
    assert [path.name for path in tmp_path.glob("*chat*")] == ["chat.md"]


def test_all_go_into_a_folder_and_can_be_read_again(
    program: Program, both: Store, tmp_path: Path
) -> None:
    folder = tmp_path / "new" / "folder"
    done = program.run("export", "--all", "--format", "json", "-o", str(folder))
    assert (done.status, done.stdout) == (0, "")
    assert done.stderr == f"exported 2 conversations to {folder}\n"
    read = {document.loads(path.read_bytes()).id: path.name for path in folder.iterdir()}
    assert read == {
        FIRST: "About-names-11111111.json",
        SECOND: "About-cities-22222222.json",
    }


def test_all_overwrites_nothing_and_says_what_was_there(
    program: Program, both: Store, tmp_path: Path
) -> None:
    program.run("export", "--all", "-o", str(tmp_path))
    (tmp_path / "About-names-11111111.md").write_text("mine")
    (tmp_path / "About-cities-22222222.md").unlink()
    done = program.run("export", "--all", "-o", str(tmp_path))
    assert done.status == 1
    assert "About-names-11111111.md is there already" in done.stderr
    assert (tmp_path / "About-names-11111111.md").read_text() == "mine"
    assert (tmp_path / "About-cities-22222222.md").exists()
    assert program.run("export", "--all", "-o", str(tmp_path), "--force").status == 0


@pytest.mark.skipif(sys.platform == "win32", reason="needs rights of files")
def test_all_is_no_failure_where_others_can_look_into_the_folder_but_that_is_said(
    program: Program, both: Store, tmp_path: Path
) -> None:
    for folder in (both.data_dir, both.data_dir / "conversations"):
        folder.chmod(0o755)
    done = program.run("export", "--all", "-o", str(tmp_path / "out"))
    assert "other users of this machine can look into" in done.stderr
    assert (done.status, len(list((tmp_path / "out").iterdir()))) == (0, 2)


def test_two_of_one_title_whose_ids_begin_alike_have_a_file_each(
    program: Program, store: Store, tmp_path: Path
) -> None:
    for id_ in (FIRST, f"{FIRST[:-1]}9"):
        saved(store, id_, "One title")
    for force in ((), ("--force",)):
        out = tmp_path / "out"
        done = program.run("export", "--all", "--format", "json", "-o", str(out), *force)
        assert done.status == 0
        assert {json.loads(each.read_bytes())["id"] for each in out.iterdir()} == {
            FIRST,
            f"{FIRST[:-1]}9",
        }


def test_all_goes_on_past_a_file_that_cannot_be_read(
    program: Program, both: Store, tmp_path: Path
) -> None:
    (both.data_dir / "conversations" / f"{SECOND}.json").write_text("{")
    folder = tmp_path / "out"
    done = program.run("export", "--all", "-o", str(folder))
    assert done.status == 1
    assert f"{SECOND}.json" in done.stderr
    assert [path.name for path in folder.iterdir()] == ["About-names-11111111.md"]


@pytest.mark.parametrize("argv", [[], ["--all"], ["last", "--all", "-o", "x"], ["1111", "2222"]])
def test_one_or_all_must_be_said(program: Program, both: Store, argv: list[str]) -> None:
    done = program.run("export", *argv)
    assert (done.status, done.stdout) == (2, "")
    assert len(done.stderr.splitlines()) == 2


def test_a_target_that_cannot_be_written_is_one_sentence(
    program: Program, both: Store, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("x")
    for target in (tmp_path / "missing" / "chat.md", tmp_path / "file" / "chat.md"):
        done = program.run("export", FIRST, "-o", str(target))
        assert (done.status, done.stdout) == (1, "")
        assert f"{target} cannot be written" in done.stderr
    done = program.run("export", "--all", "-o", str(tmp_path / "file"))
    assert (done.status, "cannot be made" in done.stderr) == (1, True)


def test_several_go_into_a_folder_that_is_made(
    program: Program, both: Store, tmp_path: Path
) -> None:
    folder = tmp_path / "new"
    done = program.run("export", "1111", "2222", "last", "--format", "html", "-o", str(folder))
    assert (done.status, done.stdout) == (0, "")
    assert done.stderr == f"exported 2 conversations to {folder}\n"
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == {
        "About-names-11111111.html": EXPORTS["html"].dump(both.load(FIRST)),
        "About-cities-22222222.html": EXPORTS["html"].dump(both.load(SECOND)),
    }


def test_with_one_id_that_does_not_exist_nothing_is_written(
    program: Program, both: Store, tmp_path: Path
) -> None:
    done = program.run("export", "1111", "9999", "-o", str(tmp_path / "new"))
    assert (done.status, (tmp_path / "new").exists()) == (1, False)
    assert "9999" in done.stderr


def test_every_branch_is_exported_if_it_is_wanted(program: Program, both: Store) -> None:
    made = both.load(FIRST)
    made.add(Message(id="2", role=Role.ASSISTANT, content="Somebody.", parent_id="11111111-prompt"))
    both.save(made)
    shown = program.run("export", FIRST, "--format", "html").stdout
    every = program.run("export", FIRST, "--format", "html", "--branches").stdout
    assert ("Heiner" in shown, "Heiner" in every) == (False, True)


def test_a_file_that_says_the_same_already_is_no_failure(
    program: Program, both: Store, tmp_path: Path
) -> None:
    command = ("export", "--all", "--format", "json", "-o", str(tmp_path / "out"))
    assert program.run(*command).status == 0
    assert program.run(*command).status == 0
    assert len(list((tmp_path / "out").iterdir())) == 2
