from __future__ import annotations

from copy import deepcopy
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from copilot_tui.conversation import Conversation, Message, Role, Status, TitleSource
from copilot_tui.store.merge import Saved, better, merge, outline


def message(id_: str, content: str = "", status: Status = Status.COMPLETE) -> Message:
    return Message(id=id_, role=Role.ASSISTANT, content=content, status=status, created_at=id_)


def talk(*messages: Message) -> Conversation:
    conversation = Conversation(id="c")
    for each in messages:
        conversation.add(each)
    return conversation


@pytest.mark.parametrize(
    ("lesser", "greater"),
    [
        (message("m", "long text", Status.PARTIAL), message("m", "x", Status.ERROR)),
        (message("m", "long text", Status.PARTIAL), message("m", "x", Status.COMPLETE)),
        (message("m", "long text", Status.ERROR), message("m", "x", Status.COMPLETE)),
        (message("m", "x", Status.PARTIAL), message("m", "xy", Status.PARTIAL)),
        (message("m", "x"), message("m", "xy")),
        (message("m"), replace(message("m"), reasoning="thoughts")),
    ],
)
def test_of_two_versions_complete_beats_error_beats_partial_then_the_longer(
    lesser: Message, greater: Message
) -> None:
    assert better(lesser, greater) is greater
    assert better(greater, lesser) is greater


def test_of_two_equal_versions_mine_is_kept() -> None:
    mine, theirs = message("m", "ab"), message("m", "cd")
    assert better(mine, theirs) is mine


def test_both_writers_messages_are_kept_where_their_prompts_hang() -> None:
    base = talk(message("1"))
    mine, theirs = deepcopy(base), deepcopy(base)
    mine.add(replace(message("2"), parent_id="1"))
    theirs.add(replace(message("3"), parent_id="1"))
    merged = merge(outline(base), mine, theirs)
    assert list(merged.messages) == ["1", "2", "3"]
    assert [each.id for each in merged.children("1")] == ["2", "3"]
    assert merged.head == "2"


def test_a_deletion_that_i_took_back_is_no_deletion_any_more() -> None:
    base = talk(message("1"))
    base.deleted = ["2"]
    mine, theirs = deepcopy(base), deepcopy(base)
    mine.deleted = []
    mine.add(message("2"))
    theirs.add(message("3"))
    for merged in (merge(outline(base), mine, theirs), merge(outline(base), theirs, mine)):
        assert merged.deleted == []
        assert list(merged.messages) == ["1", "2", "3"]


def test_a_deletion_holds_whoever_made_it_and_without_a_base_both_do() -> None:
    base = talk(message("1"), message("2"))
    mine, theirs = deepcopy(base), deepcopy(base)
    mine.deleted = ["2"]
    mine.replace_messages([mine.messages["1"]])
    for merged in (
        merge(outline(base), mine, theirs),
        merge(outline(base), theirs, mine),
        merge(None, theirs, mine),
    ):
        assert (merged.deleted, list(merged.messages)) == (["2"], ["1"])


def test_the_head_stays_theirs_if_i_did_not_move_mine() -> None:
    base = talk(message("1"))
    mine, theirs = deepcopy(base), deepcopy(base)
    theirs.add(message("2"))
    mine.pinned = True
    merged = merge(outline(base), mine, theirs)
    assert (merged.head, merged.pinned) == ("2", True)


@pytest.mark.parametrize("mine_deleted", [True, False])
def test_deleted_messages_stay_deleted(mine_deleted: bool) -> None:
    mine, theirs = talk(message("1"), message("2")), talk(message("1"), message("2"))
    (mine if mine_deleted else theirs).deleted = ["2"]
    merged = merge(None, mine, theirs)
    assert list(merged.messages) == ["1"]
    assert merged.deleted == ["2"]
    assert merged.head == "1"


def test_what_hangs_below_a_deleted_message_moves_up() -> None:
    base = talk(message("1"))
    base.add(replace(message("2"), parent_id="1"))
    mine, theirs = deepcopy(base), deepcopy(base)
    mine.discard("2")
    mine.deleted = ["2"]
    theirs.add(replace(message("3"), parent_id="2"))
    merged = merge(outline(base), mine, theirs)
    assert merged.messages["3"].parent_id == "1"
    assert theirs.messages["3"].parent_id == "2"


def test_a_title_that_was_changed_elsewhere_survives() -> None:
    base = talk()
    mine, theirs = deepcopy(base), deepcopy(base)
    theirs.title, theirs.title_source = "Theirs", TitleSource.USER
    mine.pinned = True
    merged = merge(outline(base), mine, theirs)
    assert (merged.title, merged.title_source) == ("Theirs", TitleSource.USER)
    assert merged.pinned


def test_a_title_that_the_user_chose_beats_one_that_was_made_up() -> None:
    base = talk()
    mine, theirs = deepcopy(base), deepcopy(base)
    theirs.title, theirs.title_source = "Chosen", TitleSource.USER
    mine.title = "Made up"
    assert merge(outline(base), mine, theirs).title == "Chosen"
    assert merge(outline(base), theirs, mine).title == "Chosen"
    mine.title_source = TitleSource.USER
    assert merge(outline(base), mine, theirs).title == "Made up"


def test_settings_and_unknown_keys_are_merged_one_by_one() -> None:
    base = talk()
    base.settings = {"temperature": 1, "top_p": 1, "max_tokens": 9}
    base.extra = {"a": 1}
    mine, theirs = deepcopy(base), deepcopy(base)
    mine.settings = {"temperature": 2, "top_p": 1}
    theirs.settings = {"temperature": 3, "top_p": 3, "max_tokens": 9, "context": "newest"}
    theirs.extra = {"a": 1, "b": 2}
    merged = merge(outline(base), mine, theirs)
    assert merged.settings == {"temperature": 2, "top_p": 3, "context": "newest"}
    assert merged.extra == {"a": 1, "b": 2}


def test_unknown_keys_of_both_versions_of_a_message_are_kept() -> None:
    mine, theirs = talk(message("1", "longer")), talk(message("1"))
    mine.messages["1"].extra = {"a": 1, "x": 1}
    theirs.messages["1"].extra = {"b": 2, "x": 2}
    assert merge(None, mine, theirs).messages["1"].extra == {"a": 1, "b": 2, "x": 1}
    assert mine.messages["1"].extra == {"a": 1, "x": 1}


def test_without_a_base_what_i_say_counts() -> None:
    mine, theirs = talk(), talk()
    mine.tags, theirs.tags = ["mine"], ["theirs"]
    theirs.updated_at, mine.created_at, theirs.created_at = "2", "1", "0"
    merged = merge(None, mine, theirs)
    assert (merged.tags, merged.created_at, merged.updated_at) == (["mine"], "0", "2")


ids = st.lists(st.sampled_from("abcdefgh"), unique=True)


@given(ids, ids, ids, ids)
def test_nothing_is_lost_but_what_was_deleted(
    of_mine: list[str], of_theirs: list[str], i_deleted: list[str], they_deleted: list[str]
) -> None:
    mine, theirs = talk(*map(message, of_mine)), talk(*map(message, of_theirs))
    mine.deleted, theirs.deleted = i_deleted, they_deleted
    merged = merge(None, mine, theirs)
    kept = {*of_mine, *of_theirs} - {*i_deleted, *they_deleted}
    assert set(merged.messages) == kept
    assert set(merged.deleted) == {*i_deleted, *they_deleted}
    assert merged.head in kept if kept else merged.head is None
    again = merge(None, merged, theirs)
    assert again == merged
    assert set(merge(None, theirs, mine).messages) == kept


def test_others_changes_come_into_the_live_object_and_replies_keep_growing() -> None:
    growing = message("2", "so f", Status.PARTIAL)
    live = talk(message("1"), growing)
    base = outline(live)
    written = deepcopy(live)
    written.add(message("3"))
    written.title, written.deleted = "Theirs", ["1"]
    written.discard("1")
    saved = Saved(False, written, base)
    growing.append("ar")
    live.add(message("4"))
    saved.apply_to(live)
    assert list(live.messages) == ["2", "3", "4"]
    assert live.messages["2"] is growing
    assert growing.content == "so far"
    assert (live.title, live.deleted, live.head) == ("Theirs", ["1"], "4")


def test_a_better_version_comes_into_the_message_that_is_there() -> None:
    live = talk(message("1", "ha", Status.PARTIAL))
    there = live.messages["1"]
    written = talk(message("1", "half", Status.COMPLETE))
    Saved(False, written, outline(live)).apply_to(live)
    assert live.messages["1"] is there
    assert (there.content, there.status) == ("half", Status.COMPLETE)


def test_where_nothing_came_in_nothing_changes() -> None:
    live = talk(message("1"))
    before = deepcopy(live)
    Saved().apply_to(live)
    assert live == before
    assert not Saved().merged
