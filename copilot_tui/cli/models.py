"""models: what the chosen backend offers."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from copilot_tui import backends, config
from copilot_tui.cli import output
from copilot_tui.cli.parser import common_options

if TYPE_CHECKING:
    import argparse

    from copilot_tui.backends import Model
    from copilot_tui.config import BackendConfig


def run(given: argparse.Namespace) -> int:
    """Print one model a line. Raises CopilotTuiError."""
    chosen = config.load(common_options(given)).backend
    found = asyncio.run(_models(chosen))
    if "json" in given:
        output.json_line([model._asdict() for model in found])
        return 0
    for model in found:
        output.row(model.id, *(["provider"] if model.is_provider else []))
    if not found:
        output.notice(f"{chosen.name} lists no models")
    return 0


async def _models(chosen: BackendConfig) -> list[Model]:
    backend = backends.create(chosen)
    try:
        return await backend.models()
    finally:
        await backend.aclose()
