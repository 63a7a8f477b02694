"""What stands below a reply that is not whole."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.style import Style

from copilot_tui.conversation import Status
from copilot_tui.errors import SIGN_IN_COMMAND
from copilot_tui.terminal_text import harmless, one_line

if TYPE_CHECKING:
    from copilot_tui.conversation import Message
    from copilot_tui.tui.transcript.lines import Line
    from copilot_tui.tui.transcript.look import Look


def _keys(look: Look, message: Message) -> list[Line]:
    """What to press now: it does something to the last reply alone."""
    if message.id != look.last_id:
        return []
    helps = (
        look.failed_help if message.error else "",
        look.sign_in_help if SIGN_IN_COMMAND in (message.hint or "") else "",
        look.continue_help if message.content else "",
    )
    shown = " · ".join(filter(None, helps))
    return look.plain(shown, look.palette.quiet) if shown else []


def foot(message: Message, look: Look) -> list[Line]:
    """Its lines; a whole reply has none."""
    palette = look.palette
    lines: list[Line] = []
    if message.status is Status.ERROR:
        red = palette.base + Style(color=palette.error)
        lines += look.plain(one_line(message.error or "The reply failed."), red)
        if message.hint:
            lines += look.plain(harmless(message.hint), palette.base)
        lines += _keys(look, message)
        for line in lines:
            line.gutter = look.error_bar
    elif message.status is Status.PARTIAL:
        said = one_line(message.error) if message.error else "Stopped here."
        lines += look.plain(f"— {said}", palette.quiet + Style(italic=True))
        if message.hint:
            lines += look.plain(harmless(message.hint), palette.quiet)
        lines += _keys(look, message)
    elif message.finish_reason == "length":
        lines += look.plain(
            "— Cut at the model's limit of length.", palette.quiet + Style(italic=True)
        )
        lines += _keys(look, message)
    return [look.blocks.blank(), *lines] if lines and message.content else lines
