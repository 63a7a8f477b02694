from __future__ import annotations

import inspect
from pathlib import Path

import pytest

from copilot_tui.conversation import Conversation
from copilot_tui.errors import NotFound
from copilot_tui.store import Draft, PrivateStore, Store, ViewState, summary_of
from tests.store.samples import add_empty_reply


@pytest.fixture
def private() -> PrivateStore:
    return PrivateStore()


def test_a_private_store_can_all_that_a_store_can() -> None:
    for name, method in inspect.getmembers(Store, inspect.isfunction):
        if not name.startswith("_"):
            twin = getattr(PrivateStore, name)
            assert list(inspect.signature(twin).parameters) == list(
                inspect.signature(method).parameters
            )


def test_a_private_conversation_is_kept_in_memory_alone(
    private: PrivateStore,
    conversation: Conversation,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    private.save(conversation)
    journal = private.open_journal(conversation, add_empty_reply(conversation))
    for step in (journal.flush, journal.sync, journal.close, journal.discard):
        journal.append("text")
        step()
    private.save_draft(conversation.id, Draft("draft"))
    private.save_view_state(conversation.id, ViewState(line=1))
    assert private.load(conversation.id) is conversation
    assert private.summaries() == private.cached_summaries() == [summary_of(conversation)]
    assert private.draft(conversation.id) == Draft("draft")
    assert private.drafts() == [conversation.id]
    assert private.view_state(conversation.id) == ViewState(line=1)
    assert (private.recover(), private.problems(), private.purge_trash()) == ([], [], [])
    private.save_draft(conversation.id, None)
    assert private.draft(conversation.id) is None
    private.close()
    assert list(tmp_path.iterdir()) == []


def test_a_private_conversation_is_renamed_deleted_and_restored(
    private: PrivateStore, conversation: Conversation
) -> None:
    private.save(conversation)
    private.rename(conversation.id, "Mine")
    assert private.load(private.resolve("last")).title == "Mine"
    private.delete(private.resolve(conversation.id[:4]))
    for attempt in (private.load, private.resolve, private.delete):
        with pytest.raises(NotFound):
            attempt(conversation.id)
    assert private.save(conversation).trashed
    assert private.resolve("last", trashed=True) == conversation.id
    private.restore(conversation.id)
    assert private.load(conversation.id) is conversation
    assert private.trashed() == []
    with pytest.raises(NotFound):
        private.restore(conversation.id)
