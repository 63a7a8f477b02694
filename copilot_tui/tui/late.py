"""Modules that Textual imports and the first frame does not need.

Textual's app imports the command palette, and with it a dozen widgets that no first frame shows: a
tenth of the start; its toasts, which the app never shows; and Rich's table, for a picture of its
themes. While the app is imported, a
stand-in answers to the module's name; what is taken from it fetches the class of that name when it
is first made or asked. Whoever imports the module afterwards gets itself.
"""

from __future__ import annotations

import sys
from contextlib import contextmanager
from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Iterator


NOT_SHOWN_AT_FIRST: Final = (
    "textual.command",
    "textual.widgets._toast",
    "textual.markup",
    "textual.canvas",
    "textual.suggestions",
    "textual.css._help_text",
    "rich.table",
)


class _LateClass:
    """Is used as the class that it stands for, which is then imported."""

    def __init__(self, module: str, name: str) -> None:
        self._module, self._name = module, name

    def __call__(self, *values: object, **named: object) -> object:
        return self._itself()(*values, **named)

    def __getattr__(self, name: str) -> object:
        return getattr(self._itself(), name)

    def __instancecheck__(self, instance: object) -> bool:
        return isinstance(instance, self._itself())

    def __mro_entries__(self, bases: tuple[object, ...]) -> tuple[type, ...]:
        """Textual derives its list of themes from one, which the app neither has nor lets open."""
        return ()

    def _itself(self) -> Any:  # noqa: ANN401  whatever it is
        return getattr(import_module(self._module), self._name)


class _LateModule(ModuleType):
    def __getattr__(self, name: str) -> _LateClass:
        if name.startswith("__"):  # what the import system asks every module for
            raise AttributeError(name)
        return _LateClass(self.__name__, name)


@contextmanager
def imported_late(*names: str) -> Iterator[None]:
    """Within the block, `from name import Class` gives one that is imported when it is used."""
    late = [name for name in names if name not in sys.modules]
    sys.modules.update({name: _LateModule(name) for name in late})
    try:
        yield
    finally:
        for name in late:
            del sys.modules[name]
