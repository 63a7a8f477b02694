from __future__ import annotations

import io
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from copilot_tui.formats.values import NoJson, Unusable, Values

DEEP = 40_000
"""More than any version of Python takes; 3.12 and 3.13 take ten times what 3.11 does."""

objects = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.text(), st.floats()),
    lambda below: st.one_of(st.lists(below), st.dictionaries(st.text(), below)),
    max_leaves=8,
).map(lambda value: {"key": value})


class Dripping:
    """Gives few bytes at a time, whatever is asked for."""

    def __init__(self, data: bytes, size: int) -> None:
        self._stream = io.BytesIO(data)
        self._size = size

    def read(self, _size: int, /) -> bytes:
        return self._stream.read(self._size)


def read(data: bytes, size: int = 1 << 20) -> list[Any]:
    return list(Values(Dripping(data, size)))


@given(st.lists(objects), st.integers(1, 9), st.booleans(), st.sampled_from([None, 1]))
def test_a_list_cut_anywhere_gives_its_elements(
    wanted: list[Any], size: int, is_ascii: bool, indent: int | None
) -> None:
    data = json.dumps(wanted, ensure_ascii=is_ascii, indent=indent).encode("utf-8", "replace")
    # What JSON does not know, and others write all the same, is null.
    assert read(data, size) == json.loads(data, parse_constant=lambda _: None)


def test_values_may_follow_each_other_without_a_list() -> None:
    assert read(b'\xef\xbb\xbf{"a": 1}\n{"a": 2}{"a": 3}\n', 3) == [{"a": 1}, {"a": 2}, {"a": 3}]


@pytest.mark.parametrize("data", [b'[{"a": 1}', b'[{"a": 1}, {"b": "x', b'[{"a": 1}, {"b"'])
def test_what_ends_in_the_middle_is_given_up_to_there(data: bytes) -> None:
    found = iter(Values(Dripping(data, 2)))
    assert next(found) == {"a": 1}
    with pytest.raises(NoJson, match="ends in the middle"):
        next(found)


def test_what_is_no_json_ends_the_reading_without_reading_the_rest() -> None:
    data = io.BytesIO(b'[{"a": 1}, {oops: 2},' + b" " * (1 << 23))
    with pytest.raises(NoJson):
        list(Values(data))
    assert data.tell() <= 1 << 21


@pytest.mark.parametrize(
    "odd", [b"[" * DEEP + b"]" * DEEP, b'{"a":' * DEEP + b"1" + b"}" * DEEP, b"9" * 5000]
)
def test_a_value_that_python_cannot_take_is_skipped_alone(odd: bytes) -> None:
    data = b'[{"a": 1}, {"x": ' + odd + b', "y": "}]\\""}, {"a": 2}]'
    first, second, third = read(data, len(data) // 7)
    assert (first, third) == ({"a": 1}, {"a": 2})
    assert isinstance(second, Unusable)


def test_a_value_longer_than_any_conversation_is_refused() -> None:
    data = b'["' + b"x" * 1000 + b'"]'
    assert list(Values(Dripping(data, 100))) == ["x" * 1000]
    with pytest.raises(NoJson, match="longer than"):
        list(Values(Dripping(data, 100), max_chars=500))
