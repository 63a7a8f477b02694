"""The app. Importing this package costs nothing; `run` imports Textual."""

from __future__ import annotations

TYPE_CHECKING = False  # typing's own; importing that takes longer than the start has
if TYPE_CHECKING:
    from copilot_tui.config import Config
    from copilot_tui.tui.terminal import Terminal
    from copilot_tui.tui.terminal.curtain import Curtain

PAINTS_PER_SECOND = 240
"""How soon Textual paints what has changed: between one and two such times after what it painted
before. At its own 60 a key that follows a frame of a streaming reply waits for up to 33 ms."""


def run(
    config: Config,
    *,
    curtain: Curtain,
    prompt: str | None = None,
    continue_last: bool = False,
    private: bool = False,
) -> int:
    """Run the app in this terminal until it is quit; its exit status.

    Raises what the app itself failed with, when all is saved and the terminal is given back.
    """
    import gc
    import os

    # The start makes half a million objects that stay: collecting among them is wasted time.
    gc.disable()
    os.environ.setdefault("TEXTUAL_FPS", str(PAINTS_PER_SECOND))  # read when Textual is imported
    from copilot_tui.tui.late import NOT_SHOWN_AT_FIRST, imported_late

    with imported_late(*NOT_SHOWN_AT_FIRST):
        from copilot_tui.tui.app import CopilotApp
    from copilot_tui.tui.desk import Desk
    from copilot_tui.tui.terminal.driver import driver_class

    app = CopilotApp(
        Desk(config, private=private),
        prompt=prompt,
        continue_last=continue_last,
        dark=_is_dark(config.ui.theme, curtain.terminal),
        driver=driver_class(curtain),
    )
    curtain.signals.leave_with(app.leave)
    status = app.run(mouse=config.ui.mouse)
    curtain.lift()
    # All is closed and saved; to look through what lives once more would take Python 40 ms.
    gc.freeze()
    if app.fault is not None:
        raise app.fault
    if not status and (failure := app.desk.filing.failure) is not None:
        raise failure
    return status if status is not None else 1


def _is_dark(theme: str, terminal: Terminal) -> bool:
    from copilot_tui.tui.terminal import background_is_dark

    return background_is_dark(terminal) if theme == "auto" else theme == "dark"
