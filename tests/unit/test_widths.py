"""Widths of characters: as wcwidth and terminals have them."""

from __future__ import annotations

import sys
import unicodedata

import pytest
from rich.cells import cell_len

from copilot_tui.tui import widths
from copilot_tui.tui.palette import Palette
from copilot_tui.tui.themes import DARK
from copilot_tui.tui.transcript.blocks import Blocks
from copilot_tui.tui.transcript.document import draw
from copilot_tui.tui.transcript.lines import Frame

widths.install()

# and the cells that tmux 3.3a paints them in
SCRIPTS = {
    "Hindi": ("हिन्दी में लिखा हुआ वाक्य", 20),
    "Tamil": ("தமிழில் எழுதிய வாக்கியம்", 21),
    "Bengali": ("বাংলায় লেখা বাক্য", 16),
    "Burmese": ("မြန်မာဘာသာဖြင့်", 12),
    "Khmer": ("ភាសាខ្មែរ", 8),
    "Thai": ("ก็บ้าน้ำ", 5),
    "Hebrew": ("שָׁלוֹם", 4),
    "Arabic": ("السَّلامُ", 6),
    "Korean": ("\u1112\u1161\u11ab글", 4),
    "Chinese": ("汉字，和标点。", 14),
}


def test_a_mark_beside_its_letter_takes_a_cell_and_others_take_none() -> None:
    for code in range(sys.maxunicode + 1):
        kind = unicodedata.category(chr(code))
        if kind == "Mc":
            assert cell_len(f"a{chr(code)}b") == 3, hex(code)
        elif kind in ("Mn", "Me"):
            assert cell_len(f"a{chr(code)}b") == 2, hex(code)


def test_installing_it_again_changes_nothing() -> None:
    widths.install()
    assert cell_len(SCRIPTS["Tamil"][0]) == 21


@pytest.mark.parametrize("width", [12, 17, 40])
@pytest.mark.parametrize("script", SCRIPTS)
def test_what_stands_to_the_right_of_a_script_is_in_its_column(script: str, width: int) -> None:
    palette = Palette.from_theme(DARK)
    words = SCRIPTS[script]
    source = (
        f"{words} {words}\n\n- {words}\n\n> {words}\n\n| {words} | b |\n|---|---|\n| {words} | b |"
    )
    frame = Frame.fit(width, 100, palette.base)
    lines = draw(source, Blocks(palette, frame.text)).lines
    for line in lines:
        strip = frame.paint(line)
        assert sum(cell_len(segment.text) for segment in strip) == width


@pytest.mark.parametrize("script", SCRIPTS)
def test_a_script_is_as_wide_as_a_terminal_paints_it(script: str) -> None:
    words, cells = SCRIPTS[script]
    assert cell_len(words) == cells
