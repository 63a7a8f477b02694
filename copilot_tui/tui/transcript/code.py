"""Code blocks: highlighting, and the lines that may be scrolled sideways."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style

from copilot_tui.tui.transcript.lines import TAB_STOP, Line, Raw, keep_tabs, width_of
from copilot_tui.tui.transcript.wrap import JOINER, wrap

if TYPE_CHECKING:
    from markdown_it.token import Token
    from pygments.lexer import Lexer

    from copilot_tui.tui.palette import Palette

LONGEST_LINE: Final = 2_000
"""A block with a line of more characters is not highlighted: lexers are made of regular
expressions, and some take quadratic time on what was never meant to be code."""

SHORT: Final = 4_000
"""A block of fewer characters gets its colours at once."""

_JOINING: Final = frozenset((JOINER, "\ufe0f"))
"""With them a character is as wide as the sequence, not as its parts."""

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
            "Token.Generic.Inserted": base + Style(color=palette.inserted),
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
    shown = text.expandtabs(TAB_STOP).lstrip(JOINER)
    return [Segment(shown, styles.base)] if shown else []


def colour_alone(raw: str, language: str, styles: CodeStyles) -> list[Segment]:
    """One line of code, coloured without what stands around it."""
    lines = list(_highlighted(raw, language, styles))
    is_usable = len(lines) == 1 and not _starts_joined(lines[0])
    return lines[0] if is_usable else plain_line(raw, styles)


def _starts_joined(segments: list[Segment]) -> bool:
    """Whether a sequence that is one character to the eye was cut in the middle."""
    return any(segment.text[0] in _JOINING for segment in segments if segment.text)


def _highlighted(code: str, language: str, styles: CodeStyles) -> Iterator[list[Segment]]:
    """The lines of a text as segments, one after the other."""
    lexer = lexer_for(language)
    if lexer is None:
        return
    segments: list[Segment] = []
    column = 0
    # Many lexers know a line by its end: without one the last would have no colours.
    for token_type, value in lexer.get_tokens(code + "\n"):
        style = styles[token_type]
        for index, part in enumerate(value.split("\n")):
            if index:
                yield segments
                segments, column = [], 0
            if part:
                shown = (" " * column + part).expandtabs(TAB_STOP)[column:]
                segments.append(Segment(shown, style))
                column += len(shown)
    if segments:
        yield segments


class Colouring:
    """Gives the lines of a code block their colours, in as many slices as it takes."""

    def __init__(
        self, rows: list[list[Line]], text: str, language: str, styles: CodeStyles
    ) -> None:
        self._rows = rows
        self._styles = styles
        self._next = 0
        is_code = all(len(row) <= LONGEST_LINE for row in text.split("\n"))
        self._highlighted = _highlighted(text, language, styles) if is_code else iter(())

    def go_on(self, is_time_up: Callable[[], bool] = lambda: False) -> bool:
        """Colour lines until the time is up. True: all is done."""
        for segments in self._highlighted:
            if self._next == len(self._rows) or not _colour(self._rows[self._next], segments):
                return True  # the lexer made other lines of it: the rest stays as it is
            self._next += 1
            if is_time_up():
                return False
        return True


class LoneRow:
    """A row of code that is still alone: it gets the colours it has by itself when painted."""

    def __init__(self, lines: list[Line], raw: str, language: str, styles: CodeStyles) -> None:
        self._lines = lines
        self._raw = raw
        self._language = language
        self._styles = styles
        for line in lines:
            line.lone = self

    def colour(self) -> None:
        """Give its lines their colours."""
        for line in self._lines:
            line.lone = None
        _colour(self._lines, colour_alone(self._raw, self._language, self._styles))


def _colour(lines: list[Line], segments: list[Segment]) -> bool:
    """Give the lines of one row their colours; False: these are not their segments."""
    start = 0
    text = "".join([segment.text for segment in segments])
    if _starts_joined(segments):
        return False
    for line in lines:
        decoration = _decoration(line)
        shown = line.content
        if text[start : start + line.size] != shown:
            return False
        part = _cut(segments, start, start + line.size)
        line.segments = [*decoration, *part]
        line.strip = line.lone = None
        start += line.size + (len(line.joint) if line is not lines[-1] else 0)
    return True


def _decoration(line: Line) -> list[Segment]:
    """The segments before the code of a line."""
    before: list[Segment] = []
    column = 0
    for segment in line.segments:
        if column >= line.indent:
            break
        before.append(segment)
        column += len(segment.text)
    return before


def _cut(segments: list[Segment], start: int, end: int) -> list[Segment]:
    """The segments between two characters."""
    cut: list[Segment] = []
    column = 0
    for text, style, _ in segments:
        part = text[max(0, start - column) : max(0, end - column)]
        if part:
            cut.append(Segment(part, style))
        column += len(text)
    return cut


def language_of(token: Token) -> str:
    """The language of a fence, in lower case; empty: it has none."""
    words = token.info.split()
    return words[0].lower() if words else ""


def code_line(segments: list[Segment], raw: str, styles: CodeStyles, code_width: list[int]) -> Line:
    """One line of code on its background. `code_width` grows to the widest of the block."""
    cells = width_of(segments)
    code_width[0] = max(code_width[0], cells)
    line = Line(
        [Segment(PADDING, styles.base), *segments],
        cells + len(PADDING),
        fill=styles.base,
        indent=len(PADDING),
        size=sum([len(segment.text) for segment in segments]),
        raw=Raw(raw) if "\t" in raw or raw[:1] == JOINER else None,
    )
    line.source_lines = 1
    return line


def wrapped_code(segments: list[Segment], raw: str, styles: CodeStyles, width: int) -> list[Line]:
    """One line of code on as many rows as it takes."""
    rows = wrap([(segment.text, segment.style or styles.base) for segment in segments], width)
    lines: list[Line] = []
    for row in rows:
        line = Line(
            [Segment(PADDING, styles.base), *row.segments],
            row.cells + len(PADDING),
            fill=styles.base,
            indent=len(PADDING),
            size=row.size,
            joint="\n" if row is rows[-1] else row.joint,
        )
        lines.append(line)
    lines[0].source_lines = 1
    if rows[-1].joint:  # spaces at the end, for which there was no room
        lines[-1].raw = Raw(f"{lines[-1].text[len(PADDING) :]}{rows[-1].joint}")
    keep_tabs(lines, raw)
    return lines


def caption(language: str, styles: CodeStyles, palette: Palette, width: int) -> Line:
    """The line above a block that names its language."""
    name = language if cell_len(language) < width - 2 else ""
    style = styles.base + Style(color=palette.muted)
    return Line(
        [Segment(f"{PADDING}{name}", style)], len(PADDING) + cell_len(name), fill=styles.base
    )
