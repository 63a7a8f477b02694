"""Fixtures of the store's tests."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from copilot_tui.conversation import Conversation, new_conversation
from copilot_tui.store import Store
from tests.store.samples import Child, Clock, add_turn


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def store(data_dir: Path, cache_dir: Path, clock: Clock) -> Iterator[Store]:
    store = Store(data_dir, cache_dir, now=clock)
    yield store
    store.close()


@pytest.fixture
def other(data_dir: Path, cache_dir: Path, clock: Clock) -> Iterator[Store]:
    """Another program on the same folder."""
    other = Store(data_dir, cache_dir, now=clock)
    yield other
    other.close()


@pytest.fixture
def conversation(clock: Clock) -> Conversation:
    """One prompt with its reply; not on disk."""
    conversation = new_conversation(now=clock())
    conversation.title = "A talk"
    add_turn(conversation, "hello", "Hello, Heiner.")
    return conversation


@pytest.fixture
def start() -> Iterator[Callable[..., Child]]:
    children: list[Child] = []

    def start(code: str, *arguments: object) -> Child:
        children.append(Child(code, *arguments))
        return children[-1]

    yield start
    for child in children:
        child.close()
