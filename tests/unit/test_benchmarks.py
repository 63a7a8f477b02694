from __future__ import annotations

import subprocess
import sys

import pytest

if sys.platform != "linux":
    pytest.skip("the benchmarks read /proc", allow_module_level=True)


@pytest.mark.pty
def test_the_benchmarks_run_and_give_each_bar_its_figure() -> None:
    command = [sys.executable, "-m", "tests.benchmarks", "--tiny", "--only", "P1,P2,P4"]
    ran = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
    lines = [line.split() for line in ran.stdout.splitlines()]
    bars = [line[0] for line in lines[1:-1]]
    assert bars == ["P1", "P2", "P4"], ran.stderr
