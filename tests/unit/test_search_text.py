from __future__ import annotations

import re
import sqlite3
from contextlib import closing

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from copilot_tui.search_text import (
    SLICE_CHARS,
    SNIPPET_CHARS,
    Part,
    fold,
    for_index,
    marks,
    on_one_line,
    parts,
    snippet,
)

SCRIPTS = "aZ09_ .,-\n'\"é́ßŁİıſ東京都がｶﾞ한글ไทยกี่हिन्दी👋🏽—“”…Ⅷ½²\u200d\ufe0f\u0301"
TEXTS = st.text() | st.text(alphabet=SCRIPTS)


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("ABC", "abc"),
        ("Ünï", "uni"),
        ("Łódź Ærø", "lodz aero"),
        ("İstanbul ılık", "istanbul ilik"),
        ("STRASSE Straße", "strasse strasse"),
        ("e\u0301", "e"),
        ("“it’s” — so…", '"it\'s" - so...'),
        ("ｶﾞ", "ガ"),
        ("한글", "한글"),
        ("½", "1⁄2"),
    ],
)
def test_case_accents_and_typography_are_folded(text: str, folded: str) -> None:
    assert fold(text) == folded


@settings(deadline=None)  # the machine may be busy
@given(TEXTS)
def test_what_is_folded_stays_as_it_is(text: str) -> None:
    assert fold(fold(text)) == fold(text)


@pytest.mark.parametrize(
    ("needle", "found"),
    [
        ("word", [Part("word", True, True)]),
        ("two words", [Part("two", True, False), Part("words", False, True)]),
        ("(word)", [Part("word", False, False)]),
        ("c++", [Part("c", True, False)]),
        ("++", []),
        ("snake_case", [Part("snake_case", True, True)]),
        ("東京都", [Part("東京", False, False), Part("京都", False, False)]),
        ("東", [Part("東", True, True)]),
        ("gpt模型", [Part("gpt", True, False), Part("模型", False, False)]),
        ("👋", []),
    ],
)
def test_a_needle_has_words_and_pieces_of_words(needle: str, found: list[Part]) -> None:
    assert parts(needle) == found


def tokens_of_fts5(text: str) -> set[str]:
    with closing(sqlite3.connect(":memory:")) as database:
        database.execute(
            "CREATE VIRTUAL TABLE t USING fts5(x, detail=none, tokenize=\"ascii tokenchars '_'\")"
        )
        database.execute("CREATE VIRTUAL TABLE v USING fts5vocab(t, 'row')")
        database.execute("INSERT INTO t VALUES (?)", (for_index(text),))
        return {row[0] for row in database.execute("SELECT term FROM v")}


@settings(deadline=None)  # the machine may be busy
@given(st.text(alphabet=st.characters(codec="utf-8")) | st.text(alphabet=SCRIPTS), st.data())
def test_whatever_is_in_a_text_the_index_has_the_words_of(text: str, data: st.DataObject) -> None:
    folded = fold(text)
    start = data.draw(st.integers(0, len(folded)))
    needle = folded[start : data.draw(st.integers(start, len(folded)))]
    tokens = tokens_of_fts5(text)
    for part in parts(needle):
        left = "" if part.open_start else "^"
        right = "" if part.open_end else "$"
        pattern = re.compile(f"{left}{re.escape(part.text)}{right}")
        assert any(pattern.search(token) for token in tokens), (part, tokens)


@pytest.mark.parametrize(
    ("text", "needles", "found"),
    [
        ("Hello hello", ["hello"], ["Hello", "hello"]),
        ("a naïve Straße", ["naive", "strasse"], ["naïve", "Straße"]),
        ("abcdef", ["bcd", "cde"], ["bcde"]),
        ("東京都", ["京"], ["京"]),
        ("ﬁne", ["fi"], ["ﬁ"]),
        ("e\u0301a", ["a"], ["a"]),
        ("nothing", ["x", ""], []),
    ],
)
def test_what_was_found_is_marked_in_the_text_as_it_is(
    text: str, needles: list[str], found: list[str]
) -> None:
    assert [text[start:end] for start, end in marks(text, needles)] == found


@settings(deadline=None)  # the machine may be busy
@given(TEXTS, st.lists(st.text(alphabet="aés東 .", max_size=3)))
def test_marks_are_in_order_and_apart(text: str, needles: list[str]) -> None:
    edges = [edge for found in marks(text, [fold(each) for each in needles]) for edge in found]
    assert edges == sorted(set(edges))
    assert all(0 <= edge <= len(text) for edge in edges)


def test_a_short_text_is_its_own_snippet() -> None:
    assert snippet(" one\n\ttwo ", ["two"]) == "one two"


def test_a_snippet_is_cut_at_words_around_what_was_found() -> None:
    text = "before " * 50 + "the Größe of it " + "after " * 50
    found = snippet(text, ["große"])
    assert "the Größe of it" in snippet(text, ["grosse"])
    assert found.startswith("before ")
    assert re.fullmatch("…(before )+the Größe of it( after)+…", snippet(text, ["grosse"]))


def test_a_snippet_has_as_many_of_the_words_as_can_be() -> None:
    text = "one " + "x " * 200 + "two three " + "y " * 200
    assert "two three" in snippet(text, ["one", "two", "three"])


@settings(deadline=None)  # the machine may be busy
@given(TEXTS, st.text(alphabet=SCRIPTS, min_size=1, max_size=5), TEXTS)
def test_a_snippet_is_short_and_on_one_line(before: str, word: str, after: str) -> None:
    text = f"{before * 9} {word} {after * 9}"
    found = snippet(text, [fold(word)])
    assert len(found) <= SNIPPET_CHARS + 2
    assert on_one_line(found) == found


@pytest.mark.parametrize("filler", ["x ", "ß ", "… ", "東", "ﬀ"])
def test_the_word_is_in_the_snippet_wherever_it_stands(filler: str) -> None:
    for count in (0, 10, 60, 300):
        text = filler * count + "needle" + filler * 300
        assert "needle" in snippet(text, ["needle"])


@pytest.mark.parametrize("piece", ["Äb «c» 世界, ", "x", "Ωmega—", " 世", "plain words and Æ "])
def test_a_long_text_is_folded_and_indexed_as_its_pieces_are(piece: str) -> None:
    piece = " " + piece
    times = 3 * SLICE_CHARS // len(piece)
    assert fold(piece * times) == fold(piece) * times
    assert for_index(piece * times) == for_index(piece) * times


def test_a_long_text_of_foreign_letters_alone_is_folded_as_a_whole() -> None:
    assert fold("É" * (2 * SLICE_CHARS)) == "e" * (2 * SLICE_CHARS)
