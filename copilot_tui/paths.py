"""Paths as users write them."""

from __future__ import annotations

from pathlib import Path

from copilot_tui.errors import UsageError


def expanded(written: str) -> Path:
    """The path with ~ and ~somebody filled in. Raises UsageError for a somebody without a home."""
    try:
        return Path(written).expanduser()
    except RuntimeError as error:
        raise UsageError(f"nobody here has the home of {written}") from error
