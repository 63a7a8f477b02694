from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from copilot_tui.store import Store
from tests.cli.conftest import FIRST, SECOND, Program
from tests.server import Server, chunk, finish
from tests.store import broken


@pytest.fixture
def ruins(both: Store, data_dir: Path) -> Path:
    """Two good conversations among everything that can be wrong."""
    folder = data_dir / "conversations"
    broken.plant(folder)
    if sys.platform != "win32":
        broken.plant_oddities(folder)
    for below in ("journal", "drafts", "state"):
        (data_dir / below).mkdir(mode=0o700, exist_ok=True)
        for name in (f"{FIRST}.json", f"{FIRST}.{FIRST}.jsonl", "x.json", ".x.tmp"):
            (data_dir / below / name).write_bytes(b"\xff\x00[broken")
    return folder


def test_every_command_works_for_the_rest(
    asking: Program, server: Server, ruins: Path, tmp_path: Path
) -> None:
    before = broken.fingerprints(ruins)

    listed = asking.run("list")
    assert listed.status == 0
    assert {FIRST, SECOND} < {line.partition("\t")[0] for line in listed.stdout.splitlines()}
    for number in range(len(broken.UNREADABLE)):
        assert broken.UNREADABLE_ID.format(number) in listed.stderr
    assert "x.json" in listed.stderr
    assert not set("\x1b\x07\x00") & set(listed.stdout + listed.stderr)

    shown = asking.run("show", FIRST)
    assert (shown.status, "Heiner" in shown.stdout) == (0, True)
    for number in range(len(broken.READABLE)):
        shown = asking.run("show", broken.READABLE_ID.format(number))
        assert shown.status == 0, shown.stderr
        assert "fault" not in shown.stderr

    found = asking.run("search", "Heiner")
    assert found.status == 0
    assert len(found.stdout.splitlines()) == 2

    exported = asking.run("export", "--all", "-o", str(tmp_path / "out"))
    assert exported.status == 1  # what could not be read is missing
    assert "fault" not in exported.stderr
    texts = [each.read_text("utf-8", "replace") for each in (tmp_path / "out").iterdir()]
    assert sum("Heiner" in text for text in texts) == 2
    assert len(texts) == 2 + len(broken.READABLE)

    server.stream(chunk("still here"), finish())
    asked = asking.run("ask", "--conversation", FIRST, "and now?")
    assert (asked.status, asked.stdout) == (0, "still here\n")

    after = broken.fingerprints(ruins)
    assert {name for name in after if after[name] != before.get(name)} == {f"{FIRST}.json"}


def test_ask_refuses_a_broken_conversation_in_one_line(asking: Program, ruins: Path) -> None:
    for number in range(0, len(broken.UNREADABLE), 5):
        id_ = broken.UNREADABLE_ID.format(number)
        before = (ruins / f"{id_}.json").read_bytes()
        done = asking.run("ask", "--json", "--conversation", id_, "x")
        assert done.status == 1
        assert f"{id_}.json cannot be read" in done.stderr
        assert json.loads(done.stdout)["type"] == "error"
        assert (ruins / f"{id_}.json").read_bytes() == before
