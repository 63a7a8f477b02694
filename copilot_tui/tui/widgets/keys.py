"""Keys on their way to a widget."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from textual.widget import Widget


async def taken_by(widget: Widget) -> None:
    """Wait until this has taken the keys that it was given."""
    taken = asyncio.Event()
    if widget.call_later(taken.set):
        await taken.wait()
