from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from copilot_tui.conversation import Message, Role
from copilot_tui.store import Store
from tests.cli.conftest import FIRST, HARMFUL, SECOND, Program, saved


def test_a_hit_is_a_line_with_what_is_needed_to_open_it(program: Program, both: Store) -> None:
    done = program.run("search", "heiner", "YOU", environ={"TZ": "UTC"})
    assert (done.status, done.stderr) == (0, "")
    assert done.stdout == (
        f"{SECOND}\t2026-11-21 06:02\tassistant\tAbout cities\tYou are *Heiner*.\n"
        f"{FIRST}\t2026-11-21 06:01\tassistant\tAbout names\tYou are *Heiner*.\n"
    )
    assert program.run("show", done.stdout.split("\t")[0]).status == 0


def test_json_is_an_array_with_the_promised_keys(program: Program, both: Store) -> None:
    [found] = program.run("search", "--json", "tag:none", "x").json_lines()
    assert found == []
    [found] = program.run("search", "heiner", "--json", "--limit", "1").json_lines()
    assert found == [
        {
            "conversation_id": SECOND,
            "message_id": "22222222-reply",
            "title": "About cities",
            "role": "assistant",
            "created_at": "2026-11-21T06:02:00.000Z",
            "snippet": "You are *Heiner*.",
        }
    ]
    [found] = program.run("search", "in:title", "names", "--json").json_lines()
    assert [(hit["message_id"], hit["role"]) for hit in found] == [(None, "title")]


def test_nothing_found_is_no_failure_and_is_said_beside_the_data(program: Program) -> None:
    done = program.run("search", "x")
    assert (done.status, done.stdout, done.stderr) == (0, "", "nothing found\n")
    assert program.run("search", "x", "--json").stdout == "[]\n"


def test_a_filter_that_there_is_not_is_named_with_those_that_there_are(
    program: Program, both: Store
) -> None:
    done = program.run("search", "from:you", "heiner")
    assert (done.status, done.stdout) == (0, "")
    assert "from:you is no filter; there are: in:title from:me" in done.stderr
    done = program.run("search", "heiner", "after:2026-13-01", "--json")
    assert len(done.json_lines()[0]) == 2
    assert "after:2026-13-01 is no filter" in done.stderr
    assert "filter" not in program.run("search", "from:me", "http://x.y").stderr
    assert "title:x is no filter" in program.run("search", "title:x").stderr
    saved(both, "33333333-0000-4000-8000-000000000000", "title:x")
    assert program.run("search", "title:x").stderr == ""


@pytest.mark.parametrize(
    ("argv", "said"),
    [
        (["search"], "QUERY"),
        (["search", ""], "there is nothing to look for"),
        (["search", " ", "tag:"], "there is nothing to look for"),
        (["search", "x", "--limit", "0"], "--limit wants a number from 1 on"),
    ],
)
def test_a_search_for_nothing_is_bad_usage(program: Program, argv: list[str], said: str) -> None:
    done = program.run(*argv)
    assert (done.status, done.stdout) == (2, "")
    assert said in done.stderr


@pytest.mark.parametrize("words", ["c++", "it's", '"', "AND", "**", "-x" * 5000, "NEAR(", "\\"])
def test_whatever_is_looked_for_is_no_error(program: Program, both: Store, words: str) -> None:
    done = program.run("search", "--", words)
    assert (done.status, done.stdout, done.stderr) == (0, "", "nothing found\n")


def test_the_best_come_first_if_wanted(program: Program, store: Store) -> None:
    made = saved(store, FIRST, "t")
    for number, text in enumerate(("cat and cat", "concatenation of many other words")):
        made.add(Message(id=str(number), role=Role.USER, content=text, parent_id=made.head))
    store.save(made)
    [found] = program.run("search", "cat", "--json").json_lines()
    assert [hit["message_id"] for hit in found] == ["1", "0"]
    [found] = program.run("search", "cat", "--json", "--best").json_lines()
    assert [hit["message_id"] for hit in found] == ["0", "1"]


def test_plain_hits_carry_nothing_that_controls_a_terminal(program: Program, store: Store) -> None:
    made = saved(store, FIRST, f"title {HARMFUL}")
    made.add(Message(id="h", role=Role.USER, content=f"harmful {HARMFUL}", parent_id=made.head))
    store.save(made)
    done = program.run("search", "harmful")
    assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", done.stdout)
    assert len(done.stdout.splitlines()) == 1
    [[hit]] = program.run("search", "harmful", "--json").json_lines()
    assert hit["title"] == f"title {HARMFUL}"


def test_what_was_changed_deleted_or_restored_meanwhile_is_found_as_it_is(
    program: Program, both: Store, data_dir: Path
) -> None:
    assert len(program.run("search", "heiner").stdout.splitlines()) == 2
    program.run("delete", FIRST)
    assert program.run("search", "heiner").stdout.startswith(SECOND)
    program.run("restore", FIRST)
    assert len(program.run("search", "heiner").stdout.splitlines()) == 2
    path = data_dir / "conversations" / f"{FIRST}.json"
    document = json.loads(path.read_bytes())
    document["messages"][1]["content"] = "You are Hedwig."
    path.write_text(json.dumps(document, indent=1))
    assert program.run("search", "hedwig").stdout.startswith(FIRST)
    program.run("rename", SECOND, "A new name")
    assert "A new name" in program.run("search", "heiner").stdout


def test_a_file_that_cannot_be_read_is_named_and_the_others_are_searched(
    program: Program, both: Store, data_dir: Path
) -> None:
    (data_dir / "conversations" / f"{SECOND}.json").write_text("{broken")
    done = program.run("search", "heiner")
    assert (done.status, done.stdout.startswith(FIRST)) == (0, True)
    assert f"{SECOND}.json" in done.stderr


def test_an_index_that_is_no_database_is_made_anew(
    program: Program, both: Store, tmp_path: Path
) -> None:
    first = program.run("search", "heiner")
    paths = list((tmp_path / "cache").rglob("search-*.sqlite3"))
    assert len(paths) == 1
    paths[0].write_bytes(b"no database" * 1000)
    assert program.run("search", "heiner") == first


def test_a_reader_that_has_had_enough_ends_it_in_silence(program: Program, both: Store) -> None:
    process = program.start("search", "heiner")
    assert process.stdout is not None
    assert process.stderr is not None
    process.stdout.close()
    assert process.stderr.read() == b""
    assert process.wait() in (0, 141)


IN_SMALL_STEPS = """
import sys
from copilot_tui.__main__ import run
from copilot_tui.store import search
search.BATCH_PAGES = 1
sys.argv[1:] = ["search", "heiner", "--limit", "1"]
sys.exit(run())
"""
SENTENCE = "reading 2 conversations; the next search is quick"


@pytest.mark.usefixtures("both")
def test_the_first_search_says_in_one_sentence_that_it_reads(program: Program) -> None:
    ended = subprocess.run(
        [sys.executable, "-c", IN_SMALL_STEPS], env=program.environ, capture_output=True, text=True
    )
    assert (ended.returncode, ended.stderr) == (0, f"{SENTENCE}\n")
    assert "*Heiner*" in ended.stdout


@pytest.mark.skipif(sys.platform == "win32", reason="there are no pseudo-terminals")
@pytest.mark.pty
@pytest.mark.usefixtures("both")
def test_the_first_search_counts_on_a_terminal_and_takes_the_count_away(program: Program) -> None:
    import pexpect

    child: pexpect.spawn[bytes] = pexpect.spawn(
        sys.executable, ["-c", IN_SMALL_STEPS], env=program.environ
    )
    shown = child.read().decode()
    child.close()
    assert child.exitstatus == 0
    before, _, after = shown.partition(f"{SENTENCE}\r\n\r\x1b[K1 of 2\r\x1b[K2 of 2\r\x1b[K")
    assert before == ""
    assert "*Heiner*" in after
