"""The inline half of markdown-it, made to cost no more than a text is long.

markdown-it tries each of its rules at each mark, and looks for the end of a bracket from each one
anew. Here a character says which rules there are for it, and one look at a text tells which of its
brackets are links.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, MutableMapping
from functools import lru_cache
from typing import Any, Final

from markdown_it import MarkdownIt
from markdown_it.helpers import parseLinkDestination, parseLinkTitle
from markdown_it.parser_inline import ParserInline
from markdown_it.rules_inline import (
    StateInline,
    autolink,
    backtick,
    emphasis,
    entity,
    escape,
    fragments_join,
    html_inline,
    image,
    link,
    link_pairs,
    newline,
    strikethrough,
)
from markdown_it.rules_inline.state_inline import Delimiter
from markdown_it.token import Token

from copilot_tui.tui.transcript.maths_rules import inline_rule as formula

_MOST_IMAGES: Final = 3
"""So many images within each other; what is deeper is text."""

_LONGEST_LABEL: Final = 999
"""Characters of a label that may be defined somewhere, as CommonMark has it."""

_STOP: Final = re.compile(r"[\n\\$`~*_\[<&]|!(?=\[)")
"""Where a rule may begin."""

_BRACKETS: Final = re.compile(r"\\.|!?\[|\]|[`<$]", re.DOTALL)
_LABEL: Final = re.compile(rf"\[(?:\\.|[^\[\]\\]){{0,{_LONGEST_LABEL}}}\]", re.DOTALL)


_Ends = dict[tuple[int, bool], int]
"""Opening bracket of each link and image, and whether it is a link → its closing bracket."""


class State(StateInline):
    """A text while it is read."""

    ends: _Ends | None = None
    """None: they are not known."""


def _image(state: StateInline, silent: bool) -> bool:
    depth = state.env.get("images", 0)
    if depth >= _MOST_IMAGES:
        return False
    state.env["images"] = depth + 1
    is_image = image(state, silent)
    state.env["images"] = depth
    return is_image


_Rule = Callable[[StateInline, bool], bool]
_RULES: Final[Mapping[str, tuple[_Rule, ...]]] = {
    "\n": (newline,),
    "\\": (formula, escape),
    "$": (formula,),
    "`": (backtick,),
    "~": (strikethrough.tokenize,),
    "*": (emphasis.tokenize,),
    "_": (emphasis.tokenize,),
    "[": (link,),
    "!": (_image,),
    "<": (autolink, html_inline),
    "&": (entity,),
}


class _Parser(ParserInline):
    """Gives the tokens of a text."""

    def parse(
        self, src: str, md: MarkdownIt, env: MutableMapping[str, Any], tokens: list[Token]
    ) -> list[Token]:
        """The tokens of the text, emphasis paired."""
        return self.read(State(src, md, env, tokens)).tokens

    def read(self, state: State) -> State:
        """The state with the tokens of its text."""
        self.tokenize(state)
        link_pairs(state)
        strikethrough.postProcess(state)
        emphasis.postProcess(state)
        fragments_join(state)
        return state

    def tokenize(self, state: StateInline) -> None:
        """Add the tokens of the text from `pos` to `posMax`."""
        source, end = state.src, state.posMax
        while (position := state.pos) < end:
            stop = _STOP.search(source, position, end)
            start = stop.start() if stop is not None else end
            if start > position:
                state.append_pending(source[position:start])
                state.pos = start
            if stop is None:
                break
            for rule in _RULES[source[start]]:
                if rule(state, False):
                    break
            else:
                state.append_pending(source[start])
                state.pos = start + 1
        if state.pending:
            state.pushPending()


_PARSER: Final = _Parser()


class _Helpers:
    """What markdown-it's rules for links ask for."""

    parseLinkDestination = staticmethod(parseLinkDestination)
    parseLinkTitle = staticmethod(parseLinkTitle)

    @staticmethod
    def parseLinkLabel(state: State, start: int, disableNested: bool = False) -> int:
        """The closing bracket of a link's text, or of the label behind it; -1: it is none."""
        if not disableNested and state.src[start - 1 : start] == "]":
            label = _LABEL.match(state.src, start)
            return label.end() - 1 if label is not None else -1
        if state.ends is None:
            state.ends = {}
            _match_brackets(state, state.ends)
        return state.ends.get((start, disableNested), -1)


class _Markdown(MarkdownIt):
    """Has what markdown-it's rules look for in it."""

    def __init__(self) -> None:
        super().__init__("commonmark")
        self.inline = _PARSER
        self.helpers = _Helpers  # type: ignore[assignment]  # its functions are looked up by name

    @staticmethod
    @lru_cache(maxsize=256)
    def normalizeLink(url: str) -> str:
        """The address as it is followed."""
        from markdown_it.common.normalize_url import normalizeLink

        return normalizeLink(url)


_MARKDOWN: Final = _Markdown()


def parsed(content: str, references: Mapping[str, Any]) -> State:
    """The text with its tokens."""
    # Without definitions nothing is one: markdown-it would normalise each label to find that out.
    env = {"references": references} if references else {}
    return _PARSER.read(State(content, _MARKDOWN, env, []))


def paired(marks: list[Delimiter]) -> list[Delimiter]:
    """Marks of emphasis, each that opens some with the number of the one that closes it."""
    state = State("", _MARKDOWN, {}, [])
    state.delimiters = marks
    link_pairs(state)
    return marks


def _match_brackets(state: State, ends: _Ends) -> None:
    """Find out which brackets are links and images: each closes the last that is open.

    A link in a bracket makes text of those around it, but of an image's, as CommonMark has it.
    """
    position, limit = state.pos, state.posMax
    state.posMax = len(state.src)
    opened: list[tuple[int, bool]] = []
    """Opening brackets, and whether they are an image's."""
    dead = 0
    """So many of them may open no link any more."""
    at = 0
    while (mark := _BRACKETS.search(state.src, at)) is not None:
        at = mark.end()
        kind = mark.group()
        if kind[-1] == "[" and kind[0] != "\\":
            opened.append((at - 1, len(kind) > 1))
        elif kind != "]":
            state.pos = mark.start()
            at = _behind_leaf(state, at)
        elif opened:
            start, is_image = opened.pop()
            if is_image and _is_link(state, start, at - 1, ends, is_link=False):
                at = state.pos
            elif len(opened) >= dead and _is_link(state, start, at - 1, ends, is_link=True):
                at = state.pos
                dead = len(opened)
            dead = min(dead, len(opened))
    state.pos, state.posMax = position, limit


def _behind_leaf(state: State, otherwise: int) -> int:
    """Behind the code, tag or formula that starts at `pos`, in which brackets are nothing."""
    for rule in _RULES[state.src[state.pos]]:
        if rule is not escape and rule(state, True):
            return state.pos
    return otherwise


def _is_link(state: State, start: int, end: int, ends: _Ends, *, is_link: bool) -> bool:
    """Whether these brackets are a link, or an image: it is noted, and `pos` is behind it."""
    env, behind = state.env, state.src[end + 1 : end + 2]
    is_label = "references" in env and end - start <= _LONGEST_LABEL
    has_address = behind == "(" and state.src.find(")", end) > 0
    if not is_label and not has_address and (behind != "[" or "references" not in env):
        return False
    if not is_label and has_address:
        state.env = {}  # its text is not tried as a label
    ends[start, is_link] = end
    state.pos = start if is_link else start - 1
    is_found = (link if is_link else image)(state, True)
    state.env = env
    if not is_found:
        del ends[start, is_link]
    return is_found
