import pytest

from copilot_tui.terminal_text import harmless


def test_plain_text_is_given_back_as_it_is() -> None:
    text = "Grüße, 世界 👩‍🚀\tand\na tab"
    assert harmless(text) is text


@pytest.mark.parametrize(
    "code", [*range(9), 11, 12, *range(14, 32), *range(0x7F, 0xA0)], ids=lambda code: f"{code:02x}"
)
def test_a_control_character_is_seen_and_does_nothing(code: int) -> None:
    assert harmless(f"a{chr(code)}b") == "a\ufffdb"


@pytest.mark.parametrize("code", [0x0D, *range(0x202A, 0x202F), *range(0x2066, 0x206A)])
def test_carriage_returns_and_bidi_controls_vanish(code: int) -> None:
    assert harmless(f"a{chr(code)}b") == "ab"


def test_a_text_may_be_cut_anywhere() -> None:
    text = "one\r\ntwo\x1b[31m\u202ered\u2066\x07 end"
    for cut in range(len(text) + 1):
        assert harmless(text[:cut]) + harmless(text[cut:]) == harmless(text)
