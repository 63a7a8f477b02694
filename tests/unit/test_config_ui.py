from __future__ import annotations

from pathlib import Path

import pytest

from copilot_tui.config import Config, load
from copilot_tui.config_file import UI_KEYS
from copilot_tui.config_ui import Ui
from copilot_tui.errors import ConfigError


def loaded(folder: Path, text: str, environ: dict[str, str] | None = None) -> Config:
    file = folder / "config.toml"
    file.write_text(text, "utf-8")
    return load({"config": str(file)}, environ or {})


def test_every_setting_of_the_screen_is_a_key_of_the_file() -> None:
    assert Ui._fields == tuple(UI_KEYS)


def test_the_settings_of_the_screen_are_read(tmp_path: Path) -> None:
    found = loaded(
        tmp_path,
        '[ui]\ntheme = "light"\nmouse = false\nsidebar_width = 40\nreading_width = 72\n'
        "reduced_motion = true\nnotifications = false\nauto_copy = true\n",
    )
    assert found.ui == Ui("light", False, 40, 72, True, False, True)
    assert loaded(tmp_path, "").ui == Ui()


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ('them = "dark"', "unknown key them in [ui]; did you mean theme?"),
        ('theme = "drak"', "there is no theme drak; did you mean dark?"),
        ('mouse = "no"', "mouse in [ui] must be true or false"),
        ("auto_copy = 1", "auto_copy in [ui] must be true or false"),
        ("sidebar_width = 3", "sidebar_width in [ui] must be from 16 to 80 columns"),
        ("reading_width = 0", "reading_width in [ui] must be a whole number above 0"),
        ("reading_width = true", "reading_width in [ui] must be a whole number above 0"),
    ],
)
def test_a_wrong_setting_of_the_screen_is_named_with_its_line(
    tmp_path: Path, line: str, said: str
) -> None:
    with pytest.raises(ConfigError) as raised:
        loaded(tmp_path, f"[ui]\n{line}\n")
    assert said in str(raised.value)
    assert "line 2" in str(raised.value)


def test_accessible_stills_what_moves_unless_the_file_says_otherwise(tmp_path: Path) -> None:
    assert loaded(tmp_path, "", {"ACCESSIBLE": "1"}).ui.reduced_motion
    assert not loaded(tmp_path, "", {"ACCESSIBLE": "0"}).ui.reduced_motion
    assert not loaded(
        tmp_path, "[ui]\nreduced_motion = false\n", {"ACCESSIBLE": "1"}
    ).ui.reduced_motion


@pytest.mark.parametrize("number", [0, -1, 1.5, '"4"', "true"])
def test_how_many_replies_come_at_once_is_a_whole_number(tmp_path: Path, number: object) -> None:
    with pytest.raises(ConfigError, match="max_replies"):
        loaded(tmp_path, f"[backends.ollama]\nmax_replies = {number}\n")
    found = loaded(tmp_path, "[backends.ollama]\nmax_replies = 2\n")
    assert found.backends["ollama"].max_replies == 2
