"""What is known of the service: its addresses, and the names of its models."""

from __future__ import annotations

from typing import Final

from copilot_tui.backends import Model

PAGE_URL: Final = "https://github.com/copilot"
TOKEN_URL: Final = "https://github.com/github-copilot/chat/token"
API_URL: Final = "https://api.individual.githubcopilot.com"

DEFAULT_MODEL: Final = "gpt-4o"

MODELS: Final = (
    Model(DEFAULT_MODEL, "OpenAI"),
    Model("o1-mini", "OpenAI"),
    Model("o1-preview", "OpenAI"),
    Model("claude-3.5-sonnet", "Anthropic"),
    Model("auto", "GitHub"),
    Model("gpt-4.1", "OpenAI"),
    Model("gpt-5-mini", "OpenAI"),
    Model("claude-haiku-4.5", "Anthropic"),
    Model("claude-sonnet-4.5", "Anthropic"),
    Model("gemini-2.5-pro", "Google"),
)
"""The first four are those of the time when the protocol was captured. Which of all are on depends
on the account; any other name is sent as it is given.
"""
