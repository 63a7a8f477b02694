"""GitHub Copilot by GitHub's own SDK and CLI, the supported way; here as a plain chat.

The CLI is an agent that keeps each conversation in a session, with tools, a prompt of its own and
retries that begin a reply anew. Here it gets no tools and our system prompt, its sessions are used
as long as they hold exactly the branch that is shown, and what is told twice is shown once.

With a base_url the CLI answers from that OpenAI-compatible server instead of GitHub's (bring your
own key): no account is needed then, and no sign-in to GitHub goes there.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from copilot_tui.backends.sdk.backend import CopilotSdk

if TYPE_CHECKING:
    from copilot_tui.config import BackendConfig

__all__ = ["CopilotSdk", "create"]


def create(config: BackendConfig) -> CopilotSdk:
    """The backend that this configuration describes. Starts nothing."""
    return CopilotSdk(config)
