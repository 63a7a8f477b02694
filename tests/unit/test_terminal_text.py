from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from copilot_tui.terminal_text import harmless, one_line

HARMFUL = {
    *map(chr, range(0x20)),
    *map(chr, range(0x7F, 0xA0)),
    *map(chr, range(0x202A, 0x202F)),
    *map(chr, range(0x2066, 0x206A)),
} - {"\t", "\n"}


@pytest.mark.parametrize("character", sorted(HARMFUL))
@pytest.mark.parametrize("rest", ["", "a\nb", "é\tж"])
def test_a_character_that_controls_the_terminal_is_taken_out(character: str, rest: str) -> None:
    assert harmless(character + rest + character) == rest


@given(st.text())
def test_only_the_harmful_characters_are_taken_out(text: str) -> None:
    assert harmless(text) == "".join(c for c in text if c not in HARMFUL)


@pytest.mark.parametrize("character", sorted(HARMFUL))
def test_to_textual_what_is_taken_out_has_no_width(character: str) -> None:
    assert cell_len(f"a{character}b") == 2


def test_tab_newline_and_words_of_every_script_stay() -> None:
    text = "a\tb\n\u05e9\u05dc\u05d5\u05dd \u200f\u4f60\u597d 👩\u200d💻 e\u0301"
    assert harmless(text) == text


def test_one_line_has_neither_line_breaks_nor_controls() -> None:
    assert one_line(" a\r\n\x1b[31mb\t c\n") == "a [31mb c"
