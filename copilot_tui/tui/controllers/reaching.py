"""A prompt that nothing answers: it stays, and a card offers ways to an answer."""

from __future__ import annotations

import asyncio
from importlib.util import find_spec
from typing import TYPE_CHECKING, Final

from copilot_tui.errors import ConfigError, MissingAuth, MissingKey, NothingListens

if TYPE_CHECKING:
    from copilot_tui.config import BackendConfig
    from copilot_tui.conversation import Conversation
    from copilot_tui.errors import CopilotTuiError
    from copilot_tui.replies import Turn
    from copilot_tui.tui.controllers.answers import Answers
    from copilot_tui.tui.controllers.choosing import Choosing
    from copilot_tui.tui.controllers.copying import Copying
    from copilot_tui.tui.controllers.signing_in import SigningIn
    from copilot_tui.tui.screens.host import Host
    from copilot_tui.tui.screens.reach import Offer

_GITHUB: Final = "copilot"
"""The backend that a sign-in with GitHub leads to."""

_SUBSCRIPTION: Final = "your Copilot subscription answers"


class Reaching:
    """The card, once for each prompt; another try that fails only says so."""

    def __init__(
        self,
        app: Host,
        answers: Answers,
        choosing: Choosing,
        copying: Copying,
        signing_in: SigningIn,
    ) -> None:
        self._app = app
        self._answers = answers
        self._choosing = choosing
        self._copying = copying
        self._signing_in = signing_in
        self._desk = app.desk
        self._offered: set[str] = set()
        """Ids of the prompts that the card was shown for."""

    def failed(self, turn: Turn, error: CopilotTuiError) -> None:
        """A reply has failed: offer what can be done, if that is known and nobody is writing."""
        app = self._app
        prompt = turn.request.path[-1]
        config = self._desk.answerers.config_of(turn.conversation)
        if (
            not _is_card_for(error, config)
            or turn.conversation is not app.shown
            or prompt.id in self._offered
            or len(app.screen_stack) > 1
            or app.main.composer.text
        ):
            return
        self._offered.add(prompt.id)
        work = self._offer(turn.conversation, config, str(error))
        app.run_worker(work, group="reach", exclusive=True, exit_on_error=False)

    async def _offer(self, conversation: Conversation, config: BackendConfig, what: str) -> None:
        from copilot_tui.tui.desk.catalog import sign_ins
        from copilot_tui.tui.screens.reach import CardScreen, Typed

        backends = self._desk.config.backends
        while True:
            known = (await sign_ins({_GITHUB: backends[_GITHUB]}))[_GITHUB]
            way = await self._app.push_screen_wait(CardScreen(what, _offers(config, known)))
            if isinstance(way, Typed):
                self._app.main.composer.insert(way.text)
            if way is None or isinstance(way, Typed):
                return
            is_ready = await {
                "sign-in": self._sign_in,
                "start": self._start,
                "server": self._server,
                "demo": self._demo,
            }[way](conversation, config)
            if is_ready:
                break
        if conversation is self._app.shown:
            self._answers.try_again()

    async def _sign_in(self, conversation: Conversation, config: BackendConfig) -> bool:
        from copilot_tui.backends.accounts import SIGNED_IN
        from copilot_tui.tui.desk.catalog import sign_ins

        name = _GITHUB if config.kind == "g4f" else config.name
        if name == _GITHUB and find_spec("copilot") is None:
            from copilot_tui.backends.sdk.runtime import SDK_COMMAND

            note = "GitHub's Copilot SDK is needed for that. Start copilot-tui again afterwards."
            await self._show_commands("Sign in with GitHub", SDK_COMMAND, note=note, sends=False)
            return False  # this process would not find what is installed meanwhile
        known = await sign_ins({name: self._desk.config.backends[name]})
        is_known = name != config.name and known[name].startswith(SIGNED_IN)
        if not is_known and not await self._signing_in.ask(name):
            return False
        if name != config.name:
            await self._choose(conversation, name)
        return True

    async def _start(self, _: Conversation, config: BackendConfig) -> bool:
        from copilot_tui.backends.failures import g4f_commands

        note = "In another terminal. Without --bind it listens on every network."
        return await self._show_commands("Start g4f", *g4f_commands(config), note=note)

    async def _show_commands(
        self, title: str, *commands: str, note: str, sends: bool = True
    ) -> bool:
        from copilot_tui.tui.screens.reach import CommandScreen

        screen = CommandScreen(
            title,
            commands,
            note,
            lambda text: self._copying.copy(text, "the commands"),
            sends=sends,
        )
        return await self._app.push_screen_wait(screen)

    async def _server(self, conversation: Conversation, _: BackendConfig) -> bool:
        from copilot_tui.config import address_fault
        from copilot_tui.tui.desk.servers import with_server, write_server
        from copilot_tui.tui.screens.reach import AddressScreen

        address = await self._app.push_screen_wait(AddressScreen(address_fault))
        if address is None:
            return False
        before = self._desk.config
        self._desk.answerers.config, made = with_server(before, address)
        if self._desk.config is not before:
            try:
                await asyncio.to_thread(write_server, before, made)
            except ConfigError as error:
                self._app.say(error.in_one_line, warn=True)
        await self._choose(conversation, made.name)
        return True

    async def _demo(self, conversation: Conversation, _: BackendConfig) -> bool:
        await self._choose(conversation, "demo")
        return True

    async def _choose(self, conversation: Conversation, name: str) -> None:
        from copilot_tui.tui.desk.catalog import Choice

        await self._choosing.choose(conversation, Choice(name))


def _is_card_for(error: CopilotTuiError, config: BackendConfig) -> bool:
    if config.kind == "g4f":
        return isinstance(error, NothingListens)
    is_githubs = config.kind in ("github-web", "copilot-sdk")
    return is_githubs and isinstance(error, MissingAuth | MissingKey)


def _offers(config: BackendConfig, known: str) -> list[Offer]:
    """`known`: who is signed in to GitHub already."""
    from copilot_tui.backends.accounts import SIGNED_IN
    from copilot_tui.tui.screens.reach import Offer

    server = Offer("server", "Another server", "any OpenAI-compatible one: its address")
    demo = Offer("demo", "The demo", "answers by itself, to look around")
    if config.kind == "g4f":
        is_known = known.startswith(SIGNED_IN)
        github = ("GitHub Copilot", known) if is_known else ("Sign in with GitHub", _SUBSCRIPTION)
        return [
            Offer("sign-in", *github),
            Offer("start", "Start g4f", "the commands for it, to be copied"),
            server,
            demo,
        ]
    return [Offer("sign-in", f"Sign in to {config.name}", "then it answers"), server, demo]
