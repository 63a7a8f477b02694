from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from copilot_tui.pieces import Pieces

TEXTS = st.text(max_size=5)


@given(TEXTS, st.lists(st.lists(TEXTS, max_size=5), max_size=4), st.integers(0, 60), st.data())
def test_a_part_is_the_part_of_the_whole_whenever_it_is_asked_for(
    first: str, later: list[list[str]], start: int, data: st.DataObject
) -> None:
    pieces, text = Pieces(first), first
    for some in [[], *later]:
        for each in some:
            pieces.append(each)
            text += each
        end = data.draw(st.integers(0, 60))
        assert pieces.part(start, end) == text[start:end]
        assert pieces.size == len(text)
        if data.draw(st.booleans()):
            assert pieces.text == text
    assert pieces.text == text
