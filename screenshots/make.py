"""Make the pictures of this folder again: python screenshots/make.py

They are Textual's own SVG exports of the app with the demo backend, at full speed and with a fixed
clock, so that the same program makes the same pictures.
"""

from __future__ import annotations

import asyncio
import re
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path

from textual.pilot import Pilot

from copilot_tui import config
from copilot_tui.backends.demo import DemoBackend
from copilot_tui.store import Store
from copilot_tui.tui.app import CopilotApp
from copilot_tui.tui.desk import Desk

HERE = Path(__file__).parent
NOON = datetime(2026, 3, 14, 12, 0, tzinfo=UTC)

EARLIER = {
    "Explain CRLF to me": timedelta(hours=1),
    "A regex for ISO dates": timedelta(hours=3),
    "Weekend in Lisbon": timedelta(days=1, hours=2),
    "Letter to the landlord": timedelta(days=1, hours=5),
    "Why is my Docker image 2 GB?": timedelta(days=3),
    "Sourdough, step by step": timedelta(days=20),
    "SQL: window functions": timedelta(days=41),
}


class Clock:
    """A clock that stands still until it is set."""

    def __init__(self) -> None:
        self.now = NOON

    def __call__(self) -> datetime:
        """The time."""
        return self.now


async def prompt(pilot: Pilot[int], text: str) -> None:
    """Send a prompt and wait for its reply."""
    app = pilot.app
    assert isinstance(app, CopilotApp)
    app.main.composer.fill(text)
    await pilot.press("enter")
    while app.desk.turns:
        await pilot.pause()
    await app.workers.wait_for_complete()
    await pilot.pause()


async def picture(name: str, size: tuple[int, int], prompts: list[str], *, dark: bool) -> None:
    """One picture: the app of this size after these prompts."""
    with tempfile.TemporaryDirectory() as folder:
        loaded = config.load({}, {}, demo=True)
        loaded = loaded._replace(data_dir=Path(folder, "data"), cache_dir=Path(folder, "cache"))
        clock = Clock()
        store = Store(loaded.data_dir, loaded.cache_dir, now=clock)
        desk = Desk(loaded, store, make_backend=lambda _: DemoBackend(pace=0), now=clock)
        app = CopilotApp(desk, dark=dark)
        async with app.run_test(size=size) as pilot:
            for title, age in EARLIER.items():
                clock.now = NOON - age
                await prompt(pilot, title)
                await pilot.press("ctrl+n")
            clock.now = NOON
            for text in prompts:
                await prompt(pilot, text)
            app.desk.shelf.unread.clear()
            app.main.status.notice = ""
            app.main.composer.cursor_blink = False
            app.refresh_sidebar()
            app.main.transcript.action_scroll_home()
            await pilot.pause()
            svg = app.export_screenshot(title="copilot-tui", simplify=True)
        # Some viewers trim the white space that columns are made of, even where it does not break.
        svg = svg.replace("<text ", '<text xml:space="preserve" ')
        svg = re.sub(r"[ \t]+\n", "\n", svg)
        (HERE / f"{name}.svg").write_text(svg, "utf-8")


async def main() -> None:
    """All pictures."""
    await picture("table", (110, 34), ["table"], dark=True)
    await picture("code-light", (110, 34), ["code"], dark=False)
    await picture("error", (80, 24), ["error"], dark=True)
    await picture("narrow", (40, 12), ["hello"], dark=True)


if __name__ == "__main__":
    asyncio.run(main())
