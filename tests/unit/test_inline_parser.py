"""The inline parser reads as markdown-it's own does, and never much longer than a text is long."""

from __future__ import annotations

from functools import cache
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from markdown_it.helpers import parseLinkDestination
from markdown_it.token import Token

from copilot_tui.tui.transcript import inline_parser, maths_rules
from copilot_tui.tui.transcript.markdown import parse_inline
from copilot_tui.tui.transcript.parts import LONGEST_PART, MOST_MARKS, parts

PIECES = [
    *"[]()\\!*`_\n <", "![", "](", "a", "b ", "**", "``", "~~", "<a>", "[a]", "[a](b)", "$x$",
    "&amp;", "'t'", "<http://x>", "\\(", "\\)", "世", "![a](b 't')",
]  # fmt: skip


@cache
def markdown_its_own() -> MarkdownIt:
    parser = MarkdownIt("commonmark", {"maxNesting": 100}).enable("strikethrough")
    maths_rules.install(parser)
    return parser


def shown(tokens: list[Token]) -> list[tuple[str, str, dict[str, Any], list[Any]]]:
    return [(t.type, t.content, dict(t.attrs), shown(t.children or [])) for t in tokens]


@settings(max_examples=400, deadline=None)
@given(st.lists(st.sampled_from(PIECES), min_size=2, max_size=16).map("".join))
def test_any_text_is_read_as_markdown_it_reads_it(text: str) -> None:
    parser = markdown_its_own()
    expected = parser.inline.parse(text, parser, {"references": {}}, [])
    assert shown(parse_inline(text, {})) == shown(expected)


A = {"A": {"href": "/a", "title": ""}}


@pytest.mark.parametrize(
    ("text", "links"),
    [
        ("[a]", ["a"]),
        ("[x][a]", ["x"]),
        ("[a][]", ["a"]),
        ("[a][x]", []),
        ("[a] (b)", ["a"]),
        ("[a](b c", ["a"]),
        ("[a][", ["a"]),
        ("[a][[a]](b)", ["a", "a"]),
        ("[x [a] y](z)", ["a"]),
        ("[x ![a] y](z)", ["x  y"]),
        ("\\[a]", []),
        ("`[a`]", []),
        ("[a`]`](b)", ["a"]),
    ],
)
def test_links_are_those_of_commonmark(text: str, links: list[str]) -> None:
    found: list[str] = []
    is_in = False
    for token in parse_inline(text, A):
        if token.type == "link_open":
            found.append("")
            is_in = True
        elif token.type == "link_close":
            is_in = False
        elif is_in and token.type == "text":
            found[-1] += token.content
    assert found == links


BRACKETS = ["[", "![", "[a](", "![[a](b ", "[[a] ", "[[x](y)", "![a](![", "[a][", "[](", "[a](<b)"]


@pytest.mark.parametrize("unit", BRACKETS)
@pytest.mark.parametrize("references", [{}, A])
def test_the_end_of_a_bracket_is_looked_for_once(
    unit: str, references: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    looks = 0

    def counted(*values: Any) -> object:
        nonlocal looks
        looks += 1
        return parseLinkDestination(*values)

    monkeypatch.setattr(inline_parser._Helpers, "parseLinkDestination", staticmethod(counted))
    text = unit * (LONGEST_PART // len(unit)) + "](x)"
    text = next(parts(text))[0]
    tokens = parse_inline(text, references)
    assert looks <= 3 * text.count("]")
    read = "".join(token.content for token in tokens if token.type != "link_open")
    assert len(read) <= len(text)


def test_images_within_images_are_read_to_some_depth_and_are_text_below_it() -> None:
    for depth in (1, 3, 400):
        text = "![" * depth + "x" + "](y)" * depth
        tokens = parse_inline(text, {})
        assert [token.type for token in tokens] == ["image"]
        levels = 0
        while tokens and tokens[0].type == "image":
            levels += 1
            inner = tokens[0].children or []
            assert tokens[0].content == text[2 * levels : -4 * levels]
            tokens = inner
        assert levels == min(depth, 3)


@pytest.mark.parametrize("unit", ["*", "[", "*a_ ", "\\[", "`a ", "a\n"])
def test_a_part_has_no_more_marks_than_are_read_in_a_moment(unit: str) -> None:
    text = unit * (5 * LONGEST_PART // len(unit))
    found = list(parts(text))
    assert "".join(part + joint for part, joint in found) == text
    assert all(sum(not c.isalnum() and c != " " for c in part) <= MOST_MARKS for part, _ in found)
