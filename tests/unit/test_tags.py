from __future__ import annotations

import pytest

from copilot_tui.tags import read_title_line, tags_in, title_line


@pytest.mark.parametrize(
    ("text", "tags"),
    [
        ("work, home", ["work", "home"]),
        ("#work #home", ["work", "home"]),
        ("Work work WORK", ["Work"]),
        ("  ,, # ;", []),
        ("über 日本 🦜", ["über", "日本", "🦜"]),
    ],
)
def test_tags_are_read_however_they_are_written(text: str, tags: list[str]) -> None:
    assert tags_in(text) == tags


@pytest.mark.parametrize(
    ("line", "old", "title", "tags"),
    [
        ("Plan #work", "Plan", "Plan", ["work"]),
        ("#work Plan for #home today", "x", "Plan for today", ["work", "home"]),
        ("Fix bug #12 in C#", "x", "Fix bug #12 in C#", []),
        ("Why #include fails #c", "Why #include", "Why #include fails", ["c"]),
        ("#work", "Plan", "", ["work"]),
        ("Résumé #été #日本", "x", "Résumé", ["été", "日本"]),
    ],
)
def test_new_words_with_a_hash_are_tags_and_those_of_the_title_stay(
    line: str, old: str, title: str, tags: list[str]
) -> None:
    assert read_title_line(line, old) == (title, tags)


def test_a_title_line_that_is_not_changed_changes_nothing() -> None:
    line = title_line("Why #include", ["c", "work"])
    assert line == "Why #include #c #work"
    assert read_title_line(line, "Why #include") == ("Why #include", ["c", "work"])
