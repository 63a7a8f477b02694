"""What streams looks at every moment like the same text drawn at once."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.segment import Segment
from textual.theme import BUILTIN_THEMES

from copilot_tui.tui.palette import Palette
from copilot_tui.tui.transcript.blocks import Blocks
from copilot_tui.tui.transcript.document import KEPT, Document, draw
from copilot_tui.tui.transcript.parts import LONGEST_PART, parts
from copilot_tui.tui.transcript.streamer import Streamer

PALETTE = Palette.from_theme(BUILTIN_THEMES["textual-dark"])

CORPUS = {
    "paragraphs": (
        "One *two* **three** `four`.\nThe same  \ncut\\\nhere.\n\n<b>"
        "x</b> &amp; ~~y~~"
    ),
    "headings": "# One\nText\n## Two ##\n\nThree\n===\nFour\nlines\n---\n#not\n####### seven\n",
    "list that splits": "1. a\n\n2. b\n3. c\n\n\n5. d\n- e\n- f\n\n  g\n* h\n",
    "nested lists": (
        "- a\n  - b\n    1. c\n    2. d\n\n       e\n  - f\n- g\nlazy"
        "\n\n9. x\n10. y\n"
    ),
    "tasks": "- [ ] open\n- [x] done\n- [X]no\n- [ ]\n",
    "item like a table": "- a\n- [b]\t|\n---\n- c | d\n|---|---|\n",
    "item that a table seems to end": "- a\n| b |\n    -->x\n- c | d\ne | f\n  --|--\n",
    "indented siblings": '  1. "t"\n   1. ``[foo]\n`<!--~\n- x\n',
    "quotes": "> a\nlazy\n> - b\n> - c\n>\n> > d\n\n> e\n```\nf\n",
    "fences": (
        "```py\ndef f():\n\treturn 'x'\n\n```\ntext\n~~~\n```\n~~~\n````x\n```\n````\n"
        "```\n"
    ),
    "fence that is none": "``` a`b\n~~~a | b\n|---|---|\n~~~\n\n    code\n\n    more\nno\n",
    "fence in a list": "1. Do:\n\n   ```sh\n   ls -l\n   ```\n\n2. Done\n\n   ```\n   x",
    "table": "Text\na | b\n--|:-:\n1 | `2`\n3\n4 | 5 | 6\n\nend | of\n| x |\n|--x\n",
    "table and list": "| a | b |\n|---|---|\n| **c** | d |\n- e\n| f |\n# g",
    "definitions": (
        "[a] and [b][c], [d]\n\n- [a]\n\n[a]: /1\n[c]:\n/two 'x\ny'\n"
        "[d]: <x y>\n\n[a]"
    ),
    "definition in an item": "[foo]\n\n2) [foo]: /url\n(a\ntitle)\nx\n",
    "definition that fails": "[a] b\n\n[a]: /url 'title' x\n\n[a]: /url\n'title' x\n",
    "html": "<div>\n*a*\n\n*b*\n<!-- c\n\nd -->\ne <i>f</i> <br\n/>\n<script>\n\n</script>\n",
    "rules": "a\n***\n- - -\n_ _ _\nb\n-\n--\n",
    "links": (
        "[a](/b 'c') ![d *e*](/f) <http://g.h> https://i.j/k_(l). [m\n"
        "n](o) [p](q r) (http://s.t)"
    ),
    "scripts": "世界、你好。長い文です，改行。 👩‍🚀👍🏽🇬🇧 e\u0301 ⚠️ שלום ไทย\n\n- 一二三四五六七\n",
    "formulas": (
        "A $x^2$ *b $y* z$ \\(a_1\\) $3, $5.\n$$\nx\n\n= y\n$$\n\\[ a"
        "\n- b \\].\n$$w$$ v"
    ),
    "formulas in a list": (
        "- a\n  $$\n  x\n  $$\n- $$y$$,\n\n  z\n> $$ a\nb\n\n1. \\[\n"
        "2. x\n\\]\n"
    ),
    "no formulas": (
        "$$ a\nb\n\n$$a$$ b\n$$ $$\n$$$ c\nd\n\\[e\n$f\n| $$ |\n|---|"
        "\n$$g\n\n$$\n\n# h"
    ),
    "formulas in a table": "| a | b |\n|---|---|\n| $x$ | \\(y\\) |\n$$z$$ | w\n$$v$$\n",
    "table of scripts": (
        "| 世界 | 👩‍🚀 b |\n|:--|--:|\n| 你好、長い文です | ⚠️ `x` |\n| e\u0301 "
        "| שלום\n|🇬🇧|\n\nend"
    ),
    "fences in nested lists": (
        "- a\n  1. b\n     ```py\n     x\n\n     y\n     ```\n     c\n  2. d\n\n- ~~~\n"
        "  e\n"
    ),
    "definitions at the end": (
        "See [a][b], [c], ![d].\n\n| [c] |\n|---|\n| [b] |\n\n> [d]\n\n- [c]\n  - [b]\n\n"
        "# [c]\n\n[b]: /1\n[c]: /2\n  'two'\n[d]: /3\n"
    ),
    "underlined": "One [a]\n*two*\n===\n\n- x\n===\n\n> y\n---\nz\n-\n",
    "lazy lines": "> a\nb\n\n- c\nd\n> e\n- > f\ng\n    h\n1. > - i\nj\n",
    "tabs": "\ta\n\tb\n\n-\tc\n\n\td\n1.\t\te\n>\tf\n\tg\n#\th\t#\n| a\t|\n|\t-|\n",
    "tags": (
        "<think>a\n\nb</think>\n\nc <think> d </think>\n<details>\n<summary>x</summary>\n"
        "\n*y*\n</details>\n"
    ),
    "tasks in lists": "1. [ ] a\n   - [x] **b**\n\n     c\n2. [X] `d`\n* [ ]\n",
    "formulas everywhere": (
        "a $x_1$ and $$y$$\n\\begin{x}\n\n$$\n\\frac{a}{b}\n$$ \n- $$\n  z\n  $$\n"
        "| $a|b$ |\n|---|\n"
    ),
    "crossing": "*a `b* c` [d *e](f) g* **h *i** j* _k_l_ __m __ n__ `` o ` p ``\n",
}  # fmt: skip

WAITS = re.compile(r"\s*[-=|:][-=|: \t]*|.*\]:.*")
"""A last line without its end that a long paragraph holds back: it may change all of it."""


def cells(document: Document) -> list[list[tuple[str, object]]]:
    """Every line as text and style; where a segment ends is of no account."""
    lines = []
    for line in document.lines:
        merged: list[tuple[str, object]] = []
        for segment in line.segments:
            if merged and merged[-1][1] == segment.style:
                merged[-1] = (merged[-1][0] + segment.text, segment.style)
            else:
                merged.append((segment.text, segment.style))
        lines.append(merged)
    return lines


def layout(document: Document) -> list[tuple[int, int]]:
    return [(unit.start, unit.height) for unit in document.units]


def check_stream(text: str, width: int, *, step: int = 1, long_paragraph: int = 1500) -> None:
    """Compare after every flush, and at the end."""
    blocks = Blocks(PALETTE, width, colours=False)
    streamer = Streamer(blocks, long_paragraph=long_paragraph)
    seen: list[list[tuple[str, object]]] = []
    for position in range(0, len(text), step):
        streamer.feed(text[position : position + step])
        first = streamer.flush()
        prefix = text[: position + step]
        shown = cells(streamer.document)
        assert first is not None
        assert shown[:first] == seen[:first], "a line changed above the one that was named"
        seen = shown
        assert streamer.document.source == prefix
        if long_paragraph < 1500 and WAITS.fullmatch(prefix.rpartition("\n")[2]):
            continue
        whole = draw(prefix, blocks)
        assert shown == cells(whole), prefix
        assert layout(streamer.document) == layout(whole), prefix
    streamer.close()
    assert cells(streamer.document) == cells(draw(text, blocks))


@pytest.mark.parametrize("width", [40, 80, 120])
@pytest.mark.parametrize("name", CORPUS)
def test_a_stream_cut_at_every_position_equals_the_whole(name: str, width: int) -> None:
    check_stream(CORPUS[name], width)


@pytest.mark.parametrize("name", CORPUS)
def test_a_stream_that_comes_in_two_pieces_equals_the_whole(name: str) -> None:
    text = CORPUS[name]
    wholes = {width: Blocks(PALETTE, width, colours=False) for width in (40, 80, 120)}
    for position in range(1, len(text)):
        width, blocks = list(wholes.items())[position % len(wholes)]
        streamer = Streamer(blocks)
        for piece in (text[:position], text[position:]):
            streamer.feed(piece)
            streamer.flush()
        assert cells(streamer.document) == cells(draw(text, blocks)), (position, width)
        streamer.close()
        assert cells(streamer.document) == cells(draw(text, blocks)), (position, width)


@pytest.mark.parametrize("name", CORPUS)
def test_a_paragraph_drawn_piece_by_piece_equals_the_whole(name: str) -> None:
    check_stream(CORPUS[name], 20, long_paragraph=10)


PIECES = [
    *"*_`[]()|:\\!# \n", "**", "``", "```", "~~~", "~~", "[foo]", "[foo]: /url\n", "\n\n", "- ",
    "* ", "1. ", "2) ", "> ", "# ", "    ", "  ", "a", "b c", "word ", "| a | b |\n", "|---|---|\n",
    "---", "===", "<b>", "<!--", "-->", "<div>", "</div>", "http://x.y/z", "&amp;", "\t", '"t"',
    "世界", "👩‍🚀", "\n   ", "\n- ", "\n> ", "\n```\n", "```py\n", "foo", "(title",
    "$", "$$\n", "\\[", "\\]\n", "- [ ] ", "<think>", "</think>\n", "![", "](x)",
    "=== \n", "\n| 世 |\n",
]  # fmt: skip


@settings(max_examples=150, deadline=None)
@given(
    st.lists(st.sampled_from(PIECES), min_size=3, max_size=30).map("".join),
    st.sampled_from([12, 20, 40]),
    st.sampled_from([1, 2, 7]),
    st.sampled_from([5, 20, 1500]),
)
def test_any_text_streams_as_it_is_drawn(text: str, width: int, step: int, long: int) -> None:
    check_stream(text, width, step=step, long_paragraph=long)


def test_a_long_table_settles_row_by_row() -> None:
    rows = "".join(f"| {i} | **cell** {'long ' * (i % 5)}| `x` |\n" for i in range(120))
    check_stream(f"| a | b | c |\n|--:|---|:-:|\n{rows}\n[x]\n| not | a row |", 60, step=37)
    check_stream(f"| a | b | c |\n|--:|---|:-:|\n{rows}", 28, step=53)


def test_rows_of_a_table_that_lack_cells_settle_row_by_row() -> None:
    columns = 30
    head = "|" + "a|" * columns + "\n|" + "-|" * columns + "\n"
    rows = "".join("|" + "word |" * (index % 4) + "\n" for index in range(2_600))
    for width in (240, 40):
        check_stream(head + rows + "\nend", width, step=4_111)
    whole = draw(head + rows, Blocks(PALETTE, 240))
    assert len(whole.units) == 1, "a table ends where its rows do, however much they lack"
    assert {line.cells for line in whole.lines} == {whole.lines[0].cells}


def test_a_heading_that_was_not_meant_as_one_is_shown_as_written() -> None:
    check_stream("# " + "*word* `x`\t" * 1_000 + "\n\nend", 70, step=731)
    check_stream("*word* `x`\n" * 1_000 + "===\n\nend", 70, step=731)
    written = "*word* `x` " * 1_000
    lines = draw(f"# {written}", Blocks(PALETTE, 4_000)).lines
    assert " ".join(line.text for line in lines) == written.strip()


def test_what_is_nested_and_long_streams_as_it_is_drawn() -> None:
    words = "Some **words** and [a link](http://x.y) or [a]. "
    check_stream("- " + words * 300 + "\n\n[a]: /x\n\n[a]", 70, step=1_371)
    check_stream("> " + (words + "\n> ") * 120 + "\n[a]: /x\n\n[a]", 70, step=1_371)
    check_stream("- x\n" + f"  - {words}\n" * 90 + "\n\n[a]: /x\n\n[a]", 70, step=1_371)


def test_a_word_without_an_end_settles_piece_by_piece() -> None:
    check_stream("x" * 7_000 + "*y* " + "世" * 900 + "\n\nend", 70, step=331)


def test_a_long_paragraph_settles_word_by_word() -> None:
    words = "word *emphasis* and `code` with [a link](http://x.y 'z') **bold\nover** lines "
    check_stream(words * 80 + "\n\nend", 70, step=29)
    check_stream(words.replace("\n", " ") * 60, 70, step=31)


def test_the_colours_of_code_that_streamed_are_those_of_the_whole() -> None:
    source = (
        '```python\ndef f(x):\n    """A\n    docstring."""\n    return x  # é\n```\n' * 2
        + "```c\n/* a\n b */"
    )
    for width in (20, 80):
        blocks = Blocks(PALETTE, width)
        streamer = Streamer(blocks)
        for character in source:
            streamer.feed(character)
            streamer.flush()
        streamer.close()
        assert cells(streamer.document) == cells(draw(source, blocks))
        styles = {s.style for line in streamer.document.lines for s in line.segments}
        assert len(styles) > 5
        assert all(
            isinstance(s, Segment) for line in streamer.document.lines for s in line.segments
        )


def test_a_formula_that_never_ends_lets_go_of_what_follows() -> None:
    lines = "x_1 &= y\n" * 90
    check_stream(f"Text\n$$\n{lines}\n# Head\n", 40, step=23)
    check_stream(f"Text\n\\[ {'long ' * 1300}\n- a\n- b\n\n\\]\n", 40, step=211)


def test_a_long_paragraph_with_formulas_settles_word_by_word() -> None:
    words = "a $x_1 + y$ b \\(z\\) for $5 each, *then $$a = b$$ more* words $c d$1 "
    check_stream(words * 60 + "\n\nend", 70, step=29)
    check_stream("One $5 note. " + "Many words follow. " * 120 + "$x$ " * 90, 70, step=31)


LONG_TEXT = "\n\n".join(
    f"Paragraph {number} of *many* words: {'word ' * (number % 40)}\n\n- one\n- two\n  ```py\n  x"
    for number in range(300)
)


def test_blocks_that_nobody_saw_are_drawn_as_the_whole_is() -> None:
    blocks = Blocks(PALETTE, 40, colours=False)
    streamer = Streamer(blocks)
    for position in range(0, len(LONG_TEXT), 997):
        streamer.feed(LONG_TEXT[position : position + 997])
        streamer.flush()
    streamer.close()
    assert sum(unit.lines is not None for unit in streamer.document.units) < 5
    assert cells(streamer.document) == cells(draw(LONG_TEXT, blocks))


def test_drawing_below_a_line_leaves_it_and_drawing_above_it_says_where_it_is_now() -> None:
    document = draw(LONG_TEXT, Blocks(PALETTE, 40, colours=False))
    moves: list[tuple[int, int]] = []
    document.on_moved = lambda row, by: moves.append((row, by))
    number = 700
    row = document.top(number)
    document.draw_below(row, 30)
    assert document.top(number) == row
    assert all(where > row for where, _ in moves)
    moves.clear()
    now = document.draw_above(row, 100)
    assert now == document.top(number) == row + sum(by for _, by in moves)
    assert any(by for _, by in moves), "no estimate was wrong: the test shows nothing"
    whole = draw(LONG_TEXT, Blocks(PALETTE, 40, colours=False)).lines
    last = [document.line(row).text for row in range(now - 100, now + 30)]
    assert document.lines
    end = document.top(number)
    assert last == [line.text for line in whole[end - 100 : end + 30]]


def test_lines_out_of_sight_are_let_go_of_and_drawn_the_same_again() -> None:
    document = draw(LONG_TEXT, Blocks(PALETTE, 40, colours=False))
    first = [line.text for line in document.lines]
    held = [unit for unit in document.units if unit.lines is not None]
    assert sum(unit.height for unit in held) <= KEPT
    assert document.units[0] not in held
    moves: list[int] = []
    document.on_moved = lambda row, by: moves.append(by)
    assert [line.text for line in document.lines] == first
    assert not moves


@settings(max_examples=150, deadline=None)
@given(
    st.lists(st.sampled_from(PIECES), min_size=3, max_size=30).map("".join),
    st.sampled_from([12, 40]),
    st.sampled_from([1, 3, 7]),
    st.lists(st.booleans(), min_size=10, max_size=10),
)
def test_any_text_looks_alike_whenever_its_blocks_are_first_seen(
    text: str, width: int, step: int, looks: list[bool]
) -> None:
    blocks = Blocks(PALETTE, width, colours=False)
    streamer = Streamer(blocks)
    document = streamer.document
    for count, position in enumerate(range(0, len(text), step)):
        streamer.feed(text[position : position + step])
        streamer.flush()
        if looks[count % len(looks)]:
            document.draw_above(document.height, 3)
        elif document.units:
            document.draw_below(document.height // 2, 2)
    streamer.close()
    assert cells(document) == cells(draw(text, blocks))
    for number in range(len(document.units)):
        document.forget(number)
    assert cells(document) == cells(draw(text, blocks)), "a block looks else when it is alone"


HOSTILE = {
    "brackets": "[",
    "images": "![",
    "brackets around words": "[a ",
    "brackets that close": "[a][",
    "brackets in brackets that close": "[[[[a](b)",
    "emphasis": "*a *a",
    "strong": "***a **b ",
    "underscores": "_a",
    "ticks": "`` ` ``` ",
    "tags": "<a ",
    "formulas": "$a \\(b ",
    "escapes": "\\[\\",
    "addresses": "[](",
    "joined": "👩\u200d🚀",
    "spaces": "a          ",
    "images in images": "![[a](b ",
    "links without an end": "[a](",
    "marks side by side": "*_",
    "strokes": "~~a ",
    "comments": "a <!-- a ",
    "mixed marks": "*a_ ",
    "newlines": "a\n",
    "sentences": "One *two three* [four](/five 'six'). ",
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_text_of_marks_alone_streams_as_it_is_drawn(name: str) -> None:
    unit = HOSTILE[name]
    text = "Begins. " + unit * (2 * LONGEST_PART // len(unit) + 40) + "\n\nend"
    check_stream(text, 70, step=1371)


@pytest.mark.parametrize("first", ["[a](b", "[", "`x` y", "~a ", "#a ", "*_*", "__", "[a] b"])
def test_a_paragraph_that_begins_with_a_mark_streams_as_it_is_drawn(first: str) -> None:
    check_stream(first + " and *more* of `it`" * 200 + "\n# x", 70, step=131)
    check_stream(first * 40 + "\n===\n", 20, long_paragraph=10)
    check_stream(first + "]: /x\n\n[a]", 20, long_paragraph=10)


@pytest.mark.parametrize("name", HOSTILE)
def test_a_short_text_of_marks_streams_as_it_is_drawn(name: str) -> None:
    check_stream(HOSTILE[name] * 8 + "x](y) `z` *", 20, long_paragraph=10)


def test_inline_parts_end_where_their_own_characters_say() -> None:
    text = "Words *of* a text. " * 2_000
    whole = list(parts(text))
    assert "".join(part + joint for part, joint in whole) == text
    assert all(part.endswith(".") and joint == " " for part, joint in whole[:-1])
    assert all(len(part) < LONGEST_PART for part, _ in whole)
    grown = list(parts(text[: 3 * LONGEST_PART]))
    assert grown[:-1] == whole[: len(grown) - 1]


INLINE = {
    "strong": "some **words that matter, all of them.** And then",
    "long emphasis": "some *" + "Many words. " * 60 + "words* and",
    "a link": "see [the **long** title. And more](https://a.b/c 'The *title*. Really') or",
    "code": "call `f: a, b. It is g` and",
    "struck out": "~~not this. Nor that~~ but",
    "a formula": "with $a_1 + b_2. C_3 + d_4$ and",
    "marks in marks": "***both.* And *one** more* word",
    "without spaces": "这是**很重要的。真的**，还有*一些*话。",
}


@pytest.mark.parametrize("name", INLINE)
def test_no_mark_of_what_crosses_a_part_is_seen(name: str) -> None:
    unit = INLINE[name] if name == "without spaces" else f"{INLINE[name]} words. "
    for shift in range(0, len(unit), max(1, len(unit) // 16)):
        text = "x" * shift + " " + unit * (2 * LONGEST_PART // len(unit) + 40)
        shown = "".join(line.text + " " for line in draw(text, Blocks(PALETTE, 4_000)).lines)
        assert not set("*`[]~$(") & set(shown), shift


def test_an_asterisk_that_nobody_meant_does_not_open_what_follows() -> None:
    unit = "Some **words that matter, all of them** and more. "
    text = "A *note first. See [1 for more. " + unit * 600
    shown = "".join(line.text + " " for line in draw(text, Blocks(PALETTE, 4_000)).lines)
    assert shown.count("*") == 1


LONG_PIECES = [
    *"*_`[]()|\\! \n", "**", "``", "~~", "$", "words ", "Words. ", "wordy" * 40, "字。", "字" * 90,
    "[foo](x)", "*one* ", "**two. Three** ", "`code. Code` ", "<b>", "many words " * 40,
    "![a. b](c) ", "\\(", "\\) ",
]  # fmt: skip


@settings(max_examples=15, deadline=None)
@given(
    st.lists(st.sampled_from(LONG_PIECES), min_size=3, max_size=20).map("".join),
    st.integers(0, 3_000),
    st.sampled_from([1_371, 2_903, 9_000]),
)
def test_a_long_paragraph_of_anything_streams_as_it_is_drawn(
    unit: str, shift: int, step: int
) -> None:
    unit = re.sub(r"\n\s*", "\nw", unit)  # one paragraph
    text = "Begins. " + "w " * (shift // 2) + unit * (LONGEST_PART * 5 // 2 // len(unit) + 1)
    check_stream(text, 100, step=step)
