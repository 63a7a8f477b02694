from __future__ import annotations

import io
import json

import pytest

from copilot_tui.cli import output

HARMFUL = "\x1b]0;title\x07 \x1b[31mred\x9b0m \u202eback\u2066\x7f\r"


def test_plain_text_never_controls_the_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    shown = output.text(f"a\tb\n{HARMFUL}")
    assert capsys.readouterr().out == shown == "a\tb\n]0;title [31mred0m back"


def test_a_row_is_one_line_whatever_is_in_its_cells(capsys: pytest.CaptureFixture[str]) -> None:
    output.row("a\tb", "c\nd", HARMFUL)
    assert capsys.readouterr().out == "a b\tc d\t]0;title [31mred0m back\n"


def test_json_is_exact_and_readable(capsys: pytest.CaptureFixture[str]) -> None:
    output.json_line({"content": f"é{HARMFUL}"})
    said = capsys.readouterr().out
    assert json.loads(said) == {"content": f"é{HARMFUL}"}
    assert "é" in said
    assert said.count("\n") == 1


def test_notices_and_failures_are_harmless_lines_on_stderr(
    capsys: pytest.CaptureFixture[str],
) -> None:
    output.failure(f"the server says {HARMFUL}\nmore", "try\nagain")
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err == "copilot-tui: the server says ]0;title [31mred0m back more\ntry again\n"


def test_a_lone_surrogate_is_written_as_its_escape(monkeypatch: pytest.MonkeyPatch) -> None:
    written = io.BytesIO()
    monkeypatch.setattr("sys.stdout", io.TextIOWrapper(written, encoding="ascii"))
    output.prepare()
    output.json_line("é\ud800")
    assert written.getvalue() == b'"\xc3\xa9\\ud800"\n'
    assert json.loads(written.getvalue()) == "é\ud800"


def test_without_a_stdout_there_is_nothing_to_write_to(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdout", None)
    monkeypatch.setattr("sys.stderr", None)
    output.prepare()
    output.notice("x")
    assert output.text("\x1bx") == "x"
