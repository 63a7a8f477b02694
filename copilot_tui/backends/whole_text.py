"""Characters that a service sends in two halves."""

from __future__ import annotations


class WholeText:
    """Text in which a character that was sent as two halves in two chunks is whole.

    JSON may carry the halves of a UTF-16 pair; alone, neither can be shown or saved.
    """

    __slots__ = ("_half",)

    def __init__(self) -> None:
        self._half = ""

    def take(self, text: str) -> str:
        """The text, but for a half at its end that waits for the other."""
        if text.isascii() and not self._half:
            return text
        text = self._half + text
        self._half = ""
        if "\ud800" <= text[-1:] <= "\udbff":
            text, self._half = text[:-1], text[-1]
        try:
            text.encode()
        except UnicodeEncodeError:
            return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
        return text

    def end(self) -> str:
        """What stands for a half whose other half never came."""
        half, self._half = self._half, ""
        return "\ufffd" if half else ""
