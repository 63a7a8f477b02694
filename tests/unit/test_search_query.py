from __future__ import annotations

from datetime import datetime

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from copilot_tui.search_query import Query, parse, unknown_filters


def words(*needles: str) -> Query:
    return Query(needles=needles)


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("", Query()),
        (" \t\n", Query()),
        ("Hello WORLDS", words("worlds", "hello")),
        ("hello hello hell", words("hello")),
        ('"two words"', words("two words")),
        ('"two  \n words" three', words("two words", "three")),
        ('"not closed yet', words("not closed yet")),
        ("“curly quotes”", words("curly quotes")),
        ("Ünïcødé Straße", words("unicode", "strasse")),
        ("ＷＩＤＥ", words("wide")),
        ("c++", words("c++")),
        ("it’s", words("it's")),
        ('"', words('"')),
        ('""', Query()),
        ('say"so', words('say"so')),
        ("a AND b", words("and", "b")),
        ("NEAR(x, 2) -y * ^", words("near(x,", "2)", "-y", "*", "^")),
        ("--json", words("--json")),
        ("std::vector http://x.y", words("std::vector", "http://x.y")),
        ("in:body", words("in:body")),
        ("before:tomorrow", words("before:tomorrow")),
        ("after:2026-13-01", Query()),
        ("in:title taxes", Query(needles=("taxes",), role="title")),
        ("in:t from:", Query(role="title")),
        ("from:me", Query(role="user")),
        ("FROM:Assistant", Query(role="assistant")),
        ("from:model", Query(role="assistant")),
        ("from:nobody", words("from:nobody")),
        ("tag:#Work tag:home", Query(tags=("work", "home"))),
        ('model:"gpt 4" tag:', Query(models=("gpt 4",))),
        ("xtag:work", words("xtag:work")),
    ],
)
def test_what_is_typed_is_understood(typed: str, meant: Query) -> None:
    assert parse(typed) == meant


@pytest.mark.parametrize(
    ("date", "day"),
    [
        ("2026-01-31", (2026, 1, 31)),
        ("2026-1-3", (2026, 1, 3)),
        ("2026-02", (2026, 2, 1)),
        ("2026", (2026, 1, 1)),
    ],
)
def test_a_date_is_the_first_moment_of_the_users_own_day(
    date: str, day: tuple[int, int, int]
) -> None:
    moment = int(datetime(*day).astimezone().timestamp() * 1000)
    assert parse(f"after:{date} before:{date}") == Query(after_ms=moment, before_ms=moment)


def test_an_unfinished_date_is_no_word_yet() -> None:
    for end in range(len("after:"), len("after:2026-01-31") + 1):
        assert parse("after:2026-01-31"[:end]).needles == ()


@settings(deadline=None)  # the machine may be busy
@given(st.text(alphabet=st.characters(codec=None)) | st.text(alphabet='"-:*^() AaÅ.0\ud800\0\n東ß'))
@example("0000-00-00")
@example("before:0000 after:9999-12-31 before:0001-01-01")
@example('in:"title" from:"me')
def test_nothing_that_can_be_typed_is_an_error(typed: str) -> None:
    query = parse(typed)
    assert all(needle and needle == needle.strip() for needle in query.needles)
    assert query.is_empty == (query == Query())
    query.is_in("text")


def test_ten_kilobytes_of_words_are_a_query() -> None:
    assert len(parse(" ".join(f"x{number}y" for number in range(1500))).needles) == 1500
    assert parse("x" * 10_000) == words("x" * 10_000)
    assert parse('"' * 10_001).needles == ('"',)


@pytest.mark.parametrize(
    ("typed", "text"),
    [
        ("beta ALPHA", "Alpha, then beta."),
        ("two\twords", "words: two"),
        ('"two words"', "these are\n  Two WORDS"),
        ("naive cafe", "a naïve Café"),
        ("stream", "downstreaming"),
        ("name", "get_user_name()"),
        ("c++", "in C++."),
        ("it's", "yes, it’s here"),
        ("京都", "東京都に住む"),
        ("京", "東京都"),
        ("ガク", "ｶﾞｸｾｲ"),
        ("한글", "한글은"),
        ("ภาษา", "ภาษาไทย"),
        ("привет", "ПРИВЕТ!"),
        ("👋", "hi 👋"),
    ],
)
def test_all_words_occur_in_any_order_also_inside_words(typed: str, text: str) -> None:
    assert parse(typed).is_in(text)


@pytest.mark.parametrize(
    ("typed", "text"),
    [
        ("alpha gamma", "Alpha, then beta."),
        ('"two words"', "two other words"),
        ("c++", "in C or +"),
        ("か", "が"),
        ("京都", "京の都"),
    ],
)
def test_what_does_not_occur_is_not_found(typed: str, text: str) -> None:
    assert not parse(typed).is_in(text)


@pytest.mark.parametrize(
    ("typed", "unknown"),
    [
        ("from:you hello", ["from:you"]),
        ("x in:foo From:Nobody", ["in:foo", "from:nobody"]),
        ("after:soon before:2026-13-01", ["after:soon", "before:2026-13-01"]),
        ("title:harbour", ["title:harbour"]),
        ("from:m in:ti tag:work model:gpt after:2026 before:2026-01-31", []),
        ("in: from: tag: std::vector http://x.y 12:30 c:\\x a:b", []),
        ('"from:you" “in:foo”', []),
    ],
)
def test_what_was_probably_meant_as_a_filter_is_named(typed: str, unknown: list[str]) -> None:
    assert list(unknown_filters(typed)) == unknown
    sure = [each for each in unknown if not each.startswith("title")]
    assert list(unknown_filters(typed, surely=True)) == sure


@given(st.text())
def test_whatever_is_typed_its_filters_can_be_asked_for(typed: str) -> None:
    assert all(isinstance(each, str) for each in unknown_filters(typed))
