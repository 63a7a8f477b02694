"""Modules that are not imported before they are needed."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from copilot_tui.tui.late import imported_late

NAME = "made_up_and_late"


@pytest.fixture
def found_late(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A module that can be imported, and is forgotten after the test."""
    (tmp_path / f"{NAME}.py").write_text(
        "class Made:\n"
        "    def __init__(self, *words, **named): self.got = (words, named)\n"
        "    @classmethod\n"
        "    def named(cls): return cls.__name__\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, NAME, raising=False)


pytestmark = pytest.mark.usefixtures("found_late")


def test_a_late_class_is_imported_when_it_is_made() -> None:
    with imported_late(NAME):
        from made_up_and_late import Made  # type: ignore[import-not-found]
    assert NAME not in sys.modules
    made = Made(1, b=2)
    assert NAME in sys.modules
    assert made.got == ((1,), {"b": 2})
    assert type(made) is sys.modules[NAME].Made
    assert isinstance(made, Made)
    assert not isinstance(1, Made)


def test_a_late_class_answers_as_itself() -> None:
    with imported_late(NAME):
        from made_up_and_late import Made
    assert Made.named() == "Made"
    with pytest.raises(AttributeError):
        _ = Made.nothing


def test_what_derives_from_a_late_class_leaves_it_unimported() -> None:
    with imported_late(NAME):
        from made_up_and_late import Made

        class Derived(Made): ...  # type: ignore[misc]

    assert Derived.__bases__ == (object,)
    assert NAME not in sys.modules


def test_who_imports_the_module_afterwards_gets_itself() -> None:
    with imported_late(NAME):
        pass
    from made_up_and_late import Made

    assert isinstance(Made, type)


def test_a_module_that_is_there_already_is_not_replaced() -> None:
    with imported_late(NAME):
        pass
    import made_up_and_late as itself

    with imported_late(NAME):
        assert sys.modules[NAME] is itself
    assert sys.modules[NAME] is itself


def test_an_error_meanwhile_leaves_no_stand_in() -> None:
    with pytest.raises(ZeroDivisionError), imported_late(NAME):
        _ = 1 / 0
    assert NAME not in sys.modules


PALETTE = """
import asyncio, sys
from copilot_tui.tui.late import NOT_SHOWN_AT_FIRST, imported_late
with imported_late(*NOT_SHOWN_AT_FIRST):
    from copilot_tui.tui.app import CopilotApp
assert not set(NOT_SHOWN_AT_FIRST) & set(sys.modules)
import textual.app

class Small(textual.app.App): pass

async def main():
    app = Small()
    async with app.run_test() as pilot:
        assert "textual.command" not in sys.modules
        await pilot.press("ctrl+p")
        await pilot.pause()
        from textual.command import CommandPalette
        assert type(app.screen) is CommandPalette, app.screen
        await pilot.press("ctrl+p", "escape")
        await pilot.pause()
        assert type(app.screen) is not CommandPalette, app.screen

asyncio.run(main())
"""


def test_textuals_app_starts_without_its_palette_and_opens_it_all_the_same() -> None:
    """In a process of its own: here everything is imported."""
    ended = subprocess.run([sys.executable, "-c", PALETTE], capture_output=True, text=True)
    assert ended.returncode == 0, ended.stderr


FIRST_FRAME = """
import asyncio, sys
from copilot_tui import config
from copilot_tui.tui.late import NOT_SHOWN_AT_FIRST, imported_late
with imported_late(*NOT_SHOWN_AT_FIRST):
    from copilot_tui.tui.app import CopilotApp
from copilot_tui.tui.controllers import starting
from copilot_tui.tui.desk import Desk

starting.SETTLE_DELAY_S = 600

async def main():
    app = CopilotApp(Desk(config.load({"data_dir": sys.argv[1]}, {}, demo=True)))
    async with app.run_test() as pilot:
        await pilot.press("x")
        assert app.main.composer.text == "x"
        drawing = {"copilot_tui.tui.transcript.entries", "copilot_tui.tui.transcript.blocks"}
        imported = (drawing | set(NOT_SHOWN_AT_FIRST)) & set(sys.modules)
        assert not imported, imported

asyncio.run(main())
"""


def test_the_first_frame_imports_nothing_that_draws_messages_or_toasts(tmp_path: Path) -> None:
    ended = subprocess.run(
        [sys.executable, "-c", FIRST_FRAME, str(tmp_path)], capture_output=True, text=True
    )
    assert ended.returncode == 0, ended.stderr
