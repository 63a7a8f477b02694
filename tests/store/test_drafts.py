from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from copilot_tui.conversation import new_id
from copilot_tui.errors import UnreadableDocument
from copilot_tui.store import Draft, Store, ViewState

ID = new_id()


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=30)
@given(st.text(min_size=1), st.one_of(st.none(), st.integers(0, 99)))
def test_a_draft_is_kept_as_it_was_typed(store: Store, text: str, caret: int | None) -> None:
    store.save_draft(ID, Draft(text, caret))
    assert store.draft(ID) == Draft(text, caret)
    assert store.drafts() == [ID]


def test_half_a_surrogate_pair_can_be_typed(store: Store) -> None:
    store.save_draft(ID, Draft("\ud800"))
    assert store.draft(ID) == Draft("\ud800")


@pytest.mark.parametrize("nothing", [None, Draft("")])
def test_an_empty_draft_is_none(store: Store, nothing: Draft | None) -> None:
    store.save_draft(ID, Draft("x"))
    store.save_draft(ID, nothing)
    store.save_draft(ID, nothing)
    assert store.draft(ID) is None
    assert store.drafts() == []


def test_the_draft_that_an_edit_put_aside_is_kept_with_it(store: Store) -> None:
    editing = Draft("", 0, editing="m1", aside="half a thought", aside_caret=4)
    store.save_draft(ID, editing)
    assert store.draft(ID) == editing
    assert editing.put_aside == Draft("half a thought", 4)
    store.save_draft(ID, Draft("", editing="m1"))
    assert store.draft(ID) is None


def test_unknown_keys_of_a_draft_are_kept(store: Store, data_dir: Path) -> None:
    store.save_draft(ID, Draft("x", extra={"files": ["a"]}))
    assert store.draft(ID) == Draft("x", extra={"files": ["a"]})


@pytest.mark.parametrize(
    "data", [b"", b"{", b"[]", b"{}", b'{"text": 5}', b'{"text": "x", "caret": "1"}', b"[" * 9999]
)
def test_an_unreadable_draft_is_set_aside_and_said_once(
    store: Store, data_dir: Path, data: bytes
) -> None:
    path = data_dir / "drafts" / f"{ID}.json"
    path.parent.mkdir(parents=True)
    path.write_bytes(data)
    with pytest.raises(UnreadableDocument, match=path.name) as caught:
        store.draft(ID)
    kept = Path(caught.value.hint.removeprefix("It is kept as "))
    assert kept.read_bytes() == data
    assert store.draft(ID) is None


def test_the_place_where_a_conversation_was_left_is_kept(store: Store) -> None:
    assert store.view_state(ID) is None
    state = ViewState(new_id(), 17, unread=True, extra={"folded": [1]})
    store.save_view_state(ID, state)
    assert store.view_state(ID) == state


@pytest.mark.parametrize("data", [b"", b"{", b"[]", b'{"line": "1"}', b'{"unread": 1}'])
def test_an_unreadable_place_is_not_known(store: Store, data_dir: Path, data: bytes) -> None:
    path = data_dir / "state" / f"{ID}.json"
    path.parent.mkdir(parents=True)
    path.write_bytes(data)
    assert store.view_state(ID) is None
    store.save_view_state(ID, ViewState(line=3))
    assert store.view_state(ID) == ViewState(line=3)
