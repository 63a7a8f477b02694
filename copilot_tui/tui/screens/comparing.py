"""The replies of several models to one prompt, side by side; one of them is gone on with."""

from __future__ import annotations

from time import monotonic
from typing import TYPE_CHECKING, ClassVar, Final, cast

from textual import events
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.widgets import Label

from copilot_tui.conversation import Status
from copilot_tui.terminal_text import one_line
from copilot_tui.tui.palette import Palette
from copilot_tui.tui.screens.dialog import Dialog
from copilot_tui.tui.transcript import Transcript
from copilot_tui.tui.widgets.status import SECOND_S, duration

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textual.app import ComposeResult

    from copilot_tui.conversation import Message
    from copilot_tui.replies import Turn
    from copilot_tui.tui.screens.host import Host

SIDE_BY_SIDE: Final = 90
"""Columns from which all are seen at once."""


class CompareScreen(Dialog[str]):
    """Gives the id of the reply to go on with."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("tab,right", "step(1)", show=False, priority=True),
        Binding("shift+tab,left", "step(-1)", show=False, priority=True),
        Binding("enter", "pick", show=False, priority=True),
        *(Binding(str(n), f"pick({n})", show=False, priority=True) for n in range(1, 5)),
        Binding("escape,ctrl+c", "escape", show=False),
    ]

    DEFAULT_CSS = """
    CompareScreen {
        background: $background;
        #compare-prompt {
            height: 1; width: 100%; padding: 0 1; text-wrap: nowrap; text-overflow: ellipsis;
        }
        #compared { height: 1fr; }
        .column { width: 1fr; border-left: outer $border; }
        .column.-chosen { border-left: outer $primary; }
        .column Label { width: 100%; height: 1; padding: 0 1; background: $surface; }
        .column.-chosen Label { text-style: bold; }
        .column Transcript { scrollbar-background: $background; scrollbar-color: $border; }
        &.-narrow .column { display: none; }
        &.-narrow .column.-chosen { display: block; }
        #compare-help { height: 1; width: 100%; padding: 0 1; background: $panel; }
    }
    """

    def __init__(self, replies: Sequence[Message], prompt: str) -> None:
        super().__init__()
        self._replies = list(replies)
        self._prompt = prompt
        self._chosen = 0

    @property
    def _owner(self) -> Host:
        return cast("Host", self.app)

    def compose(self) -> ComposeResult:
        """What was asked, and a column for each reply."""
        ui = self._owner.desk.config.ui
        if prompt := one_line(self._prompt).strip():
            yield Label(prompt, id="compare-prompt", markup=False)
        with Horizontal(id="compared"):
            for number in range(len(self._replies)):
                with Vertical(classes="column"):
                    yield Label(markup=False)
                    yield Transcript(
                        Palette.from_theme(self.app.current_theme),
                        reading_width=ui.reading_width,
                        still=ui.reduced_motion,
                        id=f"reply-{number + 1}",
                    )
        yield Label(id="compare-help", classes="hint", markup=False)

    def on_mount(self) -> None:
        """Show what has come so far."""
        for reply, pane in zip(self._replies, self._panes, strict=True):
            pane.show([reply], live={reply.id} if self._is_live(reply) else ())
        self._choose(0)
        self.set_interval(SECOND_S, self._count)

    def _count(self) -> None:
        if any(map(self._is_live, self._replies)):
            self._say()

    def on_resize(self, event: events.Resize) -> None:
        """All at once, or one at a time."""
        self.set_class(event.size.width < SIDE_BY_SIDE, "-narrow")
        self._say()

    @property
    def _panes(self) -> list[Transcript]:
        return list(self.query(Transcript))

    def _is_live(self, reply: Message) -> bool:
        return self._turn_of(reply) is not None

    def _turn_of(self, reply: Message) -> Turn | None:
        turns = self._owner.desk.turns.of(self._owner.shown.id)
        return next((turn for turn in turns if turn.reply is reply), None)

    def grow(self, reply_id: str) -> None:
        """A reply has more text than before."""
        for pane in self._panes:
            pane.grow(reply_id)

    def finish(self, reply_id: str) -> None:
        """A reply has ended."""
        for pane in self._panes:
            pane.finish(reply_id)
        self._say()

    def _choose(self, index: int) -> None:
        self._chosen = index
        for number, column in enumerate(self.query(".column")):
            column.set_class(number == index, "-chosen")
        self._panes[index].focus()
        self._say()

    def _say(self) -> None:
        count = len(self._replies)
        # There are no labels yet, or none any more, if a reply ends just as this opens or closes.
        labels = self.query(".column Label").results(Label)
        for number, (reply, label) in enumerate(zip(self._replies, labels, strict=False), 1):
            name = reply.model or reply.backend or "reply"
            parts = [f"{number}/{count}", name, self._state(reply), *self._others(reply)]
            label.update(one_line(" · ".join(parts)))
        live = any(map(self._is_live, self._replies))
        end = "Escape stops all" if live else "Escape closes"
        help = f"1–{count} or Enter goes on with it · Tab the next · {end}"
        for label in self.query("#compare-help").results(Label):
            label.update(help)

    def _others(self, reply: Message) -> list[str]:
        """Where one is seen at a time, what the others do."""
        if not self.has_class("-narrow"):
            return []
        numbered = enumerate(self._replies, 1)
        return [f"{number} {self._state(each)}" for number, each in numbered if each is not reply]

    def _state(self, reply: Message) -> str:
        if (turn := self._turn_of(reply)) is not None:
            waits = self._owner.desk.places.has_to_wait(reply.id)
            taken = duration(monotonic() - turn.began_at)
            return f"{'waiting' if waits else 'answering'} {taken}".rstrip()
        if reply.error is not None:
            return "failed" if reply.status is Status.ERROR else "cut off"
        if reply.status is not Status.COMPLETE:
            return "stopped"
        return f"✓ {reply.elapsed_s:.0f} s" if reply.elapsed_s is not None else "✓"

    def action_step(self, step: int) -> None:
        """Tab and Shift+Tab."""
        self._choose((self._chosen + step) % len(self._replies))

    def action_pick(self, number: int = 0) -> None:
        """A digit, or Enter."""
        index = number - 1 if number else self._chosen
        if index < len(self._replies):
            self.dismiss(self._replies[index].id)

    def action_escape(self) -> None:
        """Stop them while they stream; then go on with the first."""
        if not self._owner.stop_replies(self._owner.shown.id):
            self.dismiss(self._replies[0].id)
