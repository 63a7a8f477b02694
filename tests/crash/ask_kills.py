"""`ask` and the other commands, killed in the midst of their work."""

from __future__ import annotations

import os
import subprocess
import threading
import time
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Final

from copilot_tui import document
from copilot_tui.conversation import Conversation, new_conversation, utc_now
from tests.crash.app_kills import age_indexes, assert_kept
from tests.crash.paced import Sending
from tests.crash.room import Room, replies_to
from tests.server import PATIENCE_S
from tests.store.samples import add_turn

IMPORTED: Final = 40
"""Conversations of an import."""


def started(room: Room, *args: str, sending: Sending | None = None) -> subprocess.Popen[bytes]:
    """A command whose output nobody keeps."""
    return subprocess.Popen(
        (*room.command(sending), *args),
        env=room.environ,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


def killed(
    room: Room,
    process: subprocess.Popen[bytes],
    most: float,
    *,
    least: float = 0.0,
    after: threading.Event | None = None,
) -> tuple[float, bool]:
    """Kill it at a random moment; when that was, and whether it had done its work before."""
    if after is not None:
        assert after.wait(PATIENCE_S), "it never came so far"
    delay = room.random.uniform(least, most)
    try:
        process.wait(delay)
    except subprocess.TimeoutExpired:
        room.landed += 1
    killed_at = time.monotonic()
    process.kill()
    return killed_at, process.wait(PATIENCE_S) == 0


def done(room: Room, *args: str) -> str:
    """Run a command to its end; what it printed."""
    began = time.monotonic()
    ended = subprocess.run(
        (*room.command(), *args), env=room.environ, capture_output=True, text=True, timeout=60
    )
    room.took_s[args[0]] = time.monotonic() - began
    assert (ended.returncode, "Traceback" in ended.stderr) == (0, False), ended.stderr
    return ended.stdout


def killed_in(room: Room, *args: str) -> bool:
    """Kill a command in its work, for which it needs as long as the last of its name; whether it
    had done it before.
    """
    took_s = room.took_s[args[0]]
    return killed(room, started(room, *args), 0.95 * took_s, least=0.4 * took_s)[1]


def ask_sending(room: Room, number: int) -> None:
    """The program starts, saves the prompt and asks."""
    sending, prompt = Sending(room.random, 0), f"question {number} to send"
    killed(room, started(room, "ask", prompt, sending=sending), 0.6, least=0.05)
    was_asked = sending.asked.is_set()
    sending.over.set()
    is_there = replies_to(prompt, room.look()) != []
    assert is_there or not was_asked
    if is_there:
        room.claims[f"question {number}"] = lambda seen: replies_to(prompt, seen) != []


def ask_streaming(room: Room, number: int) -> None:
    """A reply comes; or it came, and the server fell silent in its middle."""
    silent_after = room.random.choice((None, room.random.randrange(1, 40)))
    sending = Sending(Random(room.random.random()), silent_after)
    _in_a_reply(room, f"question {number} to stream", sending, sending.begun, 1.4)


def ask_saving(room: Room, number: int) -> None:
    """A reply ends, and is saved."""
    sending = Sending(Random(room.random.random()), None, room.random.randrange(1, 12))
    _in_a_reply(room, f"question {number} to save", sending, sending.is_whole, 0.04)


def _in_a_reply(
    room: Room, prompt: str, sending: Sending, event: threading.Event, most: float
) -> None:
    to = ("--conversation", room.random.choice(room.stock)) if room.random.random() < 0.5 else ()
    process = started(room, "ask", prompt, *to, sending=sending)
    killed_at, was_done = killed(room, process, most, after=event)
    sending.over.set()
    assert_kept(room, sending, prompt, killed_at)
    if was_done:
        assert replies_to(prompt, room.look()) == [sending.before(float("inf"))]


def renaming(room: Room, number: int) -> None:
    """A conversation gets another title."""
    id_, before, title = room.random.choice(room.stock), f"old name {number}", f"name {number}"
    done(room, "rename", id_, before)
    was_done = killed_in(room, "rename", id_, title)
    found = room.look().listed[id_].title
    assert found in ([title] if was_done else [before, title])


def deleting(room: Room, number: int) -> None:
    """A conversation goes to the trash."""
    _moving(room, "delete", "listed", "trashed")


def restoring(room: Room, number: int) -> None:
    """A conversation comes back from the trash."""
    _moving(room, "restore", "trashed", "listed")


def _moving(room: Room, command: str, source: str, target: str) -> None:
    id_ = room.random.choice(room.stock)
    done(room, "delete", id_)
    done(room, "restore", id_)
    if source == "trashed":
        done(room, "delete", id_)
    was_done = killed_in(room, command, id_)
    seen = room.look()
    places = [name for name in ("listed", "trashed") if id_ in vars(seen)[name]]
    assert places in ([[target]] if was_done else [[source], [target]])
    if id_ in seen.trashed:
        done(room, "restore", id_)


def upgrading(room: Room, number: int) -> None:
    """The indexes are of another version, and are made anew."""
    done(room, "list")
    done(room, "search", "stock")
    age_indexes(room)
    killed_in(room, *room.random.choice((("list",), ("search", "stock"))))
    listed = done(room, "list")
    assert all(id_ in listed for id_ in room.stock)
    assert done(room, "search", "reply of stock") != ""


def importing(room: Room, number: int) -> None:
    """Many conversations come in."""
    first = _exported(room, f"first import {number}")[0]
    done(room, "import", str(first))
    folder, made = _exported(room, f"import {number}")
    killed_in(room, "import", str(folder))
    seen = room.look()
    for conversation in made:
        found = seen.listed.get(conversation.id)
        assert found is None or found.messages == conversation.messages
    done(room, "import", str(folder))
    assert {each.id for each in made} <= room.look().listed.keys()
    store = room.open()
    for row in store.summaries():  # the next kills need not carry them along
        if row.title.startswith(("import", "first")):
            (room.folder / "data" / "conversations" / f"{row.id}.json").unlink()
    store.close()


def _exported(room: Room, name: str) -> tuple[Path, list[Conversation]]:
    """A folder with conversations to import."""
    folder = room.folder / name
    folder.mkdir()
    made = []
    for each in range(IMPORTED):
        conversation = new_conversation(now=utc_now())
        conversation.title = f"{name} {each}"
        add_turn(conversation, f"prompt {each} of {name}", "word " * 200)
        (folder / f"{each}.json").write_bytes(document.dumps(conversation))
        made.append(conversation)
    return folder, made


def exporting(room: Room, number: int) -> None:
    """All conversations go out."""
    whole, folder = room.folder / f"whole {number}", room.folder / f"export {number}"
    done(room, "export", "--all", "-o", str(whole))
    killed_in(room, "export", "--all", "-o", str(folder))
    wanted = _files(whole)
    for name, content in (_files(folder) if folder.is_dir() else {}).items():
        assert name.startswith(".") or content == wanted[name], name
    for leftover in folder.glob(".*"):
        os.utime(leftover, (0, 0))
    done(room, "export", "--all", "-o", str(folder))
    assert _files(folder) == wanted


def _files(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


ASK_KILLS: Final[tuple[Callable[[Room, int], None], ...]] = (
    ask_sending,
    ask_streaming,
    ask_saving,
    renaming,
    deleting,
    restoring,
    upgrading,
    importing,
    exporting,
)
