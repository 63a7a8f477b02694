"""Following a link: after a look at its address, in a browser with a window of its own."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from copilot_tui.tui.controllers.copying import Copying
    from copilot_tui.tui.screens.host import Host

OPENED_SCHEMES: Final = frozenset({"http", "https", "mailto"})
"""Links that may leave the program; a server may write any other."""


def open_in_browser(url: str) -> bool:
    """Open an address in a browser with a window of its own; whether there was one.

    A browser of the terminal, as over SSH, would start in the middle of the app.
    """
    import webbrowser

    try:
        browser = webbrowser.get()
    except webbrowser.Error:
        return False
    return type(browser) is not webbrowser.GenericBrowser and browser.open(url)


class Following:
    """What happens when a link is activated."""

    def __init__(self, app: Host, copying: Copying) -> None:
        self._app = app
        self._copying = copying

    def open_page(self, url: str) -> bool:
        """Open an address in the browser that shows the app, else in one of this machine; whether
        there was one. That may take its time: it is for a thread.
        """
        if self._app.is_web:
            self._app.open_url(url)
            return True
        return open_in_browser(url)

    def follow(self, url: str) -> None:
        """Show the address, and open or copy it if that is wanted."""
        self._app.run_worker(self._follow(url), group="link", exclusive=True, exit_on_error=False)

    async def _follow(self, url: str) -> None:
        from copilot_tui.tui.screens.link import LinkScreen

        opens = url.partition(":")[0].lower() in OPENED_SCHEMES
        answer = await self._app.push_screen_wait(LinkScreen(url, opens=opens))
        if answer == "open":
            if not await asyncio.to_thread(self.open_page, url):
                self._app.say("There is no browser to open it with; its address can be copied")
        elif answer == "copy":
            self._copying.copy(url, "the address")
