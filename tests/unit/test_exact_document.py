"""The text of a prompt is what was put into it."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from copilot_tui.tui.widgets.exact_document import ExactDocument

TEXTS = st.text(alphabet="ab\n\r\x0b\x0c\x1c\x1d\x1e\x85\u2028\u2029", max_size=12)


@given(TEXTS, TEXTS)
def test_a_document_has_the_text_that_was_put_into_it(first: str, second: str) -> None:
    document = ExactDocument(first)
    assert document.text == first
    result = document.replace_range((0, 0), document.end, second)
    assert result.replaced_text == first
    assert result.end_location == document.end
    assert document.text == second


@given(TEXTS, st.integers(0, 12), st.integers(0, 12), TEXTS)
def test_what_is_typed_in_the_middle_is_taken_back_exactly(
    text: str, start: int, end: int, typed: str
) -> None:
    document = ExactDocument(text)
    places = [document.get_location_from_index(min(place, len(text))) for place in (start, end)]
    start_location, end_location = sorted(places)
    result = document.replace_range(start_location, end_location, typed)
    document.replace_range(start_location, result.end_location, result.replaced_text)
    assert document.text == text


@given(st.text(alphabet="ab\n\x0b\x85\u2028", max_size=12), TEXTS.filter(lambda t: "\r" not in t))
def test_only_line_feeds_part_lines(before: str, typed: str) -> None:
    document = ExactDocument(before)
    document.replace_range(document.end, document.end, typed)
    assert document.text == before + typed
    assert document.lines == (before + typed).split("\n")


def test_line_ends_of_one_kind_are_kept_and_typed() -> None:
    document = ExactDocument("a\r\nb")
    document.replace_range((0, 1), (0, 1), "\n")
    assert document.text == "a\r\n\r\nb"
    assert ExactDocument("a\r\nb\nc").lines == ["a\r", "b", "c"]
