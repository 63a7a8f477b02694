from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from copilot_tui.conversation import Conversation
from copilot_tui.store import Store

posix = pytest.mark.skipif(sys.platform == "win32", reason="flock is POSIX's")

WITHOUT_FLOCK = """
import errno, fcntl, os, signal, sys
from pathlib import Path

def flock(*_):
    raise OSError(errno.ENOSYS, os.strerror(errno.ENOSYS))

fcntl.flock = flock
from copilot_tui.store import Store
store = Store(Path(sys.argv[1]), Path(sys.argv[2]))
store.rename(sys.argv[3], sys.argv[4])
[print(problem) for problem in store.problems()]
sys.stdout.flush()
if sys.argv[4] == "dies":
    with store._locks.held(sys.argv[3]):
        os.kill(os.getpid(), signal.SIGKILL)
"""


def rename_without_flock(
    store: Store, id_: str, cache: Path, title: str
) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", WITHOUT_FLOCK, str(store.data_dir), str(cache), id_, title]
    return subprocess.run(command, capture_output=True, text=True, timeout=60)


@posix
def test_a_file_system_without_locks_is_worked_with_and_said_in_our_own_words(
    store: Store, conversation: Conversation, cache_dir: Path
) -> None:
    store.save(conversation)
    done = rename_without_flock(store, conversation.id, cache_dir, "renamed")
    assert done.stderr == ""
    assert done.stdout == (
        f"the file system of {store.data_dir} has no locks; files stand for them\n"
    )
    assert store.load(conversation.id).title == "renamed"
    assert store.problems() == []


@posix
def test_what_stands_for_the_lock_of_a_dead_process_does_not_block(
    store: Store, conversation: Conversation, cache_dir: Path
) -> None:
    store.save(conversation)
    assert rename_without_flock(store, conversation.id, cache_dir, "dies").returncode == -9
    assert list((store.data_dir / "locks").glob("*.held")) != []
    assert rename_without_flock(store, conversation.id, cache_dir, "lives").returncode == 0
    assert store.load(conversation.id).title == "lives"


@posix
@pytest.mark.parametrize(("mode", "is_said"), [(0o700, False), (0o755, True), (0o711, True)])
def test_a_store_that_others_can_look_into_is_said_with_the_cure(
    store: Store, conversation: Conversation, mode: int, is_said: bool
) -> None:
    store.save(conversation)
    for folder in (store.data_dir, store.data_dir / "conversations"):
        folder.chmod(mode)
    store.summaries()
    problems = [f"{problem}: {problem.hint}" for problem in store.problems()]
    expected = (
        f"other users of this machine can look into {store.data_dir}: "
        f"Keep them out with: chmod -R go= {store.data_dir}"
    )
    assert problems == [expected] * is_said
    subprocess.run(["chmod", "-R", "go=", str(store.data_dir)], check=True)
    assert store.problems() == []
