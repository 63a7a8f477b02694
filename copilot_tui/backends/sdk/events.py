"""From the events of one turn to deltas.

Event types that are not known here are left out: each version of the CLI brings new ones.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, Protocol

from copilot_tui.backends import Delta
from copilot_tui.backends.sdk.retold import Retold
from copilot_tui.backends.sdk.words import Failure
from copilot_tui.backends.server_words import Masked, body_words
from copilot_tui.errors import BadReply

if TYPE_CHECKING:
    from collections.abc import Callable


EVENT_LIMIT: Final = 16 * 1024 * 1024
"""Characters of text in one event."""

Fields = Any
"""A dataclass of the SDK, one for each event type; none is a dependency of ours."""


class Event(Protocol):
    """What the SDK hands to whoever listens to a session."""

    @property
    def type(self) -> object:
        """An enum whose value is the event's name."""
        ...

    @property
    def data(self) -> Fields:
        """A dataclass with the event's fields."""
        ...


def event_name(event: Event) -> str:
    """Its type's name on the wire."""
    return str(getattr(event.type, "value", event.type))


class TurnReader:
    """What the events of one turn have said so far."""

    def __init__(self, *, refusals_are_final: bool = False, masked: Masked = str) -> None:
        """`refusals_are_final`: a refused key is not tried again, as later CLIs do for half
        a minute. GitHub's own sign-in they may renew meanwhile.
        """
        self._refusals_are_final = refusals_are_final
        self._masked = masked
        self.is_over = False
        """The session is idle again."""
        self.failure: Failure | None = None
        self.is_whole = False
        """The whole text has come."""
        self._text = Retold()
        self._reasoning = Retold()
        self._rest: dict[str, Any] = {}
        """The other fields of the next delta."""
        self._usage: dict[str, int] = {}
        self._trouble = ""

    @property
    def has_text(self) -> bool:
        """Whether anything of the reply has come."""
        return bool(self._text.whole)

    def take(self, event: Event) -> None:
        """Read one event."""
        read = _READERS.get(event_name(event))
        if read is not None:
            read(self, event.data)

    def delta(self) -> Delta | None:
        """What is new since the last call; None: nothing."""
        text, reasoning = self._text.take(), self._reasoning.take()
        rest, self._rest = self._rest, {}
        if self._text.is_other or self._reasoning.is_other:
            self._text.is_other = self._reasoning.is_other = False
            return Delta(self._text.whole, self._reasoning.whole, replaces=True, **rest)
        return Delta(text, reasoning, **rest) if text or reasoning or rest else None

    # One method for each event

    def _on_text(self, data: Fields) -> None:
        self._text.add(_bounded(data.delta_content))

    def _on_message(self, data: Fields) -> None:
        if data.content:
            self._text.settle(_bounded(data.content))
            self.is_whole = True
        elif getattr(data, "tool_requests", None):
            self._rest["tool_calls"] = True
        if (reasoning := getattr(data, "reasoning_text", None)) and not self._reasoning.whole:
            self._reasoning.settle(_bounded(reasoning))
        self._name_model(data)

    def _on_reasoning(self, data: Fields) -> None:
        self._reasoning.add(_bounded(data.delta_content))

    def _on_whole_reasoning(self, data: Fields) -> None:
        self._reasoning.settle(_bounded(data.content))

    def _on_usage(self, data: Fields) -> None:
        for key, name in _USAGE:
            self._usage[key] = self._usage.get(key, 0) + int(getattr(data, name, None) or 0)
        if total := sum(self._usage.values()):
            self._rest["usage"] = {**self._usage, "total_tokens": total}
        self._name_model(data)

    def _name_model(self, data: Fields) -> None:
        if model := getattr(data, "model", None):
            self._rest["model"] = model

    def _on_failed_call(self, data: Fields) -> None:
        status = getattr(data, "status_code", None)
        words = body_words((getattr(data, "error_message", None) or "").encode(), self._masked)
        self._trouble = f"{status} {words}" if status else words
        self._begin_again(data)
        if self._refusals_are_final and status in (401, 403):
            self.failure = Failure("authentication", words, status)

    def _begin_again(self, _: Fields) -> None:
        self._text.begin_again()
        self._reasoning.begin_again()

    def _on_info(self, data: Fields) -> None:
        if data.info_type == "model_retry" and self.failure is None:
            self._begin_again(data)
            why = f" ({self._trouble})" if self._trouble else ""
            self._rest["notice"] = f"the model failed{why}: the Copilot CLI asks it again"

    def _on_error(self, data: Fields) -> None:
        self.failure = Failure(
            data.error_type, data.message, data.status_code, getattr(data, "error_code", None) or ""
        )

    def _on_idle(self, _: Fields) -> None:
        self.is_over = True
        if self.is_whole and self.failure is None:
            self._rest["complete"] = True


def _bounded(text: str) -> str:
    """The text of one event. Raises BadReply if it is too much for one."""
    if len(text) > EVENT_LIMIT:
        raise BadReply(
            f"one event of the Copilot CLI holds more than {EVENT_LIMIT >> 20} million characters"
        )
    return text


_USAGE: Final = (("prompt_tokens", "input_tokens"), ("completion_tokens", "output_tokens"))

_READERS: Final[dict[str, Callable[[TurnReader, Fields], None]]] = {
    "assistant.message_delta": TurnReader._on_text,
    "assistant.message": TurnReader._on_message,
    "assistant.reasoning_delta": TurnReader._on_reasoning,
    "assistant.reasoning": TurnReader._on_whole_reasoning,
    "assistant.usage": TurnReader._on_usage,
    "model.call_failure": TurnReader._on_failed_call,
    "assistant.turn_retry": TurnReader._begin_again,
    "session.info": TurnReader._on_info,
    "session.error": TurnReader._on_error,
    "session.idle": TurnReader._on_idle,
}
