"""Ctrl+O: who answers from now on, backend and model."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, NamedTuple

from rich.text import Text
from textual import events, work
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.widgets import Input, Label, OptionList
from textual.widgets.option_list import Option

from copilot_tui.errors import SIGN_IN_COMMAND, CopilotTuiError
from copilot_tui.terminal_text import one_line
from copilot_tui.tui.actions import pretty_key
from copilot_tui.tui.desk.catalog import Catalog, Choice, SignInWanted, failure_of, sign_ins
from copilot_tui.tui.screens.dialog import Dialog
from copilot_tui.tui.widgets.inputs import HarmlessInput

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from textual.app import ComposeResult

    from copilot_tui.backends import Model
    from copilot_tui.config import BackendConfig

SHOWN_MOST = 200
"""Entries at a time; typing narrows the rest."""


class _Entry(NamedTuple):
    name: str
    notes: tuple[str, ...]
    choice: Choice
    opens: bool = False
    """It leads to the models of another backend, or of one of its providers."""
    disabled: str = ""
    """Why it cannot be chosen."""


MARKED_MOST = 4
"""Who can be asked together."""


class Several(NamedTuple):
    """The user wants these to answer together."""

    choices: tuple[Choice, ...]


class _Narrowing(HarmlessInput):
    """Takes what is typed, but for Space, which marks."""

    def check_consume_key(self, key: str, character: str | None) -> bool:
        """Whether the key is text here."""
        return key != "space" and super().check_consume_key(key, character)


class PickerScreen(Dialog[Choice | Several | SignInWanted | None]):
    """Lists what was chosen lately, the backend's models, and the other backends.

    Typing narrows the list; a name that is not in it can be chosen all the same.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,ctrl+c,ctrl+o", "cancel", show=False),
        Binding("space", "mark", show=False, priority=True),
        Binding("up", "move('up')", show=False, priority=True),
        Binding("down", "move('down')", show=False, priority=True),
        Binding("pageup", "move('page_up')", show=False, priority=True),
        Binding("pagedown", "move('page_down')", show=False, priority=True),
    ]

    def __init__(
        self,
        catalog: Catalog,
        backends: Mapping[str, BackendConfig],
        present: Choice,
        *,
        backend: str = "",
        marked: tuple[Choice, ...] = (),
        sign_in_key: str = "alt+i",
    ) -> None:
        """`backend`: whose models are shown first, if not those of the present choice."""
        super().__init__()
        self._bindings.bind(sign_in_key, "sign_in", show=False, priority=True)
        self._sign_in_key = pretty_key(sign_in_key.partition(",")[0])
        self._catalog = catalog
        self._backends = backends
        self._present = present
        is_own = present.provider == backends[present.backend].provider
        self._backend = present.backend
        self._provider = "" if is_own else present.provider
        if backend and backend != present.backend:
            self._backend, self._provider = backend, ""
        """Empty: the backend's own."""
        self._several = list(marked)
        self._signed_in: dict[str, str] = {}
        self._entries: list[_Entry] = []

    def compose(self) -> ComposeResult:
        """What is typed, and what fits it."""
        with Vertical(id="picker", classes="dialog"):
            yield Label(self._title(), id="picker-title", markup=False)
            yield Label("", classes="hint", id="picker-account", markup=False)
            yield _Narrowing(placeholder="Type to narrow, or another model's name", compact=True)
            yield OptionList(id="picker-list", compact=True)
            yield Label("", classes="hint", id="picker-status", markup=False)

    def on_mount(self) -> None:
        """Show what is known, and ask for what is new."""
        self._look_at(self._backend, self._provider)

    def _title(self) -> str:
        return " · ".join(filter(None, ("Who answers from now on", self._backend, self._provider)))

    @work(exclusive=True, group="models", exit_on_error=False)
    async def _look_at(self, backend: str, provider: str = "") -> None:
        self._backend, self._provider = backend, provider
        self.query_one("#picker-title", Label).update(one_line(self._title()))
        self.query_one(Input).value = ""
        await self._catalog.open()
        self._signed_in = await sign_ins(self._backends)
        self._tell_account(self._signed_in[backend])
        self._say(f"Asking {provider or backend} what it offers …", at_top=True)
        try:
            await self._catalog.ask(backend, provider)
        except CopilotTuiError as error:
            self._say(f"{failure_of(error)}{self._offer(error)}")
            return
        self._say(self._help())
        try:
            account = await self._catalog.account(backend)
        except CopilotTuiError as error:
            self._tell_account(str(error))
        else:
            self._tell_account(account.words(), *(each.words() for each in account.quota))

    def _help(self) -> str:
        if self._several:
            count = len(self._several)
            what = f"{count} answer together" if count > 1 else "mark another to ask both"
            return f"Space marks: {what} · Enter chooses · Escape goes back"
        signs_in = "" if self._is_demo else f"{self._sign_in_key} signs in · "
        return f"Enter chooses · Space marks several · {signs_in}Escape goes back"

    @property
    def _is_demo(self) -> bool:
        return self._backends[self._backend].kind == "demo"

    def _offer(self, error: CopilotTuiError) -> str:
        return f" {self._sign_in_key} signs in." if SIGN_IN_COMMAND in error.hint else ""

    def _tell_account(self, *words: str) -> None:
        """Who is signed in here, what is left, and what to know before it is chosen."""
        from copilot_tui.backends import EXPERIMENTAL

        why = EXPERIMENTAL.get(self._backends[self._backend].kind, "")
        said = one_line(" · ".join(filter(None, (*words, why))))
        label = self.query_one("#picker-account", Label)
        label.update(said)
        label.display = bool(said)

    def _say(self, text: str, *, at_top: bool = False) -> None:
        self.query_one("#picker-status", Label).update(one_line(text))
        self._fill(at_top=at_top)

    def _fill(self, *, at_top: bool) -> None:
        """Show what fits. The cursor stays where the user has put it, if not sent `at_top`: there,
        or, as long as nothing is typed, at who answers now.
        """
        options = self.query_one(OptionList)
        place = options.highlighted or 0
        chosen = self._entries[place] if place else None
        typed = self.query_one(Input).value.strip()
        self._entries = self._fitting(typed)
        options.clear_options()
        options.add_options([Option(self._drawn(entry)) for entry in self._entries])
        options.highlighted = self._first(typed) if self._entries else None
        same = (n for n, each in enumerate(self._entries) if chosen and _is_same(each, chosen))
        if not at_top and (at := next(same, 0)):
            options.highlighted = at

    def _first(self, typed: str) -> int:
        now = (n for n, each in enumerate(self._entries) if self._answers_now(each))
        return 0 if typed else next(now, 0)

    def _answers_now(self, entry: _Entry) -> bool:
        return not entry.opens and self._in_full(entry.choice) == self._in_full(self._present)

    def _fitting(self, typed: str) -> list[_Entry]:
        words = typed.casefold().split()
        entries = [
            entry
            for entry in self._all()
            if all(word in f"{entry.name} {' '.join(entry.notes)}".casefold() for word in words)
        ]
        if words:  # who types a whole name, and Enter, means that one
            entries.sort(key=lambda entry: not _is_called(entry, typed.casefold()))
        entries = entries[:SHOWN_MOST]
        is_there = any(entry.choice.model == typed for entry in entries)
        if typed and not is_there:
            choice = Choice(self._backend, typed, self._provider)
            of = self._provider or self._backend
            entries.append(_Entry(typed, (f"as a model of {of}",), choice))
        return entries

    def _all(self) -> list[_Entry]:
        here, provider = self._backend, self._provider
        recent = [
            choice._replace(model=self._in_full(choice).model)
            for choice in self._catalog.recent()
            if choice.backend in self._backends
        ]
        entries = _once(
            [
                *(_Entry(self._name_of(each), ("chosen lately",), each) for each in recent),
                self._default(here, provider),
                *(self._entry_of(model) for model in self._catalog.known(here, provider)),
            ],
            self._in_full,
        )
        if provider:
            entries.append(_Entry(here, ("every provider",), Choice(here), opens=True))
        entries += [
            _Entry(name, self._about(config), Choice(name), opens=True)
            for name, config in self._backends.items()
            if name != here
        ]
        return [self._marked(entry) for entry in entries]

    def _default(self, here: str, provider: str) -> _Entry:
        """The backend's own choice of a model."""
        config = self._backends[here]
        choice = Choice(here, provider=provider)
        if config.kind == "demo":
            return _Entry("the demo", ("answers by itself, offline",), choice)
        own = "" if provider else config.model
        if own:
            return _Entry(own, (f"set for {here}",), choice._replace(model=own))
        return _Entry("default model", (f"of {provider or here}",), choice)

    def _marked(self, entry: _Entry) -> _Entry:
        if self._answers_now(entry):
            return entry._replace(notes=("answers now", *entry.notes))
        return entry

    def _name_of(self, choice: Choice) -> str:
        """Its model alone, where the others of the list are called so, too."""
        here = self._in_full(Choice(self._backend, provider=self._provider))
        is_here = self._in_full(choice)._replace(model="") == here._replace(model="")
        model = choice.model or "default"
        where = () if is_here else (choice.backend, choice.provider)
        return " · ".join(filter(None, (*where, model)))

    def _in_full(self, choice: Choice) -> Choice:
        """With the configuration's own model and provider where none is named."""
        config = self._backends[choice.backend]
        return Choice(
            choice.backend, choice.model or config.model, choice.provider or config.provider
        )

    def _entry_of(self, model: Model) -> _Entry:
        from copilot_tui.backends.listing import facts

        if model.is_provider:
            notes = ("a provider", model.name, model.vendor)
            choice = Choice(self._backend, provider=model.id)
            return _Entry(model.id, tuple(filter(None, notes)), choice, opens=True)
        choice = Choice(self._backend, model.id, self._provider)
        if self._is_demo and model.id == self._backend:
            return _Entry(model.id, ("a second one of it, to ask both",), choice)
        off = ("off",) if model.disabled else ()  # the reason would push the rest away
        notes = (*off, *facts(model._replace(disabled="")))
        return _Entry(model.id, notes, choice, disabled=model.disabled)

    def _about(self, config: BackendConfig) -> tuple[str, ...]:
        from copilot_tui.backends import EXPERIMENTAL

        experimental = "experimental" if config.kind in EXPERIMENTAL else ""
        signed_in = self._signed_in.get(config.name, "")
        notes = ("another backend", signed_in, experimental, config.base_url, config.model)
        return tuple(filter(None, notes))

    # Keys

    def on_input_changed(self) -> None:
        """Narrow the list."""
        self._fill(at_top=True)

    def on_input_submitted(self) -> None:
        """Enter chooses what is highlighted."""
        self._choose(self.query_one(OptionList).highlighted)

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        """A click does too."""
        self._choose(event.option_index)

    def _choose(self, index: int | None) -> None:
        if index is None:
            return
        entry = self._entries[index]
        if len(self._several) > 1 and not entry.opens:
            self.dismiss(Several(tuple(self._several)))
        elif entry.opens:
            self._look_at(entry.choice.backend, entry.choice.provider)
        elif entry.disabled:
            why = f"{entry.name} cannot be chosen: {entry.disabled}"
            self.query_one("#picker-status", Label).update(one_line(why))
        else:
            self.dismiss(self._several[0] if self._several else entry.choice)

    def action_mark(self) -> None:
        """Space: this one is asked together with the others that are marked, or not any more."""
        options = self.query_one(OptionList)
        index = options.highlighted
        entry = None if index is None else self._entries[index]
        if entry is None or entry.opens or entry.disabled:
            return
        status = self.query_one("#picker-status", Label)
        if entry.choice in self._several:
            self._several.remove(entry.choice)
        elif len(self._several) == MARKED_MOST:
            status.update(f"At most {MARKED_MOST} answer together")
            return
        else:
            self._several.append(entry.choice)
        for place, each in enumerate(self._entries):
            options.replace_option_prompt_at_index(place, self._drawn(each))
        status.update(self._help())

    def _drawn(self, entry: _Entry) -> Text:
        is_marked = entry.choice in self._several and not entry.opens
        mark = ("☑ " if is_marked else "  ") if self._several else ""  # names stay in one column
        return Text(mark, no_wrap=True, overflow="ellipsis").append_text(_drawn(entry))

    def action_move(self, where: str) -> None:
        """Up and Down walk the list while the typing goes on."""
        options = self.query_one(OptionList)
        match where:
            case "up":
                options.action_cursor_up()
            case "down":
                options.action_cursor_down()
            case "page_up":
                options.action_page_up()  # type: ignore[no-untyped-call]
            case _:
                options.action_page_down()  # type: ignore[no-untyped-call]

    def action_sign_in(self) -> None:
        """Sign in to the backend under the cursor, or to the one whose models are shown."""
        index = self.query_one(OptionList).highlighted
        entry = None if index is None else self._entries[index]
        self.dismiss(SignInWanted(entry.choice.backend if entry else self._backend))

    def action_cancel(self) -> None:
        """Escape."""
        self.dismiss(None)

    def on_click(self, event: events.Click) -> None:
        """A click beside the box closes it."""
        if event.widget is self:
            self.dismiss(None)


def _is_same(entry: _Entry, other: _Entry) -> bool:
    return (entry.name, entry.choice, entry.opens) == (other.name, other.choice, other.opens)


def _once(entries: list[_Entry], meant: Callable[[Choice], Choice]) -> list[_Entry]:
    """Each choice in one entry, where the first of it stood, with all that is said of it."""
    kept: dict[Choice | _Entry, _Entry] = {}
    for entry in entries:
        key = entry if entry.opens else meant(entry.choice)
        before = kept[key].notes if key in kept else ()
        notes = dict.fromkeys((*before, *entry.notes))
        kept[key] = entry._replace(notes=tuple(notes))
    return list(kept.values())


def _is_called(entry: _Entry, typed: str) -> bool:
    return typed in (entry.name.casefold(), entry.choice.model.casefold())


def _drawn(entry: _Entry) -> Text:
    style = "dim" if entry.disabled else ""
    text = Text(one_line(entry.name), style, no_wrap=True, overflow="ellipsis")
    notes = one_line(" · ".join(entry.notes)) + (" …" if entry.opens else "")
    return text.append(f"  {notes}", "dim") if notes else text
