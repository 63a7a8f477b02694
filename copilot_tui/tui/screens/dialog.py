"""What every screen over the main one has in common."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, TypeVar, cast

from textual.screen import ModalScreen
from textual.worker import Worker

from copilot_tui.tui.transcript.strips import strip_of

if TYPE_CHECKING:
    from textual.geometry import Region
    from textual.strip import Strip

    from copilot_tui.tui.screens.host import Host

Result = TypeVar("Result")


class Dialog(ModalScreen[Result]):
    """A screen that takes the keys typed since the command that opened it."""

    CSS_PATH = Path(__file__).with_name("dialogs.tcss")
    VERTICAL_BREAKPOINTS = [(0, "-short"), (18, "-tall")]  # noqa: RUF012  so Textual declares it
    """Rows from which a dialog has a frame and air around its text."""

    def on_screen_resume(self) -> None:
        """It is there, and has the focus."""
        app = cast("Host", self.app)
        # Twice: the first call is the screen's, and what it posted would end there.
        self.call_after_refresh(app.call_later, app.release_keys)

    def render_lines(self, crop: Region) -> list[Strip]:
        """What stands behind; the edge of the box cuts it where the eye sees characters end."""
        return [strip_of(strip, strip.cell_length) for strip in super().render_lines(crop)]

    def asks_before_end(self) -> bool:
        """Ctrl+Q: whether it says first that what was typed here would be dropped."""
        return False

    def on_worker_state_changed(self, event: Worker.StateChanged) -> None:
        """A defect in one of its workers is said as one of the app's."""
        cast("Host", self.app).tell_defect(event)
