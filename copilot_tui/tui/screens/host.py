"""What the app is to the screens and controllers that it is made of."""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING, Final

from textual.app import App

if TYPE_CHECKING:
    from textual.worker import Worker

    from copilot_tui.conversation import Attachment, Conversation
    from copilot_tui.tui.desk import Desk
    from copilot_tui.tui.screens.rooms import Rooms
    from copilot_tui.tui.transcript import Place

NOTICE_S: Final = 8.0
"""How long a notice stands."""


class Host(App[int]):
    """Holds what is open and shown; CopilotApp does the rest."""

    desk: Desk
    shown: Conversation
    """The one conversation that stands on the screen."""

    @property
    @abstractmethod
    def main(self) -> Rooms:
        """The main screen, also while something stands over it."""

    # What stands there

    @abstractmethod
    def show(self, conversation_id: str) -> None:
        """Show a conversation, from wherever it is."""

    @abstractmethod
    def take_up(self, conversation: Conversation, place: Place | None) -> None:
        """Show this conversation instead of the one before, whose draft and place are kept."""

    @abstractmethod
    def show_instead(self, following: str | None) -> None:
        """Let go of the shown conversation, which was put away, and show this one."""

    @abstractmethod
    def show_messages(self, place: Place | None) -> None:
        """Put the shown branch into the transcript; without a place: its end."""

    @property
    @abstractmethod
    def is_reading(self) -> bool:
        """Whether a conversation is on its way from the store, to be shown."""

    @abstractmethod
    async def light(self, words: str) -> None:
        """Mark these words in the transcript; the bar to find in it is open with them."""

    @abstractmethod
    def show_attached(self) -> None:
        """Show the files of the prompt, where there are or were any."""

    @abstractmethod
    def refresh_sidebar(self) -> None:
        """Show the list, the shown one and the marks as they are."""

    @abstractmethod
    def refresh_status(self) -> None:
        """Show what answers here and what is going on."""

    @abstractmethod
    def say(
        self, text: str, *, warn: bool = False, seconds: float = NOTICE_S, local: bool = False
    ) -> None:
        """Say something in the status line, for a while.

        `local`: it is about the shown reply, and over when that has ended or is not shown any more.
        """

    @abstractmethod
    def tell_defect(self, event: Worker.StateChanged) -> None:
        """Say what a worker has failed with, the app's own or one of a screen."""

    # Keys and the prompt

    @abstractmethod
    def hold_keys(self) -> None:
        """A screen is about to open: what is typed from now on is meant for it."""

    @abstractmethod
    async def release_keys(self) -> None:
        """What was to be there is there, unless a conversation is read."""

    @property
    @abstractmethod
    def unsent(self) -> tuple[str, int]:
        """What was written in the prompt, and its caret; a prompt that was recalled is not that."""

    @abstractmethod
    def send_with(self, files: tuple[Attachment, ...]) -> None:
        """Send the prompt, or let it wait, with these files."""

    @abstractmethod
    def prompt_was_taken(self) -> None:
        """What was in the prompt is sent, or waits to be."""

    @abstractmethod
    def stop_replies(self, conversation_id: str) -> bool:
        """Stop the replies of a conversation; whether one still streamed."""

    # The store

    @abstractmethod
    def save(self, conversation: Conversation, *, touch: bool = True) -> None:
        """Save a conversation that was changed by hand; see Desk.save."""

    # The end

    @abstractmethod
    async def leave_behind_keys(self, status: int) -> None:
        """Save all and end, once the prompt has taken what was typed before."""
