"""Signing in and out within the app: from the palette, the picker, and a reply that failed."""

from __future__ import annotations

import asyncio
import os
from functools import partial
from typing import TYPE_CHECKING, Final

from copilot_tui.errors import CopilotTuiError
from copilot_tui.tui.desk import last_reply

if TYPE_CHECKING:
    from copilot_tui.config import BackendConfig
    from copilot_tui.tui.controllers.copying import Copying
    from copilot_tui.tui.controllers.standing import Standing
    from copilot_tui.tui.screens.host import Host

_HOW: Final = {
    "github-web": "On github.com, in a browser that is signed in: the developer tools show the "
    "cookie user_session.",
    "copilot-sdk": "github.com/settings/personal-access-tokens makes one. Its permission is "
    '"Copilot Requests".',
}


class SigningIn:
    """What the keys for sign-ins do. No secret is in anything that is said or noted."""

    def __init__(self, app: Host, copying: Copying, standing: Standing) -> None:
        self._app = app
        self._copying = copying
        self._standing = standing
        self._desk = app.desk

    def sign_in(self) -> None:
        """Sign in to what answers in the shown conversation."""
        self._app.hold_keys()
        self._work(self.ask(self._desk.answerers.config_of(self._app.shown).name))

    def sign_out(self) -> None:
        """Sign out of what answers in the shown conversation."""
        self._work(self._sign_out(self._desk.answerers.config_of(self._app.shown)))

    def _work(self, work: object) -> None:
        self._app.run_worker(work, group="sign-in", exclusive=True, exit_on_error=False)  # type: ignore[arg-type]  # a coroutine

    async def ask(self, name: str) -> bool:
        """Let the user sign in to a backend; whether that was done, which is said."""
        from copilot_tui.backends import signing
        from copilot_tui.backends.accounts import is_copilot

        config = self._desk.config.backends[name]
        if config.kind == "demo":
            self._say_of_demo()
            await self._app.release_keys()
            return False
        try:
            signing.check(config, self._desk.config.config_file)
            said = await self._by_code(config) if is_copilot(config) else await self._secret(config)
            winning = await asyncio.to_thread(signing.that_win, config)
        except CopilotTuiError as error:
            self._app.say(error.in_one_line, warn=True)
            await self._app.release_keys()
            return False
        if said is None:
            return False
        await self._desk.renew_backend(name)
        self._standing.forget(name)
        others = [said, *(f"{each} is set, and wins over it" for each in winning)]
        reply = last_reply(self._app.shown)
        if reply is not None and reply.error:
            others.insert(0, f"{self._app.main.key('send')} sends your prompt again")
        self._app.say(" · ".join((f"Signed in to {name}", *others)))
        return True

    def _say_of_demo(self) -> None:
        other = f" · {self._app.main.key('model')} chooses who answers"
        self._app.say("The demo needs no sign-in" + ("" if self._desk.config.demo else other))

    async def _by_code(self, config: BackendConfig) -> str | None:
        """Sign in by the CLI; what there is to say."""
        from copilot_tui.backends import signing
        from copilot_tui.backends.sdk import login
        from copilot_tui.tui.controllers.following import Following
        from copilot_tui.tui.screens.sign_in import CodeScreen

        screen = CodeScreen(
            partial(login.log_in, config, os.environ),
            frame=signing.code_in_a_frame,
            page=signing.DEVICE_PAGE,
            copy=lambda code: self._copying.copy(code, "the code"),
            open_page=Following(self._app, self._copying).open_page,
        )
        by = await self._app.push_screen_wait(screen)
        if by == "token":
            return await self._secret(config)
        if by is None:
            return None
        file = self._desk.config.credentials_file
        await asyncio.to_thread(signing.take_from_cli, config, file)
        return "GitHub's CLI keeps it"

    async def _secret(self, config: BackendConfig) -> str | None:
        """Let a key, cookie or token be typed, and keep it; what there is to say."""
        from copilot_tui.backends import signing
        from copilot_tui.backends.accounts import is_copilot
        from copilot_tui.config import address_of
        from copilot_tui.tui.screens.sign_in import SecretScreen

        file = self._desk.config.credentials_file
        place = await asyncio.to_thread(signing.place, file)
        address = address_of(config.base_url) or "https://github.com"
        kept = f"It is kept {place}, and goes to {address} alone."
        is_githubs = config.kind == "github-web" or is_copilot(config)
        how = " ".join(filter(None, (_HOW[config.kind] if is_githubs else "", kept)))
        check = partial(signing.cleaned, backend=config)
        screen = SecretScreen(config.name, signing.wanted(config), how, check)
        secret = await self._app.push_screen_wait(screen)
        if secret is None:
            return None
        return await asyncio.to_thread(signing.keep, config, secret, file)

    async def _sign_out(self, config: BackendConfig) -> None:
        from copilot_tui.backends import signing

        if config.kind == "demo":
            self._say_of_demo()
            return
        try:
            file = self._desk.config.credentials_file
            was_there = await asyncio.to_thread(signing.forget, config, file)
            winning = await asyncio.to_thread(signing.that_win, config)
        except CopilotTuiError as error:
            self._app.say(error.in_one_line, warn=True)
            return
        await self._desk.renew_backend(config.name)
        self._standing.forget(config.name)
        said = "Signed out of" if was_there else "Nobody was signed in to"
        others = [f"{each} is still set, and used" for each in winning]
        self._app.say(" · ".join((f"{said} {config.name}", *others)))
