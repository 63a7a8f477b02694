from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from copilot_tui.backends.server_words import retry_after_s

NOW = datetime(2026, 11, 21, 8, 0, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("7", 7.0),
        ("0.5", 0.5),
        ("-3", 0.0),
        ("Sat, 21 Nov 2026 08:00:07 GMT", 7.0),
        ("Sat, 21 Nov 2026 09:00:07 +0100", 7.0),
        ("Sat, 21 Nov 2026 07:00:00 GMT", 0.0),
    ],
)
def test_retry_after_is_read_as_seconds_and_as_a_date(value: str, seconds: float) -> None:
    assert retry_after_s(value, NOW) == seconds


@pytest.mark.parametrize(
    "value",
    [
        None,
        "",
        "soon",
        "inf",
        "nan",
        "Mon, 99 Jan 2027 00:00:00 GMT",
        "Mon, 01 Jan 2027 00:00:00 +99999999999999999999",
        "Mon, 01 Jan 2027 00:00:00 -99999999999999999999",
        "Mon, 01 Jan 99999999999999999999 00:00:00 GMT",
        "Mon, 99999999999999999999 Jan 2027 00:00:00 GMT",
    ],
)
def test_a_retry_after_that_makes_no_sense_is_none(value: str | None) -> None:
    assert retry_after_s(value, NOW) is None


_NUMBERS = st.one_of(st.integers(0, 99), st.integers(0, 10**30)).map(str)


@given(day=_NUMBERS, year=_NUMBERS, hour=_NUMBERS, zone=st.tuples(st.sampled_from("+-"), _NUMBERS))
def test_no_date_at_all_is_too_much(day: str, year: str, hour: str, zone: tuple[str, str]) -> None:
    found = retry_after_s(f"Mon, {day} Jan {year} {hour}:00:00 {''.join(zone)}", NOW)
    assert found is None or found >= 0.0


@given(st.text())
def test_no_text_at_all_is_too_much(text: str) -> None:
    found = retry_after_s(text, NOW)
    assert found is None or found >= 0.0
