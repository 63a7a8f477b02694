from __future__ import annotations

import argparse
import sys
from types import SimpleNamespace

import pytest

from copilot_tui.cli.main import main


def broken(_given: argparse.Namespace) -> int:
    raise RuntimeError("a \x1b[31mbug\nof two lines")


def interrupted(_given: argparse.Namespace) -> int:
    raise KeyboardInterrupt


def test_a_fault_of_the_program_is_a_line_and_no_traceback(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "copilot_tui.cli.library", SimpleNamespace(run=broken))
    assert main(["list"]) == 1
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.splitlines()[0] == (
        "copilot-tui: a fault in the program itself: RuntimeError: a [31mbug of two lines"
    )


def test_an_interrupt_is_silent(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "copilot_tui.cli.library", SimpleNamespace(run=interrupted))
    assert main(["list"]) == 130
    assert capsys.readouterr() == ("", "")


def test_an_interrupt_that_comes_wrapped_out_of_an_import_is_no_fault(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def run(_given: argparse.Namespace) -> int:
        wrapped = RuntimeError("Error calling __set_name__ on 'proto' instance 'A' in 'B'")
        raise wrapped from KeyboardInterrupt()

    monkeypatch.setitem(sys.modules, "copilot_tui.cli.library", SimpleNamespace(run=run))
    assert main(["list"]) == 130
    assert capsys.readouterr() == ("", "")
