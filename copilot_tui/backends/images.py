"""Images: parts of a message where the wire has them; else nothing is sent, and that is said."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from copilot_tui.attachments import images
from copilot_tui.errors import BackendError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from copilot_tui.backends import ReplyRequest
    from copilot_tui.conversation import Attachment

TAKES_NONE: Final = "GitHub Copilot's chat takes no images"
NOT_SENT: Final = "images of earlier prompts are not sent: GitHub Copilot's chat takes none"

Content = str | list[dict[str, Any]]
"""A message's content on the wire: its text, or with images its parts."""


def content(text: str, shown: Sequence[Attachment]) -> Content:
    """A text, and the images that are shown with it."""
    if not shown:
        return text
    words = [{"type": "text", "text": text}] if text else []
    return words + [
        {"type": "image_url", "image_url": {"url": f"data:{each.media_type};base64,{each.data}"}}
        for each in shown
    ]


def below(words: str, told: Content) -> Content:
    """The content with these words before it."""
    if isinstance(told, str):
        return f"{words}\n\n{told}"
    first = told[0].get("text", "")
    rest = told[1:] if first else told
    return [{"type": "text", "text": "\n\n".join(filter(None, (words, first)))}, *rest]


def notice_of(request: ReplyRequest) -> str | None:
    """What is to be said where no image is sent. Raises BackendError if the prompt has one."""
    if images(request.path[-1:]):
        raise BackendError(
            TAKES_NONE,
            "Nothing was sent. Choose another backend for it, or send the prompt without them.",
        )
    return NOT_SENT if images(request.path) else None
