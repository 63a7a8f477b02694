"""Versions: a prompt or a reply that stands beside another, and the branches below them."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from copilot_tui.conversation import Conversation, Message
    from copilot_tui.tui.controllers.answers import Answers
    from copilot_tui.tui.screens.host import Host


class Versions:
    """What Alt+Left and Alt+Right walk."""

    def __init__(self, app: Host, answers: Answers) -> None:
        self._app = app
        self._answers = answers

    def show(self, step: int, near: Message | None) -> None:
        """Show the version before or after: of the message that is read, if it has any, else of
        the one nearest to the end.
        """
        app, conversation = self._app, self._app.shown
        if self._answers.is_busy(conversation):
            return
        message = versioned(conversation, near)
        if message is None:
            key = app.main.key("regenerate")
            app.say(f"There is one version; {key} makes another")
            return
        versions = [version.id for version in conversation.siblings(message.id)]
        index = versions.index(message.id) + step
        if not 0 <= index < len(versions):
            app.say(f"This is the {'oldest' if step < 0 else 'newest'} of {len(versions)} versions")
            return
        conversation.select(versions[index])
        if message is near:
            self._show_at(message.id, versions[index])
        else:
            app.show_messages(None)
        # The heading that has it, too, may be out of sight.
        app.say(f"Version {index + 1} of {len(versions)}")
        app.save(conversation, touch=False)  # it was looked at, and is no newer for that

    def show_difference(self, near: Message | None) -> None:
        """Show what differs between the shown version and the one before it."""
        app = self._app
        message = versioned(app.shown, near)
        if message is None:
            app.say("There is one version, and nothing to compare it with")
            return
        app.hold_keys()
        from copilot_tui.tui.screens.difference import DifferenceScreen

        versions = app.shown.siblings(message.id)
        shown = [version.id for version in versions].index(message.id)
        app.push_screen(DifferenceScreen(versions, shown))

    def _show_at(self, before: str, now: str) -> None:
        """Show the branch with this version where the one before stood."""
        transcript = self._app.main.transcript
        top, had_cursor = transcript.top, transcript.cursor is not None
        if top is not None and top.message_id == before:
            top = top._replace(message_id=now)
        self._app.show_messages(top)
        if had_cursor:
            transcript.point_at(now)


def versioned(conversation: Conversation, near: Message | None) -> Message | None:
    """The message whose versions are meant: this one, or the nearest to the end that has any."""
    path = conversation.path()
    for message in [near, *reversed(path)] if near is not None else reversed(path):
        if len(conversation.siblings(message.id)) > 1:
            return message
    return None


def versions_shown(conversation: Conversation) -> dict[str, tuple[int, int]]:
    """Which version of how many each message of the shown branch is, where there are several."""
    found: dict[str, tuple[int, int]] = {}
    if conversation.has_one_branch():  # ten times as fast
        return found
    for message in conversation.path():
        siblings = conversation.siblings(message.id)
        if len(siblings) > 1:
            found[message.id] = (siblings.index(message) + 1, len(siblings))
    return found
