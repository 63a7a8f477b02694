"""Our own rules read as markdown-it's do."""

from __future__ import annotations

import time

from hypothesis import example, given
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from markdown_it.token import Token
from rich.style import Style
from textual.theme import BUILTIN_THEMES

from copilot_tui.tui.palette import Palette
from copilot_tui.tui.transcript import rules
from copilot_tui.tui.transcript.inline import Inline
from copilot_tui.tui.transcript.markdown import parse_blocks, parse_inline

STOCK = MarkdownIt("commonmark", {"maxNesting": 60}).enable(["table", "strikethrough"])

LINES = st.lists(
    st.text(alphabet="-*_ \t>x1.", max_size=12)
    | st.sampled_from(["---", "* * *", "- - -", "_ _ _"])
)


def as_stock(tokens: list[Token]) -> list[tuple[object, ...]]:
    """What each block is, where it stands and what it says, with rows of tables as cells."""
    found: list[tuple[object, ...]] = []
    columns = 0
    for token in tokens:
        columns = 0 if token.type == "table_open" else columns + (token.type == "th_open")
        if token.type == rules.ROW:
            lacking = [""] * (columns - len(token.meta["cells"]))
            cells = [("inline", token.map, each) for each in (*token.meta["cells"], *lacking)]
            found += [("tr_open", token.map, ""), *cells, ("tr_close", None, "")]
        elif not token.type.startswith(("td_", "tbody_")):
            found.append((token.type, token.map, token.content))
    return found


def read(text: str) -> list[tuple[object, ...]]:
    expected: list[Token] = []
    STOCK.block.parse(text, STOCK, {}, expected)
    return as_stock(expected)


ROWS = st.lists(
    st.text(alphabet="|-: \\\tab`\x0b\u2003>", max_size=9)
    | st.sampled_from(
        ["|a|b|", "|---|---|", "|--", "a|b", "x \\| y | z", "- c | d", "", "    |e|f|"]
    )
)


@given(ROWS)
@example(["|a|b|", "|---|:-:|", "|1|2|3|", "x", "\\|y|z\\\\|", "|", "# end", "|4|"])
@example(["- |a|", "  |-|", "  |b|", "  c", "> |d|", "> |:-|", "> e", "f"])
def test_tables_are_those_that_markdown_it_finds(lines: list[str]) -> None:
    text = "\n".join(lines) + "\n"
    assert as_stock(parse_blocks(text, {})) == read(text)


@given(LINES)
@example(["x", "---", "- - - -", "    ---", "* * * ", "-\t-\t-", "--", "- - x", "***x"])
@example(["- a", "  ---", "> ---", "***", "1. - - -"])
def test_lines_across_the_page_are_those_that_markdown_it_finds(lines: list[str]) -> None:
    text = "\n".join(lines) + "\n"
    assert as_stock(parse_blocks(text, {})) == read(text)


INLINE = Inline(Palette.from_theme(BUILTIN_THEMES["textual-dark"]))


@given(
    st.text(
        st.characters(max_codepoint=0x2FF) | st.sampled_from("\u200d\ufe0f界😀 :/."), max_size=30
    )
)
@example("Plain words, (and more): 50% of it! #1 @x {y} | z; \"q\" 'r' a-b = c? d+e / ^f")
@example("see http://x.y now")
@example("tab\tand line\nend  ")
def test_plain_words_are_read_as_markdown_it_reads_them(text: str) -> None:
    merged: list[tuple[str, Style]] = []
    for words, style in INLINE.runs_of(parse_inline(text, {}), Style()):
        if merged and merged[-1][1] == style:
            merged[-1] = (merged[-1][0] + words, style)
        else:
            merged.append((words, style))
    runs = INLINE.runs(text, Style(), {})
    assert [run for run in runs if len(runs) == 1] in (merged, [])
    assert "".join(run[0] for run in runs) == "".join(run[0] for run in merged)


def test_a_line_of_many_dashes_and_a_word_is_read_before_anybody_waits() -> None:
    began = time.process_time()
    parse_blocks("- " * 50_000 + "x", {})
    assert time.process_time() - began < 0.1
