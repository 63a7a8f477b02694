"""The conversation on the screen: messages as lines, of any number and any speed."""

from copilot_tui.tui.transcript.pane import Place, Transcript

__all__ = ["Place", "Transcript"]
