"""Our own rules read as markdown-it's do."""

from __future__ import annotations

import time

from hypothesis import example, given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from copilot_tui.tui.transcript.markdown import parse_blocks

STOCK = MarkdownIt("commonmark", {"maxNesting": 60}).enable(["table", "strikethrough"])

LINES = st.lists(
    st.text(alphabet="-*_ \t>x1.", max_size=12)
    | st.sampled_from(["---", "* * *", "- - -", "_ _ _"])
)


@given(LINES)
@example(["x", "---", "- - - -", "    ---", "* * * ", "-\t-\t-", "--", "- - x", "***x"])
@example(["- a", "  ---", "> ---", "***", "1. - - -"])
def test_lines_across_the_page_are_those_that_markdown_it_finds(lines: list[str]) -> None:
    text = "\n".join(lines) + "\n"
    expected: list[object] = []
    STOCK.block.parse(text, STOCK, {}, expected)  # type: ignore[arg-type]
    assert parse_blocks(text, {}) == expected


def test_a_line_of_many_dashes_and_a_word_is_read_before_anybody_waits() -> None:
    began = time.process_time()
    parse_blocks("- " * 50_000 + "x", {})
    assert time.process_time() - began < 0.1
