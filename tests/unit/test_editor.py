from __future__ import annotations

import pytest

from copilot_tui.tui.terminal.editor import editor_command


@pytest.mark.parametrize(
    ("environ", "is_windows", "command"),
    [
        ({}, False, ["vi"]),
        ({}, True, ["notepad"]),
        ({"EDITOR": "nano"}, False, ["nano"]),
        ({"EDITOR": "nano", "VISUAL": "code --wait"}, False, ["code", "--wait"]),
        ({"EDITOR": r"'/opt/my editor/vi' -f"}, False, ["/opt/my editor/vi", "-f"]),
        ({"EDITOR": r"C:\Windows\notepad.exe"}, True, [r"C:\Windows\notepad.exe"]),
        (
            {"EDITOR": r'"C:\Program Files\Code\code.exe" --wait'},
            True,
            [r"C:\Program Files\Code\code.exe", "--wait"],
        ),
    ],
)
def test_the_editor_is_the_one_that_the_environment_names(
    environ: dict[str, str], is_windows: bool, command: list[str]
) -> None:
    assert editor_command(environ, is_windows=is_windows) == command
