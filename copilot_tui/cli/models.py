"""models: what the chosen backend offers."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from copilot_tui import backends, config
from copilot_tui.backends.listing import facts
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
        output.json_line([_as_json(model) for model in found])
        return 0
    for model in found:
        output.row(model.id, *filter(None, facts(model)))
    if not found:
        output.notice(f"{chosen.name} lists no models")
    return 0


def _as_json(model: Model) -> dict[str, object]:
    """Everything that is known of it; `owner` is what `vendor` was called first."""
    return {**model._asdict(), "owner": model.vendor}


async def _models(chosen: BackendConfig) -> list[Model]:
    backend = backends.create(chosen)
    try:
        return await backend.models()
    finally:
        await backend.aclose()
