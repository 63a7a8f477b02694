"""Telling who looks elsewhere that a reply has come: the bell, and a desktop notification."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Final

from copilot_tui.conversation import Status
from copilot_tui.terminal_text import one_line

if TYPE_CHECKING:
    from collections.abc import Mapping

    from copilot_tui.conversation import Conversation, Message
    from copilot_tui.tui.screens.host import Host

TITLE_MOST: Final = 60

BELL: Final = "\a"


class Notifying:
    """What happens when a reply ends while the terminal has not the focus."""

    def __init__(self, app: Host) -> None:
        self._app = app
        self.is_looked_at = True
        """False: the terminal said that it lost the focus. Some never say it."""

    def ended(self, conversation: Conversation, reply_id: str) -> None:
        """A reply has ended: tell it, unless it was stopped by hand."""
        reply = conversation.messages.get(reply_id)
        wanted = self._app.desk.config.ui.notifications and not self.is_looked_at
        if not wanted or reply is None or _was_stopped(reply):
            return
        driver = self._app._driver
        if driver is not None:
            what = "failed" if reply.error is not None else "is here"
            # The desktop keeps what it was told; of a private conversation it is told no word.
            is_private = self._app.desk.store.of(conversation.id).is_private
            where = "a private conversation" if is_private else f"“{conversation.title}”"
            driver.write(notification(f"The reply in {where} {what}", os.environ))
            driver.flush()


def _was_stopped(reply: Message) -> bool:
    return reply.status is Status.PARTIAL and reply.error is None


def notification(text: str, environ: Mapping[str, str]) -> str:
    """What to write to the terminal: the bell, and what this one takes for a notification.

    A terminal that knows neither ignores it; one that knows both would tell it twice.
    """
    said = one_line(text).replace(";", ",")  # which would divide it
    if len(said) > TITLE_MOST + 30:
        said = said[: TITLE_MOST + 29] + "…"
    if environ.get("TMUX") or environ.get("STY"):
        return BELL  # tmux and screen pass the bell on, and nothing else
    if "VTE_VERSION" in environ or environ.get("TERM", "").startswith(("foot", "rxvt")):
        return f"{BELL}\x1b]777;notify;copilot-tui;{said}\x1b\\"
    return f"{BELL}\x1b]9;copilot-tui: {said}\x1b\\"
