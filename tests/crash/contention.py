"""Many programs on one store at once: every turn is there, and once."""

from __future__ import annotations

import subprocess
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Final

from copilot_tui.conversation import Status
from tests.crash.paced import Sending
from tests.crash.room import Room
from tests.server import PATIENCE_S

AT_ONCE: Final = 20
DELTAS: Final = 3


@dataclass(frozen=True)
class Asked:
    """One turn of a program of its own."""

    prompt: str
    status: int
    said: str
    reply: str


def ask(room: Room, prompt: str, *to: str) -> Asked:
    """`ask`, to its end."""
    sending = Sending(room.random, None, DELTAS)
    command = (*room.command(sending), "ask", prompt, *to)
    ended = subprocess.run(
        command, env=room.environ, capture_output=True, text=True, timeout=PATIENCE_S * 4
    )
    return Asked(prompt, ended.returncode, ended.stderr, sending.before(float("inf")))


def run(room: Room, *args: str) -> subprocess.CompletedProcess[str]:
    """A command without a server, to its end."""
    return subprocess.run(
        (*room.command(), *args),
        env=room.environ,
        capture_output=True,
        text=True,
        timeout=PATIENCE_S * 4,
    )


def all_at_once(work: Sequence[Callable[[], object]], at_once: int = AT_ONCE) -> list[object]:
    """Do all of it, as many at a time as are named; what came of each."""
    with ThreadPoolExecutor(at_once) as threads:
        return [each.result() for each in [threads.submit(one) for one in work]]


def assert_each_turn_is_there_once(room: Room, asked: Sequence[Asked]) -> None:
    """Every prompt that was answered is in the store with its whole reply, and none is twice."""
    assert [(each.status, each.said) for each in asked] == [(0, "")] * len(asked)
    seen = room.look()
    turns: Counter[tuple[str, str, Status]] = Counter()
    for conversation in (*seen.listed.values(), *seen.trashed.values()):
        for message in conversation.messages.values():
            prompt = conversation.messages.get(message.parent_id or "")
            if prompt is not None:
                turns[prompt.content, message.content, message.status] += 1
    for each in asked:
        assert turns[each.prompt, each.reply, Status.COMPLETE] == 1, each.prompt
    prompts = Counter(prompt for prompt, _, _ in turns)
    assert [prompts[each.prompt] for each in asked] == [1] * len(asked)


def on_one_conversation(room: Room, times: int) -> None:
    """So many `ask` on one conversation, while it is renamed, deleted and brought back."""
    id_ = room.stock[0]
    others = [
        lambda: run(room, "rename", id_, "another title"),
        lambda: (run(room, "delete", id_), run(room, "restore", id_)),
        lambda: run(room, "list"),
        lambda: run(room, "search", "stock"),
    ]
    asking = [lambda n=n: ask(room, f"{n} on one", "--conversation", id_) for n in range(times)]
    found = all_at_once([*asking[: times // 2], others[0], *asking[times // 2 :], *others[2:]])
    asked = [each for each in found if isinstance(each, Asked)]
    assert len(asked) == times
    assert_each_turn_is_there_once(room, asked)
    seen = room.look()
    assert seen.listed[id_].title == "another title"
    assert len(seen.listed[id_].messages) == 2 + 2 * times
    _with_a_deletion(room, id_, times)


def _with_a_deletion(room: Room, id_: str, times: int) -> None:
    """Those that load it while it is in the trash say so, and those that write to it then do."""

    def gone_and_back() -> list[subprocess.CompletedProcess[str]]:
        return [run(room, "delete", id_), run(room, "restore", id_)]

    asking = [
        lambda n=n: ask(room, f"{n} with a deletion", "--conversation", id_) for n in range(times)
    ]
    found = all_at_once([*asking[:2], gone_and_back, *asking[2:]])
    asked = [each for each in found if isinstance(each, Asked)]
    moved = next(each for each in found if isinstance(each, list))
    assert [each.returncode for each in moved] == [0, 0], moved
    refused = [each for each in asked if each.status]
    assert all("is in the trash" in each.said for each in refused), refused
    done = [Asked(each.prompt, 0, "", each.reply) for each in asked if not each.status]
    assert_each_turn_is_there_once(room, done)
    assert room.look().place(id_) == "listed"


def on_different_conversations(room: Room, times: int) -> None:
    """So many `ask`, each on a conversation of its own."""
    asking = [lambda n=n: ask(room, f"{n} alone") for n in range(times)]
    asked = [each for each in all_at_once(asking) if isinstance(each, Asked)]
    assert_each_turn_is_there_once(room, asked)
    assert len(room.look().listed) == len(room.stock) + times
