"""The JSON values of a stream, one after another: the elements of a list, or value after value.

A file of any size takes the memory of its largest value. A value that Python cannot take (nested
too deeply, a number without end) is told apart from one that is no JSON: it is skipped alone.
"""

from __future__ import annotations

import codecs
import json
import re
from typing import TYPE_CHECKING, Any, Final, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterator

CHUNK_BYTES: Final = 1 << 20

MAX_CHARS: Final = 1 << 28
"""Characters of one value; what is longer is no conversation."""

_BETWEEN: Final = re.compile(r"[\s,\[\]]*")

_TOKEN: Final = re.compile(r'"(?:[^"\\]|\\.)*"|[\[\]{}]', re.DOTALL)

_LONGEST_WORD: Final = 16
"""More characters than any word or escape of JSON has: a fault so near to the end may be a cut."""

_DECODER: Final = json.JSONDecoder(parse_constant=lambda _: None)


class Readable(Protocol):
    """What values are read from."""

    def read(self, size: int, /) -> bytes:
        """Some of the next bytes; none at the end."""
        ...


class NoJson(Exception):
    """From here on it is no JSON; the message says why."""


class Unusable:
    """Stands for a value that is JSON and more than Python can take."""


class Values:
    """The values of a stream of bytes. Raises NoJson, UnicodeDecodeError, OSError."""

    def __init__(self, stream: Readable, max_chars: int = MAX_CHARS) -> None:
        self._stream = stream
        self._max_chars = max_chars
        self._decoder = codecs.getincrementaldecoder("utf-8-sig")()
        self._text = ""
        self._start = 0
        self._depth = 0
        self._is_end = False

    def __iter__(self) -> Iterator[Any]:
        while self._find_next():
            yield self._value()

    def _find_next(self) -> bool:
        """Go to where the next value begins; False: there is none."""
        while True:
            found = _BETWEEN.match(self._text, self._start)
            assert found is not None  # it matches nothing, too
            self._depth += found[0].count("[") - found[0].count("]")
            self._start = found.end()
            if self._start < len(self._text):
                return True
            if self._is_end:
                if self._depth:
                    raise NoJson("it ends in the middle")
                return False
            self._read_more()

    def _value(self) -> Any:  # noqa: ANN401  JSON
        while True:
            try:
                value, self._start = _DECODER.raw_decode(self._text, self._start)
            except json.JSONDecodeError as error:
                if self._is_end or not self._may_be_cut(error):
                    raise NoJson("it ends in the middle" if self._is_end else error.msg) from None
                self._read_more()
            except (RecursionError, ValueError):
                return self._skipped()
            else:
                return value

    def _may_be_cut(self, error: json.JSONDecodeError) -> bool:
        is_near_end = error.pos >= len(self._text) - _LONGEST_WORD
        return is_near_end or error.msg.startswith("Unterminated string")

    def _skipped(self) -> Unusable:
        """Go to the end of a value without reading it."""
        while True:
            depth = 0
            for token in _TOKEN.finditer(self._text, self._start):
                depth += {"[": 1, "{": 1, "]": -1, "}": -1}.get(token[0], 0)
                if depth == 0:
                    self._start = token.end()
                    return Unusable()
            if self._is_end:
                raise NoJson("it ends in the middle")
            self._read_more()

    def _read_more(self) -> None:
        """Let go of what was read, and double what was not: a long value is tried few times."""
        rest = self._text[self._start :]
        if len(rest) > self._max_chars:
            raise NoJson(f"a value in it is longer than {self._max_chars >> 20} million characters")
        data = self._stream.read(max(CHUNK_BYTES, len(rest)))
        self._is_end = not data
        self._text = rest + self._decoder.decode(data, final=self._is_end)
        self._start = 0
