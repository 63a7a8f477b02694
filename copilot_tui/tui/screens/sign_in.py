"""Signing in: a secret is typed and not shown, or a code is typed at GitHub in a browser."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, ClassVar, Final, Literal

from textual import work
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.widgets import Input, Label, Static

from copilot_tui.errors import CopilotTuiError
from copilot_tui.terminal_text import harmless, one_line
from copilot_tui.tui.screens.dialog import Dialog
from copilot_tui.tui.widgets.inputs import HarmlessInput

if TYPE_CHECKING:
    from textual.app import ComposeResult

_PAGE: Final = re.compile(r"https://[^\s\"'<>]+/login/device\b")

_SHOWN_LINES: Final = 4
"""Of what the CLI says, the last."""

_KEPT_CHARS: Final = 16_384
"""Of the same: a CLI that waits may draw for a quarter of an hour."""

By = Literal["code", "token"]
"""How somebody signed in, or wants to."""

LogIn = Callable[[Callable[[str], object], Callable[[str], object]], Awaitable[None]]
"""Signs in; is given where to show what the CLI says, and where the code."""


class SecretScreen(Dialog[str | None]):
    """Gives what was typed, or None."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,ctrl+c", "cancel", show=False),
    ]

    def __init__(self, name: str, wanted: str, how: str, check: Callable[[str], str]) -> None:
        """`wanted`: what is asked for; `how`: where it is found. `check` gives what is kept, or
        raises CopilotTuiError.
        """
        super().__init__()
        self._name = name
        self._wanted = wanted
        self._how = how
        self._check = check

    def compose(self) -> ComposeResult:
        """What is wanted, and dots for what is typed."""
        with Vertical(id="sign-in", classes="dialog"):
            yield Label(one_line(f"Sign in to {self._name}"), classes="title", markup=False)
            yield Label(one_line(self._how), id="sign-in-how", classes="hint", markup=False)
            yield HarmlessInput(placeholder=f"Paste {self._wanted}", password=True, compact=True)
            yield Label("", id="sign-in-fault", markup=False)
            yield Label("Enter keeps it · Escape goes back", classes="hint", markup=False)

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Enter."""
        try:
            secret = self._check(event.value)
        except CopilotTuiError as error:
            self.query_one("#sign-in-how").display = False  # in a low window both have no room
            _tell(self.query_one("#sign-in-fault", Label), error)
        else:
            self.dismiss(secret)

    def action_cancel(self) -> None:
        """Escape."""
        self.dismiss(None)


class CodeScreen(Dialog[By | None]):
    """Lets the CLI sign in, and shows its code. Gives "code" when that is done, "token" if the user
    would rather paste one, or None.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,ctrl+c,q", "cancel", show=False),
        Binding("c,ctrl+y", "copy", show=False),
        Binding("o,enter", "open", show=False),
        Binding("t", "token", show=False),
    ]

    def __init__(
        self,
        log_in: LogIn,
        *,
        frame: Callable[[str], list[str]],
        page: str,
        copy: Callable[[str], object],
        open_page: Callable[[str], bool],
    ) -> None:
        super().__init__()
        self._log_in = log_in
        self._frame = frame
        self._page = page
        self._copy = copy
        self._open_page = open_page
        self._said = ""
        self._code = ""

    def compose(self) -> ComposeResult:
        """Room for the code, and for what the CLI says."""
        with Vertical(id="sign-in", classes="dialog"):
            yield Label("Sign in to GitHub Copilot", classes="title", markup=False)
            yield Static("", id="sign-in-code", markup=False)
            yield Label("Asking GitHub for a code …", id="sign-in-said", markup=False)
            yield Label("", id="sign-in-fault", markup=False)
            yield Label("Escape goes back", id="sign-in-keys", classes="hint", markup=False)

    def on_mount(self) -> None:
        """Begin; the CLI ends when this screen goes."""
        self._run()

    @work(exclusive=True, exit_on_error=False)
    async def _run(self) -> None:
        try:
            await self._log_in(self._show, self._show_code)
        except CopilotTuiError as error:
            _tell(self.query_one("#sign-in-fault", Label), error)
            self._tell_keys("T takes a token instead")
        else:
            self.dismiss("code")

    def _show(self, text: str) -> None:
        self._said = (self._said + text)[-_KEPT_CHARS:]
        if named := _PAGE.search(self._said):
            self._page = named[0]  # an enterprise has its own
        lines = [line for line in harmless(self._said).splitlines() if line.strip()]
        self.query_one("#sign-in-said", Label).update("\n".join(lines[-_SHOWN_LINES:]))

    def _show_code(self, code: str) -> None:
        self._code = code
        self.query_one("#sign-in-code", Static).update("\n".join(self._frame(code)))
        self._tell_keys("Copied", "Enter opens the page", "C copies again")
        self._copy(code)

    def _tell_keys(self, *keys: str) -> None:
        said = " · ".join((*keys, "Escape goes back"))
        self.query_one("#sign-in-keys", Label).update(said)

    def action_copy(self) -> None:
        """`c`."""
        if self._code:
            self._copy(self._code)

    @work(group="page", exclusive=True, exit_on_error=False)
    async def action_open(self) -> None:
        """Enter: GitHub's page in a browser."""
        # In a thread: a browser may take its time to start.
        if self._code and not await asyncio.to_thread(self._open_page, self._page):
            self._tell_keys(f"There is no browser here: type the code at {self._page}")

    def action_token(self) -> None:
        """`t`."""
        self.dismiss("token")

    def action_cancel(self) -> None:
        """Escape."""
        self.dismiss(None)


def _tell(label: Label, error: CopilotTuiError) -> None:
    """Say what went wrong; until then there is no line for it."""
    label.update(harmless(f"{error}. {error.hint}"))
    label.display = True
