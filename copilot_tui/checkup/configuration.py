"""The configuration file: whether it says what it must."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from copilot_tui import config
from copilot_tui.checkup import Finding, wrong
from copilot_tui.config_file import nearest

if TYPE_CHECKING:
    from collections.abc import Mapping

    from copilot_tui.config import Config

SUBJECT: Final = "configuration"


def loaded(options: Mapping[str, str], environ: Mapping[str, str]) -> Config:
    """What is in effect. Raises ConfigError."""
    return config.load(options, environ)


def examine(loaded: Config) -> Finding:
    """The file was read; what is left is what only the app knows: the ids of its keys."""
    file = loaded.config_file
    if not file.exists():
        return Finding(SUBJECT, f"no file {file}: everything is as built in")
    if loaded.keys:
        from copilot_tui.tui.actions import ACTIONS  # Textual, for those who changed a key

        ids = [action.id for action in ACTIONS]
        unknown = [key for key in loaded.keys if key not in ids]
        if unknown:
            return wrong(
                SUBJECT,
                f"{file}: [keys] names {unknown[0]}, which is no key's id"
                f"{nearest(unknown[0], ids)}",
                "F1 in the app shows the ids",
            )
    return Finding(SUBJECT, str(file))
