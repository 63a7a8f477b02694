"""A fast, keyboard-driven terminal chat for Copilot and any OpenAI-compatible server."""

__version__ = "0.1.0"
