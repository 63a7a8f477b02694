"""What can be set for one conversation, as it is typed and as it is kept."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from math import isfinite
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from copilot_tui.tags import tags_in

if TYPE_CHECKING:
    from copilot_tui.conversation import Conversation

EFFORTS: Final = ("none", "minimal", "low", "medium", "high", "xhigh")
CONTEXTS: Final = ("full", "newest")


class Setting(NamedTuple):
    """One of them."""

    key: str
    """In the document."""
    name: str
    allowed: str
    """What may be typed, in words."""
    read: Callable[[str], Any]
    """What was typed as it is kept. Raises ValueError."""


def _between(low: float, high: float) -> Callable[[str], float]:
    def read(text: str) -> float:
        number = float(text.replace(",", "."))
        if not (isfinite(number) and low <= number <= high):
            raise ValueError
        return number

    return read


def _tokens(text: str) -> int:
    number = int(text)
    if not 1 <= number <= 100_000_000:
        raise ValueError
    return number


def _one_of(words: tuple[str, ...]) -> Callable[[str], str]:
    def read(text: str) -> str:
        found = [word for word in words if word.startswith(text.casefold())]
        if text.casefold() in words:
            return text.casefold()
        if len(found) != 1:
            raise ValueError
        return found[0]

    return read


SETTINGS: Final = (
    Setting("temperature", "Temperature", "a number from 0 to 2", _between(0, 2)),
    Setting("top_p", "Top p", "a number from 0 to 1", _between(0, 1)),
    Setting("max_tokens", "Max. tokens", "a whole number from 1", _tokens),
    Setting("reasoning_effort", "Reasoning", ", ".join(EFFORTS), _one_of(EFFORTS)),
    Setting("context", "Context", "full or newest", _one_of(CONTEXTS)),
)


@dataclass(frozen=True)
class Settings:
    """The settings of one conversation."""

    system: str | None
    tags: tuple[str, ...]
    values: dict[str, Any]
    """Only what was set."""

    @classmethod
    def of(cls, conversation: Conversation) -> Settings:
        """What is set there."""
        values = {s.key: conversation.settings[s.key] for s in SETTINGS if is_set(conversation, s)}
        return cls(conversation.system, tuple(conversation.tags), values)

    def apply_to(self, conversation: Conversation) -> None:
        """Set it there; what the program does not know stays."""
        keys = {setting.key for setting in SETTINGS}
        others = {key: v for key, v in conversation.settings.items() if key not in keys}
        # Other objects, and not these changed: a thread may be saving them.
        conversation.settings = {**others, **self.values}
        conversation.system = self.system
        conversation.tags = list(self.tags)

    def shown(self) -> dict[str, str]:
        """As it is typed, by key."""
        shown = {s.key: _written(self.values.get(s.key)) for s in SETTINGS}
        return {**shown, "system": self.system or "", "tags": ", ".join(self.tags)}

    def changed(self, typed: Mapping[str, str]) -> Settings:
        """With what was typed instead. Raises Invalid."""
        before = self.shown()
        values = {}
        for setting in SETTINGS:
            text = typed[setting.key].strip()
            if text == before[setting.key]:
                if setting.key in self.values:
                    values[setting.key] = self.values[setting.key]
            elif text:
                try:
                    values[setting.key] = setting.read(text)
                except ValueError:
                    raise Invalid(setting) from None
        is_same = typed["tags"] == before["tags"]
        tags = self.tags if is_same else tuple(tags_in(typed["tags"]))
        system = typed["system"] if typed["system"].strip() else None
        return replace(self, values=values, tags=tags, system=system)


class Invalid(ValueError):
    """What was typed for a setting is none of it."""

    def __init__(self, setting: Setting) -> None:
        super().__init__(f"{setting.name}: {setting.allowed}, or nothing")
        self.key = setting.key


def is_set(conversation: Conversation, setting: Setting) -> bool:
    """Whether this was set."""
    return conversation.settings.get(setting.key) is not None


def _written(value: object) -> str:
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return "" if value is None else str(value)
