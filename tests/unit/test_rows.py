"""The groups of the list, and what a filter leaves."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import datetime

import pytest

from copilot_tui.conversation import timestamp
from copilot_tui.tui.rows import Row, Rows, grouped


@pytest.fixture
def in_berlin(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    if not hasattr(time, "tzset"):
        pytest.skip("the zone of a process cannot be changed here")
    with monkeypatch.context() as patch:
        # its rules, so that no database of zones is needed
        patch.setenv("TZ", "CET-1CEST,M3.5.0,M10.5.0/3")
        time.tzset()
        yield
    time.tzset()


def at(written: str) -> datetime:
    """A moment as the clock on the wall says it."""
    return datetime.fromisoformat(written).astimezone()


def row(title: str, written: str, **fields: object) -> Row:
    return Row(title, title, timestamp(at(written)), **fields)  # type: ignore[arg-type]


def groups(now: str, *rows: Row) -> dict[str, list[str]]:
    """The titles under each heading, as they stand."""
    ranked = sorted(rows, key=Row.rank, reverse=True)
    found: dict[str, list[str]] = {}
    for line in grouped(ranked, at(now)):
        if isinstance(line, str):
            assert line not in found
            found[line] = []
        else:
            found[list(found)[-1]].append(ranked[line].title)
    assert all(found.values())
    assert [title for titles in found.values() for title in titles] == [r.title for r in ranked]
    return found


@pytest.mark.usefixtures("in_berlin")
@pytest.mark.parametrize(
    ("now", "times", "found"),
    [
        (
            "2026-05-13T12:00",
            ["2026-05-13T00:00", "2026-05-12T23:59", "2026-05-11T23:59", "2026-05-06T23:59"],
            ["Today", "Yesterday", "This week", "May"],
        ),
        (
            "2026-05-13T12:00",
            ["2026-05-12T00:00", "2026-05-07T00:00", "2026-05-01T00:00", "2026-04-30T23:59"],
            ["Yesterday", "This week", "May", "April"],
        ),
        (  # a year's first minutes
            "2026-01-01T00:10",
            ["2026-01-01T00:00", "2025-12-31T23:59", "2025-12-26T00:00", "2025-12-25T23:59"],
            ["Today", "Yesterday", "This week", "December 2025"],
        ),
        (  # a day of 25 hours, and the one before it
            "2026-10-25T12:00",
            ["2026-10-25T00:30", "2026-10-24T00:30", "2026-10-23T23:30"],
            ["Today", "Yesterday", "This week"],
        ),
        (  # a day of 23 hours
            "2026-03-29T12:00",
            ["2026-03-29T00:30", "2026-03-28T00:30", "2026-03-27T23:30"],
            ["Today", "Yesterday", "This week"],
        ),
        (  # in summer, of last winter
            "2026-07-15T12:00",
            ["2026-02-01T00:30", "2026-01-31T23:30", "2025-08-01T00:30", "2025-07-31T23:30"],
            ["February", "January", "August 2025", "July 2025"],
        ),
        ("2026-07-15T12:00", ["2024-08-01T00:00", "2024-07-31T23:59"], ["August 2024", "Older"]),
        ("2026-07-15T12:00", ["2031-01-01T00:00"], ["Today"]),  # somebody's clock is wrong
    ],
)
def test_groups_begin_at_midnight_by_the_clock_of_that_day(
    now: str, times: list[str], found: list[str]
) -> None:
    rows = [row(str(number), written) for number, written in enumerate(times)]
    expected = {name: [str(number)] for number, name in enumerate(found)}
    assert groups(now, *rows) == expected


def test_private_and_pinned_ones_stand_above_the_days() -> None:
    found = groups(
        "2026-05-13T12:00",
        row("old", "2026-05-12T09:00", pinned=True),
        row("older", "2020-05-12T09:00", pinned=True, private=True),
        row("secret", "2026-05-01T09:00", private=True),
        row("new", "2026-05-13T09:00"),
    )
    assert found == {
        "Private, not saved": ["older", "secret"],
        "Pinned": ["old"],
        "Today": ["new"],
    }


def test_ten_thousand_of_one_moment_are_one_group() -> None:
    rows = [row(str(number), "2026-05-12T00:00") for number in range(10_000)]
    assert [len(titles) for titles in groups("2026-05-13T12:00", *rows).values()] == [10_000]


def test_no_conversation_has_no_group() -> None:
    assert grouped([], at("2026-05-13T12:00")) == []


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("世界", ["hello 世界"]),
        ("ｈｅｌｌｏ", ["hello 世界"]),
        ("cafe", ["Café [.*]"]),
        ("CAFÉ", ["Café [.*]"]),
        ("[.*]", ["Café [.*]"]),
        (".*", ["Café [.*]"]),
        ("strasse", ["Straße"]),
        ("\\", []),
        ("é [", ["Café [.*]"]),
        ("#wo", ["Straße"]),
        ("#wo str", ["Straße"]),
        ("#wo café", []),
        ("#", []),
        ("in:archive", ["gone"]),
        ("in:archive ne", ["gone"]),
        ("in:archive x", []),
    ],
)
def test_what_is_typed_is_found_as_text_in_any_script(typed: str, found: list[str]) -> None:
    written = "2026-05-12T00:00"
    rows = Rows(
        [
            row("hello 世界", written),
            row("Café [.*]", written),
            row("Straße", written, tags=("Work",)),
            row("gone", written, archived=True),
        ]
    )
    assert [each.title for each in rows.fitting(typed)] == found
