"""How wide characters are, where Rich has it otherwise than terminals do.

The vowel signs of Devanagari, Tamil, Burmese and their like that stand beside their letter
(category Mc) take a cell of their own in xterm, VTE and tmux, and in wcwidth behind a letter. Rich
counts none for them, and what stands to their right would be out of its column.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Final

from rich import cells

_FIRST: Final = 0x0903
_LAST: Final = 0x1D172
"""The first and the last of them; none stands in a long range of invisible characters."""

_LONGEST: Final = 1024


def install() -> None:
    """Let all that measures text in this process measure it so."""
    if vars(cells)[_NAME] is not _table:
        setattr(cells, _NAME, _table)
        cells.get_character_cell_size.cache_clear()
        cells.cached_cell_len.cache_clear()


_NAME: Final = "load_cell_table"
"""What all of Rich's measuring looks its table up with."""

_rich_table: Final = vars(cells)[_NAME]


@lru_cache(maxsize=4)
def _table(unicode_version: str = "auto") -> cells.CellTable:
    table: cells.CellTable = _rich_table(unicode_version)
    widths: list[tuple[int, int, int]] = []
    for start, end, width in table.widths:
        if width or end < _FIRST or start > _LAST or end - start > _LONGEST:
            widths.append((start, end, width))
        else:
            widths += _without_spacing_marks(start, end)
    return table._replace(widths=widths)


def _without_spacing_marks(start: int, end: int) -> list[tuple[int, int, int]]:
    """The ranges of characters without width that are left of one; what is in none takes a cell."""
    from unicodedata import category

    left: list[tuple[int, int, int]] = []
    for code in range(start, end + 1):
        if category(chr(code)) == "Mc":
            if start < code:
                left.append((start, code - 1, 0))
            start = code + 1
    return [*left, (start, end, 0)] if start <= end else left
