from __future__ import annotations

import base64
import hashlib
import re
from html.parser import HTMLParser
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from copilot_tui.conversation import Attachment, Conversation, Message, Role, Status
from copilot_tui.formats import EXPORTS

VOID = {"meta", "br", "hr"}

ALLOWED = {
    "html": {"lang"}, "head": set(), "meta": {"charset", "name", "content", "http-equiv"},
    "title": set(), "style": set(), "body": set(), "header": set(), "footer": set(),
    "main": {"id", "tabindex"}, "section": {"class", "aria-labelledby"},
    "article": {"class", "id", "aria-labelledby"},
    "h1": {"dir", "lang"}, "h2": {"class", "id"}, "h3": set(), "h4": set(), "h5": set(),
    "h6": set(), "small": set(), "time": {"datetime"}, "dl": {"class"}, "dt": set(), "dd": set(),
    "div": {"class", "dir", "lang", "tabindex", "role", "aria-label"}, "p": {"class", "dir"},
    "details": set(), "summary": set(), "a": {"class", "href", "rel", "title"},
    "pre": {"tabindex", "role", "aria-label"}, "code": set(), "span": {"class"}, "em": set(),
    "strong": set(), "s": set(), "ul": set(), "ol": {"start"}, "li": set(), "blockquote": set(),
    "table": set(), "thead": set(), "tbody": set(), "tr": set(), "th": {"class"},
    "td": {"class"}, "br": set(), "hr": set(),
}  # fmt: skip


class Page(HTMLParser):
    """Every element with its attributes, and the text; fails on what is not well nested."""

    def __init__(self, content: bytes) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str]]] = []
        self.text = ""
        self.style = ""
        self._open: list[str] = []
        self.source = content.decode()
        self.feed(self.source)
        self.close()
        assert self._open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, {name: value or "" for name, value in attrs}))
        if tag not in VOID:
            self._open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert tag in VOID
        self.handle_starttag(tag, attrs)

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self._open and self._open[-1] == "style":
            self.style += data
        else:
            self.text += data

    def all(self, tag: str) -> list[dict[str, str]]:
        return [attributes for name, attributes in self.elements if name == tag]


def page(*contents: str, **fields: Any) -> Page:
    return Page(EXPORTS["html"].dump(talk(*contents, **fields)))


def talk(*contents: str, **fields: Any) -> Conversation:
    made = Conversation(
        id="0a1b2c3d-0000-4000-8000-000000000000",
        **{"title": "About names", "updated_at": "2026-11-21T06:27:35.123Z", **fields},
    )
    for number, content in enumerate(contents):
        role = Role.ASSISTANT if number % 2 else Role.USER
        made.add(Message(id=str(number), role=role, content=content, parent_id=made.head))
    return made


hostile = st.lists(
    st.one_of(
        st.text(max_size=10),
        st.sampled_from(
            [
                "<script>alert(1)</script>", "<img src=x onerror=alert(1)>", "](javascript:x)",
                "[a](", "![b](http://x.example/y.png)", "<!--", "-->", "</style>", "]]>", "&#x3c;",
                '"', "'", "`", "```html\n", "\n\n", "    ", "| a | b |\n|---|:-:|\n", "> ", "- ",
                "# ", "<http://x.example>", "<javascript:x>", "[c]: data:text/html,x\n", "[c]",
                '```x" onclick="y\n', "\x00", "\ud800", "\x1b[31m", "mailto:", "<a href=//x>",
            ]
        ),
    ),
    max_size=12,
).map("".join)  # fmt: skip


@given(hostile, hostile, hostile)
def test_nothing_that_is_said_becomes_more_than_text(one: str, two: str, three: str) -> None:
    made = talk(one, two, title=three, system=three, model=one, tags=[two])
    reply = made.messages["1"]
    reply.reasoning, reply.model, reply.error, reply.status = three, two, one, Status.ERROR
    reply.attachments = [Attachment(three, "text/plain", 1, text=two)]
    found = Page(EXPORTS["html"].dump(made, every_branch=True))
    for tag, attributes in found.elements:
        assert tag in ALLOWED
        assert attributes.keys() <= ALLOWED[tag]
    for link in found.all("a"):
        is_outside = re.match(r"(https?://|mailto:)", link["href"], re.IGNORECASE)
        assert is_outside or re.fullmatch(r"#(conversation|m\d+)", link["href"])
        assert not is_outside or link["rel"] == "noopener noreferrer nofollow"


def test_the_policy_allows_the_one_style_and_nothing_else() -> None:
    found = page("a")
    digest = base64.b64encode(hashlib.sha256(found.style.encode()).digest()).decode()
    policies = [m["content"] for m in found.all("meta") if "http-equiv" in m]
    assert policies == [
        f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
    ]
    assert found.source.index("Content-Security-Policy") < found.source.index("<style>")
    assert "url(" not in found.style
    assert "@import" not in found.style
    assert len(found.all("style")) == 1


def test_a_prompt_stands_as_it_was_typed_and_a_reply_as_markdown() -> None:
    found = page("*a*\n  <b>\n", "# Title\n\n*a*\n\n- [x](https://x.example/?a=1&b=2)")
    assert "*a*\n  &lt;b&gt;\n</div>" in found.source
    assert "<h3>Title</h3>" in found.source
    assert "<em>a</em>" in found.source
    assert found.all("a")[1]["href"] == "https://x.example/?a=1&b=2"


def test_code_is_coloured_and_keeps_its_text() -> None:
    code = "def f(x):\n    return '<b>' # why\n\n\n"
    found = page("a", f"```python\n{code}```\n\n```nonsense\n<x>\n```\n\n    indented")
    assert {"k", "nf", "c1"} <= {span["class"] for span in found.all("span")}
    assert code in found.text
    assert "<x>\n" in found.text
    assert [pre["aria-label"] for pre in found.all("pre")] == [
        "Code, python", "Code, nonsense", "Code",
    ]  # fmt: skip


def test_a_long_block_of_code_is_left_without_colours() -> None:
    found = page("a", "```python\n" + "x = 1\n" * 30_000 + "```")
    assert found.all("span") == []


def test_a_picture_becomes_a_link_that_loads_nothing() -> None:
    found = page("a", "![a *cat*](https://x.example/cat.png) ![b](data:image/png;base64,AAAA)")
    assert found.all("img") == []
    assert found.all("a")[1]["href"] == "https://x.example/cat.png"
    assert "a cat (picture)" in found.text


def test_columns_of_a_table_keep_their_sides_without_a_style() -> None:
    found = page("a", "| a | b | c |\n|:--|--:|:-:|\n| 1 | 2 | 3 |")
    sides = ["to-left", "to-right", "to-center"]
    assert [cell["class"] for cell in (*found.all("th"), *found.all("td"))] == sides * 2


def test_it_has_landmarks_a_language_and_a_way_past_the_head() -> None:
    found = page("a", "b")
    assert found.all("html") == [{"lang": "en"}]
    assert [len(found.all(tag)) for tag in ("header", "main", "footer", "h1")] == [1] * 4
    assert found.all("a")[0] == {"class": "skip", "href": "#conversation"}
    ids = [attributes["id"] for _, attributes in found.elements if "id" in attributes]
    assert len(ids) == len(set(ids))
    labels = [each["aria-labelledby"] for each in found.all("article")]
    assert set(labels) <= set(ids)
    assert len(labels) == 2


def test_what_html_cannot_carry_is_shown_as_replaced() -> None:
    found = page("a\x00b\x1b[31m\x85\ud800\u202ec", "d\x07", title="t\x1b[31m\u202ex")
    assert "a\ufffdb\ufffd[31m\ufffd\ufffd\u202ec" in found.text
    assert "d\ufffd" in found.text
    assert "<title>t[31mx</title>" in found.source


def test_reasoning_is_folded_and_failures_are_said() -> None:
    made = talk("a", "half")
    reply = made.messages["1"]
    reply.reasoning, reply.status, reply.error = "*because*", Status.PARTIAL, "cut\noff"
    found = Page(EXPORTS["html"].dump(made))
    assert len(found.all("details")) == 1
    assert "<em>because</em>" in found.source
    assert "This reply is incomplete: cut off" in found.text


def branched() -> Conversation:
    made = talk("one", "two", "three")
    made.add(Message(id="3", role=Role.ASSISTANT, content="other two", parent_id="0"))
    made.add(Message(id="4", role=Role.USER, content="*other* one"))
    made.add(Message(id="5", role=Role.ASSISTANT, content="lost", parent_id="gone"))
    made.head = "2"
    return made


def test_only_the_shown_branch_is_exported_unless_all_are_wanted() -> None:
    shown = Page(EXPORTS["html"].dump(branched()))
    assert "other two" not in shown.text
    assert "version 1 of 2" in shown.text
    every = Page(EXPORTS["html"].dump(branched(), every_branch=True))
    assert len(every.all("article")) == 6
    assert every.text.count("After You: one") == 1
    assert {"class": "branch", "aria-labelledby": "b4"} in every.all("section")


def test_markdown_has_every_branch_if_it_is_wanted() -> None:
    shown = EXPORTS["markdown"].dump(branched()).decode()
    every = EXPORTS["markdown"].dump(branched(), every_branch=True).decode()
    assert every.startswith(shown)
    assert every[len(shown) :] == (
        "\n# Branch 2\n\n*After the user's message: one*\n\n## Assistant\n\nother two\n"
        "\n# Branch 3\n\n*Another beginning*\n\n## User\n\n*other* one\n"
        "\n# Branch 4\n\n*Another beginning*\n\n## Assistant\n\nlost\n"
    )


@pytest.mark.parametrize("parents", [{"0": "2"}, {"0": "0"}, {"0": "1", "1": "0"}])
def test_a_damaged_tree_gives_every_message_once(parents: dict[str, str]) -> None:
    made = talk("a", "b", "c")
    for id_, parent in parents.items():
        made.messages[id_].parent_id = parent
    made.replace_messages(list(made.messages.values()))
    found = Page(EXPORTS["html"].dump(made, every_branch=True))
    assert len(found.all("article")) == 3


# Contrast, by https://www.w3.org/TR/WCAG22/#dfn-contrast-ratio

INKS = ("ink", "faint", "accent", "bad", "keyword", "string", "number", "comment", "name", "type",
        "tag")  # fmt: skip


def luminance(colour: str) -> float:
    parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


@pytest.mark.parametrize("place", [0, 1, 2])
@pytest.mark.parametrize("ink", INKS)
@pytest.mark.parametrize("ground", ["page", "panel", "user", "code"])
def test_every_ink_can_be_read_on_every_ground(place: int, ink: str, ground: str) -> None:
    blocks = re.findall(r":root \{(.*?)\}", page("a").style, re.DOTALL)
    assert len(blocks) == 3  # light, dark, print
    colours = dict(re.findall(r"--(\w+): (#\w{6})", blocks[place]))
    bright, dark = sorted((luminance(colours[ink]), luminance(colours[ground])), reverse=True)
    assert (bright + 0.05) / (dark + 0.05) >= 4.5
