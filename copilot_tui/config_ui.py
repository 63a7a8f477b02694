"""[ui] of the configuration: how the app looks and behaves."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

from copilot_tui.config_file import ConfigFile, nearest

if TYPE_CHECKING:
    from collections.abc import Mapping

THEMES: Final = ("auto", "dark", "light")

SIDEBAR_WIDTHS: Final = range(16, 81)
READING_WIDTHS: Final = range(20, 1001)


class Ui(NamedTuple):
    """`[ui]`; its fields are the keys of the table."""

    theme: str = "auto"
    """"dark", "light" or "auto": what suits the terminal's background."""
    mouse: bool = True
    """False: the mouse is the terminal's, which selects text by itself."""
    sidebar_width: int | None = None
    """Columns; None: a part of the window."""
    reading_width: int = 100
    """Columns of text at most; in a wider window the text stands in the middle."""
    reduced_motion: bool = False
    """True: nothing turns while a reply is awaited. So it is also with ACCESSIBLE=1."""
    notifications: bool = True
    """Bell and desktop notification when a reply ends while the terminal has not the focus."""
    auto_copy: bool = False
    """True: what the mouse selects is copied when its button is let go."""
    model_titles: bool = False
    """True: after the first reply the model is asked for a title, which is one more request."""


def read_ui(file: ConfigFile, environ: Mapping[str, str]) -> Ui:
    """What the file and the environment say. Raises ConfigError."""
    values: dict[str, Any] = dict(file.ui)
    theme = values.get("theme", "auto")
    if theme not in THEMES:
        message = f"there is no theme {theme}{nearest(theme, THEMES)}"
        raise file.complaint(message, table="ui", key="theme")
    for key, allowed in (("sidebar_width", SIDEBAR_WIDTHS), ("reading_width", READING_WIDTHS)):
        if key in values and values[key] not in allowed:
            message = f"{key} in [ui] must be from {allowed[0]} to {allowed[-1]} columns"
            raise file.complaint(message, table="ui", key=key)
    values.setdefault("reduced_motion", is_accessible(environ))
    return Ui(**values)


def is_accessible(environ: Mapping[str, str]) -> bool:
    """Whether the environment asks for words instead of signs, and for nothing that moves."""
    return environ.get("ACCESSIBLE", "").lower() not in ("", "0", "false", "no")
