"""The links in sight, for those who follow them by the keyboard."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from copilot_tui.tui.transcript.lines import Line
    from copilot_tui.tui.transcript.stack import Stack


class Part(NamedTuple):
    """What one line shows of a link."""

    entry: int
    line: int
    start: int
    """Characters of the line before it, decoration included."""
    end: int


class Link(NamedTuple):
    """A link, which may be wrapped."""

    url: str
    parts: tuple[Part, ...]

    def spans(self, place: tuple[int, int]) -> list[tuple[int, int]]:
        """The characters that it has on a line."""
        return [(part.start, part.end) for part in self.parts if part[:2] == place]

    def moved(self, index: int, row: int, by: int) -> Link:
        """The link when lines of message `index` from `row` on have moved `by` so many."""
        return self._replace(
            parts=tuple(
                part._replace(line=part.line + by)
                if part.entry == index and part.line >= row
                else part
                for part in self.parts
            )
        )


def links(stack: Stack, index: int, row: int, rows: int) -> list[Link]:
    """The links of so many lines, in the order of reading."""
    found: list[Link] = []
    goes_on = False
    while rows > 0 and index < len(stack):
        entry = stack.entry(index)
        while rows > 0 and (line := entry.line(row)) is not None:
            for url, start, end in _in_line(line):
                part = Part(index, row, start, end)
                if goes_on and start <= line.indent and found[-1].url == url:
                    found[-1] = Link(url, (*found[-1].parts, part))
                else:
                    found.append(Link(url, (part,)))
                goes_on = False
            # A link that reaches the end of a line which was wrapped is not over with it.
            goes_on = (
                bool(found) and line.joint != "\n" and _reaches_end(found[-1], index, row, line)
            )
            row += 1
            rows -= 1
        index, row = index + 1, 0
    return found


def _reaches_end(link: Link, index: int, row: int, line: Line) -> bool:
    last = link.parts[-1]
    return last[:2] == (index, row) and last.end >= line.indent + line.size


def _in_line(line: Line) -> Iterator[tuple[str, int, int]]:
    """Address, first character and the one behind the last of each link in a line."""
    position, start, url = 0, 0, ""
    for text, style, _ in line.segments:
        here = (style.link or "") if style is not None else ""
        if here != url:
            if url:
                yield url, start, position
            start, url = position, here
        position += len(text)
    if url:
        yield url, start, position


def step(found: Sequence[Link], at: Link | None, direction: Literal[1, -1]) -> Link | None:
    """The link after this one, or before it, and round again; None: there is no link."""
    if not found:
        return None
    if at is None or at not in found:
        return found[0 if direction > 0 else -1]
    return found[(found.index(at) + direction) % len(found)]
