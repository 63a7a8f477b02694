"""What is copied is the source: of every kind of block, whole and in part."""

from __future__ import annotations

import re

import pytest

from copilot_tui.conversation import Attachment, Message, Role
from copilot_tui.tui.palette import Palette
from copilot_tui.tui.themes import DARK
from copilot_tui.tui.transcript import Transcript
from copilot_tui.tui.transcript.blocks import Blocks
from copilot_tui.tui.transcript.document import Document, draw
from copilot_tui.tui.transcript.lines import Line
from copilot_tui.tui.transcript.selection import copied_unit, line_source, lines_source, part_source
from tests.tui.test_transcript import TranscriptApp, prompt, reply, screen, select

PALETTE = Palette.from_theme(DARK)
TABS = (
    "all:\n\techo one two three four five six seven eight  \n\tcc\t-o x\t\t\\\n\t\t-lm\n\n \tend\t"
)


def document(source: str, width: int = 30, *, wrap_code: bool = False) -> Document:
    return draw(source, Blocks(PALETTE, width, wrap_code=wrap_code))


def whole(source: Document) -> str:
    return part_source(source, (0, 0), (source.height - 1, 1 << 30))


@pytest.mark.parametrize("width", [8, 14, 30, 100])
@pytest.mark.parametrize("wrap_code", [False, True])
@pytest.mark.parametrize("language", ["", "make"])
def test_code_with_tabs_is_copied_byte_by_byte_whether_it_is_wrapped_or_not(
    wrap_code: bool, width: int, language: str
) -> None:
    drawn = document(f"```{language}\n{TABS}\n```", width, wrap_code=wrap_code)
    assert copied_unit(drawn, 0) == whole(drawn) == TABS


@pytest.mark.parametrize("width", [8, 14, 30])
def test_a_part_of_wrapped_code_has_the_tabs_of_that_part(width: int) -> None:
    drawn = document(f"```\n{TABS}\n```", width, wrap_code=True)
    for cut in range(drawn.height - 1):
        first = part_source(drawn, (0, 0), (cut, 1 << 30))
        rest = part_source(drawn, (cut + 1, 0), (drawn.height - 1, 1 << 30))
        both = lines_source([drawn.line(cut), drawn.line(cut + 1)])
        joint = both[len(line_source(drawn.line(cut))) :]
        joint = joint[: len(joint) - len(line_source(drawn.line(cut + 1)))]
        assert first + joint + rest == TABS


def test_a_tab_is_copied_with_the_column_that_it_starts_in() -> None:
    (line,) = document("```\na\tb\tc\n```").lines
    assert line.text == " a   b   c"
    assert [line_source(line, 1, end) for end in (2, 3, 5, 6, 10)] == [
        "a",
        "a\t",
        "a\t",
        "a\tb",
        "a\tb\tc",
    ]
    assert line_source(line, 3, 10) == "b\tc"


def test_a_part_of_an_endless_line_with_tabs_is_copied_at_once() -> None:
    words = "x\t" * 200_000
    (line,) = document(f"```\n{words}\n```").lines
    assert line_source(line, 5, line.size - 3) == words[2:-2]


def copied_all(pane: Transcript) -> str:
    pane.select()
    pane.action_scroll_home()
    pane.select()
    pane.action_scroll_end()
    return pane.selected_source()


@pytest.mark.parametrize("width", [20, 40, 90])
async def test_a_prompt_is_copied_with_its_tabs_and_without_its_files(width: int) -> None:
    app = TranscriptApp()
    message = Message(
        id="a",
        role=Role.USER,
        content=f"Mend this\tfile:\n\n{TABS}",
        attachments=[Attachment("a.txt", "text/plain", 3, text="abc")],
    )
    async with app.run_test(size=(width, 60)):
        app.transcript.show([message])
        assert copied_all(app.transcript) == message.content
        app.screen.clear_selection()
        app.transcript.show([prompt("one", "x"), message, prompt("two", "y")])
        assert copied_all(app.transcript) == f"one\n\n{message.content}\n\ntwo"
        assert any("▣ a.txt" in row for row in screen(app))


@pytest.mark.parametrize(
    "formula", ["$$\n\\frac{a}{b}\n$$", "\\[ \\alpha + \\begin{pmatrix}1\\\\2\\end{pmatrix} \\]"]
)
def test_any_line_of_a_formula_gives_its_source(formula: str) -> None:
    drawn = document(f"So:\n\n{formula}\n\nthen")
    top = drawn.top(1) + 1
    for row in range(top, drawn.top(2)):
        assert part_source(drawn, (row, 2), (row, 4)) == formula
    assert part_source(drawn, (0, 0), (top, 3)) == f"So:\n\n{formula}"


async def test_thoughts_in_the_content_are_no_part_of_a_copy_wherever_it_begins() -> None:
    app = TranscriptApp()
    thinking = reply("<think>secret\n\nthoughts</think>\n\nThe **answer**", "b")
    async with app.run_test(size=(60, 40)) as pilot:
        app.transcript.show([prompt("one", "a"), thinking, prompt("two", "c")])
        assert await select(app, pilot, (0, 0), (57, 39)) == "one\n\n\n\nThe **answer**\n\ntwo"
        last = max(y for y, row in enumerate(screen(app)) if "answer" in row)
        assert (await select(app, pilot, (0, 0), (57, last))).endswith("The **answer**")


MIXED = """\
# A *title* & more

Some **bold words with `code`** and [a link](https://a.b/c) &amp; \\*stars\\*\\
a hard break, 世界 and 👩‍👩‍👧 words that go on and on and on.

1. one
   - nested **two**

     with a paragraph
   - three
2. four

> a quote
> of two lines
>
> - and an item

| a | b |
|---|:-:|
| 1 | 世 \\| 界 |

```python
x = "&amp;"  
\tif y:
```

    indented &lt;

$$x^2$$

<div>html &amp;</div>

[^1]: A note

---
end[^1]"""


@pytest.mark.parametrize("width", [20, 40, 80])
def test_whole_blocks_next_to_each_other_are_copied_as_they_were_written(width: int) -> None:
    drawn = document(MIXED, width)
    assert whole(drawn) == MIXED
    tops = [drawn.top(number) for number in range(len(drawn.units))]
    for first, top in enumerate(tops):
        for last in range(first + 1, len(tops)):
            copied = part_source(drawn, (top, 0), (tops[last] - 1, 1 << 30))
            start, end = drawn.units[first].start, drawn.units[last - 1].end
            if last - first > 1 or drawn.units[first].kind not in ("fence", "code_block"):
                assert copied == MIXED[start:end].rstrip("\n")


@pytest.mark.parametrize("width", [12, 40])
def test_no_part_of_a_selection_has_what_the_screen_added(width: int) -> None:
    words = "Some **bold words** and 世界 and &amp; more words that go on."
    drawn = document(f"> {words}\n\n- {words}", width)
    shown = "Some bold words and 世界 and & more words that go on."

    def lines(number: int) -> list[Line]:
        return [line for line in drawn.lines_of(number) if line.size]

    for number in range(2):
        rows = lines(number)
        top = drawn.top(number) + len(drawn.lines_of(number)) - len(rows)
        indent = rows[0].indent
        copied = part_source(
            drawn, (top, indent + 1), (top + len(rows) - 1, rows[-1].indent + rows[-1].size)
        )
        assert copied == shown[1:]


async def test_every_item_in_sight_has_a_letter_of_its_own_that_copies_it() -> None:
    app = TranscriptApp()
    items = [f"- item {number}" for number in range(50)]
    async with app.run_test(size=(60, 54)):
        app.transcript.show([reply("\n".join(items), "b")])
        sources = app.transcript.show_hints()
        assert list(sources.values()) == items
        rows = screen(app)
        for letter, source in sources.items():
            assert f"{letter} {source.replace('-', '•')}" in rows


STEPS = """\
1. Do this:

   ```sh
   make \\
   \tall

   ls
   ```

   and then

       indented

2. ```py
   x = 1
   ```
   then
   ~~~
   y
   ~~~

> quoted
> ```c
> z;
> ```
"""


@pytest.mark.parametrize("is_wrapped", [False, True])
async def test_code_within_a_step_has_a_letter_of_its_own(is_wrapped: bool) -> None:
    app = TranscriptApp()
    async with app.run_test(size=(60, 54)):
        app.transcript.show([reply(STEPS, "b")])
        if is_wrapped:
            app.transcript.toggle_code_wrap()
        sources = app.transcript.show_hints()
        step, other, quote = (part.strip("\n") for part in re.split(r"\n(?=2\.|>  ?quoted)", STEPS))
        assert list(sources.values()) == [
            step,
            "make \\\n\tall\n\nls",
            "indented",
            other,
            "x = 1",
            "y",
            quote,
            "z;",
        ]
        rows = screen(app)
        for letter in sources:
            assert sum(row.startswith(f"{letter} ") for row in rows) == 1
