"""The colours that the transcript draws with.

Its lines are final: no style sheet and no filter touches them again. So every colour is worked out
once,
from the theme, and is opaque.
"""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Final, NamedTuple

from rich.style import Style
from textual.color import Color

if TYPE_CHECKING:
    from textual.theme import Theme

_DARK_SYNTAX: Final = {
    "keyword": "#c792ea",
    "name": "#82aaff",
    "kind": "#ffcb6b",
    "string": "#a5d6a7",
    "number": "#f78c6c",
    "operator": "#89ddff",
    "comment": "#8a919e",
    "deleted": "#ff8a80",
    "inserted": "#7ee08a",
}
_LIGHT_SYNTAX: Final = {
    "keyword": "#7c3aad",
    "name": "#1d5fc4",
    "kind": "#8a5a00",
    "string": "#2c6e31",
    "number": "#a8480c",
    "operator": "#0f6674",
    "comment": "#6a6f78",
    "deleted": "#b3261e",
    "inserted": "#146c2e",
}
SYNTAX: Final = tuple(_DARK_SYNTAX)
"""The roles of code."""

READABLE: Final = 4.5
"""The least contrast of text, by WCAG 2.2, 1.4.3."""


def _luminance(colour: Color) -> float:
    """The relative luminance of WCAG 2.2."""
    channels = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4
        for part in colour.normalized
    )
    return sum(share * part for share, part in zip((0.2126, 0.7152, 0.0722), channels, strict=True))


def contrast(one: Color, other: Color) -> float:
    """The contrast ratio of two colours, 1 to 21."""
    low, high = sorted((_luminance(one), _luminance(other)))
    return (high + 0.05) / (low + 0.05)


class Colours(NamedTuple):
    """Colours as #rrggbb; each is meant to be read on `background` unless it says otherwise."""

    background: str
    text: str
    muted: str
    """Second rank: headers, captions, quotes."""
    faint: str
    """Rules, borders, marks: seen, not read."""
    accent: str
    """Headings and the names of replies."""
    prompt: str
    """The bar of your own prompts."""
    prompt_background: str
    code_background: str
    link: str
    inline_code: str
    maths: str
    """Formulas."""
    error: str
    warning: str
    success: str
    selection: str
    """The background of selected text."""
    mark: str
    """The background of what was found."""
    mark_text: str
    keyword: str
    name: str
    """Functions and attributes in code."""
    kind: str
    """Classes, types and decorators in code."""
    string: str
    number: str
    operator: str
    comment: str
    deleted: str
    """Lines that a diff takes out."""
    inserted: str
    """Lines that it puts in."""


class Palette(Colours):
    """The colours, and the styles that are made of them."""

    @classmethod
    def from_theme(cls, theme: Theme) -> Palette:
        """The palette of a Textual theme, dark or light."""
        names = ("background", "foreground", "primary", "error", "warning", "success")
        resolved = {name: getattr(theme, name) for name in names}
        if None in resolved.values():  # all of a theme's colours take a millisecond
            resolved = theme.to_color_system().generate()
        background, text, primary, error, warning, success = (
            Color(*Color.parse(resolved[name]).rgb) for name in names
        )

        code_background = background.blend(text, 0.055)

        prompt_background = background.blend(primary, 0.12 if theme.dark else 0.09)

        def readable(colour: Color, *on: Color) -> str:
            for tenth in range(10):
                mixed = colour.blend(text, tenth / 10)
                if all(contrast(mixed, each) >= READABLE for each in on or (background,)):
                    return mixed.hex6
            return text.hex6

        syntax = _DARK_SYNTAX if theme.dark else _LIGHT_SYNTAX
        return cls(
            background=background.hex6,
            text=background.blend(text, 0.92).hex6
            if theme.dark
            else text.hex6,  # 16 colours: black
            muted=readable(background.blend(text, 0.55), code_background, prompt_background),
            faint=background.blend(text, 0.3).hex6,
            accent=readable(primary),
            prompt=primary.hex6,
            prompt_background=prompt_background.hex6,
            code_background=code_background.hex6,
            link=readable(primary.blend(text, 0.2)),
            inline_code=readable(warning, code_background),
            maths=readable(Color.parse(syntax["operator"]).blend(text, 0.35)),
            error=readable(error),
            warning=readable(warning),
            success=readable(success),
            selection=background.blend(primary, 0.34).hex6,
            mark=warning.hex6,
            mark_text="#000000" if warning.brightness > 0.45 else "#ffffff",
            **{key: readable(Color.parse(value), code_background) for key, value in syntax.items()},
        )

    @cached_property
    def base(self) -> Style:
        """Text on the background."""
        return Style(color=self.text, bgcolor=self.background)

    @cached_property
    def prompt_base(self) -> Style:
        """The text of your own prompts."""
        return Style(color=self.text, bgcolor=self.prompt_background)

    @cached_property
    def code_base(self) -> Style:
        """Code that is not highlighted, and what surrounds it."""
        return Style(color=self.text, bgcolor=self.code_background)

    @cached_property
    def quiet(self) -> Style:
        """Second rank on the background."""
        return Style(color=self.muted, bgcolor=self.background)

    @cached_property
    def selected(self) -> Style:
        """Lies over selected text."""
        return Style(bgcolor=self.selection)

    @cached_property
    def marked(self) -> Style:
        """Lies over what was found."""
        return Style(color=self.mark, underline=True)

    @cached_property
    def found(self) -> Style:
        """Lies over the match that was jumped to, and is the look of hints."""
        return Style(color=self.mark_text, bgcolor=self.mark, bold=True)

    @cached_property
    def badge(self) -> Style:
        """Says that there is something new below."""
        return Style(color=self.background, bgcolor=self.accent, bold=True)

    @cached_property
    def rule(self) -> Style:
        """Lines and borders on the background."""
        return Style(color=self.faint, bgcolor=self.background)
