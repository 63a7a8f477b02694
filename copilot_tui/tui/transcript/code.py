"""Code blocks: highlighting, and the lines that may be scrolled sideways."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style

from copilot_tui.tui.transcript.lines import Line, width_of
from copilot_tui.tui.transcript.wrap import wrap

if TYPE_CHECKING:
    from pygments.lexer import Lexer

    from copilot_tui.tui.palette import Palette

_TAB_STOP: Final = 4
LONGEST_LINE: Final = 2_000
"""A block with a line of more characters is not highlighted: lexers are made of regular
expressions, and some take quadratic time on what was never meant to be code."""

PADDING: Final = " "
"""Left of the code, on its background."""

_NO_HIGHLIGHT: Final = frozenset(
    {"", "text", "txt", "plain", "plaintext", "none", "output", "console-output"}
)


@lru_cache(maxsize=128)
def lexer_for(language: str) -> Lexer | None:
    """The lexer of a fence's language; None: there is none, or nothing to colour."""
    if language in _NO_HIGHLIGHT:
        return None
    from pygments.lexers import get_lexer_by_name
    from pygments.util import ClassNotFound

    try:
        return get_lexer_by_name(language, stripnl=False, ensurenl=False)
    except ClassNotFound:
        return None


class CodeStyles:
    """Token types of Pygments → styles of a palette."""

    def __init__(self, palette: Palette) -> None:
        base = self.base = palette.code_base
        self._by_name: dict[str, Style] = {
            "Token.Keyword": base + Style(color=palette.keyword),
            "Token.Keyword.Type": base + Style(color=palette.kind),
            "Token.Keyword.Constant": base + Style(color=palette.number),
            "Token.Operator.Word": base + Style(color=palette.keyword),
            "Token.Operator": base + Style(color=palette.operator),
            "Token.Comment": base + Style(color=palette.comment, italic=True),
            "Token.Comment.Preproc": base + Style(color=palette.kind),
            "Token.Literal.String": base + Style(color=palette.string),
            "Token.Literal.String.Escape": base + Style(color=palette.operator),
            "Token.Literal.String.Interpol": base + Style(color=palette.operator),
            "Token.Literal.Number": base + Style(color=palette.number),
            "Token.Name.Function": base + Style(color=palette.name),
            "Token.Name.Attribute": base + Style(color=palette.name),
            "Token.Name.Tag": base + Style(color=palette.keyword),
            "Token.Name.Builtin": base + Style(color=palette.operator),
            "Token.Name.Class": base + Style(color=palette.kind),
            "Token.Name.Namespace": base + Style(color=palette.kind),
            "Token.Name.Exception": base + Style(color=palette.kind),
            "Token.Name.Decorator": base + Style(color=palette.kind),
            "Token.Name.Constant": base + Style(color=palette.number),
            "Token.Generic.Heading": base + Style(color=palette.name, bold=True),
            "Token.Generic.Subheading": base + Style(color=palette.name),
            "Token.Generic.Inserted": base + Style(color=palette.string),
            "Token.Generic.Deleted": base + Style(color=palette.deleted),
            "Token.Generic.Prompt": base + Style(color=palette.comment),
            "Token.Generic.Output": base,
        }
        self._cache: dict[object, Style] = {}

    def __getitem__(self, token_type: object) -> Style:
        style = self._cache.get(token_type)
        if style is None:
            name = str(token_type)
            while name not in self._by_name and "." in name:
                name = name.rpartition(".")[0]
            style = self._cache[token_type] = self._by_name.get(name, self.base)
        return style


def plain_line(text: str, styles: CodeStyles) -> list[Segment]:
    """A line of code without colours."""
    return [Segment(text.expandtabs(_TAB_STOP), styles.base)] if text else []


def highlighted(code: str, language: str, styles: CodeStyles) -> Iterator[list[Segment]]:
    """The lines of a text as segments, one after the other, so that it can be done in slices."""
    lexer = lexer_for(language)
    if lexer is None or any(len(line) > LONGEST_LINE for line in code.split("\n")):
        for line in code.split("\n"):
            yield plain_line(line, styles)
        return
    segments: list[Segment] = []
    column = 0
    for token_type, value in lexer.get_tokens(code):
        style = styles[token_type]
        first, *others = value.split("\n")
        for index, part in enumerate((first, *others)):
            if index:
                yield segments
                segments, column = [], 0
            if part:
                if "\t" in part:
                    part = (" " * column + part).expandtabs(_TAB_STOP)[column:]
                segments.append(Segment(part, style))
                column += len(part)
    yield segments


def colour(code: str, language: str, styles: CodeStyles) -> list[list[Segment]]:
    """All lines of a text, highlighted if that keeps every line where it is."""
    wanted = code.count("\n") + 1
    lines = list(highlighted(code, language, styles))
    if len(lines) != wanted:
        return [plain_line(line, styles) for line in code.split("\n")]
    return lines


def code_line(segments: list[Segment], raw: str, styles: CodeStyles, code_width: list[int]) -> Line:
    """One line of code on its background. `code_width` grows to the widest of the block."""
    cells = width_of(segments)
    code_width[0] = max(code_width[0], cells)
    return Line(
        [Segment(PADDING, styles.base), *segments],
        cells + len(PADDING),
        fill=styles.base,
        indent=len(PADDING),
        size=sum([len(segment.text) for segment in segments]),
        raw=raw if "\t" in raw else None,
    )


def wrapped_code(
    segments: list[Segment], raw: str, styles: CodeStyles, width: int
) -> Iterator[Line]:
    """One line of code on as many rows as it takes."""
    rows = wrap([(segment.text, segment.style or styles.base) for segment in segments], width)
    for row in rows:
        parts = [*row.segments]
        yield Line(
            [Segment(PADDING, styles.base), *parts],
            row.cells + len(PADDING),
            fill=styles.base,
            indent=len(PADDING),
            size=row.size,
            joint="\n" if row is rows[-1] else row.joint,
            raw=raw if "\t" in raw and len(rows) == 1 else None,
        )


def caption(language: str, styles: CodeStyles, palette: Palette, width: int) -> Line:
    """The line above a block that names its language."""
    name = language if cell_len(language) < width - 2 else ""
    style = styles.base + Style(color=palette.muted)
    return Line(
        [Segment(f"{PADDING}{name}", style)], len(PADDING) + cell_len(name), fill=styles.base
    )
