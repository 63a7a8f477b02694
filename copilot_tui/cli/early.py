"""Whether the app is meant, known before the command line is parsed. Imports nothing."""

from __future__ import annotations

TYPE_CHECKING = False  # typing's own; importing that takes longer than the start has
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Final

_FLAGS: Final = frozenset({"--continue", "--demo", "--private"})
_OPTIONS: Final = frozenset(
    {
        "--prompt",
        "--data-dir",
        "--config",
        "--backend",
        "--base-url",
        "--model",
        "--provider",
        "--proxy",
    }
)
"""What the app takes; the parser knows the same, and a test compares them."""


def starts_app(arguments: Sequence[str]) -> bool:
    """Whether these arguments plainly start the app; in doubt they do not."""
    rest = iter(arguments)
    flags = set()
    for argument in rest:
        name, equals, value = argument.partition("=")
        if name in _OPTIONS:
            given = value if equals else next(rest, "")
            if not given.strip():
                return False
        elif argument in _FLAGS:
            flags.add(argument)
        else:
            return False
    return not flags >= {"--continue", "--private"}
