"""The lines of a text area whose text stays as it is."""

from __future__ import annotations

from textual.document._document import Document, EditResult, Location, Newline


class ExactDocument(Document):
    """Textual's own parts lines at all that Unicode calls a line end, and joins them with one kind.

    Here lines end with what the text has: LF, CRLF or CR, if it is the only kind; else LF.
    """

    def __init__(self, text: str) -> None:
        self._set(text)

    def _set(self, text: str) -> None:
        self._newline: Newline = _newline_of(text)
        self._lines = text.split(self._newline)

    def replace_range(self, start: Location, end: Location, text: str) -> EditResult:
        """Put a text in the place of a range; a line feed in it ends a line as others do here."""
        top, bottom = sorted((start, end))
        replaced = self.get_text_range(top, bottom)
        if top == (0, 0) and bottom == self.end:
            self._set(text)
            return EditResult(self.end, replaced)
        typed = text.replace(self._newline, "\n").split("\n")
        before = self._lines[top[0]][: top[1]]
        after = self._lines[bottom[0]][bottom[1] :]
        typed[0] = before + typed[0]
        end_location = top[0] + len(typed) - 1, len(typed[-1])
        typed[-1] += after
        self._lines[top[0] : bottom[0] + 1] = typed
        return EditResult(end_location, replaced)


def _newline_of(text: str) -> Newline:
    if "\r" not in text:
        return "\n"
    pairs = text.count("\r\n")
    if pairs == text.count("\r") == text.count("\n"):
        return "\r\n"
    return "\n" if "\n" in text else "\r"
