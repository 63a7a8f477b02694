from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from copilot_tui.backends.sdk.retold import Retold


class Reader:
    """Who shows what is fresh."""

    def __init__(self) -> None:
        self.text = Retold()
        self.shown = ""
        self.replaced = 0

    def look(self) -> None:
        fresh = self.text.take()
        if self.text.is_other:
            self.text.is_other = False
            self.replaced += 1
            self.shown = self.text.whole
        else:
            self.shown += fresh

    def tell(self, *pieces: str) -> Reader:
        for piece in pieces:
            self.text.add(piece)
            self.look()
        return self

    def fail(self) -> Reader:
        self.text.begin_again()
        self.look()
        return self

    def settle(self, content: str) -> Reader:
        self.text.settle(content)
        self.look()
        return self


def test_what_comes_is_shown_as_it_comes() -> None:
    reader = Reader().tell("Hel")
    assert reader.shown == "Hel"
    assert reader.tell("lo").settle("Hello").shown == "Hello"
    assert reader.replaced == 0


def test_the_same_words_again_are_not_shown_twice() -> None:
    reader = Reader().tell("Hel", "lo").fail().tell("H", "el")
    assert reader.shown == "Hello"
    assert reader.tell("lo, you").settle("Hello, you").shown == "Hello, you"
    assert reader.replaced == 0


def test_other_words_replace_what_is_shown_once_they_say_more() -> None:
    reader = Reader().tell("Hello").fail().tell("Good")
    assert (reader.shown, reader.replaced) == ("Hello", 0)
    assert reader.tell(" day").shown == "Good day"
    assert reader.tell("!").settle("Good day!").shown == "Good day!"
    assert reader.replaced == 1


def test_an_attempt_that_fails_earlier_than_the_one_before_takes_nothing_away() -> None:
    reader = Reader().tell("Hello, you").fail().tell("Hi").fail().tell("Good").fail()
    assert (reader.shown, reader.text.whole, reader.replaced) == ("Hello, you", "Hello, you", 0)


def test_the_final_content_wins_over_a_longer_attempt_that_failed() -> None:
    reader = Reader().tell("A long beginning").fail().tell("Short").settle("Short")
    assert (reader.shown, reader.replaced) == ("Short", 1)


def test_the_final_content_wins_over_pieces_that_are_missing() -> None:
    assert Reader().tell("Hel").settle("Hello").shown == "Hello"
    assert Reader().settle("Hello").shown == "Hello"


def test_a_second_part_goes_behind_the_first() -> None:
    reader = Reader().tell("One. ").settle("One. ").tell("Tw").fail().tell("Two").settle("Two.")
    assert (reader.shown, reader.replaced) == ("One. Two.", 0)


def test_failing_before_a_word_changes_nothing() -> None:
    assert (
        Reader().fail().fail().tell("Hello").fail().tell("Hello").settle("Hello").shown == "Hello"
    )


def test_a_character_that_comes_in_two_halves_is_shown_whole() -> None:
    reader = Reader().tell("a\ud83d")
    assert reader.shown == "a"
    assert reader.tell("\ude00b").settle("a\U0001f600b").shown == "a\U0001f600b"
    assert reader.replaced == 0


def test_half_a_character_alone_is_neither_shown_nor_kept() -> None:
    reader = Reader().tell("a\ude00b", "c\ud83d").fail().tell("d\ud83d").settle("d\ud83d")
    assert reader.shown == "d\ufffd"
    assert reader.text.whole == "d\ufffd"


@given(
    attempts=st.lists(st.lists(st.text("ab", max_size=3), max_size=5), max_size=4),
    final=st.lists(st.text("ab", min_size=1, max_size=3), min_size=1, max_size=5),
)
def test_whatever_failed_before_the_final_content_is_what_is_shown(
    attempts: list[list[str]], final: list[str]
) -> None:
    reader = Reader()
    for attempt in attempts:
        longest = len(reader.shown)
        reader.tell(*attempt).fail()
        assert len(reader.shown) >= longest
        assert reader.shown == reader.text.whole
    assert reader.tell(*final).settle("".join(final)).shown == "".join(final)
