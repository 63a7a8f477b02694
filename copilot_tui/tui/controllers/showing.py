"""Which conversation is shown: going from one to another, with its draft and place."""

from __future__ import annotations

from typing import TYPE_CHECKING

from copilot_tui.errors import StoreError
from copilot_tui.tui.controllers.versions import versions_shown
from copilot_tui.tui.transcript import Place

if TYPE_CHECKING:
    from copilot_tui.conversation import Conversation
    from copilot_tui.tui.controllers.keeping import Keeping
    from copilot_tui.tui.controllers.queueing import Queueing
    from copilot_tui.tui.controllers.saying import Saying
    from copilot_tui.tui.controllers.watching import Watching
    from copilot_tui.tui.screens.host import Host


class Showing:
    """Puts conversations before the user."""

    def __init__(
        self, app: Host, keeping: Keeping, saying: Saying, queueing: Queueing, watching: Watching
    ) -> None:
        self._app = app
        self._keeping = keeping
        self._saying = saying
        self._queueing = queueing
        self._watching = watching
        self._desk = app.desk

    def show(self, conversation_id: str, *, stay: bool = False) -> None:
        """Show a conversation, from wherever it is; `stay`: the focus stays where it is."""
        if conversation_id == self._app.shown.id:
            self._go_to_prompt()
            return
        self._app.hold_keys()
        self._app.run_worker(
            self.read(conversation_id, stay=stay),
            group="show",
            exclusive=True,
            exit_on_error=False,
        )

    @property
    def is_reading(self) -> bool:
        """Whether one is on its way from the store."""
        return any(each.group == "show" and not each.is_finished for each in self._app.workers)

    async def read(self, conversation_id: str, *, stay: bool = False) -> None:
        """The same, and come back when it is shown."""
        try:
            conversation = await self._desk.load(conversation_id)
            state = await self._desk.view_state(conversation_id)
        except StoreError as error:
            self._app.say(error.in_one_line, warn=True)
            return
        place = None
        if state is not None and state.message_id:
            place = Place(state.message_id, state.line, state.block)
        self.take_up(conversation, place, stay=stay)

    def show_instead(self, following: str | None) -> None:
        """Let go of the shown conversation, which was put away, and show this one; whoever walks
        through the sidebar goes on there.
        """
        stay = following is not None and self._app.main.sidebar.has_focus
        self.take_up(self._desk.new(), None, stay=stay)
        if following is not None:
            self.show(following, stay=stay)

    def show_new(self) -> None:
        """Show a new, empty conversation."""
        if self._desk.is_blank(self._app.shown) and not self._app.main.composer.text:
            self._go_to_prompt()
            return
        self.take_up(self._desk.new(), None)

    def show_new_private(self) -> None:
        """Show a new conversation that is never on disk."""
        try:
            private = self._desk.new_private()
        except StoreError as error:
            self._app.say(error.in_one_line, warn=True)
            return
        self.take_up(private, None)
        self._app.say("Private: nothing of this conversation is saved; it ends with the program")

    def _go_to_prompt(self) -> None:
        self._app.main.close_narrow_sidebar()
        self._app.main.composer.focus()

    def take_up(
        self, conversation: Conversation, place: Place | None, *, stay: bool = False
    ) -> None:
        """Show this conversation instead of the one before, whose draft and place are kept;
        `stay`: the focus stays where it is.
        """
        app, desk = self._app, self._desk
        self._keeping.keep_both()
        before, app.shown = app.shown, conversation
        desk.shown_id = conversation.id
        desk.drop_if_blank(before)
        desk.shelf.unread.discard(conversation.id)
        desk.shelf.failed.discard(conversation.id)
        self._saying.forget_local()
        self.show_messages(place)
        draft = desk.drafts.get(conversation.id)
        app.main.composer.fill(draft.text if draft else "", draft.caret if draft else None)
        app.show_attached()
        self._queueing.show()
        self._keeping.scrolled()  # other windows are told that it was looked at
        if not stay:
            self._go_to_prompt()
        app.refresh_sidebar()

    def show_messages(self, place: Place | None) -> None:
        """Put the shown branch into the transcript; without a place: its end."""
        app, conversation = self._app, self._app.shown
        live = {turn.reply.id for turn in self._desk.turns.of(conversation.id)}
        app.main.transcript.show(
            conversation.path(),
            live=live or self._watching.live,
            place=place,
            versions=versions_shown(conversation),
        )
        app.main.sidebar.show_current(conversation.id)
        app.refresh_status()
