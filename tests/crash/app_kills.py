"""The app, killed in the midst of each thing that somebody does with it."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from random import Random
from typing import Final

from copilot_tui.conversation import Message, Status
from tests.crash.paced import MODELS, Sending
from tests.crash.room import Room, messages_to, replies_to
from tests.pty.emulator import PATIENCE_S, Emulator
from tests.store.aftermath import Seen

DRAFT_S: Final = 1.0
TEXT_S: Final = 0.5

F2, F8 = b"\x1bOQ", b"\x1b[19~"
ALT_DOWN, CTRL_O, CTRL_Z, CLEAR_LINE = b"\x1b[1;3B", b"\x0f", b"\x1a", b"\x15"


def kill_later(room: Room, window: Emulator, least: float, most: float) -> float:
    """Kill it at a random moment in so many seconds from now; when that was."""
    deadline = time.monotonic() + room.random.uniform(least, most)
    while (rest := deadline - time.monotonic()) > 0:
        window.read(min(rest, 0.005))
    killed_at = time.monotonic()
    room.landed += window.process.poll() is None
    window.kill()
    return killed_at


@contextmanager
def opened(room: Room, *args: str, sending: Sending | None = None) -> Iterator[Emulator]:
    """The app, when it is there."""
    command = (*room.command(sending or Sending(room.random, 0)), *args)
    with Emulator(command, room.environ) as window:
        window.wait_until_ready()
        yield window


def typing(room: Room, number: int) -> None:
    """Somebody types on and on."""
    text, typed = "", []
    with opened(room) as window:
        until = time.monotonic() + room.random.uniform(0.2, 2.6)
        while time.monotonic() < until:
            character = room.random.choice("abcdefghi ")
            if not text:
                character = f"draft {number} "
            window.type(character.encode())
            text += character
            typed.append((time.monotonic(), len(text)))
            window.read(room.random.uniform(0.005, 0.05))
        killed_at = kill_later(room, window, 0, 0.3)
    excuse = room.metronome.excuse_s(killed_at - 2)
    seen = room.look()
    kept = max((d for d in seen.drafts.values() if text.startswith(d)), key=len, default="")
    must = max((n for at, n in typed if at < killed_at - DRAFT_S - excuse), default=0)
    assert len(kept) >= must, f"{len(kept)} of {must} characters of the draft are there"
    lost = min((at for at, length in typed if length > len(kept)), default=killed_at)
    room.note_loss("draft", killed_at - lost)
    room.claims[f"draft {number}"] = lambda seen: kept in ("", *seen.drafts.values())


def sending(room: Room, number: int) -> None:
    """Enter was pressed on a prompt that had been typed for long."""
    sending, prompt = Sending(room.random, 0), f"prompt {number} to send"
    with opened(room, sending=sending) as window:
        window.type(prompt.encode())
        since = time.monotonic()
        window.wait_for(lambda: time.monotonic() > since + DRAFT_S + 0.1)
        window.type(b"\r")
        kill_later(room, window, 0, 0.35)
    was_asked = sending.asked.is_set()
    sending.over.set()
    seen = room.look()
    is_sent = replies_to(prompt, seen) != []
    assert is_sent or (prompt in seen.drafts.values() and not was_asked)
    room.claims[f"prompt {number}"] = lambda seen: (
        replies_to(prompt, seen) != [] or prompt in seen.drafts.values()
    )


def streaming(room: Room, number: int) -> None:
    """A reply comes; or it came, and the server fell silent in its middle."""
    silent_after = room.random.choice((None, room.random.randrange(1, 40)))
    sending = Sending(Random(room.random.random()), silent_after)
    _in_a_reply(room, number, sending, sending.begun, 1.4)


def saving(room: Room, number: int) -> None:
    """A reply ends, and is saved."""
    sending = Sending(Random(room.random.random()), None, room.random.randrange(1, 20))
    _in_a_reply(room, number, sending, sending.is_whole, 0.25)


def _in_a_reply(room: Room, number: int, sending: Sending, event: object, most: float) -> None:
    prompt = f"prompt {number} to stream"
    with opened(room, "--prompt", prompt, sending=sending) as window:
        window.wait_for(lambda: event.is_set(), "the server")  # type: ignore[attr-defined]
        killed_at = kill_later(room, window, 0, most)
    sending.over.set()
    assert_kept(room, sending, prompt, killed_at)


def assert_kept(room: Room, sending: Sending, prompt: str, killed_at: float) -> None:
    """All of a reply is there but what came at last."""
    [reply] = messages_to(prompt, room.look())
    _assert_text_kept(room, sending, reply, killed_at)
    kept = reply.content
    room.claims[f"the reply to {prompt}"] = lambda seen: replies_to(prompt, seen) == [kept]


def _assert_text_kept(room: Room, sending: Sending, reply: Message, killed_at: float) -> None:
    excuse, kept = room.metronome.excuse_s(killed_at - 1.5), reply.content
    if reply.status is Status.COMPLETE:
        assert sending.is_ended, "a reply that the server had not ended is said to be whole"
        assert kept == sending.before(float("inf")), "what is said to be whole is not"
    must = sending.before(killed_at - TEXT_S - excuse)
    assert sending.before(float("inf")).startswith(kept)
    assert len(kept) >= len(must), f"{len(kept)} of {len(must)} characters of the reply are there"
    room.note_loss("text", max(0.0, killed_at - sending.first_after(len(kept), killed_at)))


def answering_together(room: Room, number: int) -> None:
    """Two models answer one prompt side by side."""
    one, other = two_sendings(room)
    prompt = f"prompt {number} for two"
    with asked_together(room, prompt, one) as window:
        killed_at = kill_later(room, window, 0, 1.4)
    _assert_both_kept(room, (one, other), prompt, killed_at)


def picking(room: Room, number: int) -> None:
    """One of two replies is picked, while both still come or after they have ended."""
    one, other = two_sendings(room)
    prompt, place = f"prompt {number} to pick", room.random.choice((1, 2))
    picked_at = None
    with asked_together(room, prompt, one) as window:
        window.wait_for_text("1/2 · ")
        window.type(str(place).encode())
        if room.random.random() < 0.5:
            window.wait_for_text(f"◂ {place}/2 ▸")
            picked_at = time.monotonic()
        killed_at = kill_later(room, window, 0, 0.9)
    excuse = room.metronome.excuse_s(killed_at - 1.5)
    heads = _assert_both_kept(room, (one, other), prompt, killed_at)
    if picked_at is not None and picked_at < killed_at - TEXT_S - excuse:
        assert heads == [MODELS[place - 1]], "what was picked is not what is gone on with"


def two_sendings(room: Room) -> tuple[Sending, Sending]:
    """What two models send to one client: each to no end, until it falls silent, or whole."""
    other, one = (
        Sending(
            Random(room.random.random()),
            *room.random.choice(((None, None), (room.random.randrange(1, 40), None), (None, 12))),
        )
        for _ in range(2)
    )
    one.beside = other
    return one, other


@contextmanager
def asked_together(room: Room, prompt: str, sending: Sending) -> Iterator[Emulator]:
    """The app, in which both models have begun to answer this prompt."""
    with opened(room, sending=sending) as window:
        window.type(CTRL_O)
        window.wait_for_text("Space marks several")
        for model, said in zip(MODELS, ("mark another", "2 answer together"), strict=True):
            window.type(model.encode())
            window.wait_for(lambda: "another backend" not in window.text, "what fits")
            window.type(b" ")
            window.wait_for_text(said)
            window.type(CLEAR_LINE)
            window.wait_for_text("another backend")
        window.type(b"\r")
        window.wait_for_text("2 models answer the next prompt")
        window.type(prompt.encode() + b"\r")
        assert sending.beside is not None
        for each in (sending, sending.beside):
            window.wait_for(each.begun.is_set, "both replies")
        yield window


def _assert_both_kept(
    room: Room, sendings: tuple[Sending, Sending], prompt: str, killed_at: float
) -> list[str | None]:
    """All of both replies is there but what came at last; which of them is gone on with."""
    for sending in sendings:
        sending.over.set()
    seen = room.look()
    found = messages_to(prompt, seen)
    assert sorted(str(reply.model) for reply in found) == list(MODELS)
    for reply in found:
        _assert_text_kept(room, sendings[MODELS.index(str(reply.model))], reply, killed_at)
    texts = sorted(reply.content for reply in found)
    room.claims[f"the replies to {prompt}"] = lambda seen: sorted(replies_to(prompt, seen)) == texts
    heads = {conversation.head for conversation in seen.listed.values()}
    return [reply.model for reply in found if reply.id in heads]


def renaming(room: Room, number: int) -> None:
    """A title is typed, and Enter pressed."""
    before = {conversation.title for conversation in room.look().listed.values()}
    title = f"title {number}"
    with opened(room, "--continue") as window:
        window.wait_for_text("reply of")
        window.type(F2)
        window.wait_for_text("Title of the conversation")
        window.type(CLEAR_LINE + title.encode() + b"\r")
        kill_later(room, window, 0, 0.2)
    after = {conversation.title for conversation in room.look().listed.values()}
    assert after - before <= {title}
    assert len(after) == len(before)


def deleting(room: Room, number: int) -> None:
    """A conversation is deleted."""
    _restock(room)
    with opened(room, "--continue") as window:
        window.wait_for_text("reply of")
        window.type(F8)
        kill_later(room, window, 0, 0.2)
    _assert_in_one_place(room.look())


def restoring(room: Room, number: int) -> None:
    """A conversation is deleted, and brought back at once."""
    _restock(room)
    with opened(room, "--continue") as window:
        window.wait_for_text("reply of")
        window.type(F8)
        window.wait_for(lambda: any((room.folder / "data" / "trash").glob("*.json")), "the trash")
        window.type(CTRL_Z)
        kill_later(room, window, 0, 0.2)
    _assert_in_one_place(room.look())


def _assert_in_one_place(seen: Seen) -> None:
    assert seen.listed.keys() & seen.trashed.keys() == set()


def _restock(room: Room) -> None:
    store = room.open()
    for row in store.trashed():
        store.restore(row.id)
    store.close()


def switching(room: Room, number: int) -> None:
    """Somebody goes from one conversation to the next, and types a word in each."""
    words = []
    with opened(room, "--continue") as window:
        window.wait_for_text("reply of")
        for turn in range(room.random.randrange(1, 6)):
            words.append(f"w{number}x{turn}")
            window.type(words[-1].encode() + ALT_DOWN)
            window.read(0.05)
        kill_later(room, window, 0, 1.0)
    for draft in room.look().drafts.values():
        assert all(word in words or word.startswith("w") for word in draft.split())


def upgrading(room: Room, number: int) -> None:
    """The indexes are of another version, and are made anew."""
    age_indexes(room)
    with Emulator((*room.command(), "--demo", *_of(room)), room.environ) as window:
        window.wait_for(lambda: b"\x1b[?1049h" in window.painted, "its screen")
        kill_later(room, window, 0, 1.2)
    room.look()


def _of(room: Room) -> tuple[str, ...]:
    return ("--data-dir", str(room.folder / "data"))


def age_indexes(room: Room) -> None:
    """Write another version into all indexes that are there."""
    for path in (room.folder / "cache").rglob("*.sqlite3"):
        with closing(sqlite3.connect(path, timeout=PATIENCE_S)) as database:
            try:
                database.execute(f"PRAGMA user_version = {room.random.choice((0, 99))}")
                database.commit()
            except sqlite3.DatabaseError:  # a kill left it in the middle; as good as another one
                continue


APP_KILLS: Final[tuple[Callable[[Room, int], None], ...]] = (
    typing,
    sending,
    streaming,
    saving,
    answering_together,
    picking,
    renaming,
    deleting,
    restoring,
    switching,
    upgrading,
)
