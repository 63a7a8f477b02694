from __future__ import annotations

import json
import re
import sys
from pathlib import Path

import pytest

from copilot_tui.conversation import Message, Role, Status
from copilot_tui.store import Store
from tests.cli.conftest import FIRST, HARMFUL, SECOND, Program, saved


def test_the_list_shows_the_newest_first_in_local_time(program: Program, both: Store) -> None:
    done = program.run("list", environ={"TZ": "Asia/Kolkata"})
    assert (done.status, done.stderr) == (0, "")
    assert done.stdout == (
        f"{SECOND}\t2026-11-21 11:32\tAbout cities\t2\n{FIRST}\t2026-11-21 11:31\tAbout names\t2\n"
    )


def test_the_list_as_json_is_an_array_with_the_promised_keys(program: Program, both: Store) -> None:
    (listed,) = program.run("list", "--json").json_lines()
    assert [each["id"] for each in listed] == [SECOND, FIRST]
    assert listed[1] == {
        "id": FIRST,
        "title": "About names",
        "created_at": "2026-11-21T06:01:00.000Z",
        "updated_at": "2026-11-21T06:01:00.000Z",
        "backend": "g4f",
        "model": "gpt-4o",
        "messages": 2,
        "pinned": False,
        "tags": [],
    }


def test_an_empty_list_is_empty_and_says_so_beside_it(program: Program) -> None:
    done = program.run("list")
    assert (done.status, done.stdout, done.stderr) == (0, "", "no conversations yet\n")
    assert program.run("list", "--json").stdout == "[]\n"


def test_a_file_that_cannot_be_read_is_named_and_the_others_are_listed(
    program: Program, both: Store, data_dir: Path
) -> None:
    broken = data_dir / "conversations" / f"{SECOND}.json"
    broken.write_text("{broken")
    done = program.run("list")
    assert done.stdout.splitlines()[0].startswith(FIRST)
    assert f"{SECOND}.json" in done.stderr
    assert broken.read_text() == "{broken"
    shown = program.run("show", SECOND)
    assert (shown.status, shown.stdout) == (1, "")
    assert f"{SECOND}.json" in shown.stderr


def test_show_is_readable(program: Program, both: Store) -> None:
    done = program.run("show", "1111", environ={"TZ": "UTC"})
    assert (done.status, done.stderr) == (0, "")
    assert done.stdout == (
        "About names\n2026-11-21 06:01 · g4f · gpt-4o\n\n"
        "You:\nWho am I?\n\nReply (gpt-4o):\nYou are *Heiner*.\n"
    )


def test_show_tells_versions_failures_and_the_system_prompt(program: Program, store: Store) -> None:
    made = saved(store, FIRST, "t")
    made.system = "Be kind"
    prompt = next(iter(made.messages))
    other = Message(id="other", role=Role.ASSISTANT, content="You", parent_id=prompt)
    other.status, other.error = Status.PARTIAL, "cut off: the end"
    made.add(other)
    store.save(made)
    text = program.run("show", "last").stdout
    assert "\nSystem prompt:\nBe kind\n" in text
    assert text.endswith("\nReply (version 2 of 2):\nYou\n[cut off: the end]\n")


def test_show_as_json_is_the_document(program: Program, both: Store) -> None:
    (shown,) = program.run("show", "last", "--json").json_lines()
    on_disk = json.loads((both.data_dir / "conversations" / f"{SECOND}.json").read_text())
    assert shown == on_disk


def test_no_command_lets_a_text_control_the_terminal(program: Program, store: Store) -> None:
    made = saved(store, FIRST, HARMFUL)
    made.messages[f"{FIRST[:8]}-reply"].content = HARMFUL
    made.messages[f"{FIRST[:8]}-reply"].model = HARMFUL
    made.model = made.system = HARMFUL
    store.save(made)
    for command in (["list"], ["show", "last"]):
        text = program.run(*command).stdout
        assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", text)
    (exact,) = program.run("show", "last", "--json").json_lines()
    assert exact["title"] == exact["system"] == HARMFUL


def test_rename_gives_a_title_that_stays(program: Program, both: Store) -> None:
    done = program.run("rename", "1111", "  My\nnew \x1btitle ")
    assert (done.status, done.stdout, done.stderr) == (0, "", "")
    (shown,) = program.run("show", FIRST, "--json").json_lines()
    assert (shown["title"], shown["title_source"]) == ("My new title", "user")


def test_an_empty_title_is_bad_usage(program: Program, both: Store) -> None:
    done = program.run("rename", "1111", " \n")
    assert (done.status, done.stderr) == (2, "copilot-tui: the title is empty\n")


def test_delete_moves_to_the_trash_and_restore_brings_back(program: Program, both: Store) -> None:
    done = program.run("delete", "1111", SECOND, FIRST)
    assert (done.status, done.stdout) == (0, "")
    assert f"copilot-tui restore {FIRST}" in done.stderr
    assert program.run("list").stdout == ""
    gone = program.run("show", FIRST)
    assert (gone.status, gone.stdout) == (1, "")
    assert "trash" in gone.stderr
    assert program.run("restore", "1111").status == 0
    assert program.run("list").stdout.startswith(FIRST)
    assert program.run("restore", "1111").status == 1


@pytest.mark.parametrize("id_", ["ffffffff", "111", "nope"])
def test_restore_says_where_deleted_conversations_are_listed(
    program: Program, both: Store, id_: str
) -> None:
    done = program.run("restore", id_)
    assert done.status == 1
    assert done.stderr.endswith("See what was deleted with: copilot-tui list --trash\n")


def test_the_trash_is_listed_as_the_conversations_are(program: Program, both: Store) -> None:
    assert program.run("list", "--trash").stderr == "the trash is empty\n"
    program.run("delete", FIRST)
    done = program.run("list", "--trash", environ={"TZ": "UTC"})
    assert (done.status, done.stderr) == (0, "")
    assert done.stdout == f"{FIRST}\t2026-11-21 06:01\tAbout names\t2\n"
    (listed,) = program.run("list", "--trash", "--json").json_lines()
    assert [each["id"] for each in listed] == [FIRST]
    assert FIRST not in program.run("list").stdout


def test_restoring_the_last_of_an_empty_trash_says_so(program: Program, both: Store) -> None:
    done = program.run("restore", "last")
    assert (done.status, done.stderr) == (1, "copilot-tui: the trash is empty\n")


def test_delete_looks_up_all_ids_before_it_deletes_any(program: Program, both: Store) -> None:
    done = program.run("delete", FIRST, "ffffffff")
    assert done.status == 1
    assert "ffffffff" in done.stderr
    assert len(program.run("list").stdout.splitlines()) == 2


@pytest.mark.parametrize("command", ["show", "export", "delete", "restore", "rename"])
@pytest.mark.parametrize("id_", ["ffffffff", "111", "../../etc/passwd", "x" * 5000, "", "a\x1bb"])
def test_an_id_that_does_not_exist_is_one_line_and_status_1(
    program: Program, both: Store, command: str, id_: str
) -> None:
    done = program.run(command, id_, *(["title"] if command == "rename" else []))
    assert (done.status, done.stdout) == (1, "")
    assert len(done.stderr.splitlines()) <= 2
    assert "fault" not in done.stderr
    assert "\x1b" not in done.stderr


def test_last_of_an_empty_store_is_status_1_and_an_object_in_json(program: Program) -> None:
    done = program.run("show", "last", "--json")
    (failure,) = done.json_lines()
    assert (done.status, failure["type"]) == (1, "error")
    assert failure["message"] in done.stderr


def test_a_configuration_that_is_wrong_is_named_with_its_line(
    program: Program, tmp_path: Path
) -> None:
    file = tmp_path / "c.toml"
    file.write_text("\nmodell = 'x'")
    done = program.run("list", "--config", str(file))
    assert (done.status, done.stdout) == (2, "")
    assert done.stderr == (
        f"copilot-tui: {file}, line 2: unknown key modell; did you mean model?\n"
    )


def test_the_app_without_a_terminal_is_one_line_and_status_2(program: Program) -> None:
    for argv in ([], ["--demo"], ["--prompt", "hi"], ["--continue"]):
        done = program.run(*argv)
        assert (done.status, done.stdout) == (2, "")
        assert done.stderr == (
            "copilot-tui: the app needs a terminal; in a pipe or a script use: copilot-tui ask\n"
        )


@pytest.mark.parametrize(
    "argv", [["--prompt", " "], ["--continue", "--private"], ["nonsense"], ["--nonsense"]]
)
def test_bad_usage_of_the_app_is_status_2(program: Program, argv: list[str]) -> None:
    done = program.run(*argv)
    assert (done.status, done.stdout) == (2, "")
    assert len(done.stderr.splitlines()) <= 2


@pytest.mark.skipif(sys.platform == "win32", reason="sh of POSIX")
def test_a_reader_of_the_list_that_goes_away_ends_it_in_silence(
    program: Program, both: Store
) -> None:
    process = program.start("show", "last", "--json")
    assert process.stdout is not None
    assert process.stderr is not None
    process.stdout.close()
    assert process.wait() in {0, 141}
    assert process.stderr.read() == b""
