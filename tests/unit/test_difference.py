from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from copilot_tui.difference import WORK_MOST, Change, Piece, difference


def without(pieces: list[Piece], change: Change) -> str:
    return "".join(piece.text for piece in pieces if piece.change is not change)


TEXTS = st.text(st.sampled_from("ab \n\r.é日\u2028"), max_size=60)


@given(TEXTS, TEXTS)
def test_both_texts_can_be_put_together_from_the_pieces(old: str, new: str) -> None:
    pieces = difference(old, new)
    assert without(pieces, Change.NEW) == old
    assert without(pieces, Change.GONE) == new
    assert all(piece.text for piece in pieces)


@given(TEXTS)
def test_equal_texts_have_no_changes(text: str) -> None:
    assert all(piece.change is Change.SAME for piece in difference(text, text))


def test_only_the_words_that_differ_are_changes() -> None:
    assert difference("one\nthe quick fox\nend", "one\nthe slow fox\nend") == [
        Piece(Change.SAME, "one\nthe "),
        Piece(Change.GONE, "quick"),
        Piece(Change.NEW, "slow"),
        Piece(Change.SAME, " fox\nend"),
    ]


@pytest.mark.parametrize("between", [" ", "\n"])
def test_texts_that_are_too_long_to_compare_are_one_change(between: str) -> None:
    count = int(WORK_MOST**0.5) + 1
    old = between.join(f"a{n}" for n in range(count))
    new = between.join(f"b{n}" for n in range(count))
    assert [p.change for p in difference(f"same {old} end", f"same {new} end")] == [
        Change.SAME,
        Change.GONE,
        Change.NEW,
        Change.SAME,
    ]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (" ".join(f"a{n}" for n in range(1000)), " ".join(f"b{n}" for n in range(1000))),
        ("ab\n" * 2000, "ab\nx\n" * 1000),
    ],
    ids=["words with nothing but their spaces in common", "one line over and over"],
)
def test_what_is_the_same_in_many_places_is_compared_in_seconds(old: str, new: str) -> None:
    started = time.process_time()
    pieces = difference(old, new)
    assert time.process_time() - started < 20  # a half; without a bound it was minutes
    assert without(pieces, Change.NEW) == old
    assert without(pieces, Change.GONE) == new
