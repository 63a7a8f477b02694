"""Several models answer one prompt, side by side; each reply is a version of the others."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from copilot_tui.replies import Turn
    from copilot_tui.tui.desk.catalog import Choice
    from copilot_tui.tui.screens.comparing import CompareScreen
    from copilot_tui.tui.screens.host import Host


class Comparing:
    """Who is asked together, by conversation, and the screen on which they answer."""

    def __init__(self, app: Host) -> None:
        self._app = app
        self._choices: dict[str, tuple[Choice, ...]] = {}
        self._screen: CompareScreen | None = None

    def asked(self, conversation_id: str) -> tuple[Choice, ...]:
        """Who answers the next prompt together; empty: one alone does."""
        return self._choices.get(conversation_id, ())

    def ask(self, conversation_id: str, choices: tuple[Choice, ...]) -> None:
        """Let these answer every prompt from now on; none: one alone."""
        self._choices.pop(conversation_id, None)
        if choices:
            self._choices[conversation_id] = choices
        self._app.refresh_status()

    def words(self) -> str:
        """What the status line says of it."""
        count = len(self.asked(self._app.shown.id))
        return f"{count} models answer the next prompt" if count else ""

    def names(self) -> tuple[str, ...]:
        """Who answers the next prompt together; what they have in common is said once."""
        backends = self._app.desk.config.backends
        chosen = [
            (each.backend, each.provider, each.model or backends[each.backend].model or "default")
            for each in self.asked(self._app.shown.id)
        ]
        shared = {each[:2] for each in chosen}
        if len(shared) == 1:
            return (*shared.pop(), " + ".join(model for *_, model in chosen))
        each_whole = (" · ".join(filter(None, each)) for each in chosen)
        return (" + ".join(each_whole),) if chosen else ()

    def begin(self, turn: Turn) -> list[Turn]:
        """Ask the others for the reply, too, if it was the first of several."""
        others = self.asked(turn.conversation.id)[1:]
        return self._app.desk.turns.begin_beside(turn, others) if others else []

    @property
    def is_open(self) -> bool:
        """Whether they stand side by side now."""
        return self._screen is not None

    def show(self, turns: list[Turn]) -> None:
        """Show these replies side by side, if their conversation is shown and nothing is over it.

        Elsewhere they come as versions, which are walked like any others.
        """
        app = self._app
        if turns[0].conversation is app.shown and len(app.screen_stack) == 1:
            work = self._show(turns)
            app.run_worker(work, group="compare", exclusive=True, exit_on_error=False)

    async def _show(self, turns: list[Turn]) -> None:
        from copilot_tui.tui.screens.comparing import CompareScreen

        app, conversation = self._app, turns[0].conversation
        app.hold_keys()
        prompt = turns[0].request.path[-1].content
        self._screen = CompareScreen([turn.reply for turn in turns], prompt)
        try:
            picked = await app.push_screen_wait(self._screen)
        finally:
            self._screen = None
        if picked in conversation.messages and conversation.head != picked:
            conversation.head = picked
            app.save(conversation)
        if conversation is app.shown:
            app.show_messages(None)

    def grow(self, reply_id: str) -> None:
        """A reply has more text than before."""
        if self._screen is not None:
            self._screen.grow(reply_id)

    def finish(self, reply_id: str) -> None:
        """A reply has ended."""
        if self._screen is not None:
            self._screen.finish(reply_id)
