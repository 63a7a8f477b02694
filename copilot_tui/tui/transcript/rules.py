"""Rules of markdown-it in place of its own, where those cost too much."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from markdown_it.rules_block import StateBlock

_MARKS: Final = "*-_"

INTERRUPTED: Final = ("paragraph", "reference", "blockquote", "list")
"""What such a line ends, as markdown-it has it."""


def rule_line(state: StateBlock, start: int, end: int, silent: bool) -> bool:
    """The rule for `---`, with the line looked at as a whole.

    markdown-it looks at each of its characters, and in a line that goes on as a list does so again
    at every level: 100 kB of `- - -` and a word take it a quarter of a second.
    """
    first, last = state.bMarks[start] + state.tShift[start], state.eMarks[start]
    if state.is_code_block(start) or first >= last or (mark := state.src[first]) not in _MARKS:
        return False
    line = state.src[first:last]
    if line.strip(f"{mark} \t") or (count := line.count(mark)) < 3:
        return False
    if silent:
        return True
    state.line = start + 1
    token = state.push("hr", "hr", 0)
    token.map = [start, state.line]
    token.markup = mark * (count + 1)  # as markdown-it counts them
    return True
