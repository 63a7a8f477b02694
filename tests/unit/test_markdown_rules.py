"""Our own rules read as markdown-it's do."""

from __future__ import annotations

import time

from hypothesis import example, given
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from markdown_it.token import Token

from copilot_tui.tui.transcript import rules
from copilot_tui.tui.transcript.markdown import parse_blocks

STOCK = MarkdownIt("commonmark", {"maxNesting": 60}).enable(["table", "strikethrough"])

LINES = st.lists(
    st.text(alphabet="-*_ \t>x1.", max_size=12)
    | st.sampled_from(["---", "* * *", "- - -", "_ _ _"])
)


def as_stock(tokens: list[Token]) -> list[tuple[object, ...]]:
    """What each block is, where it stands and what it says, with rows of tables as cells."""
    found: list[tuple[object, ...]] = []
    for token in tokens:
        if token.type == rules.ROW:
            cells = [("inline", token.map, each) for each in token.meta["cells"]]
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


def test_a_line_of_many_dashes_and_a_word_is_read_before_anybody_waits() -> None:
    began = time.process_time()
    parse_blocks("- " * 50_000 + "x", {})
    assert time.process_time() - began < 0.1
