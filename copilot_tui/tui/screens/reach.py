"""Nothing answers: what can be done about it, in a card over the prompt that waits."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, ClassVar, Literal, NamedTuple

from rich.text import Text
from textual import events
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.widgets import Input, Label, OptionList, Static
from textual.widgets.option_list import Option

from copilot_tui.terminal_text import one_line
from copilot_tui.tui.screens.dialog import Dialog
from copilot_tui.tui.widgets.inputs import HarmlessInput

if TYPE_CHECKING:
    from textual.app import ComposeResult

Way = Literal["sign-in", "start", "server", "demo"]


class Offer(NamedTuple):
    """One way out."""

    way: Way
    title: str
    note: str


class Typed(NamedTuple):
    """The user goes on writing instead; this is meant for the prompt."""

    text: str


class CardScreen(Dialog[Way | Typed | None]):
    """Gives the way that is chosen by its number, or by Enter."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,ctrl+c", "cancel", show=False),
    ]

    def __init__(self, what: str, offers: Sequence[Offer]) -> None:
        super().__init__()
        self._what = what
        self._offers = offers

    def compose(self) -> ComposeResult:
        """What is wrong, and the ways out."""
        with Vertical(id="reach", classes="dialog"):
            what = one_line(self._what)
            yield Label(what[:1].upper() + what[1:], classes="title", markup=False)
            yield OptionList(*map(Option, self._drawn()), id="reach-list", compact=True)
            hint = "Then your prompt is sent · Escape goes back"
            yield Label(hint, classes="hint", markup=False)

    def _drawn(self) -> list[Text]:
        return [
            Text.assemble(f"{number}  ", (offer.title, "bold"), "  ", (one_line(offer.note), "dim"))
            for number, offer in enumerate(self._offers, 1)
        ]

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        """Enter, or a click."""
        self.dismiss(self._offers[event.option_index].way)

    def on_key(self, event: events.Key) -> None:
        """A number chooses; whatever else is typed is meant for the prompt."""
        if not event.is_printable or event.character is None:
            return
        event.stop()
        number = int(event.character) if event.character in "123456789" else 0
        if 0 < number <= len(self._offers):
            self.dismiss(self._offers[number - 1].way)
        else:
            self.dismiss(Typed(event.character))

    def on_paste(self, event: events.Paste) -> None:
        """So is what is pasted."""
        event.stop()
        self.dismiss(Typed(event.text.replace("\r\n", "\n").replace("\r", "\n")))

    def action_cancel(self) -> None:
        """Escape."""
        self.dismiss(None)


class CommandScreen(Dialog[bool]):
    """Commands for a shell; gives whether they were run, as far as the user says."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,ctrl+c,q", "answer(False)", show=False),
        Binding("enter", "answer(True)", show=False),
        Binding("c,ctrl+y", "copy", show=False),
    ]

    def __init__(
        self,
        title: str,
        commands: Sequence[str],
        note: str,
        copy: Callable[[str], object],
        *,
        sends: bool,
    ) -> None:
        """`sends`: the prompt is sent when they were run; else that takes another start."""
        super().__init__()
        self._title = title
        self._commands = commands
        self._note = note
        self._copy = copy
        self._sends = sends

    def compose(self) -> ComposeResult:
        """The commands, and what to do then."""
        with Vertical(id="reach", classes="dialog"):
            yield Label(self._title, classes="title", markup=False)
            yield Static("\n".join(self._commands), id="reach-commands", markup=False)
            if self._note:
                yield Label(self._note, classes="hint", markup=False)
            sends = "Enter, when it is done, sends your prompt · " if self._sends else ""
            keys = f"C copies · {sends}Escape goes back"
            yield Label(keys, classes="hint", markup=False)

    def action_copy(self) -> None:
        """`c`."""
        self._copy("\n".join(self._commands))

    def action_answer(self, is_done: bool) -> None:
        """Enter, or Escape."""
        self.dismiss(is_done)


class AddressScreen(Dialog[str | None]):
    """Gives the address of a server, or None."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,ctrl+c", "cancel", show=False),
    ]

    def __init__(self, fault: Callable[[str], str]) -> None:
        """`fault`: what is wrong with an address, as the end of a sentence."""
        super().__init__()
        self._fault = fault

    def compose(self) -> ComposeResult:
        """Room for the address."""
        with Vertical(id="reach", classes="dialog"):
            yield Label("The address of your server", classes="title", markup=False)
            yield HarmlessInput(placeholder="http://localhost:11434/v1", compact=True)
            yield Label("", id="reach-fault", markup=False)
            hint = "Any OpenAI-compatible server. Enter keeps it in the configuration, and sends "
            yield Label(hint + "your prompt · Escape goes back", classes="hint", markup=False)

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Enter."""
        address = event.value.strip()
        if wrong := self._fault(address):
            fault = self.query_one("#reach-fault", Label)
            fault.update(one_line(f"It {wrong}."))
            fault.display = True
        else:
            self.dismiss(address)

    def action_cancel(self) -> None:
        """Escape."""
        self.dismiss(None)
