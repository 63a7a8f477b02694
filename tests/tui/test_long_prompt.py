"""A prompt of many lines: wrapped as Textual does it, and painted whole."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from textual.document._document import Document
from textual.document._wrapped_document import WrappedDocument

from copilot_tui.tui.widgets.prompt_lines import PromptLines
from tests.tui.conftest import MakeApp

LINES = st.lists(st.text(alphabet="ab 宽\té", max_size=14), min_size=1, max_size=6)


def state(wrapped: WrappedDocument) -> tuple[object, ...]:
    return (
        wrapped.height,
        wrapped._wrap_offsets,
        wrapped._offset_to_line_info,
        wrapped._line_index_to_offsets,
        wrapped._tab_width_cache,
    )


@settings(deadline=None)  # the machine may be busy
@given(LINES, st.integers(0, 16))
def test_lines_are_wrapped_as_textual_wraps_them(lines: list[str], width: int) -> None:
    text = "\n".join(lines)
    ours, theirs = PromptLines(Document(text)), WrappedDocument(Document(text))
    ours.wrap(width)
    theirs.wrap(width)
    assert state(ours) == state(theirs)


@pytest.mark.parametrize("pasted", ["a\n" * 80, "a\n" * 80 + "long " * 40, "one"])
def test_a_paste_is_wrapped_as_textual_wraps_it(pasted: str) -> None:
    made = []
    for kind in (PromptLines, WrappedDocument):
        document = Document("before\nand behind\nlast")
        wrapped = kind(document)
        wrapped.wrap(20)
        end = document.replace_range((1, 4), (1, 5), pasted).end_location
        wrapped.wrap_range((1, 4), (1, 5), end)
        made.append(state(wrapped))
    assert made[0] == made[1]


@pytest.mark.parametrize("keys", [["x"], ["("], ["(", ")", "x"], ["backspace"], ["enter"], ["宽"]])
async def test_what_is_painted_after_a_key_is_what_a_whole_repaint_paints(
    keys: list[str], make_app: MakeApp
) -> None:
    app = make_app()
    async with app.run_test(size=(60, 24)) as pilot:
        composer = app.main.composer
        composer.fill("\n".join(f"line {number} of many" for number in range(30)), 40)
        await pilot.pause()
        for key in keys:
            await pilot.press("ctrl+j" if key == "enter" else key)
        await pilot.pause()
        painted = [strip.text for strip in app.screen._compositor.render_strips()]
        composer._line_cache.clear()
        composer.refresh()
        await pilot.pause()
        assert [strip.text for strip in app.screen._compositor.render_strips()] == painted
        assert any("line" in line for line in painted)
