"""Text within a block: emphasis, code, links, formulas."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

from rich.style import Style

from copilot_tui.tui.transcript.markdown import parse_inline
from copilot_tui.tui.transcript.parts import LONGEST_PART, MOST_MARKS, parts
from copilot_tui.tui.transcript.wrap import JOINER

if TYPE_CHECKING:
    from markdown_it.token import Token

    from copilot_tui.tui.palette import Palette
    from copilot_tui.tui.transcript.wrap import Run

_URL: Final = re.compile(r"https?://[^\s<>\"`|\\^{}]+")
_FOLLOWED: Final = re.compile(r"(?:https?|ftp|mailto):", re.IGNORECASE)
"""Only these are given to the terminal as links."""

_MARKUP: Final = re.compile(rf"[\n\t`\\*_\[<&~${JOINER}]|://")
"""What a text has in which there is anything but words; most have none, and are read ten times as
fast.
"""

_LATELY: Final = 100_000
"""Characters of text that are kept when they have been read."""

TAB: Final = "    "


class Inline:
    """Draws inline text with a palette's colours."""

    def __init__(self, palette: Palette) -> None:
        self._code = Style(color=palette.inline_code, bgcolor=palette.code_background)
        self._maths = Style(color=palette.maths)
        self._link_style = Style(color=palette.link, underline=True)
        self._changes: dict[str, Style] = {
            "strong_open": Style(bold=True),
            "em_open": Style(italic=True),
            "s_open": Style(strike=True),
        }
        self.link = lru_cache(maxsize=1024)(self._link)
        self.keeps = False
        """What is read is likely to be asked for again: an item or a quote that grows is drawn as a
        whole each time, and most of it is what it was.
        """
        self._lately: dict[tuple[str, Style], list[Run]] = {}
        """What was kept, and asked for last, at the end."""
        self._lately_size = 0

    def _link(self, address: str) -> Style:
        if _FOLLOWED.match(address):
            return self._link_style + Style(link=address)
        return self._link_style

    def runs(self, content: str, base: Style, references: Mapping[str, Any]) -> list[Run]:
        """The content as runs of styled text."""
        if len(content) < LONGEST_PART and not _MARKUP.search(content):
            return [(content, base)] if content else []
        keeps = self.keeps and not (references and "[" in content)
        if len(content) < MOST_MARKS:
            if keeps:
                return self._read(content, base)
            return self.runs_of(parse_inline(content, references), base)
        runs: list[Run] = []
        for part, joint in parts(content):
            if keeps and joint:
                runs += self._read(part, base)
            else:
                runs += self.runs_of(parse_inline(part, references), base)
            runs += [(" ", base)] if joint else []
        return runs

    def _read(self, part: str, base: Style) -> list[Run]:
        """The runs of a text, which are kept for when it is asked for again."""
        runs = self._lately.pop((part, base), None)
        if runs is None:
            runs = self.runs_of(parse_inline(part, {}), base)
            self._lately_size += len(part)
        self._lately[part, base] = runs
        while self._lately_size > _LATELY:
            oldest = next(iter(self._lately))
            del self._lately[oldest]
            self._lately_size -= len(oldest[0])
        return runs

    def runs_of(self, tokens: list[Token], base: Style) -> list[Run]:
        """Inline tokens as runs of styled text."""
        runs: list[Run] = []
        styles = [base]
        links = 0
        for token in tokens:
            kind = token.type
            if token.nesting == 1:
                links += kind == "link_open"
                change = (
                    self.link(str(token.attrs.get("href", "")))
                    if kind == "link_open"
                    else self._changes[kind]
                )
                styles.append(styles[-1] + change)
            elif token.nesting == -1:
                links -= kind == "link_close"
                styles.pop()
            elif kind == "text" and not links and "://" in token.content:
                runs += self._with_addresses(token.content, styles[-1])
            else:
                runs.append(self._leaf(token, styles[-1]))
        shown = ((text.lstrip(JOINER), style) for text, style in runs)
        return [run for run in shown if run[0]]

    def _leaf(self, token: Token, style: Style) -> Run:
        match token.type:
            case "code_inline":
                return token.content.replace("\t", TAB), style + self._code
            case "math_inline":
                from copilot_tui.tui.transcript import maths  # most conversations have none

                return maths.inline(token.content), style + self._maths
            case "softbreak":
                return " ", style
            case "hardbreak":
                return "\n", style
            case "image":
                alt = "".join(child.content for child in token.children or ())
                address = str(token.attrs.get("src", ""))
                return f"▣ {alt or address}", style + self.link(address)
            case _:
                return token.content.replace("\t", TAB), style

    def _with_addresses(self, text: str, style: Style) -> list[Run]:
        """The text with its bare addresses as links."""
        runs: list[Run] = []
        position = 0
        for match in _URL.finditer(text):
            address = _without_punctuation(match.group())
            start = match.start()
            runs.append((text[position:start].replace("\t", TAB), style))
            runs.append((address, style + self.link(address)))
            position = start + len(address)
        runs.append((text[position:].replace("\t", TAB), style))
        return runs


def _without_punctuation(address: str) -> str:
    """The address without what ends the sentence around it, or closes a bracket around it."""
    while True:
        shorter = address.rstrip(".,:;!?'*_~")
        for opening, closing in ("()", "[]"):
            if shorter.endswith(closing) and shorter.count(closing) > shorter.count(opening):
                shorter = shorter[:-1]
        if shorter == address:
            return address
        address = shorter
