from __future__ import annotations

import json
import os
import random
import sqlite3
import stat
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from copilot_tui import pruning
from copilot_tui.conversation import Conversation, Message, Role, new_conversation
from copilot_tui.search_query import parse
from copilot_tui.store import Disk, Hit, PrivateStore, Store, StoreWithPrivate
from copilot_tui.store import search as search_module
from copilot_tui.store import vocabulary as vocabulary_module
from copilot_tui.store.documents import Documents
from copilot_tui.store.found import Found
from copilot_tui.store.messages import VERSION
from copilot_tui.store.search import Search
from tests.store.samples import Child, Clock, add_empty_reply


class Library:
    """Makes conversations whose messages have a time each."""

    def __init__(self, store: Store | PrivateStore, clock: Clock) -> None:
        self.store = store
        self._clock = clock

    def talk(self, title: str, *texts: str, tags: tuple[str, ...] = ()) -> Conversation:
        """Prompts and replies in turns, saved."""
        made = new_conversation(now=self._clock())
        made.title, made.tags, made.model = title, list(tags), "gpt-4o"
        for place, text in enumerate(texts):
            self.say(made, text, Role.ASSISTANT if place % 2 else Role.USER)
        made.touch(self._clock())
        self.store.save(made)
        return made

    def say(self, conversation: Conversation, text: str, role: Role = Role.USER) -> Message:
        """One more message, not saved."""
        when = self._clock().isoformat().replace("+00:00", "Z")
        message = Message(
            id=f"{conversation.id[:8]}-{len(conversation.messages)}",
            role=role,
            content=text,
            parent_id=conversation.head,
            created_at=when,
        )
        return conversation.add(message)


@pytest.fixture
def library(store: Store, clock: Clock) -> Library:
    return Library(store, clock)


@pytest.fixture
def make_search(data_dir: Path, tmp_path: Path) -> Iterator[Callable[..., Search]]:
    made: list[Search] = []

    def make(has_fts: bool = True) -> Search:
        path = tmp_path / "another" / f"search-{has_fts}.sqlite3"
        made.append(Search(path, Documents(data_dir, Disk()), Disk(), has_fts=has_fts))
        return made[-1]

    yield make
    for each in made:
        each.close()


def texts(found: Found) -> list[str]:
    return [hit.snippet for hit in found.hits]


def find(store: Store, words: str) -> list[str]:
    """Snippets, when the index is in step."""
    store.update_search()
    found = texts(store.search(words))
    assert texts(store.search(words, whole=True)) == found
    return found


def index_of(cache_dir: Path) -> Path:
    [path] = cache_dir.glob("search-*.sqlite3")
    return path


# What is found


def test_a_hit_tells_where_it_is(store: Store, library: Library) -> None:
    made = library.talk("Of names", "Who am I?", "You are Heiner.")
    store.update_search()
    assert store.search("heiner").hits == [
        Hit(
            made.id,
            list(made.messages)[1],
            "Of names",
            "assistant",
            list(made.messages.values())[1].created_at,
            "You are Heiner.",
        )
    ]


def test_a_title_is_found_as_a_hit_without_a_message(store: Store, library: Library) -> None:
    made = library.talk("Taxes of 2026", "something else")
    store.update_search()
    assert store.search("taxes").hits == [
        Hit(made.id, None, "Taxes of 2026", "title", made.updated_at, "Taxes of 2026")
    ]


def test_the_newest_come_first(store: Store, library: Library) -> None:
    first = library.talk("1", "word one", "word two")
    library.talk("2", "word three")
    library.say(first, "word four")
    store.save(first)
    assert find(store, "word") == ["word four", "word three", "word two", "word one"]


def test_messages_without_a_time_keep_their_order(store: Store) -> None:
    made = Conversation(id="11111111-0000-4000-8000-000000000000", title="t")
    for number in range(5):
        made.add(Message(id=str(number), role=Role.USER, content=f"word {number}"))
    store.save(made)
    assert find(store, "word") == [f"word {number}" for number in (4, 3, 2, 1, 0)]


def test_the_best_come_first_if_wanted(store: Store, library: Library) -> None:
    library.talk("t", "cat", "a cat, the cat, cats", "concatenate " + "very long " * 50, "no")
    store.update_search()
    assert texts(store.search("cat", order="best"))[0] == "a cat, the cat, cats"
    assert texts(store.search("cat", order="best"))[2].startswith("concatenate")


def test_more_is_said_and_can_be_asked_for(store: Store, library: Library) -> None:
    library.talk("t", *(f"word {number}" for number in range(10)))
    store.update_search()
    assert (len(store.search("word", limit=9).hits), store.search("word", limit=9).more) == (
        9,
        True,
    )
    assert (len(store.search("word", limit=10).hits), store.search("word").more) == (10, False)


@pytest.mark.parametrize("has_fts", [True, False])
@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("stream", "a downstreaming river"),
        ("eami", "a downstreaming river"),
        ("river DOWN", "a downstreaming river"),
        ("user_name", "call get_user_name() here"),
        ("get_user", "call get_user_name() here"),
        ("name() here", "call get_user_name() here"),
        ("naive", "a naïve Café"),
        ("CAFÉ", "a naïve Café"),
        ("c++", "in C++, not C"),
        ("it's", "it’s here"),
        ("東京", "東京都に住む"),
        ("京", "東京都に住む"),
        ("京都に", "東京都に住む"),
        ("жив", "Он живёт в Москве"),
        ("живет", "Он живёт в Москве"),
        ("글은", "한글은 쉽다"),
        ("ภาษา", "ภาษาไทย"),
        ("🦊", "a 🦊 ran"),
        ("->", "x -> y"),
        ('"x -> y"', "x -> y"),
        ('"two three"', "one two three"),
        ("deadbeef", "0xdeadbeef"),
    ],
)
def test_pieces_of_words_and_all_scripts_are_found(
    library: Library, make_search: Callable[..., Search], has_fts: bool, words: str, found: str
) -> None:
    library.talk(
        "t", "a downstreaming river", "call get_user_name() here", "a naïve Café", "in C++, not C",
        "it’s here", "東京都に住む", "Он живёт в Москве", "한글은 쉽다", "ภาษาไทย", "a 🦊 ran",
        "x -> y", "one two three", "0xdeadbeef", "nothing of all that",
    )  # fmt: skip
    search = make_search(has_fts)
    search.update()
    assert texts(search.find(words)) == [found]
    assert texts(search.find(words, whole=True)) == [found]


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("from:me word", ["word of mine", "my word"]),
        ("from:assistant word", ["word of yours"]),
        ("in:title word", ["The word"]),
        ("in:title", ["Others", "The word"]),
        ("tag:work word", ["The word", "word of yours", "my word"]),
        ("tag:Übung in:title", ["Others"]),
        ("tag:work tag:übung", []),
        ("model:4o from:me", ["word of mine", "my word"]),
        ("model:claude", []),
        ("after:2026-11-21 word", ["word of mine", "The word", "word of yours", "my word"]),
        ("before:2026-11-20", []),
        ("after:2027", []),
        ("", []),
        ('""', []),
    ],
)
def test_filters_narrow_the_hits(
    store: Store, library: Library, words: str, found: list[str]
) -> None:
    library.talk("The word", "my word", "word of yours", tags=("Work",))
    library.talk("Others", "word of mine", tags=("Übung",))
    assert find(store, words) == found


TYPED = [
    *"\"'*-^(\0\ud800",
    *("AND", "OR NOT", "NEAR(a b)", "a*", "a:b", "{x}"),
    *("q " * 5000, "y" * 10_000, "?!" * 5000, " ".join(map(str, range(2000)))),
]


@pytest.mark.parametrize("words", TYPED, ids=[repr(each[:10]) for each in TYPED])
def test_nothing_that_is_typed_is_an_error_of_fts5(
    store: Store, library: Library, words: str
) -> None:
    library.talk("t", "plain text")
    assert find(store, words) == []


def test_random_pieces_of_random_texts_are_found(
    store: Store, library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(vocabulary_module, "MAX_WORDS", 3)  # so that some are looked up, some not
    chance = random.Random(7)
    letters = "abAB é.,_-'東京都ж \n"
    said = ["".join(chance.choices(letters, k=chance.randint(5, 60))) for _ in range(200)]
    library.talk("t", *said)
    store.update_search()
    for _ in range(300):
        text = chance.choice(said)
        start = chance.randrange(len(text))
        words = text[start : start + chance.randint(1, 8)]
        query = parse(words)
        expected = [" ".join(each.split()) for each in reversed(said) if query.is_in(each)]
        if not query.is_empty and query.needles:
            assert texts(store.search(words, limit=1000)) == expected, words


# In step


def test_what_is_saved_is_found(store: Store, library: Library) -> None:
    made = library.talk("t", "first word")
    assert find(store, "word") == ["first word"]
    library.say(made, "second word")
    made.messages[next(iter(made.messages))].content = "changed word"
    store.save(made)
    assert find(store, "word") == ["second word", "changed word"]
    assert find(store, "first") == []


def test_nothing_new_is_nothing_to_do(store: Store, library: Library) -> None:
    library.talk("t", "word")
    assert store.update_search()
    assert not store.update_search()


def test_a_new_title_is_found_and_the_old_one_no_more(store: Store, library: Library) -> None:
    made = library.talk("Before", "x")
    assert find(store, "before") == ["Before"]
    store.rename(made.id, "After")
    assert (find(store, "before"), find(store, "after")) == ([], ["After"])


def test_what_is_deleted_is_not_found_and_what_is_restored_is(
    store: Store, library: Library
) -> None:
    made = library.talk("t", "word")
    assert find(store, "word") == ["word"]
    store.delete(made.id)
    assert store.search("word").hits == []  # also before the next update
    assert find(store, "word") == []
    store.restore(made.id)
    assert find(store, "word") == ["word"]


def test_a_deleted_message_is_not_found(store: Store, library: Library, data_dir: Path) -> None:
    made = library.talk("t", "keep word", "drop word")
    gone = list(made.messages)[1]
    made.deleted.append(gone)
    made.discard(gone)
    store.save(made)
    assert find(store, "word") == ["keep word"]
    path = data_dir / "conversations" / f"{made.id}.json"
    document = json.loads(path.read_bytes())
    document["deleted"] = [next(iter(made.messages))]
    path.write_text(json.dumps(document))
    assert find(store, "word") == []


def test_a_reply_that_a_dead_process_left_is_found_when_it_is_recovered(
    store: Store, library: Library, clock: Clock, start: Callable[..., Child]
) -> None:
    made = library.talk("t", "a question")
    reply = add_empty_reply(made)
    store.save(made)
    store.update_search()
    child = start(
        "import sys\n"
        "from pathlib import Path\n"
        "from copilot_tui.store import Store\n"
        "store = Store(Path(sys.argv[1]), Path(sys.argv[1], 'cache'))\n"
        "conversation = store.load(sys.argv[2])\n"
        "journal = store.open_journal(conversation, conversation.messages[sys.argv[3]])\n"
        "journal.append('half of a reply')\n"
        "journal.flush()\n"
        "print('written', flush=True)\n"
        "input()\n",
        store.data_dir,
        made.id,
        reply.id,
    )
    child.wait_for("written")
    child.close()
    store.recover()
    assert find(store, "half") == ["half of a reply"]


def test_a_file_that_was_changed_by_hand_is_found_as_it_is(
    store: Store, library: Library, data_dir: Path
) -> None:
    made = library.talk("t", "old word")
    library.talk("other", "other word")
    assert find(store, "word") == ["other word", "old word"]
    path = data_dir / "conversations" / f"{made.id}.json"
    path.write_text(path.read_text().replace("old word", "new word"))
    assert find(store, "word") == ["other word", "new word"]
    path.unlink()
    assert find(store, "word") == ["other word"]


def test_a_file_that_cannot_be_read_is_passed_over_until_it_is_mended(
    store: Store, library: Library, data_dir: Path
) -> None:
    made = library.talk("t", "a word")
    library.talk("other", "other word")
    path = data_dir / "conversations" / f"{made.id}.json"
    good = path.read_bytes()
    store.update_search()
    path.write_text("{broken")
    assert find(store, "word") == ["other word"]
    assert not store.update_search()
    path.write_bytes(good)
    assert find(store, "word") == ["other word", "a word"]


def test_what_another_program_indexed_is_not_read_again(
    store: Store, other: Store, library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    library.talk("t", "word")
    assert store.update_search()
    assert not other.update_search()
    assert texts(other.search("word")) == ["word"]


def test_private_conversations_never_enter(
    store: Store, clock: Clock, data_dir: Path, cache_dir: Path
) -> None:
    private = PrivateStore(now=clock)
    made = Library(private, clock).talk("A secret", "word of honour", "another word")
    assert texts(private.search("word")) == ["another word", "word of honour"]
    assert texts(private.search("word", limit=1)) == ["another word"]
    assert private.search("word", limit=1).more
    assert texts(private.search("secret", order="best")) == ["A secret"]
    private.delete(made.id)
    assert private.search("word").hits == private.search("").hits == []
    assert not private.update_search()
    private.stop_search()
    assert find(store, "word") == []
    assert not data_dir.exists()


# While it is built


def test_while_it_is_built_it_gives_what_it_has_and_says_so(
    store: Store, library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("copilot_tui.store.search.BATCH_PAGES", 1)
    for number in range(3):
        library.talk("t", f"word {number}")
        path = max((store.data_dir / "conversations").iterdir(), key=os.path.getmtime)
        os.utime(path, (number, number))
    seen: list[tuple[int, int, list[str], int]] = []

    def look(done: int, total: int) -> None:
        found = store.search("word")
        seen.append((done, total, texts(found), found.unread))

    store.update_search(look)
    assert seen == [
        (1, 3, ["word 2"], 2),
        (2, 3, ["word 2", "word 1"], 1),
        (3, 3, ["word 2", "word 1", "word 0"], 0),
    ]


def test_an_update_that_is_stopped_goes_on_the_next_time(
    store: Store, library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("copilot_tui.store.search.BATCH_PAGES", 1)
    for number in range(3):
        library.talk("t", f"word {number}")
    store.update_search(lambda done, total: store.stop_search())
    assert len(store.search("word").hits) == 1
    assert store.search("word").unread == 2
    assert len(store.search("word", whole=True).hits) == 3
    store.close()
    assert len(find(store, "word")) == 3


def test_a_search_that_nobody_waits_for_ends(store: Store, library: Library) -> None:
    library.talk("t", "word one", "word two")
    store.update_search()
    assert store.search("word", cancelled=lambda: True).hits == []
    assert store.search("word", cancelled=lambda: True, whole=True).hits == []


def test_many_new_words_in_small_steps_are_one_list_in_the_end(
    store: Store, library: Library, cache_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(vocabulary_module, "MAX_CHUNKS", 3)
    for number in range(5):
        library.talk("t", f"word{number}")
        assert find(store, f"ord{number}") == [f"word{number}"]
    assert len(find(store, "ord")) == 5
    with closing(sqlite3.connect(index_of(cache_dir))) as database:
        assert database.execute("SELECT count(*) FROM vocabulary").fetchone()[0] <= 3


def test_a_big_change_is_found_too(
    store: Store, library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(vocabulary_module, "BIG_CHARS", 10)
    library.talk("t", "more than ten characters")
    assert find(store, "haract") == ["more than ten characters"]
    library.talk("t", "and other characters")
    assert find(store, "haract") == ["and other characters", "more than ten characters"]


# Whatever happens to it


def corrupt(path: Path) -> None:
    path.write_bytes(b"this is no database" * 1000)


def truncate(path: Path) -> None:
    with path.open("r+b") as file:
        file.truncate(5000)


def scribble(path: Path) -> None:
    with path.open("r+b") as file:
        size = file.seek(0, os.SEEK_END)
        file.seek(4096)
        file.write(b"\xff" * (size - 4096))


def age(path: Path) -> None:
    with closing(sqlite3.connect(path)) as database:
        database.execute(f"PRAGMA user_version = {VERSION + 1}")


def strip(path: Path) -> None:
    with closing(sqlite3.connect(path)) as database:
        database.execute("DROP TABLE words")


def empty(path: Path) -> None:
    path.write_bytes(b"")


def delete(path: Path) -> None:
    path.unlink()


DAMAGES = [corrupt, truncate, scribble, age, strip, empty, delete]


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_index_is_built_anew(
    store: Store, other: Store, library: Library, cache_dir: Path, damage: Callable[[Path], None]
) -> None:
    for number in range(50):
        library.talk("t", f"word {number}" * 20)
    store.update_search()
    expected = texts(store.search("word"))
    assert len(expected) == 50
    store.close()
    damage(index_of(cache_dir))
    assert len(other.search("word", whole=True).hits) == 50
    assert find(other, "word") == expected
    assert not other.update_search()


@pytest.mark.parametrize("damage", [corrupt, delete])
def test_an_index_that_is_damaged_while_it_is_open_is_built_anew(
    store: Store, library: Library, cache_dir: Path, damage: Callable[[Path], None]
) -> None:
    library.talk("t", "word")
    assert find(store, "word") == ["word"]
    path = index_of(cache_dir)
    beside = path.with_name("beside")
    beside.write_bytes(b"")
    damage(beside)
    if beside.exists():
        os.replace(beside, path)
    else:
        path.unlink()
    library.talk("t", "new word")
    assert find(store, "word") == ["new word", "word"]


def test_a_locked_index_is_done_without(
    store: Store, library: Library, cache_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("copilot_tui.store.messages.BUSY_MS", 1)
    library.talk("t", "old word")
    assert find(store, "word") == ["old word"]
    library.talk("t", "new word")
    store.close()
    with closing(sqlite3.connect(index_of(cache_dir))) as database:
        database.execute("PRAGMA locking_mode = EXCLUSIVE")
        database.execute("BEGIN EXCLUSIVE")
        assert not store.update_search()
        assert texts(store.search("word", whole=True)) == ["new word", "old word"]
        database.rollback()
    assert find(store, "word") == ["new word", "old word"]


@pytest.mark.parametrize("kind", ["file", "folder"])
def test_where_no_index_can_be_the_files_are_read(
    store: Store, library: Library, cache_dir: Path, kind: str
) -> None:
    library.talk("t", "a word", "another word")
    if kind == "file":
        cache_dir.write_text("in the way")
    else:
        library.store.close()
        store.update_search()
        path = index_of(cache_dir)
        store.close()
        for each in cache_dir.glob("search-*"):
            each.unlink()
        path.mkdir()
    assert find(store, "word") == ["another word", "a word"]


@pytest.mark.skipif(sys.platform == "win32", reason="modes are POSIX's")
def test_the_index_is_the_owners_alone(store: Store, library: Library, cache_dir: Path) -> None:
    before = os.umask(0)
    try:
        library.talk("t", "word")
        store.update_search()
    finally:
        os.umask(before)
    assert {stat.S_IMODE(each.stat().st_mode) for each in cache_dir.iterdir()} == {0o600}


def test_two_programs_may_index_at_once(
    store: Store, library: Library, start: Callable[..., Child], cache_dir: Path
) -> None:
    for number in range(60):
        library.talk("t", *(f"word {number} {place}" for place in range(20)))
    code = (
        "import sys\n"
        "from pathlib import Path\n"
        "import copilot_tui.store.search as search\n"
        "from copilot_tui.store import Store\n"
        "search.BATCH_PAGES = 3\n"
        "store = Store(Path(sys.argv[1]), Path(sys.argv[2]))\n"
        "print('ready', flush=True)\n"
        "input()\n"
        "store.update_search()\n"
        "store.close()\n"
    )
    children = [start(code, store.data_dir, cache_dir) for _ in range(3)]
    for child in children:
        child.wait_for("ready")
    for child in children:
        child.let_go()
    assert [child.ended() for child in children] == [0, 0, 0]
    assert not store.update_search()
    assert len(store.search("word", limit=5000).hits) == 1200


def test_an_index_whose_builder_was_killed_is_completed(
    store: Store, library: Library, start: Callable[..., Child], cache_dir: Path
) -> None:
    for number in range(4):
        library.talk("t", f"word{number}")
    child = start(
        "import sys\n"
        "from pathlib import Path\n"
        "from copilot_tui.store import Store, vocabulary\n"
        "import copilot_tui.store.search as search\n"
        "search.BATCH_PAGES = vocabulary.BIG_CHARS = 1\n"
        "store = Store(Path(sys.argv[1]), Path(sys.argv[2]))\n"
        "store.update_search(lambda done, total: (print(done, flush=True), input()))\n",
        store.data_dir,
        cache_dir,
    )
    child.wait_for("1")
    child.let_go()
    child.wait_for("2")
    child.close()
    assert len(store.search("ord").hits) == 2
    assert len(store.search("ord", whole=True).hits) == 4
    assert len(find(store, "ord")) == 4


# Prompts


def prompts(store: Store | PrivateStore, words: str = "", limit: int = 50) -> list[str]:
    return [each.text for each in store.prompts(words, limit=limit).prompts]


@pytest.mark.parametrize("is_indexed", [True, False])
def test_prompts_are_found_whole_the_newest_first_and_each_once(
    store: Store, library: Library, is_indexed: bool
) -> None:
    library.talk("One", "bread\nand\x85salt", "bread is good", "again")
    library.talk("Two", "again", "no", "fish " * 500)
    if is_indexed:
        store.update_search()
    assert prompts(store) == ["fish " * 500, "again", "bread\nand\x85salt"]
    assert prompts(store, "BREAD") == ["bread\nand\x85salt"]
    assert prompts(store, "in:title one") == []
    [again] = store.prompts("again").prompts
    assert again.hit.title == "Two"


def test_more_prompts_are_given_when_more_are_asked_for(store: Store, library: Library) -> None:
    for number in range(6):
        library.talk(f"Talk {number}", f"prompt {number}", "reply")
    store.update_search()
    found = store.prompts(limit=4)
    assert [each.text for each in found.prompts] == [f"prompt {n}" for n in (5, 4, 3, 2)]
    assert found.more
    assert not store.prompts(limit=7).more


def test_prompts_of_deleted_messages_and_of_the_trash_are_not_found(
    store: Store, library: Library
) -> None:
    gone = library.talk("Gone", "of the trash", "yes")
    kept = library.talk("Kept", "stays", "yes", "is deleted")
    store.update_search()
    store.delete(gone.id)
    pruning.delete(kept, [kept.path()[-1].id])
    store.save(kept)  # and the index does not know of it yet
    assert prompts(store) == ["stays"]
    store.update_search()
    assert prompts(store) == ["stays"]


def test_only_the_conversations_that_changed_last_are_read_where_there_is_no_index(
    store: Store, library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(search_module, "FILES_MOST", 2)
    for number in range(4):
        made = library.talk(f"Talk {number}", f"prompt {number}", "reply")
        path = store.data_dir / "conversations" / f"{made.id}.json"
        os.utime(path, (number, number))
    assert prompts(store) == ["prompt 3", "prompt 2"]


def test_the_text_of_all_prompts_that_are_held_is_bounded(
    store: Store, library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(search_module, "CHARS_MOST", 250)
    library.talk("Long", *(letter * 100 for letter in "arbrcrd"))
    store.update_search()
    assert prompts(store) == [letter * 100 for letter in "dcb"]


def test_no_private_prompt_is_found(data_dir: Path, cache_dir: Path, clock: Clock) -> None:
    store = StoreWithPrivate(data_dir, cache_dir)
    private = new_conversation(now=clock())
    store.keep_private(private.id)
    private.add(Message(id="secret", role=Role.USER, content="secret"))
    store.save(private)
    Library(store, clock).talk("Open", "open", "yes")
    assert [hit.snippet for hit in store.search("from:me").hits] == ["secret", "open"]
    assert prompts(store) == ["open"]
    assert prompts(PrivateStore()) == []
    store.close()
