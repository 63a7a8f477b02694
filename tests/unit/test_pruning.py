from __future__ import annotations

from copy import deepcopy

import pytest
from hypothesis import given
from hypothesis import strategies as st

from copilot_tui.conversation import Conversation, Message, Role
from copilot_tui.pruning import delete, message_alone, take_back, whole_turn


def tree(*edges: str) -> Conversation:
    """From edges like `u1`, `u1>a1`: what is behind the arrow hangs below what is before it."""
    conversation = Conversation(id="c")
    for edge in edges:
        parent, _, id_ = edge.rpartition(">")
        role = Role.USER if id_.startswith("u") else Role.ASSISTANT
        conversation.add(Message(id=id_, role=role, content=id_, parent_id=parent or None))
    return conversation


def shown(conversation: Conversation) -> list[str]:
    return [message.id for message in conversation.path()]


STRAIGHT = ("u1", "u1>a1", "a1>u2", "u2>a2", "a2>u3", "u3>a3")


@pytest.mark.parametrize(
    ("edges", "near", "left"),
    [
        (STRAIGHT, "u2", ["u1", "a1", "a2", "u3", "a3"]),
        (STRAIGHT, "a2", ["u1", "a1", "u2", "u3", "a3"]),
        (STRAIGHT, "a3", ["u1", "a1", "u2", "a2", "u3"]),
        (STRAIGHT, "u1", ["a1", "u2", "a2", "u3", "a3"]),
        ((*STRAIGHT, "u2>a2b"), "a2b", ["u1", "a1", "u2", "a2", "u3", "a3"]),
        ((*STRAIGHT, "u2>a2b", "a2b>u4"), "a2b", ["u1", "a1", "u2", "a2", "u3", "a3"]),
        (("u1",), "u1", []),
    ],
)
def test_what_follows_a_deleted_message_moves_up_and_a_version_goes_whole(
    edges: tuple[str, ...], near: str, left: list[str]
) -> None:
    conversation = tree(*edges)
    delete(conversation, message_alone(conversation, near))
    assert shown(conversation) == left
    assert near in conversation.deleted


@pytest.mark.parametrize(
    ("edges", "near", "left"),
    [
        (STRAIGHT, "u2", ["u1", "a1", "u3", "a3"]),
        (STRAIGHT, "a2", ["u1", "a1", "u3", "a3"]),
        (STRAIGHT, "a3", ["u1", "a1", "u2", "a2"]),
        (STRAIGHT, "u1", ["u2", "a2", "u3", "a3"]),
        (("u1", "u1>a1", "u1>a1b"), "a1b", []),
        ((*STRAIGHT, "a1>u2b", "u2b>a2b"), "a2b", ["u1", "a1", "u2", "a2", "u3", "a3"]),
    ],
)
def test_a_turn_is_a_prompt_with_all_its_replies(
    edges: tuple[str, ...], near: str, left: list[str]
) -> None:
    conversation = tree(*edges)
    delete(conversation, whole_turn(conversation, near))
    assert shown(conversation) == left


def test_followers_on_other_replies_of_a_deleted_turn_stay_as_versions() -> None:
    conversation = tree("u1", "u1>a1", "a1>u2", "u1>a1b", "a1b>u3")
    delete(conversation, whole_turn(conversation, "u1"))
    assert [message.id for message in conversation.children(None)] == ["u2", "u3"]


def test_what_was_added_after_a_deletion_stays_when_it_is_taken_back() -> None:
    conversation = tree(*STRAIGHT)
    deletion = delete(conversation, whole_turn(conversation, "u3"))
    conversation.add(Message(id="u4", role=Role.USER, parent_id="a2"))
    take_back(conversation, deletion)
    assert shown(conversation) == ["u1", "a1", "u2", "a2", "u4"]
    assert [message.id for message in conversation.children("a2")] == ["u3", "u4"]


@st.composite
def trees(draw: st.DrawFn) -> Conversation:
    conversation = Conversation(id="c")
    for number in range(draw(st.integers(1, 12))):
        parent = draw(st.sampled_from([None, *conversation.messages]))
        role = draw(st.sampled_from([Role.USER, Role.ASSISTANT]))
        wire = {"conversation_id": draw(st.sampled_from("xy"))} if role is Role.ASSISTANT else {}
        conversation.add(Message(id=f"m{number}", role=role, parent_id=parent, wire=wire))
    conversation.head = draw(st.sampled_from(list(conversation.messages)))
    return conversation


@given(trees(), st.data(), st.booleans())
def test_what_is_taken_back_is_as_if_nothing_had_been(
    conversation: Conversation, data: st.DataObject, is_turn: bool
) -> None:
    before = deepcopy(conversation)
    near = data.draw(st.sampled_from(list(conversation.messages)))
    ids = (whole_turn if is_turn else message_alone)(conversation, near)
    deletion = delete(conversation, ids)
    assert not set(ids) & conversation.messages.keys()
    assert before.messages.keys() == set(ids) | conversation.messages.keys()
    roots = (None, *conversation.messages)
    assert all(message.parent_id in roots for message in conversation.messages.values())
    assert conversation.head in (*conversation.messages, *([] if conversation.messages else [None]))
    take_back(conversation, deletion)
    assert conversation == before
    assert list(conversation.messages) == list(before.messages)
