"""How Markdown looks, line by line."""

from __future__ import annotations

import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from rich.cells import cell_len
from rich.color import Color as RichColor
from rich.style import Style
from textual.color import Color
from textual.theme import BUILTIN_THEMES, Theme

from copilot_tui.tui.palette import READABLE, SYNTAX, Palette, contrast
from copilot_tui.tui.themes import DARK, LIGHT
from copilot_tui.tui.transcript.blocks import Blocks
from copilot_tui.tui.transcript.document import draw
from copilot_tui.tui.transcript.heights import Heights
from copilot_tui.tui.transcript.lines import Frame
from copilot_tui.tui.transcript.selection import lines_source
from copilot_tui.tui.transcript.streamer import Streamer
from copilot_tui.tui.transcript.wrap import _ascii_breaks, _breaks, wrap

PALETTE = Palette.from_theme(BUILTIN_THEMES["textual-dark"])
PLAIN = Style()


def drawn(source: str, width: int = 40) -> list[str]:
    return [line.text.rstrip() for line in draw(source, Blocks(PALETTE, width)).lines]


def link_of(source: str, text: str) -> str | None:
    lines = draw(source, Blocks(PALETTE, 80)).lines
    segment = next(s for line in lines for s in line.segments if s.text == text)
    return segment.style.link if segment.style is not None else None


@pytest.mark.parametrize(
    ("source", "lines"),
    [
        ("# One\ntwo\nthree", ["One", "", "two three"]),
        ("a  \nb\\\nc", ["a", "b", "c"]),
        ("- a\n- b\n\n- c", ["• a", "• b", "", "• c"]),
        ("- a\n  - b\n    - c\n      - d", ["• a", "  ◦ b", "    ▪ c", "      ▪ d"]),
        ("7. a\n7. b", ["7. a", "8. b"]),
        ("3. a\n\n   b", ["3. a", "", "   b"]),
        ("- [ ] a\n- [x] b", ["☐ a", "☑ b"]),
        ("> a\n> > b", ["▎ a", "▎", "▎ ▎ b"]),
        ("a <b>\nx", ["a <b> x"]),
        ("<div>\nx\n</div>", ["<div>", "x", "</div>"]),
        ("![a boat](b.png)", ["▣ a boat"]),
        ("***", ["─" * 40]),
        ("```py\nx\n\ty\n\n```", [" py", " x", "     y", ""]),
        ("    x\n\n      y", [" x", "", "   y"]),
        ("| a | b |\n|--:|---|\n| 1 | c |\n| 22 |", [" a │ b", "───┼──", " 1 │ c", "22 │"]),
        ("[a]\n\n[a]: http://b", ["a"]),
    ],
)
def test_blocks_look_like_this(source: str, lines: list[str]) -> None:
    assert drawn(source) == lines


def test_a_wide_table_wraps_in_its_cells() -> None:
    source = "| name | words |\n|---|---|\n| x | " + "several words " * 6 + "|"
    lines = drawn(source, 30)
    assert all(cell_len(line) <= 30 for line in lines)
    assert len(lines) > 4
    assert lines[2].startswith("x    │ several words")


def test_no_word_of_a_table_is_cut_while_others_have_room_to_spare() -> None:
    source = (
        "| Option | Description | Default | Since | Notes |\n|---|---|---|---|---|\n"
        f"| `--verbose` | Prints {'a great deal ' * 4} | off | 1.0 | May be {'given ' * 6} |\n"
        "| `--output FILE` | Where the result is written to | `-` | 0.9 | Overwrites what is |"
    )
    for width in (54, 60, 80):
        lines = drawn(source, width)
        cells = {cell for line in lines for cell in re.findall(r"[^\s│─┼]+", line)}
        assert cells <= set(re.findall(r"[^\s|`]+", source)), width
        assert all(cell_len(line) <= width for line in lines)


def test_rows_of_several_lines_are_parted_and_a_copy_knows_nothing_of_it() -> None:
    source = "| a | b |\n|---|---|\n| 1 | x |\n| 2 | y |\n| 3 | " + "word " * 9 + "|\n| 4 | z |"
    lines = draw(source, Blocks(PALETTE, 30)).lines
    shown = [line.text.rstrip() for line in lines]
    assert [text.startswith("──┼──") for text in shown] == [
        *(False, True, False, False),
        *(True, False, False, True, False),
    ]
    assert shown[5].startswith("3 │ word")
    assert shown[-1].startswith("4 │ z")
    copied = lines_source(lines[2:])
    assert "─" not in copied
    assert copied.count("\n") == 4


def test_a_table_without_room_becomes_keys_and_values() -> None:
    columns = range(6)
    source = "".join(
        "|" + "|".join(f"{text}{column}" for column in columns) + "|\n" for text in ("heading ",)
    )
    source += "|" + "---|" * 6 + "\n|" + "|".join(f"a long value {c}" for c in columns) + "|"
    shown = drawn(f"{source}\n{source.rpartition(chr(10))[2]}", 24)
    assert shown[:2] == ["heading 0: a long value", "0"]
    assert [index for index, line in enumerate(shown) if line == "─" * 12] == [len(shown) // 2]


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ("see https://a.b/c.", "https://a.b/c"),
        ("(https://a.b/c)", "https://a.b/c"),
        ("(https://a.b/c_(d))", "https://a.b/c_(d)"),
        ("**https://a.b**", "https://a.b"),
        ("<https://a.b/?c=d>", "https://a.b/?c=d"),
    ],
)
def test_addresses_are_links_without_the_sentence_around_them(source: str, text: str) -> None:
    assert link_of(source, text) == text


def test_only_known_schemes_are_given_to_the_terminal() -> None:
    assert link_of("[a](ssh://b.c)", "a") is None
    assert link_of("[a](mailto:b@c.d)", "a") == "mailto:b@c.d"


def test_deep_nesting_and_a_reader_beyond_the_end_do_no_harm() -> None:
    assert drawn("> - <!--\n> ")


@pytest.mark.parametrize("width", [10, 37, 77, 100])
@pytest.mark.parametrize(
    "marks",
    [
        ">" * 10_000,
        "> " * 10_000,
        "- " * 5_000,
        "1. " * 500,
        "> - " * 200,
        "- [ ] - " * 90,
        ">> 1. ",
    ],
)
def test_what_is_nested_too_deeply_for_the_width_is_shown_all_the_same(
    marks: str, width: int
) -> None:
    lines = draw(f"{marks}the words", Blocks(PALETTE, width)).lines
    shown = "".join(line.text for line in lines[-3:])
    assert shown.replace(" ", "").replace("▎", "").endswith("thewords")
    assert all(line.cells <= width for line in lines)


def test_a_footnote_is_shown_where_it_stands() -> None:
    source = "Said[^1] so[^x].\n\n[^1]: https://a.b/c\n\n> [^x]: Word\n\n[d]: https://a.b"
    assert drawn(source) == ["Said[^1] so[^x].", "", "[^1]: https://a.b/c", "", "▎ [^x]: Word"]
    assert link_of(source, "https://a.b/c") == "https://a.b/c"


@pytest.mark.parametrize("language", ["nonsense", "python", "c", "html", "sh", "{.weird}"])
def test_every_language_keeps_every_line(language: str) -> None:
    code = "\n\nx = '''\n\t/* é 世界\n" + "y" * 3_000 + "\n\n"
    lines = draw(f"~~~{language}\n{code}\n~~~", Blocks(PALETTE, 40)).lines[1:]
    assert [lines_source([line]) for line in lines] == code.split("\n")


DIFF = " same\n-old\n+new"


@pytest.mark.parametrize("theme", [DARK, LIGHT], ids=["dark", "light"])
@pytest.mark.parametrize("closing", ["", "\n```"], ids=["open", "closed"])
def test_lines_of_a_diff_have_their_colours_and_keep_their_signs(
    theme: Theme, closing: str
) -> None:
    palette = Palette.from_theme(theme)
    streamer = Streamer(Blocks(palette, 40))
    streamer.feed(f"Look:\n\n```diff\n{DIFF}{closing}")
    streamer.flush()
    *_, same, old, new = streamer.document.lines
    for line in (same, old, new):
        if line.lone is not None:  # it is painted before the fence is closed
            line.lone.colour()
    assert [line.text for line in (same, old, new)] == ["  same", " -old", " +new"]
    colours = [
        {s.style.color for s in line.segments[1:] if s.style is not None}
        for line in (same, old, new)
    ]
    expected = (palette.text, palette.deleted, palette.inserted)
    assert colours == [{RichColor.parse(colour)} for colour in expected]


@pytest.mark.parametrize("theme", [DARK, LIGHT], ids=["dark", "light"])
def test_code_can_be_read_on_its_background(theme: Theme) -> None:
    palette = Palette.from_theme(theme)
    background = Color.parse(palette.code_background)
    for role in (*SYNTAX, "text", "muted", "inline_code"):
        assert contrast(Color.parse(getattr(palette, role)), background) >= READABLE - 0.1, role


@given(st.text(alphabet="ab  ", max_size=80), st.integers(4, 20))
def test_two_ways_of_breaking_lines_agree(text: str, width: int) -> None:
    words = text.strip()
    assert list(_ascii_breaks(words, width)) == list(_breaks(words, width))


@given(st.text(alphabet="ab *`世。👩\u200d🚀e\u0301\ufe0f⚠\t|\n", max_size=60), st.integers(8, 20))
@example("\t。``\u200d`。\u200d。。", 16)
@example("\t\u200d。。。\u200d`。\u200d", 10)
@example("⚠\ufe0f世👩\u200d🚀 " * 3, 12)
def test_nonsense_of_joiners_and_marks_is_painted_as_wide_as_the_pane(
    text: str, width: int
) -> None:
    frame = Frame.fit(width, 100, PALETTE.base)
    for source in (text, f"```py\n{text}\n```", f"| a | b |\n|---|---|\n| {text}"):
        for line in draw(source, Blocks(PALETTE, frame.text)).lines:
            strip = frame.paint(line)
            assert sum(segment.cell_length for segment in strip) == strip.cell_length == width
            for end in range(width):
                left, right = strip.divide([end, width]) if end else (strip.crop(0, 0), strip)
                cut = [sum(segment.cell_length for segment in part) for part in (left, right)]
                assert cut == [left.cell_length, right.cell_length] == [end, width - end]


@given(
    st.lists(st.sampled_from(["a", "b", " ", "世", "。", "👩‍🚀", "e\u0301"]), max_size=60).map(
        "".join
    ),
    st.integers(4, 20),
)
def test_no_character_is_lost_and_no_row_too_wide(text: str, width: int) -> None:
    words = text.strip()
    rows = wrap([(words, PLAIN)], width)
    shown = "".join("".join(s.text for s in row.segments) + row.joint for row in rows)
    assert shown == words
    assert all(cell_len("".join(s.text for s in row.segments)) <= width for row in rows)


def test_scripts_without_spaces_break_anywhere_but_before_a_full_stop() -> None:
    rows = wrap([("これは長い文です。終", PLAIN)], 16)
    assert [row.segments[0].text for row in rows] == ["これは長い文で", "す。終"]


@given(st.lists(st.integers(0, 9), max_size=40), st.data())
def test_heights_are_summed_changed_cut_off_and_found(
    heights: list[int], data: st.DataObject
) -> None:
    kept = Heights(heights[: len(heights) // 2])
    for height in heights[len(heights) // 2 :]:
        kept.append(height)
    count = data.draw(st.integers(0, len(heights)))
    kept.truncate(count)
    del heights[count:]
    for height in data.draw(st.lists(st.integers(0, 9), max_size=5)):
        kept.append(height)
        heights.append(height)
    if heights:
        index = data.draw(st.integers(0, len(heights) - 1))
        kept[index] = heights[index] = data.draw(st.integers(0, 9))
    assert kept.total == sum(heights)
    assert [kept.before(i) for i in range(len(heights))] == [
        sum(heights[:i]) for i in range(len(heights))
    ]
    lines = [(i, line) for i, height in enumerate(heights) for line in range(height)]
    assert [kept.find(y) for y in range(kept.total)] == lines


@pytest.mark.parametrize("name", [name for name, theme in BUILTIN_THEMES.items() if not theme.ansi])
def test_every_theme_can_be_read(name: str) -> None:
    palette = Palette.from_theme(BUILTIN_THEMES[name])
    background = Color.parse(palette.background)
    text = contrast(Color.parse(palette.text), background)
    for role in ("muted", "accent", "link", "error", "warning", "success", "inline_code"):
        found = contrast(Color.parse(getattr(palette, role)), background)
        assert found >= min(READABLE, text) - 0.1, role
