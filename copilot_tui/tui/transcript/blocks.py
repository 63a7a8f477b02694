"""Blocks of Markdown as lines."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from rich.segment import Segment
from rich.style import Style

from copilot_tui.tui.transcript import code
from copilot_tui.tui.transcript.inline import TAB, Inline
from copilot_tui.tui.transcript.lines import TAB_STOP, Line, keep_tabs
from copilot_tui.tui.transcript.markdown import Node, nodes
from copilot_tui.tui.transcript.parts import LONGEST_PART
from copilot_tui.tui.transcript.rules import ROW
from copilot_tui.tui.transcript.tables import Cell, TableLayout
from copilot_tui.tui.transcript.wrap import JOINER, Row, Run, wrap

if TYPE_CHECKING:
    from markdown_it.token import Token

    from copilot_tui.tui.palette import Palette

_BULLETS: Final = "•◦▪"
_NARROWEST: Final = 8
"""Nested text never gets less width than this: what is deeper is not set in any more."""


class Blocks:
    """Draws blocks in a column of one width with one palette."""

    def __init__(
        self, palette: Palette, width: int, *, wrap_code: bool = False, colours: bool = True
    ) -> None:
        self.palette = palette
        self.width = width
        self.wrap_code = wrap_code
        self.colours = colours
        """False: code is not highlighted."""
        self.colourings: deque[code.Colouring] = deque()
        """Code that waits for its colours."""
        self.inline = Inline(palette)
        self.code_styles = code.CodeStyles(palette)
        base = palette.base
        accent = Style(color=palette.accent, bold=True)
        self._headings = [
            base + accent + Style(underline=True),
            base + accent,
            base + Style(bold=True),
            base + Style(bold=True),
            palette.quiet + Style(bold=True),
            palette.quiet + Style(bold=True),
        ]
        self._bullet = Segment("", base + Style(color=palette.accent))

    def blank(self) -> Line:
        """An empty line."""
        return Line([], 0, fill=self.palette.base)

    def draw(
        self,
        node: Node,
        references: Mapping[str, Any],
        width: int | None = None,
        *,
        base: Style | None = None,
        depth: int = 0,
        source: Sequence[str] = (),
    ) -> list[Line]:
        """The lines of one block. A list is drawn with all its items."""
        width = self.width if width is None else width
        base = base or self.palette.base
        match node.kind:
            case "paragraph":
                return self.text(self.inline.runs(node.tokens[1].content, base, references), width)
            case "heading":
                return self._heading(node, references, width)
            case "fence" | "code_block":
                return self.code(node.tokens[0], width)
            case "bullet_list" | "ordered_list":
                return self._list(node, references, width, base, depth, source)
            case "blockquote":
                return self._quote(node, references, width, depth, source)
            case "table":
                return self._table(node, references, width)
            case "math_block":
                return self._formula(node.tokens[0], references, width, base)
            case "hr":
                return [
                    Line([Segment("─" * width, self.palette.rule)], width, fill=base, size=width)
                ]
            case _:
                return self._as_written(node.tokens[0].content, width)

    def _heading(self, node: Node, references: Mapping[str, Any], width: int) -> list[Line]:
        """A heading; one so long that it was not meant as one is shown as written."""
        style = self._headings[int(node.tokens[0].tag[1]) - 1]
        content = node.tokens[1].content
        if len(content) >= LONGEST_PART:
            shown = content.replace("\n", " ").replace("\t", TAB).lstrip(JOINER)
            return self.text([(shown, style)], width)
        return self.text(self.inline.runs(content, style, references), width)

    def text(self, runs: list[Run], width: int) -> list[Line]:
        """Runs as lines."""
        return self.lines(wrap(runs, width), is_last=True)

    def lines(self, rows: list[Row], *, is_last: bool = False) -> list[Line]:
        """Rows of text as lines; `is_last`: the last of them ends the text."""
        base = self.palette.base
        lines = [
            Line(row.segments, row.cells, fill=base, size=row.size, joint=row.joint) for row in rows
        ]
        if is_last and lines:
            lines[-1].joint = "\n"
        return lines

    def _as_written(self, text: str, width: int) -> list[Line]:
        """HTML: shown as text."""
        text = text.rstrip("\n")
        lines = self.text([(text.expandtabs(TAB_STOP), self.palette.quiet)], width)
        keep_tabs(lines, text)
        return lines

    def _formula(
        self, token: Token, references: Mapping[str, Any], width: int, base: Style
    ) -> list[Line]:
        """A formula, set in from the text around it. One without its end is shown as written."""
        from copilot_tui.tui.transcript import maths, maths_rules  # most conversations have none

        if not token.meta["is_closed"]:
            if token.meta["is_alone"]:
                return self._as_written(token.content, width)
            return self.text(self.inline.runs(token.content, base, references), width)
        formula, after = maths_rules.parts(token.content, token.markup)
        rows = list(maths.display(formula, width - 2))
        if not after.strip(maths_rules.STOPS):
            rows[-1] += after
            after = ""
        style = base + Style(color=self.palette.maths)
        indent = Segment("  ", base)
        lines = [
            line.nest(indent, 2)
            for row in rows
            for line in self.text([(row, style)], max(_NARROWEST, width - 2))
        ]
        return lines + (
            self.text(self.inline.runs(after, base, references), width) if after else []
        )

    def code(self, token: Token, width: int) -> list[Line]:
        """A block of code under a caption with its language."""
        text = token.content.removesuffix("\n")
        language = code.language_of(token)
        code_width = [0]
        rows = [
            self.code_row(code.plain_line(raw, self.code_styles), raw, width, code_width)
            for raw in text.split("\n")
        ]
        self.colour(rows, text, language)
        return [*self.code_head(language, width), *(line for row in rows for line in row)]

    def lone_row(self, raw: str, language: str, width: int, code_width: list[int]) -> list[Line]:
        """One line of code, coloured when it is painted as far as it can be by itself."""
        lines = self.code_row(code.plain_line(raw, self.code_styles), raw, width, code_width)
        if self.colours and raw.strip() and len(raw) <= code.LONGEST_LINE:
            code.LoneRow(lines, raw, language, self.code_styles)
        return lines

    def colour(self, rows: list[list[Line]], text: str, language: str) -> None:
        """Give a whole block its colours: at once if it is short, else in `colourings`."""
        if not self.colours or code.lexer_for(language) is None:
            return
        colouring = code.Colouring(rows, text, language, self.code_styles)
        if len(text) <= code.SHORT:
            colouring.go_on()
        else:
            self.colourings.append(colouring)

    def code_head(self, language: str, width: int) -> list[Line]:
        """The caption, if there is something to say."""
        return [code.caption(language, self.code_styles, self.palette, width)] if language else []

    def code_row(
        self, segments: list[Segment], raw: str, width: int, code_width: list[int]
    ) -> list[Line]:
        """One line of code, on more than one row if long lines are wrapped."""
        if self.wrap_code:
            return code.wrapped_code(segments, raw, self.code_styles, max(1, width - 2))
        line = code.code_line(segments, raw, self.code_styles, code_width)
        line.code_width = code_width
        return [line]

    def _quote(
        self,
        node: Node,
        references: Mapping[str, Any],
        width: int,
        depth: int,
        source: Sequence[str],
    ) -> list[Line]:
        lines: list[Line] = []
        bar = Segment("▎ ", self.palette.rule)
        has_room = width - 2 >= _NARROWEST
        width -= 2 * has_room
        for child in nodes(node.tokens[1:-1]):
            if lines:
                lines.append(self.blank())
            lines += self.draw(
                child, references, width, base=self.palette.quiet, depth=depth, source=source
            )
        lines = lines or [self.blank()]
        return [line.nest(bar, 2) for line in lines] if has_room else lines

    def _list(
        self,
        node: Node,
        references: Mapping[str, Any],
        width: int,
        base: Style,
        depth: int,
        source: Sequence[str],
    ) -> list[Line]:
        lines: list[Line] = []
        for item, number in items(node):
            if lines and follows_blank(item, source):
                lines.append(self.blank())
            lines += self.item(
                item, number, references, width, base=base, depth=depth, source=source
            )
        return lines

    def item(
        self,
        item: Node,
        number: int | None,
        references: Mapping[str, Any],
        width: int | None = None,
        *,
        base: Style | None = None,
        depth: int = 0,
        source: Sequence[str] = (),
    ) -> list[Line]:
        """One item of a list with its bullet or number."""
        width = self.width if width is None else width
        base = base or self.palette.base
        mark = f"{_BULLETS[min(depth, 2)]} " if number is None else f"{number}. "
        children = list(nodes(item.tokens[1:-1]))
        done = _task(children)
        if done is not None:
            box = "☑ " if done else "☐ "
            mark = box if number is None else mark + box
        lines: list[Line] = []
        has_room = width - len(mark) >= _NARROWEST
        width -= len(mark) * has_room
        for child in children:
            if lines and follows_blank(child, source):
                lines.append(self.blank())
            lines += self.draw(child, references, width, base=base, depth=depth + 1, source=source)
        first = Segment(mark, self._bullet.style)
        if not has_room:
            return [self.blank().nest(first, len(mark)), *lines]
        rest = Segment(" " * len(mark), base)
        return [
            line.nest(rest if index else first, len(mark))
            for index, line in enumerate(lines or [self.blank()])
        ]

    def _table(self, node: Node, references: Mapping[str, Any], width: int) -> list[Line]:
        rows = self.rows(node.tokens, references)
        layout = TableLayout(self.palette, width, alignments(node.tokens))
        layout.measure(rows)
        return [
            line
            for index, row in enumerate(rows)
            for line in layout.lines(
                row, first=index == 0, above=rows[index - 1] if index > 1 else None
            )
        ]

    def rows(self, tokens: list[Token], references: Mapping[str, Any]) -> list[list[Cell]]:
        """The cells of a table's rows; the first row is the header."""
        rows: list[list[Cell]] = []
        base = self.palette.base
        head = base + Style(bold=True, color=self.palette.accent)
        for token in tokens:
            if token.type == "tr_open":
                rows.append([])
            elif token.type == "inline":
                rows[-1].append(self.inline.runs(token.content, head, references))
            elif token.type == ROW:
                rows.append(
                    [self.inline.runs(each, base, references) for each in token.meta["cells"]]
                )
        return rows


def alignments(tokens: list[Token]) -> list[str]:
    """left, center, right or nothing for each column of a table."""
    return [
        str(token.attrs.get("style", "")).removeprefix("text-align:")
        for token in tokens
        if token.type == "th_open"
    ]


def items(node: Node, number: int | None = None) -> Iterator[tuple[Node, int | None]]:
    """The items of a list with their numbers, None for bullets; `number` is the first, if known."""
    opening = node.tokens[0]
    if opening.type == "ordered_list_open" and number is None:
        number = int(opening.attrs.get("start", 1))
    for item in nodes(node.tokens[1:-1]):
        yield item, number
        number = None if number is None else number + 1


def follows_blank(node: Node, source: Sequence[str]) -> bool:
    """Whether an empty line stands before a block in its source."""
    return 0 < node.start <= len(source) and not source[node.start - 1].strip(" \t>")


def _task(children: list[Node]) -> bool | None:
    """Whether an item's task is done; None: it is no task. The box is taken out of its text."""
    if not children or children[0].kind != "paragraph":
        return None
    text = children[0].tokens[1]
    if text.content[:4] not in ("[ ] ", "[x] ", "[X] "):
        return None
    done = text.content[1] != " "
    text.content = text.content[4:]
    return done
