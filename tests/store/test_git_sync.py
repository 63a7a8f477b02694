"""A store in git: two machines that push and pull the conversations, and nothing else."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from copilot_tui.conversation import new_conversation, utc_now
from copilot_tui.store import Draft, Store
from tests.store.samples import add_turn

pytestmark = pytest.mark.skipif(shutil.which("git") is None, reason="there is no git")

IGNORED = "journal/\ndrafts/\nstate/\nlocks/\ntrash/\n.*.tmp\n"
ATTRIBUTES = "conversations/*.json merge=copilot-tui\n"
DRIVER = (
    'd=$(mktemp -d) && {0} --data-dir "$d" import %A %B && '
    '{0} --data-dir "$d" export last --format json --force -o %A; '
    's=$?; rm -rf "$d"; exit $s'
)


class Machine:
    """One clone of the folder, with the program on it."""

    def __init__(self, folder: Path, home: Path) -> None:
        self.folder = folder
        self._environ = {
            "PATH": os.environ["PATH"],
            "HOME": str(home),
            "XDG_CACHE_HOME": str(home / "cache"),
            "GIT_CONFIG_NOSYSTEM": "1",
        }
        self.store = Store(folder, home / folder.name)

    def git(self, *words: str) -> str:
        command = ("git", "-c", "user.name=T", "-c", "user.email=t@example.org", *words)
        done = subprocess.run(
            command,
            cwd=self.folder,
            env=self._environ,
            capture_output=True,
            text=True,
            umask=0o077,  # git keeps no modes, and nobody else may look into the store
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def commit(self) -> None:
        self.git("add", "-A")
        self.git("commit", "-qm", "sync")

    def use_driver(self) -> None:
        program = f"{sys.executable} -m copilot_tui"
        self.git("config", "merge.copilot-tui.driver", DRIVER.format(program))


def test_two_machines_write_one_conversation_and_git_brings_both_sides_together(
    tmp_path: Path,
) -> None:
    bare = tmp_path / "bare.git"
    subprocess.run(["git", "init", "-q", "--bare", "-b", "main", str(bare)], check=True)
    folder = tmp_path / "one"
    folder.mkdir(mode=0o700)
    one = Machine(folder, tmp_path)
    one.git("init", "-q", "-b", "main")
    (folder / ".gitignore").write_text(IGNORED)
    (folder / ".gitattributes").write_text(ATTRIBUTES)
    one.use_driver()
    conversation = new_conversation(now=utc_now())
    add_turn(conversation, "the question", "the answer")
    one.store.save(conversation)
    one.store.save_draft(conversation.id, Draft("not for others"))
    one.commit()
    one.git("remote", "add", "origin", str(bare))
    one.git("push", "-q", "-u", "origin", "main")
    one.git("clone", "-q", str(bare), str(tmp_path / "two"))
    two = Machine(tmp_path / "two", tmp_path)
    two.use_driver()
    assert two.store.load(conversation.id) == conversation
    assert two.store.drafts() == []

    for machine, name in ((one, "one"), (two, "two")):
        loaded = machine.store.load(conversation.id)
        add_turn(loaded, f"typed on {name}", f"answered on {name}")
        loaded.touch(utc_now())
        machine.store.save(loaded)
        machine.commit()
    one.git("push", "-q")
    two.git("pull", "-q", "--no-rebase", "--no-edit")
    two.git("push", "-q")
    one.git("pull", "-q", "--no-rebase", "--no-edit")

    wanted = {"typed on one", "answered on one", "typed on two", "answered on two"}
    for machine in (one, two):
        merged = machine.store.load(conversation.id)
        assert wanted <= {message.content for message in merged.messages.values()}
        assert machine.git("status", "--porcelain") == ""
        machine.store.summaries()
        assert machine.store.problems() == []
    assert one.store.load(conversation.id) == two.store.load(conversation.id)
