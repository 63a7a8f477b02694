"""A fast, keyboard-driven terminal chat for Copilot and any OpenAI-compatible server.

For scripts: GithubCopilot, GitHub Copilot's chat on github.com, and its Conversation.
"""

TYPE_CHECKING = False  # typing's own; importing it would be the slowest part of this package
if TYPE_CHECKING:
    from copilot_tui.backends.github.client import Conversation as Conversation
    from copilot_tui.backends.github.client import GithubCopilot as GithubCopilot

__version__ = "0.1.0"

__all__ = ["Conversation", "GithubCopilot", "__version__"]


def __getattr__(name: str) -> object:
    """What scripts import is imported when it is asked for."""
    if name in ("Conversation", "GithubCopilot"):
        from copilot_tui.backends.github import client

        return getattr(client, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
