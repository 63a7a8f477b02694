from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from threading import Thread

import pytest
from hypothesis import given
from hypothesis import strategies as st

from copilot_tui.conversation import (
    TITLE_LENGTH,
    UNTITLED,
    Conversation,
    Message,
    Role,
    Status,
    new_conversation,
    new_id,
    timestamp,
    title_from,
)

NOW = datetime(2026, 11, 21, 6, 27, 35, 123456, tzinfo=UTC)


def message(id_: str, parent_id: str | None = None, role: Role = Role.USER) -> Message:
    return Message(id=id_, role=role, parent_id=parent_id)


def tree(*edges: tuple[str, str | None]) -> Conversation:
    conversation = Conversation(id="c")
    for id_, parent_id in edges:
        conversation.add(message(id_, parent_id))
    return conversation


def ids(messages: list[Message]) -> list[str]:
    return [each.id for each in messages]


BRANCHED = (("a", None), ("b", "a"), ("c", "b"), ("b2", "a"), ("c2", "b2"), ("c3", "b2"))


def test_an_added_message_becomes_the_head() -> None:
    conversation = tree(("a", None), ("b", "a"))
    assert conversation.head_message is conversation.messages["b"]


def test_an_empty_conversation_has_no_head_and_no_path() -> None:
    conversation = Conversation(id="c")
    assert conversation.head_message is None
    assert conversation.path() == []
    assert conversation.children(None) == []


def test_the_path_leads_from_the_root_to_the_head() -> None:
    assert ids(tree(*BRANCHED).path()) == ["a", "b2", "c3"]


def test_the_path_to_any_message_can_be_asked_for() -> None:
    assert ids(tree(*BRANCHED).path("c")) == ["a", "b", "c"]


def test_a_path_to_an_unknown_message_is_empty() -> None:
    assert tree(*BRANCHED).path("nowhere") == []


def test_a_missing_parent_ends_the_path() -> None:
    assert ids(tree(("b", "gone"), ("c", "b")).path()) == ["b", "c"]


def test_a_cycle_of_parents_ends_the_path() -> None:
    assert ids(tree(("a", "b"), ("b", "a")).path()) == ["a", "b"]


def test_a_message_that_is_its_own_parent_ends_the_path() -> None:
    assert ids(tree(("a", "a")).path()) == ["a"]


def test_siblings_are_all_versions_oldest_first() -> None:
    conversation = tree(*BRANCHED)
    assert ids(conversation.siblings("b2")) == ["b", "b2"]
    assert ids(conversation.siblings("a")) == ["a"]
    assert ids(conversation.children("b2")) == ["c2", "c3"]


def test_selecting_a_message_shows_the_newest_leaf_below_it() -> None:
    conversation = tree(*BRANCHED)
    conversation.select("b")
    assert conversation.head == "c"
    conversation.select("b2")
    assert conversation.head == "c3"


def test_selecting_in_a_cycle_comes_to_an_end() -> None:
    conversation = tree(("a", "b"), ("b", "a"))
    conversation.select("a")
    assert conversation.head in ("a", "b")


def test_discarding_the_head_makes_its_parent_the_head() -> None:
    conversation = tree(*BRANCHED)
    conversation.discard("c3")
    assert conversation.head == "b2"
    assert ids(conversation.children("b2")) == ["c2"]
    assert "c3" not in conversation.messages


def test_discarding_another_message_leaves_the_head() -> None:
    conversation = tree(*BRANCHED)
    conversation.discard("c")
    assert conversation.head == "c3"


def test_replacing_the_messages_keeps_a_head_that_is_among_them() -> None:
    conversation = tree(*BRANCHED)
    conversation.select("b")
    conversation.replace_messages([message("a"), message("c", "a"), message("d", "c")])
    assert conversation.head == "c"
    assert ids(conversation.children("a")) == ["c"]


def test_replacing_the_messages_moves_a_lost_head_to_the_newest() -> None:
    conversation = tree(*BRANCHED)
    conversation.replace_messages([message("x"), message("y", "x")])
    assert conversation.head == "y"
    conversation.replace_messages([])
    assert conversation.head is None


def test_the_index_is_built_for_messages_that_are_given() -> None:
    given_messages = {"a": message("a"), "b": message("b", "a")}
    assert ids(Conversation(id="c", messages=given_messages).children("a")) == ["b"]


def test_replies_are_the_assistants_messages_of_every_branch() -> None:
    conversation = tree(("a", None))
    for id_ in ("r1", "r2"):
        conversation.add(message(id_, "a", Role.ASSISTANT))
    assert [each.id for each in conversation.replies()] == ["r1", "r2"]


@given(st.lists(st.integers(min_value=-1, max_value=30), max_size=30))
def test_every_message_is_reached_from_the_roots(parents: list[int]) -> None:
    edges = [
        (str(place), str(parent) if 0 <= parent < place else None)
        for place, parent in enumerate(parents)
    ]
    conversation = tree(*edges)
    waiting, seen = conversation.children(None), []
    while waiting:
        each = waiting.pop()
        seen.append(each.id)
        waiting += conversation.children(each.id)
    assert sorted(seen) == sorted(conversation.messages)
    for id_ in conversation.messages:
        assert conversation.path(id_)[-1].id == id_


@given(st.lists(st.text()), st.text())
def test_a_growing_text_is_the_sum_of_its_pieces(pieces: list[str], first: str) -> None:
    grown = Message(id="m", role=Role.ASSISTANT, content=first)
    whole = first
    for piece in pieces:
        grown.append(piece)
        whole += piece
        assert grown.content == whole
    assert grown.reasoning == ""


def test_a_text_that_is_set_forgets_its_pieces() -> None:
    grown = Message(id="m", role=Role.ASSISTANT)
    grown.append("one")
    grown.content = "two"
    grown.append(" three")
    grown.append_reasoning("why")
    assert (grown.content, grown.reasoning) == ("two three", "why")


def test_messages_with_the_same_text_are_equal_however_it_came() -> None:
    grown = Message(id="m", role=Role.ASSISTANT)
    for piece in ("a", "b", "c"):
        grown.append(piece)
    assert grown == Message(id="m", role=Role.ASSISTANT, content="abc")


def test_a_growing_text_may_be_read_in_another_thread() -> None:
    grown = Message(id="m", role=Role.ASSISTANT)
    wrong: list[str] = []

    def read() -> None:
        before = 0
        while before < 20_000:
            text = grown.content
            if len(text) < before or text.strip("x"):
                wrong.append(text)
            before = len(text)

    reader = Thread(target=read)
    reader.start()
    for _ in range(20_000):
        grown.append("x")
    reader.join()
    assert wrong == []


def test_a_new_conversation_has_a_uuid4_and_its_time() -> None:
    conversation = new_conversation(now=NOW)
    assert conversation.created_at == conversation.updated_at == "2026-11-21T06:27:35.123Z"
    assert conversation.title == UNTITLED
    assert len(conversation.id) == 36
    assert conversation.id[14] == "4"
    assert new_id() != new_id()


def test_a_change_is_noted_with_its_time() -> None:
    conversation = new_conversation(now=NOW)
    conversation.touch(NOW + timedelta(hours=1))
    assert conversation.updated_at == "2026-11-21T07:27:35.123Z"
    assert conversation.created_at == "2026-11-21T06:27:35.123Z"


def test_times_are_written_in_utc() -> None:
    berlin = timezone(timedelta(hours=1))
    assert timestamp(datetime(2026, 1, 1, 0, 30, tzinfo=berlin)) == "2025-12-31T23:30:00.000Z"


@pytest.mark.parametrize(
    ("prompt", "title"),
    [
        ("Hello", "Hello"),
        ("  \n\n  second   line \n third", "second line"),
        ("", UNTITLED),
        (" \t\n ", UNTITLED),
        ("word " * 30, "word " * 11 + "word…"),
        ("x" * 100, "x" * (TITLE_LENGTH - 1) + "…"),
        ("a sentence, with a comma at the very place where it is cut, " * 2, None),
    ],
)
def test_a_title_is_the_first_line_cut_at_a_word(prompt: str, title: str | None) -> None:
    found = title_from(prompt)
    assert title is None or found == title
    assert len(found) <= TITLE_LENGTH + 1
    assert not found.endswith((" …", ",…"))


def test_a_snapshot_keeps_a_streaming_reply_as_it_was() -> None:
    conversation = tree(("a", None))
    reply = conversation.add(message("r", "a", Role.ASSISTANT))
    reply.status = Status.PARTIAL
    reply.append("first ")
    reply.append_reasoning("why ")
    taken = conversation.snapshot()
    reply.append("second")
    reply.append_reasoning("not")
    reply.status = Status.COMPLETE
    conversation.add(message("b", "r"))
    kept = taken.messages["r"]
    assert (kept.content, kept.reasoning, kept.status) == ("first ", "why ", Status.PARTIAL)
    assert ids(taken.path()) == ["a", "r"]
    assert (reply.content, conversation.head) == ("first second", "b")
