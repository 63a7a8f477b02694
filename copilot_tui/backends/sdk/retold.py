"""A text that may be told again from its start, and is shown once."""

from __future__ import annotations

from copilot_tui.backends.whole_text import WholeText


class Retold:
    """What has come of one text, over all attempts to tell it.

    An attempt that follows a failed one is held back until it says more than what is shown. So
    nothing shown is lost should it fail earlier than the one before, and the same words are not
    shown twice.
    """

    def __init__(self) -> None:
        self.fresh: list[str] = []
        """What is to be shown behind what is shown."""
        self.is_other = False
        """What is shown is not how the text begins: `whole` takes its place."""
        self._settled = ""
        self._shown = ""
        """Of the attempt that failed; empty: what comes now is shown as it comes."""
        self._pieces: list[str] = []
        self._length = 0
        self._halves = WholeText()

    @property
    def whole(self) -> str:
        """All that is known of the text."""
        return self._settled + (self._shown or "".join(self._pieces))

    def add(self, piece: str) -> None:
        """The next piece of the present attempt."""
        piece = self._halves.take(piece)
        self._pieces.append(piece)
        if not self._shown:
            self.fresh.append(piece)
            return
        self._length += len(piece)
        if self._length > len(self._shown):
            text = "".join(self._pieces)
            self._show_instead(self._shown, text)
            self._shown, self._pieces = "", [text]

    def begin_again(self) -> None:
        """The present attempt has failed."""
        self._shown = self._shown or "".join(self._pieces)
        self._pieces, self._length, self._halves = [], 0, WholeText()

    def settle(self, content: str) -> None:
        """This is what was to be told; another part may follow."""
        self._halves = WholeText()
        content = self._halves.take(content) + self._halves.end()
        self._show_instead(self._shown or "".join(self._pieces), content)
        self._settled += content
        self._shown, self._pieces = "", []

    def take(self) -> str:
        """What is fresh, once."""
        taken = "".join(self.fresh)
        self.fresh.clear()
        return taken

    def _show_instead(self, shown: str, text: str) -> None:
        if text.startswith(shown):
            self.fresh.append(text[len(shown) :])
        else:
            self.is_other = True
