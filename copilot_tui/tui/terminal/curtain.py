"""What stands on the screen while the app is still being imported: its layout and an empty prompt.

It is there as soon as Python itself is, and the app paints its first frame over it. What is typed
meanwhile is kept. Imports next to nothing; `typing` alone would be slower than all of this.
"""

from __future__ import annotations

import os

from copilot_tui.tui.layout import NARROW, READING_WIDTH, prompt_margins, sidebar_columns
from copilot_tui.tui.terminal import Terminal, told_dark
from copilot_tui.tui.terminal.signals import Signals

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import TracebackType
    from typing import IO, Any, Final

ENTER: Final = "\x1b[?1049h"
"""Takes the other screen of the terminal; what is on it now comes back at the end."""

_LEAVE: Final = b"\x1b[0m\x1b[?1049l\x1b[?25h"

_ANSWER_S: Final = 0.01
"""A terminal on this machine has answered by then; for another nothing is held up."""

_PLAIN_TERMINALS: Final = frozenset({"dumb", "unknown", ""})
"""Terminals that may not even move the cursor."""

_LEAST_COLUMNS: Final = 4
_LEAST_ROWS: Final = 3

_PROMPT: Final = "Ask anything"


class Look:
    """The colours of a theme, each as the end of an SGR sequence; empty: the terminal's own."""

    def __init__(
        self, background: str, panel: str, surface: str, bar: str, words: str, caret: str
    ) -> None:
        self.background = background
        self.panel = panel
        """Of the sidebar and the line at the bottom."""
        self.surface = surface
        """Of the prompt."""
        self.bar = bar
        """Of the bar beside the prompt."""
        self.words = words
        """Of what an empty prompt says."""
        self.caret = caret
        """Of its first letter, where the caret is."""


_NEUTRAL: Final = Look("", "", "", "", "2", "7")
"""Where the colours are not known yet: the terminal's own."""

# As the app's themes paint them; a test compares the two, cell by cell.
_DARK: Final = Look(
    background="48;2;18;22;28",
    panel="48;2;23;28;36",
    surface="48;2;26;32;41",
    bar="38;2;108;182;255;48;2;26;32;41",
    words="38;2;150;156;164;48;2;26;32;41",
    caret="38;2;18;22;28;48;2;215;221;228",
)
_LIGHT: Final = Look(
    background="48;2;251;252;253",
    panel="48;2;244;246;248",
    surface="48;2;238;241;244",
    bar="38;2;10;92;184;48;2;238;241;244",
    words="38;2;101;105;109;48;2;238;241;244",
    caret="38;2;251;252;253;48;2;31;35;40",
)
_DARK_256: Final = Look(
    background="48;5;16",
    panel="48;5;16",
    surface="48;5;16",
    bar="38;5;75;48;5;16",
    words="38;5;246;48;5;16",
    caret="38;5;16;48;5;188",
)
_LIGHT_256: Final = Look(
    background="48;5;231",
    panel="48;5;231",
    surface="48;5;231",
    bar="38;5;25;48;5;231",
    words="38;5;241;48;5;231",
    caret="38;5;231;48;5;234",
)


class Curtain:
    """Takes the terminal in a `with` block, and gives back what the app has not taken over.

    Where there is no terminal, or one that cannot move its cursor, nothing is drawn.
    """

    def __init__(
        self,
        keyboard: IO[Any] | None = None,
        screen: IO[Any] | None = None,
        *,
        theme: str = "auto",
        sidebar_width: int | None = None,
        reading_width: int | None = None,
    ) -> None:
        self._theme = theme
        self._widths = sidebar_width, reading_width
        self.signals = Signals(self.lift)
        self.terminal = Terminal(keyboard, screen)
        self._is_drawn = False

    def __enter__(self) -> Curtain:
        self.signals.listen()
        try:
            self.terminal.__enter__()
            if self.terminal.attributes is not None:
                self._draw()
        except BaseException:
            self.lift()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.lift()

    def lift(self) -> None:
        """Give the terminal back as it was. To do it again does no harm."""
        if self._is_drawn:
            self.terminal.write_if_possible(_LEAVE)
            self._is_drawn = False  # not before: a signal in between ends the program
        self.terminal.__exit__(None, None, None)

    def hand_over(self) -> bool:
        """The app has the screen from now on; whether it was entered here."""
        was_drawn, self._is_drawn = self._is_drawn, False
        return was_drawn

    def _draw(self) -> None:
        if os.environ.get("TERM", "") in _PLAIN_TERMINALS:
            return
        if self._theme == "auto":
            self.terminal.wait_for_background(_ANSWER_S)
        dark = told_dark(self.terminal) if self._theme == "auto" else self._theme == "dark"
        columns, rows = self.terminal.size
        if columns >= _LEAST_COLUMNS and rows >= _LEAST_ROWS:
            self._is_drawn = True
            picture = drawing(columns, rows, _look(dark), *self._widths)
            self.terminal.write_if_possible(picture.encode())


def _look(dark: bool | None) -> Look:
    """The colours of the app's first frame, as far as they are known by now."""
    colours = os.environ.get("COLORTERM", "")
    if dark is None or os.environ.get("NO_COLOR"):
        return _NEUTRAL
    if colours.strip().lower() in {"truecolor", "24bit"}:
        return _DARK if dark else _LIGHT
    if os.environ.get("TERM", "").rpartition("-")[2] == "256color":
        return _DARK_256 if dark else _LIGHT_256
    return _NEUTRAL


def drawing(
    columns: int,
    rows: int,
    look: Look,
    sidebar_width: int | None = None,
    reading_width: int | None = None,
) -> str:
    """The main screen before there is anything in it: sidebar, prompt and the line below it."""
    sidebar = sidebar_columns(columns, sidebar_width) if columns >= NARROW else 0
    main = columns - sidebar
    left, right = prompt_margins(main, reading_width or READING_WIDTH)
    edge = "\x1b[2m│\x1b[0m" if look is _NEUTRAL and sidebar else ""
    side = _painted(look.panel, " " * (sidebar - bool(edge))) + edge
    words = _PROMPT[: max(0, main - 3)]
    prompt = "".join(
        (
            _painted(look.background, " " * left),
            _painted(look.bar, "▌"),
            _painted(look.surface, " "),
            _painted(look.caret, words[:1]),
            _painted(look.words, words[1:]),
            _painted(look.surface, " " * (main - left - right - 2 - len(words))),
            _painted(look.background, " " * right),
        )
    )
    lines = [_painted(look.background, " " * main)] * (rows - 2)
    lines += [prompt, _painted(look.panel, " " * main)]
    drawn = [f"\x1b[{row};1H{side}{line}" for row, line in enumerate(lines, 1)]
    return f"{ENTER}\x1b[?25l\x1b[H{''.join(drawn)}"


def _painted(colours: str, text: str) -> str:
    return f"\x1b[{colours}m{text}\x1b[0m" if colours and text else text
